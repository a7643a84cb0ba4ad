//! A password that was right and must be replaced opens nothing until it is.

use super::*;

fn outdated(world: &World) -> SignInState {
    let Step::Identify(ask) = world.next(&SignInState::Begun) else { panic!() };
    let Step::Password(ask) = world.next(&ask.named(name())) else { panic!() };
    let (account_id, version) = (alice(), "1".into());
    ask.outdated(OldPassword { account_id, version, remember_me: true, typed_again: 0 })
}

#[test]
fn another_password_is_asked_for_before_anything_else() {
    let mut world = World::new("&prompt=login", None, Some("openid email"));
    let state = outdated(&world);
    let Step::NewPassword(ask) = world.next(&state) else { panic!() };
    assert_eq!((ask.old().account_id, ask.old().remember_me), (alice(), true));
    world.session = Some(session(alice(), 0));
    assert_eq!(kind(&world.next(&ask.chosen(session(alice(), 0)))), "issue");
}

#[test]
fn who_types_the_old_one_again_and_again_must_prove_it_anew() {
    let world = World::new("", None, None);
    let mut state = outdated(&world);
    for _ in 0..TYPED_AGAIN_MAX {
        let Step::NewPassword(ask) = world.next(&state) else { panic!("{state:?}") };
        state = ask.same();
    }
    assert_eq!(kind(&world.next(&state)), "identify");
}

#[test]
fn whoever_is_signed_in_on_the_browser_does_not_take_the_step() {
    let mut world = World::new("&prompt=login", None, Some("openid email"));
    let state = outdated(&world);
    for account_id in [alice(), bob()] {
        world.session = Some(session(account_id, 0));
        assert_eq!(kind(&world.next(&state)), "new password");
    }
}

#[test]
fn a_password_that_was_changed_meanwhile_has_proved_nothing() {
    let world = World::new("", None, None);
    let state = outdated(&world);
    let world = World { old_password_holds: false, ..world };
    assert_eq!(kind(&world.next(&state)), "identify");
}

#[test]
fn who_is_not_expected_need_not_choose_one_first() {
    let world = World::new("&id_token_hint=alice", None, None);
    let SignInState::PasswordOutdated { old } = outdated(&world) else { panic!() };
    assert_eq!(
        kind(&world.next(&SignInState::PasswordOutdated { old: old.clone() })),
        "new password"
    );
    let old = OldPassword { account_id: bob(), ..old };
    let state = SignInState::PasswordOutdated { old };
    assert_eq!(world.next(&state), Step::Refuse(Refusal::AnotherEndUser));
}

#[test]
fn the_state_is_read_back_as_it_was_stored() {
    let state = outdated(&World::new("", None, None));
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<SignInState>(&stored).unwrap(), state);
}
