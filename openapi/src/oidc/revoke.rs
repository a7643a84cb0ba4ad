//! `POST /oauth2/revoke`: a client gives back what it was given (RFC 7009).

use flows::Error;
use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi};
use protocol::refusal::{Received, RefusedAt};

use super::client::{Answered, ClientRefused, ClientSecret, NO_STORE, authorization};
use crate::{Provider, form::FormOf, responses::Tag};

/// The revocation endpoint.
pub(crate) struct RevokeApi(pub(crate) Provider);

#[OpenApi(tag = "Tag::OpenIdConnect")]
impl RevokeApi {
    /// Take a token back
    ///
    /// RFC 7009 §2. A refresh token takes everything with it that was given for the same authorization; an access token
    /// goes alone. Whatever request begins after the answer finds it gone.
    #[oai(path = "/oauth2/revoke", method = "post", operation_id = "revoke_token")]
    async fn revoke(
        &self,
        request: &Request,
        _documented: ClientSecret,
        form: FormOf<RevocationForm>,
    ) -> Answered<RevocationResponse> {
        Answered(self.answer(request, form).await)
    }
}

impl RevokeApi {
    async fn answer(
        &self,
        request: &Request,
        form: FormOf<RevocationForm>,
    ) -> Result<RevocationResponse, ClientRefused> {
        let context = self.0.context(request);
        let heard = (&context, RefusedAt::Revoke);
        let parameters = form
            .parameters
            .map_err(|unreadable| ClientRefused::unreadable(&self.0, heard, &unreadable))?;
        let authorization = authorization(request);
        match self.0.flows.revoke_token(context.clone(), &authorization, &parameters).await {
            Ok(()) => Ok(RevocationResponse::Revoked(NO_STORE.into())),
            Err(Error::Refused(why)) => {
                let received = Received::read(&authorization, &parameters);
                Err(ClientRefused::refused(&self.0, heard, &why, received))
            }
            Err(Error::Failed(failure)) => Err(ClientRefused::failed(&context, &failure)),
        }
    }
}

/// The token to take back, and whose it is.
#[derive(Object)]
struct RevocationForm {
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

#[derive(ApiResponse)]
enum RevocationResponse {
    /// The token does not hold any more, or never did (RFC 7009 §2.2).
    #[oai(status = 200)]
    Revoked(
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}
