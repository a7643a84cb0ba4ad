//! `application/x-www-form-urlencoded`, one name or value at a time (RFC 6749 appendix B).

use url::form_urlencoded::byte_serialize;

use crate::parameters::NotParameters;

/// Undoes the encoding of one name or value; what a lenient reader would let pass is refused.
pub(crate) fn decode(encoded: &[u8]) -> Result<String, NotParameters> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
                let (high, low) = (digit(bytes.next()), digit(bytes.next()));
                let (high, low) = high.zip(low).ok_or(NotParameters::Percent)?;
                u8::try_from(high * 16 + low).map_err(|_| NotParameters::Percent)?
            }
            other => *other,
        });
    }
    String::from_utf8(decoded).map_err(|_| NotParameters::Utf8)
}

/// Encodes names and values, for a query or a fragment.
pub(crate) fn encode_pairs(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// A space becomes `%20`, which those who forget that `+` is a space read as well.
fn encode(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
