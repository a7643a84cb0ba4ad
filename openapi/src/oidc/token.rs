//! `POST /oauth2/token`: exchanges a grant for tokens (RFC 6749 §3.2).

use flows::{Error, token::Issued};
use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi, payload::Json};
use protocol::refusal::{Received, RefusedAt};

use super::client::{Answered, ClientRefused, ClientSecret, NO_STORE, authorization};
use crate::{Provider, form::FormOf, responses::Tag};

/// The token endpoint.
pub(crate) struct TokenApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl TokenApi {
    /// Exchange a grant for tokens
    ///
    /// RFC 6749 §3.2; OpenID Connect Core 1.0 §3.1.3 and §12.
    #[oai(path = "/oauth2/token", method = "post", operation_id = "exchange_token")]
    async fn exchange(
        &self,
        request: &Request,
        _documented: ClientSecret,
        form: FormOf<TokenForm>,
    ) -> Answered<TokenResponse> {
        Answered(self.answer(request, form).await)
    }
}

impl TokenApi {
    async fn answer(
        &self,
        request: &Request,
        form: FormOf<TokenForm>,
    ) -> Result<TokenResponse, ClientRefused> {
        let context = self.0.context(request);
        let heard = (&context, RefusedAt::Token);
        let parameters = form
            .parameters
            .map_err(|unreadable| ClientRefused::unreadable(&self.0, heard, &unreadable))?;
        let authorization = authorization(request);
        let asked = parameters.clone();
        match self.0.flows.token(context.clone(), &authorization, asked).await {
            Ok(issued) => Ok(TokenResponse::issued(issued)),
            Err(Error::Refused(why)) => {
                let received = Received::read(&authorization, &parameters);
                Err(ClientRefused::refused(&self.0, heard, &why, received))
            }
            Err(Error::Failed(failure)) => Err(ClientRefused::failed(&context, &failure)),
        }
    }
}

/// The parameters of every grant that this provider accepts.
#[derive(Object)]
struct TokenForm {
    /// Which grant the client presents: `authorization_code` (RFC 6749 §4.1.3), `refresh_token` (§6) or `client_credentials`
    /// (§4.4).
    grant_type: String,
    /// The authorization code; with `authorization_code`.
    code: Option<String>,
    /// The `redirect_uri` of the authorization request, repeated; with `authorization_code`.
    redirect_uri: Option<String>,
    /// What the `code_challenge` was made from (RFC 7636 §4.5); with `authorization_code`.
    code_verifier: Option<String>,
    /// The refresh token; with `refresh_token`. The answer has another one in its place.
    refresh_token: Option<String>,
    /// Less than what was granted, separated by spaces; with `refresh_token`. With `client_credentials` some of the scopes that
    /// the client is registered for: without it all of them that mean something without an end-user.
    scope: Option<String>,
    /// A resource server that the access token is for: an absolute URI for which the client is registered (RFC 8707 §2.2). May
    /// be sent up to 16 times. Once resources were named in the authorization request, some of those.
    resource: Option<String>,
    /// The client, where it does not use the `Authorization` header (RFC 6749 §2.3.1).
    client_id: Option<String>,
    /// Its secret, where it is registered for `client_secret_post`.
    client_secret: Option<String>,
    /// A token that the client signed, where it is registered for `client_secret_jwt` or `private_key_jwt` (RFC 7523 §2.2).
    client_assertion: Option<String>,
    /// With `client_assertion`: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
}

/// Tokens for the client (RFC 6749 §5.1).
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Tokens {
    /// For the userinfo endpoint and resource servers: a JWT (RFC 9068), or for clients that are registered so a random text
    /// (RFC 7662).
    access_token: String,
    /// Always `Bearer` (RFC 6750).
    token_type: String,
    /// Lifetime of the access token, in seconds.
    expires_in: u64,
    /// What the access token is good for, separated by spaces; absent where it is for nothing in particular.
    scope: Option<String>,
    /// For new tokens, once.
    refresh_token: Option<String>,
    /// Who signed in (OpenID Connect Core 1.0 §2).
    id_token: Option<String>,
}

#[derive(ApiResponse)]
enum TokenResponse {
    /// The grant was accepted.
    #[oai(status = 200)]
    Issued(
        Json<Tokens>,
        /// Always `no-store` (RFC 6749 §5.1).
        #[oai(header = "Cache-Control")]
        String,
    ),
}

impl TokenResponse {
    fn issued(issued: Issued) -> Self {
        let Issued { access_token, expires_in, scope, refresh_token, id_token } = issued;
        let text = |token: protocol::Token| token.expose().to_owned();
        let tokens = Tokens {
            access_token: text(access_token),
            token_type: "Bearer".into(),
            expires_in: expires_in.as_secs(),
            scope: (!scope.is_empty()).then(|| scope.to_string()),
            refresh_token: refresh_token.map(text),
            id_token: id_token.map(text),
        };
        Self::Issued(Json(tokens), NO_STORE.into())
    }
}
