//! Revocation (RFC 7009): what a client takes back is refused from its answer on, and nobody else can take it back.

use protocol::{paths, revocation::NAMED_MAX};
use serde_json::Value;
use storage::{
    audit::AuditEntry,
    grants::{Grant, RevocationReason},
};
use tokio::task::JoinSet;

use crate::world::{Answer, RelyingParty, Sent, Tokens, World, basic, statuses};

struct Scene {
    world: World,
    party: RelyingParty,
    tokens: Tokens,
}

async fn given_to(party: impl AsyncFnOnce(&World) -> RelyingParty) -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, party(&world).await);
    let ask = party.ask_for("openid offline_access");
    let tokens = party.sign_in_for(&ask, &mut world.browser(), &alice).await;
    Scene { world, party, tokens }
}

async fn given() -> Scene {
    given_to(World::relying_party).await
}

impl Scene {
    async fn refreshed(&self, tokens: &Tokens) -> Tokens {
        Tokens::read(self.party.refresh(tokens.refresh_token()).await)
    }

    async fn has_access(&self, tokens: &Tokens) -> bool {
        let told = self.party.introspect(&tokens.access_token).await["active"] == true;
        let status = self.party.userinfo(&tokens.access_token).await.status;
        assert_eq!(status, if told { 200 } else { 401 }, "every endpoint says the same");
        told
    }

    async fn grant(&self) -> Grant {
        let page = self.world.store().all::<Grant>(&self.world.realm(), None, 2).await.unwrap();
        assert_eq!(page.items.len(), 1);
        page.items[0].record.clone()
    }
}

