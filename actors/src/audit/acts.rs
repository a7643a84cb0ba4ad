//! What happened, in numbers: each act once, when its event is in this node's chain.
//!
//! An event is put in the batch of its act and leaves the outbox in the batch that seals it, so what is counted here was
//! committed, and nothing is counted twice: a batch that was refused, sent again or lost left no event. What a process
//! that died had not counted yet, the next one counts. The price is that numbers are up to a second late.

use metrics::counter;
use protocol::event::{Act, EndReason, SignInRefusal};
use serde::Serialize;
use serde_json::Value;

use crate::metrics::{Kind, Metric};

const EVENTS: &str = "doorward_events_total";
const SIGN_INS: &str = "doorward_sign_ins_total";
const SESSIONS_ENDED: &str = "doorward_sessions_ended_total";

/// What is measured here.
pub const METRICS: &[Metric] = &[
    Metric {
        name: EVENTS,
        kind: Kind::Counter,
        labels: &["act"],
        description: "What happened on this node, by kind of act: those of the audit log",
    },
    Metric {
        name: SIGN_INS,
        kind: Kind::Counter,
        labels: &["outcome"],
        description: "Sign-ins that were tried: signed_in, wrong_password, unknown_identifier, account_disabled",
    },
    Metric {
        name: SESSIONS_ENDED,
        kind: Kind::Counter,
        labels: &["reason"],
        description: "Sessions that somebody ended, by why; those that timed out are not among them",
    },
];

/// Shows those that alerts divide by from the start, with nothing counted.
pub(super) fn register() {
    let refusals = [
        SignInRefusal::UnknownIdentifier,
        SignInRefusal::WrongPassword,
        SignInRefusal::AccountDisabled,
    ];
    for outcome in refusals.iter().filter_map(name).chain([SIGNED_IN.to_owned()]) {
        counter!(SIGN_INS, "outcome" => outcome).increment(0);
    }
    for reason in [EndReason::Logout, EndReason::Replaced].iter().filter_map(name) {
        counter!(SESSIONS_ENDED, "reason" => reason).increment(0);
    }
}

/// Counts what was just sealed. On the way of no request, so handles are looked up as they are needed.
pub(super) fn count(acts: &[Act]) {
    for act in acts {
        if let Some(kind) = kind(act) {
            counter!(EVENTS, "act" => kind).increment(1);
        }
        match act {
            Act::SignedIn { .. } => counter!(SIGN_INS, "outcome" => SIGNED_IN).increment(1),
            Act::SignInRefused { reason } => {
                let outcome = name(reason).unwrap_or_default();
                counter!(SIGN_INS, "outcome" => outcome).increment(1);
            }
            Act::SessionEnded { reason, .. } => {
                let reason = name(reason).unwrap_or_default();
                counter!(SESSIONS_ENDED, "reason" => reason).increment(1);
            }
            _ => {}
        }
    }
}

const SIGNED_IN: &str = "signed_in";

/// The name of an act, as the log writes it.
fn kind(act: &Act) -> Option<String> {
    match serde_json::to_value(act).ok()?.get_mut("act")?.take() {
        Value::String(kind) => Some(kind),
        _ => None,
    }
}

/// The name of a value that is one of a few, as the log writes it.
fn name(one_of_few: &impl Serialize) -> Option<String> {
    match serde_json::to_value(one_of_few).ok()? {
        Value::String(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use metrics::with_local_recorder;
    use protocol::SessionId;

    use super::*;
    use crate::metrics::tests::Numbers;

    fn session_id() -> SessionId {
        SessionId::new(&*crate::testing::ground().randomness)
    }

    #[test]
    fn each_act_is_counted_under_its_name_and_its_outcome() {
        let numbers = Numbers::default();
        with_local_recorder(&numbers, || {
            register();
            count(&[
                Act::NodeStarted,
                Act::SignInRefused { reason: SignInRefusal::WrongPassword },
                Act::SignInRefused { reason: SignInRefusal::WrongPassword },
                Act::SignedIn { session_id: session_id(), amr: vec!["pwd".into()] },
                Act::SessionEnded { session_id: session_id(), reason: EndReason::Logout },
            ]);
        });
        let read = |name: &str, labels: &str| numbers.read(&format!("Counter {name}"), labels);
        assert_eq!(read(EVENTS, "act=node_started"), 1);
        assert_eq!(read(EVENTS, "act=sign_in_refused"), 2);
        assert_eq!(read(SIGN_INS, "outcome=wrong_password"), 2);
        assert_eq!(read(SIGN_INS, "outcome=signed_in"), 1);
        assert_eq!(read(SIGN_INS, "outcome=unknown_identifier"), 0);
        assert_eq!(read(SESSIONS_ENDED, "reason=logout"), 1);
    }
}
