//! A request that passed every check. It is stored with its sign-in, and nothing changes it (ATTACKS 23).

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::{AnswerTo, PromptSet, ResponseMode};
use crate::{
    claims::ClaimsAsked,
    client::ResponseType,
    id::{AccountId, ClientId},
    language_tag::LanguageTag,
    pkce::CodeChallenge,
    redirect_uri::RedirectUri,
    resource::Resources,
    scope::{OPENID, ScopeSet},
    subject::Subjects,
};

/// A request that passed every check. Only [`judge`](super::judge) makes one, and it can only be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationRequest(Requested);

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Requested {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// What is asked for.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What of the scopes that were asked for may be given.
    pub scope: ScopeSet,
    /// Comes back with the answer, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Goes into the ID token, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// What the end-user must be asked.
    #[serde(default)]
    pub prompt: PromptSet,
    /// How long ago they may have proved who they are, in seconds. Where it is set, `auth_time` is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u64>,
    /// Who `id_token_hint` says that they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_account_id: Option<AccountId>,
    /// The same, where the client's subjects are pairwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_subject: Option<String>,
    /// The name that they may want to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The languages that they read, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales: Vec<LanguageTag>,
    /// The kinds of authentication that the client would like, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// What the access token is to be good at; none is what it always is.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// The claims that were asked for one by one.
    #[serde(default, skip_serializing_if = "ClaimsAsked::is_empty")]
    pub claims: ClaimsAsked,
    /// The subjects of whom one must sign in (OpenID Connect Core 1.0 §5.5.1); none where anybody may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}

impl Requested {
    /// What is asked for before any check has spoken.
    pub(super) fn new(client_id: ClientId, redirect_uri: RedirectUri) -> Self {
        Self {
            client_id,
            redirect_uri,
            response_type: ResponseType::Code,
            response_mode: ResponseMode::Query,
            scope: ScopeSet::default(),
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: PromptSet::default(),
            max_age_seconds: None,
            expected_account_id: None,
            expected_subject: None,
            login_hint: None,
            ui_locales: Vec::new(),
            acr_values: Vec::new(),
            resources: Resources::default(),
            claims: ClaimsAsked::default(),
            subjects: Vec::new(),
        }
    }
}

impl AuthorizationRequest {
    pub(super) fn new(requested: Requested) -> Self {
        Self(requested)
    }

    /// Whether an ID token comes back.
    pub fn is_openid(&self) -> bool {
        self.scope.contains(OPENID)
    }

    /// Whether the client is content with this end-user, whom it calls as `subjects` say: nobody else is named by its hint, nor
    /// by the subjects of its claims.
    pub fn expects(&self, account_id: AccountId, subjects: &Subjects) -> bool {
        let is_called = |name: &String| *name == subjects.subject(account_id);
        self.expected_account_id.is_none_or(|expected| expected == account_id)
            && self.expected_subject.as_ref().is_none_or(is_called)
            && (self.subjects.is_empty() || self.subjects.iter().any(is_called))
    }

    /// Where its answer goes.
    pub fn answer_to(&self) -> AnswerTo {
        AnswerTo {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
        }
    }
}

impl Deref for AuthorizationRequest {
    type Target = Requested;

    fn deref(&self) -> &Requested {
        &self.0
    }
}
