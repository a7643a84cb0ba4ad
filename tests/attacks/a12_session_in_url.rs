//! An address is not a session: what one browser may do with it, another may not.

use crate::world::{Answer, Browser, PASSWORD, World};

fn is_refused(address: &str, answer: &Answer) {
    assert_eq!((answer.status, answer.location()), (400, None), "{address}: {answer:?}");
    assert_eq!(answer.cookies(), Vec::<&str>::new(), "{address}");
}

#[tokio::test]
async fn no_address_of_a_sign_in_works_in_another_browser() {
    let world = World::new().await;
    let (alice, mallory) = (world.person("alice").await, world.person("mallory").await);
    let party = world.relying_party().await;
    let mut own = world.browser();
    let login = own.look_at(&party.ask().url()).await;
    let id = login.hidden("sign_in").to_owned();
    let (of_login, of_consent) = (format!("/login?sign_in={id}"), format!("/consent?sign_in={id}"));
    let mut signed_in = world.browser();
    party.sign_in(&mut signed_in, &mallory).await;
    let mut others: [Browser; 2] = [world.browser(), signed_in];

    for other in &mut others {
        is_refused("/login", &other.visit(&of_login).await);
        let typed = [("sign_in", id.as_str()), ("username", "mallory"), ("password", PASSWORD)];
        is_refused("/login", &other.post("/login", &typed).await);
    }
    let consent = own.log_in(&login, &alice.username, PASSWORD).await.page();
    assert_eq!(consent.id, "consent-page");
    for other in &mut others {
        is_refused("/consent", &other.visit(&of_consent).await);
        is_refused("/login", &other.visit(&of_login).await);
        let allow = [("sign_in", id.as_str()), ("decision", "allow")];
        is_refused("/consent", &other.post("/consent", &allow).await);
    }
    let callback = own.press(&consent, "consent-allow", &[]).await.callback();
    assert!(callback.get("code").is_some());
    for other in &mut others {
        is_refused("/consent", &other.visit(&of_consent).await);
    }
}
