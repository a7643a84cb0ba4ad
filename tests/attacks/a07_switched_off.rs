//! What was switched off works at no entrance: every kind of end, of an account and of a client, at every grant and endpoint.

use crate::world::{Answer, Ask, Browser, Callback, Landed, Person, RelyingParty, Tokens, World};

/// Somebody with everything that a client can be given for them, and a client with everything that it can be given.
struct Scene {
    world: World,
    alice: Person,
    party: RelyingParty,
    browser: Browser,
    tokens: Tokens,
    /// Issued, and not redeemed.
    ask: Ask,
    callback: Callback,
    machine: RelyingParty,
    own: String,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let machine = world.machine("orders:read", |_| {}).await;
    let mut browser = world.browser();
    let ask = party.ask_for("openid offline_access");
    let tokens = party.sign_in_for(&ask, &mut browser, &alice).await;
    let callback = browser.authorize(&ask, &alice).await;
    let own = machine.own_token().await;
    assert_eq!(party.introspect(&tokens.access_token).await["active"], true);
    Scene { world, alice, party, browser, tokens, ask, callback, machine, own }
}

impl Scene {
    /// Neither what was given before nor anything new is had for it.
    async fn is_shut(&mut self, end: &str) {
        let Self { party, tokens, .. } = self;
        let access_token = &tokens.access_token;
        assert_eq!(party.userinfo(access_token).await.status, 401, "{end}");
        let answers = [
            party.refresh(tokens.refresh_token()).await,
            party.redeem(&self.ask, self.callback.code()).await,
        ];
        for answer in answers {
            assert!(is_refused(&answer), "{end}: {answer:?}");
        }
        for token in [access_token, tokens.refresh_token()] {
            let told = self.world.send(party.introspection(token)).await;
            assert!(told.body == r#"{"active":false}"# || is_refused(&told), "{end}: {told:?}");
        }
        let silent = self.ask.clone().set("prompt", "none");
        match self.browser.open(&silent.url()).await {
            Landed::Client(callback) => assert_eq!(callback.get("code"), None, "{end}"),
            Landed::Page(page) => assert!(page.answer.status >= 400, "{end}"),
        }
    }
}

fn is_refused(answer: &Answer) -> bool {
    [400, 401].contains(&answer.status)
        && ["invalid_grant", "invalid_client"].contains(&answer.error().as_str())
}

#[tokio::test]
async fn an_account_that_is_switched_off_or_gone_has_nothing_at_any_entrance() {
    for end in ["disabled", "erased"] {
        let mut scene = scene().await;
        match end {
            "disabled" => scene.world.disable(&scene.alice).await,
            _ => scene.world.erase(&scene.alice).await,
        }
        scene.is_shut(end).await;
        let page = scene.world.browser().look_at(&scene.ask.url()).await;
        let landed = scene.world.browser().log_in(&page, "alice", &scene.alice.password).await;
        assert!(matches!(landed, Landed::Page(_)), "{end}: nobody signs in");
    }
}

#[tokio::test]
async fn a_client_that_is_switched_off_has_nothing_at_any_entrance() {
    let mut scene = scene().await;
    scene.world.disable_client(&scene.party).await;
    scene.is_shut("disabled").await;
    scene.world.disable_client(&scene.machine).await;
    let Scene { machine, own, .. } = &scene;
    assert_eq!(machine.userinfo(own).await.status, 401);
    assert_eq!(machine.client_credentials(&[]).await.error(), "invalid_client");
    let told = scene.world.send(machine.introspection(own)).await;
    assert_eq!(told.error(), "invalid_client");
}

#[tokio::test]
async fn a_client_that_loses_a_grant_type_loses_what_that_gave() {
    let scene = scene().await;
    let Scene { world, party, tokens, machine, own, .. } = &scene;
    world.change_client(party, |client| client.grant_types.truncate(1)).await;
    assert_eq!(party.refresh(tokens.refresh_token()).await.error(), "unauthorized_client");
    assert_eq!(party.introspect(tokens.refresh_token()).await["active"], false);
    let code = party.redeem(&scene.ask, scene.callback.code()).await;
    assert_eq!(code.status, 200, "the code is another grant type: {code:?}");
    world.change_client(machine, |client| client.grant_types.clear()).await;
    assert_eq!(machine.client_credentials(&[]).await.error(), "unauthorized_client");
    assert_eq!(machine.introspect(own).await["active"], false);
    assert_eq!(machine.userinfo(own).await.status, 401);
}
