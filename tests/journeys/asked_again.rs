//! Which of their names somebody reads who is signed in and asked again: the one that they know themselves by, and not
//! what it tells to whoever else sits at the browser.

use flows::admin::accounts::NewAccount;
use protocol::{Secret, claims::StandardClaims, identifier::Identifier};
use serde_json::json;

use crate::world::{PASSWORD, World};

/// The name on the page after somebody signed in with the last of `names`.
async fn name_shown(preferred: Option<&str>, names: &[&str]) -> String {
    let world = World::new().await;
    let claims = preferred.map(|name| json!({ "preferred_username": name }));
    let claims: StandardClaims =
        serde_json::from_value(claims.unwrap_or_else(|| json!({}))).expect("claims");
    let identifiers = names.iter().map(|name| Identifier::canonical(name).expect("a name"));
    let password = Secret::new(PASSWORD.to_owned());
    let password = Some(password);
    let new = NewAccount { identifiers: identifiers.collect(), claims, password };
    world.flows().create_account(&world.operator(), new).await.expect("the names are free");

    let (party, mut browser) = (world.relying_party().await, world.browser());
    let login = browser.look_at(&party.ask().url()).await;
    let typed = names.last().expect("a name");
    browser.log_in(&login, typed, PASSWORD).await;
    let again = browser.look_at(&party.ask().set("prompt", "login").url()).await;
    again.value("username").to_owned()
}

#[tokio::test]
async fn it_is_the_name_that_they_prefer_however_they_signed_in() {
    let names = ["+12025550143", "alice@example.org", "a.first", "alice"];
    assert_eq!(name_shown(Some("Alice"), &names).await, "alice");
    let names = ["alice", "a.first", "alice@example.org", "+12025550143"];
    assert_eq!(name_shown(Some("Alice"), &names).await, "alice");
}

#[tokio::test]
async fn who_prefers_none_of_their_names_reads_their_e_mail_address() {
    let names = ["+12025550143", "a.first", "alice@example.org", "zoe"];
    assert_eq!(name_shown(None, &names).await, "alice@example.org");
    assert_eq!(name_shown(Some("somebody"), &names).await, "alice@example.org");
    assert_eq!(name_shown(Some("not a\u{200b}name"), &names).await, "alice@example.org");
}

#[tokio::test]
async fn a_phone_number_is_shown_where_there_is_nothing_else() {
    assert_eq!(name_shown(None, &["+12025550143", "zoe"]).await, "zoe");
    assert_eq!(name_shown(None, &["+12025550143"]).await, "+12025550143");
}
