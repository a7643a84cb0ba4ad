//! The grant `refresh_token`, rotated at every use (RFC 6749 §6, RFC 9700 §4.14.2, OpenID Connect Core 1.0 §12).

use protocol::{
    Token, event::Act, mutant::Mutant, oauth_error::TokenError, parameters::Parameters, resource,
    scope::ScopeSet, sign_in::permitted,
};
use storage::{
    Batch, Expectation, Stored,
    ended_sessions::EndedSession,
    grants::{Grant, RevocationReason},
    refresh_tokens::{self, RefreshTokenState, open_successor},
};

use super::{Granted, Holder, Hook, still_allowed};
use crate::{Context, Flows, client_authentication::Authenticated, failure::Error};

pub(super) struct RefreshToken;

impl Hook for RefreshToken {
    async fn judge(
        flows: &Flows,
        context: &Context,
        client: &Authenticated,
        parameters: &Parameters,
    ) -> Result<Granted, Error<TokenError>> {
        let presented = parameters.get("refresh_token").map_err(Error::refused)?;
        let presented = Token::presented(
            presented.ok_or(Error::Refused(TokenError::Missing("refresh_token")))?,
        );
        let old = flows.store.refresh_token(&context.realm, &presented.hash()).await?;
        let old = old.ok_or(Error::Refused(TokenError::RefreshTokenUnknown))?;
        if old.client_id != client.client_id {
            return Err(Error::Refused(TokenError::RefreshTokenOfAnotherClient));
        }
        let grant = flows.stored_live_grant(context, old.grant_id).await?;
        let grant = grant.ok_or(Error::Refused(TokenError::GrantRevoked))?;
        let account = flows.active_account(context, grant.account_id).await?;
        let account = account.ok_or(Error::Refused(TokenError::AccountDisabled))?;
        // Asked of what this request has read. A revocation beside it changes what the next use of these tokens reads.
        if !grant.holds_under(client, &account) {
            return Err(Error::Refused(TokenError::GrantRevoked));
        }
        // Before all that this request may ask for: whatever it asks, it comes from who should not have this token.
        if is_reused(flows, &old.state) {
            // Who replays the assertion of the rotation too is nobody, and ends nothing.
            flows.not_used_before(client).await?;
            return Err(revoke_family(flows, context, &grant).await?);
        }
        let scope = still_allowed(&narrowed(&grant.scope, parameters)?, client)?;
        let permissions = flows.permissions(context, grant.account_id, &scope).await?;
        let scope = permitted(&scope, permissions.as_ref());
        let resources = resource::narrowed(&grant.resources, parameters, client, &context.issuer);
        let resources = resources.map_err(Error::refused)?;
        let granted = |refresh_token, batch| {
            let (grant, account) =
                (Box::new(grant.record.clone()), Box::new(account.record.clone()));
            let (holder, nonce) = (Holder::EndUser { grant, account }, None);
            Granted { holder, scope, resources, nonce, refresh_token: Some(refresh_token), batch }
        };
        match &old.state {
            RefreshTokenState::Active => {
                let (successor, batch) = rotate(flows, context, (&presented, &old), &grant).await?;
                Ok(granted(successor, Some(batch)))
            }
            RefreshTokenState::Rotated { successor, .. } => {
                Ok(granted(open_successor(&presented, successor)?, None))
            }
        }
    }
}

/// Whether a token was replaced so long ago that the client cannot be asking for the same answer again.
fn is_reused(flows: &Flows, state: &RefreshTokenState) -> bool {
    match state {
        RefreshTokenState::Active => false,
        RefreshTokenState::Rotated { rotated_at, .. } => {
            let since = flows.store.now().since(*rotated_at);
            since >= flows.lifetimes.refresh_grace && !Mutant::RefreshFamily.is_out()
        }
    }
}

/// The scope that is asked for now: all that was granted, or less.
fn narrowed(granted: &ScopeSet, parameters: &Parameters) -> Result<ScopeSet, Error<TokenError>> {
    let Some(asked) = parameters.get("scope").map_err(Error::refused)? else {
        return Ok(granted.clone());
    };
    let asked: ScopeSet = asked.parse().map_err(|_| Error::Refused(TokenError::ScopeMalformed))?;
    if asked.is_subset(granted) {
        Ok(asked)
    } else {
        Err(Error::Refused(TokenError::ScopeExceeded))
    }
}

async fn rotate(
    flows: &Flows,
    context: &Context,
    (presented, old): (&Token, &Stored<refresh_tokens::RefreshToken>),
    grant: &Stored<Grant>,
) -> Result<(Token, Batch), Error<TokenError>> {
    let randomness = flows.store.randomness();
    let successor = Token::new(randomness);
    let mut batch = flows.store.batch();
    batch.replace(old, &old.rotated(presented, &successor, batch.now(), randomness)?);
    batch.create(&refresh_tokens::RefreshToken {
        refresh_token: successor.hash(),
        issued_at: batch.now(),
        state: RefreshTokenState::Active,
        ..old.record.clone()
    });
    // A revocation writes the grant, so that it and this rotation never both commit.
    batch.unchanged(grant);
    if !grant.offline {
        batch.check::<EndedSession>(&context.realm, &grant.session_id, Expectation::Absent);
    }
    let act = Act::TokensRefreshed { grant_id: grant.grant_id };
    flows.record_grant_event(context, &mut batch, grant, act).await?;
    Ok((successor, batch))
}

/// Whoever presents a token that was replaced is a thief, or was robbed: neither may go on.
async fn revoke_family(
    flows: &Flows,
    context: &Context,
    grant: &Grant,
) -> Result<Error<TokenError>, Error<TokenError>> {
    let act = Act::RefreshTokenReused { grant_id: grant.grant_id };
    flows.revoke(context, grant.grant_id, RevocationReason::RefreshTokenReused, act).await?;
    Ok(Error::Refused(TokenError::RefreshTokenReused))
}
