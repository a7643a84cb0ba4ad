//! What is given through the browser stands on a grant like anything else: it is told of, taken back, and ends with what it
//! rests on; and a code of the same answer belongs to it (CONFORMANCE 2.2, `oidcc-codereuse`; T4).

use std::time::Duration;

use protocol::{
    client::{AccessTokenFormat, Client, ResponseType},
    permission::Permission,
};
use storage::{audit::AuditEntry, grants::Grant, refresh_tokens::RefreshToken};

use crate::world::{
    Ask, Browser, Callback, Person, RelyingParty, Tokens, World, answered_anyhow, claims, statuses,
};

struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
}

async fn scene(change: impl FnOnce(&mut Client)) -> Scene {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let party = world
        .client(|client| {
            answered_anyhow(client);
            change(client);
        })
        .await;
    let browser = world.browser();
    Scene { world, alice, party, browser }
}

impl Scene {
    async fn answer(&mut self, response_type: &ResponseType) -> (Ask, Callback) {
        let ask = self.party.ask_by(response_type);
        let callback = self.browser.authorize(&ask, &self.alice).await;
        (ask, callback)
    }

    /// An access token that came through the browser.
    async fn token(&mut self) -> String {
        let (_, callback) = self.answer(&ResponseType::IdTokenToken).await;
        callback.must("access_token").to_owned()
    }

    async fn holds(&self, access_token: &str) -> bool {
        let told = self.party.introspect(access_token).await["active"] == true;
        let status = self.party.userinfo(access_token).await.status;
        assert_eq!(status, if told { 200 } else { 401 }, "every endpoint says the same");
        told
    }

    async fn grants(&self) -> Vec<Grant> {
        let page = self.world.store().all::<Grant>(&self.world.realm(), None, 10).await.unwrap();
        page.items.into_iter().map(|grant| grant.record).collect()
    }
}

#[tokio::test]
async fn a_token_is_told_of_and_stands_on_a_grant() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let mut scene = scene(|client| client.tokens.access_token_format = format).await;
        let token = scene.token().await;
        let told = scene.party.introspect(&token).await;
        assert_eq!((&told["active"], &told["scope"]), (&true.into(), &"openid".into()));
        assert_eq!(told["sub"], scene.alice.account_id.to_string());
        let grants = scene.grants().await;
        assert_eq!((grants.len(), grants[0].offline), (1, false));
        assert!(scene.holds(&token).await);
        scene.world.advance(Duration::from_secs(15 * 60 + 61)).await;
        assert!(!scene.holds(&token).await, "it holds as long as it said");
    }
}

/// RFC 6749 §4.2.2: nothing that lasts comes through a browser.
#[tokio::test]
async fn no_refresh_token_is_made_for_what_comes_through_the_browser() {
    let mut scene = scene(|_| {}).await;
    for response_type in ResponseType::ALL {
        let ask = scene.party.ask_by(&response_type).set("scope", "openid offline_access");
        let callback = scene.browser.authorize(&ask, &scene.alice).await;
        assert_eq!(callback.get("refresh_token"), None);
        if response_type.has_token() {
            let has_offline = callback.must("scope").contains("offline_access");
            assert_eq!(has_offline, response_type.has_code(), "{response_type:?}");
        }
    }
    let (store, realm) = (scene.world.store(), scene.world.realm());
    let found = store.all::<RefreshToken>(&realm, None, 1).await.unwrap();
    assert!(found.items.is_empty());
}

/// RFC 7009; ATTACKS 26.
#[tokio::test]
async fn a_client_takes_back_what_came_through_the_browser() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let mut scene = scene(|client| client.tokens.access_token_format = format).await;
        let (first, second) = (scene.token().await, scene.token().await);
        assert_eq!(scene.party.revoke(&first).await.status, 200);
        assert!(!scene.holds(&first).await && scene.holds(&second).await);
    }
}

