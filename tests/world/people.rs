//! People: accounts with every standard claim, three names and a password.

use protocol::{AccountId, Secret, claims::StandardClaims, identifier::Identifier};
use serde_json::json;
use storage::{
    accounts::{Account, AccountState},
    identifiers::IdentifierRecord,
    passwords::Password,
};
use tokio::sync::OnceCell;

use super::World;

/// Everybody's password: it is hashed once a process.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

static PHC: OnceCell<String> = OnceCell::const_new();

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account_id: AccountId,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: String,
}

impl World {
    /// Somebody new, who may sign in as `username`, by e-mail address or by phone number.
    pub(crate) async fn person(&self, username: &str) -> Person {
        let account_id = AccountId::new(self.store().randomness());
        let digits = u64::from_be_bytes(*account_id.as_bytes().first_chunk().expect("8 bytes"));
        let person = Person {
            account_id,
            username: username.to_owned(),
            email: format!("{username}@example.org"),
            phone: format!("+49{:010}", 1_000_000_000 + digits % 1_000_000_000),
        };
        let hash = || async { self.0.identity.hash(Secret::new(PASSWORD.into())).await };
        let phc = PHC.get_or_try_init(hash).await.expect("it is hashed").clone();
        let (realm, now) = (self.realm(), self.now());
        let mut batch = self.store().batch();
        let claims = claims(&person);
        let state = AccountState::Active;
        batch.create(&Account { account_id, realm: realm.clone(), state, claims, created_at: now });
        batch.create(&Password { account_id, realm: realm.clone(), phc, chosen_at: now });
        for name in [&person.username, &person.email, &person.phone] {
            let identifier = Identifier::canonical(name).expect("a name");
            batch.create(&IdentifierRecord { identifier, realm: realm.clone(), account_id });
        }
        self.store().commit(batch).await.expect("the names are free");
        person
    }

    /// From now on `person` may not sign in.
    pub(crate) async fn disable(&self, person: &Person) {
        let account = self.store().account(&self.realm(), person.account_id).await;
        let account = account.expect("the store answers").expect("an account");
        let disabled = Account { state: AccountState::Disabled, ..account.record.clone() };
        let mut batch = self.store().batch();
        batch.replace(&account, &disabled);
        self.store().commit(batch).await.expect("it is written");
    }
}

fn claims(person: &Person) -> StandardClaims {
    serde_json::from_value(json!({
        "name": format!("{} Example", person.username),
        "given_name": person.username,
        "family_name": "Example",
        "middle_name": "M.",
        "nickname": person.username,
        "preferred_username": person.username,
        "profile": "https://people.example/me",
        "picture": "https://people.example/me.png",
        "website": "https://me.example",
        "email": person.email,
        "email_verified": true,
        "gender": "unknown",
        "birthdate": "1990-01-31",
        "zoneinfo": "Europe/Berlin",
        "locale": "de-DE",
        "phone_number": person.phone,
        "phone_number_verified": false,
        "address": { "formatted": "1 Street\nTown", "country": "Germany" },
        "updated_at": 1_789_000_000_000_u64,
    }))
    .expect("claims")
}
