//! Every check of an authorization request, by tables of what passes and what is refused where.

use proptest::prelude::*;

use super::*;
use crate::{
    client::{ClientKind, GrantType, ResponseType, TokenEndpointAuthMethod, tests::client},
    oauth_error::{ErrorCode, is_description},
    pkce::ChallengeRefused,
    scope::{NotAScope, ScopeSet},
    secret::Token,
};

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
fn without_a_trusted_redirect_uri_the_refusal_stays_on_a_page() {
    let other = "https://client.example/cb/evil";
    let cases: [(Changes<'_>, NotAnswerable); 8] = [
        (&[("client_id", None)], NotAnswerable::ClientIdMissing),
        (&[("client_id", Some(""))], NotAnswerable::ClientIdMissing),
        (&[("client_id", Some("nobody"))], NotAnswerable::ClientUnknown),
        (
            &[("client_id", Some("cli_00000000000000000000000000000000"))],
            NotAnswerable::ClientUnknown,
        ),
        (&[("redirect_uri", None)], NotAnswerable::RedirectUriMissing),
        (&[("redirect_uri", Some(other))], NotAnswerable::RedirectUriNotRegistered),
        (
            &[("redirect_uri", Some(other)), ("request", Some("a.b.c"))],
            NotAnswerable::RedirectUriNotRegistered,
        ),
        (&[("redirect_uri", None), ("response_type", None)], NotAnswerable::RedirectUriMissing),
    ];
    for (changes, why) in cases {
        assert_eq!(judged(&client(), changes), Err(Refused::OnPage(why)), "{changes:?}");
    }
}

#[test]
fn a_client_that_is_unknown_or_disabled_is_answered_on_the_same_page() {
    let disabled = Client { disabled_at: Some(client().created_at), ..client() };
    for client in [None, Some(&disabled)] {
        let refused = judge(&with(&[]), client, ISSUER, &no_hint);
        assert_eq!(refused, Err(Refused::OnPage(NotAnswerable::ClientUnknown)));
    }
}

#[test]
fn client_id_and_redirect_uri_sent_twice_stay_on_a_page_and_all_else_goes_to_the_client() {
    let id = client().client_id;
    let base = format!(
        "client_id={id}&redirect_uri=https://client.example/cb&response_type=code&scope=openid"
    );
    let names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "request",
        "request_uri",
        "registration",
        "code_challenge",
        "code_challenge_method",
        "id_token_hint",
        "login_hint",
        "ui_locales",
        "acr_values",
        "display",
        "claims",
        "anything",
    ];
    for name in names {
        let text = format!("{base}&{name}=a&{name}=b");
        let refused =
            judge(&Parameters::parse(text.as_bytes()).unwrap(), Some(&client()), ISSUER, &no_hint)
                .unwrap_err();
        match (name, refused) {
            ("client_id" | "redirect_uri", Refused::OnPage(NotAnswerable::Repeated(_))) => {}
            (_, Refused::AtClient { why: Refusal::Repeated(_), answer_to }) => {
                assert_eq!(answer_to.state, None)
            }
            (_, other) => panic!("{name}: {other:?}"),
        }
    }
}