/// ATTACKS 7, 26: whatever takes back what was given takes it back here too, at once.
#[tokio::test]
async fn it_ends_with_whatever_it_rests_on() {
    type End = for<'a> fn(&'a mut Scene) -> std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    let ends: [(&str, End); 6] = [
        ("client", |scene| Box::pin(scene.world.revoke_all_of_client(&scene.party))),
        ("account", |scene| Box::pin(scene.world.revoke_all_of_account(scene.alice.account_id))),
        ("sessions", |scene| Box::pin(scene.world.end_sessions_of_account(scene.alice.account_id))),
        ("switched off", |scene| Box::pin(scene.world.disable(&scene.alice))),
        ("disabled", |scene| Box::pin(scene.world.disable_client(&scene.party))),
        ("signed out", |scene| {
            Box::pin(async {
                let (_, callback) = scene.answer(&ResponseType::IdToken).await;
                let hint = [("id_token_hint", callback.must("id_token"))];
                let path = scene.party.logout(&hint);
                let landed = scene.browser.open(&path).await;
                drop(landed);
            })
        }),
    ];
    for (name, end) in ends {
        let mut scene = scene(|_| {}).await;
        let token = scene.token().await;
        assert_eq!(scene.party.userinfo(&token).await.status, 200);
        end(&mut scene).await;
        assert_eq!(scene.party.userinfo(&token).await.status, 401, "{name}");
    }
}

/// What came at once and what the code gave are one grant: taking back the one takes back the other.
#[tokio::test]
async fn a_code_becomes_the_grant_that_came_with_it() {
    let mut scene = scene(|_| {}).await;
    let (ask, callback) = scene.answer(&ResponseType::CodeIdTokenToken).await;
    let at_once = callback.must("access_token").to_owned();
    let before = scene.grants().await;
    let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
    let after = scene.grants().await;
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0].grant_id, after[0].grant_id);
    assert!(before[0].refreshable_until < after[0].refreshable_until);
    assert!(scene.holds(&at_once).await && scene.holds(&tokens.access_token).await);
    assert_eq!(scene.party.revoke(tokens.refresh_token()).await.status, 200);
    assert!(!scene.holds(&at_once).await && !scene.holds(&tokens.access_token).await);
}

/// T4: a code that is used twice takes back all that its answer gave.
#[tokio::test]
async fn a_code_that_is_used_twice_takes_back_what_came_with_it() {
    for response_type in [ResponseType::CodeToken, ResponseType::CodeIdTokenToken] {
        let mut scene = scene(|_| {}).await;
        let (ask, callback) = scene.answer(&response_type).await;
        let at_once = callback.must("access_token").to_owned();
        let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
        scene.world.advance(Duration::from_secs(30)).await;
        let again = scene.party.redeem(&ask, callback.code()).await;
        assert_eq!((again.status, again.error().as_str()), (400, "invalid_grant"));
        assert!(!scene.holds(&at_once).await && !scene.holds(&tokens.access_token).await);
        let refreshed = scene.party.refresh(tokens.refresh_token()).await;
        assert_eq!(refreshed.error(), "invalid_grant");
    }
}

/// Of many redemptions at once one gives something, and all of it is taken back (ATTACKS 10).
#[tokio::test]
async fn of_many_redemptions_at_once_none_keeps_anything() {
    let mut scene = scene(|_| {}).await;
    let (ask, callback) = scene.answer(&ResponseType::CodeIdTokenToken).await;
    let at_once = callback.must("access_token").to_owned();
    let redemption = scene.party.redemption(&ask, callback.code());
    let answers = scene.world.all_at_once(20, &redemption).await;
    let counted = statuses(&answers);
    assert_eq!(counted.get(&200), Some(&1), "{counted:?}");
    assert_eq!(counted.get(&400), Some(&19), "{counted:?}");
    let given = answers.into_iter().find(|answer| answer.status == 200).map(Tokens::read).unwrap();
    assert!(!scene.holds(&at_once).await && !scene.holds(&given.access_token).await);
    assert_eq!(scene.grants().await.len(), 1);
}

