//! A step is skipped, repeated, sent out of order or from another browser: a model says what may come of each request, and
//! nothing else ever does.

use proptest::prelude::*;

use storage::accounts::Account;

use crate::world::{Answer, Browser, Callback, PASSWORD, Person, World};

/// One request, and from whom.
#[derive(Debug, Clone, Copy)]
struct Try {
    who: Who,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    /// The browser in which the sign-in began.
    Own,
    /// One that has no cookie of ours.
    Stranger,
    /// One in which the same person is signed in.
    Neighbour,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    SeeLogin,
    SeeConsent,
    RightPassword,
    WrongPassword,
    NewPassword,
    OldPasswordAgain,
    EmptyPassword,
    NameAlone,
    PasswordAlone,
    NoFields,
    Allow,
    /// A yes that does not say to what.
    AllowUnseen,
    Deny,
    NoDecision,
    OtherDecision,
}

/// How far the sign-in is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Model {
    Login,
    /// The old password was right, and another must be chosen.
    NewPassword,
    Consent,
    Over,
}

/// What a request may give.
#[derive(Debug, PartialEq)]
enum Given {
    Nothing,
    Session,
    Code,
    Denial,
}

impl Model {
    fn step(self, Try { who, what }: Try) -> (Self, Given) {
        use What::{Allow, Deny, NewPassword, RightPassword};
        match (who, self, what) {
            (Who::Own, Self::Login, RightPassword) => (Self::NewPassword, Given::Nothing),
            (Who::Own, Self::NewPassword, NewPassword) => (Self::Consent, Given::Session),
            (Who::Own, Self::Consent, Allow) => (Self::Over, Given::Code),
            (Who::Own, Self::Consent, Deny) => (Self::Over, Given::Denial),
            _ => (self, Given::Nothing),
        }
    }
}

/// A sign-in that has begun, and who is around it.
struct Scene {
    alice: Person,
    sign_in: String,
    own: Browser,
    stranger: Browser,
    neighbour: Browser,
}

async fn scene() -> Scene {
    let world = World::with(|setup| setup.policies.lockout.policy.failures_max = 100).await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let mut neighbour = world.browser();
    world.relying_party().await.sign_in(&mut neighbour, &alice).await;
    let mut own = world.browser();
    let login = own.look_at(&party.ask().url()).await;
    let sign_in = login.hidden("sign_in").to_owned();
    must_choose(&world, &alice).await;
    Scene { alice, sign_in, own, stranger: world.browser(), neighbour }
}

/// From now on whoever signs in to this account must choose another password first.
async fn must_choose(world: &World, person: &Person) {
    let account = world.store().account(&world.realm(), person.account_id).await.unwrap().unwrap();
    let mut batch = world.store().batch();
    let password_required_at = Some(batch.now());
    batch.replace(&account, &Account { password_required_at, ..account.record.clone() });
    world.store().commit(batch).await.unwrap();
}

impl Scene {
    async fn send(&mut self, Try { who, what }: Try) -> Answer {
        let (name, sign_in) = (self.alice.username.clone(), self.sign_in.clone());
        let browser = match who {
            Who::Own => &mut self.own,
            Who::Stranger => &mut self.stranger,
            Who::Neighbour => &mut self.neighbour,
        };
        let mut fields = vec![("sign_in", sign_in.as_str())];
        let path = match what {
            What::SeeLogin => return browser.visit(&format!("/login?sign_in={sign_in}")).await,
            What::SeeConsent => return browser.visit(&format!("/consent?sign_in={sign_in}")).await,
            What::Allow
            | What::AllowUnseen
            | What::Deny
            | What::NoDecision
            | What::OtherDecision => "/consent",
            _ => "/login",
        };
        fields.extend(match what {
            What::RightPassword => vec![("username", name.as_str()), ("password", PASSWORD)],
            What::WrongPassword => vec![("username", name.as_str()), ("password", "wrong")],
            What::NewPassword => vec![("new_password", "another one")],
            What::OldPasswordAgain => vec![("new_password", PASSWORD)],
            What::EmptyPassword => vec![("new_password", "")],
            What::NameAlone => vec![("username", name.as_str())],
            What::PasswordAlone => vec![("password", PASSWORD)],
            What::Allow => vec![("decision", "allow"), ("shown", "openid")],
            What::AllowUnseen => vec![("decision", "allow")],
            What::Deny => vec![("decision", "deny")],
            What::OtherDecision => vec![("decision", "true")],
            _ => vec![],
        });
        browser.post(path, &fields).await
    }
}

fn given(answer: &Answer) -> Given {
    let elsewhere = answer.location().filter(|location| !location.starts_with('/'));
    let callback = elsewhere.map(Callback::read);
    if callback.as_ref().is_some_and(|callback| callback.get("code").is_some()) {
        Given::Code
    } else if callback.is_some() {
        Given::Denial
    } else if answer.cookies().iter().any(|cookie| cookie.contains("_session=")) {
        Given::Session
    } else {
        Given::Nothing
    }
}

fn a_try() -> impl Strategy<Value = Try> {
    let who = prop_oneof![
        4 => Just(Who::Own),
        1 => Just(Who::Stranger),
        1 => Just(Who::Neighbour)
    ];
    let what = prop_oneof![
        Just(What::SeeLogin),
        Just(What::SeeConsent),
        Just(What::RightPassword),
        Just(What::WrongPassword),
        Just(What::NewPassword),
        Just(What::OldPasswordAgain),
        Just(What::EmptyPassword),
        Just(What::NameAlone),
        Just(What::PasswordAlone),
        Just(What::NoFields),
        Just(What::Allow),
        Just(What::AllowUnseen),
        Just(What::Deny),
        Just(What::NoDecision),
        Just(What::OtherDecision)
    ];
    (who, what).prop_map(|(who, what)| Try { who, what })
}

#[test]
fn only_the_legal_path_yields_a_session() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    proptest!(config, |(tries in proptest::collection::vec(a_try(), 0..12))| {
        // Whatever was tried before, what is left of the legal path still works, once.
        let legal = [What::RightPassword, What::NewPassword, What::Allow, What::Allow, What::RightPassword];
        let legal = legal.map(|what| Try { who: Who::Own, what });
        runtime.block_on(async {
            let (mut scene, mut model) = (scene().await, Model::Login);
            for one in tries.into_iter().chain(legal) {
                let answer = scene.send(one).await;
                let (next, allowed) = model.step(one);
                assert_eq!(given(&answer), allowed, "{one:?} when {model:?}: {answer:?}");
                assert!(answer.status < 500, "{answer:?}");
                model = next;
            }
            assert_eq!(model, Model::Over);
        });
    });
}
