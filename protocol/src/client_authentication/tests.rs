//! How clients say who they are, and what is refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;
use crate::{
    client::{ClientKind, tests::client},
    discovery::Endpoint,
    randomness::tests::Counting,
};

const NOW: Timestamp = Timestamp::from_seconds(1000);

fn body(text: &str) -> Parameters {
    Parameters::parse(text.as_bytes()).unwrap()
}

fn basic_header(joined: &str) -> String {
    format!("Basic {}", STANDARD.encode(joined))
}

/// A client with a method, and its secret.
fn registered(method: TokenEndpointAuthMethod) -> (Client, Token) {
    let secret = Token::new(&Counting::default());
    let stored = ClientSecret::new(&secret, NOW);
    let kind = match method {
        TokenEndpointAuthMethod::None => ClientKind::Public,
        method => {
            ClientKind::Confidential { token_endpoint_auth_method: method, secrets: vec![stored] }
        }
    };
    (Client { kind, ..client() }, secret)
}

/// Believes or refuses at an instant, a client without keys.
fn judge<'a>(
    client: Option<&'a Client>,
    presented: &Presented,
    now: Timestamp,
) -> Result<&'a Client, NotAuthenticated> {
    let at = Presentation { issuer: "https://id.example", endpoint: Endpoint::Token, now };
    super::judge(client, presented, &ClientKeys::None, &at).map(|believed| believed.client)
}

fn by_basic(client_id: ClientId, secret: &Token) -> Presented {
    let credentials = Credentials { client_id: Some(client_id), secret: secret.clone() };
    Presented::ClientSecretBasic(credentials)
}

#[test]
fn the_example_of_rfc_6749_section_2_3_1_is_read() {
    let presented = present(
        &[b"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"],
        &body("grant_type=authorization_code"),
    )
    .unwrap();
    let Presented::ClientSecretBasic(credentials) = presented else { panic!("another method") };
    assert_eq!(credentials.secret.expose(), "7Fjfp0ZBr1KtDRbnfVdmIw");
    assert_eq!(credentials.client_id, None, "s6BhdRkqt3 is not an id of ours");
}

#[test]
fn both_halves_are_form_decoded_after_the_first_colon() {
    let id = client().client_id;
    let encoded = id.to_string().replace('_', "%5F");
    for scheme in ["Basic", "basic", "BASIC"] {
        let header = format!("{scheme} {}", STANDARD.encode(format!("{encoded}:a%3Ab+c:%C3%A9")));
        let Presented::ClientSecretBasic(credentials) =
            present(&[header.as_bytes()], &body("")).unwrap()
        else {
            panic!()
        };
        assert_eq!((credentials.client_id, credentials.secret.expose()), (Some(id), "a:b c:é"));
    }
}

#[test]
fn a_malformed_header_is_never_as_good_as_none() {
    let id = client().client_id;
    let fits = |joined: &str| basic_header(joined).into_bytes();
    let cases: [(Vec<u8>, NotPresented); 10] = [
        (b"".to_vec(), NotPresented::UnsupportedMethod),
        (b"Basic".to_vec(), NotPresented::Malformed),
        (b"Basic ***".to_vec(), NotPresented::Malformed),
        (b"Basic \xff".to_vec(), NotPresented::Malformed),
        (fits("no colon"), NotPresented::Malformed),
        (fits("a%zz:b"), NotPresented::Malformed),
        (fits("a:%ff"), NotPresented::Malformed),
        (b"Bearer token".to_vec(), NotPresented::UnsupportedMethod),
        (b"Basicx YTpi".to_vec(), NotPresented::UnsupportedMethod),
        (fits(&"a".repeat(AUTHORIZATION_BYTES_MAX)), NotPresented::Malformed),
    ];
    for (header, why) in cases {
        let refused = present(&[&header], &body(&format!("client_id={id}"))).unwrap_err();
        assert_eq!(refused, why, "{}", String::from_utf8_lossy(&header));
        assert_eq!(refused.code(), ErrorCode::InvalidClient);
    }
}

