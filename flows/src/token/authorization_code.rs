//! The grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5, OpenID Connect Core 1.0 §3.1.3).

use std::time::Duration;

use protocol::{
    GrantId, Token,
    client::{ACCESS_TOKEN_LIFETIME_MAX, Client, GrantType},
    event::Act,
    jose::LEEWAY,
    mutant::Mutant,
    oauth_error::TokenError,
    parameters::Parameters,
    pkce::{self, CodeVerifier},
    resource::{self, Resources},
    scope::{self, ScopeSet},
    sign_in::permitted,
};
use storage::{
    Batch, Expectation, Stored,
    accounts::Account,
    codes::{Code, CodeState},
    grants::{Grant, RevocationReason},
    refresh_tokens::{RefreshToken, RefreshTokenState},
    sessions::Session,
};

use super::{Granted, Holder, Hook, still_allowed};
use crate::{Context, Flows, client_authentication::Authenticated, failure::Error};

/// For how long a second use of a code is still noticed. It travels through a browser; who has it tries it soon.
const USE_REMEMBERED: Duration = Duration::from_secs(24 * 3600);

pub(super) struct AuthorizationCode;

impl Hook for AuthorizationCode {
    async fn judge(
        flows: &Flows,
        context: &Context,
        client: &Authenticated,
        parameters: &Parameters,
    ) -> Result<Granted, Error<TokenError>> {
        let presented = parameters.get("code").map_err(Error::refused)?;
        let presented =
            Token::presented(presented.ok_or(Error::Refused(TokenError::Missing("code")))?);
        let code = flows.store.code(&context.realm, &presented.hash()).await?;
        let code = code.ok_or(Error::Refused(TokenError::CodeUnknown))?;
        if code.client_id != client.client_id {
            return Err(Error::Refused(TokenError::CodeOfAnotherClient));
        }
        if let CodeState::Redeemed { grant_id } = code.state
            && !Mutant::CodeSingleUse.is_out()
        {
            // The use of an assertion is written with that of its code: who replays both is nobody, and ends nothing.
            flows.not_used_before(client).await?;
            let act = Act::CodeReused { grant_id };
            flows.revoke(context, grant_id, RevocationReason::CodeReused, act).await?;
            return Err(Error::Refused(TokenError::CodeReused));
        }
        judge_binding(&code, parameters)?;
        let resources = resource::narrowed(&code.resources, parameters, client, &context.issuer);
        let resources = resources.map_err(Error::refused)?;
        redeem(flows, context, client, (code, resources)).await
    }
}

/// Whether who presents the code is who asked for it (RFC 6749 §4.1.3, RFC 7636 §4.6).
fn judge_binding(code: &Code, parameters: &Parameters) -> Result<(), Error<TokenError>> {
    let redirect_uri = parameters.get("redirect_uri").map_err(Error::refused)?;
    // It was always in the authorization request here, so it must always be repeated.
    let redirect_uri = redirect_uri.ok_or(Error::Refused(TokenError::Missing("redirect_uri")))?;
    if redirect_uri != code.redirect_uri {
        return Err(Error::Refused(TokenError::RedirectUriMismatch));
    }
    let verifier = parameters.get("code_verifier").map_err(Error::refused)?;
    let verifier = verifier.map(|text| CodeVerifier::parse(text.to_owned())).transpose();
    let judged =
        verifier.and_then(|verifier| pkce::verify(code.code_challenge.as_ref(), verifier.as_ref()));
    judged.map_err(Error::refused)
}

