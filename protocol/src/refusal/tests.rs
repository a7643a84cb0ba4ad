//! What is kept of refusals, and what never is.

use std::collections::BTreeSet;

use super::*;
use crate::{
    authorize::{self, NotAnswerable},
    client::{Client, tests::client},
    client_assertion::AssertionRefused,
    client_authentication::{NotAuthenticated, NotPresented},
    end_session,
    introspection::IntrospectionError,
    jose,
    oauth_error::TokenError,
    parameters::{NotParameters, Parameters},
    pkce::VerifierRefused,
    revocation::RevocationError,
    sign_in,
};

const SECRET: &str = "q7TzRrkYy0mXv3HcJw2sLd9Bf6Na1Pe8Ui4Ko5Gt-Zx";

fn explained(reason: Reason, query: &str, client: Option<&Client>) -> Explanation {
    let received = Received::read(&[], &Parameters::parse(query.as_bytes()).unwrap());
    let found = Found::default();
    let at = Timestamp::from_seconds(1_800_000_000);
    let known = Known { client, issuer: "https://id.example", at, found: &found };
    explain(reason, &received, Vec::new(), &known)
}

fn registered() -> Client {
    let uris = ["https://app.example/cb", "https://other.example/callback"];
    let redirect_uris = uris.iter().map(|uri| uri.parse().unwrap()).collect();
    Client { redirect_uris, scopes: "openid profile".parse().unwrap(), ..client() }
}

#[test]
fn what_was_received_and_expected_is_told_with_the_nearest_and_the_difference() {
    let query = "client_id=x&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%2F&state=a&foo=b";
    let told = explained(Reason::RedirectUriNotRegistered, query, Some(&registered()));
    let [compared] = told.compared.as_slice() else { panic!("{told:?}") };
    assert_eq!(compared.received.as_deref(), Some("https://app.example/cb/"));
    assert_eq!(compared.nearest.as_deref(), Some("https://app.example/cb"));
    assert_eq!(compared.expected.len(), 2);
    assert_eq!(compared.difference.last(), Some(&Segment::Surplus("/".into())));
    let names: Vec<_> = told.received.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["client_id", "redirect_uri", "state"]);
    assert!(told.facts.contains(&Fact::number("parameters_of_other_names", 1)));
}

#[test]
fn a_scope_is_held_against_those_that_the_client_may_have() {
    let told = explained(Reason::ScopeNotAllowed, "scope=openid+profil", Some(&registered()));
    let [compared] = told.compared.as_slice() else { panic!("{told:?}") };
    assert_eq!(compared.received.as_deref(), Some("profil"));
    assert_eq!(compared.nearest.as_deref(), Some("profile"));
    assert_eq!(compared.difference.last(), Some(&Segment::Missing("e".into())));
}

#[test]
fn of_a_verifier_only_its_form_is_told() {
    let told = explained(Reason::CodeVerifierMalformed, "code_verifier=hunter2%21", None);
    let expected = [
        Fact::number("code_verifier_bytes", 8),
        Fact::is("code_verifier_has_only_unreserved", false),
    ];
    assert_eq!(told.facts, expected);
    assert!(!format!("{told:?}").contains("hunter"));
}