#[test]
fn two_methods_or_clients_at_once_are_an_invalid_request() {
    let id = client().client_id;
    let header = basic_header(&format!("{id}:secret"));
    let header = header.as_bytes();
    let cases: [(&[&[u8]], &str, NotPresented); 7] = [
        (&[header], "client_secret=secret", NotPresented::SeveralMethods),
        (&[header], "client_assertion=a.b.c", NotPresented::SeveralMethods),
        (&[], "client_id=a&client_secret=b&client_assertion=c", NotPresented::SeveralMethods),
        (&[header], "client_id=cli_00000000000000000000000000000000", NotPresented::SeveralClients),
        (&[header], "client_id=another", NotPresented::SeveralClients),
        (&[header, header], "", NotPresented::SeveralHeaders),
        (
            &[],
            "client_id=a&client_id=a",
            body("client_id=a&client_id=a").refuse_repeated().unwrap_err().into(),
        ),
    ];
    for (authorization, text, why) in cases {
        let refused = present(authorization, &body(text)).unwrap_err();
        assert_eq!(refused, why, "{text}");
        assert_eq!(refused.code(), ErrorCode::InvalidRequest);
    }
    assert!(present(&[header], &body(&format!("client_id={id}"))).is_ok());
}

#[test]
fn a_request_that_names_no_client_is_an_invalid_client() {
    let cases = [
        ("", NotPresented::Missing),
        ("client_id=", NotPresented::Missing),
        ("client_secret=a", NotPresented::Missing),
        ("client_assertion=a.b.c&client_id=a", NotPresented::AssertionType),
        ("client_assertion=a.b.c&client_assertion_type=a", NotPresented::AssertionType),
        (&format!("client_assertion_type={CLIENT_ASSERTION_TYPE}"), NotPresented::AssertionMissing),
    ];
    for (text, why) in cases {
        let refused = present(&[], &body(text)).unwrap_err();
        assert_eq!((refused.code(), refused), (ErrorCode::InvalidClient, why));
    }
}

#[test]
fn a_client_is_believed_by_exactly_its_own_method() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost, None};
    for method in [ClientSecretBasic, ClientSecretPost, None] {
        let (client, secret) = registered(method.clone());
        let credentials = Credentials { client_id: Some(client.client_id), secret };
        let ways = [
            (ClientSecretBasic, Presented::ClientSecretBasic(credentials.clone())),
            (ClientSecretPost, Presented::ClientSecretPost(credentials)),
            (None, Presented::None { client_id: Some(client.client_id) }),
        ];
        for (way, presented) in ways {
            let expected =
                if way == method { Ok(&client) } else { Err(NotAuthenticated::OtherMethod) };
            assert_eq!(judge(Some(&client), &presented, NOW), expected);
        }
    }
}

#[test]
fn who_is_not_believed_cannot_learn_why() {
    let (client, secret) = registered(TokenEndpointAuthMethod::ClientSecretBasic);
    let disabled = Client { disabled_at: Some(NOW), ..client.clone() };
    let id = client.client_id;
    let refusals = [
        (judge(None, &by_basic(id, &secret), NOW), NotAuthenticated::UnknownClient),
        (
            judge(Some(&client), &by_basic(id, &Token::presented("wrong")), NOW),
            NotAuthenticated::WrongSecret,
        ),
        (
            judge(Some(&client), &by_basic(id, &Token::presented("")), NOW),
            NotAuthenticated::WrongSecret,
        ),
        (judge(Some(&disabled), &by_basic(id, &secret), NOW), NotAuthenticated::Disabled),
        (
            judge(Some(&client), &Presented::None { client_id: None }, NOW),
            NotAuthenticated::UnknownClient,
        ),
    ];
    for (refused, why) in refusals {
        assert_eq!(refused, Err(why));
        assert_eq!(why.to_string(), NOT_AUTHENTICATED);
    }
}

#[test]
fn a_secret_holds_until_it_expires_and_beside_its_successor() {
    let (mut client, old) = registered(TokenEndpointAuthMethod::ClientSecretBasic);
    let new = Token::presented("the successor");
    let ClientKind::Confidential { secrets, .. } = &mut client.kind else { panic!() };
    secrets[0].expires_at = Some(NOW);
    secrets.push(ClientSecret::new(&new, NOW));
    let just_before = Timestamp::from_millis(NOW.as_millis() - 1);
    assert!(judge(Some(&client), &by_basic(client.client_id, &old), just_before).is_ok());
    assert_eq!(
        judge(Some(&client), &by_basic(client.client_id, &old), NOW),
        Err(NotAuthenticated::WrongSecret)
    );
    assert!(judge(Some(&client), &by_basic(client.client_id, &new), NOW).is_ok());
}

