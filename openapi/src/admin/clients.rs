//! `/admin/v1/clients`: the applications that are registered.

mod answers;
mod metadata;
mod parts;
pub(super) mod secrets;
mod view;

use flows::{
    Context, Error,
    admin::{
        Cursor,
        clients::{ChangedClient, ClientMetadata, ClientRefused},
    },
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use protocol::ClientId;

use self::{
    metadata::ClientBody,
    view::{ClientView, MadeClientView},
};
use super::{
    admitted::{Admitted, ClientsRead, ClientsWrite},
    answer::{Changed, Created, Done, Found, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::{ETag, IfMatch, Once},
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on clients.
pub(crate) struct ClientsApi(pub(crate) Provider);

#[OpenApi(prefix_path = "/admin/v1/clients", tag = "Tag::Clients")]
impl ClientsApi {
    /// List clients
    ///
    /// In the order of their ids, at most 100 a page. Secrets are never listed.
    #[oai(path = "/", method = "get", operation_id = "list_clients")]
    async fn list(
        &self,
        admitted: Admitted<ClientsRead>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Told<Listed<ClientView>>> {
        let Admitted { by, context, .. } = admitted;
        let after = after.0.map(Cursor::presented);
        Looked(match self.0.flows.clients(&by, after.as_ref()).await {
            Ok(list) => Ok(Told(Listed::of(list, |client| client.record.into()))),
            Err(error) => Err(refused_cursor(&context, &error)),
        })
    }

    /// Find a client
    #[oai(path = "/:client_id", method = "get", operation_id = "find_client")]
    async fn find(
        &self,
        admitted: Admitted<ClientsRead>,
        /// The client's id.
        client_id: Path<String>,
    ) -> Looked<Found<ClientView>> {
        let Admitted { by, context, .. } = admitted;
        Looked(
            async {
                let client = self.0.flows.client(&by, id(&context, &client_id)?).await;
                let client = client.map_err(|failure| Problem::failed(&context, &failure))?;
                let client = client.ok_or_else(|| Problem::new(&context, ProblemCode::NotFound))?;
                Ok(Found { etag: ETag::of(&client.version), body: client.record.into() })
            }
            .await,
        )
    }

    /// Create a client
    ///
    /// What is left out has the default that is named. A client that authenticates with a secret is given one; the answer
    /// shows it, and nobody can be shown it again. A scope that is a permission of this API can only be given by who has
    /// that permission.
    #[oai(path = "/", method = "post", operation_id = "create_client")]
    async fn create(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// Chosen by the caller: however often it is sent, the client is created once, and the answer is the same for a day.
        #[oai(name = "Idempotency-Key")]
        once: Once,
        body: JsonOf<ClientBody>,
    ) -> Changed<Created<MadeClientView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let chosen = self.chosen(&context, body.value)?;
                let creation = once.creation("create_client", &body.bytes);
                let made = self.0.flows.create_client(&by, &creation, chosen).await;
                let made = made.map_err(|error| refused(&context, &error))?.into_inner();
                let location = format!("/admin/v1/clients/{}", made.client.client_id);
                Ok(Created { body: made.into(), location })
            }
            .await,
        )
    }

    /// Change a client
    ///
    /// Everything that can be chosen is replaced: what is left out has its default again, not the value that it had. Who
    /// changes a client must have every permission of this API that is among its scopes, before and after. Where the client
    /// authenticates in another way than before, secrets that are of no use for that end, and if it needs one, one is made
    /// and shown in this answer only.
    #[oai(path = "/:client_id", method = "put", operation_id = "replace_client")]
    async fn replace(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
        body: JsonOf<ClientBody>,
    ) -> Changed<Found<MadeClientView>> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let client_id = id(&context, &client_id)?;
                let chosen = self.chosen(&context, body.value)?;
                let changed = self.0.flows.replace_client(&by, (client_id, upon.0), chosen).await;
                let ChangedClient { made, version } =
                    changed.map_err(|error| refused(&context, &error))?;
                Ok(Found { body: made.into(), etag: ETag::of(&version) })
            }
            .await,
        )
    }

    /// Disable a client
    ///
    /// From now on it may do nothing: requests and tokens of it are refused at once, on every node. Whoever disables a client
    /// must have every permission that it may be given. Done again it changes nothing.
    #[oai(path = "/:client_id/disable", method = "post", operation_id = "disable_client")]
    async fn disable(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let done = self.0.flows.disable_client(&by, id(&context, &client_id)?).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Enable a client
    ///
    /// It may do again what it may. What it was given before it was disabled holds again, as long as it has not expired.
    #[oai(path = "/:client_id/enable", method = "post", operation_id = "enable_client")]
    async fn enable(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let done = self.0.flows.enable_client(&by, id(&context, &client_id)?).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }

    /// Delete a client
    ///
    /// With its secrets and settings. Its tokens and grants are refused at once, on every node, and its id is never given
    /// again. Whoever deletes a client must have every permission that it may be given. The client of the documentation page
    /// cannot be deleted, only disabled.
    #[oai(path = "/:client_id", method = "delete", operation_id = "delete_client")]
    async fn delete(
        &self,
        admitted: Admitted<ClientsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// The ETag of the state upon which the deletion was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatch,
    ) -> Changed<Done> {
        let Admitted { by, context, .. } = admitted;
        Changed(
            async {
                let client_id = id(&context, &client_id)?;
                let done = self.0.flows.delete_client(&by, (client_id, upon.0)).await;
                done.map(|()| Done).map_err(|error| refused(&context, &error))
            }
            .await,
        )
    }
}

impl ClientsApi {
    /// What was chosen, where this installation may register it.
    fn chosen(&self, context: &Context, body: ClientBody) -> Result<ClientMetadata, Problem> {
        let refused = |why| Problem::because(context, ProblemCode::Unprocessable, why);
        let chosen = body.chosen(self.0.registration()).map_err(refused)?;
        chosen.judge(&context.issuer).map_err(|why| refused(why.to_string()))?;
        Ok(chosen)
    }
}

/// The client's id in a path. What is none is the id of nobody.
fn id(context: &Context, text: &str) -> Result<ClientId, Problem> {
    text.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))
}

/// Why nothing was done.
fn refused(context: &Context, error: &Error<ClientRefused>) -> Problem {
    let why = match error {
        Error::Failed(failure) => return Problem::failed(context, failure),
        Error::Refused(why) => why,
    };
    let code = match why {
        ClientRefused::Unknown | ClientRefused::UnknownSecret => {
            return Problem::new(context, ProblemCode::NotFound);
        }
        ClientRefused::NotAClient(_)
        | ClientRefused::NotJwks(_)
        | ClientRefused::JwksUri(_)
        | ClientRefused::OwnResource => ProblemCode::Unprocessable,
        ClientRefused::Changed => ProblemCode::PreconditionFailed,
        ClientRefused::Escalation(_) => ProblemCode::InsufficientPermission,
        ClientRefused::BuiltIn
        | ClientRefused::TooManySecrets
        | ClientRefused::NeedsNoSecret
        | ClientRefused::LastSecret => ProblemCode::Conflict,
        ClientRefused::KeyReused(_) => ProblemCode::IdempotencyKeyReused,
    };
    Problem::because(context, code, why)
}
