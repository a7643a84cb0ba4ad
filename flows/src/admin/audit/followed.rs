//! Following the log: each node's chain in its order, and a cursor that says how far each was read.
//!
//! An entry gets its number in the batch that moves it to the end of its node's chain, and only after the one before it, so
//! that whoever has read a chain up to a number has read all up to it, however late the node's entries appear beside those
//! of others. The cursor is that number for every chain; a chain that it does not name is read from its first entry. So
//! nothing is missed, and who goes on from the cursor of the last line that they have kept meets nothing twice.

use std::collections::BTreeMap;

use protocol::{Realm, Sealed, Token, master_key::Place, permission::Permission};
use storage::audit::{AuditHead, CHAINS_MAX};

use super::{Entry, personal::Opener};
use crate::{
    Context, Error, Failure, Flows,
    admin::{Administrator, NotACursor},
};

/// Entries that are read at once.
const PAGE: usize = 100;

/// Bytes of a cursor.
const CURSOR_BYTES_MAX: usize = 16 * 1024;

/// How far the log was read: a number for each chain, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceInLog(String);

impl PlaceInLog {
    /// A text from outside, not yet believed.
    pub fn presented(text: String) -> Self {
        Self(text)
    }

    /// Its text, fit for an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where following begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// At the first entry of each chain.
    AtTheBeginning,
    /// With what happens from now on.
    AtTheEnd,
    /// Where somebody has stopped.
    After(PlaceInLog),
}

/// Why the log is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowRefused {
    /// It does not go on there.
    #[error(transparent)]
    Cursor(#[from] NotACursor),
    /// The log is shorter than it was: an earlier state of the store was put back.
    #[error(
        "the log is shorter than where it was read to: an earlier state of the store was put back; begin anew"
    )]
    Ahead,
    /// There are too many chains to follow at once.
    #[error("there are more than {CHAINS_MAX} chains: follow them one by one, by `node`")]
    TooManyChains,
}

/// An entry, and where to go on after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The entry.
    pub entry: Entry,
    /// Where to go on.
    pub cursor: PlaceInLog,
}

/// Somebody who follows the log. Keeps nothing but how far they are.
pub struct Follower {
    flows: Flows,
    by: Administrator,
    node: Option<String>,
    /// By node.
    read: BTreeMap<String, u64>,
    /// The chain that was read last; the others come before it comes again.
    last: String,
}

impl Flows {
    /// Follows the log from somewhere on: of one node, or of all.
    pub async fn follow_audit_log(
        &self,
        by: &Administrator,
        node: Option<String>,
        begin: Begin,
    ) -> Result<Follower, Error<FollowRefused>> {
        self.seal_events().await;
        let heads = self.chains(&by.realm, node.as_deref()).await?;
        let sequences = heads.iter().map(|head| (head.node.clone(), head.sequence)).collect();
        let read: BTreeMap<String, u64> = match begin {
            Begin::AtTheBeginning => BTreeMap::new(),
            Begin::AtTheEnd => sequences,
            Begin::After(cursor) => {
                let read = self.read_place(&cursor, node.as_deref()).map_err(Error::refused)?;
                let is_ahead = |(node, read): (&String, &u64)| {
                    sequences.get(node).is_none_or(|sequence| sequence < read)
                };
                if read.iter().any(is_ahead) {
                    return Err(Error::Refused(FollowRefused::Ahead));
                }
                read
            }
        };
        let (flows, by, last) = (self.clone(), by.clone(), String::new());
        Ok(Follower { flows, by, node, read, last })
    }

    async fn chains(
        &self,
        realm: &Realm,
        node: Option<&str>,
    ) -> Result<Vec<AuditHead>, Error<FollowRefused>> {
        if let Some(node) = node {
            let head = self.store.get::<AuditHead>(realm, &node.to_owned()).await?;
            return Ok(head.into_iter().map(|head| head.record).collect());
        }
        let heads = self.store.audit_heads(realm).await?;
        if heads.len() > CHAINS_MAX {
            return Err(Error::Refused(FollowRefused::TooManyChains));
        }
        Ok(heads)
    }

    fn read_place(
        &self,
        cursor: &PlaceInLog,
        node: Option<&str>,
    ) -> Result<BTreeMap<String, u64>, NotACursor> {
        let text = Some(cursor.as_str()).filter(|text| text.len() <= CURSOR_BYTES_MAX);
        let sealed: Option<Sealed<BTreeMap<String, u64>>> = text.and_then(Sealed::from_text);
        let sealed = sealed.ok_or(NotACursor)?;
        self.ring.open(&sealed, place(node.unwrap_or_default())).map_err(|_| NotACursor)
    }
}

impl Follower {
    /// What comes next: at most a hundred entries of one chain; none where all that is sealed was read.
    pub async fn next(&mut self) -> Result<Vec<Followed>, Failure> {
        let heads = self.flows.chains(&self.by.realm, self.node.as_deref()).await;
        let heads = heads.map_err(|error| match error {
            Error::Refused(why) => Failure::unavailable(why),
            Error::Failed(failure) => failure,
        })?;
        let has_more = |head: &&AuditHead| head.sequence > self.read_of(&head.node);
        let after_last = heads.iter().filter(|head| head.node > self.last).find(has_more);
        let Some(head) = after_last.or(heads.iter().find(has_more)) else { return Ok(Vec::new()) };
        let chain = (head.node.as_str(), self.read_of(&head.node));
        let store = &self.flows.store;
        let entries = store.audit_entries(&self.by.realm, chain, PAGE).await?;
        self.last.clone_from(&head.node);
        let mut opener = Opener::new(&self.flows, &self.by.realm);
        let mut followed = Vec::with_capacity(entries.len());
        for entry in entries {
            let (node, sequence) = (entry.node.clone(), entry.sequence);
            let entry = opener.open(entry.into()).await?;
            self.read.insert(node, sequence);
            followed.push(Followed { entry, cursor: self.cursor()? });
        }
        Ok(followed)
    }

    /// Where to go on.
    pub fn cursor(&self) -> Result<PlaceInLog, Failure> {
        let place = place(self.node.as_deref().unwrap_or_default());
        let sealed = self.flows.ring.seal(&self.read, place, self.flows.store.randomness())?;
        Ok(PlaceInLog(sealed.to_text()))
    }

    /// Has what happened on this node sealed.
    pub async fn seal(&self) {
        self.flows.seal_events().await;
    }

    /// Whether who presented `token` may still read the log: what is taken from an operator, or from what they signed in
    /// with, is taken at once.
    pub async fn is_admitted(&self, context: &Context, token: &Token) -> Result<bool, Failure> {
        match self.flows.admit_operator(context, token, Permission::AuditRead).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(Error::Failed(failure)) => Err(failure),
        }
    }

    fn read_of(&self, node: &str) -> u64 {
        self.read.get(node).copied().unwrap_or_default()
    }
}

fn place(node: &str) -> Place<'_> {
    Place { table: "cursors", record: node, field: "audit stream" }
}
