//! Puts an explanation together: from what was received, what the client registered, and what the store knows of the code
//! or token that was presented.

use serde::Serialize;

use super::{
    Comparison, Explanation, Fact, Reason, Received, ReceivedParameter, received::Kind, shown,
};
use crate::{
    authorize::{Prompt, ResponseMode},
    client::{Client, ResponseType},
    clock::Timestamp,
    pkce::CODE_CHALLENGE_METHOD,
    scope::OPENID,
};

/// Parameters of one request that are kept.
const PARAMETERS_MAX: usize = 32;
/// Registered URIs that a text without a scheme is held against.
const LIKENED_MAX: usize = 16;

/// What the store knows of what was presented.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The URI that the code is bound to.
    pub redirect_uri: Option<String>,
    /// The scopes that were granted.
    pub scope: Option<Vec<String>>,
    /// What else.
    pub facts: Vec<Fact>,
}

/// What a refusal is explained by.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The client that the request names.
    pub client: Option<&'a Client>,
    /// Who answered.
    pub issuer: &'a str,
    /// When it was refused.
    pub at: Timestamp,
    /// What the store knows.
    pub found: &'a Found,
}

/// Explains a refusal to operators. `facts` are those of the error itself.
pub fn explain(
    reason: Reason,
    received: &Received,
    facts: Vec<Fact>,
    known: &Known<'_>,
) -> Explanation {
    let subject = Subject { received, known };
    Explanation {
        received: subject.parameters(),
        compared: subject.compared(reason),
        facts: [facts, subject.facts(reason), known.found.facts.clone()].concat(),
    }
}

struct Subject<'a> {
    received: &'a Received,
    known: &'a Known<'a>,
}

