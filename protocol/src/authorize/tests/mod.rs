//! Every check of an authorization request, by tables of what passes and what is refused where.

use proptest::prelude::*;

use super::*;
use crate::{
    client::{ClientKind, GrantType, ResponseType, TokenEndpointAuthMethod, tests::client},
    oauth_error::{ErrorCode, is_description},
    scope::ScopeSet,
};

mod refusals;
mod response_types;
mod wishes;

const ISSUER: &str = "https://provider.example";
/// RFC 7636 appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What is sent otherwise; `None` is not sent.
type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

/// A confidential client that need not use PKCE.
fn confidential() -> Client {
    let token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretBasic;
    Client {
        kind: ClientKind::Confidential { token_endpoint_auth_method, secrets: vec![] },
        ..client()
    }
}

/// The parameters of a request that passes, changed.
fn with(changes: Changes<'_>) -> Parameters {
    let id = client().client_id.to_string();
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", &id),
        ("redirect_uri", "https://client.example/cb"),
        ("scope", "openid profile"),
        ("state", "af0ifjsldkj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(one, _)| one != name);
        pairs.extend(value.map(|value| (*name, value)));
    }
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Parameters::parse(encoded.as_bytes()).unwrap()
}

fn no_hint(_: &str) -> Option<String> {
    None
}

fn judged(client: &Client, changes: Changes<'_>) -> Result<AuthorizationRequest, Refused> {
    judge(&with(changes), Some(client), ISSUER, &no_hint)
}

fn refusal(client: &Client, changes: Changes<'_>) -> Refusal {
    match judged(client, changes) {
        Err(Refused::AtClient { why, .. }) => why,
        other => panic!("{changes:?}: {other:?}"),
    }
}
#[test]
fn the_request_of_openid_connect_core_is_accepted() {
    let changes = [("scope", Some("openid profile email")), ("nonce", Some("n-0S6_WzA2Mj"))];
    let request = judged(&client(), &changes).unwrap();
    assert_eq!(request.client_id, client().client_id);
    assert_eq!(request.redirect_uri.as_str(), "https://client.example/cb");
    assert_eq!(
        (request.response_type.clone(), request.response_mode),
        (ResponseType::Code, ResponseMode::Query)
    );
    assert_eq!(request.scope, "email openid profile".parse().unwrap());
    assert_eq!(request.state.as_deref(), Some("af0ifjsldkj"));
    assert_eq!(request.nonce.as_deref(), Some("n-0S6_WzA2Mj"));
    assert_eq!(request.code_challenge.map(String::from).as_deref(), Some(CHALLENGE));
    assert!(request.is_openid());
}

#[test]
fn a_request_is_stored_and_read_back_as_it_is() {
    let request =
        judged(&client(), &[("max_age", Some("60")), ("prompt", Some("login consent"))]).unwrap();
    let stored = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&stored).unwrap(), request);
}

#[test]
fn a_client_gets_only_what_it_is_registered_for() {
    let no_code = Client { response_types: vec![], ..client() };
    let no_grant = Client { grant_types: vec![GrantType::RefreshToken], ..client() };
    for (client, why) in
        [(no_code, Refusal::ResponseTypeNotAllowed), (no_grant, Refusal::GrantTypeNotAllowed)]
    {
        let refused = refusal(&client, &[]);
        let code = match why {
            Refusal::ResponseTypeNotAllowed => ErrorCode::UnsupportedResponseType,
            _ => ErrorCode::UnauthorizedClient,
        };
        assert_eq!((refused.code(), &refused), (code, &why));
    }
}

#[test]
fn pkce_is_required_of_public_clients_and_by_policy() {
    let without = [("code_challenge", None), ("code_challenge_method", None)];
    let strict = Client { require_pkce: true, ..confidential() };
    for client in [client(), strict] {
        assert_eq!(refusal(&client, &without), Refusal::CodeChallengeMissing);
    }
    assert_eq!(judged(&confidential(), &without).unwrap().code_challenge, None);
    assert!(judged(&confidential(), &[]).unwrap().code_challenge.is_some());
    assert!(matches!(
        refusal(&confidential(), &[("code_challenge_method", Some("plain"))]),
        Refusal::CodeChallenge(_)
    ));
}

#[test]
fn scopes_that_may_not_be_given_are_left_out_but_never_the_last_nor_openid() {
    let scoped = |allowed: &str| Client { scopes: allowed.parse().unwrap(), ..client() };
    let given = |client: &Client, asked| {
        judged(client, &[("scope", Some(asked))]).map(|request| request.scope.clone())
    };
    let set = |text: &str| text.parse::<ScopeSet>().unwrap();
    assert_eq!(given(&scoped("openid email"), "email openid phone later"), Ok(set("openid email")));
    assert_eq!(given(&scoped("email"), "email phone"), Ok(set("email")));
    assert_eq!(
        refusal(&scoped("email"), &[("scope", Some("openid email"))]),
        Refusal::ScopeNotAllowed
    );
    let no_refresh = Client { grant_types: vec![GrantType::AuthorizationCode], ..client() };
    assert_eq!(given(&no_refresh, "openid offline_access"), Ok(set("openid")));
    assert_eq!(
        refusal(&no_refresh, &[("scope", Some("offline_access"))]),
        Refusal::ScopeNotAllowed
    );
}

#[test]
fn a_request_without_openid_is_plain_oauth() {
    assert!(!judged(&client(), &[("scope", Some("email"))]).unwrap().is_openid());
}

proptest! {
    #[test]
    fn whatever_is_sent_only_registered_places_are_answered(
        name in proptest::sample::select(vec!["redirect_uri", "response_type", "scope", "state", "prompt", "max_age", "nonce", "code_challenge"]),
        value in "\\PC{0,40}",
    ) {
        match judged(&client(), &[(name, Some(&value))]) {
            Ok(request) => prop_assert_eq!(request.redirect_uri.as_str(), "https://client.example/cb"),
            Err(Refused::AtClient { answer_to, why }) => {
                prop_assert_eq!(answer_to.redirect_uri.as_str(), "https://client.example/cb");
                prop_assert!(is_description(&why.to_string()));
            }
            Err(Refused::OnPage(_)) => prop_assert_eq!(name, "redirect_uri"),
        }
    }
}
