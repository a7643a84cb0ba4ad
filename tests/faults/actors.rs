//! Each actor is killed under load: whoever is in the middle of it is served, or told to come again, and nothing that was
//! acknowledged is lost.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::task::JoinSet;

use crate::world::{Answer, Browser, Landed, Person, RelyingParty, Tokens, World};

/// Kills of one actor in a minute that its supervisor bears.
const KILLS: usize = 4;
/// Answers between two of them.
const ANSWERS: usize = 10;
const PEOPLE: usize = 6;

/// What goes on while an actor is killed.
#[derive(Default)]
struct Load {
    answered: AtomicUsize,
    is_over: AtomicBool,
}

/// What somebody was told, in the end.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, usize>,
    tokens: Option<Tokens>,
}

impl Seen {
    /// Nothing but an answer or a wish to be asked again later is ever seen.
    fn notes(&mut self, answer: &Answer, load: &Load) {
        assert!([200, 303, 503].contains(&answer.status), "{answer:?}");
        let says_when = answer.header("retry-after").is_some();
        assert_eq!(answer.status == 503, says_when, "{answer:?}");
        *self.statuses.entry(answer.status).or_default() += 1;
        load.answered.fetch_add(1, Ordering::SeqCst);
    }
}

/// Signs in and refreshes, again and again, and tries again when told to.
async fn uses(world: World, party: RelyingParty, person: Person, load: Arc<Load>) -> Seen {
    let mut seen = Seen::default();
    while !load.is_over.load(Ordering::SeqCst) {
        let mut browser = world.browser();
        if let Some(tokens) = signs_in(&mut browser, (&party, &person), &mut seen, &load).await {
            seen.tokens = Some(tokens);
        }
        if let Some(tokens) = seen.tokens.clone() {
            let answer = party.refresh(tokens.refresh_token()).await;
            seen.notes(&answer, &load);
            if answer.status == 200 {
                seen.tokens = Some(Tokens::read(answer));
            }
        }
    }
    seen
}

/// One sign-in; nothing where it was told to come again.
async fn signs_in(
    browser: &mut Browser,
    (party, person): (&RelyingParty, &Person),
    seen: &mut Seen,
    load: &Load,
) -> Option<Tokens> {
    let ask = party.ask();
    let mut page = browser.look_at(&ask.url()).await;
    for button in ["login-submit", "consent-allow"] {
        seen.notes(&page.answer, load);
        if page.answer.status == 503 {
            return None;
        }
        let typed = [("username", person.username.as_str()), ("password", &person.password)];
        let typed = if button == "login-submit" { &typed[..] } else { &[] };
        match browser.press(&page, button, typed).await {
            Landed::Page(next) => page = next,
            Landed::Client(callback) => {
                let answer = party.redeem(&ask, callback.code()).await;
                seen.notes(&answer, load);
                return (answer.status == 200).then(|| Tokens::read(answer));
            }
        }
    }
    seen.notes(&page.answer, load);
    None
}

/// Kills an actor again and again while people use the provider. Gives how often one of them was told to come again.
async fn put_off_by_the_death_of(actor: &str) -> usize {
    let world = World::with(|setup| {
        setup.policies.lockout.policy.failures_max = 10_000;
        setup.policies.lockout.policy.address_failures_max = 10_000;
    })
    .await;
    let (load, mut people) = (Arc::new(Load::default()), JoinSet::new());
    let party = world.relying_party().await;
    for number in 0..PEOPLE {
        let person = world.person(&format!("person{number}")).await;
        people.spawn(uses(world.clone(), party.clone(), person, Arc::clone(&load)));
    }
    for kill in 1..=KILLS {
        while load.answered.load(Ordering::SeqCst) < kill * ANSWERS && people.len() == PEOPLE {
            tokio::task::yield_now().await;
        }
        world.kill(actor).await;
    }
    load.is_over.store(true, Ordering::SeqCst);
    let seen = people.join_all().await;
    for tokens in seen.iter().filter_map(|seen| seen.tokens.as_ref()) {
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 200, "{actor}");
        assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200, "{actor}");
    }
    let late = world.person("late").await;
    party.sign_in(&mut world.browser(), &late).await;
    world.look().await.expect("every actor looks");
    seen.iter().filter_map(|seen| seen.statuses.get(&503)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_audit_dies() {
    assert_eq!(put_off_by_the_death_of("audit").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_keys_dies_its_snapshot_keeps_signing() {
    assert_eq!(put_off_by_the_death_of("keys").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_the_feed_dies() {
    assert_eq!(put_off_by_the_death_of("feed").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_the_limits_die() {
    assert_eq!(put_off_by_the_death_of("limits").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_a_shard_of_sessions_dies() {
    assert_eq!(put_off_by_the_death_of("sessions/0").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_the_writing_of_refusals_dies() {
    assert_eq!(put_off_by_the_death_of("refusals").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_the_telling_of_logouts_dies() {
    assert_eq!(put_off_by_the_death_of("logouts").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_when_the_janitor_dies() {
    assert_eq!(put_off_by_the_death_of("janitor").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_a_shard_of_lockout_dies_who_types_a_password_may_have_to_come_again() {
    let at_most = KILLS * PEOPLE;
    assert!(put_off_by_the_death_of("lockout/0").await <= at_most);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_the_hashing_dies_who_types_a_password_may_have_to_come_again() {
    let at_most = KILLS * PEOPLE;
    assert!(put_off_by_the_death_of("identity/local").await <= at_most);
}

#[tokio::test]
async fn every_actor_is_killed_by_one_of_these_tests() {
    let killed = [
        "audit",
        "keys",
        "feed",
        "limits",
        "lockout",
        "sessions",
        "logouts",
        "identity/local",
        "refusals",
        "janitor",
    ];
    for actor in World::new().await.actors() {
        let kind = actor.split('/').next().unwrap_or(&actor);
        // A subtree has no work of its own: its children are killed.
        let is_killed = killed.contains(&kind) || killed.contains(&actor.as_str());
        assert!(is_killed || actor == "identity", "{actor}");
    }
}
