//! Which logout requests are followed, asked about, or refused.

use super::*;
use crate::{client::tests::client, clock::Timestamp, randomness::tests::Counting};

const BYE: &str = "https://client.example/bye";

/// Two end-users and the session of the first.
struct World {
    client: Client,
    alice: AccountId,
    bob: AccountId,
    session: SessionFacts,
}

fn world() -> World {
    let randomness = Counting::default();
    let (alice, bob) = (AccountId::new(&randomness), AccountId::new(&randomness));
    let session_id = SessionId::new(&randomness);
    let session = SessionFacts {
        session_id,
        account_id: alice,
        authenticated_at: Timestamp::from_seconds(1),
        amr: vec![],
        ends_at: Timestamp::from_seconds(9),
        epochs: Default::default(),
    };
    World { client: client(), alice, bob, session }
}

impl World {
    fn hint(&self, account_id: AccountId) -> Hint {
        let client_id = self.client.client_id;
        Hint::Verified { account_id: Some(account_id), client_id, session_id: None }
    }

    fn judge(&self, text: &str, hint: &Hint) -> Verdict {
        let requested = Requested::read(&Parameters::parse(text.as_bytes()).unwrap()).unwrap();
        requested.judge(&Facts { hint, client: Some(&self.client), session: Some(&self.session) })
    }

    fn refusal(&self, text: &str, hint: &Hint) -> Refusal {
        match self.judge(text, hint) {
            Verdict::Refused(refusal) => refusal,
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// Where the browser goes once the session has ended.
fn destination(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::LogOut { destination, .. } | Verdict::Confirm { destination, .. } => {
            destination.map(|destination| destination.location().expose().clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_with_a_hint_signs_its_end_user_out_and_gets_its_state_back() {
    let world = world();
    let hint = world.hint(world.alice);
    let verdict = world.judge(&format!("post_logout_redirect_uri={BYE}&state=a%20b"), &hint);
    assert!(
        matches!(verdict, Verdict::LogOut { session_id: Some(id), .. } if id == world.session.session_id)
    );
    assert_eq!(destination(verdict).as_deref(), Some("https://client.example/bye?state=a%20b"));
    let without_state = world.judge(&format!("post_logout_redirect_uri={BYE}"), &hint);
    assert_eq!(destination(without_state).as_deref(), Some(BYE));
    assert_eq!(destination(world.judge("", &hint)), None);
}

#[test]
fn without_a_hint_the_end_user_is_asked() {
    let world = world();
    for text in ["", "state=a", &format!("client_id={}", world.client.client_id)] {
        assert!(
            matches!(
                world.judge(text, &Hint::Absent),
                Verdict::Confirm { session_id: Some(_), .. }
            ),
            "{text}"
        );
        assert_eq!(destination(world.judge(text, &Hint::Absent)), None);
    }
}

#[test]
fn a_redirect_without_a_hint_needs_a_client_and_the_end_users_yes() {
    let mut world = world();
    assert_eq!(
        world.refusal(&format!("post_logout_redirect_uri={BYE}&state=a"), &Hint::Absent),
        Refusal::ClientMissing
    );
    let text = format!("post_logout_redirect_uri={BYE}&client_id={}", world.client.client_id);
    assert!(matches!(world.judge(&text, &Hint::Absent), Verdict::Confirm { .. }));
    assert_eq!(destination(world.judge(&text, &Hint::Absent)).as_deref(), Some(BYE));
    world.client.post_logout_redirect_uris.clear();
    assert_eq!(world.refusal(&text, &Hint::Absent), Refusal::RedirectUriNotRegistered);
}

#[test]
fn nobody_signed_in_still_means_no_redirect_without_a_question() {
    let world = world();
    let text = format!("post_logout_redirect_uri={BYE}&client_id={}", world.client.client_id);
    let requested = Requested::read(&Parameters::parse(text.as_bytes()).unwrap()).unwrap();
    let facts = Facts { hint: &Hint::Absent, client: Some(&world.client), session: None };
    assert!(matches!(requested.judge(&facts), Verdict::Confirm { session_id: None, .. }));
    let hinted = Facts { hint: &world.hint(world.alice), ..facts };
    assert_eq!(destination(requested.judge(&hinted)).as_deref(), Some(BYE));
}

#[test]
fn a_hint_for_somebody_else_signs_nobody_out_without_a_question() {
    let world = world();
    let hint = world.hint(world.bob);
    let session_id = Some(world.session.session_id);
    assert!(
        matches!(world.judge("", &hint), Verdict::Confirm { session_id: id, .. } if id == session_id)
    );
}

#[test]
fn what_is_wrong_goes_nowhere() {
    let world = world();
    let hint = world.hint(world.alice);
    let other =
        ClientId::new(&Counting::default()).to_string().replace(|c: char| c.is_ascii_digit(), "0");
    let cases = [
        (String::new(), &Hint::Invalid, Refusal::HintInvalid),
        (format!("post_logout_redirect_uri={BYE}"), &Hint::Invalid, Refusal::HintInvalid),
        (format!("post_logout_redirect_uri={BYE}?a=b"), &hint, Refusal::RedirectUriNotRegistered),
        (
            "post_logout_redirect_uri=https://client.example/cb".into(),
            &hint,
            Refusal::RedirectUriNotRegistered,
        ),
        (
            "post_logout_redirect_uri=javascript:alert(1)".into(),
            &hint,
            Refusal::RedirectUriNotRegistered,
        ),
        (format!("client_id={other}"), &hint, Refusal::AnotherClient),
        ("client_id=nobody".into(), &hint, Refusal::AnotherClient),
        (
            format!("client_id={other}&post_logout_redirect_uri={BYE}"),
            &Hint::Absent,
            Refusal::ClientUnknown,
        ),
    ];
    for (text, hint, why) in cases {
        assert_eq!(world.refusal(&text, hint), why, "{text}");
    }
}

#[test]
fn a_disabled_client_gets_no_redirect() {
    let mut world = world();
    world.client.disabled_at = Some(Timestamp::from_seconds(1));
    let hint = world.hint(world.alice);
    assert_eq!(
        world.refusal(&format!("post_logout_redirect_uri={BYE}"), &hint),
        Refusal::ClientUnknown
    );
}

#[test]
fn a_request_that_cannot_be_read_is_refused() {
    let read =
        |text: &str| Requested::read(&Parameters::parse(text.as_bytes()).unwrap()).unwrap_err();
    assert!(matches!(read("state=a&state=b"), Refusal::Repeated(_)));
    assert_eq!(read("state=a%0ab"), Refusal::StateMalformed);
    assert_eq!(read(&format!("state={}", "a".repeat(5000))), Refusal::StateMalformed);
}
