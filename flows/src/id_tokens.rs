//! ID tokens: with what one is signed, and what is believed of one that comes back as a hint (OpenID Connect Core 1.0 §2,
//! §3.1.2.1, §10.1).

use actors::keys::Snapshot;
use protocol::{
    Timestamp, Token,
    client::Client,
    jose::{
        ClientKeys, Expectations, IdTokenAlgorithm, PrivateKey, SharedHint, SharedSigner, SignError,
    },
    master_key::SealError,
    tokens::IdTokenClaims,
};

use crate::{Context, Failure, Flows};

/// What signs the ID tokens of a client.
#[derive(Debug)]
pub(crate) enum IdTokenSigner<'a> {
    /// A key of ours.
    Key(&'a PrivateKey),
    /// The client's secret.
    Shared(SharedSigner),
}

/// What an ID token says that came back.
#[derive(Debug)]
pub(crate) struct Hinted {
    /// Its claims.
    pub(crate) claims: IdTokenClaims,
    /// Whether its client could have written it too, as it has the secret that it is under.
    pub(crate) is_shared: bool,
}

impl IdTokenSigner<'_> {
    /// The algorithm, for the hashes of what comes with the token.
    pub(crate) fn algorithm(&self) -> IdTokenAlgorithm {
        match self {
            Self::Key(key) => key.algorithm().into(),
            Self::Shared(_) => IdTokenAlgorithm::Hs256,
        }
    }

    pub(crate) fn sign(&self, claims: &IdTokenClaims) -> Result<Token, SignError> {
        let token = match self {
            Self::Key(key) => key.sign(claims),
            Self::Shared(secret) => secret.sign(claims),
        };
        token.map(Token::presented)
    }
}

impl Flows {
    /// What signs a client's ID tokens now.
    pub(crate) fn id_token_signer<'a>(
        &self,
        client: &Client,
        (keys, now): (&'a Snapshot, Timestamp),
    ) -> Result<IdTokenSigner<'a>, Failure> {
        let tell = |why: &str| Failure::fault(format_args!("{}: {why}", client.client_id));
        let algorithm = client.id_token_algorithm();
        match algorithm
            .ok_or_else(|| tell("it is registered for an algorithm of a later release"))?
        {
            IdTokenAlgorithm::Key(algorithm) => {
                let key = keys.signing(algorithm, now).ok_or_else(|| {
                    Failure::unavailable(format_args!("no key signs {algorithm} yet"))
                })?;
                Ok(IdTokenSigner::Key(key))
            }
            IdTokenAlgorithm::Hs256 => {
                let signer = client.shared_signer(&self.ring, now)?;
                let signer = signer.ok_or_else(|| tell("it has no secret to sign by HS256"))?;
                Ok(IdTokenSigner::Shared(signer))
            }
        }
    }

    /// What an ID token says that was issued here, to `client` where that is named. It may have expired.
    ///
    /// A client that is registered for HS256 may bring one under its secret; no other may.
    pub(crate) fn read_id_token(
        &self,
        context: &Context,
        client: Option<&Client>,
        hint: &str,
    ) -> Option<Hinted> {
        let audience = client.map(|client| client.client_id.to_string());
        let (issuer, now) = (context.issuer.as_str(), self.store.now());
        let expected = Expectations { issuer, audience: audience.as_deref(), now };
        if let Some(shared) = SharedHint::read(hint) {
            let client = client
                .filter(|client| client.id_token_algorithm() == Some(IdTokenAlgorithm::Hs256))?;
            let claims = shared.verify(&self.shared_keys(client).ok()?, &expected).ok()?;
            return Some(Hinted { claims, is_shared: true });
        }
        let claims = self.keys.snapshot().hints().verify_hint(hint, &expected).ok()?;
        Some(Hinted { claims, is_shared: false })
    }

    fn shared_keys(&self, client: &Client) -> Result<ClientKeys, SealError> {
        let mut secrets = Vec::new();
        for kept in client.secrets() {
            let secret = kept.open(client.client_id, &self.ring)?;
            secrets.extend(secret.map(|secret| (secret, kept.expires_at)));
        }
        Ok(ClientKeys::of_secrets(secrets))
    }
}
