//! How the demonstration asks the provider: real requests, handed to the endpoint that answers everybody.

use std::sync::{OnceLock, Weak};

use openapi::listener::SharedEndpoint;
use poem::{
    Request, Response,
    endpoint::DynEndpoint,
    http::{Method, StatusCode, Uri, header},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::party::Trouble;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The way to the provider.
pub(super) struct Calls {
    issuer: String,
    /// Not owned: the endpoint has the demonstration in it.
    endpoint: OnceLock<Weak<dyn DynEndpoint<Output = Response>>>,
}

impl Calls {
    pub(super) fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), endpoint: OnceLock::new() }
    }

    pub(super) fn ask_at(&self, endpoint: &SharedEndpoint) {
        self.endpoint.get_or_init(|| std::sync::Arc::downgrade(endpoint));
    }

    /// `GET address`, as a bearer if there is a token.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        address: &str,
        bearer: Option<&str>,
    ) -> Result<T, Trouble> {
        let mut request = self.request(address, Method::GET)?;
        if let Some(bearer) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        self.send(request.finish()).await
    }

    /// `POST address` with a form, as the client that `authorization` proves.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        address: &str,
        authorization: &str,
        form: String,
    ) -> Result<T, Trouble> {
        let request = self
            .request(address, Method::POST)?
            .header(header::AUTHORIZATION, authorization)
            .content_type("application/x-www-form-urlencoded");
        self.send(request.body(form)).await
    }

    fn request(&self, address: &str, method: Method) -> Result<poem::RequestBuilder, Trouble> {
        let path = address.strip_prefix(&self.issuer).filter(|path| path.starts_with('/'));
        let uri = path.and_then(|path| path.parse::<Uri>().ok());
        let uri =
            uri.ok_or_else(|| Trouble::provider(format!("{address} is not at the issuer")))?;
        Ok(Request::builder().method(method).uri(uri).header(header::ACCEPT, "application/json"))
    }

    async fn send<T: DeserializeOwned>(&self, request: Request) -> Result<T, Trouble> {
        let endpoint = self.endpoint.get().and_then(Weak::upgrade);
        let endpoint =
            endpoint.ok_or_else(|| Trouble::provider("the provider is not there yet"))?;
        let response = match endpoint.call(request).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        };
        let status = response.status();
        let bytes = response.into_body().into_bytes_limit(ANSWER_BYTES_MAX).await;
        let bytes = bytes.map_err(|error| Trouble::provider(error.to_string()))?;
        if status == StatusCode::OK {
            serde_json::from_slice(&bytes).map_err(|error| Trouble::provider(error.to_string()))
        } else {
            Err(refused(status, &bytes))
        }
    }
}

/// An error of OAuth (RFC 6749 §5.2), or whatever else came.
fn refused(status: StatusCode, body: &[u8]) -> Trouble {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name| body.get(name).and_then(Value::as_str);
    match text("error") {
        Some(error) => Trouble::told(error, text("error_description").unwrap_or_default()),
        None => Trouble::provider(format!("it answered {status}")),
    }
}