async fn redeem(
    flows: &Flows,
    context: &Context,
    client: &Client,
    (code, resources): (Stored<Code>, Resources),
) -> Result<Granted, Error<TokenError>> {
    let account = flows.active_account(context, code.account_id).await?;
    let account = account.ok_or(Error::Refused(TokenError::AccountDisabled))?;
    // A code is as dead as all that was given when it was issued. One that is redeemed beside such a revocation hands on
    // what it knew of, so that its grant is dead too.
    if !code.epochs.hold(&account.epochs(client), false) {
        return Err(Error::Refused(TokenError::CodeExpired));
    }
    // Who signed out between the two halves of the flow gives nothing any more.
    let session = flows.store.session(&context.realm, code.session_id).await?;
    let session = session.ok_or(Error::Refused(TokenError::CodeExpired))?;
    let may_refresh = client.may_use(&GrantType::RefreshToken);
    let scope = still_allowed(&code.scope, client)?;
    let permissions = flows.permissions(context, code.account_id, &scope).await?;
    let scope = permitted(&scope, permissions.as_ref());
    let mut batch = flows.store.batch();
    let refreshable = if may_refresh {
        client.tokens.refresh_token_lifetime(flows.lifetimes.refresh_token)
    } else {
        Duration::ZERO
    };
    let at_once = flows.given_at_once(context, &code).await?;
    let grant = flows.grant_for(&batch, (&code, scope), (&session, refreshable));
    let grant = match &at_once {
        Some(before) => joined(grant, before),
        None => grant,
    };
    let redeemed = Code {
        state: CodeState::Redeemed { grant_id: grant.grant_id },
        expires_at: batch.now() + USE_REMEMBERED,
        ..code.record.clone()
    };
    if Mutant::CodeSingleUse.is_out() {
        batch.overwrite(&redeemed);
    } else {
        batch.replace(&code, &redeemed);
    }
    batch.check::<Session>(&context.realm, &code.session_id, Expectation::Present);
    // Nor does who was erased.
    batch.check::<Account>(&context.realm, &code.account_id, Expectation::Present);
    match &at_once {
        Some(before) => batch.replace(before, &grant),
        None => batch.create(&grant),
    };
    let refresh_token = may_refresh.then(|| Token::new(flows.store.randomness()));
    if let Some(token) = &refresh_token {
        batch.create(&first_refresh_token(&batch, &grant, token));
    }
    let act = Act::CodeRedeemed { grant_id: grant.grant_id };
    flows.record_grant_event(context, &mut batch, &grant, act).await?;
    let (scope, nonce) = (grant.scope.clone(), code.nonce.clone());
    let holder = Holder::EndUser { grant: Box::new(grant), account: Box::new(account.record) };
    Ok(Granted { holder, scope, resources, nonce, refresh_token, batch: Some(batch) })
}

/// What was given at once with the code, as it goes on with what the code gives.
fn joined(grant: Grant, at_once: &Grant) -> Grant {
    Grant {
        grant_id: at_once.grant_id,
        given_at: at_once.given_at,
        revoked_access_tokens: at_once.revoked_access_tokens.clone(),
        ..grant
    }
}

fn first_refresh_token(batch: &Batch, grant: &Grant, token: &Token) -> RefreshToken {
    RefreshToken {
        refresh_token: token.hash(),
        realm: grant.realm.clone(),
        grant_id: grant.grant_id,
        client_id: grant.client_id,
        account_id: grant.account_id,
        issued_at: batch.now(),
        expires_at: grant.refreshable_until,
        state: RefreshTokenState::Active,
    }
}

impl Flows {
    /// The grant of the tokens that came with the code. What was taken back cannot be redeemed either.
    async fn given_at_once(
        &self,
        context: &Context,
        code: &Code,
    ) -> Result<Option<Stored<Grant>>, Error<TokenError>> {
        let Some(grant_id) = code.grant_id else { return Ok(None) };
        let grant = self.stored_live_grant(context, grant_id).await?;
        grant.map(Some).ok_or(Error::Refused(TokenError::GrantRevoked))
    }

    fn grant_for(
        &self,
        batch: &Batch,
        (code, scope): (&Code, ScopeSet),
        (session, refreshable): (&Session, Duration),
    ) -> Grant {
        let offline = scope.contains(scope::OFFLINE_ACCESS);
        let refreshable_until = batch.now() + refreshable;
        // What does not outlive the session ends with it at the latest (OpenID Connect Core 1.0 §11).
        let refreshable_until =
            if offline { refreshable_until } else { refreshable_until.min(session.ends_at) };
        Grant {
            grant_id: GrantId::new(self.store.randomness()),
            realm: code.realm.clone(),
            client_id: code.client_id,
            account_id: code.account_id,
            session_id: code.session_id,
            offline,
            scope,
            authenticated_at: code.authenticated_at,
            amr: code.amr.clone(),
            given_at: batch.now(),
            refreshable_until,
            // The last access token of it is issued at the latest then.
            expires_at: refreshable_until + ACCESS_TOKEN_LIFETIME_MAX + LEEWAY,
            revoked: None,
            revoked_access_tokens: Default::default(),
            resources: code.resources.clone(),
            epochs: code.epochs,
            claims: code.claims.clone(),
        }
    }
}
