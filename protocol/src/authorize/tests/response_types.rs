//! What a client may ask for, and how it is answered (OAuth 2.0 Multiple Response Type Encoding Practices).

use super::*;

/// A client that may ask for everything.
fn answered_anyhow() -> Client {
    let grant_types =
        vec![GrantType::AuthorizationCode, GrantType::Implicit, GrantType::RefreshToken];
    Client { grant_types, response_types: ResponseType::ALL.into(), ..client() }
}

fn asked(response_type: &str, changes: Changes<'_>) -> Result<AuthorizationRequest, Refused> {
    let mut all = vec![("response_type", Some(response_type)), ("nonce", Some("n"))];
    all.extend(changes);
    judged(&answered_anyhow(), &all)
}

/// Why a request is refused, and how that is told.
fn refused(judged: Result<AuthorizationRequest, Refused>) -> (Refusal, ResponseMode) {
    match judged {
        Err(Refused::AtClient { why, answer_to }) => (why, answer_to.response_mode),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_type_is_judged_in_any_order_of_its_words_and_answered_by_its_own_mode() {
    for response_type in ResponseType::ALL {
        let words: Vec<_> = response_type.as_str().split(' ').rev().collect();
        let request = asked(&words.join(" "), &[]).unwrap();
        let standard = match response_type {
            ResponseType::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        };
        assert_eq!((&request.response_type, request.response_mode), (&response_type, standard));
        for mode in [ResponseMode::Fragment, ResponseMode::FormPost] {
            let request = asked(response_type.as_str(), &[("response_mode", Some(mode.as_str()))]);
            assert_eq!(request.unwrap().response_mode, mode);
        }
    }
}

/// A4: tokens never travel in a query, nor does the refusal of a request for them.
#[test]
fn a_query_is_refused_for_whatever_has_a_token_in_it() {
    for response_type in ResponseType::ALL {
        let judged = asked(response_type.as_str(), &[("response_mode", Some("query"))]);
        match response_type {
            ResponseType::Code => assert_eq!(judged.unwrap().response_mode, ResponseMode::Query),
            _ => assert_eq!(refused(judged), (Refusal::TokensInQuery, ResponseMode::Fragment)),
        }
    }
}

/// A21: a client that was not registered for a type does not get it, and none is registered by default.
#[test]
fn each_type_takes_a_registration_of_its_own_and_its_grant_types() {
    use GrantType::{AuthorizationCode, Implicit};
    for response_type in ResponseType::ALL {
        let others = ResponseType::ALL.into_iter().filter(|one| *one != response_type).collect();
        let changes = [("response_type", Some(response_type.as_str())), ("nonce", Some("n"))];
        let why = |client: &Client| refusal(client, &changes);
        let without = Client { response_types: others, ..answered_anyhow() };
        assert_eq!(why(&without), Refusal::ResponseTypeNotAllowed);
        if response_type.has_code() {
            let client = Client { grant_types: vec![Implicit], ..answered_anyhow() };
            assert_eq!(why(&client), Refusal::GrantTypeNotAllowed);
        }
        if response_type.is_front_channel() {
            let client = Client { grant_types: vec![AuthorizationCode], ..answered_anyhow() };
            assert_eq!(why(&client), Refusal::ImplicitNotAllowed);
            assert_eq!(why(&client).code(), ErrorCode::UnauthorizedClient);
        }
    }
}

/// A10.
#[test]
fn a_nonce_is_required_where_an_id_token_comes_through_the_browser() {
    for response_type in ResponseType::ALL {
        let judged = asked(response_type.as_str(), &[("nonce", None)]);
        match response_type {
            ResponseType::Code | ResponseType::CodeToken => {
                assert_eq!(judged.unwrap().nonce, None);
            }
            _ => {
                let (why, mode) = refused(judged);
                let told = (&why, why.code(), mode);
                let expected = ErrorCode::InvalidRequest;
                assert_eq!(told, (&Refusal::NonceMissing, expected, ResponseMode::Fragment));
            }
        }
    }
}

#[test]
fn an_id_token_takes_openid_and_offline_access_a_code() {
    for response_type in ResponseType::ALL {
        let judged = asked(response_type.as_str(), &[("scope", Some("email"))]);
        match response_type.has_id_token() {
            true => assert_eq!(refused(judged).0, Refusal::OpenidMissing),
            false => assert!(!judged.unwrap().is_openid()),
        }
        let request = asked(response_type.as_str(), &[("scope", Some("openid offline_access"))]);
        let is_kept = request.unwrap().scope.contains("offline_access");
        assert_eq!(is_kept, response_type.has_code(), "{response_type:?}");
    }
}

#[test]
fn pkce_is_asked_of_whatever_has_a_code() {
    for response_type in ResponseType::ALL {
        let without = [("code_challenge", None), ("code_challenge_method", None)];
        let judged = asked(response_type.as_str(), &without);
        match response_type.has_code() {
            true => assert_eq!(refused(judged).0, Refusal::CodeChallengeMissing),
            false => assert_eq!(judged.unwrap().code_challenge, None),
        }
    }
}

#[test]
fn no_form_is_posted_to_an_application_on_a_device() {
    let uri = "com.example.app:/cb";
    let client = Client { redirect_uris: vec![uri.parse().unwrap()], ..answered_anyhow() };
    let changes = [("redirect_uri", Some(uri)), ("response_mode", Some("form_post"))];
    let told = refused(judged(&client, &changes));
    assert_eq!(told, (Refusal::FormPostToApplication, ResponseMode::Query));
}

/// A4, A9: also where nothing says what would be answered.
#[test]
fn a_refusal_travels_as_the_answer_would() {
    use ResponseMode::{FormPost, Fragment, Query};
    let cases = [
        (None, None, Query),
        (Some("code"), None, Query),
        (Some("unknown"), None, Query),
        (Some("token"), None, Fragment),
        (Some("id_token token"), None, Fragment),
        (Some("code id_token"), None, Fragment),
        (None, Some("form_post"), FormPost),
        (None, Some("fragment"), Fragment),
        (None, Some("query"), Query),
        (None, Some("unknown"), Query),
        (Some("token"), Some("form_post"), FormPost),
        (Some("token"), Some("query"), Fragment),
        (Some("code"), Some("form_post"), FormPost),
        (Some("code id_token"), Some("unknown"), Fragment),
    ];
    for (response_type, response_mode, expected) in cases {
        // One fault more, so that each is refused.
        let changes = [
            ("response_type", response_type),
            ("response_mode", response_mode),
            ("prompt", Some("no")),
        ];
        let told = judged(&client(), &changes);
        let Err(Refused::AtClient { answer_to, .. }) = told else { panic!("{changes:?}") };
        let seen = (answer_to.response_mode, answer_to.state.as_deref());
        assert_eq!(seen, (expected, Some("af0ifjsldkj")), "{changes:?}");
    }
}

#[test]
fn a_repeated_response_mode_is_refused_by_the_mode_of_the_type() {
    let id = client().client_id;
    let text = format!(
        "client_id={id}&redirect_uri=https://client.example/cb&response_type=id_token&scope=openid&\
         response_mode=form_post&response_mode=fragment"
    );
    let parameters = Parameters::parse(text.as_bytes()).unwrap();
    let (why, mode) = refused(judge(&parameters, Some(&client()), ISSUER, &no_hint));
    assert!(matches!(why, Refusal::Repeated(_)));
    assert_eq!(mode, ResponseMode::Fragment);
}
