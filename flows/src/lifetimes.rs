//! For how long what is given holds.

use std::time::Duration;

/// Lifetimes, from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token: at most an hour.
    pub access_token: Duration,
    /// Of an ID token.
    pub id_token: Duration,
    /// Of the refresh tokens of one grant, however often they are rotated.
    pub refresh_token: Duration,
    /// For how long a rotated refresh token still gives its successor; zero for never. At most 30 s.
    pub refresh_grace: Duration,
    /// Of an authorization code: at most 10 min (RFC 6749 §4.1.2).
    pub code: Duration,
    /// For how long clients may keep the JWKS.
    pub jwks_cache: Duration,
    /// Of a sign-in, from the authorization request to its answer.
    pub sign_in: Duration,
}
