//! Who is the client? What a request to the token endpoint presents, and whether it proves it (RFC 6749 §2.3, OpenID
//! Connect Core 1.0 §9).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    client::{CLIENT_SECRETS_MAX, Client, ClientSecret, TokenEndpointAuthMethod},
    client_assertion::{self, Accepted, AssertionRefused, CLIENT_ASSERTION_TYPE, Presentation},
    clock::Timestamp,
    form,
    id::ClientId,
    jose::{ClientKeys, ClientToken, Refused},
    oauth_error::ErrorCode,
    parameters::{Parameters, Repeated},
    secret::{Token, TokenHash},
};

/// Bytes of an `Authorization` header.
pub const AUTHORIZATION_BYTES_MAX: usize = 4096;

/// How a request says which client sends it. What it says is not yet believed.
#[derive(Debug, Clone)]
pub enum Presented {
    /// Id and secret in the `Authorization` header.
    ClientSecretBasic(Credentials),
    /// Id and secret in the body.
    ClientSecretPost(Credentials),
    /// A token that the client signed, in the body (RFC 7523 §2.2).
    ClientAssertion(ClientAssertion),
    /// The id alone, in the body.
    None {
        /// The id; nothing when it is not an id of ours.
        client_id: Option<ClientId>,
    },
}

/// An id and a secret.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The id; nothing when it is not an id of ours.
    pub client_id: Option<ClientId>,
    /// The secret.
    pub secret: Token,
}

/// A token that a client signed.
#[derive(Debug, Clone)]
pub struct ClientAssertion {
    /// The client that it names; nothing when it is not an id of ours.
    pub client_id: Option<ClientId>,
    /// The token, or why it is none.
    pub token: Result<ClientToken, Refused>,
}

/// A client that is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Believed<'a> {
    /// The client.
    pub client: &'a Client,
    /// The assertion that it is believed for, unless that was used before.
    pub assertion: Option<Accepted>,
}

/// Why a request does not say which client sends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPresented {
    /// Neither header nor body names a client.
    #[error("the request does not say which client sends it")]
    Missing,
    /// More than one method at once (RFC 6749 §2.3).
    #[error("the client must authenticate in one way at a time")]
    SeveralMethods,
    /// The header or the assertion and the body name different clients.
    #[error("client_id is not the one of the Authorization header or of the assertion")]
    SeveralClients,
    /// No `client_assertion_type`, or another than the one that there is.
    #[error("client_assertion_type must be {CLIENT_ASSERTION_TYPE}")]
    AssertionType,
    /// A `client_assertion_type` and nothing to it.
    #[error("client_assertion is missing")]
    AssertionMissing,
    /// More than one `Authorization` header.
    #[error("there is more than one Authorization header")]
    SeveralHeaders,
    /// The header is not what its scheme asks for. Never as good as none.
    #[error("the Authorization header is malformed")]
    Malformed,
    /// A method that is not supported.
    #[error("this way of client authentication is not supported")]
    UnsupportedMethod,
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
}

/// Why a client is not believed. One text for all: nobody learns which clients exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthenticated {
    /// No client has the id.
    #[error("{NOT_AUTHENTICATED}")]
    UnknownClient,
    /// The client may do nothing.
    #[error("{NOT_AUTHENTICATED}")]
    Disabled,
    /// Not the method that was registered.
    #[error("{NOT_AUTHENTICATED}")]
    OtherMethod,
    /// No secret of the client, or one that has expired.
    #[error("{NOT_AUTHENTICATED}")]
    WrongSecret,
    /// Its assertion is not good, or not any more.
    #[error("{NOT_AUTHENTICATED}")]
    Assertion(AssertionRefused),
}

const NOT_AUTHENTICATED: &str =
    "the client is unknown, or did not authenticate as it is registered to";

