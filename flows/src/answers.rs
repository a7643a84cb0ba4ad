//! Answers as their client is registered for them: signed, encrypted, or both (OpenID Connect Core 1.0 §5.3.2, §10, §16.14).
//!
//! What is registered to be encrypted is encrypted or not told at all.

use protocol::{
    Token,
    client::{Client, EncryptedResponse, OfALaterRelease},
    jose::{Content, EncryptError, EncryptionAlgorithm, KeysNotFetched},
    tokens::UserinfoClaims,
};
use serde_json::{Map, Value};

use crate::{Context, Failure, Flows};

/// What the userinfo endpoint answers.
#[derive(Debug)]
pub enum Userinfo {
    /// The claims as they are.
    Claims(Map<String, Value>),
    /// A token: signed, encrypted, or signed and then encrypted.
    Token(Token),
}

/// Why an answer cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotEncrypted {
    /// By what this release does not know.
    #[error(transparent)]
    OfALaterRelease(#[from] OfALaterRelease),
    /// The client has no key that fits.
    #[error("the client has no key for {0}")]
    NoKey(EncryptionAlgorithm),
    /// They are elsewhere.
    #[error(transparent)]
    NotFetched(#[from] KeysNotFetched),
    /// Its key does not encrypt.
    #[error(transparent)]
    Key(#[from] EncryptError),
}

impl Flows {
    /// An ID token as it is told: encrypted, for a client that is registered so.
    pub(crate) async fn id_token_as_registered(
        &self,
        client: &Client,
        id_token: Token,
    ) -> Result<Token, Failure> {
        match &client.answers.id_token_encryption {
            None => Ok(id_token),
            Some(response) => {
                let content = (Content::Token, id_token.expose().as_bytes());
                self.encrypted(client, response, content).await
            }
        }
    }

    /// What may be told of an end-user, as it is told to this client.
    pub(crate) async fn userinfo_as_registered(
        &self,
        context: &Context,
        client: &Client,
        claims: Map<String, Value>,
    ) -> Result<Userinfo, Failure> {
        let policy = &client.answers;
        let signed = match &policy.userinfo_signed_response_alg {
            None => None,
            Some(algorithm) => {
                let algorithm = algorithm.known().ok_or(OfALaterRelease)?;
                let (keys, now) = (self.keys.snapshot(), self.store.now());
                let key = keys.signing(algorithm, now).ok_or_else(|| {
                    Failure::unavailable(format_args!("no key signs {algorithm} yet"))
                })?;
                let claims = UserinfoClaims::new(&context.issuer, client.client_id, claims.clone());
                Some(Token::presented(key.sign(&claims)?))
            }
        };
        match (&policy.userinfo_encryption, signed) {
            (None, None) => Ok(Userinfo::Claims(claims)),
            (None, Some(signed)) => Ok(Userinfo::Token(signed)),
            (Some(response), Some(signed)) => {
                let content = (Content::Token, signed.expose().as_bytes());
                self.encrypted(client, response, content).await.map(Userinfo::Token)
            }
            (Some(response), None) => {
                let text = serde_json::to_vec(&claims).map_err(Failure::fault)?;
                let content = (Content::Claims, text.as_slice());
                self.encrypted(client, response, content).await.map(Userinfo::Token)
            }
        }
    }

    /// Encrypts for a client.
    async fn encrypted(
        &self,
        client: &Client,
        response: &EncryptedResponse,
        content: (Content, &[u8]),
    ) -> Result<Token, Failure> {
        let tell = |why: NotEncrypted| Failure::fault(format_args!("{}: {why}", client.client_id));
        let encryption = response.known().map_err(|why| tell(why.into()))?;
        let key = self.encryption_key(client, encryption.alg).await;
        let key = key.map_err(|why| tell(why.into()))?;
        let key = key.ok_or_else(|| tell(NotEncrypted::NoKey(encryption.alg)))?;
        let token = key.encrypt(content, encryption.enc).map_err(|why| tell(why.into()))?;
        Ok(Token::presented(token))
    }
}
