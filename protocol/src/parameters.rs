//! The parameters of a request, from its query or its body: decoded once, bounded, and none of them twice.

use std::{fmt, sync::Arc};

use crate::{form, secret::Secret};

/// Parameters of one request.
pub const COUNT_MAX: usize = 64;
/// Bytes of a name, decoded.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a value, decoded.
pub const VALUE_BYTES_MAX: usize = 8192;
/// Bytes of the whole, as sent.
pub const TOTAL_BYTES_MAX: usize = 64 * 1024;

/// Names that may be sent more than once (RFC 8707 §2, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["audience", "resource"];

/// Decoded `application/x-www-form-urlencoded` (RFC 6749 appendix B). Any value may be a secret, so none is shown. Cheap to
/// clone.
#[derive(Clone, Default)]
pub struct Parameters(Arc<[(String, Secret<String>)]>);

/// A text that cannot be read as parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotParameters {
    /// More than 64 KiB.
    #[error("the parameters are longer than 65536 bytes")]
    TooLong,
    /// More than 64.
    #[error("there are more than 64 parameters")]
    TooMany,
    /// A name of more than 128 bytes.
    #[error("the name of a parameter is longer than 128 bytes")]
    NameTooLong,
    /// A value of more than 8192 bytes.
    #[error("the value of a parameter is longer than 8192 bytes")]
    ValueTooLong,
    /// A `%` without two hexadecimal digits.
    #[error("a parameter is not percent-encoded")]
    Percent,
    /// Not UTF-8 once decoded.
    #[error("a parameter is not UTF-8")]
    Utf8,
}

/// A parameter was sent more than once (RFC 6749 §3.1, §3.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {name} is repeated")]
pub struct Repeated {
    /// Its name; `?` stands for what an error must not show (RFC 6749 §5.2).
    name: String,
}

impl Parameters {
    /// The same parameters as a query without its `?`.
    pub fn encoded(&self) -> Secret<String> {
        let pairs = self.0.iter().map(|(name, value)| (name, value.expose()));
        Secret::new(
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(),
        )
    }

    /// Reads a query without its `?`, or the body of a form.
    pub fn parse(encoded: &[u8]) -> Result<Self, NotParameters> {
        if encoded.len() > TOTAL_BYTES_MAX {
            return Err(NotParameters::TooLong);
        }
        let pairs = encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let mut parameters = Vec::new();
        for pair in pairs {
            if parameters.len() == COUNT_MAX {
                return Err(NotParameters::TooMany);
            }
            parameters.push(decode_pair(pair)?);
        }
        Ok(Self(parameters.into()))
    }

    /// Each name and value, in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()))
    }

    /// The value of `name`. An empty value is as good as none (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(one, _)| one == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated::new(name));
        }
        Ok(first.map(|(_, value)| value.expose().as_str()).filter(|value| !value.is_empty()))
    }

    /// Every value of `name`, where it may be repeated. Empty values are none.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(one, _)| one == name);
        values.map(|(_, value)| value.expose().as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `name` was sent at all, with a value or without.
    pub fn is_sent(&self, name: &str) -> bool {
        self.0.iter().any(|(one, _)| one == name)
    }

    /// Refuses what was sent more than once, whether it is known or not: two readers of one request must not see two
    /// requests (ATTACKS 22). An empty value counts.
    pub fn refuse_repeated(&self) -> Result<(), Repeated> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            let before = self.0.iter().take(index);
            if !REPEATABLE.contains(&name.as_str())
                && before.into_iter().any(|(one, _)| one == name)
            {
                return Err(Repeated::new(name));
            }
        }
        Ok(())
    }
}

impl Repeated {
    /// Its name, without characters that an error must not show.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn new(name: &str) -> Self {
        let shown = |c: char| {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' }
        };
        Self { name: name.chars().map(shown).collect() }
    }
}