impl NotPresented {
    /// The code (RFC 6749 §5.2).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::SeveralMethods
            | Self::SeveralClients
            | Self::SeveralHeaders
            | Self::Repeated(_) => ErrorCode::InvalidRequest,
            Self::Missing
            | Self::Malformed
            | Self::UnsupportedMethod
            | Self::AssertionType
            | Self::AssertionMissing => ErrorCode::InvalidClient,
        }
    }
}

impl Presented {
    /// The client to look up.
    pub fn client_id(&self) -> Option<ClientId> {
        match self {
            Self::ClientSecretBasic(credentials) | Self::ClientSecretPost(credentials) => {
                credentials.client_id
            }
            Self::ClientAssertion(assertion) => assertion.client_id,
            Self::None { client_id } => *client_id,
        }
    }

    /// The token that the client signed, where it is one.
    pub fn assertion(&self) -> Option<&ClientToken> {
        match self {
            Self::ClientAssertion(assertion) => assertion.token.as_ref().ok(),
            _ => None,
        }
    }

    /// Whether a client that is registered for `method` may present this. An assertion says by its algorithm which of two
    /// methods it is of; that is judged with the rest of it.
    fn is_of(&self, method: &TokenEndpointAuthMethod) -> bool {
        use TokenEndpointAuthMethod as Method;
        match self {
            Self::ClientSecretBasic(_) => *method == Method::ClientSecretBasic,
            Self::ClientSecretPost(_) => *method == Method::ClientSecretPost,
            Self::ClientAssertion(_) => {
                matches!(method, Method::ClientSecretJwt | Method::PrivateKeyJwt)
            }
            Self::None { .. } => *method == Method::None,
        }
    }

    fn secret_hash(&self) -> TokenHash {
        match self {
            Self::ClientSecretBasic(credentials) | Self::ClientSecretPost(credentials) => {
                credentials.secret.hash()
            }
            // Hashed as well, so that every method costs the same.
            Self::None { .. } | Self::ClientAssertion(_) => Token::presented("").hash(),
        }
    }
}

/// Reads what a request presents: all its `Authorization` headers, and its body.
pub fn present(authorization: &[&[u8]], body: &Parameters) -> Result<Presented, NotPresented> {
    let client_id = body.get("client_id")?;
    let secret = body.get("client_secret")?;
    let assertion = body.get("client_assertion")?;
    let assertion_type = body.get("client_assertion_type")?;
    match (authorization, secret, assertion.or(assertion_type)) {
        ([_, _, ..], ..) => Err(NotPresented::SeveralHeaders),
        ([_], Some(_), _) | ([_], _, Some(_)) | (_, Some(_), Some(_)) => {
            Err(NotPresented::SeveralMethods)
        }
        ([], None, Some(_)) => {
            if assertion_type != Some(CLIENT_ASSERTION_TYPE) {
                return Err(NotPresented::AssertionType);
            }
            by_assertion(client_id, assertion.ok_or(NotPresented::AssertionMissing)?)
        }
        ([header], None, None) => {
            let credentials = basic(header)?;
            match client_id {
                Some(named) if named.parse().ok() != credentials.client_id => {
                    Err(NotPresented::SeveralClients)
                }
                _ => Ok(Presented::ClientSecretBasic(credentials)),
            }
        }
        ([], Some(secret), None) => {
            let client_id = client_id.ok_or(NotPresented::Missing)?.parse().ok();
            Ok(Presented::ClientSecretPost(Credentials {
                client_id,
                secret: Token::presented(secret),
            }))
        }
        ([], None, None) => {
            let client_id = client_id.ok_or(NotPresented::Missing)?.parse().ok();
            Ok(Presented::None { client_id })
        }
    }
}

