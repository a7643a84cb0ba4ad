//! Signs or keeps what a grant has come to: the access token (RFC 9068, or opaque) and the ID token (OpenID Connect Core
//! 1.0 §2).

use std::time::Duration;

use actors::keys::Snapshot;
use protocol::{
    Timestamp, Token,
    acr::Acr,
    authorize::{self, AuthorizationRequest, GrantedAccessToken},
    client::{AccessTokenFormat, Client, KnownOfEndUser, ResponseType, ToldIn, told},
    jose::{Algorithm, Audience, PrivateKey},
    oauth_error::TokenError,
    resource::audience,
    scope,
    subject::Subjects,
    tokens::{AccessTokenClaims, CustomClaims, IdTokenClaims, Jti, at_hash, c_hash, opaque},
};
use storage::{Batch, Expectation, accounts::Account, grants::Grant, opaque_tokens::OpaqueToken};

use super::{Granted, Holder, Issued};
use crate::{Context, Failure, Flows, failure::Error};

/// What is given by the authorization endpoint at once.
pub(crate) struct AtOnce<'a> {
    /// What was asked.
    pub(crate) request: &'a AuthorizationRequest,
    /// The code that comes with it.
    pub(crate) code: Option<&'a Token>,
    /// What is given.
    pub(crate) grant: Grant,
    /// By whom.
    pub(crate) account: Account,
}

/// What an ID token comes with: it says so, so that neither can be exchanged (OpenID Connect Core 1.0 §3.1.3.6, §3.3.2.11).
#[derive(Clone, Copy, Default)]
struct Beside<'a> {
    access_token: Option<&'a Token>,
    code: Option<&'a Token>,
}

/// In whose name, for whom, and when something is signed.
struct Signing<'a> {
    context: &'a Context,
    client: &'a Client,
    keys: &'a Snapshot,
    subjects: Subjects,
    now: Timestamp,
}

impl Signing<'_> {
    /// The `sub`: of an end-user what this client calls them (OpenID Connect Core 1.0 §8); of a client that acts for itself its
    /// id (RFC 9068 §2.2).
    fn subject(&self, holder: &Holder) -> String {
        match holder {
            Holder::EndUser { grant, .. } => self.subjects.subject(grant.account_id),
            Holder::Client => self.client.client_id.to_string(),
        }
    }

    /// What the client's policy adds.
    fn custom(&self, granted: &Granted, told_in: &ToldIn) -> CustomClaims {
        let claims = &self.client.tokens.claims;
        match &granted.holder {
            _ if claims.is_empty() => CustomClaims::default(),
            Holder::Client => told(claims, told_in, None),
            Holder::EndUser { account, .. } => {
                let (subject, released) =
                    (self.subject(&granted.holder), account.claims.released(&granted.scope));
                let known = KnownOfEndUser { subject: &subject, released: &released };
                told(claims, told_in, Some(known))
            }
        }
    }

    /// What an ID token from the authorization endpoint says beyond itself. Where no access token is ever given, nothing else
    /// would tell the claims of the scopes (OpenID Connect Core 1.0 §5.4).
    fn told_at_once(&self, granted: &Granted, response_type: &ResponseType) -> CustomClaims {
        let told = self.told_in_id_token(granted);
        match &granted.holder {
            Holder::EndUser { account, .. } if *response_type == ResponseType::IdToken => {
                account.claims.released(&granted.scope).into_iter().chain(told).collect()
            }
            _ => told,
        }
    }

    /// What every ID token says beyond itself: what the client asked for one by one, where it still may (§5.5), and what its
    /// policy adds.
    fn told_in_id_token(&self, granted: &Granted) -> CustomClaims {
        let custom = self.custom(granted, &ToldIn::IdToken);
        match &granted.holder {
            Holder::EndUser { grant, account } if !grant.claims.id_token.is_empty() => {
                let asked = grant.claims.within(&self.client.scopes).id_token;
                account.claims.named(&asked).into_iter().chain(custom).collect()
            }
            _ => custom,
        }
    }
}

