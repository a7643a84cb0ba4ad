//! Why a client is not registered (RFC 7591 §2, and the rules here).

/// Why a client cannot be registered so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAClient {
    /// Its name is empty, longer than 128 bytes, or has control characters.
    #[error("a client has a name of 1 to 128 bytes, without control characters")]
    Name,
    /// More than 64 redirect URIs of a kind.
    #[error("a client has at most 64 redirect URIs and 64 post-logout redirect URIs")]
    TooManyRedirectUris,
    /// It may be answered by the authorization endpoint and has nowhere to go from it.
    #[error("a client with the grant type authorization_code or implicit needs a redirect URI")]
    NoRedirectUri,
    /// More than 4 secrets.
    #[error("a client has at most 4 secrets")]
    TooManySecrets,
    /// Confidential, and nothing to prove who it is with.
    #[error(
        "a confidential client needs a secret, one that we can read for client_secret_jwt, or jwks or jwks_uri for private_key_jwt"
    )]
    NoAuthentication,
    /// Its keys are in two places (RFC 7591 §2).
    #[error("a client has either jwks or jwks_uri")]
    TwoJwks,
    /// Its assertions must be signed by an algorithm that its method does not have.
    #[error("the algorithm of its assertions is not one of its way to authenticate")]
    AssertionAlgorithm,
    /// `response_types` and `grant_types` contradict each other (OpenID Connect Dynamic Client Registration 1.0 §2).
    #[error("a response type with code and the grant type authorization_code go together")]
    CodeFlow,
    /// The same, of what comes from the authorization endpoint.
    #[error("a response type with id_token or token and the grant type implicit go together")]
    FrontChannel,
    /// Anybody could be it.
    #[error("a public client may not use the grant type client_credentials")]
    PublicClientCredentials,
    /// A lifetime out of its bounds.
    #[error(
        "an access token and an ID token hold for 1 to 3600 seconds, refresh tokens for 1 second to 365 days"
    )]
    Lifetime,
    /// More than 16 custom claims.
    #[error("a client has at most 16 custom claims")]
    TooManyClaims,
    /// The name of a custom claim is not one, or means something to whoever reads the token.
    #[error(
        "a custom claim has a name of 1 to 128 letters, digits and _ - . : / that no specification defines; a standard claim is only told as the end-user's own"
    )]
    ClaimReserved,
    /// A custom claim that is told nowhere, twice, too large, or comes from a claim that nobody has.
    #[error(
        "a custom claim comes once, is told somewhere, has at most 1024 bytes, or is a standard claim"
    )]
    ClaimMalformed,
    /// A page for logouts that is not of the client's own origin (OpenID Connect Front-Channel Logout 1.0 §2).
    #[error(
        "frontchannel_logout_uri has the scheme, the host and the port of one of the redirect URIs"
    )]
    ForeignLogoutUri,
    /// Its ID tokens are signed with a secret that it does not have, or that we cannot read.
    #[error("ID tokens are signed by HS256 with a secret of the client's own that we can read")]
    UnreadableSecret,
    /// Its subjects are pairwise, and nothing says with which clients it shares them (OpenID Connect Core 1.0 §8.1).
    #[error(
        "pairwise subjects need a sector: redirect URIs of one host, none of them on the end-user's own machine, or a sector_identifier_uri"
    )]
    NoSector,
    /// Where its sector is listed could be changed on the way.
    #[error("sector_identifier_uri must be an https address")]
    SectorUri,
    /// It wants something encrypted, and none of its keys is for that.
    #[error("an answer is encrypted with a key of jwks for that algorithm, and there is none")]
    NoEncryptionKey,
    /// A value that this release does not know.
    #[error("a grant type, response type or algorithm is not supported")]
    Unknown,
}
