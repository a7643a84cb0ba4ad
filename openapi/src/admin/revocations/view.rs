//! What operators see of revocations.

use flows::admin::revocations::{Progress, Revoked, RevokedGrant, Statistics};
use poem_openapi::{Enum, Object, types::Example};
use protocol::{Timestamp, event::Actor};

use crate::admin::{
    audit::ActorView,
    written::{Writing, Written},
};

/// What an application was given, and that it was taken back.
#[derive(Debug, Object)]
#[oai(rename = "RevokedGrant", skip_serializing_if_is_none, example)]
pub(super) struct GrantView {
    /// Its id.
    grant_id: String,
    /// The client that it was given to.
    client_id: String,
    /// The account for which it was given.
    account_id: String,
    /// The session in which it was given.
    session_id: String,
    /// The scopes, separated by single spaces.
    scope: String,
    /// When it was given.
    given_at: Written<Timestamp>,
    /// When it was taken back.
    revoked_at: Written<Timestamp>,
    /// Why: `code_reused`, `refresh_token_reused`, `by_client`, or what an operator gave as the reason.
    reason: String,
    /// The operator who did it, if one did.
    by: Option<ActorView>,
    /// When nothing of it could have held any more. It is listed until then.
    expires_at: Written<Timestamp>,
}

/// What was revoked.
#[derive(Debug, Object)]
#[oai(rename = "Revoked", skip_serializing_if_is_none, example)]
pub(super) struct RevokedView {
    /// How many things this request took back that held before. Of all that a client or an account was given it is one.
    revoked: u64,
    /// What became of each of `items`, in their order.
    results: Option<Vec<OutcomeView>>,
    /// The value of `after` with which to ask for the rest. Missing when all is done.
    next: Option<String>,
}

/// What became of one thing.
#[derive(Debug, Object)]
#[oai(rename = "RevocationOutcome")]
pub(super) struct OutcomeView {
    /// Whether it holds no more because of this request.
    outcome: Outcome,
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "RevocationOutcomeKind")]
pub(super) enum Outcome {
    /// It was revoked by this request.
    Revoked,
    /// It had been revoked before.
    RevokedBefore,
    /// There is no such thing, or its time is over.
    NotFound,
}

/// How much was revoked.
#[derive(Debug, Object)]
#[oai(rename = "RevocationStatistics", example)]
pub(super) struct StatisticsView {
    /// From the hour of this instant on.
    from: Written<Timestamp>,
    /// To the hour of this instant.
    to: Written<Timestamp>,
    /// All of it.
    total: u64,
    /// By what was revoked and why; what did not happen is missing.
    counts: Vec<CountView>,
}

/// How often something was revoked for one reason.
#[derive(Debug, Object)]
#[oai(rename = "RevocationCount")]
pub(super) struct CountView {
    /// `grant`, `code`, `access_token`, `session`, all `sessions_of_account`, or all that a `client` or an `account` had been given.
    kind: String,
    /// Why.
    reason: String,
    /// How often.
    count: u64,
}

/// Who did something, as every resource shows it.
pub(in crate::admin) fn actor(actor: &Actor) -> ActorView {
    let (kind, id) = match actor {
        Actor::Operator(id) => ("operator", Some(id.to_string())),
        Actor::Client(id) => ("client", Some(id.to_string())),
        Actor::EndUser(id) => ("end_user", id.map(|id| id.to_string())),
        Actor::Node => ("node", None),
        Actor::Stranger => ("stranger", None),
    };
    ActorView { kind: kind.into(), id }
}

impl From<RevokedGrant> for GrantView {
    fn from(grant: RevokedGrant) -> Self {
        Self {
            grant_id: grant.grant_id.to_string(),
            client_id: grant.client_id.to_string(),
            account_id: grant.account_id.to_string(),
            session_id: grant.session_id.to_string(),
            scope: grant.scope.to_string(),
            given_at: grant.given_at.into(),
            revoked_at: grant.revoked_at.into(),
            reason: grant.reason.write().unwrap_or_default(),
            by: grant.by.as_ref().map(actor),
            expires_at: grant.expires_at.into(),
        }
    }
}

impl From<Revoked> for OutcomeView {
    fn from(revoked: Revoked) -> Self {
        let outcome = match revoked {
            Revoked::Now => Outcome::Revoked,
            Revoked::Before => Outcome::RevokedBefore,
            Revoked::Unknown => Outcome::NotFound,
        };
        Self { outcome }
    }
}

impl RevokedView {
    pub(super) fn of(results: Vec<OutcomeView>) -> Self {
        let revoked = results.iter().filter(|result| result.outcome == Outcome::Revoked).count();
        Self { revoked: count(revoked), results: Some(results), next: None }
    }
}

impl From<Progress> for RevokedView {
    fn from(Progress { revoked, next }: Progress) -> Self {
        let next = next.map(|next| next.as_str().to_owned());
        Self { revoked: count(revoked), results: None, next }
    }
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl From<Statistics> for StatisticsView {
    fn from(Statistics { from, to, counts }: Statistics) -> Self {
        let counts: Vec<CountView> = counts
            .into_iter()
            .flat_map(|(kind, reasons)| {
                let of_kind =
                    move |(reason, count)| CountView { kind: kind.clone(), reason, count };
                reasons.into_iter().map(of_kind)
            })
            .collect();
        let total = counts.iter().map(|count| count.count).sum();
        Self { from: from.into(), to: to.into(), total, counts }
    }
}

impl Example for GrantView {
    fn example() -> Self {
        let id = |kind: &str| format!("{kind}_0123456789abcdef0123456789abcdef");
        let at = |seconds: u64| Timestamp::from_seconds(1_789_000_000 + seconds).into();
        Self {
            grant_id: id("grt"),
            client_id: id("cli"),
            account_id: id("acc"),
            session_id: id("ses"),
            scope: "openid profile".into(),
            given_at: at(0),
            revoked_at: at(3600),
            reason: "compromised".into(),
            by: Some(ActorView { kind: "operator".into(), id: Some(id("opr")) }),
            expires_at: at(86_400),
        }
    }
}

impl Example for RevokedView {
    fn example() -> Self {
        Self::of(vec![OutcomeView { outcome: Outcome::Revoked }])
    }
}

impl Example for StatisticsView {
    fn example() -> Self {
        let at = |seconds: u64| Timestamp::from_seconds(1_789_000_000 + seconds).into();
        let count = CountView { kind: "grant".into(), reason: "by_client".into(), count: 7 };
        Self { from: at(0), to: at(86_400), total: 7, counts: vec![count] }
    }
}
