//! What operators change of clients and accounts while they are in use: what is taken back in one write, and who may
//! administer.

use protocol::{
    AccountId, OperatorId,
    client::{Client, GrantType},
    epochs,
    permission::{Permission, Permissions},
};
use serde_json::Value;
use storage::{accounts::Account, operators::Operator};

use super::{Answer, Person, RelyingParty, World};

impl World {
    /// A confidential client that acts in its own name, with these scopes, but for what `change` changes.
    pub(crate) async fn machine(
        &self,
        scopes: &str,
        change: impl FnOnce(&mut Client),
    ) -> RelyingParty {
        let scopes = scopes.parse().expect("scopes");
        self.client(|client| {
            client.grant_types = vec![GrantType::ClientCredentials];
            client.response_types.clear();
            client.redirect_uris.clear();
            client.scopes = scopes;
            change(client);
        })
        .await
    }

    /// Takes back all that a client was given.
    pub(crate) async fn revoke_all_of_client(&self, party: &RelyingParty) {
        let now = self.now();
        let next = |before| Some(epochs::next(before, now));
        self.change_client(party, |client| {
            client.tokens_revoked_at = next(client.tokens_revoked_at)
        })
        .await;
    }

    async fn change_account(&self, id: AccountId, change: impl FnOnce(&mut Account)) {
        let old = self.store().account(&self.realm(), id).await.expect("the store answers");
        let old = old.expect("an account");
        let mut new = old.record.clone();
        change(&mut new);
        let mut batch = self.store().batch();
        batch.replace(&old, &new);
        self.store().commit(batch).await.expect("it is written");
    }

    /// Takes back all that anybody was given for an account.
    pub(crate) async fn revoke_all_of_account(&self, id: AccountId) {
        let now = self.now();
        let next = |before| Some(epochs::next(before, now));
        let change = |account: &mut Account| {
            account.tokens_revoked_at = next(account.tokens_revoked_at);
        };
        self.change_account(id, change).await;
    }

    /// Ends every session of an account.
    pub(crate) async fn end_sessions_of_account(&self, id: AccountId) {
        let now = self.now();
        let next = |before| Some(epochs::next(before, now));
        let change = |account: &mut Account| {
            account.sessions_ended_at = next(account.sessions_ended_at);
        };
        self.change_account(id, change).await;
    }

    /// From now on `person` is an operator with these permissions and no others.
    pub(crate) async fn administers(&self, person: &Person, permissions: &[Permission]) {
        let permissions: Permissions = permissions.iter().copied().collect();
        let found = self.store().operator_of(&self.realm(), person.account_id).await;
        let mut batch = self.store().batch();
        match found.expect("the store answers") {
            Some(old) => batch.replace(&old, &Operator { permissions, ..old.record.clone() }),
            None => batch.create(&Operator {
                operator_id: OperatorId::new(self.store().randomness()),
                realm: self.realm(),
                name: person.username.clone(),
                token: None,
                account_id: Some(person.account_id),
                permissions,
                created_at: self.now(),
            }),
        };
        self.store().commit(batch).await.expect("it is written");
    }
}

impl RelyingParty {
    /// Asks for an access token in its own name.
    pub(crate) async fn client_credentials(&self, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("grant_type", "client_credentials")], fields].concat();
        self.wire.send(self.token_request(&fields)).await
    }

    /// The access token that it is given in its own name.
    pub(crate) async fn own_token(&self) -> String {
        let answer = self.client_credentials(&[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("access_token").expect("an access token")
    }
}

/// The claims of a token of three parts, not verified.
pub(crate) fn claims(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("claims")
}

/// The `alg` of a token of three parts.
pub(crate) fn algorithm(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = token.split('.').next().expect("a JWT");
    let header: Value = URL_SAFE_NO_PAD
        .decode(header)
        .ok()
        .and_then(|header| serde_json::from_slice(&header).ok())
        .expect("a header");
    header["alg"].as_str().expect("an alg").to_owned()
}