/// Each case: what is sent otherwise, why that is refused, and the code.
fn assert_refused(cases: &[(&str, Option<&str>, Refusal, ErrorCode)]) {
    for (name, value, why, code) in cases {
        let refused = refusal(&client(), &[(name, *value)]);
        assert_eq!((&refused.code(), &refused), (code, why), "{name}={value:?}");
        assert!(is_description(&refused.to_string()), "{refused}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_its_own_code() {
    use ErrorCode as E;
    assert_refused(&[
        ("request", Some("a.b.c"), Refusal::RequestNotSupported, E::RequestNotSupported),
        ("request_uri", Some("urn:x"), Refusal::RequestUriNotSupported, E::RequestUriNotSupported),
        (
            "registration",
            Some("{}"),
            Refusal::RegistrationNotSupported,
            E::RegistrationNotSupported,
        ),
        (
            "response_type",
            Some("token"),
            Refusal::UnsupportedResponseType,
            E::UnsupportedResponseType,
        ),
        (
            "response_type",
            Some("code id_token"),
            Refusal::UnsupportedResponseType,
            E::UnsupportedResponseType,
        ),
        ("response_mode", Some("fragment"), Refusal::UnsupportedResponseMode, E::InvalidRequest),
        ("response_mode", Some("form_post"), Refusal::UnsupportedResponseMode, E::InvalidRequest),
        ("prompt", Some("create"), Refusal::PromptUnknown, E::InvalidRequest),
    ]);
}

#[test]
fn what_is_missing_or_malformed_is_an_invalid_request_or_scope() {
    use ErrorCode::{InvalidRequest, InvalidScope};
    let long = "a".repeat(8000);
    assert_refused(&[
        ("response_type", None, Refusal::ResponseTypeMissing, InvalidRequest),
        ("state", Some("a\nb"), Refusal::StateMalformed, InvalidRequest),
        ("state", Some(&long), Refusal::StateMalformed, InvalidRequest),
        ("scope", None, Refusal::ScopeMissing, InvalidScope),
        (
            "scope",
            Some("openid \"x\""),
            Refusal::ScopeMalformed(NotAScope::Character),
            InvalidScope,
        ),
        ("scope", Some("unknown"), Refusal::ScopeNotAllowed, InvalidScope),
        ("code_challenge", None, Refusal::CodeChallenge(ChallengeRefused::Alone), InvalidRequest),
        (
            "code_challenge",
            Some("short"),
            Refusal::CodeChallenge(ChallengeRefused::Malformed),
            InvalidRequest,
        ),
        (
            "code_challenge_method",
            None,
            Refusal::CodeChallenge(ChallengeRefused::Method),
            InvalidRequest,
        ),
        (
            "code_challenge_method",
            Some("plain"),
            Refusal::CodeChallenge(ChallengeRefused::Method),
            InvalidRequest,
        ),
        ("nonce", Some(&long), Refusal::NonceMalformed, InvalidRequest),
        ("prompt", Some("none login"), Refusal::PromptNoneNotAlone, InvalidRequest),
        ("max_age", Some("-1"), Refusal::MaxAgeMalformed, InvalidRequest),
        ("id_token_hint", Some("a.b.c"), Refusal::IdTokenHintInvalid, InvalidRequest),
    ]);
}

#[test]
fn a_client_gets_only_what_it_is_registered_for() {
    let no_code = Client { response_types: vec![], ..client() };
    let no_grant = Client { grant_types: vec![GrantType::RefreshToken], ..client() };
    for (client, why) in
        [(no_code, Refusal::ResponseTypeNotAllowed), (no_grant, Refusal::GrantTypeNotAllowed)]
    {
        let refused = refusal(&client, &[]);
        assert_eq!((refused.code(), &refused), (ErrorCode::UnauthorizedClient, &why));
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

#[test]
fn max_age_is_a_number_of_seconds() {
    let cases = [("0", Some(0)), ("10000", Some(10_000)), ("18446744073709551615", Some(u64::MAX))];
    for (text, seconds) in cases {
        assert_eq!(judged(&client(), &[("max_age", Some(text))]).unwrap().max_age_seconds, seconds);
    }
    for text in ["-1", "+1", "1.5", "ten", "1 ", "0x1", "18446744073709551616", "１"] {
        assert_eq!(
            refusal(&client(), &[("max_age", Some(text))]),
            Refusal::MaxAgeMalformed,
            "{text}"
        );
    }
}

#[test]
fn what_a_client_may_always_send_is_never_an_error() {
    let long = "a".repeat(8000);
    let changes = [
        ("display", Some("popup")),
        ("ui_locales", Some("se ../x de-CH")),
        ("claims_locales", Some("se")),
        ("login_hint", Some(long.as_str())),
        ("acr_values", Some("1 2")),
        ("claims", Some("{}")),
        ("extra", Some("foobar")),
        ("nonce", None),
    ];
    let request = judged(&client(), &changes).unwrap();
    assert_eq!(
        request.ui_locales.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
        ["se", "de-CH"]
    );
    assert_eq!(
        (request.login_hint.as_deref(), request.acr_values.as_slice()),
        (None, ["1".to_owned(), "2".to_owned()].as_slice())
    );
}

#[test]
fn nonce_and_state_are_kept_whole() {
    let odd = format!("{}!\"#$%&'()*+,-./:;<=>?@[\\]^_`{{|}}~ é", "a".repeat(384));
    let request = judged(&client(), &[("state", Some(&odd)), ("nonce", Some(&odd))]).unwrap();
    assert_eq!((request.state.as_ref(), request.nonce.as_ref()), (Some(&odd), Some(&odd)));
    let location =
        request.answer_to().location(Answer::Granted { code: &Token::presented("c") }, ISSUER);
    let url = url::Url::parse(location.expose()).unwrap();
    assert!(url.query_pairs().any(|(name, value)| name == "state" && value == odd));
}

#[test]
fn a_hint_names_who_is_expected() {
    let account_id = crate::id::AccountId::new(&crate::randomness::tests::Counting::default());
    let read = |hint: &str| (hint == "a.b.c").then(|| account_id.to_string());
    let request =
        judge(&with(&[("id_token_hint", Some("a.b.c"))]), Some(&client()), ISSUER, &read).unwrap();
    assert_eq!(request.expected_account_id, Some(account_id));
}

#[test]
fn an_answer_carries_state_and_issuer() {
    let answer_to = judged(&client(), &[]).unwrap().answer_to();
    let code = Token::presented("SplxlOBeZQQYbYS6WxSbIA");
    assert_eq!(
        answer_to.location(Answer::Granted { code: &code }, ISSUER).expose(),
        "https://client.example/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj&iss=https%3A%2F%2Fprovider.example",
    );
    let refused = Answer::Refused { error: ErrorCode::AccessDenied, description: "no" };
    assert_eq!(
        AnswerTo { state: None, ..answer_to }.location(refused, ISSUER).expose(),
        "https://client.example/cb?error=access_denied&error_description=no&iss=https%3A%2F%2Fprovider.example",
    );
}

#[test]
fn a_response_type_that_is_answered_in_the_fragment_is_refused_there() {
    let cases = [
        (None, ResponseMode::Query),
        (Some("code"), ResponseMode::Query),
        (Some("unknown"), ResponseMode::Query),
        (Some("token"), ResponseMode::Fragment),
        (Some("id_token token"), ResponseMode::Fragment),
        (Some("code id_token"), ResponseMode::Fragment),
    ];
    for (response_type, mode) in cases {
        // A second fault, so that every type is refused.
        let refused =
            judged(&client(), &[("response_type", response_type), ("response_mode", Some("no"))]);
        let Err(Refused::AtClient { answer_to, .. }) = refused else { panic!("{response_type:?}") };
        assert_eq!(
            (answer_to.response_mode, answer_to.state.as_deref()),
            (mode, Some("af0ifjsldkj"))
        );
    }
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
