//! May a client end a session, and where does the browser go then? (OpenID Connect RP-Initiated Logout 1.0)

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    id::{AccountId, ClientId, SessionId},
    parameters::{Parameters, Repeated},
    redirect_uri::RedirectUri,
    secret::Secret,
    sign_in::SessionFacts,
};

#[cfg(test)]
mod tests;

/// Bytes of `state`: our page carries it, sealed, while the end-user decides.
const STATE_BYTES_MAX: usize = 1024;

/// What `id_token_hint` says. An expired ID token is as good as a fresh one (§2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// It was not sent.
    Absent,
    /// It is not an ID token of ours.
    Invalid,
    /// It is.
    Verified {
        /// For whom it was issued (`sub`); nobody who could be found here, where that is pairwise.
        account_id: Option<AccountId>,
        /// To which client (`aud`).
        client_id: ClientId,
        /// In which session (`sid`).
        session_id: Option<SessionId>,
    },
}

/// Where a browser may be sent after a logout: an address of the client's, with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// What the client registered.
    pub redirect_uri: RedirectUri,
    /// Comes back unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Destination {
    /// The address itself.
    pub fn location(&self) -> Secret<String> {
        match &self.state {
            Some(state) => self.redirect_uri.with_query(&[("state", state)]),
            None => Secret::new(self.redirect_uri.as_str().to_owned()),
        }
    }
}

/// A logout request as it was sent.
#[derive(Debug, Clone)]
pub struct Requested {
    /// `id_token_hint`, not yet verified.
    pub id_token_hint: Option<Secret<String>>,
    client_id: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// What it is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the hint says.
    pub hint: &'a Hint,
    /// The client that [`Requested::client_id`] names, if there is one.
    pub client: Option<&'a Client>,
    /// Who is signed in on the browser.
    pub session: Option<&'a SessionFacts>,
}

/// What becomes of it.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The end-user is asked first: anybody could have sent them here.
    Confirm {
        /// The session that would end; nothing when nobody is signed in and the question is whether to go on.
        session_id: Option<SessionId>,
        /// Where the browser goes if they say yes; nothing for a page of ours.
        destination: Option<Destination>,
    },
    /// The session ends, and the browser goes on.
    LogOut {
        /// The session that ends; nothing when nobody is signed in.
        session_id: Option<SessionId>,
        /// Where the browser goes; nothing for a page of ours.
        destination: Option<Destination>,
    },
    /// A page says why not.
    Refused(Refusal),
}

/// Why a logout request is refused. The browser is not sent anywhere, and the session stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A parameter is sent twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// The hint is not an ID token of ours.
    #[error("id_token_hint is not an ID token that was issued here")]
    HintInvalid,
    /// The hint was issued to another client than `client_id` (§2).
    #[error("id_token_hint was issued to another client than client_id")]
    AnotherClient,
    /// A redirect is asked for, and nothing says by whom (§3).
    #[error("post_logout_redirect_uri needs id_token_hint or client_id")]
    ClientMissing,
    /// No such client, or it may do nothing.
    #[error("the client is unknown")]
    ClientUnknown,
    /// The client did not register this URI (§3.1).
    #[error("post_logout_redirect_uri is not registered for the client, character by character")]
    RedirectUriNotRegistered,
    /// `state` is longer than 1024 bytes, or has control characters.
    #[error("state is longer than 1024 bytes or has control characters")]
    StateMalformed,
}

impl Requested {
    /// Reads a request.
    pub fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        parameters.refuse_repeated()?;
        let read = |name| parameters.get(name).map(|value| value.map(str::to_owned));
        let state = read("state")?;
        let fits =
            |state: &str| state.len() <= STATE_BYTES_MAX && !state.chars().any(char::is_control);
        if !state.as_deref().is_none_or(fits) {
            return Err(Refusal::StateMalformed);
        }
        Ok(Self {
            id_token_hint: read("id_token_hint")?.map(Secret::new),
            client_id: read("client_id")?,
            post_logout_redirect_uri: read("post_logout_redirect_uri")?,
            state,
        })
    }

    /// The client to look up: the one that is named, or the hint's.
    pub fn client_id(&self, hint: &Hint) -> Option<ClientId> {
        match (&self.client_id, hint) {
            (Some(named), _) => named.parse().ok(),
            (None, Hint::Verified { client_id, .. }) => Some(*client_id),
            (None, Hint::Absent | Hint::Invalid) => None,
        }
    }

    /// Judges it. A redirect that cannot be made is refused as a whole: the end-user is to see that something is wrong.
    pub fn judge(&self, facts: &Facts<'_>) -> Verdict {
        match self.destination(facts) {
            Err(refusal) => Verdict::Refused(refusal),
            Ok(destination) => {
                let session_id = facts.session.map(|session| session.session_id);
                // Without a hint nothing but the end-user can tell that the client asked (§3).
                let by_nobody = *facts.hint == Hint::Absent && destination.is_some();
                let of_another = facts.session.is_some_and(|session| !is_of(facts.hint, session));
                if by_nobody || of_another {
                    Verdict::Confirm { session_id, destination }
                } else {
                    Verdict::LogOut { session_id, destination }
                }
            }
        }
    }

    fn destination(&self, facts: &Facts<'_>) -> Result<Option<Destination>, Refusal> {
        let named = self.client_id(facts.hint);
        match facts.hint {
            Hint::Invalid => return Err(Refusal::HintInvalid),
            Hint::Verified { client_id, .. } if named != Some(*client_id) => {
                return Err(Refusal::AnotherClient);
            }
            Hint::Verified { .. } | Hint::Absent => {}
        }
        let Some(uri) = &self.post_logout_redirect_uri else { return Ok(None) };
        if self.client_id.is_none() && *facts.hint == Hint::Absent {
            return Err(Refusal::ClientMissing);
        }
        let is_it = |client: &&Client| Some(client.client_id) == named && !client.is_disabled();
        let client = facts.client.filter(is_it).ok_or(Refusal::ClientUnknown)?;
        let registered =
            client.post_logout_redirect_uris.iter().find(|registered| registered.as_str() == uri);
        let redirect_uri = registered.ok_or(Refusal::RedirectUriNotRegistered)?.clone();
        Ok(Some(Destination { redirect_uri, state: self.state.clone() }))
    }
}

/// Whoever holds an ID token of the end-user who is signed in may sign them out without a question (§2).
fn is_of(hint: &Hint, session: &SessionFacts) -> bool {
    matches!(hint, Hint::Verified { account_id, .. } if *account_id == Some(session.account_id))
}
