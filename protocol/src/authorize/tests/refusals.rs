//! What is refused, where that is said, and by which code.

use super::*;
use crate::{pkce::ChallengeRefused, scope::NotAScope};

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
            Some("code code"),
            Refusal::UnsupportedResponseType,
            E::UnsupportedResponseType,
        ),
        (
            "response_type",
            Some("code id_token"),
            Refusal::ResponseTypeNotAllowed,
            E::UnsupportedResponseType,
        ),
        ("response_mode", Some("jwt"), Refusal::UnsupportedResponseMode, E::InvalidRequest),
        ("response_mode", Some("Query"), Refusal::UnsupportedResponseMode, E::InvalidRequest),
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
