//! What is asked for one by one (OpenID Connect Core 1.0 §5.5): asked of the end-user where no scope gives it, and remembered.

use super::*;

/// `claims`, as it is sent.
fn sent(claims: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(claims.as_bytes()).collect();
    format!("&claims={encoded}")
}

/// Somebody whose scopes were all allowed before, asked for these claims.
fn asked(claims: &str) -> World {
    World::new(&sent(claims), Some(session(alice(), 60)), Some("openid email"))
}

const PHONE: &str = r#"{"userinfo":{"phone_number":{"essential":true}},"id_token":{"email":null}}"#;

fn names(text: &str) -> ClaimNames {
    text.parse().unwrap()
}

#[test]
fn a_claim_that_no_scope_gives_is_asked_and_remembered() {
    let mut world = asked(PHONE);
    let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!() };
    assert_eq!(ask.claims(), &names("phone_number"), "the scope email gives the other");
    let blind = all_of("openid email");
    assert_eq!(ask.clone().allowed(&blind), None, "it was not shown");
    let shown = Allowed { claims: names("phone_number name"), ..blind.clone() };
    let state = ask.allowed(&shown).unwrap();
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<SignInState>(&stored).unwrap(), state);
    let Step::Issue(issue) = world.next(&state) else { panic!() };
    assert_eq!(issue.claims, world.request.claims);
    assert_eq!(issue.allowed, Some(Allowed { claims: names("phone_number"), ..blind }));
    world.remembered_claims = Some(names("phone_number"));
    assert_eq!(world.first(), "issue");
}

#[test]
fn a_scope_that_was_allowed_before_gives_its_claims_one_by_one_too() {
    let claims = r#"{"userinfo":{"name":null}}"#;
    let world = asked(claims);
    assert_eq!(world.first(), "consent");
    let world = World::new(&sent(claims), Some(session(alice(), 60)), Some("openid email profile"));
    assert_eq!(world.first(), "issue");
}

#[test]
fn a_silent_request_for_a_claim_that_was_not_allowed_is_refused() {
    let more = format!("{}&prompt=none", sent(PHONE));
    let world = World::new(&more, Some(session(alice(), 60)), Some("openid email"));
    assert_eq!(world.first(), "consent_required");
}

#[test]
fn a_client_of_the_operators_own_is_given_them_without_a_page() {
    let client = Client { consent: ConsentPolicy::Skip, ..client() };
    let world = World { client, ..asked(PHONE) };
    let Step::Issue(issue) = world.next(&SignInState::Begun) else { panic!() };
    assert_eq!(issue.claims.userinfo, names("phone_number"));
}

/// A client has no more than what it could ask for by scope.
#[test]
fn a_claim_beyond_the_clients_scopes_is_left_out() {
    let text = sent(r#"{"userinfo":{"name":null,"unknown":null}}"#);
    let narrow = Client { scopes: scopes("openid email"), ..client() };
    let text = format!(
        "client_id={}&redirect_uri=https://client.example/cb&response_type=code&scope=openid&code_challenge={}&code_challenge_method=S256{text}",
        narrow.client_id, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let parameters = Parameters::parse(text.as_bytes()).unwrap();
    let request = judge(&parameters, Some(&narrow), "https://id.example", &|_| None).unwrap();
    assert!(request.claims.is_empty());
}

#[test]
fn another_end_user_than_the_claims_name_does_not_pass() {
    let of =
        |account_id: AccountId| format!(r#"{{"id_token":{{"sub":{{"value":"{account_id}"}}}}}}"#);
    assert_eq!(asked(&of(alice())).first(), "issue");
    assert_eq!(asked(&of(bob())).first(), "identify");
    assert_eq!(asked(r#"{"id_token":{"sub":{"value":"nobody"}}}"#).first(), "identify");
    let both = format!(r#"{{"id_token":{{"sub":{{"values":["{}","{}"]}}}}}}"#, bob(), alice());
    assert_eq!(asked(&both).first(), "issue");
    let more = format!("{}&prompt=none", sent(&of(bob())));
    let world = World::new(&more, Some(session(alice(), 60)), Some("openid email"));
    assert_eq!(world.first(), "login_required");
    // Who signs in all the same is not the one.
    let world = asked(&of(bob()));
    let state = SignInState::Authenticated { session: session(alice(), 60) };
    let Step::Refuse(why) = world.next(&state) else { panic!() };
    assert_eq!(why, Refusal::AnotherEndUser);
}
