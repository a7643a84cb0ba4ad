//! Which client? A request that does not name one has nowhere to be answered.

use super::NotAnswerable;
use crate::{client::Client, id::ClientId, parameters::Parameters};

/// The client that a request names, to be looked up.
pub fn client_id(parameters: &Parameters) -> Result<ClientId, NotAnswerable> {
    let client_id = parameters.get("client_id").map_err(NotAnswerable::Repeated)?;
    client_id
        .ok_or(NotAnswerable::ClientIdMissing)?
        .parse()
        .map_err(|_| NotAnswerable::ClientUnknown)
}

/// A client that may do nothing is answered as one that does not exist.
pub(super) fn check<'a>(
    parameters: &Parameters,
    client: Option<&'a Client>,
) -> Result<&'a Client, NotAnswerable> {
    let named = client_id(parameters)?;
    let is_it = |client: &&Client| client.client_id == named && !client.is_disabled();
    client.filter(is_it).ok_or(NotAnswerable::ClientUnknown)
}