#[test]
fn a_confidential_client_without_secrets_is_never_believed() {
    let kind = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        secrets: vec![],
    };
    let client = Client { kind, ..client() };
    for secret in ["", "no client has this secret"] {
        let presented = by_basic(client.client_id, &Token::presented(secret));
        assert_eq!(judge(Some(&client), &presented, NOW), Err(NotAuthenticated::WrongSecret));
    }
}

#[test]
fn a_secret_does_not_show_itself() {
    let presented = present(&[], &body("client_id=a&client_secret=hunter2")).unwrap();
    assert!(!format!("{presented:?}").contains("hunter2"));
}

/// What a request presents that has this assertion, and perhaps `client_id`.
fn asserting(assertion: &str, client_id: &str) -> Result<Presented, NotPresented> {
    let id = if client_id.is_empty() { String::new() } else { format!("&client_id={client_id}") };
    let text =
        format!("client_assertion_type={CLIENT_ASSERTION_TYPE}&client_assertion={assertion}");
    present(&[], &body(&(text + &id)))
}

/// A token that nobody has signed.
fn unsigned(claims: &str) -> String {
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.AAAA", encode(r#"{"alg":"ES256"}"#), encode(claims))
}

#[test]
fn an_assertion_names_its_client_and_client_id_must_be_the_same() {
    let id = client().client_id;
    let assertion = unsigned(&format!(r#"{{"sub":"{id}"}}"#));
    for named in [String::new(), id.to_string()] {
        assert_eq!(asserting(&assertion, &named).unwrap().client_id(), Some(id));
    }
    let other = "cli_00000000000000000000000000000000";
    for another in [other, "another"] {
        assert_eq!(asserting(&assertion, another).unwrap_err(), NotPresented::SeveralClients);
    }
    let of_nobody = asserting(&unsigned("{}"), &id.to_string()).unwrap();
    assert_eq!(of_nobody.client_id(), Some(id), "what is wrong with it is judged later");
}

#[test]
fn an_assertion_is_believed_of_a_client_that_is_registered_for_one() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, None, PrivateKeyJwt};
    let id = client().client_id;
    let presented = asserting(&unsigned(&format!(r#"{{"sub":"{id}"}}"#)), "").unwrap();
    for method in [ClientSecretBasic, None] {
        let (client, _) = registered(method);
        let refused = judge(Some(&client), &presented, NOW);
        assert_eq!(refused, Err(NotAuthenticated::OtherMethod));
    }
    let (client, _) = registered(ClientSecretJwt);
    let refused = judge(Some(&client), &presented, NOW);
    assert_eq!(refused, Err(NotAuthenticated::Assertion(AssertionRefused::Algorithm)));
    let (client, _) = registered(PrivateKeyJwt);
    let unknown = AssertionRefused::Token(Refused::UnknownKey);
    let refused = judge(Some(&client), &presented, NOW);
    assert_eq!(refused, Err(NotAuthenticated::Assertion(unknown)));
    assert_eq!(NotAuthenticated::Assertion(unknown).to_string(), NOT_AUTHENTICATED);
}

#[test]
fn an_assertion_that_is_no_token_is_an_invalid_client() {
    let (client, _) = registered(TokenEndpointAuthMethod::PrivateKeyJwt);
    let id = client.client_id.to_string();
    let encrypted = AssertionRefused::Token(Refused::Encrypted);
    let malformed = AssertionRefused::Token(Refused::Malformed);
    for (assertion, why) in [("x", malformed), ("a.b.c.d.e", encrypted), ("!.!.!", malformed)] {
        let presented = asserting(assertion, &id).unwrap();
        let refused = judge(Some(&client), &presented, NOW);
        assert_eq!(refused, Err(NotAuthenticated::Assertion(why)), "{assertion}");
        let nobodys = asserting(assertion, "").unwrap();
        assert_eq!(judge(Option::None, &nobodys, NOW), Err(NotAuthenticated::UnknownClient));
    }
}

proptest! {
    #[test]
    fn what_was_encoded_is_read(secret in "\\PC{0,40}") {
        let id = client().client_id;
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = basic_header(&format!("{}:{}", encode(&id.to_string()), encode(&secret)));
        let Presented::ClientSecretBasic(read) = present(&[header.as_bytes()], &body("")).unwrap() else { panic!() };
        prop_assert_eq!((read.client_id, read.secret.expose()), (Some(id), secret.as_str()));
    }

    #[test]
    fn no_header_makes_it_panic(header in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = present(&[&header], &body(""));
        let _ = present(&[&[b"Basic ".as_slice(), &header].concat()], &body(""));
    }
}
