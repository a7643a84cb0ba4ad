//! `POST /oauth2/introspect`: whether a token holds now (RFC 7662).

use std::collections::BTreeMap;

use flows::Error;
use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi, payload::Json};
use protocol::{
    Timestamp,
    introspection::{ActiveToken, Introspection},
    jose::NumericDate,
    refusal::{Received, RefusedAt},
};
use serde_json::Value;

use super::client::{Answered, ClientRefused, ClientSecret, NO_STORE, authorization};
use crate::{Provider, form::FormOf, responses::Tag};

/// The introspection endpoint.
pub(crate) struct IntrospectApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl IntrospectApi {
    /// Ask whether a token holds
    ///
    /// RFC 7662 §2. For confidential clients. A client may know of the tokens that it was given, and of access tokens whose
    /// audience names it or the resource that it serves; every other token is inactive for it. Claims that the policy of the
    /// client adds to access tokens are told too.
    #[oai(path = "/oauth2/introspect", method = "post", operation_id = "introspect_token")]
    async fn introspect(
        &self,
        request: &Request,
        _documented: ClientSecret,
        form: FormOf<IntrospectionForm>,
    ) -> Answered<IntrospectionResponse> {
        Answered(self.answer(request, form).await)
    }
}

impl IntrospectApi {
    async fn answer(
        &self,
        request: &Request,
        form: FormOf<IntrospectionForm>,
    ) -> Result<IntrospectionResponse, ClientRefused> {
        let context = self.0.context(request);
        let heard = (&context, RefusedAt::Introspect);
        let parameters = form
            .parameters
            .map_err(|unreadable| ClientRefused::unreadable(&self.0, heard, &unreadable))?;
        let authorization = authorization(request);
        match self.0.flows.introspect(&context, &authorization, &parameters).await {
            Ok(told) => Ok(IntrospectionResponse::Told(Json(told.into()), NO_STORE.into())),
            Err(Error::Refused(why)) => {
                let received = Received::read(&authorization, &parameters);
                Err(ClientRefused::refused(&self.0, heard, &why, received))
            }
            Err(Error::Failed(failure)) => Err(ClientRefused::failed(&context, &failure)),
        }
    }
}

/// The token in question, and who asks.
#[derive(Object)]
struct IntrospectionForm {
    /// An access token or a refresh token.
    token: String,
    /// `access_token` or `refresh_token`. Never needed, and a wrong one does no harm.
    token_type_hint: Option<String>,
    /// The client, where it does not use the `Authorization` header (RFC 6749 §2.3.1).
    client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    client_secret: Option<String>,
    /// A token that the client signed, where it is registered for `client_secret_jwt` or `private_key_jwt` (RFC 7523 §2.2).
    client_assertion: Option<String>,
    /// With `client_assertion`: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
}

/// What is told of a token (RFC 7662 §2.2). Of one that does not hold: `active`, and nothing else.
#[derive(Object, Default)]
#[oai(skip_serializing_if_is_none)]
struct IntrospectedToken {
    /// Whether it holds now.
    active: bool,
    /// What it is good for, separated by spaces.
    scope: Option<String>,
    /// The client that it was given to.
    client_id: Option<String>,
    /// `Bearer` (RFC 6750) for an access token.
    token_type: Option<String>,
    /// When it ends, in seconds since 1970-01-01T00:00:00Z.
    exp: Option<u64>,
    /// When it was issued, in the same way.
    iat: Option<u64>,
    /// The end-user.
    sub: Option<String>,
    /// Whom it is meant for: one name, or a list of names (RFC 7519 §4.1.3).
    aud: Option<Value>,
    /// The issuer.
    iss: Option<String>,
    /// The name of an access token.
    jti: Option<String>,
    /// Claims that the policy of its client adds to an access token.
    #[oai(flatten)]
    custom: BTreeMap<String, Value>,
}

impl From<Introspection> for IntrospectedToken {
    fn from(told: Introspection) -> Self {
        match told {
            Introspection::Inactive => Self::default(),
            Introspection::Active(token) => (*token).into(),
        }
    }
}

impl From<ActiveToken> for IntrospectedToken {
    fn from(token: ActiveToken) -> Self {
        let seconds = |date: NumericDate| Timestamp::from(date).as_seconds();
        Self {
            active: true,
            scope: Some(token.scope),
            client_id: Some(token.client_id.to_string()),
            token_type: token.token_type.map(str::to_owned),
            exp: Some(seconds(token.exp)),
            iat: Some(seconds(token.iat)),
            sub: Some(token.sub),
            aud: token.aud.and_then(|audience| serde_json::to_value(audience).ok()),
            iss: Some(token.iss),
            jti: token.jti.map(|jti| jti.as_str().to_owned()),
            custom: token.custom.into_iter().collect(),
        }
    }
}

#[derive(ApiResponse)]
enum IntrospectionResponse {
    /// What may be told.
    #[oai(status = 200)]
    Told(
        Json<IntrospectedToken>,
        /// Always `no-store`: the next answer may be another.
        #[oai(header = "Cache-Control")]
        String,
    ),
}
