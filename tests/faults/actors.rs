//! Each actor is killed under load: whoever is in the middle of it is served, or told to come again, and nothing that was
//! acknowledged is lost.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::task::JoinSet;

use crate::world::{Answer, Browser, Landed, Person, RelyingParty, Tokens, World};

/// Kills of one actor in a minute that its supervisor bears.
const KILLS: usize = 3;
const PEOPLE: usize = 6;

/// What somebody was told, in the end.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, usize>,
    tokens: Option<Tokens>,
}

impl Seen {
    /// Nothing but an answer or a wish to be asked again later is ever seen.
    fn notes(&mut self, answer: &Answer) {
        assert!([200, 303, 503].contains(&answer.status), "{answer:?}");
        let says_when = answer.header("retry-after").is_some();
        assert_eq!(answer.status == 503, says_when, "{answer:?}");
        *self.statuses.entry(answer.status).or_default() += 1;
    }
}

/// Signs in and refreshes, again and again, and tries again when told to.
async fn uses(world: World, party: RelyingParty, person: Person, stop: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    while !stop.load(Ordering::SeqCst) {
        let mut browser = world.browser();
        if let Some(tokens) = signs_in(&mut browser, &party, &person, &mut seen).await {
            seen.tokens = Some(tokens);
        }
        if let Some(tokens) = seen.tokens.clone() {
            let answer = party.refresh(tokens.refresh_token()).await;
            seen.notes(&answer);
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
    party: &RelyingParty,
    person: &Person,
    seen: &mut Seen,
) -> Option<Tokens> {
    let ask = party.ask();
    let Landed::Page(mut page) = browser.open(&ask.url()).await else { return None };
    for button in ["login-submit", "consent-allow"] {
        seen.notes(&page.answer);
        if page.answer.status == 503 {
            return None;
        }
        let typed = [("username", person.username.as_str()), ("password", &person.password)];
        let typed = if button == "login-submit" { &typed[..] } else { &[] };
        match browser.press(&page, button, typed).await {
            Landed::Page(next) => page = next,
            Landed::Client(callback) => {
                let answer = party.redeem(&ask, callback.code()).await;
                seen.notes(&answer);
                return (answer.status == 200).then(|| Tokens::read(answer));
            }
        }
    }
    seen.notes(&page.answer);
    None
}

async fn survives_the_death_of(actor: &str) {
    let world = World::with(|setup| {
        setup.policies.lockout.policy.failures_max = 10_000;
        setup.policies.lockout.policy.address_failures_max = 10_000;
    })
    .await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    let party = world.relying_party().await;
    for number in 0..PEOPLE {
        let person = world.person(&format!("person{number}")).await;
        let (world, party, stop) = (world.clone(), party.clone(), Arc::clone(&stop));
        load.spawn(uses(world, party, person, stop));
    }
    for _ in 0..KILLS {
        // In the midst of it: some requests are answered between two deaths.
        for _ in 0..3 {
            world.get("/oauth2/jwks").await;
            tokio::task::yield_now().await;
        }
        world.kill(actor).await;
        let alice = world.person(&format!("witness{}", world.now().as_millis())).await;
        world.erase(&alice).await;
    }
    stop.store(true, Ordering::SeqCst);
    let seen = load.join_all().await;
    assert!(seen.iter().any(|seen| seen.statuses.contains_key(&303) || seen.tokens.is_some()));
    // What was acknowledged holds, and everything works again.
    for tokens in seen.iter().filter_map(|seen| seen.tokens.as_ref()) {
        assert_eq!(party.userinfo(&tokens.access_token).await.status, 200, "{actor}");
        assert_eq!(party.refresh(tokens.refresh_token()).await.status, 200, "{actor}");
    }
    let late = world.person("late").await;
    party.sign_in(&mut world.browser(), &late).await;
    world.look().await.expect("every actor looks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn audit_dies() {
    survives_the_death_of("audit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_dies_and_the_published_snapshot_keeps_signing() {
    survives_the_death_of("keys").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_shard_of_lockout_dies() {
    survives_the_death_of("lockout/0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_shard_of_sessions_dies() {
    survives_the_death_of("sessions/0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_hashing_of_passwords_dies() {
    survives_the_death_of("identity/local").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_janitor_dies() {
    survives_the_death_of("janitor").await;
}

#[tokio::test]
async fn every_actor_is_killed_by_one_of_these_tests() {
    let tested = ["audit", "keys", "lockout", "sessions", "identity", "identity/local", "janitor"];
    for actor in World::new().await.actors() {
        let kind = actor.split('/').next().unwrap_or(&actor);
        assert!(tested.contains(&kind) || tested.contains(&actor.as_str()), "{actor}");
    }
}
