//! What operators see of a client: never a secret, but for the one that was made by the request that is answered.

use flows::admin::clients::{ClientMetadata, MadeClient};
use poem_openapi::{Object, types::Example};
use protocol::{Timestamp, client::Client};

use super::{metadata::ClientBody, secrets::EXAMPLE_SECRET};
use crate::admin::written::Written;

/// The id in examples.
pub(super) const EXAMPLE_ID: &str = "cli_0123456789abcdef0123456789abcdef";

/// A client, as operators see it.
#[derive(Debug, Object)]
#[oai(rename = "Client", skip_serializing_if_is_none, example)]
pub(super) struct ClientView {
    /// Its id. Never given to another.
    client_id: String,
    /// When it was registered.
    created_at: Written<Timestamp>,
    /// Since when it may do nothing.
    disabled_at: Option<Written<Timestamp>>,
    /// What it was given before holds no more.
    tokens_revoked_at: Option<Written<Timestamp>>,
    #[oai(flatten)]
    chosen: ClientBody,
}

/// A client, with the secret that was made for it.
#[derive(Debug, Object)]
#[oai(rename = "MadeClient", skip_serializing_if_is_none, example)]
pub(super) struct MadeClientView {
    #[oai(flatten)]
    client: ClientView,
    /// Its new secret, if one was made. It is not kept, and nobody can be shown it again.
    client_secret: Option<String>,
    /// What the secret is called.
    client_secret_id: Option<String>,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.client_id.to_string(),
            created_at: client.created_at.into(),
            disabled_at: client.disabled_at.map(Written),
            tokens_revoked_at: client.tokens_revoked_at.map(Written),
            chosen: ClientMetadata::of(&client).into(),
        }
    }
}

impl From<MadeClient> for MadeClientView {
    fn from(MadeClient { client, secret }: MadeClient) -> Self {
        Self {
            client: client.into(),
            client_secret_id: secret.as_ref().map(|secret| secret.secret_id.to_string()),
            client_secret: secret.map(|secret| secret.secret.expose().to_owned()),
        }
    }
}

impl Example for ClientView {
    fn example() -> Self {
        Self {
            client_id: EXAMPLE_ID.into(),
            created_at: Timestamp::from_seconds(1_789_000_000).into(),
            disabled_at: None,
            tokens_revoked_at: None,
            chosen: ClientBody::example(),
        }
    }
}

impl Example for MadeClientView {
    fn example() -> Self {
        let (secret_id, secret) = EXAMPLE_SECRET;
        Self {
            client: ClientView::example(),
            client_secret: Some(secret.into()),
            client_secret_id: Some(secret_id.into()),
        }
    }
}
