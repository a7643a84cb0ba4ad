//! What a client may be, and how a later or earlier release reads it.

use serde_json::json;

use super::*;
use crate::{jose::Algorithm, randomness::tests::Counting};

/// A public client that may ask for everything.
pub(crate) fn client() -> Client {
    Client {
        client_id: ClientId::new(&Counting::default()),
        realm: Realm::main(),
        organisation_id: None,
        name: "Example".into(),
        kind: ClientKind::Public,
        redirect_uris: vec!["https://client.example/cb".parse().unwrap()],
        post_logout_redirect_uris: vec!["https://client.example/bye".parse().unwrap()],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        response_types: vec![ResponseType::Code],
        scopes: "openid profile email address phone offline_access".parse().unwrap(),
        require_pkce: false,
        id_token_signed_response_alg: IdTokenSigningAlgorithm::default(),
        consent: ConsentPolicy::Required,
        logo_uri: None,
        client_uri: None,
        policy_uri: None,
        tos_uri: None,
        jwks: ClientJwks::default(),
        jwks_uri: None,
        created_at: Timestamp::from_seconds(1),
        assertions: AssertionPolicy::default(),
        tokens: TokenPolicy::default(),
        logout: Default::default(),
        answers: AnswerPolicy::default(),
        subjects: SubjectPolicy::default(),
        tokens_revoked_at: None,
        disabled_at: None,
    }
}

#[test]
fn a_public_client_needs_pkce_whatever_its_record_says() {
    assert!(!client().require_pkce && client().requires_pkce());
    let secrets = vec![];
    let kind = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretPost,
        secrets,
    };
    assert!(!Client { kind, ..client() }.requires_pkce());
}

#[test]
fn keys_are_in_one_place_and_either_will_do() {
    let jwks: ClientJwks = serde_json::from_value(json!({ "keys": [{ "kty": "later" }] })).unwrap();
    let jwks_uri = "https://client.example/jwks".parse().ok();
    let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
    let kind = ClientKind::Confidential { token_endpoint_auth_method, secrets: Vec::new() };
    let none = Client { kind, ..client() };
    assert_eq!(none.judge(), Err(NotAClient::NoAuthentication));
    let here = Client { jwks, ..none.clone() };
    assert_eq!(here.judge(), Ok(()));
    assert_eq!(Client { jwks_uri: jwks_uri.clone(), ..none }.judge(), Ok(()));
    assert_eq!(Client { jwks_uri, ..here }.judge(), Err(NotAClient::TwoJwks));
}

