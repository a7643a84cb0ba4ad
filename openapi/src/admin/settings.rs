//! `/admin/v1/settings` and `/admin/v1/clients/{client_id}/settings`: how the installation behaves, as operators set it
//! while it runs. Each change is a version, which can be read and restored.

mod body;
mod view;

use flows::{
    Context, Error,
    admin::{
        Administrator, Cursor,
        settings::{HeldSettings, SettingsRefused},
    },
};
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    types::{ParseFromJSON, ToJSON},
};
use protocol::settings::Level;

use self::{
    body::{ClientSettingsBody, ServerSettingsBody, Set},
    view::SettingsView,
};
use super::{
    admitted::{Admitted, SettingsRead, SettingsWrite},
    answer::{Changed, Found, Listed, Looked, Told, refused_cursor},
    body::JsonOf,
    conditional::{ETag, IfMatchSettings, UNSET},
};
use crate::{
    Provider,
    problem::{Problem, ProblemCode},
    responses::Tag,
};

/// The operations on settings.
pub(crate) struct SettingsApi(pub(crate) Provider);

type Held<T> = Found<SettingsView<T>>;
type Versions<T> = Told<Listed<SettingsView<T>>>;

#[OpenApi(prefix_path = "/admin/v1", tag = "Tag::Settings")]
impl SettingsApi {
    /// Read the settings of the server
    ///
    /// What somebody has set. What nobody has set is missing, and is as the release has it.
    #[oai(path = "/settings", method = "get", operation_id = "read_settings")]
    async fn read(&self, admitted: Admitted<SettingsRead>) -> Looked<Held<ServerSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        Looked(self.held(&by, &context, Ok(Level::Server)).await)
    }

    /// Change the settings of the server
    ///
    /// Everything is replaced: what is left out is as the release has it again. This node follows at once, the others
    /// within two seconds.
    #[oai(path = "/settings", method = "put", operation_id = "replace_settings")]
    async fn replace(
        &self,
        admitted: Admitted<SettingsWrite>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatchSettings,
        body: JsonOf<ServerSettingsBody>,
    ) -> Changed<Held<ServerSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        Changed(self.change(&by, &context, (Ok(Level::Server), upon), body.value).await)
    }

    /// List the versions of the server's settings
    ///
    /// The first one first, at most 100 a page.
    #[oai(path = "/settings/versions", method = "get", operation_id = "list_settings_versions")]
    async fn versions(
        &self,
        admitted: Admitted<SettingsRead>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Versions<ServerSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        Looked(self.listed(&by, &context, Ok(Level::Server), after.0).await)
    }

    /// Find a version of the server's settings
    #[oai(
        path = "/settings/versions/:number",
        method = "get",
        operation_id = "find_settings_version"
    )]
    async fn version(
        &self,
        admitted: Admitted<SettingsRead>,
        /// Which version: they are counted from 1.
        number: Path<String>,
    ) -> Looked<Told<SettingsView<ServerSettingsBody>>> {
        let Admitted { by, context, .. } = admitted;
        Looked(self.found(&by, &context, Ok(Level::Server), &number).await)
    }

    /// Restore a version of the server's settings
    ///
    /// It becomes a new version, the one that holds.
    #[oai(
        path = "/settings/versions/:number/restore",
        method = "post",
        operation_id = "restore_settings_version"
    )]
    async fn restore(
        &self,
        admitted: Admitted<SettingsWrite>,
        /// Which version: they are counted from 1.
        number: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatchSettings,
    ) -> Changed<Held<ServerSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        Changed(self.restored(&by, &context, (Ok(Level::Server), upon), &number).await)
    }

    /// Read the settings of a client
    ///
    /// What somebody has set for it. What is missing is as the server has it for every client.
    #[oai(
        path = "/clients/:client_id/settings",
        method = "get",
        operation_id = "read_client_settings"
    )]
    async fn read_of_client(
        &self,
        admitted: Admitted<SettingsRead>,
        /// The client's id.
        client_id: Path<String>,
    ) -> Looked<Held<ClientSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        let level = self.client(&by, &context, &client_id).await;
        Looked(self.held(&by, &context, level).await)
    }

    /// Change the settings of a client
    ///
    /// Everything is replaced: what is left out is as the server has it again. This node follows at once, the others within
    /// two seconds. Whoever changes the settings of a client must have every permission of this API that is among its
    /// scopes.
    #[oai(
        path = "/clients/:client_id/settings",
        method = "put",
        operation_id = "replace_client_settings"
    )]
    async fn replace_of_client(
        &self,
        admitted: Admitted<SettingsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatchSettings,
        body: JsonOf<ClientSettingsBody>,
    ) -> Changed<Held<ClientSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        let level = self.client(&by, &context, &client_id).await;
        Changed(self.change(&by, &context, (level, upon), body.value).await)
    }

    /// List the versions of a client's settings
    ///
    /// The first one first, at most 100 a page.
    #[oai(
        path = "/clients/:client_id/settings/versions",
        method = "get",
        operation_id = "list_client_settings_versions"
    )]
    async fn versions_of_client(
        &self,
        admitted: Admitted<SettingsRead>,
        /// The client's id.
        client_id: Path<String>,
        /// Where the list goes on: `next` of the page before.
        after: Query<Option<String>>,
    ) -> Looked<Versions<ClientSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        let level = self.client(&by, &context, &client_id).await;
        Looked(self.listed(&by, &context, level, after.0).await)
    }

    /// Find a version of a client's settings
    #[oai(
        path = "/clients/:client_id/settings/versions/:number",
        method = "get",
        operation_id = "find_client_settings_version"
    )]
    async fn version_of_client(
        &self,
        admitted: Admitted<SettingsRead>,
        /// The client's id.
        client_id: Path<String>,
        /// Which version: they are counted from 1.
        number: Path<String>,
    ) -> Looked<Told<SettingsView<ClientSettingsBody>>> {
        let Admitted { by, context, .. } = admitted;
        let level = self.client(&by, &context, &client_id).await;
        Looked(self.found(&by, &context, level, &number).await)
    }

    /// Restore a version of a client's settings
    ///
    /// It becomes a new version, the one that holds. Whoever changes the settings of a client must have every permission of
    /// this API that is among its scopes.
    #[oai(
        path = "/clients/:client_id/settings/versions/:number/restore",
        method = "post",
        operation_id = "restore_client_settings_version"
    )]
    async fn restore_of_client(
        &self,
        admitted: Admitted<SettingsWrite>,
        /// The client's id.
        client_id: Path<String>,
        /// Which version: they are counted from 1.
        number: Path<String>,
        /// The ETag of the state upon which the change was decided, or `*`.
        #[oai(name = "If-Match")]
        upon: IfMatchSettings,
    ) -> Changed<Held<ClientSettingsBody>> {
        let Admitted { by, context, .. } = admitted;
        let level = self.client(&by, &context, &client_id).await;
        Changed(self.restored(&by, &context, (level, upon), &number).await)
    }
}

