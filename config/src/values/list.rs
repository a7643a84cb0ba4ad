//! Lists between two lengths, without repeats.

use std::{borrow::Cow, fmt, marker::PhantomData, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

use super::text::Text;

/// From `MIN` to `MAX` different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Text + PartialEq, const MIN: usize, const MAX: usize> Deserialize<'de>
    for List<T, MIN, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader::<T, MIN, MAX>(PhantomData)).map(Self)
    }
}

struct Reader<T, const MIN: usize, const MAX: usize>(PhantomData<T>);

impl<'de, T: Text + PartialEq, const MIN: usize, const MAX: usize> Visitor<'de>
    for Reader<T, MIN, MAX>
{
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {MIN} to {MAX} different values, each {}", T::expected())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        let mut unfit = Vec::new();
        while let Some(text) = elements.next_element::<String>().map_err(|_| self.no_text())? {
            match T::read(&text) {
                Ok(element) if list.contains(&element) => unfit.push(format!("{text:?} only once")),
                Ok(element) => list.push(element),
                Err(instead) => unfit.push(format!("{instead} instead of {text:?}")),
            }
            if list.len() + unfit.len() > MAX {
                return Err(A::Error::invalid_length(MAX + 1, &self));
            }
        }
        if !unfit.is_empty() {
            let instead = unfit.join("; ");
            return Err(A::Error::invalid_value(Unexpected::Seq, &instead.as_str()));
        }
        if list.len() < MIN {
            return Err(A::Error::invalid_length(list.len(), &self));
        }
        Ok(list)
    }
}

impl<T: Text + PartialEq, const MIN: usize, const MAX: usize> Reader<T, MIN, MAX> {
    fn no_text<'de, E: Error>(&self) -> E
    where
        Self: Visitor<'de>,
    {
        E::invalid_type(Unexpected::Other("an element that is no text"), self)
    }
}

impl<T: JsonSchema, const MIN: usize, const MAX: usize> JsonSchema for List<T, MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "List".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": generator.subschema_for::<T>(),
            "minItems": MIN,
            "maxItems": MAX,
            "uniqueItems": true,
        })
    }
}
