//! People: accounts with every standard claim, three names and a password.

use flows::admin::accounts::NewAccount;
use protocol::{AccountId, Secret, claims::StandardClaims, identifier::Identifier};
use serde_json::json;
use storage::accounts::{Account, AccountState};

use super::World;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account_id: AccountId,
    pub(crate) password: String,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) phone: String,
}

impl Person {
    /// Somebody whom another process knows by this name.
    pub(crate) fn known(username: &str, password: &str) -> Self {
        let account_id = AccountId::new(&super::chance::Seeded::default());
        let (username, password) = (username.to_owned(), password.to_owned());
        Self { account_id, password, email: username.clone(), username, phone: String::new() }
    }
}

impl World {
    /// Somebody new, who may sign in as `username`, by e-mail address or by phone number.
    pub(crate) async fn person(&self, username: &str) -> Person {
        let digits = username
            .bytes()
            .fold(7, |digits: u64, byte| digits * 31 % 1_000_000_000 + u64::from(byte));
        let email = format!("{username}@example.org");
        let phone = format!("+49{:010}", 1_000_000_000 + digits);
        let claims = claims(username, &email, &phone);
        let names =
            [username, &email, &phone].map(|name| Identifier::canonical(name).expect("a name"));
        let password = Some(Secret::new(PASSWORD.to_owned()));
        let new = NewAccount { identifiers: names.into(), claims, password };
        let account_id = self.flows().create_account(&self.operator(), new).await;
        let account_id = account_id.expect("the names are free");
        let (username, password) = (username.to_owned(), PASSWORD.to_owned());
        Person { account_id, password, username, email, phone }
    }

    /// Erases the account of `person`.
    pub(crate) async fn erase(&self, person: &Person) {
        let erased = self.flows().erase_account(&self.operator(), person.account_id).await;
        erased.expect("it is erased");
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

fn claims(username: &str, email: &str, phone: &str) -> StandardClaims {
    serde_json::from_value(json!({
        "name": format!("{} Example", username),
        "given_name": username,
        "family_name": "Example",
        "middle_name": "M.",
        "nickname": username,
        "preferred_username": username,
        "profile": "https://people.example/me",
        "picture": "https://people.example/me.png",
        "website": "https://me.example",
        "email": email,
        "email_verified": true,
        "gender": "unknown",
        "birthdate": "1990-01-31",
        "zoneinfo": "Europe/Berlin",
        "locale": "de-DE",
        "phone_number": phone,
        "phone_number_verified": false,
        "address": { "formatted": "1 Street\nTown", "country": "Germany" },
        "updated_at": 1_789_000_000_000_u64,
    }))
    .expect("claims")
}
