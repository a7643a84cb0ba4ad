//! What the store knows of the code or token that was presented: when it was given, to whom, and what became of it.

use protocol::{
    AccountId, GrantId, Realm,
    refusal::{Fact, Found, RefusedAt},
};
use serde::Serialize;
use storage::{
    StorageError, Store,
    codes::{Code, CodeState},
    opaque_tokens::OpaqueToken,
    refresh_tokens::{RefreshToken, RefreshTokenState},
};

use super::Refused;

/// What was found, and whose it is.
pub(super) async fn find(
    store: &Store,
    refused: &Refused,
) -> Result<(Found, Option<AccountId>), StorageError> {
    let (realm, received) = (&refused.realm, &refused.received);
    let mut found = Found::default();
    let mut account_id = refused.account_id;
    let mut grant_id = None;
    if let Some(hash) = received.code.filter(|_| refused.endpoint == RefusedAt::Token)
        && let Some(code) = store.code(realm, &hash).await?
    {
        grant_id = of_code(&code, &mut found);
        account_id = account_id.or(Some(code.account_id));
    }
    if let Some(hash) = received.refresh_token
        && let Some(token) = store.refresh_token(realm, &hash).await?
    {
        of_refresh_token(&token, &mut found);
        grant_id = grant_id.or(Some(token.grant_id));
        account_id = account_id.or(Some(token.account_id));
    }
    if let Some(hash) = received.opaque_token
        && let Some(token) = store.opaque_token(realm, &hash).await?
    {
        of_opaque_token(&token, &mut found);
        grant_id = grant_id.or(token.claims.grant_id);
        account_id = account_id.or(token.account_id);
    }
    if let Some(token) = received.bearer.as_ref().filter(|_| refused.reason.follows_signature()) {
        grant_id = grant_id.or(token.grant_id());
        account_id = account_id.or(token.account_id());
    }
    if let Some(grant_id) = grant_id {
        of_grant(store, realm, grant_id, &mut found).await?;
    }
    let Some(named) = account_id else { return Ok((found, None)) };
    match store.account(realm, named).await? {
        Some(account) => {
            found.facts.push(Fact::is("account_may_sign_in", account.is_active()));
            let revoked_at = account.tokens_revoked_at;
            found.facts.extend(revoked_at.map(|at| Fact::at("account_tokens_revoked_at", at)));
            Ok((found, Some(named)))
        }
        // It was erased, and nothing is kept of it any more.
        None => Ok((found, None)),
    }
}

fn of_code(code: &Code, found: &mut Found) -> Option<GrantId> {
    found.redirect_uri = Some(code.redirect_uri.clone());
    found.facts.extend([
        Fact::text("code_given_to", code.client_id),
        Fact::at("code_issued_at", code.issued_at),
        Fact::is("code_challenge_was_sent", code.code_challenge.is_some()),
    ]);
    match code.state {
        CodeState::Issued => {
            found.facts.push(Fact::at("code_expires_at", code.expires_at));
            None
        }
        CodeState::Redeemed { grant_id } => {
            found.facts.push(Fact::text("code_redeemed_as", grant_id));
            Some(grant_id)
        }
    }
}

fn of_refresh_token(token: &RefreshToken, found: &mut Found) {
    found.facts.extend([
        Fact::text("refresh_token_given_to", token.client_id),
        Fact::at("refresh_token_issued_at", token.issued_at),
        Fact::at("refresh_token_expires_at", token.expires_at),
    ]);
    if let RefreshTokenState::Rotated { rotated_at, .. } = &token.state {
        found.facts.push(Fact::at("refresh_token_replaced_at", *rotated_at));
    }
}

fn of_opaque_token(token: &OpaqueToken, found: &mut Found) {
    found.facts.extend([
        Fact::text("token_given_to", token.claims.client_id),
        Fact::text("token_jti", token.claims.jti.as_str()),
        Fact::at("token_expires_at", token.expires_at),
    ]);
}

async fn of_grant(
    store: &Store,
    realm: &Realm,
    grant_id: GrantId,
    found: &mut Found,
) -> Result<(), StorageError> {
    found.facts.push(Fact::text("grant_id", grant_id));
    let Some(grant) = store.grant(realm, grant_id).await? else { return Ok(()) };
    found.scope = Some(grant.scope.iter().map(|scope| scope.as_str().to_owned()).collect());
    if let Some(ended) = store.ended_session(realm, grant.session_id).await? {
        found.facts.push(Fact::at("session_ended_at", ended.ended_at));
    }
    if let Some(revoked) = &grant.revoked {
        found.facts.push(Fact::at("grant_revoked_at", revoked.revoked_at));
        found
            .facts
            .extend(name_of(&revoked.reason).map(|why| Fact::text("grant_revoked_for", why)));
    }
    Ok(())
}

/// The one text that a value is written as.
fn name_of(value: &impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}
