//! Form bodies of APIs: documented as a type, read as bounded parameters, so that a repeated one is seen
//! (RFC 6749 §3.2) and no fault is answered in another dialect than the endpoint's own.

use std::marker::PhantomData;

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::Payload,
    registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry},
    types::Type,
};
use protocol::parameters::{NotParameters, Parameters, TOTAL_BYTES_MAX};

use crate::listener::{BodyRefused, bounded_payload};

/// A body of type `application/x-www-form-urlencoded` whose fields are those of `T`.
pub(crate) struct FormOf<T> {
    /// What was read; the endpoint says in its own dialect what could not be.
    pub(crate) parameters: Result<Parameters, Unreadable>,
    documented: PhantomData<fn() -> T>,
}

/// Why a form was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Another content type.
    #[error("the body must be application/x-www-form-urlencoded")]
    ContentType,
    /// Too large, too slow, or broken off.
    #[error(transparent)]
    Body(#[from] BodyRefused),
    /// Not what a form is.
    #[error(transparent)]
    Malformed(#[from] NotParameters),
}

/// Whether `request` says that its body is a form. A `charset` beside it changes nothing: a form is UTF-8.
pub(crate) fn is_form(request: &Request) -> bool {
    let essence = request.content_type().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| {
        essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

impl<T> FormOf<T> {
    async fn read(request: &Request, body: &mut RequestBody) -> Result<Parameters, Unreadable> {
        if !is_form(request) {
            return Err(Unreadable::ContentType);
        }
        let bytes = bounded_payload(request, body, TOTAL_BYTES_MAX).await?;
        Ok(Parameters::parse(&bytes)?)
    }
}

impl<T: Type> Payload for FormOf<T> {
    const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<'a, T: Type> ApiExtractor<'a> for FormOf<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        <Self as Payload>::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: <Self as Payload>::CONTENT_TYPE,
                schema: <Self as Payload>::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self { parameters: Self::read(request, body).await, documented: PhantomData })
    }
}
