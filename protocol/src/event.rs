//! What happened: who did what, to what, from where, with which outcome. Put in the batch of the act itself.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, ClientId, ClientSecretId, GrantId, KeyId, OperatorId, SessionId},
    revocation::RevocationReason,
    settings::Level,
    tokens::Jti,
};

/// One act, as the audit log, metrics and alerts read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Who did it.
    pub actor: Actor,
    /// What was done, to what, and how it ended.
    pub act: Act,
    /// The end-user whom it concerns. Their key seals what is personal in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The client that took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The request that did it; the same in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// From where, and under which name: never stored in the clear.
    #[serde(skip)]
    pub personal: Personal,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person who signs in, named once known.
    EndUser(Option<AccountId>),
    /// An application.
    Client(ClientId),
    /// Who administers.
    Operator(OperatorId),
    /// Who has not proved who they are.
    Stranger,
    /// This program, by itself.
    Node,
}

/// What of an event tells about a person beyond their account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The address of the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The `User-Agent` header, at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What who did it says of it, in their own words: they may tell of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// A node began to serve.
    NodeStarted,
    /// An account was made.
    AccountCreated,
    /// An account was erased, with all that told of it.
    AccountErased,
    /// A client was registered.
    ClientRegistered,
    /// What a client may do was changed.
    ClientChanged,
    /// An operator was made.
    OperatorCreated {
        /// The new operator.
        operator_id: OperatorId,
    },
    /// Settings were changed.
    SettingsChanged {
        /// For whom they hold.
        level: Level,
        /// The version that holds now.
        version: u64,
    },
    /// An end-user proved who they are.
    SignedIn {
        /// The session that it started or renewed.
        session_id: SessionId,
        /// The methods of authentication (RFC 8176).
        amr: Vec<String>,
    },
    /// An attempt to sign in failed.
    SignInRefused {
        /// Why.
        reason: SignInRefusal,
    },
    /// Failures locked an account or an address.
    LockedOut {
        /// What is locked.
        subject: LockSubject,
        /// For how long, in seconds.
        seconds: u64,
    },
    /// An end-user allowed a client what it asked.
    ConsentGiven {
        /// The scopes that were allowed.
        scopes: Vec<String>,
        /// The claims that were allowed one by one, beyond those of the scopes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        claims: Vec<String>,
    },
    /// An end-user denied a client what it asked.
    ConsentDenied,
    /// A session ended.
    SessionEnded {
        /// The session.
        session_id: SessionId,
        /// Why.
        reason: EndReason,
    },
    /// A code became tokens.
    CodeRedeemed {
        /// What the client was given.
        grant_id: GrantId,
    },
    /// A code was presented again, and what it gave was revoked.
    CodeReused {
        /// The grant that was revoked.
        grant_id: GrantId,
    },
    /// A refresh token became new tokens.
    TokensRefreshed {
        /// The grant.
        grant_id: GrantId,
    },
    /// A rotated refresh token was presented again, and its family was revoked.
    RefreshTokenReused {
        /// The grant that was revoked.
        grant_id: GrantId,
    },
    /// A client gave back all that it was given (RFC 7009).
    GrantRevoked {
        /// The grant.
        grant_id: GrantId,
    },
    /// A client gave back one access token (RFC 7009).
    AccessTokenRevoked {
        /// The grant, which stays.
        grant_id: GrantId,
        /// The token.
        jti: Jti,
    },
    /// A request was refused; by its id more is found among refusals.
    Refused {
        /// Where.
        endpoint: String,
        /// Why, by the stable name of the reason.
        reason: String,
    },
    /// A client gave back one access token that it had been given in its own name (RFC 7009).
    ClientTokenRevoked {
        /// The token.
        jti: Jti,
    },
    /// A signing key was made and announced.
    KeyAnnounced {
        /// The key.
        key_id: KeyId,
        /// Its algorithm (RFC 7518 §3.1).
        alg: String,
    },
    /// A signing key no longer signs.
    KeyRetired {
        /// The key.
        key_id: KeyId,
    },
    /// An operator took back all that one authorization gave.
    GrantWithdrawn {
        /// The grant.
        grant_id: GrantId,
        /// Why.
        reason: RevocationReason,
    },
    /// An operator took back one access token.
    AccessTokenWithdrawn {
        /// The grant, which stays; nothing where the token is of none, or only its name was known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant_id: Option<GrantId>,
        /// The token.
        jti: Jti,
        /// Why.
        reason: RevocationReason,
    },
    /// An operator took back all that a client had been given.
    ClientTokensRevoked {
        /// Why.
        reason: RevocationReason,
    },
    /// An operator took back all that clients had been given for an account.
    AccountTokensRevoked {
        /// Why.
        reason: RevocationReason,
    },
    /// A client may do nothing from now on.
    ClientDisabled,
    /// A client may do again what it may.
    ClientEnabled,
    /// A client was deleted, and all that it was given with it.
    ClientDeleted,
    /// A client has one secret more.
    ClientSecretAdded {
        /// The secret.
        secret_id: ClientSecretId,
    },
    /// A secret of a client proves nothing any more.
    ClientSecretRemoved {
        /// The secret.
        secret_id: ClientSecretId,
    },
    /// What an operator may do was changed.
    OperatorChanged {
        /// The operator.
        operator_id: OperatorId,
    },
    /// An operator was given another token in place of its own.
    OperatorTokenRotated {
        /// The operator.
        operator_id: OperatorId,
    },
    /// An operator was removed.
    OperatorDeleted {
        /// The operator.
        operator_id: OperatorId,
    },
    /// What clients may be told of an account was changed.
    AccountChanged,
    /// An account signs in with other names.
    IdentifiersChanged,
    /// An account may not sign in any more.
    AccountDisabled {
        /// Why.
        reason: RevocationReason,
    },
    /// An account may sign in again.
    AccountEnabled {
        /// Why.
        reason: RevocationReason,
    },
    /// An account was given a password.
    PasswordSet {
        /// Whether the end-user must choose another at the next sign-in.
        is_temporary: bool,
    },
    /// The end-user must choose another password at the next sign-in.
    NewPasswordRequired {
        /// Why.
        reason: RevocationReason,
    },
    /// An end-user chose another password, which ended every other session.
    PasswordChosen,
    /// Every session of an account was ended.
    SessionsEnded {
        /// Why.
        reason: RevocationReason,
        /// Whether offline access was taken back with them.
        tokens: bool,
    },
    /// Failures were forgotten, and a lock with them.
    LockoutReleased {
        /// What was locked.
        subject: LockSubject,
        /// Why.
        reason: RevocationReason,
    },
    /// An operator took back a code before it was redeemed.
    CodeWithdrawn {
        /// Why.
        reason: RevocationReason,
    },
    /// The password of an account was right and must be replaced: another was asked for.
    PasswordOutdated,
    /// A client was given tokens through the browser.
    TokensGivenAtOnce {
        /// What it was given.
        grant_id: GrantId,
    },
    /// A client was told that a session is over, and took it (OpenID Connect Back-Channel Logout 1.0 §2.8).
    ClientToldOfLogout {
        /// The session.
        session_id: SessionId,
        /// How often it was tried.
        attempts: u32,
    },
    /// A client could not be told that a session is over: nobody tries any more.
    ClientNotToldOfLogout {
        /// The session.
        session_id: SessionId,
        /// How often it was tried.
        attempts: u32,
    },
}

/// Why an attempt to sign in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInRefusal {
    /// No account has the identifier.
    UnknownIdentifier,
    /// The password is another.
    WrongPassword,
    /// The account may not sign in.
    AccountDisabled,
}

/// What a lock holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockSubject {
    /// One account.
    Account,
    /// One address or network.
    Address,
    /// An identifier that no account has.
    Unknown,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The end-user signed out.
    Logout,
    /// Another end-user signed in on the same browser.
    Replaced,
    /// An operator: somebody may be in it who should not.
    Compromised,
    /// An operator: nobody needs it any more.
    NoLongerNeeded,
    /// An operator: a rule of theirs asks for it.
    Policy,
    /// An operator: the end-user asked for it.
    Requested,
    /// An operator, who said no more.
    Unspecified,
}

impl From<RevocationReason> for EndReason {
    fn from(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::Compromised => Self::Compromised,
            RevocationReason::NoLongerNeeded => Self::NoLongerNeeded,
            RevocationReason::Policy => Self::Policy,
            RevocationReason::Requested => Self::Requested,
            RevocationReason::CodeReused
            | RevocationReason::RefreshTokenReused
            | RevocationReason::ByClient
            | RevocationReason::Unspecified => Self::Unspecified,
        }
    }
}
