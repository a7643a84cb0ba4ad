//! What an operator writes of an account. Who it is, its state and what is noted of it are not among it (ATTACKS 5).

use flows::{
    Context,
    admin::{Why, accounts::NewAccount},
};
use poem_openapi::{Object, types::Example};
use protocol::{
    Secret, Timestamp, claims::StandardClaims, identifier::Identifier, revocation::RevocationReason,
};

use super::claims::ClaimsBody;
use crate::{
    admin::{
        why::{unspecified, why},
        written::Written,
    },
    problem::{Problem, ProblemCode},
};

/// An account to be.
#[derive(Object)]
#[oai(rename = "NewAccount", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct NewAccountBody {
    /// The names it signs in with: e-mail addresses, usernames, phone numbers in E.164. Kept in canonical form.
    #[oai(validator(min_items = 1, max_items = 16))]
    identifiers: Vec<String>,
    /// What clients may be told.
    #[oai(default)]
    claims: ClaimsBody,
    /// What it signs in with: at most 1,024 bytes.
    password: Option<String>,
}

/// What can be changed of an account.
#[derive(Debug, Object)]
#[oai(rename = "AccountClaims", deny_unknown_fields, example)]
pub(super) struct AccountBody {
    /// What clients may be told, in place of all that was there.
    pub(super) claims: ClaimsBody,
}

/// The names of an account.
#[derive(Object)]
#[oai(rename = "Identifiers", deny_unknown_fields, example)]
pub(super) struct IdentifiersBody {
    /// All of them, in any spelling.
    #[oai(validator(min_items = 1, max_items = 16))]
    pub(super) identifiers: Vec<String>,
}

/// A password for an account.
#[derive(Object)]
#[oai(rename = "Password", deny_unknown_fields, example)]
pub(super) struct PasswordBody {
    /// At most 1,024 bytes.
    password: String,
    /// Whether the end-user must choose another at the next sign-in.
    #[oai(default)]
    is_temporary: bool,
}

/// Which sessions end, and why.
#[derive(Debug, Object)]
#[oai(rename = "EndSessions", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct EndSessionsBody {
    /// Whether what outlives a session is taken back too (`offline_access`).
    #[oai(default)]
    tokens: bool,
    /// One of a few reasons, for programs and statistics.
    #[oai(default = "unspecified")]
    reason: Written<RevocationReason>,
    /// What there is to say of it: 1 to 512 bytes on one line, kept sealed.
    note: Option<String>,
}

impl NewAccountBody {
    /// What it says; the claims are of `now`.
    pub(super) fn read(self, context: &Context, now: Timestamp) -> Result<NewAccount, Problem> {
        let claims = StandardClaims { updated_at: Some(now), ..self.claims.read(context)? };
        let identifiers = identifiers(context, &self.identifiers)?;
        Ok(NewAccount { identifiers, claims, password: self.password.map(Secret::new) })
    }
}

impl PasswordBody {
    /// The password, and whether it is temporary.
    pub(super) fn read(self) -> (Secret<String>, bool) {
        (Secret::new(self.password), self.is_temporary)
    }
}

impl EndSessionsBody {
    /// Whether offline access ends too, and why.
    pub(super) fn read(self, context: &Context) -> Result<(bool, Why), Problem> {
        Ok((self.tokens, why(context, (self.reason, self.note))?))
    }
}

/// Each name in canonical form, or which of them can be none.
pub(super) fn identifiers(context: &Context, texts: &[String]) -> Result<Vec<Identifier>, Problem> {
    let read = |(number, text): (usize, &String)| {
        Identifier::canonical(text).map_err(|why| {
            let why = format_args!("identifiers[{number}]: {why}");
            Problem::because(context, ProblemCode::Unprocessable, why)
        })
    };
    texts.iter().enumerate().map(read).collect()
}

impl Example for NewAccountBody {
    fn example() -> Self {
        Self {
            identifiers: vec!["ada".into(), "ada@example.com".into()],
            claims: ClaimsBody::example(),
            password: Some("correct horse battery staple".into()),
        }
    }
}

impl Example for AccountBody {
    fn example() -> Self {
        Self { claims: ClaimsBody::example() }
    }
}

impl Example for IdentifiersBody {
    fn example() -> Self {
        Self {
            identifiers: vec!["grace".into(), "grace@example.com".into(), "+442079460124".into()],
        }
    }
}

impl Example for PasswordBody {
    fn example() -> Self {
        Self { password: "another horse, another staple".into(), is_temporary: true }
    }
}

impl Example for EndSessionsBody {
    fn example() -> Self {
        let reason = Written(RevocationReason::Compromised);
        Self { tokens: true, reason, note: Some("A laptop was stolen.".into()) }
    }
}
