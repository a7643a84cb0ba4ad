//! Versions at the border: what is read has an `ETag`, a change names the one that it was decided upon (RFC 9110 §8.8.3,
//! §13.1.1), and a creation may carry a key under which it happens once.

use flows::admin::{
    Creation, IdempotencyKey, NotAnIdempotencyKey, Seen, VERSIONS_MAX, Version, Versions,
    settings::SeenSettings,
};
use poem::{
    Request, RequestBody,
    http::{HeaderMap, HeaderValue},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef},
};

use crate::problem::{Problem, ProblemCode};

/// The version of an object.
pub(crate) struct ETag(String);

impl ETag {
    /// Of what has this version.
    pub(crate) fn of(version: &impl std::fmt::Display) -> Self {
        Self(format!("\"{version}\""))
    }

    /// As the header has it.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// What a change was decided upon: `If-Match`, which no change can do without.
pub(crate) struct IfMatch(pub(crate) Seen);

/// The same for settings, which may be what nobody has set.
pub(crate) struct IfMatchSettings(pub(crate) SeenSettings);

/// The version of settings that nobody has set.
pub(crate) const UNSET: &str = "unset";

/// How a creation is asked for: perhaps under an `Idempotency-Key`.
pub(crate) struct Once {
    key: Option<IdempotencyKey>,
    path: String,
}

/// What `If-Match` says.
enum Condition {
    /// Whatever is there.
    Any,
    /// One of these; and whether what nobody has set is also among them.
    Tags(Vec<Version>, bool),
}

/// A list of entity tags, or `*` (RFC 9110 §13.1.1). What is no version of ours, or only a weak one, is the version of
/// nothing.
fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let lines: Result<Vec<_>, _> =
        headers.get_all("If-Match").iter().map(HeaderValue::to_str).collect();
    let lines = lines.map_err(|_| malformed("If-Match must be ASCII"))?;
    if lines.is_empty() {
        return Err(Problem::unplaced(ProblemCode::PreconditionRequired, None));
    }
    let text = lines.join(",");
    if text.trim() == "*" {
        return Ok(Condition::Any);
    }
    let tags = tags(&text).ok_or_else(|| {
        malformed(&format!("If-Match must be `*` or 1 to {VERSIONS_MAX} ETags, as they were read"))
    })?;
    let versions: Vec<_> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
    let is_unset = tags.contains(&UNSET);
    if versions.is_empty() && !is_unset {
        return Err(Problem::unplaced(ProblemCode::PreconditionFailed, None));
    }
    Ok(Condition::Tags(versions, is_unset))
}

/// The strong ones of a list of entity tags, without their quotes (RFC 9110 §5.6.1, §8.8.3); nothing where it is none.
fn tags(mut text: &str) -> Option<Vec<&str>> {
    let (mut tags, mut count) = (Vec::new(), 0);
    loop {
        text = text.trim_start_matches([' ', '\t', ',']);
        if text.is_empty() {
            return (count > 0).then_some(tags);
        }
        let weak = text.strip_prefix("W/");
        let (tag, rest) = weak.unwrap_or(text).strip_prefix('"')?.split_once('"')?;
        if weak.is_none() {
            tags.push(tag);
        }
        count += 1;
        text = rest.trim_start_matches([' ', '\t']);
        let is_tag = tag.bytes().all(|byte| byte.is_ascii_graphic());
        let goes_on = text.is_empty() || text.starts_with(',');
        if !is_tag || !goes_on || count > VERSIONS_MAX {
            return None;
        }
    }
}

fn seen(versions: &[Version]) -> Seen {
    match versions {
        [one] => Seen::Version(*one),
        several => Seen::OneOf(Versions::of(several)),
    }
}

impl IfMatch {
    fn read(request: &Request) -> Result<Self, Problem> {
        Ok(Self(match condition(request.headers())? {
            Condition::Any => Seen::Any,
            Condition::Tags(versions, _) => seen(&versions),
        }))
    }
}

