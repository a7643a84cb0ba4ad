//! The answer to a request, and how the browser takes it to the client (RFC 6749 §4.1.2, §4.1.2.1, §4.2.2; OpenID Connect
//! Core 1.0 §3.2.2.5, §3.3.2.5; OAuth 2.0 Form Post Response Mode; RFC 9207).

use std::time::Duration;

use super::{ResponseMode, response_mode, state};
use crate::{
    oauth_error::ErrorCode,
    parameters::Parameters,
    redirect_uri::RedirectUri,
    scope::ScopeSet,
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

/// What a client is given by the authorization endpoint, by the words of its `response_type`.
#[derive(Debug, Default)]
pub struct Granted {
    /// `code`.
    pub code: Option<Token>,
    /// `token`.
    pub access_token: Option<GrantedAccessToken>,
    /// `id_token`.
    pub id_token: Option<Token>,
    /// In which state the browser is (OpenID Connect Session Management 1.0 §2).
    pub session_state: Option<String>,
}

/// An access token that comes through the browser (RFC 6749 §4.2.2). No refresh token ever does.
#[derive(Debug)]
pub struct GrantedAccessToken {
    /// The token.
    pub access_token: Token,
    /// For how long it holds.
    pub expires_in: Duration,
    /// What it is good for.
    pub scope: ScopeSet,
}

/// How the browser is brought to the client.
#[derive(Debug)]
pub enum Delivery {
    /// It is sent to this address.
    Redirect(Secret<String>),
    /// It posts a form.
    Post(FormPost),
}

/// A form on its way to the client (OAuth 2.0 Form Post Response Mode §2).
#[derive(Debug)]
pub struct FormPost {
    /// Where it goes.
    pub redirect_uri: RedirectUri,
    /// Its fields, in order.
    pub fields: Vec<(&'static str, Secret<String>)>,
}

impl AnswerTo {
    /// As far as it is known before the checks, so that each of them can refuse.
    pub(super) fn before_checks(parameters: &Parameters, redirect_uri: RedirectUri) -> Self {
        let response_mode = response_mode::before_checks(parameters, &redirect_uri);
        Self { redirect_uri, response_mode, state: state::before_checks(parameters) }
    }

    /// How the browser takes `answer` along. `iss` goes with every one (RFC 9207 §2).
    pub fn deliver(&self, answer: Answer<'_>, issuer: &str) -> Delivery {
        let (expires_in, scope) = match answer {
            Answer::Granted(Granted { access_token: Some(given), .. }) => {
                (given.expires_in.as_secs().to_string(), given.scope.to_string())
            }
            _ => Default::default(),
        };
        let mut parameters = match answer {
            Answer::Granted(granted) => granted.parameters(&expires_in, &scope),
            Answer::Refused { error, description } => {
                vec![("error", error.as_str()), ("error_description", description)]
            }
        };
        parameters.extend(self.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", issuer));
        match self.response_mode {
            ResponseMode::Query => Delivery::Redirect(self.redirect_uri.with_query(&parameters)),
            ResponseMode::Fragment => {
                Delivery::Redirect(self.redirect_uri.with_fragment(&parameters))
            }
            ResponseMode::FormPost => Delivery::Post(FormPost {
                redirect_uri: self.redirect_uri.clone(),
                fields: parameters
                    .into_iter()
                    .map(|(name, value)| (name, Secret::new(value.to_owned())))
                    .collect(),
            }),
        }
    }
}

impl Granted {
    fn parameters<'a>(
        &'a self,
        expires_in: &'a str,
        scope: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        let mut parameters = Vec::with_capacity(9);
        parameters.extend(self.code.as_ref().map(|code| ("code", code.expose())));
        if let Some(given) = &self.access_token {
            parameters.extend([
                ("access_token", given.access_token.expose()),
                ("token_type", "Bearer"),
                ("expires_in", expires_in),
                ("scope", scope),
            ]);
        }
        parameters.extend(self.id_token.as_ref().map(|token| ("id_token", token.expose())));
        parameters.extend(self.session_state.as_deref().map(|state| ("session_state", state)));
        parameters
    }
}

#[cfg(test)]
mod tests;