impl<'a> Signing<'a> {
    /// The key that signs by this algorithm of the client's.
    fn key(&self, algorithm: Option<Algorithm>) -> Result<&'a PrivateKey, Failure> {
        let algorithm = algorithm.ok_or_else(|| {
            let client_id = self.client.client_id;
            Failure::fault(format_args!(
                "{client_id} is registered for an algorithm of a later release"
            ))
        })?;
        let key = self.keys.signing(algorithm, self.now);
        key.ok_or_else(|| Failure::unavailable(format_args!("no key signs {algorithm} yet")))
    }
}

impl Flows {
    /// Makes the tokens. What must be written for them is added to the batch of `granted`.
    #[tracing::instrument(level = "debug", name = "token.sign", skip_all)]
    pub(super) fn sign(
        &self,
        context: &Context,
        client: &Client,
        granted: &mut Granted,
    ) -> Result<Issued, Error<TokenError>> {
        let keys = self.keys.snapshot();
        let subjects = self.subjects(client)?;
        let signing = Signing { context, client, keys: &keys, subjects, now: self.store.now() };
        let mut batch = granted.batch.take();
        let slot = &mut batch;
        let made = self.access_token(&signing, granted, || {
            slot.get_or_insert_with(|| self.batch_beside_grant(context, granted))
        });
        granted.batch = batch;
        let (access_token, expires_in) = made?;
        let id_token = match &granted.holder {
            Holder::EndUser { grant, .. } if granted.scope.contains(scope::OPENID) => {
                let beside = Beside { access_token: Some(&access_token), code: None };
                let told = signing.told_in_id_token(granted);
                Some(self.id_token(&signing, (grant, granted), beside, told)?)
            }
            _ => None,
        };
        let (scope, refresh_token) = (granted.scope.clone(), granted.refresh_token.clone());
        Ok(Issued { access_token, expires_in, scope, refresh_token, id_token })
    }

    /// Makes the tokens that come through the browser. What must be written for them is added to `batch`.
    #[tracing::instrument(level = "debug", name = "token.sign", skip_all)]
    pub(crate) fn sign_at_once(
        &self,
        context: &Context,
        client: &Client,
        batch: &mut Batch,
        at_once: AtOnce<'_>,
    ) -> Result<authorize::Granted, Failure> {
        let AtOnce { request, code, grant, account } = at_once;
        let keys = self.keys.snapshot();
        let subjects = self.subjects(client)?;
        let signing = Signing { context, client, keys: &keys, subjects, now: self.store.now() };
        let scope = grant.scope.clone();
        let granted = Granted {
            holder: Holder::EndUser { grant: Box::new(grant), account: Box::new(account) },
            scope: scope.clone(),
            resources: request.resources.clone(),
            nonce: request.nonce.clone(),
            refresh_token: None,
            batch: None,
        };
        let access_token = match request.response_type.has_token() {
            true => Some(self.access_token(&signing, &granted, || batch)?),
            false => None,
        };
        let id_token = match granted.holder.grant() {
            Some(grant) if request.response_type.has_id_token() => {
                let beside = Beside { access_token: access_token.as_ref().map(|one| &one.0), code };
                let told = signing.told_at_once(&granted, &request.response_type);
                Some(self.id_token(&signing, (grant, &granted), beside, told)?)
            }
            _ => None,
        };
        let given =
            |(access_token, expires_in)| GrantedAccessToken { access_token, expires_in, scope };
        let access_token = access_token.map(given);
        Ok(authorize::Granted { access_token, id_token, ..authorize::Granted::default() })
    }

