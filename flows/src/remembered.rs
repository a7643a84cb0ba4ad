//! What flows keep in memory of the store, and how long they may believe it without news (DESIGN 7, "at once").

use std::{sync::Arc, time::Duration};

use actors::Kept;
use protocol::{AccountId, ClientId, GrantId, Realm, client::Client, jose::ClientKeys};
use storage::{
    StorageError, Store, Stored,
    accounts::Account,
    ended_sessions::EndedSession,
    engine::Version,
    grants::Grant,
    opaque_tokens::OpaqueToken,
    revoked_tokens::RevokedToken,
    settings::SettingsRecord,
    snapshots::{Settings, Snapshots},
};

use crate::{Context, Flows, fetched_keys::FetchedKeys};

/// Clients that are kept, a kilobyte or two each. More than most installations have.
const CLIENTS_MAX: usize = 4_096;

/// Clients whose keys are kept: some kilobytes each.
const CLIENTS_WITH_KEYS_MAX: usize = 1_024;

/// For so long after it last heard of all changes a node believes the clients that it knows: ten times as long as it takes
/// to hear of one, and short enough that nobody notices when another node has changed one.
const CLIENTS_STALENESS_MAX: Duration = Duration::from_secs(2);

/// Grants that are kept, where any may be, and as many sessions and accounts: a kilobyte each or less.
const GRANTS_MAX: usize = 16_384;

/// Records that flows ask for often. What this node writes it forgets before the write is acknowledged.
pub struct Remembered {
    clients: Snapshots<Client>,
    revocable_clients: Snapshots<Client>,
    grants: Snapshots<Grant>,
    ended_sessions: Snapshots<EndedSession>,
    accounts: Snapshots<Account>,
    pub(crate) client_settings: Snapshots<SettingsRecord>,
    pub(crate) opaque_tokens: Snapshots<OpaqueToken>,
    pub(crate) revoked_tokens: Snapshots<RevokedToken>,
    pub(crate) client_keys: Kept<(Realm, ClientId), KeysOfClient>,
    pub(crate) fetched_keys: FetchedKeys,
}

/// The keys that stand in one version of a client.
pub(crate) struct KeysOfClient {
    pub(crate) version: Version,
    /// Of `jwks`.
    pub(crate) public: ClientKeys,
    /// Its secrets, where it signs with them.
    pub(crate) shared: ClientKeys,
}

/// What stands behind what was given for an end-user.
pub(crate) struct Given {
    pub(crate) grant: Arc<Stored<Grant>>,
    pub(crate) client: Arc<Stored<Client>>,
    pub(crate) account: Arc<Stored<Account>>,
}

impl Remembered {
    /// Over `store`. `revocation_staleness_max` is how late this node may see what another has revoked; zero reads the store
    /// at each use.
    pub fn new(store: &Store, revocation_staleness_max: Duration) -> Self {
        let clients = Settings {
            length_max: CLIENTS_MAX,
            staleness_max: CLIENTS_STALENESS_MAX,
            // Anybody can make up the id of a client.
            keeps_absence: false,
        };
        let revocable = Settings {
            length_max: GRANTS_MAX,
            staleness_max: revocation_staleness_max,
            keeps_absence: false,
        };
        Self {
            clients: Snapshots::new(store, clients),
            revocable_clients: Snapshots::new(store, revocable),
            grants: Snapshots::new(store, revocable),
            // Most sessions were not ended, most tokens not taken back, and only tokens of ours name them.
            ended_sessions: Snapshots::new(store, Settings { keeps_absence: true, ..revocable }),
            revoked_tokens: Snapshots::new(store, Settings { keeps_absence: true, ..revocable }),
            accounts: Snapshots::new(store, revocable),
            // Only of clients that have proved who they are, most of which have none.
            client_settings: Snapshots::new(store, Settings { keeps_absence: true, ..clients }),
            opaque_tokens: Snapshots::new(store, revocable),
            client_keys: Kept::new(CLIENTS_WITH_KEYS_MAX),
            fetched_keys: FetchedKeys::default(),
        }
    }
}

/// The record alone, for who judges it.
pub(crate) fn record<R>(known: &Option<Arc<Stored<R>>>) -> Option<&R> {
    known.as_deref().map(|stored| &stored.record)
}

impl Flows {
    /// The client with this id, disabled or not, for what a page says of it and where it leads back to.
    #[tracing::instrument(level = "debug", name = "storage.clients", skip_all)]
    pub(crate) async fn known_client(
        &self,
        context: &Context,
        client_id: ClientId,
    ) -> Result<Option<Arc<Stored<Client>>>, StorageError> {
        self.remembered.clients.get(&context.realm, &client_id).await
    }

    /// The grant, if its tokens hold: it was not taken back, and nobody signed out of the session in which it was given,
    /// unless it outlives that.
    ///
    /// For who answers about it and writes nothing: as the store has it, or had it at most as long ago as revocations may
    /// be seen late.
    pub(crate) async fn live_grant(
        &self,
        context: &Context,
        grant_id: GrantId,
    ) -> Result<Option<Arc<Stored<Grant>>>, StorageError> {
        let Remembered { grants, ended_sessions, .. } = &self.remembered;
        let grant = grants.get(&context.realm, &grant_id).await?;
        let Some(grant) = grant.filter(|grant| grant.is_live()) else { return Ok(None) };
        if !grant.offline && ended_sessions.get(&context.realm, &grant.session_id).await?.is_some()
        {
            return Ok(None);
        }
        Ok(Some(grant))
    }

    /// The grant with its client and its account, if its tokens hold; as [`Self::live_grant`].
    pub(crate) async fn given(
        &self,
        context: &Context,
        grant_id: GrantId,
    ) -> Result<Option<Given>, StorageError> {
        let Some(grant) = self.live_grant(context, grant_id).await? else { return Ok(None) };
        let client = self.live_client(context, grant.client_id).await?;
        let Some(client) = client else { return Ok(None) };
        let account = self.live_account(context, grant.account_id).await?;
        let Some(account) = account else { return Ok(None) };
        Ok(grant.holds_under(&client, &account).then_some(Given { grant, client, account }))
    }

    /// The client with this id, disabled or not, for who is about to trust it: one that another node has disabled or given
    /// another secret is seen so at once; as [`Self::live_grant`].
    #[tracing::instrument(level = "debug", name = "storage.clients", skip_all)]
    pub(crate) async fn present_client(
        &self,
        context: &Context,
        client_id: ClientId,
    ) -> Result<Option<Arc<Stored<Client>>>, StorageError> {
        self.remembered.revocable_clients.get(&context.realm, &client_id).await
    }

    /// The client, if its tokens hold; as [`Self::live_grant`].
    pub(crate) async fn live_client(
        &self,
        context: &Context,
        client_id: ClientId,
    ) -> Result<Option<Arc<Stored<Client>>>, StorageError> {
        let client = self.present_client(context, client_id).await?;
        Ok(client.filter(|client| !client.is_disabled()))
    }

    /// The account, if its tokens hold; as [`Self::live_grant`].
    pub(crate) async fn live_account(
        &self,
        context: &Context,
        account_id: AccountId,
    ) -> Result<Option<Arc<Stored<Account>>>, StorageError> {
        let account = self.remembered.accounts.get(&context.realm, &account_id).await?;
        Ok(account.filter(|account| account.is_active()))
    }
}
