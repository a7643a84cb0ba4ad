//! Judges: the RFCs and our rules as types and functions, without clock, IO or async.
//!
//! What needs the time takes a [`Timestamp`]; what needs chance takes a [`Randomness`]. Nothing here asks for either.

pub mod acr;
pub mod authorize;
pub mod claims;
pub mod client;
pub mod client_assertion;
pub mod client_authentication;
pub mod clock;
pub mod crypto;
pub mod discovery;
pub mod end_session;
pub mod epochs;
pub mod event;
mod form;
pub mod id;
pub mod identifier;
pub mod introspection;
pub mod jose;
pub mod json;
pub mod key_schedule;
pub mod language_tag;
pub mod limits;
pub mod master_key;
pub mod mutant;
pub mod oauth_error;
pub mod outgoing;
pub mod parameters;
pub mod paths;
pub mod permission;
pub mod pkce;
pub mod randomness;
pub mod realm;
pub mod redirect_uri;
pub mod refusal;
pub mod resource;
pub mod revocation;
pub mod scope;
pub mod secret;
pub mod session_state;
pub mod settings;
pub mod sign_in;
pub mod subject;
pub mod tokens;
pub mod web_uri;

pub use clock::{Clock, Timestamp};
pub use id::{
    AccountId, ClientId, ClientSecretId, EventId, GrantId, KeyId, LogoutId, OperatorId,
    OrganisationId, SessionId, SignInId,
};
pub use master_key::{KeyRing, MasterKey, Sealed};
pub use randomness::Randomness;
pub use realm::{Realm, Tenant};
pub use secret::{Secret, Token, TokenHash};
