//! What a yes on the consent page gives, and for how long it holds.

use super::*;

#[test]
fn who_was_shown_less_has_not_allowed_it() {
    let world = World::new("", Some(session(alice(), 60)), None);
    let allowed = |shown| {
        let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!() };
        ask.allowed(&all_of(shown))
    };
    assert_eq!(["", "openid", "email phone"].map(allowed), [None, None, None]);
    let state = allowed("openid email phone").unwrap();
    let Step::Issue(issue) = world.next(&state) else { panic!() };
    assert_eq!(
        (issue.scope, issue.allowed),
        (scopes("openid email"), Some(all_of("openid email")))
    );
}

#[test]
fn what_an_operator_allows_gives_one_code_and_is_not_remembered() {
    let all = "openid email clients:read";
    let mut request = serde_json::to_value(request("")).unwrap();
    request["scope"] = all.into();
    let world = World {
        request: serde_json::from_value(request).unwrap(),
        client: Client { consent: ConsentPolicy::Skip, ..client() },
        permitted: Some(Permissions::all()),
        ..World::new("", Some(session(alice(), 60)), Some(all))
    };
    let Step::Consent(ask) = world.next(&SignInState::Begun) else { panic!() };
    assert_eq!((ask.is_remembered(), ask.scope()), (false, &scopes(all)));
    let Step::Issue(issue) = world.next(&ask.allowed(&all_of(all)).unwrap()) else { panic!() };
    assert_eq!((issue.scope, issue.allowed), (scopes(all), None));
    // What is left without the permission was remembered.
    let world = World { permitted: None, ..world };
    assert_eq!(world.first(), "issue");
}
