//! The answer to a request, as the address to which the browser is sent (RFC 6749 §4.1.2, §4.1.2.1; RFC 9207).

use super::{ResponseMode, response_type, state};
use crate::{
    oauth_error::ErrorCode,
    parameters::Parameters,
    redirect_uri::RedirectUri,
    secret::{Secret, Token},
};

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerTo {
    /// A URI of the client's.
    pub redirect_uri: RedirectUri,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// Comes back unchanged.
    pub state: Option<String>,
}

/// What a client is told.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// Here is what was asked for.
    Granted(&'a Granted),
    /// No.
    Refused {
        /// What went wrong.
        error: ErrorCode,
        /// The same for developers. Only characters of RFC 6749 §4.1.2.1.
        description: &'a str,
    },
}

/// What a client is given by the authorization endpoint.
#[derive(Debug, Default)]
pub struct Granted {
    /// `code`.
    pub code: Option<Token>,
    /// In which state the browser is (OpenID Connect Session Management 1.0 §2).
    pub session_state: Option<String>,
}

impl AnswerTo {
    /// As far as it is known before the checks, so that each of them can refuse.
    pub(super) fn before_checks(parameters: &Parameters, redirect_uri: RedirectUri) -> Self {
        let response_type = parameters.get("response_type").ok().flatten();
        let in_fragment = response_type::is_answered_in_fragment(response_type);
        let response_mode = if in_fragment { ResponseMode::Fragment } else { ResponseMode::Query };
        Self { redirect_uri, response_mode, state: state::before_checks(parameters) }
    }

    /// The address to which the browser is sent. `iss` goes with every answer (RFC 9207 §2).
    pub fn location(&self, answer: Answer<'_>, issuer: &str) -> Secret<String> {
        let mut parameters = Vec::with_capacity(5);
        match answer {
            Answer::Granted(granted) => {
                parameters.extend(granted.code.as_ref().map(|code| ("code", code.expose())));
                let session_state = granted.session_state.as_deref();
                parameters.extend(session_state.map(|state| ("session_state", state)));
            }
            Answer::Refused { error, description } => {
                parameters.extend([("error", error.as_str()), ("error_description", description)]);
            }
        }
        parameters.extend(self.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", issuer));
        match self.response_mode {
            ResponseMode::Query => self.redirect_uri.with_query(&parameters),
            ResponseMode::Fragment => self.redirect_uri.with_fragment(&parameters),
        }
    }
}
