//! No claim that an operator adds takes the place of one that means something already: it is not registered, and a record
//! that has it all the same puts it into no token, no answer of userinfo and none of introspection.

use protocol::client::{ClaimValue, Client, CustomClaim, NotAClient, RESERVED_CLAIMS, ToldIn};
use serde_json::{Value, json};

use crate::world::{Tokens, World, claims};

/// What nobody but an attacker says of themselves.
const FORGED: &str = "forged";

fn named(name: &str) -> CustomClaim {
    let told_in = vec![ToldIn::AccessToken, ToldIn::IdToken, ToldIn::Userinfo];
    CustomClaim { name: name.into(), value: ClaimValue::Fixed(json!(FORGED)), told_in }
}

/// Every reserved name and every standard claim, as it is, in other cases and in disguises of Unicode.
fn names() -> Vec<String> {
    let standard = protocol::claims::CLAIMS_OF_SCOPES.iter().flat_map(|(_, claims)| *claims);
    let mut names = Vec::new();
    for name in RESERVED_CLAIMS.iter().chain(standard) {
        let (first, rest) = name.split_at(1);
        let wide: String = name.chars().map(wide).collect();
        names.extend([
            (*name).to_owned(),
            name.to_uppercase(),
            format!("{}{rest}", first.to_uppercase()),
            wide,
            format!("{name}\u{200d}"),
            format!(" {name}"),
            format!("{name}\u{0}"),
        ]);
    }
    names
}

/// The full-width form, which NFKC folds to the letter itself.
fn wide(letter: char) -> char {
    match letter {
        '!'..='~' => char::from_u32(letter as u32 + 0xfee0).unwrap(),
        other => other,
    }
}

#[tokio::test]
async fn no_reserved_name_is_registered_in_any_case_or_disguise() {
    let world = World::new().await;
    let party = world.relying_party().await;
    let stored = world.store().client(&world.realm(), party.client_id).await.unwrap().unwrap();
    let mandatory = "iss sub aud exp nbf iat jti azp act acr amr auth_time nonce at_hash c_hash \
                     s_hash sid cnf client_id scope grant_id may_act typ token_use events txn active";
    for name in mandatory.split_whitespace().map(str::to_owned).chain(names()) {
        let mut client = Client::clone(&stored);
        client.tokens.claims = vec![named(&name)];
        assert_eq!(client.judge(), Err(NotAClient::ClaimReserved), "{name:?}");
    }
}

#[tokio::test]
async fn a_record_that_has_them_all_the_same_changes_no_token_and_no_answer() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.relying_party().await);
    let plain = party.sign_in(&mut world.browser(), &alice).await;
    let expected = seen(&party, &plain).await;
    for chunk in names().chunks(16) {
        let forged = chunk.iter().map(|name| named(name)).collect::<Vec<_>>();
        world.change_client(&party, |client| client.tokens.claims = forged).await;
        let tokens = party.sign_in(&mut world.browser(), &alice).await;
        let found = seen(&party, &tokens).await;
        for (found, expected) in found.iter().zip(&expected) {
            assert!(!found.to_string().contains(FORGED), "{chunk:?}: {found}");
            assert_eq!(members(found), members(expected), "{chunk:?}");
        }
    }
}

/// All that is said of an end-user for these tokens.
async fn seen(party: &crate::world::RelyingParty, tokens: &Tokens) -> [Value; 4] {
    [
        claims(&tokens.access_token),
        claims(tokens.id_token()),
        party.userinfo(&tokens.access_token).await.json(),
        party.introspect(&tokens.access_token).await,
    ]
}

fn members(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}
