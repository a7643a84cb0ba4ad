//! Who proves who they are has a budget of their own, which nobody else can touch.

use std::time::Duration;

use flows::admin::refusals::RefusalFilter;
use protocol::{client::TokenEndpointAuthMethod, paths, settings::Limits};

use super::{address, at_most};
use crate::world::{RelyingParty, Sent, World, basic};

/// A request of the client that is believed, and answered 400 as there is no such token.
fn refresh(party: &RelyingParty) -> Sent {
    party.token_request(&[("grant_type", "refresh_token"), ("refresh_token", "none")])
}

/// Somebody who has read the id of the client and does not know its secret.
fn pretends(party: &RelyingParty) -> Sent {
    let form = [("grant_type", "refresh_token"), ("refresh_token", "none")];
    Sent::post(paths::TOKEN).form(&form).header("authorization", basic(&party.id(), "guessed"))
}

#[tokio::test]
async fn a_client_that_proves_who_it_is_is_not_limited_unless_somebody_says_so() {
    let world = World::new().await;
    let party = world.relying_party().await;
    assert_eq!(world.answered(1_000, &refresh(&party)).await, 1_000);
}

#[tokio::test]
async fn a_clients_limit_refuses_at_its_threshold_and_releases_by_itself() {
    let world = World::new().await;
    let (party, other) = (world.relying_party().await, world.relying_party().await);
    world.set(|settings| settings.limits.client = at_most(2)).await;
    world.set_for(&other, |settings| settings.limits.token = at_most(4)).await;
    assert_eq!(world.answered(9, &refresh(&party)).await, 2);
    // Wherever it asks from.
    assert_eq!(world.answered(9, &refresh(&party).from(address(1))).await, 0);
    assert_eq!(world.answered(9, &refresh(&other)).await, 4);
    // Each endpoint by itself.
    assert_eq!(world.answered(9, &other.introspection("none")).await, 2);
    world.advance(Duration::from_secs(67)).await;
    assert_eq!(world.answered(9, &refresh(&party)).await, 2);
}

#[tokio::test]
async fn an_excluded_client_is_not_limited() {
    let world = World::new().await;
    let (party, other) = (world.relying_party().await, world.relying_party().await);
    world
        .set(|settings| {
            settings.limits.client = at_most(2);
            settings.exclusions.clients = vec![party.client_id];
        })
        .await;
    assert_eq!(world.answered(9, &refresh(&party)).await, 9);
    assert_eq!(world.answered(9, &refresh(&other)).await, 2);
}

#[tokio::test]
async fn a_stranger_who_names_a_client_uses_up_nothing_of_it() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.set(|settings| settings.limits = Limits { token: at_most(5), ..Limits::default() }).await;
    world.set_for(&party, |settings| settings.limits.token = at_most(3)).await;
    assert_eq!(world.answered(20, &pretends(&party)).await, 5);
    assert_eq!(world.answered(20, &pretends(&party).from(address(1))).await, 5);
    // Not even who asks from the same address.
    assert_eq!(world.answered(9, &refresh(&party)).await, 3);
}

#[tokio::test]
async fn a_client_that_has_nothing_to_prove_itself_with_counts_by_address() {
    let world = World::new().await;
    let party = world.public_client().await;
    world.set(|settings| settings.limits.token = at_most(5)).await;
    assert_eq!(world.answered(9, &refresh(&party)).await, 5);
    assert_eq!(world.answered(9, &refresh(&party).from(address(1))).await, 5);
}

#[tokio::test]
async fn the_bearer_of_a_good_token_counts_as_its_client_and_a_bad_one_as_its_address() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let tokens = party.sign_in(&mut world.browser(), &alice).await;
    world.set(|settings| settings.limits.userinfo = at_most(2)).await;
    world.set_for(&party, |settings| settings.limits.userinfo = at_most(4)).await;
    let bearer =
        |token: &str| Sent::get(paths::USERINFO).header("authorization", format!("Bearer {token}"));
    assert_eq!(world.answered(9, &bearer("bad")).await, 2);
    assert_eq!(world.answered(9, &bearer(&tokens.access_token)).await, 4);
}

