//! No parameter twice (RFC 6749 §3.1).

use super::{Asked, Refusal, Requested};

pub(super) fn check(asked: &Asked<'_>, _: &mut Requested) -> Result<(), Refusal> {
    Ok(asked.parameters.refuse_repeated()?)
}