/// Names are not secret.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn decode_pair(pair: &[u8]) -> Result<(String, Secret<String>), NotParameters> {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    let name = form::decode(halves.next().unwrap_or_default())?;
    let value = Secret::new(form::decode(halves.next().unwrap_or_default())?);
    if name.len() > NAME_BYTES_MAX {
        return Err(NotParameters::NameTooLong);
    }
    if value.expose().len() > VALUE_BYTES_MAX {
        return Err(NotParameters::ValueTooLong);
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Parameters, NotParameters> {
        Parameters::parse(text.as_bytes())
    }

    #[test]
    fn the_example_of_rfc_6749_appendix_b_is_decoded() {
        let parameters = parse("value=+%25%26%2B%C2%A3%E2%82%AC").unwrap();
        assert_eq!(parameters.get("value"), Ok(Some(" %&+£€")));
    }

    #[test]
    fn an_empty_value_is_as_good_as_none() {
        let parameters = parse("a=&b&&c=1&").unwrap();
        let values = ["a", "b", "c", "d"].map(|name| parameters.get(name).unwrap());
        assert_eq!(values, [None, None, Some("1"), None]);
        let sent = ["a", "b", "c", "d"].map(|name| parameters.is_sent(name));
        assert_eq!(sent, [true, true, true, false]);
    }

    #[test]
    fn what_is_not_encoded_is_refused() {
        use NotParameters::{Percent, Utf8};
        let cases = [
            ("a=%", Percent),
            ("a=%4", Percent),
            ("a=%zz", Percent),
            ("%+1=a", Percent),
            ("a=%ff", Utf8),
            ("a=%c0%af", Utf8),
        ];
        for (text, why) in cases {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn lengths_and_counts_are_bounded() {
        let many =
            |count: usize| (0..count).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");
        let cases = [
            (many(COUNT_MAX), None),
            (many(COUNT_MAX + 1), Some(NotParameters::TooMany)),
            ("a".repeat(NAME_BYTES_MAX), None),
            ("a".repeat(NAME_BYTES_MAX + 1), Some(NotParameters::NameTooLong)),
            (format!("a={}", "b".repeat(VALUE_BYTES_MAX)), None),
            (format!("a={}", "b".repeat(VALUE_BYTES_MAX + 1)), Some(NotParameters::ValueTooLong)),
            ("&".repeat(TOTAL_BYTES_MAX), None),
            ("&".repeat(TOTAL_BYTES_MAX + 1), Some(NotParameters::TooLong)),
        ];
        for (text, why) in cases {
            assert_eq!(parse(&text).err(), why);
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_even_if_unknown_or_empty() {
        for text in ["state=1&state=1", "x=1&state=2&x=", "st%61te=1&state=2"] {
            assert!(parse(text).unwrap().refuse_repeated().is_err(), "{text}");
        }
        let parameters = parse("state=1&state=2").unwrap();
        assert_eq!(parameters.get("state"), Err(Repeated { name: "state".into() }));
        assert!(
            parse("resource=a&resource=b&audience=c&audience=d&State=1&state=2")
                .unwrap()
                .refuse_repeated()
                .is_ok()
        );
    }

    #[test]
    fn an_error_does_not_carry_characters_from_outside() {
        let error = parse("a%0d%0a%22=1&a%0d%0a%22=1").unwrap().refuse_repeated().unwrap_err();
        assert_eq!(error.to_string(), "the parameter a??? is repeated");
    }

    #[test]
    fn values_do_not_show_themselves() {
        assert_eq!(format!("{:?}", parse("password=hunter2").unwrap()), r#"["password"]"#);
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(name in "\\PC{1,20}", value in "\\PC{1,50}") {
            let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let parameters = parse(&encoded).unwrap();
            prop_assert_eq!(parameters.get(&name), Ok(Some(value.as_str())));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(parameters) = Parameters::parse(&bytes) {
                let _ = parameters.refuse_repeated();
            }
        }
    }
}
