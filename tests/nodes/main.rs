//! Promises of an installation of many nodes: three `serve` processes and a real database on loopback, behind a balancer,
//! each of which a test ends, freezes or cuts off.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod cluster;
mod encodings;
mod frozen;
mod killed;
mod limits;
mod load;
mod lockout;
mod once;
mod outage;
mod revocation;
mod rotation;
mod sign_in;
mod start;
#[path = "../world/mod.rs"]
#[expect(dead_code, unused_imports, reason = "it is shared with the tests of one node")]
mod world;

/// Keeps each of these promises with hints, without them, and with one node cut off from the database.
macro_rules! promised_always {
    ($($promise:ident),* $(,)?) => {
        crate::promised!(with_hints, Hinted, $($promise),*);
        crate::promised!(without_hints, Unhinted, $($promise),*);
        crate::promised!(with_one_node_cut_off, OneCutOff, $($promise),*);
    };
}

/// Keeps each of these promises under one circumstance.
macro_rules! promised {
    ($module:ident, $circumstance:ident, $($promise:ident),* $(,)?) => {
        mod $module {
            $(
                #[test]
                fn $promise() {
                    crate::cluster::run(super::$promise(crate::cluster::Circumstance::$circumstance));
                }
            )*
        }
    };
}

pub(crate) use {promised, promised_always};
