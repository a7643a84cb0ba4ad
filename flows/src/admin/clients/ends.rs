//! Clients that are switched off and on again, and clients that are gone. Either holds from the write on: whoever judges a
//! token, a code or a refresh token reads the client.

use protocol::{ClientId, client::Client, event::Act, settings::Level};
use storage::{deleted_clients::DeletedClient, settings::SettingsRecord};

use super::{ATTEMPTS_MAX, ClientRefused, lost_race, may_touch};
use crate::{
    Error, Failure, Flows,
    admin::{Administrator, Seen},
};

impl Flows {
    /// From now on a client may do nothing, and what it was given is good for nothing.
    pub async fn disable_client(
        &self,
        by: &Administrator,
        client_id: ClientId,
    ) -> Result<(), Error<ClientRefused>> {
        self.switch_client(by, client_id, true).await
    }

    /// From now on a client may do again what it may, and what it was given before holds as long as it does.
    pub async fn enable_client(
        &self,
        by: &Administrator,
        client_id: ClientId,
    ) -> Result<(), Error<ClientRefused>> {
        self.switch_client(by, client_id, false).await
    }

    async fn switch_client(
        &self,
        by: &Administrator,
        client_id: ClientId,
        off: bool,
    ) -> Result<(), Error<ClientRefused>> {
        for _ in 0..ATTEMPTS_MAX {
            let old = self.client_as_seen(by, client_id, Seen::Any).await?;
            may_touch(by, &old.scopes)?;
            if old.is_disabled() == off {
                return Ok(());
            }
            let mut batch = self.store.batch();
            let disabled_at = off.then(|| batch.now());
            batch.replace(&old, &Client { disabled_at, ..old.record.clone() });
            let act = if off { Act::ClientDisabled } else { Act::ClientEnabled };
            self.tell(by, &mut batch, act, (None, Some(client_id))).await?;
            match self.store.commit(batch).await.map_err(lost_race) {
                Err(Error::Refused(ClientRefused::Changed)) => {}
                done => return done.map(drop),
            }
        }
        Err(Failure::unavailable("switching a client lost too many races").into())
    }

    /// Deletes a client with its secrets and settings. Its id is never given again, and what it was given is good for
    /// nothing: no client has it any more.
    pub async fn delete_client(
        &self,
        by: &Administrator,
        (client_id, seen): (ClientId, Seen),
    ) -> Result<(), Error<ClientRefused>> {
        let old = self.client_as_seen(by, client_id, seen).await?;
        may_touch(by, &old.scopes)?;
        if self.documentation_client_id()? == client_id {
            return Err(Error::Refused(ClientRefused::BuiltIn));
        }
        let mut batch = self.store.batch();
        let (realm, deleted_at) = (by.realm.clone(), batch.now());
        batch.delete(&old).create(&DeletedClient { client_id, realm, deleted_at });
        batch.remove::<SettingsRecord>(&by.realm, &Level::Client(client_id).to_string());
        self.tell(by, &mut batch, Act::ClientDeleted, (None, Some(client_id))).await?;
        self.store.commit(batch).await.map(drop).map_err(lost_race)
    }
}
