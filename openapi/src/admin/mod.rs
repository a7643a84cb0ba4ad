//! The admin API, a file a resource. Every operation names its caller and the one permission that it needs.
//!
//! A change says upon which state it was decided (`If-Match`), a creation may carry an `Idempotency-Key`, a list goes on
//! by a cursor, and what is refused is a problem (RFC 9457).

mod accounts;
mod admitted;
mod answer;
mod audit;
mod body;
mod clients;
mod conditional;
mod keys;
mod lockouts;
mod operators;
mod refusals;
mod revocations;
mod sessions;
mod settings;
mod why;
mod written;

pub(crate) use self::{accounts::AccountsApi, lockouts::LockoutsApi, sessions::SessionsApi};
pub(crate) use admitted::split_permissions;
pub(crate) use audit::AuditApi;
pub(crate) use clients::{ClientsApi, secrets::ClientSecretsApi};
pub(crate) use keys::KeysApi;
pub(crate) use operators::OperatorsApi;
pub(crate) use refusals::RefusalsApi;
pub(crate) use revocations::RevocationsApi;
pub(crate) use settings::SettingsApi;

/// The operations on what belongs to end-users.
pub(crate) type EndUsersApi = (AccountsApi, SessionsApi, LockoutsApi);