/// Whose settings, or why there are none.
type OfLevel = Result<Level, Problem>;

impl SettingsApi {
    /// The level of a client that is there.
    async fn client(&self, by: &Administrator, context: &Context, id: &str) -> OfLevel {
        let absent = || Problem::new(context, ProblemCode::NotFound);
        let client_id = id.parse().map_err(|_| absent())?;
        let client = self.0.flows.client(by, client_id).await;
        let client = client.map_err(|failure| Problem::failed(context, &failure))?;
        client.map(|_| Level::Client(client_id)).ok_or_else(absent)
    }

    async fn held<T: Set>(
        &self,
        by: &Administrator,
        context: &Context,
        level: OfLevel,
    ) -> Result<Held<T>, Problem> {
        let held = self.0.flows.settings(by, level?).await;
        Ok(shown(held.map_err(|failure| Problem::failed(context, &failure))?))
    }

    async fn change<T: Set>(
        &self,
        by: &Administrator,
        context: &Context,
        (level, upon): (OfLevel, IfMatchSettings),
        body: T,
    ) -> Result<Held<T>, Problem> {
        let level = level?;
        let settings = body
            .read()
            .map_err(|why| Problem::because(context, ProblemCode::Unprocessable, why))?;
        let changed = self.0.flows.change_settings(by, (level, upon.0), settings).await;
        changed.map(shown).map_err(|error| refused(context, &error))
    }

    async fn listed<T: Set + ParseFromJSON + ToJSON>(
        &self,
        by: &Administrator,
        context: &Context,
        level: OfLevel,
        after: Option<String>,
    ) -> Result<Versions<T>, Problem> {
        let after = after.map(Cursor::presented);
        let list = self.0.flows.settings_versions(by, level?, after.as_ref()).await;
        let list = list.map_err(|error| refused_cursor(context, &error))?;
        Ok(Told(Listed::of(list, |put| {
            let number = Some(put.number);
            SettingsView::of(number, put.settings)
                .changed((put.changed_at, &put.changed_by), put.restored_from)
        })))
    }

    async fn found<T: Set>(
        &self,
        by: &Administrator,
        context: &Context,
        level: OfLevel,
        number: &str,
    ) -> Result<Told<SettingsView<T>>, Problem> {
        let absent = || Problem::new(context, ProblemCode::NotFound);
        let number = number.parse().map_err(|_| absent())?;
        let put = self.0.flows.settings_version(by, level?, number).await;
        let put = put.map_err(|failure| Problem::failed(context, &failure))?;
        let put = put.ok_or_else(absent)?;
        let view = SettingsView::of(Some(put.number), put.settings);
        Ok(Told(view.changed((put.changed_at, &put.changed_by), put.restored_from)))
    }

    async fn restored<T: Set>(
        &self,
        by: &Administrator,
        context: &Context,
        (level, upon): (OfLevel, IfMatchSettings),
        number: &str,
    ) -> Result<Held<T>, Problem> {
        let level = level?;
        let number = number.parse().map_err(|_| Problem::new(context, ProblemCode::NotFound))?;
        let restored = self.0.flows.restore_settings(by, (level, upon.0), number).await;
        restored.map(shown).map_err(|error| refused(context, &error))
    }
}

/// What holds, and its version.
fn shown<T: Set>(held: HeldSettings) -> Held<T> {
    match held.stored {
        None => Found { body: SettingsView::of(None, held.settings), etag: ETag::of(&UNSET) },
        Some(stored) => {
            let body = SettingsView::of(Some(stored.number), held.settings);
            let body = body.changed((stored.changed_at, &stored.changed_by), stored.restored_from);
            Found { body, etag: ETag::of(&stored.version) }
        }
    }
}

/// Why nothing was done.
fn refused(context: &Context, error: &Error<SettingsRefused>) -> Problem {
    match error {
        Error::Failed(failure) => Problem::failed(context, failure),
        Error::Refused(SettingsRefused::NoClient | SettingsRefused::NoVersion) => {
            Problem::new(context, ProblemCode::NotFound)
        }
        Error::Refused(why @ SettingsRefused::NotSettings(_)) => {
            Problem::because(context, ProblemCode::Unprocessable, why)
        }
        Error::Refused(why @ SettingsRefused::Escalation(_)) => {
            Problem::because(context, ProblemCode::InsufficientPermission, why)
        }
        Error::Refused(why @ SettingsRefused::Changed) => {
            Problem::because(context, ProblemCode::PreconditionFailed, why)
        }
    }
}
