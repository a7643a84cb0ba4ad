//! Why an operator does something: the body of every act that takes something away, or gives it back.

use flows::{
    Context,
    admin::{NotANote, Why},
};
use poem_openapi::{Object, types::Example};
use protocol::revocation::RevocationReason;

use super::written::Written;
use crate::problem::{Problem, ProblemCode};

/// Why something is done.
#[derive(Debug, Object)]
#[oai(rename = "Why", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(super) struct WhyBody {
    /// One of a few reasons, for programs and statistics.
    #[oai(default = "unspecified")]
    reason: Written<RevocationReason>,
    /// What there is to say of it: 1 to 512 bytes on one line. The audit log keeps it sealed, and erasing the account that
    /// it concerns erases it.
    note: Option<String>,
}

pub(super) const fn unspecified() -> Written<RevocationReason> {
    Written(RevocationReason::Unspecified)
}

/// What is said of why.
pub(super) fn why(
    context: &Context,
    (reason, note): (Written<RevocationReason>, Option<String>),
) -> Result<Why, Problem> {
    let note = note.map(|note| note.parse()).transpose();
    let note = note.map_err(|why: NotANote| {
        Problem::because(context, ProblemCode::Unprocessable, format_args!("note: {why}"))
    })?;
    Ok(Why { reason: reason.0, note })
}

impl WhyBody {
    pub(super) fn read(self, context: &Context) -> Result<Why, Problem> {
        why(context, (self.reason, self.note))
    }
}

impl Example for WhyBody {
    fn example() -> Self {
        let note = Some("Reported by telephone; see case 12.".to_owned());
        Self { reason: Written(RevocationReason::Requested), note }
    }
}
