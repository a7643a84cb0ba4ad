//! `/admin/v1/clients/{client_id}/secrets`: what clients prove who they are with. Each is shown once, when it is made.

use std::time::Duration;

use flows::{
    Context,
    admin::{
        Administrator,
        clients::{ClientSecrets, ListedSecret, MadeSecret, OVERLAP_MAX},
    },
};
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use protocol::{ClientSecretId, Timestamp};

use super::{id, refused};
use crate::{
    Provider,
    admin::{
        admitted::{Admitted, ClientsRead, ClientsWrite},
        answer::{Changed, Created, Done, Found, Listed, Looked},
        body::JsonOf,
        conditional::{ETag, IfMatch, Once},
        written::Written,
    },
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on the secrets of a client.
pub(crate) struct ClientSecretsApi(pub(crate) Provider);

/// The id and the text of a secret in examples.
pub(super) const EXAMPLE_SECRET: (&str, &str) =
    ("sec_0123456789abcdef0123456789abcdef", "shown-once-and-never-kept");

#[OpenApi(prefix_path = "/admin/v1/clients", tag = "Tag::Clients")]
impl ClientSecretsApi {
    /// List the secrets of a client
    ///
    /// Their ids and instants: the secrets themselves are not kept. The ETag is the client's.
    #[oai(path = "/:client_id/secrets", method = "get", operation_id = "list_client_secrets")]
    async fn list(
        &self,
        admitted: Admitted<ClientsRead>,
        /// The client's id.
        client_id: Path<String>,
    ) -> Looked<Found<Listed<SecretView>>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let ClientSecrets { secrets, version } =
                    self.secrets(&by, &context, &client_id).await?;
                let items = secrets.into_iter().map(SecretView::from).collect();
                Ok(Found { body: Listed { items, next: None }, etag: ETag::of(&version) })
            }
            .await,
        )
    }

    /// Find a secret of a client
    ///
    /// Its id and instants: the secret itself is not kept. The ETag is the client's.
    #[oai(
        path = "/:client_id/secrets/:secret_id",
        method = "get",
        operation_id = "find_client_secret"
    )]
    async fn find(
        &self,
        admitted: Admitted<ClientsRead>,
        /// The client's id.
        client_id: Path<String>,
        /// The secret's id.
        secret_id: Path<String>,
    ) -> Looked<Found<SecretView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let ClientSecrets { secrets, version } =
                    self.secrets(&by, &context, &client_id).await?;
                let mut found = secrets.into_iter().map(SecretView::from);
                let found = found.find(|view| view.secret_id == *secret_id);
                let body = found.ok_or_else(|| Problem::new(&context, ProblemCode::NotFound))?;
                Ok(Found { body, etag: ETag::of(&version) })
            }
            .await,
        )
    }

    /// Make another secret for a client
    ///
    /// The answer shows it, and nobody can be shown it again. The secrets before it go on holding for the overlap, so that
    /// the application can be given the new one meanwhile. At most four hold at a time.
    #[oai(path = "/:client_id/secrets", method = "post", operation_id = "create_client_secret")]
    async fn create(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// Chosen by the caller: however often it is sent, one secret is made, and the answer is the same for a day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<NewSecret>,
    ) -> Changed<Created<MadeSecretView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let client_id = id(&context, &client_id)?;
                let overlap = Duration::from_secs(body.value.overlap_seconds.into());
                if overlap > OVERLAP_MAX {
                    let why = format!("overlap_seconds is at most {}", OVERLAP_MAX.as_secs());
                    return Err(Problem::because(&context, ProblemCode::Unprocessable, why));
                }
                let creation = once.creation("create_client_secret", &body.bytes);
                let made =
                    self.0.flows.add_client_secret(&by, &creation, (client_id, overlap)).await;
                let made = made.map_err(|error| refused(&context, &error))?.into_inner();
                let location = format!("/admin/v1/clients/{client_id}/secrets/{}", made.secret_id);
                Ok(Created { body: made.into(), location })
            }
            .await,
        )
    }

    /// Delete a secret of a client
    ///
    /// It proves nothing from now on, on every node. It cannot be deleted where no other one holds as long.
    #[oai(
        path = "/:client_id/secrets/:secret_id",
        method = "delete",
        operation_id = "delete_client_secret"
    )]
    async fn delete(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// The secret's id.
        secret_id: Path<String>,
        /// The ETag of the client upon which the deletion was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let client_id = id(&context, &client_id)?;
                let secret_id: Result<ClientSecretId, _> = secret_id.parse();
                let secret_id =
                    secret_id.map_err(|_| Problem::new(&context, ProblemCode::NotFound))?;
                let client = (client_id, upon.0);
                let done = self.0.flows.remove_client_secret(&by, client, secret_id).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }
}

impl ClientSecretsApi {
    async fn secrets(
        &self,
        by: &Administrator,
        context: &Context,
        client_id: &str,
    ) -> Result<ClientSecrets, Problem> {
        let secrets = self.0.flows.client_secrets(by, id(context, client_id)?).await;
        let secrets = secrets.map_err(|failure| Problem::failed(context, &failure))?;
        secrets.ok_or_else(|| Problem::new(context, ProblemCode::NotFound))
    }
}

/// How another secret is made.
#[derive(Debug, Object)]
#[oai(rename = "NewClientSecret", deny_unknown_fields, example)]
pub(crate) struct NewSecret {
    /// For how long the secrets before it go on holding: 0 ends them at once. At most 90 days; a day by default.
    #[oai(default = "overlap_seconds", validator(maximum(value = "7776000")))]
    overlap_seconds: u32,
}

const fn overlap_seconds() -> u32 {
    24 * 3600
}

/// A secret of a client, without the secret.
#[derive(Debug, Object)]
#[oai(rename = "ClientSecret", skip_serializing_if_is_none, example)]
pub(crate) struct SecretView {
    /// What it is called; tells nothing of the secret.
    secret_id: String,
    /// When it was made.
    created_at: Written<Timestamp>,
    /// From when on it proves nothing.
    expires_at: Option<Written<Timestamp>>,
}

/// A secret that was made for a client.
#[derive(Debug, Object)]
#[oai(rename = "MadeClientSecret", example)]
pub(crate) struct MadeSecretView {
    /// What it is called; tells nothing of the secret.
    secret_id: String,
    /// The secret. Nobody can be shown it again.
    client_secret: String,
    /// When it was made.
    created_at: Written<Timestamp>,
}

impl From<ListedSecret> for SecretView {
    fn from(secret: ListedSecret) -> Self {
        Self {
            secret_id: secret.secret_id.to_string(),
            created_at: secret.created_at.into(),
            expires_at: secret.expires_at.map(Written),
        }
    }
}

impl From<MadeSecret> for MadeSecretView {
    fn from(made: MadeSecret) -> Self {
        Self {
            secret_id: made.secret_id.to_string(),
            client_secret: made.secret.expose().to_owned(),
            created_at: made.created_at.into(),
        }
    }
}

impl Example for NewSecret {
    fn example() -> Self {
        Self { overlap_seconds: 3600 }
    }
}

impl Example for SecretView {
    fn example() -> Self {
        Self {
            secret_id: EXAMPLE_SECRET.0.into(),
            created_at: Timestamp::from_seconds(1_789_000_000).into(),
            expires_at: None,
        }
    }
}

impl Example for MadeSecretView {
    fn example() -> Self {
        Self {
            secret_id: EXAMPLE_SECRET.0.into(),
            client_secret: EXAMPLE_SECRET.1.into(),
            created_at: Timestamp::from_seconds(1_789_000_000).into(),
        }
    }
}
