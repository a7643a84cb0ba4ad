//! A person whose every request goes to another node notices nothing.

use crate::{
    cluster::{Circumstance, Cluster, at},
    promised_always,
    world::{PASSWORD, Tokens},
};

promised_always!(a_sign_in_whose_requests_go_to_the_nodes_in_turn_works_in_full);

async fn a_sign_in_whose_requests_go_to_the_nodes_in_turn_works_in_full(
    circumstance: Circumstance,
) {
    let cluster = Cluster::shared(circumstance).await;
    let (alice, party) = (cluster.person().await, cluster.relying_party().await);
    let (mut browser, ask) = (cluster.browser(), party.ask_for("openid profile"));
    let login = browser.look_at(&ask.url()).await;
    let again = browser.log_in(&login, &alice.username, "wrong").await.page();
    assert_eq!(again.id, "login-page");
    let consent = browser.log_in(&again, &alice.username, PASSWORD).await.page();
    assert_eq!(consent.id, "consent-page");
    let callback = browser.press(&consent, "consent-allow", &[]).await.callback();
    let tokens = Tokens::read(party.redeem(&ask, callback.code()).await);

    let mut newest = tokens.clone();
    for node in cluster.serving() {
        newest = Tokens::read(party.refresh(newest.refresh_token()).await);
        let userinfo = at(&party, node).userinfo(&newest.access_token).await;
        assert_eq!(userinfo.text("name").as_ref(), Some(&alice.username));
        let silent = party.ask().set("prompt", "none");
        let silent = browser.clone().at(&node.wire()).open(&silent.url()).await.callback();
        assert!(silent.get("code").is_some(), "{silent:?}");
    }

    let page = browser.look_at(&party.logout(&[("id_token_hint", tokens.id_token())])).await;
    let page = match page.id.as_str() {
        "logout-page" => browser.press(&page, "logout-confirm", &[]).await.page(),
        _ => page,
    };
    assert_eq!(page.id, "logged-out-page");
    for node in cluster.serving() {
        let mut browser = browser.clone().at(&node.wire());
        assert_eq!(browser.look_at(&party.ask().url()).await.id, "login-page");
        assert_eq!(at(&party, node).userinfo(&newest.access_token).await.status, 401);
    }
}