#[tokio::test]
async fn an_operator_works_on_while_somebody_at_the_same_address_guesses_tokens() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.set(|settings| settings.limits.admin = at_most(3)).await;
    let bearer = |token: &str| {
        Sent::get("/admin/v1/clients").header("authorization", format!("Bearer {token}"))
    };
    assert_eq!(world.answered(9, &bearer("guessed")).await, 3);
    assert_eq!(world.answered(9, &bearer(&admin.token)).await, 9);
}

#[tokio::test]
async fn a_code_whose_redemption_is_refused_by_a_limit_can_be_redeemed_afterwards() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.public_client().await);
    let ask = party.ask();
    let code = world.browser().authorize(&ask, &alice).await.code().to_owned();
    world.set(|settings| settings.limits.token = at_most(1)).await;
    assert_eq!(world.answered(1, &refresh(&party)).await, 1);
    assert_eq!(party.redeem(&ask, &code).await.status, 429);
    world.set(|settings| settings.limits.token = at_most(2)).await;
    assert_eq!(party.redeem(&ask, &code).await.status, 200);
}

fn with_token(path: &str, token: &str) -> Sent {
    Sent::get(path).header("authorization", format!("Bearer {token}"))
}

#[tokio::test]
async fn one_end_user_of_a_client_uses_up_nothing_of_another() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (party, public) = (world.relying_party().await, world.public_client().await);
    world.set(|settings| settings.limits.userinfo = at_most(2)).await;
    for client in [&party, &public] {
        world.set_for(client, |settings| settings.limits.userinfo = at_most(4)).await;
    }
    let of_alice = party.sign_in(&mut world.browser(), &alice).await.access_token;
    let of_bob = party.sign_in(&mut world.browser(), &bob).await.access_token;
    assert_eq!(world.answered(9, &with_token(paths::USERINFO, &of_alice)).await, 4);
    assert_eq!(world.answered(9, &with_token(paths::USERINFO, &of_bob)).await, 4);
    // Anybody can be a public client: here too it counts by address.
    let in_public = public.sign_in(&mut world.browser(), &alice).await.access_token;
    for number in [1, 2] {
        let sent = with_token(paths::USERINFO, &in_public).from(address(number));
        assert_eq!(world.answered(9, &sent).await, 2);
    }
}

#[tokio::test]
async fn what_an_operator_is_refused_counts_as_no_strangers_request() {
    let world = World::new().await;
    let admin = world.admin().await;
    world.set(|settings| settings.limits.admin = at_most(3)).await;
    assert_eq!(world.answered(9, &with_token("/admin/v1/clients", "guessed")).await, 3);
    let nowhere = with_token("/admin/v1/clients/nobody", &admin.token);
    for _ in 0..9 {
        assert_eq!(world.send(nowhere.clone()).await.status, 404);
    }
}

#[tokio::test]
async fn a_stranger_who_is_over_the_limit_is_no_work_and_operators_are_not_told_of_it() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.set(|settings| settings.limits.token = at_most(2)).await;
    let told = async || {
        let filter = RefusalFilter::default();
        world.flows().refusals(&world.operator(), &filter, None).await.unwrap().items.len()
    };
    assert_eq!(world.answered(9, &pretends(&party)).await, 2);
    assert_eq!(told().await, 2);
    let unknown = [("client_id", "nobody"), ("grant_type", "refresh_token")];
    let id = party.id();
    let named = [("client_id", id.as_str()), ("grant_type", "refresh_token")];
    world.work();
    for sent in [Sent::post(paths::TOKEN).form(&unknown), Sent::post(paths::TOKEN).form(&named)] {
        assert_eq!(world.answered(9, &sent).await, 0);
    }
    assert_eq!((world.work().reads, told().await), (0, 2));
    // In a header or in the form: who may be somebody is asked who they are.
    let method = TokenEndpointAuthMethod::ClientSecretPost;
    let post = world.client(World::authenticating(method)).await;
    for known in [&party, &post] {
        assert_eq!(world.send(refresh(known)).await.status, 400);
    }
}
