//! JSON bodies: bounded, and what cannot be read, or could be read in two ways, is a problem that names the place.

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry},
    types::{ParseFromJSON, Type},
};
use protocol::json;
use serde_json::Value;

use crate::{
    listener::{BodyRefused, bounded_payload},
    problem::{Problem, ProblemCode},
};

/// Bytes of a body.
const BYTES_MAX: usize = 64 * 1024;

/// A body that is one JSON object of the type `T`.
pub(crate) struct JsonOf<T> {
    /// What was read.
    pub(crate) value: T,
    /// As it came, for what must be the same to the letter.
    pub(crate) bytes: Vec<u8>,
}

impl<T: Type + ParseFromJSON> JsonOf<T> {
    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self, Problem> {
        let problem =
            |code, why: &dyn std::fmt::Display| Problem::unplaced(code, Some(why.to_string()));
        let is_json = request.content_type().is_some_and(<Json<T> as Payload>::check_content_type);
        if !is_json {
            return Err(Problem::unplaced(ProblemCode::UnsupportedMediaType, None));
        }
        let bytes = bounded_payload(request, body, BYTES_MAX).await.map_err(|why| match why {
            BodyRefused::TooLarge => Problem::unplaced(ProblemCode::TooLarge, None),
            why => problem(ProblemCode::Malformed, &why),
        })?;
        let value = json::value(&bytes)
            .map_err(|why| problem(ProblemCode::Malformed, &format_args!("the body: {why}")))?;
        let value = parsed(value).map_err(|why| problem(ProblemCode::Malformed, &why))?;
        Ok(Self { value, bytes: bytes.to_vec() })
    }
}

/// Members of a body among which the one that is wrong is looked for.
const MEMBERS_MAX: usize = 64;

/// The value, or what is wrong with it, and where.
fn parsed<T: Type + ParseFromJSON>(value: Value) -> Result<T, String> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    if let Some(place) = not_a_string(&value, &T::schema_ref(), &registry) {
        return Err(format!("the body: {place}: a string is expected"));
    }
    let why = match T::parse_from_json(Some(value.clone())) {
        Ok(value) => return Ok(value),
        Err(why) => plain(&why.into_message()).to_owned(),
    };
    match culprit::<T>(&value, &why) {
        Some(member) => Err(format!("the body: {member}: {why}")),
        None => Err(format!("the body: {why}")),
    }
}

/// Where a number or a truth value stands in place of a string: poem takes its text, which the document does not allow.
fn not_a_string(value: &Value, schema: &MetaSchemaRef, registry: &Registry) -> Option<String> {
    let schema = match schema {
        MetaSchemaRef::Inline(schema) => &**schema,
        MetaSchemaRef::Reference(name) => registry.schemas.get(name)?,
    };
    let of_parts = schema.all_of.iter().find_map(|part| not_a_string(value, part, registry));
    of_parts.or_else(|| match (schema.ty, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(String::new()),
        ("array", Value::Array(items)) => {
            let schema = schema.items.as_ref()?;
            items.iter().find_map(|item| not_a_string(item, schema, registry))
        }
        ("object", Value::Object(members)) => {
            schema.properties.iter().find_map(|(name, schema)| {
                let place = not_a_string(members.get(*name)?, schema, registry)?;
                Some(if place.is_empty() { (*name).to_owned() } else { format!("{name}.{place}") })
            })
        }
        _ => None,
    })
}

/// The member that is wrong: poem tells the type of what is wrong, not its place. Without it the complaint is another one,
/// or none; without one that is required and good the complaint is that it is missing, and nothing is said of its value.
fn culprit<'a, T: ParseFromJSON>(value: &'a Value, why: &str) -> Option<&'a str> {
    let members = value.as_object()?;
    let without = |member: &String| {
        let mut rest = members.clone();
        rest.remove(member);
        let rest = T::parse_from_json(Some(Value::Object(rest)));
        rest.err().map(|other| plain(&other.into_message()).to_owned())
    };
    let is_culprit = |(member, value): &(&String, &Value)| match without(member) {
        None => true,
        Some(other) if other == why => false,
        Some(other) => !other.contains(MISSING) || why.contains(&value.to_string()),
    };
    members.iter().take(MEMBERS_MAX).find(is_culprit).map(|(member, _)| member.as_str())
}

/// What poem says of a value that is not there.
const MISSING: &str = "found null";

/// The complaint, without the types in which it was found.
fn plain(message: &str) -> &str {
    message.split_once(" (occurred while parsing ").map_or(message, |(complaint, _)| complaint)
}

impl<'a, T: Type + ParseFromJSON> ApiExtractor<'a> for JsonOf<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: T::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::read(request, body).await?)
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::Object;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Object)]
    #[oai(deny_unknown_fields)]
    struct Body {
        name: String,
        counts: Option<Vec<u32>>,
    }

    fn why(value: Value) -> String {
        parsed::<Body>(value).unwrap_err()
    }

    #[test]
    fn what_is_wrong_in_a_body_is_told_with_its_place() {
        let good: Body = parsed(json!({ "name": "a", "counts": [1] })).unwrap();
        assert_eq!((good.name.as_str(), good.counts), ("a", Some(vec![1])));
        assert!(why(json!({ "name": "a", "counts": ["b"] })).starts_with("the body: counts: "));
        assert!(why(json!({ "name": [1], "counts": [1] })).starts_with("the body: name: "));
        assert!(why(json!({ "name": "a", "counts": "b" })).starts_with("the body: counts: "));
        assert!(why(json!({ "name": "a", "colour": 1 })).contains("colour"));
        for value in [json!({}), json!([]), json!(null), json!("a")] {
            assert!(why(value).starts_with("the body: "));
        }
    }
}
