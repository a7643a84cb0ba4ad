//! Who may be anybody: a public client that is answered on the end-user's own machine (RFC 8252 §8.6).

use super::*;
use crate::client::{ClientKind, TokenEndpointAuthMethod};

/// Where any program of the machine may listen.
const NATIVE: [&str; 4] = [
    "http://127.0.0.1:5555/callback",
    "http://[::1]:5555/callback",
    "http://localhost:3000/callback",
    "com.example.app:/callback",
];

/// A world in which everything was allowed, and the client is answered at `uri`.
fn answered_at(uri: &str, more: &str, client: Client) -> World {
    let world = World::new(more, Some(session(alice(), 60)), Some("openid email"));
    let mut request = serde_json::to_value(&world.request).unwrap();
    request["redirect_uri"] = uri.into();
    World { request: serde_json::from_value(request).unwrap(), client, ..world }
}

#[test]
fn a_public_client_on_a_device_is_asked_for_each_time_whatever_was_allowed() {
    let skipped = Client { consent: ConsentPolicy::Skip, ..client() };
    for uri in NATIVE {
        for client in [client(), skipped.clone()] {
            let first = |more| answered_at(uri, more, client.clone()).first();
            assert_eq!(
                [first(""), first("&prompt=none")],
                ["consent", "consent_required"],
                "{uri}"
            );
        }
    }
}

#[test]
fn what_a_client_on_a_device_was_allowed_gives_one_code_and_is_not_remembered() {
    for uri in NATIVE {
        let world = answered_at(uri, "", client());
        let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!("{uri}") };
        assert!(!ask.is_remembered());
        assert_eq!(ask.new_scope(), &scopes("openid email"));
        let state = ask.allowed(&all_of("openid email")).unwrap();
        let Step::Issue(issue) = world.next(&state) else { panic!("{uri}") };
        assert_eq!(issue.allowed, None);
        assert_eq!(world.next(&issue.answered()), Step::Over);
    }
}

#[test]
fn a_client_that_can_be_known_by_its_secret_or_its_address_is_remembered() {
    let kind = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
        secrets: Vec::new(),
    };
    let confidential = Client { kind, ..client() };
    for uri in NATIVE {
        assert_eq!(answered_at(uri, "&prompt=none", confidential.clone()).first(), "issue");
    }
    let on_the_web = answered_at("https://client.example/cb", "&prompt=none", client());
    assert_eq!(on_the_web.first(), "issue");
    let asked = World::new("", Some(session(alice(), 60)), None);
    let Step::Consent(ask) = asked.next(&SignInState::Begun) else { panic!() };
    assert!(ask.is_remembered());
}