impl IfMatchSettings {
    fn read(request: &Request) -> Result<Self, Problem> {
        Ok(Self(match condition(request.headers())? {
            Condition::Any => SeenSettings::Set(Seen::Any),
            Condition::Tags(versions, false) => SeenSettings::Set(seen(&versions)),
            Condition::Tags(versions, true) if versions.is_empty() => SeenSettings::Unset,
            Condition::Tags(versions, true) => SeenSettings::UnsetOr(Versions::of(&versions)),
        }))
    }
}

impl Once {
    fn read(request: &Request) -> Result<Self, Problem> {
        let text = only(request.headers(), "Idempotency-Key")?;
        let key = text.map(str::parse).transpose();
        let key = key.map_err(|why: NotAnIdempotencyKey| malformed(&why.to_string()))?;
        Ok(Self { key, path: request.uri().path().to_owned() })
    }

    /// The creation: the same only for the same operation, at the same address, with the same body to the letter.
    pub(crate) fn creation(self, operation: &'static str, body: &[u8]) -> Creation {
        let body = [self.path.as_bytes(), b"\n", body].concat();
        Creation { operation, key: self.key, body }
    }
}

/// The one header of this name; of two, one would have to be chosen.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Problem> {
    let mut found = headers.get_all(name).iter();
    let Some(header) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(malformed(&format!("there is more than one {name}")));
    }
    let text = header.to_str().map_err(|_| malformed(&format!("{name} must be ASCII")))?;
    Ok(Some(text.trim()))
}

fn malformed(why: &str) -> Problem {
    Problem::unplaced(ProblemCode::Malformed, Some(why.to_owned()))
}

macro_rules! headers {
    ($($name:ident, $is_required:literal, $schema:expr, $read:expr;)*) => {$(
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
            const PARAM_IS_REQUIRED: bool = $is_required;

            type ParamType = ();
            type ParamRawType = ();

            fn param_in() -> Option<MetaParamIn> {
                Some(MetaParamIn::Header)
            }

            fn param_schema_ref() -> Option<MetaSchemaRef> {
                Some(MetaSchemaRef::Inline(Box::new($schema)))
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                let read: fn(&Request) -> Result<Self, Problem> = $read;
                Ok(read(request)?)
            }
        }
    )*};
}

headers! {
    IfMatch, true, MetaSchema::new("string"), Self::read;
    IfMatchSettings, true, MetaSchema::new("string"), Self::read;
    Once, false, key_schema(), Self::read;
}

fn key_schema() -> MetaSchema {
    let pattern = Some("^[ -~]+$".into());
    MetaSchema { pattern, min_length: Some(1), max_length: Some(255), ..MetaSchema::new("string") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_entity_tags_is_read_as_rfc_9110_writes_it() {
        for (text, read) in [
            (r#""a""#, vec!["a"]),
            (r#""""#, vec![""]),
            (r#" ,"a" ,, W/"b"	, "c,d","#, vec!["a", "c,d"]),
            (r#"W/"a""#, vec![]),
            (r#""1","2","3","4","5","6","7","8""#, vec!["1", "2", "3", "4", "5", "6", "7", "8"]),
        ] {
            assert_eq!(tags(text), Some(read), "{text}");
        }
        let none = ["", ",", "a", r#""a"#, r#""a" "b""#, r#""a"b"#, r#"w/"a""#, r#"W/ "a""#];
        let many = r#""a","#.repeat(VERSIONS_MAX + 1);
        for text in none.into_iter().chain([r#"*, "a""#, r#""a b""#, "\"\u{7f}\"", &many]) {
            assert_eq!(tags(text), None, "{text}");
        }
    }

    #[test]
    fn several_versions_are_seen_as_any_of_them() {
        let version = |text: &str| text.repeat(16).parse::<Version>().unwrap();
        let several = seen(&[version("0a"), version("0b")]);
        assert_eq!(["0a", "0b", "0c"].map(|text| several.is(version(text))), [true, true, false]);
        assert_eq!(seen(&[version("0a")]), Seen::Version(version("0a")));
    }
}
