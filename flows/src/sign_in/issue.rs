//! The last step: a code for the client (RFC 6749 §4.1.2), and the memory of what was allowed.

use protocol::{
    Token,
    authorize::{AuthorizationRequest, Granted},
    client::Client,
    scope::ScopeSet,
    sign_in::{Issue, SessionFacts},
};
use storage::{
    Batch, Expectation,
    accounts::Account,
    codes::{Code, CodeState},
    consents::Consent,
};

use crate::{Context, Failure, Flows};

/// Puts what `client` gets into `batch`: a code. It is the client's once the batch is committed.
#[tracing::instrument(level = "debug", name = "codes.put", skip_all)]
pub(crate) async fn issue(
    flows: &Flows,
    context: &Context,
    batch: &mut Batch,
    (client, request): (&Client, &AuthorizationRequest),
    granted: Issue,
) -> Result<Granted, Failure> {
    let Issue { session, scope, allowed, epochs, .. } = granted;
    if let Some(allowed) = allowed {
        remember(flows, context, batch, (request, &session), &allowed).await?;
    }
    // Nothing is left behind by a sign-in beside the erasure of its account.
    if !batch.writes::<Account>(&context.realm, &session.account_id) {
        batch.check::<Account>(&context.realm, &session.account_id, Expectation::Present);
    }
    flows.join_session(context, batch, (client, &session)).await?;
    let session_state = flows.session_state(context, request, session.session_id);
    let code = Token::new(flows.store.randomness());
    batch.create(&Code {
        code: code.hash(),
        realm: context.realm.clone(),
        client_id: request.client_id,
        redirect_uri: request.redirect_uri.as_str().into(),
        code_challenge: request.code_challenge,
        nonce: request.nonce.clone(),
        scope,
        resources: request.resources.clone(),
        epochs,
        account_id: session.account_id,
        session_id: session.session_id,
        authenticated_at: session.authenticated_at,
        amr: session.amr,
        issued_at: batch.now(),
        expires_at: batch.now() + flows.lifetimes.code,
        state: CodeState::Issued,
    });
    Ok(Granted { code: Some(code), session_state })
}

/// Adds what was allowed now to what was allowed before.
async fn remember(
    flows: &Flows,
    context: &Context,
    batch: &mut Batch,
    (request, session): (&AuthorizationRequest, &SessionFacts),
    allowed: &ScopeSet,
) -> Result<(), Failure> {
    let (account_id, client_id) = (session.account_id, request.client_id);
    let before = flows.store.consent(&context.realm, account_id, client_id).await?;
    let scope = match &before {
        Some(before) => before.scope.union(allowed).unwrap_or_else(|_| allowed.clone()),
        None => allowed.clone(),
    };
    let consent = Consent {
        account_id,
        client_id,
        realm: context.realm.clone(),
        scope,
        given_at: batch.now(),
    };
    match &before {
        Some(before) => batch.replace(before, &consent),
        None => batch.create(&consent),
    };
    Ok(())
}
