//! What is kept of the secrets that we make for clients: a hash, and where the client signs with the secret itself also the
//! secret, sealed (OpenID Connect Core 1.0 §9, `client_secret_jwt`).

use serde::{Deserialize, Serialize};

use super::{Client, IdTokenSigningAlgorithm, TokenEndpointAuthMethod};
use crate::{
    clock::Timestamp,
    id::{ClientId, ClientSecretId},
    jose::{IdTokenAlgorithm, SharedSigner},
    master_key::{KeyRing, Place, SealError, Sealed},
    randomness::Randomness,
    secret::{Secret, Token, TokenHash},
};

/// What is kept of a secret that we made for a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Names it, and has nothing to do with the secret itself. One that was made before ids were, has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<ClientSecretId>,
    /// Recognises it.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The secret itself, of a client that signs with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed<String>>,
}

impl ClientSecret {
    /// What is kept of `secret`, which can then be recognised and not read.
    pub fn new(secret: &Token, created_at: Timestamp) -> Self {
        let hash = secret.hash();
        Self { secret_id: None, hash, created_at, expires_at: None, sealed: None }
    }

    /// Whether it still proves something at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// The same, to be read again by [`Self::open`].
    pub fn readable(
        secret: &Token,
        created_at: Timestamp,
        client_id: ClientId,
        (ring, randomness): (&KeyRing, &dyn Randomness),
    ) -> Result<Self, SealError> {
        let text = secret.expose().to_owned();
        let sealed = ring.seal(&text, place(&client_id.to_string()), randomness)?;
        Ok(Self { sealed: Some(sealed), ..Self::new(secret, created_at) })
    }

    /// The secret itself; nothing where it was not made to be read.
    ///
    /// # Errors
    /// What was sealed is of another client, another master key or another secret.
    pub fn open(&self, client_id: ClientId, ring: &KeyRing) -> Result<Option<Token>, SealError> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        let text = Secret::new(ring.open(sealed, place(&client_id.to_string()))?);
        let secret = Token::presented(text.expose().clone());
        if secret.hash() == self.hash { Ok(Some(secret)) } else { Err(SealError::DoesNotOpen) }
    }
}

impl Client {
    /// What signs its ID tokens with a secret of its own: the one that was made last of those that hold, as while one replaces
    /// another it is the one that will be left. Nothing where none can be read.
    ///
    /// # Errors
    /// It was sealed under another master key.
    pub fn shared_signer(
        &self,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Option<SharedSigner>, SealError> {
        let holding = self.secrets().iter().filter(|secret| secret.holds(now));
        let Some(last) = holding.max_by_key(|secret| secret.created_at) else { return Ok(None) };
        Ok(last.open(self.client_id, ring)?.and_then(SharedSigner::new))
    }
}

fn place(client_id: &str) -> Place<'_> {
    Place { table: "clients", record: client_id, field: "secrets" }
}

impl TokenEndpointAuthMethod {
    /// A new secret for a client of this method; nothing where it proves who it is without one.
    pub fn new_secret(&self, randomness: &dyn Randomness) -> Option<Token> {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost => Some(Token::new(randomness)),
            Self::ClientSecretJwt => Some(Token::new_for_hmac(randomness)),
            Self::PrivateKeyJwt | Self::None | Self::Unknown(_) => None,
        }
    }

    /// Whether we must be able to read the secrets of such a client, because it signs with them.
    pub const fn needs_readable_secret(&self) -> bool {
        matches!(self, Self::ClientSecretJwt)
    }
}

impl Client {
    /// Whether we must be able to read its secrets.
    pub fn needs_readable_secrets(&self) -> bool {
        needs_readable_secrets(
            self.token_endpoint_auth_method(),
            &self.id_token_signed_response_alg,
        )
    }

    pub(super) fn has_readable_secrets(&self) -> bool {
        let secrets = self.secrets();
        !secrets.is_empty() && secrets.iter().all(|secret| secret.sealed.is_some())
    }
}

/// Whether secrets must be kept so that they can be read: the client signs with them, or we do.
pub fn needs_readable_secrets(
    method: &TokenEndpointAuthMethod,
    id_tokens: &IdTokenSigningAlgorithm,
) -> bool {
    method.needs_readable_secret() || id_tokens.known() == Some(IdTokenAlgorithm::Hs256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{master_key::MasterKey, randomness::tests::Counting};

    const NOW: Timestamp = Timestamp::from_seconds(1);

    #[test]
    fn a_readable_secret_opens_for_its_client_only() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let (client_id, other) = (ClientId::new(&randomness), ClientId::new(&randomness));
        let secret = TokenEndpointAuthMethod::ClientSecretJwt.new_secret(&randomness).unwrap();
        let kept = ClientSecret::readable(&secret, NOW, client_id, (&ring, &randomness)).unwrap();
        let opened = kept.open(client_id, &ring).unwrap().unwrap();
        assert_eq!(opened.expose(), secret.expose());
        assert_eq!(kept.open(other, &ring).unwrap_err(), SealError::DoesNotOpen);
        let moved = ClientSecret { hash: Token::presented("another").hash(), ..kept.clone() };
        assert_eq!(moved.open(client_id, &ring).unwrap_err(), SealError::DoesNotOpen);
        let text = serde_json::to_string(&kept).unwrap();
        assert!(!text.contains(secret.expose()));
        assert_eq!(serde_json::from_str::<ClientSecret>(&text).unwrap(), kept);
    }

    #[test]
    fn a_secret_that_is_only_compared_cannot_be_read() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let kept = ClientSecret::new(&Token::new(&randomness), NOW);
        assert!(kept.open(ClientId::new(&randomness), &ring).unwrap().is_none());
    }

    #[test]
    fn a_secret_to_sign_with_is_long_enough_for_every_hmac() {
        let secret = TokenEndpointAuthMethod::ClientSecretJwt.new_secret(&Counting::default());
        assert!(secret.unwrap().expose().len() >= 64);
        let none = [TokenEndpointAuthMethod::PrivateKeyJwt, TokenEndpointAuthMethod::None];
        assert!(none.iter().all(|one| one.new_secret(&Counting::default()).is_none()));
    }
}