    /// An access token, and for how long it holds. One that says nothing is kept in `batch`.
    fn access_token<'b>(
        &self,
        signing: &Signing<'_>,
        granted: &Granted,
        batch: impl FnOnce() -> &'b mut Batch,
    ) -> Result<(Token, Duration), Failure> {
        let policy = &signing.client.tokens;
        let expires_in = policy.access_token_lifetime(self.lifetimes.access_token);
        let claims = self.access_token_claims(signing, granted, expires_in);
        let access_token = match policy.access_token_format {
            AccessTokenFormat::Jwt => {
                let key = signing.key(policy.access_token_algorithm())?;
                Token::presented(key.sign(&claims)?)
            }
            AccessTokenFormat::Opaque => self.keep(signing.context, granted, claims, batch()),
        };
        Ok((access_token, expires_in))
    }

    fn access_token_claims(
        &self,
        signing: &Signing<'_>,
        granted: &Granted,
        expires_in: Duration,
    ) -> AccessTokenClaims {
        let Signing { context, client, now, .. } = *signing;
        let of_all = AccessTokenClaims {
            iss: context.issuer.clone(),
            aud: audience(&granted.resources, &granted.scope, &context.issuer),
            sub: signing.subject(&granted.holder),
            client_id: client.client_id,
            iat: now.into(),
            exp: (now + expires_in).into(),
            jti: Jti::new(self.store.randomness()),
            scope: granted.scope.to_string(),
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            sid: None,
            grant_id: None,
            epoch: None,
            custom: signing.custom(granted, &ToldIn::AccessToken),
        };
        match &granted.holder {
            // Nothing else would say what had been taken back from the client before.
            Holder::Client => AccessTokenClaims { epoch: client.tokens_revoked_at, ..of_all },
            Holder::EndUser { grant, .. } => AccessTokenClaims {
                auth_time: Some(grant.authenticated_at.into()),
                acr: Acr::claim(&grant.amr),
                amr: grant.amr.clone(),
                sid: signing.subjects.session_id(grant.session_id),
                grant_id: Some(grant.grant_id),
                ..of_all
            },
        }
    }

    /// Where nothing else must be written: nothing is left behind beside the erasure of an account, which takes the grants
    /// first.
    fn batch_beside_grant(&self, context: &Context, granted: &Granted) -> Batch {
        let mut batch = self.store.batch();
        if let Some(grant) = granted.holder.grant() {
            batch.check::<Grant>(&context.realm, &grant.grant_id, Expectation::Present);
        }
        batch
    }

    /// An access token that says nothing, in the batch of what it is given with.
    fn keep(
        &self,
        context: &Context,
        granted: &Granted,
        claims: AccessTokenClaims,
        batch: &mut Batch,
    ) -> Token {
        let token = opaque::new(self.store.randomness());
        batch.create(&OpaqueToken {
            access_token: token.hash(),
            realm: context.realm.clone(),
            account_id: granted.holder.grant().map(|grant| grant.account_id),
            expires_at: claims.exp.into(),
            claims,
        });
        token
    }

    fn id_token(
        &self,
        signing: &Signing<'_>,
        (grant, granted): (&Grant, &Granted),
        beside: Beside<'_>,
        custom: CustomClaims,
    ) -> Result<Token, Failure> {
        let Signing { context, client, now, .. } = *signing;
        let signer = self.id_token_signer(client, (signing.keys, now))?;
        let lifetime = client.tokens.id_token_lifetime(self.lifetimes.id_token);
        let algorithm = signer.algorithm();
        let claims = IdTokenClaims {
            iss: context.issuer.clone(),
            sub: signing.subject(&granted.holder),
            aud: Audience::One(grant.client_id.to_string()),
            exp: (now + lifetime).into(),
            iat: now.into(),
            auth_time: Some(grant.authenticated_at.into()),
            nonce: granted.nonce.clone(),
            at_hash: beside.access_token.map(|token| at_hash(algorithm, token.expose())),
            c_hash: beside.code.map(|code| c_hash(algorithm, code.expose())),
            acr: Acr::claim(&grant.amr),
            amr: grant.amr.clone(),
            azp: None,
            sid: signing.subjects.session_id(grant.session_id),
            custom,
        };
        Ok(signer.sign(&claims)?)
    }
}

impl Holder {
    fn grant(&self) -> Option<&Grant> {
        match self {
            Self::EndUser { grant, .. } => Some(grant),
            Self::Client => None,
        }
    }
}
