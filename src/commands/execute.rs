//! What a command does at a store: the same in the process that serves and in one of its own.

use std::sync::Arc;

use actors::audit::{self, Audit};
use flows::{
    Error, Flows,
    admin::{
        Administrator, Creation,
        operators::{Bootstrap, NewOperator},
    },
};
use protocol::{KeyRing, Realm, jose::Algorithm};
use storage::Store;

use super::answer::{Command, Outcome, told};
use crate::start::{Assembly, Health, Running};

/// Where commands are carried out.
pub struct Site {
    store: Store,
    ring: Arc<KeyRing>,
    realm: Realm,
    flows: Flows,
    /// Where the actors run.
    audit: Option<Audit>,
    /// Where something is served.
    health: Option<Health>,
}

impl Site {
    /// At a provider that runs.
    pub fn of(running: &Running, health: Option<Health>) -> Self {
        Self {
            store: running.store.clone(),
            ring: Arc::clone(&running.ring),
            realm: running.realm.clone(),
            flows: running.flows.clone(),
            audit: Some(running.audit.clone()),
            health,
        }
    }

    /// At a store alone: for commands that need no actors.
    pub(super) fn without_actors(assembly: &Assembly) -> Self {
        Self {
            store: assembly.store.clone(),
            ring: Arc::clone(&assembly.ring),
            realm: assembly.realm.clone(),
            flows: assembly.flows.clone(),
            audit: None,
            health: None,
        }
    }
}

/// Carries out `command`.
pub async fn execute(site: &Site, command: Command) -> Outcome {
    match command {
        Command::KeysList => {
            Outcome::Keys { keys: site.flows.list_keys().into_iter().map(Into::into).collect() }
        }
        Command::KeysRotate { algorithm } => rotate(site, algorithm).await,
        Command::Bootstrap { name, another } => bootstrap(site, &name, another).await,
        Command::AuditVerify => verify(site).await,
        Command::Health => match &site.health {
            Some(health) => {
                Outcome::Health { parts: health.parts().await.into_iter().map(told).collect() }
            }
            None => Outcome::Refused { reason: "nothing is served here".into() },
        },
    }
}

async fn bootstrap(site: &Site, name: &str, another: bool) -> Outcome {
    let by = Administrator::of_node(&site.realm);
    let bootstrap = if another { Bootstrap::Another } else { Bootstrap::First };
    match site.flows.bootstrap_operator(&by, name, bootstrap).await {
        Ok(NewOperator { operator_id, token }) => {
            Outcome::Operator { operator_id, token: token.expose().to_owned() }
        }
        Err(error) => not_done(error),
    }
}

async fn rotate(site: &Site, algorithm: Option<Algorithm>) -> Outcome {
    let by = Administrator::of_node(&site.realm);
    let once = Creation::once("rotate_keys");
    match site.flows.rotate_keys(&by, &once, algorithm).await {
        Ok(announced) => {
            let announced = announced.into_inner().into_iter().map(|key| key.key_id);
            Outcome::Rotated { announced: announced.collect() }
        }
        Err(error) => not_done(error),
    }
}

async fn verify(site: &Site) -> Outcome {
    // What was acknowledged before is then in the chain; where it cannot be, the rest is still worth verifying.
    if let Some(audit) = &site.audit
        && let Ok(Err(fault)) = audit.seal().await
    {
        tracing::warn!(%fault, "events that wait are not verified");
    }
    match audit::verify(&site.store, &site.realm, &site.ring).await {
        Ok(report) => Outcome::Audit { report: report.into() },
        Err(error) => Outcome::Failed { reason: error.to_string() },
    }
}

fn not_done<R: std::fmt::Display>(error: Error<R>) -> Outcome {
    match error {
        Error::Refused(why) => Outcome::Refused { reason: why.to_string() },
        Error::Failed(failure) => Outcome::Failed { reason: failure.to_string() },
    }
}