#[test]
fn a_record_of_an_earlier_release_has_the_safe_defaults() {
    let record = json!({
        "client_id": "cli_00000000000000000000000000000001", "realm": "main", "name": "Old",
        "kind": {"type": "confidential", "token_endpoint_auth_method": "client_secret_basic"}, "created_at": 1,
    });
    let old: Client = serde_json::from_value(record).unwrap();
    assert!(old.requires_pkce() && old.consent == ConsentPolicy::Required && old.scopes.is_empty());
    assert_eq!(old.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(old.id_token_algorithm(), Some(Algorithm::Rs256.into()));
}

#[test]
fn what_a_later_release_chose_is_read_refused_and_written_back() {
    let mut record = serde_json::to_value(client()).unwrap();
    record["grant_types"] = json!(["authorization_code", "urn:later"]);
    record["response_types"] = json!(["code", "later"]);
    record["id_token_signed_response_alg"] = json!("LATER");
    record["kind"] =
        json!({"type": "confidential", "token_endpoint_auth_method": "later", "secrets": []});
    let later: Client = serde_json::from_value(record.clone()).unwrap();
    assert!(!later.may_use(&GrantType::Unknown("urn:later".into())));
    assert_eq!(later.id_token_algorithm(), None);
    assert_eq!(serde_json::to_value(&later).unwrap(), record);
    assert_eq!(later.judge(), Err(NotAClient::Unknown));
}

#[test]
fn a_consent_policy_of_a_later_release_asks() {
    let mut record = serde_json::to_value(client()).unwrap();
    record["consent"] = json!("later");
    assert_eq!(serde_json::from_value::<Client>(record).unwrap().consent, ConsentPolicy::Required);
}

#[test]
fn what_cannot_work_is_not_registered() {
    type Change = fn(&mut Client);
    let cases: [(Change, NotAClient); 10] = [
        (|client| client.name = String::new(), NotAClient::Name),
        (|client| client.name = "a".repeat(129), NotAClient::Name),
        (|client| client.name = "a\u{0}b".into(), NotAClient::Name),
        (
            |client| client.redirect_uris = vec!["https://client.example/".parse().unwrap(); 65],
            NotAClient::TooManyRedirectUris,
        ),
        (
            |client| {
                client.post_logout_redirect_uris =
                    vec!["https://client.example/".parse().unwrap(); 65]
            },
            NotAClient::TooManyRedirectUris,
        ),
        (|client| client.redirect_uris.clear(), NotAClient::NoRedirectUri),
        (|client| client.response_types.clear(), NotAClient::CodeFlow),
        (|client| client.grant_types.clear(), NotAClient::CodeFlow),
        (|client| client.kind = confidential(0), NotAClient::NoAuthentication),
        (|client| client.kind = confidential(5), NotAClient::TooManySecrets),
    ];
    for (change, why) in cases {
        let mut changed = client();
        change(&mut changed);
        assert_eq!(changed.judge(), Err(why));
    }
    assert_eq!(client().judge(), Ok(()));
    assert_eq!(Client { kind: confidential(4), ..client() }.judge(), Ok(()));
}

/// OpenID Connect Dynamic Client Registration 1.0 §2, the table at `response_types`.
#[test]
fn the_response_types_and_the_grant_types_of_a_client_go_together() {
    use GrantType::{AuthorizationCode, Implicit, RefreshToken};
    for response_type in ResponseType::ALL {
        for grant_types in [
            vec![AuthorizationCode, RefreshToken],
            vec![Implicit, RefreshToken],
            vec![AuthorizationCode, Implicit],
        ] {
            let codes = response_type.has_code() == grant_types.contains(&AuthorizationCode);
            let implicit = response_type.is_front_channel() == grant_types.contains(&Implicit);
            let expected = match (codes, implicit) {
                (false, _) => Err(NotAClient::CodeFlow),
                (true, false) => Err(NotAClient::FrontChannel),
                (true, true) => Ok(()),
            };
            let response_types = vec![response_type.clone()];
            let changed = Client { response_types, grant_types, ..client() };
            assert_eq!(changed.judge(), expected, "{changed:?}");
        }
    }
    let nowhere = Client {
        grant_types: vec![Implicit],
        response_types: vec![ResponseType::IdToken],
        redirect_uris: vec![],
        ..client()
    };
    assert_eq!(nowhere.judge(), Err(NotAClient::NoRedirectUri));
}

fn confidential(count: usize) -> ClientKind {
    let secret = crate::secret::Token::presented("secret");
    let secret = ClientSecret::new(&secret, Timestamp::from_seconds(1));
    let token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretBasic;
    ClientKind::Confidential { token_endpoint_auth_method, secrets: vec![secret; count] }
}

#[test]
fn a_client_that_signs_has_something_to_sign_with() {
    use TokenEndpointAuthMethod::{ClientSecretJwt, PrivateKeyJwt};
    let of = |method: TokenEndpointAuthMethod, secrets: Vec<ClientSecret>| Client {
        kind: ClientKind::Confidential { token_endpoint_auth_method: method, secrets },
        ..client()
    };
    let randomness = Counting::default();
    let ring = crate::KeyRing::new(crate::MasterKey::new(&randomness));
    let (secret, now) = (crate::Token::new_for_hmac(&randomness), Timestamp::from_seconds(1));
    let (id, under) = (client().client_id, (&ring, &randomness as &dyn crate::Randomness));
    let readable = ClientSecret::readable(&secret, now, id, under).unwrap();
    assert_eq!(of(ClientSecretJwt, vec![readable.clone()]).judge(), Ok(()));
    let unreadable = vec![readable, ClientSecret::new(&secret, now)];
    assert_eq!(of(ClientSecretJwt, unreadable).judge(), Err(NotAClient::NoAuthentication));
    assert_eq!(of(PrivateKeyJwt, vec![]).judge(), Err(NotAClient::NoAuthentication));
    assert_eq!(signing_with("ES256").judge(), Ok(()));
    assert_eq!(signing_with("HS256").judge(), Err(NotAClient::AssertionAlgorithm));
    assert_eq!(signing_with("LATER").judge(), Err(NotAClient::Unknown));
}

/// MISSION T1: HS256 needs a secret, and one that we can sign with.
#[test]
fn id_tokens_under_a_secret_need_one_that_can_be_read() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt};
    let hs256 = || IdTokenSigningAlgorithm::Known(IdTokenAlgorithm::Hs256);
    let of = |kind: ClientKind| {
        let jwks = signing_with("ES256").jwks;
        Client { kind, jwks, id_token_signed_response_alg: hs256(), ..client() }.judge()
    };
    let with = |method: TokenEndpointAuthMethod, secrets: Vec<ClientSecret>| {
        of(ClientKind::Confidential { token_endpoint_auth_method: method, secrets })
    };
    let randomness = Counting::default();
    let ring = crate::KeyRing::new(crate::MasterKey::new(&randomness));
    let (secret, now) = (crate::Token::new(&randomness), Timestamp::from_seconds(1));
    let (id, under) = (client().client_id, (&ring, &randomness as &dyn crate::Randomness));
    let readable = ClientSecret::readable(&secret, now, id, under).unwrap();
    let hashed = ClientSecret::new(&secret, now);
    for method in [ClientSecretBasic, ClientSecretJwt] {
        assert_eq!(with(method, vec![readable.clone()]), Ok(()));
    }
    let refused = Err(NotAClient::UnreadableSecret);
    assert_eq!(with(ClientSecretBasic, vec![hashed.clone()]), refused);
    assert_eq!(with(ClientSecretBasic, vec![readable, hashed]), refused);
    assert_eq!(with(PrivateKeyJwt, vec![]), refused);
    assert_eq!(of(ClientKind::Public), refused);
}

/// HS256 is for ID tokens alone, whatever a record says.
#[test]
fn no_access_token_is_signed_with_a_secret() {
    let mut record = serde_json::to_value(client()).unwrap();
    record["tokens"] = json!({ "access_token_signed_response_alg": "HS256" });
    let stored: Client = serde_json::from_value(record).unwrap();
    assert_eq!(stored.tokens.access_token_algorithm(), None);
    assert_eq!(stored.judge(), Err(NotAClient::Unknown));
}

/// A client with a key, held to an algorithm.
fn signing_with(algorithm: &str) -> Client {
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y }] });
    let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
    Client {
        kind: ClientKind::Confidential { token_endpoint_auth_method, secrets: vec![] },
        jwks: ClientJwks::register(&set).unwrap(),
        assertions: serde_json::from_value(json!({ "signing_alg": algorithm })).unwrap(),
        ..client()
    }
}
