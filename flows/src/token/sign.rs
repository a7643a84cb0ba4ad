//! Signs or keeps what a grant has come to: the access token (RFC 9068, or opaque) and the ID token (OpenID Connect Core
//! 1.0 §2).

use std::time::Duration;

use actors::keys::Snapshot;
use protocol::{
    Timestamp, Token,
    acr::Acr,
    client::{AccessTokenFormat, Client, KnownOfEndUser, ToldIn, told},
    jose::{Algorithm, Audience, PrivateKey},
    oauth_error::TokenError,
    resource::audience,
    scope,
    subject::Subjects,
    tokens::{AccessTokenClaims, CustomClaims, IdTokenClaims, Jti, at_hash, opaque},
};
use storage::{Expectation, grants::Grant, opaque_tokens::OpaqueToken};

use super::{Granted, Holder, Issued};
use crate::{Context, Failure, Flows, failure::Error};

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
        let expires_in = client.tokens.access_token_lifetime(self.lifetimes.access_token);
        let claims = self.access_token_claims(&signing, granted, expires_in);
        let access_token = match client.tokens.access_token_format {
            AccessTokenFormat::Jwt => {
                let key = signing.key(client.tokens.access_token_algorithm())?;
                Token::presented(key.sign(&claims).map_err(Failure::from)?)
            }
            AccessTokenFormat::Opaque => self.keep(context, granted, claims),
        };
        let id_token = match &granted.holder {
            Holder::EndUser { grant, .. } if granted.scope.contains(scope::OPENID) => {
                Some(self.id_token(&signing, granted, (grant, &access_token))?)
            }
            _ => None,
        };
        let (scope, refresh_token) = (granted.scope.clone(), granted.refresh_token.clone());
        Ok(Issued { access_token, expires_in, scope, refresh_token, id_token })
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

    /// An access token that says nothing, in the batch of what it is given with.
    fn keep(&self, context: &Context, granted: &mut Granted, claims: AccessTokenClaims) -> Token {
        let token = opaque::new(self.store.randomness());
        let whose = granted.holder.grant().map(|grant| (grant.grant_id, grant.account_id));
        let batch = granted.batch.get_or_insert_with(|| {
            let mut batch = self.store.batch();
            // Nothing is left behind beside the erasure of an account, which takes the grants first.
            if let Some((grant_id, _)) = &whose {
                batch.check::<Grant>(&context.realm, grant_id, Expectation::Present);
            }
            batch
        });
        batch.create(&OpaqueToken {
            access_token: token.hash(),
            realm: context.realm.clone(),
            account_id: whose.map(|(_, account_id)| account_id),
            expires_at: claims.exp.into(),
            claims,
        });
        token
    }

    fn id_token(
        &self,
        signing: &Signing<'_>,
        granted: &Granted,
        (grant, access_token): (&Grant, &Token),
    ) -> Result<Token, Failure> {
        let Signing { context, client, now, .. } = *signing;
        let signer = self.id_token_signer(client, (signing.keys, now))?;
        let lifetime = client.tokens.id_token_lifetime(self.lifetimes.id_token);
        let claims = IdTokenClaims {
            iss: context.issuer.clone(),
            sub: signing.subject(&granted.holder),
            aud: Audience::One(grant.client_id.to_string()),
            exp: (now + lifetime).into(),
            iat: now.into(),
            auth_time: Some(grant.authenticated_at.into()),
            nonce: granted.nonce.clone(),
            at_hash: Some(at_hash(signer.algorithm(), access_token.expose())),
            c_hash: None,
            acr: Acr::claim(&grant.amr),
            amr: grant.amr.clone(),
            azp: None,
            sid: signing.subjects.session_id(grant.session_id),
            custom: signing.custom(granted, &ToldIn::IdToken),
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
