//! For which resource servers? (RFC 8707 §2)

use super::{Asked, Refusal, Requested};
use crate::resource::{self, Resources, TargetRefused};

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let resources = Resources::asked(asked.parameters).map_err(TargetRefused::Malformed)?;
    resource::judge(&resources, asked.client, asked.issuer)?;
    requested.resources = resources;
    Ok(())
}
