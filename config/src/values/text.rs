//! Values that are written as text: how they are read, and how they say what they expected.

use std::{fmt, marker::PhantomData, net::SocketAddr};

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// A value that a person writes as text.
pub(crate) trait Text: Sized {
    /// What may be written, as it follows "give".
    fn expected() -> String;

    /// Reads it, or says what to give instead, as it follows "give".
    fn read(text: &str) -> Result<Self, String>;
}

/// Deserialises one [`Text`].
pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Reader(PhantomData))
}

struct Reader<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).map_err(|instead| E::invalid_value(Unexpected::Str(text), &instead.as_str()))
    }
}

impl Text for SocketAddr {
    fn expected() -> String {
        r#"an IP address and a port, such as "127.0.0.1:8080" or "[::1]:8080""#.into()
    }

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| Self::expected())
    }
}

/// The serde and schema sides of types that are [`Text`] and `Display`.
macro_rules! written_as_text {
    ($name:ident $(<$($limit:ident),+>)?, $schema:expr) => {
        impl<'de $($(, const $limit: u64)+)?> serde::Deserialize<'de> for $name $(<$($limit),+>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::values::text::deserialize(deserializer)
            }
        }

        impl $(<$(const $limit: u64),+>)? serde::Serialize for $name $(<$($limit),+>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl $(<$(const $limit: u64),+>)? schemars::JsonSchema for $name $(<$($limit),+>)? {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
}
pub(crate) use written_as_text;
