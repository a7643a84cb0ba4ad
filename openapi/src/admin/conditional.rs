//! Versions at the border: what is read has an `ETag`, a change names the one that it was decided upon (RFC 9110 §8.8.3,
//! §13.1.1), and a creation may carry a key under which it happens once.

use flows::admin::{Creation, IdempotencyKey, NotAnIdempotencyKey, Seen, settings::SeenSettings};
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
enum Condition<'a> {
    /// Whatever is there.
    Any,
    /// This, without its quotes.
    Tag(&'a str),
}

fn condition(headers: &HeaderMap) -> Result<Condition<'_>, Problem> {
    let text = only(headers, "If-Match")?;
    let text = text.ok_or_else(|| Problem::unplaced(ProblemCode::PreconditionRequired, None))?;
    if text == "*" {
        return Ok(Condition::Any);
    }
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let quoted = quoted.filter(|text| !text.contains('"'));
    let why = "If-Match must be one ETag, as it was read, or *";
    quoted.map(Condition::Tag).ok_or_else(|| malformed(why))
}

/// The version that is named. What is no version of ours is the version of nothing.
fn version(tag: &str) -> Result<Seen, Problem> {
    let failed = |_| Problem::unplaced(ProblemCode::PreconditionFailed, None);
    tag.parse().map(Seen::Version).map_err(failed)
}

impl IfMatch {
    fn read(request: &Request) -> Result<Self, Problem> {
        Ok(Self(match condition(request.headers())? {
            Condition::Any => Seen::Any,
            Condition::Tag(tag) => version(tag)?,
        }))
    }
}

impl IfMatchSettings {
    fn read(request: &Request) -> Result<Self, Problem> {
        Ok(Self(match condition(request.headers())? {
            Condition::Any => SeenSettings::Set(Seen::Any),
            Condition::Tag(UNSET) => SeenSettings::Unset,
            Condition::Tag(tag) => SeenSettings::Set(version(tag)?),
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