/// An assertion names its client itself, and `client_id` beside it must name the same (RFC 7521 §4.2).
fn by_assertion(named: Option<&str>, assertion: &str) -> Result<Presented, NotPresented> {
    let token = ClientToken::read(assertion);
    let subject = token.as_ref().ok().and_then(|token| token.claim("sub")?.as_str());
    if named.is_some() && subject.is_some() && named != subject {
        return Err(NotPresented::SeveralClients);
    }
    let client_id = subject.or(named).and_then(|client_id| client_id.parse().ok());
    Ok(Presented::ClientAssertion(ClientAssertion { client_id, token }))
}

/// `Basic`, whose halves are form-encoded before they are joined (RFC 6749 §2.3.1, RFC 7617).
fn basic(header: &[u8]) -> Result<Credentials, NotPresented> {
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return Err(NotPresented::Malformed);
    }
    let header = std::str::from_utf8(header).map_err(|_| NotPresented::Malformed)?;
    let (scheme, encoded) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(NotPresented::UnsupportedMethod);
    }
    let joined = STANDARD
        .decode(encoded.trim_matches(' '))
        .map(Zeroizing::new)
        .map_err(|_| NotPresented::Malformed)?;
    let colon = joined.iter().position(|byte| *byte == b':').ok_or(NotPresented::Malformed)?;
    let (client_id, secret) = joined.split_at_checked(colon).ok_or(NotPresented::Malformed)?;
    let secret = secret.strip_prefix(b":").ok_or(NotPresented::Malformed)?;
    let client_id = form::decode(client_id).map_err(|_| NotPresented::Malformed)?;
    let secret = form::decode(secret).map_err(|_| NotPresented::Malformed)?;
    Ok(Credentials { client_id: client_id.parse().ok(), secret: Token::presented(secret) })
}

/// Believes or refuses what was presented, by exactly the method that the client is registered with.
///
/// `client` is the one that [`Presented::client_id`] names, if there is one, and `keys` are its own. For a secret the work is
/// the same whoever it is: one hash, and a comparison with each place.
pub fn judge<'a>(
    client: Option<&'a Client>,
    presented: &Presented,
    keys: &ClientKeys,
    at: &Presentation<'_>,
) -> Result<Believed<'a>, NotAuthenticated> {
    let secrets = client.map(Client::secrets).unwrap_or_default();
    let right = is_a_secret(&presented.secret_hash(), secrets, at.now);
    let client = client.ok_or(NotAuthenticated::UnknownClient)?;
    if client.is_disabled() {
        return Err(NotAuthenticated::Disabled);
    }
    if presented.client_id() != Some(client.client_id) {
        return Err(NotAuthenticated::UnknownClient);
    }
    if !presented.is_of(client.token_endpoint_auth_method()) {
        return Err(NotAuthenticated::OtherMethod);
    }
    match presented {
        Presented::None { .. } => Ok(Believed { client, assertion: None }),
        Presented::ClientSecretBasic(_) | Presented::ClientSecretPost(_) if right => {
            Ok(Believed { client, assertion: None })
        }
        Presented::ClientSecretBasic(_) | Presented::ClientSecretPost(_) => {
            Err(NotAuthenticated::WrongSecret)
        }
        Presented::ClientAssertion(assertion) => {
            let token = assertion.token.as_ref().map_err(|why| AssertionRefused::Token(*why));
            token
                .and_then(|token| client_assertion::judge(client, keys, token, at))
                .map(|accepted| Believed { client, assertion: Some(accepted) })
                .map_err(NotAuthenticated::Assertion)
        }
    }
}

/// Compares with every place, taken or not.
fn is_a_secret(presented: &TokenHash, secrets: &[ClientSecret], now: Timestamp) -> bool {
    let nobody = Token::presented("no client has this secret").hash();
    let mut right = false;
    for place in 0..CLIENT_SECRETS_MAX {
        let secret = secrets.get(place);
        let hash = secret.map_or(nobody, |secret| secret.hash);
        let is_live = secret
            .is_some_and(|secret| secret.expires_at.is_none_or(|expires_at| now < expires_at));
        right |= (hash == *presented) & is_live;
    }
    right
}

#[cfg(test)]
mod tests;
