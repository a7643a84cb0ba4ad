//! Limits (MISSION L2): who is refused when, who is not, what they are told; settings, which say so; and overload (P4).

mod accounts;
mod callers;
mod fields;
mod nodes;
mod overload;
mod routes;
mod settings;
mod sign_ins;

use std::net::IpAddr;

use flows::admin::{Seen, settings::SeenSettings};
use protocol::{
    limits::{Allowance, Limit},
    settings::{ClientSettings, Level, ServerSettings, Settings},
};

use crate::world::{RelyingParty, Sent, World};

/// So many in a minute.
fn at_most(quota: u32) -> Option<Allowance> {
    Some(Allowance::AtMost(Limit { quota, window_seconds: 60 }))
}

/// Somewhere else each time.
fn address(number: u8) -> IpAddr {
    IpAddr::from([203, 0, 113, number])
}

impl World {
    /// As an operator who changes the settings of the server, whatever they are.
    async fn set(&self, change: impl FnOnce(&mut ServerSettings)) {
        let mut settings = ServerSettings::default();
        change(&mut settings);
        self.put((Level::Server, Settings::Server(settings))).await;
    }

    /// The same, of a client.
    async fn set_for(&self, party: &RelyingParty, change: impl FnOnce(&mut ClientSettings)) {
        let mut settings = ClientSettings::default();
        change(&mut settings);
        self.put((Level::Client(party.client_id), Settings::Client(settings))).await;
    }

    async fn put(&self, (level, settings): (Level, Settings)) {
        let seen = SeenSettings::Set(Seen::Any);
        let put = self.flows().change_settings(&self.operator(), (level, seen), settings).await;
        put.expect("settings that can be followed");
    }

    /// How often a request is answered by anything but 429.
    async fn answered(&self, count: usize, sent: &Sent) -> usize {
        let mut answered = 0;
        for _ in 0..count {
            answered += usize::from(self.send(sent.clone()).await.status != 429);
        }
        answered
    }
}
