//! The last step: what the client asked for (RFC 6749 §4.1.2, OpenID Connect Core 1.0 §3.2.2.5, §3.3.2.5), and the memory of
//! what was allowed.

use protocol::{
    GrantId, Token,
    authorize::{AuthorizationRequest, Granted},
    client::Client,
    sign_in::{Allowed, Issue, SessionFacts},
};
use storage::{
    Batch, Expectation,
    accounts::Account,
    codes::{Code, CodeState},
    consents::Consent,
};

use crate::{Context, Failure, Flows};

/// Puts what `client` gets into `batch`: a code, tokens, or both. It is the client's once the batch is committed.
#[tracing::instrument(level = "debug", name = "codes.put", skip_all)]
pub(crate) async fn issue(
    flows: &Flows,
    context: &Context,
    batch: &mut Batch,
    (client, request): (&Client, &AuthorizationRequest),
    mut granted: Issue,
) -> Result<Granted, Failure> {
    if let Some(allowed) = granted.allowed.take() {
        remember(flows, context, batch, (request, &granted.session), &allowed).await?;
    }
    // Nothing is left behind by a sign-in beside the erasure of its account.
    let account_id = granted.session.account_id;
    if !batch.writes::<Account>(&context.realm, &account_id) {
        batch.check::<Account>(&context.realm, &account_id, Expectation::Present);
    }
    flows.join_session(context, batch, (client, &granted.session)).await?;
    let session_state = flows.session_state(context, request, granted.session.session_id);
    let response_type = &request.response_type;
    let code = response_type.has_code().then(|| Token::new(flows.store.randomness()));
    if !response_type.is_front_channel() {
        let code = put_code(flows, context, batch, (request, granted), (code, None));
        return Ok(Granted { code, session_state, ..Granted::default() });
    }
    let asked = (client, request, code.as_ref());
    // Boxed: what most answers do not need would make every sign-in as large.
    let giving = Box::pin(flows.give_at_once(context, batch, asked, &granted));
    let (grant_id, at_once) = giving.await?;
    let code = put_code(flows, context, batch, (request, granted), (code, Some(grant_id)));
    Ok(Granted { code, session_state, ..at_once })
}

/// Puts the code, where there is one. It becomes the grant that was given at once with it, or else one of its own.
fn put_code(
    flows: &Flows,
    context: &Context,
    batch: &mut Batch,
    (request, granted): (&AuthorizationRequest, Issue),
    (code, grant_id): (Option<Token>, Option<GrantId>),
) -> Option<Token> {
    let Issue { session, scope, claims, epochs, .. } = granted;
    let code = code?;
    batch.create(&Code {
        code: code.hash(),
        realm: context.realm.clone(),
        client_id: request.client_id,
        redirect_uri: request.redirect_uri.as_str().into(),
        code_challenge: request.code_challenge,
        nonce: request.nonce.clone(),
        scope,
        claims,
        resources: request.resources.clone(),
        epochs,
        account_id: session.account_id,
        session_id: session.session_id,
        authenticated_at: session.authenticated_at,
        amr: session.amr,
        issued_at: batch.now(),
        expires_at: batch.now() + flows.lifetimes.code,
        state: CodeState::Issued,
        grant_id,
    });
    Some(code)
}

/// Adds what was allowed now to what was allowed before.
async fn remember(
    flows: &Flows,
    context: &Context,
    batch: &mut Batch,
    (request, session): (&AuthorizationRequest, &SessionFacts),
    allowed: &Allowed,
) -> Result<(), Failure> {
    let (account_id, client_id) = (session.account_id, request.client_id);
    let before = flows.store.consent(&context.realm, account_id, client_id).await?;
    let Allowed { scope, claims } = allowed;
    let (scope, claims) = match &before {
        Some(before) => (
            before.scope.union(scope).unwrap_or_else(|_| scope.clone()),
            before.claims.union(claims),
        ),
        None => (scope.clone(), claims.clone()),
    };
    let (realm, given_at) = (context.realm.clone(), batch.now());
    let consent = Consent { account_id, client_id, realm, scope, claims, given_at };
    match &before {
        Some(before) => batch.replace(before, &consent),
        None => batch.create(&consent),
    };
    Ok(())
}