/// What was taken back before the code came to be redeemed stays so, and one token that was taken back alone stays alone.
#[tokio::test]
async fn what_was_taken_back_before_is_not_given_by_the_code() {
    let mut scene = scene(|_| {}).await;
    let (ask, callback) = scene.answer(&ResponseType::CodeToken).await;
    let at_once = callback.must("access_token").to_owned();
    assert_eq!(scene.party.revoke(&at_once).await.status, 200);
    let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
    assert!(!scene.holds(&at_once).await && scene.holds(&tokens.access_token).await);
    let (ask, callback) = scene.answer(&ResponseType::CodeToken).await;
    let at_once = callback.must("access_token").to_owned();
    let grant_id = claims(&at_once)["grant_id"].as_str().unwrap().parse().unwrap();
    let grant = scene.world.store().grant(&scene.world.realm(), grant_id).await.unwrap().unwrap();
    let mut batch = scene.world.store().batch();
    let reason = storage::grants::RevocationReason::Requested;
    batch.replace(&grant, &grant.revoked(batch.now(), reason));
    scene.world.store().commit(batch).await.unwrap();
    let answer = scene.party.redeem(&ask, callback.code()).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    assert!(!scene.holds(&at_once).await);
}

/// Hybrid codes are bound as all are (ATTACKS 10, 20).
#[tokio::test]
async fn a_code_that_came_with_tokens_is_bound_like_any_other() {
    let mut scene = scene(|_| {}).await;
    let other = scene.world.client(answered_anyhow).await;
    let (ask, callback) = scene.answer(&ResponseType::CodeIdToken).await;
    let refused = [
        other.redeem(&ask, callback.code()).await,
        scene.party.redeem(&ask.clone().proving(&"a".repeat(43)), callback.code()).await,
        scene
            .party
            .redeem(&ask.clone().set("redirect_uri", "https://client.example/"), callback.code())
            .await,
    ];
    for answer in refused {
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    }
    assert_eq!(scene.party.redeem(&ask, callback.code()).await.status, 200);
}

/// In whose name a client administers is not handed on by a redirect.
#[tokio::test]
async fn no_permission_comes_through_the_browser() {
    let mut scene = scene(|client| {
        client.scopes = "openid clients:read".parse().unwrap();
    })
    .await;
    scene.world.administers(&scene.alice, &[Permission::ClientsRead]).await;
    let ask = scene.party.ask_by(&ResponseType::CodeIdTokenToken);
    let ask = ask.set("scope", "openid clients:read");
    let callback = scene.browser.authorize(&ask, &scene.alice).await;
    assert_eq!(callback.must("scope"), "openid");
    let at_once = scene.party.introspect(callback.must("access_token")).await;
    assert_eq!((&at_once["active"], &at_once["scope"]), (&true.into(), &"openid".into()));
    let tokens = Tokens::read(scene.party.redeem(&ask, callback.code()).await);
    assert!(tokens.scope.contains("clients:read"), "the code gives it");
}

#[tokio::test]
async fn the_audit_log_tells_of_what_was_given_at_once() {
    let mut scene = scene(|_| {}).await;
    scene.answer(&ResponseType::IdToken).await;
    scene.world.look().await.unwrap();
    let page = scene.world.store().all::<AuditEntry>(&scene.world.realm(), None, 50).await.unwrap();
    let entries = page.items.iter().map(|entry| serde_json::to_string(&entry.record).unwrap());
    assert_eq!(entries.filter(|entry| entry.contains("tokens_given_at_once")).count(), 1);
}

/// A token of the grant type alone is not asked for at the token endpoint.
#[tokio::test]
async fn the_token_endpoint_knows_no_implicit_grant() {
    let scene = scene(|_| {}).await;
    let sent = scene.party.token_request(&[("grant_type", "implicit")]);
    let answer = scene.world.send(sent).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "unsupported_grant_type"));
}