#[test]
fn a_secret_is_not_kept_whichever_parameter_it_was_sent_in() {
    let names = [
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "post_logout_redirect_uri",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "response_type",
        "response_mode",
        "grant_type",
        "resource",
        "audience",
        "client_assertion",
        "client_assertion_type",
        "refresh_token",
        "token",
        "token_type_hint",
        "id_token_hint",
        "login_hint",
        "request",
        "username",
        "password",
        "something_else",
        SECRET,
    ];
    let query: Vec<_> = names.iter().map(|name| format!("{name}={SECRET}")).collect();
    for reason in Reason::ALL {
        let told = explained(*reason, &query.join("&"), Some(&registered()));
        let kept = serde_json::to_string(&told).unwrap();
        assert!(!kept.contains(SECRET), "{reason:?}: {kept}");
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let long = "https%3A%2F%2Fapp.example%2F".to_owned() + &"a".repeat(8_000);
    let names = ["redirect_uri", "resource", "audience", "post_logout_redirect_uri"];
    let query: Vec<_> = names.iter().map(|name| format!("{name}={long}")).collect();
    let client = Client {
        redirect_uris: (0..64)
            .map(|n| format!("https://app.example/{n}{}", "b".repeat(2_000)).parse().unwrap())
            .collect(),
        ..registered()
    };
    let told = explained(Reason::RedirectUriNotRegistered, &query.join("&"), Some(&client));
    assert!(serde_json::to_string(&told).unwrap().len() < 48 * 1024);
}

#[test]
fn an_assertion_says_what_is_wrong_with_it_and_nothing_else() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
    let header = BASE64.encode(r#"{"alg":"ES256"}"#);
    let claims = r#"{"iss":"cli_x","sub":"x","aud":"https://id.example/","exp":9,"email":"a@b.c"}"#;
    let assertion = format!("{header}.{}.c2ln", BASE64.encode(claims));
    let query = format!("client_assertion={assertion}");
    let told = explained(Reason::AssertionAudienceWrong, &query, Some(&registered()));
    let [compared] = told.compared.as_slice() else { panic!("{told:?}") };
    assert_eq!(compared.nearest.as_deref(), Some("https://id.example"));
    assert_eq!(compared.difference.last(), Some(&Segment::Surplus("/".into())));
    assert!(told.facts.contains(&Fact::at("token_exp", Timestamp::from_seconds(9))));
    let kept = format!("{told:?}");
    assert!(!kept.contains("a@b.c") && !kept.contains(&assertion), "{kept}");
}

/// Whether the table has what `error` is told as.
fn is_in_table(at: RefusedAt, error: &dyn Explained) {
    let (reason, code) = (error.reason(), error.error());
    assert!(reason.met().contains(&(at, code)), "{reason:?} at {at:?}: {code}");
}

#[test]
fn each_error_is_in_the_table_where_it_is_met() {
    let repeated = Parameters::parse(b"a=1&a=2").unwrap().refuse_repeated().unwrap_err();
    for error in [
        NotAnswerable::Repeated(repeated.clone()),
        NotAnswerable::ClientIdMissing,
        NotAnswerable::ClientUnknown,
        NotAnswerable::RedirectUriMissing,
        NotAnswerable::RedirectUriNotRegistered,
    ] {
        is_in_table(RefusedAt::Authorize, &error);
    }
    for error in [
        authorize::Refusal::RequestNotSupported,
        authorize::Refusal::UnsupportedResponseType,
        authorize::Refusal::GrantTypeNotAllowed,
        authorize::Refusal::ScopeNotAllowed,
        authorize::Refusal::PromptUnknown,
        authorize::Refusal::IdTokenHintInvalid,
    ] {
        is_in_table(RefusedAt::Authorize, &error);
    }
    for error in [sign_in::Refusal::LoginRequired, sign_in::Refusal::AccessDenied] {
        is_in_table(RefusedAt::Authorize, &error);
        is_in_table(RefusedAt::SignIn, &error);
    }
    is_in_table(RefusedAt::Logout, &end_session::Refusal::RedirectUriNotRegistered);
    for error in [
        TokenError::Unreadable(NotParameters::Utf8),
        TokenError::Repeated(repeated),
        TokenError::Missing("code"),
        TokenError::UnsupportedGrantType,
        TokenError::CodeUnknown,
        TokenError::CodeVerifier(VerifierRefused::Mismatch),
        TokenError::ScopeExceeded,
    ] {
        is_in_table(RefusedAt::Token, &error);
    }
    for at in [RefusedAt::Token, RefusedAt::Introspect, RefusedAt::Revoke] {
        is_in_table(at, &NotPresented::SeveralMethods);
        is_in_table(at, &NotPresented::Malformed);
        is_in_table(at, &NotAuthenticated::UnknownClient);
        is_in_table(at, &NotAuthenticated::Assertion(AssertionRefused::UsedBefore));
        let not_fetched = AssertionRefused::KeysNotFetched(jose::KeysNotFetched::Busy);
        is_in_table(at, &NotAuthenticated::Assertion(not_fetched));
    }
    is_in_table(RefusedAt::Introspect, &IntrospectionError::TokenMissing);
    is_in_table(RefusedAt::Revoke, &RevocationError::TokenOfAnotherClient);
    is_in_table(RefusedAt::Userinfo, &jose::Refused::Expired);
}

#[test]
fn names_are_words_and_each_is_one_reasons() {
    let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    let is_word = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(names.iter().all(is_word));
    assert!(Reason::ALL.iter().all(|reason| !reason.meaning().contains('|')));
}

#[test]
fn an_id_has_one_text() {
    let id: RefusalId = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0e0f");
    for wrong in ["", "1", "000102030405060708090A0B0C0D0E0F", "+00102030405060708090a0b0c0d0e0f"] {
        assert_eq!(wrong.parse::<RefusalId>(), Err(NotARefusalId), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let _ = Peeked::into(&text);
        let _ = Peeked::into(&format!("e30.{text}.e30"));
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for reason in [Reason::RedirectUriNotRegistered, Reason::ScopeNotAllowed, Reason::GrantTypeUnsupported] {
            let query = format!("redirect_uri={query}&scope={query}&grant_type={query}&resource=a://{query}");
            let _ = explained(reason, &query, Some(&registered()));
        }
        let _ = Received::read(&[&bytes, b"Basic YTpi"], &Parameters::default());
        let _ = Received::read(&[&bytes], &Parameters::default());
    }
}