fn is_done(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_refresh_token_takes_its_whole_family_with_it() {
    let scene = given().await;
    let second = scene.refreshed(&scene.tokens).await;
    is_done(&scene.party.revoke(second.refresh_token()).await);
    for tokens in [&scene.tokens, &second] {
        let answer = scene.party.refresh(tokens.refresh_token()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
        assert!(!scene.has_access(tokens).await);
        assert_eq!(scene.party.introspect(tokens.refresh_token()).await["active"], false);
    }
}

#[tokio::test]
async fn a_refresh_token_that_was_rotated_still_takes_its_family_with_it() {
    let scene = given().await;
    let second = scene.refreshed(&scene.tokens).await;
    is_done(&scene.party.revoke(scene.tokens.refresh_token()).await);
    assert_eq!(scene.party.refresh(second.refresh_token()).await.error(), "invalid_grant");
    assert!(!scene.has_access(&second).await);
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    let scene = given().await;
    let second = scene.refreshed(&scene.tokens).await;
    is_done(&scene.party.revoke(&scene.tokens.access_token).await);
    assert!(!scene.has_access(&scene.tokens).await);
    assert!(scene.has_access(&second).await);
    let third = scene.refreshed(&second).await;
    assert!(scene.has_access(&third).await);
}

#[tokio::test]
async fn another_authorization_of_the_same_end_user_is_untouched() {
    let scene = given().await;
    let bob = scene.world.person("bob").await;
    let other = scene.party.sign_in(&mut scene.world.browser(), &bob).await;
    is_done(&scene.party.revoke(scene.tokens.refresh_token()).await);
    is_done(&scene.party.revoke(&scene.tokens.access_token).await);
    assert!(scene.has_access(&other).await);
    assert!(scene.has_access(&scene.refreshed(&other).await).await);
}

#[tokio::test]
async fn what_does_not_hold_is_taken_back_already() {
    let scene = given().await;
    let world = &scene.world;
    is_done(&scene.party.revoke(scene.tokens.refresh_token()).await);
    world.work();
    let (head, _) = scene.tokens.access_token.rsplit_once('.').unwrap();
    let again = [scene.tokens.refresh_token(), &scene.tokens.access_token];
    for token in [&again[..], &[scene.tokens.id_token(), head, "x", "a.b.c", ".."]].concat() {
        is_done(&scene.party.revoke(token).await);
    }
    assert_eq!(world.work().commits, 0, "nothing is written twice");
}

#[tokio::test]
async fn a_hint_is_only_a_hint() {
    for hint in ["access_token", "refresh_token", "unknown", ""] {
        let scene = given().await;
        for token in [&scene.tokens.access_token, scene.tokens.refresh_token()] {
            let fields = [("token", token), ("token_type_hint", hint)];
            is_done(&scene.world.send(scene.party.request_to(paths::REVOKE, &fields)).await);
            assert_eq!(scene.party.introspect(token).await["active"], false, "{hint}");
        }
    }
}

#[tokio::test]
async fn a_public_client_takes_back_its_own_by_its_id_alone() {
    let scene = given_to(World::public_client).await;
    is_done(&scene.party.revoke(&scene.tokens.access_token).await);
    assert_eq!(scene.party.userinfo(&scene.tokens.access_token).await.status, 401);
    is_done(&scene.party.revoke(scene.tokens.refresh_token()).await);
    assert_eq!(scene.party.refresh(scene.tokens.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn nobody_takes_back_what_another_client_was_given() {
    let scene = given().await;
    for other in [scene.world.relying_party().await, scene.world.public_client().await] {
        for token in [&scene.tokens.access_token, scene.tokens.refresh_token()] {
            let answer = other.revoke(token).await;
            assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    assert!(scene.has_access(&scene.tokens).await);
    assert!(scene.has_access(&scene.refreshed(&scene.tokens).await).await);
}

#[tokio::test]
async fn who_does_not_prove_who_they_are_takes_nothing_back() {
    let scene = given().await;
    let token = scene.tokens.refresh_token();
    let form = |fields: &[(&str, &str)]| {
        Sent::post(paths::REVOKE).form(&[&[("token", token)], fields].concat())
    };
    for sent in [
        form(&[]),
        form(&[("client_id", &scene.party.id())]),
        form(&[]).header("authorization", basic(&scene.party.id(), "wrong")),
        form(&[]).header("authorization", format!("Bearer {}", scene.tokens.access_token)),
    ] {
        let answer = scene.world.send(sent.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{sent:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    let answer = scene.world.send(scene.party.request_to(paths::REVOKE, &[])).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"));
    assert!(scene.has_access(&scene.refreshed(&scene.tokens).await).await);
}

#[tokio::test]
async fn what_was_taken_back_is_on_record_with_who_did_it() {
    let scene = given().await;
    scene.party.revoke(&scene.tokens.access_token).await;
    let grant = scene.grant().await;
    assert!(grant.is_live() && !grant.revoked_access_tokens.is_empty());
    scene.party.revoke(scene.tokens.refresh_token()).await;
    let reason = scene.grant().await.revoked.map(|revocation| revocation.reason);
    assert_eq!(reason, Some(RevocationReason::ByClient));
    scene.world.look().await.unwrap();
    let entries = scene.world.store().all::<AuditEntry>(&scene.world.realm(), None, 100).await;
    let texts: Vec<_> = entries.unwrap().items.iter().map(|entry| format!("{entry:?}")).collect();
    for act in ["access_token_revoked", "grant_revoked"] {
        let found = texts.iter().filter(|text| text.contains(act));
        let by_client = found.filter(|text| text.contains(&scene.party.id())).count();
        assert_eq!(by_client, 1, "{act}: {texts:#?}");
    }
}

#[tokio::test]
async fn however_many_access_tokens_are_taken_back_none_comes_to_life_again() {
    let scene = given().await;
    let mut given = vec![scene.tokens.clone()];
    for _ in 0..NAMED_MAX + 8 {
        scene.world.pass(std::time::Duration::from_secs(1));
        given.push(scene.refreshed(&given[given.len() - 1]).await);
    }
    let last = given.pop().unwrap();
    for tokens in &given {
        is_done(&scene.party.revoke(&tokens.access_token).await);
    }
    for tokens in &given {
        assert!(!scene.has_access(tokens).await);
    }
    assert!(scene.has_access(&last).await);
    let stored = serde_json::to_value(scene.grant().await.revoked_access_tokens).unwrap();
    let named = stored["named"].as_array().map_or(0, Vec::len);
    assert!((1..=NAMED_MAX).contains(&named), "{named}");
    assert!(stored["issued_until"] != Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_access_token_taken_back_a_hundred_times_at_once_is_written_once() {
    let scene = given().await;
    scene.world.work();
    let sent = scene.party.revocation(&scene.tokens.access_token);
    let answers = scene.world.all_at_once(100, &sent).await;
    assert_eq!(statuses(&answers), [(200, 100)].into());
    assert!(!scene.has_access(&scene.tokens).await);
    let stored = serde_json::to_value(scene.grant().await.revoked_access_tokens).unwrap();
    assert_eq!(stored["named"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_access_tokens_taken_back_at_once_each_is_dead_when_it_was_answered() {
    let scene = given().await;
    // Within the grace each refresh signs another access token.
    let mut given: Vec<Tokens> = Vec::new();
    for _ in 0..30 {
        given.push(scene.refreshed(&scene.tokens).await);
    }
    let mut running = JoinSet::new();
    for tokens in given.clone() {
        let party = scene.party.clone();
        running.spawn(async move { (party.revoke(&tokens.access_token).await, tokens) });
    }
    for (answer, tokens) in running.join_all().await {
        is_done(&answer);
        assert!(!scene.has_access(&tokens).await);
    }
    assert!(scene.has_access(&scene.tokens).await);
}