impl Subject<'_> {
    fn parameters(&self) -> Vec<ReceivedParameter> {
        let Received { values, withheld, .. } = self.received;
        let shown = values.iter().map(|(name, kind, value)| ReceivedParameter {
            name: (*name).to_owned(),
            value: self.shown(name, *kind, value.expose()),
        });
        let withheld =
            withheld.iter().map(|name| ReceivedParameter { name: (*name).to_owned(), value: None });
        shown.chain(withheld).take(PARAMETERS_MAX).collect()
    }

    fn shown(&self, name: &str, kind: Kind, raw: &str) -> Option<String> {
        let expected = self.expected(name);
        match kind {
            Kind::Id => shown::id(raw),
            Kind::Uri => shown::uri(raw, expected.get(..LIKENED_MAX).unwrap_or(&expected)),
            Kind::Words => shown::words(raw, &expected),
            Kind::Scopes => shown::scopes(raw, &expected),
            Kind::Number => shown::number(raw),
            Kind::Withheld => None,
        }
    }

    /// What may stand in a parameter of this client.
    fn expected(&self, name: &str) -> Vec<String> {
        let Known { client, found, .. } = self.known;
        let Some(client) = client else { return vocabulary(name) };
        match name {
            "redirect_uri" => match &found.redirect_uri {
                Some(uri) => vec![uri.clone()],
                None => client.redirect_uris.iter().map(ToString::to_string).collect(),
            },
            "post_logout_redirect_uri" => {
                client.post_logout_redirect_uris.iter().map(ToString::to_string).collect()
            }
            "response_type" => client.response_types.iter().map(text_of).collect(),
            "grant_type" => client.grant_types.iter().map(text_of).collect(),
            "resource" => {
                client.tokens.resources.iter().map(|one| one.as_str().to_owned()).collect()
            }
            "scope" => match &found.scope {
                Some(scope) => scope.clone(),
                None => client.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            },
            _ => vocabulary(name),
        }
    }

    fn compare(&self, name: &str) -> Comparison {
        let value = self.received.values.iter().find(|(one, ..)| *one == name);
        let shown = value.and_then(|(name, kind, value)| self.shown(name, *kind, value.expose()));
        Comparison::new(name, shown, self.expected(name))
    }

    fn compared(&self, reason: Reason) -> Vec<Comparison> {
        use Reason as R;
        match reason {
            R::RedirectUriMissing | R::RedirectUriNotRegistered | R::RedirectUriMismatch => {
                vec![self.compare("redirect_uri")]
            }
            R::PostLogoutRedirectUriNotRegistered => vec![self.compare("post_logout_redirect_uri")],
            R::ResponseTypeMissing | R::ResponseTypeUnsupported | R::ResponseTypeNotAllowed => {
                vec![self.compare("response_type")]
            }
            R::ResourceNotRegistered => vec![self.compare("resource")],
            R::ResponseModeUnsupported | R::ResponseModeImpossible => {
                vec![self.compare("response_mode")]
            }
            R::GrantTypeUnsupported | R::GrantTypeNotAllowed => vec![self.grant_type()],
            R::ScopeMissing | R::ScopeMalformed | R::ScopeNotAllowed | R::ScopeExceeded => {
                self.scopes()
            }
            R::ScopeInsufficient => {
                let scope = self.received.bearer.as_ref().and_then(|token| token.scope.as_deref());
                // It is our own token, whose signature was good.
                let own = |scope: &str| scope.split(' ').map(str::to_owned).collect::<Vec<_>>();
                let scope = scope.and_then(|scope| shown::scopes(scope, &own(scope)));
                vec![Comparison::new("scope", scope, vec![OPENID.to_owned()])]
            }
            R::CodeChallengeMethodUnsupported => vec![self.compare("code_challenge_method")],
            R::PromptUnknown | R::PromptNoneNotAlone => vec![self.compare("prompt")],
            R::ClientAuthenticationMethodNotRegistered => vec![self.method()],
            R::TokenIssuerWrong => vec![self.issuer()],
            R::TokenAudienceWrong => vec![self.audience()],
            reason if reason.is_of_assertion() => self.assertion(reason),
            _ => Vec::new(),
        }
    }

    /// At the authorization endpoint the grant type is not sent: it is what a code is redeemed by, or `implicit` for what
    /// comes through the browser.
    fn grant_type(&self) -> Comparison {
        match self.received.raw("grant_type") {
            Some(_) => self.compare("grant_type"),
            None => {
                let expected = self.expected("grant_type");
                let asked = self.received.raw("response_type").and_then(ResponseType::parse);
                let lacks_code = !expected.iter().any(|one| one == "authorization_code");
                let is_code = asked.is_none_or(|asked| asked.has_code() && lacks_code);
                let implied = if is_code { "authorization_code" } else { "implicit" };
                Comparison::new("grant_type", Some(implied.to_owned()), expected)
            }
        }
    }

    /// The scopes as they were asked for; those that are not allowed one by one.
    fn scopes(&self) -> Vec<Comparison> {
        let expected = self.expected("scope");
        let asked = self.received.raw("scope").unwrap_or_default();
        let refused = asked.split(' ').filter(|word| !expected.iter().any(|one| one == word));
        let compared: Vec<_> = refused
            .filter_map(|word| shown::scopes(word, &expected))
            .take(4)
            .map(|word| Comparison::new("scope", Some(word), expected.clone()))
            .collect();
        if compared.is_empty() { vec![self.compare("scope")] } else { compared }
    }

    fn method(&self) -> Comparison {
        let registered =
            self.known.client.map(|client| text_of(client.token_endpoint_auth_method()));
        let received = self.received.method.map(str::to_owned);
        let name = "token_endpoint_auth_method";
        Comparison {
            nearest: None,
            difference: Vec::new(),
            ..Comparison::new(name, received, registered.into_iter().collect())
        }
    }

    fn issuer(&self) -> Comparison {
        let issuer = vec![self.known.issuer.to_owned()];
        let iss = self.received.bearer.as_ref().and_then(|token| token.iss.as_deref());
        Comparison::new("iss", iss.and_then(|iss| shown::uri(iss, &issuer)), issuer)
    }

    fn audience(&self) -> Comparison {
        let issuer = vec![self.known.issuer.to_owned()];
        let aud = self.received.bearer.as_ref().map(|token| named(&token.aud, &issuer));
        Comparison::new("aud", aud.filter(|aud| !aud.is_empty()), issuer)
    }

    /// What an assertion says, beside what it has to say.
    fn assertion(&self, reason: Reason) -> Vec<Comparison> {
        let Some(said) = &self.received.assertion else { return Vec::new() };
        let issuer = self.known.issuer;
        let client = self.known.client.map(|client| client.client_id.to_string());
        let client: Vec<_> = client.into_iter().collect();
        let named_id = |text: &Option<String>| {
            text.as_deref().and_then(|text| shown::id(text).or_else(|| shown::uri(text, &client)))
        };
        match reason {
            Reason::AssertionIssuerWrong => {
                vec![Comparison::new("iss", named_id(&said.iss), client.clone())]
            }
            Reason::AssertionSubjectWrong => {
                vec![Comparison::new("sub", named_id(&said.sub), client.clone())]
            }
            Reason::AssertionAudienceWrong => {
                let us = vec![issuer.to_owned(), format!("{issuer}{}", crate::paths::TOKEN)];
                let aud = Some(named(&said.aud, &us)).filter(|aud| !aud.is_empty());
                vec![Comparison::new("aud", aud, us)]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self, reason: Reason) -> Vec<Fact> {
        let Received { others, verifier, bearer, assertion, .. } = self.received;
        let mut facts = Vec::new();
        if *others > 0 {
            facts.push(Fact::number("parameters_of_other_names", *others));
        }
        if let Some(verifier) = verifier.filter(|_| reason.is_of_verifier()) {
            facts.push(Fact::number("code_verifier_bytes", verifier.bytes));
            facts.push(Fact::is("code_verifier_has_only_unreserved", verifier.is_unreserved));
        }
        if reason == Reason::ClientUnknown {
            facts.push(Fact::is(
                "client_id_has_the_form_of_an_id",
                self.received.client_id().is_some(),
            ));
        }
        if let Some(bearer) = bearer {
            facts.extend(bearer.facts());
        }
        if let Some(assertion) = assertion {
            facts.extend(assertion.facts());
        }
        facts.extend(self.facts_of_client(reason));
        facts
    }

    fn facts_of_client(&self, reason: Reason) -> Vec<Fact> {
        let Known { client: Some(client), at, .. } = *self.known else { return Vec::new() };
        let mut facts = Vec::new();
        facts.extend(client.disabled_at.map(|at| Fact::at("client_disabled_at", at)));
        if matches!(reason, Reason::TokenRevoked | Reason::GrantRevoked) {
            let revoked_at = client.tokens_revoked_at;
            facts.extend(revoked_at.map(|at| Fact::at("client_tokens_revoked_at", at)));
        }
        if reason == Reason::ClientSecretWrong {
            let is_live = |expires_at: Option<Timestamp>| expires_at.is_none_or(|ends| at < ends);
            let (live, over): (Vec<_>, Vec<_>) =
                client.secrets().iter().partition(|secret| is_live(secret.expires_at));
            facts.push(Fact::number("secrets_that_hold", live.len()));
            let last = over.iter().filter_map(|secret| secret.expires_at).max();
            facts.extend(last.map(|at| Fact::at("last_secret_expired_at", at)));
        }
        facts
    }
}

/// Names as they may be shown, in one text.
fn named(names: &[String], expected: &[String]) -> String {
    let shown = names.iter().filter_map(|one| shown::id(one).or_else(|| shown::uri(one, expected)));
    shown.collect::<Vec<_>>().join(" ")
}

/// What a parameter may hold for every client.
fn vocabulary(name: &str) -> Vec<String> {
    let words: &[&str] = match name {
        "response_type" => return ResponseType::ALL.map(String::from).into(),
        "response_mode" => &ResponseMode::ALL.map(ResponseMode::as_str),
        "code_challenge_method" => &[CODE_CHALLENGE_METHOD],
        "prompt" => &Prompt::ALL.map(Prompt::as_str),
        _ => &[],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The one text that a registered value is written as.
fn text_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
