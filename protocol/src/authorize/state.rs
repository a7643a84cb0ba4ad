//! What the client recognises its own request by; it comes back unchanged (RFC 6749 §4.1.2).

use super::{Asked, Refusal, Requested};
use crate::parameters::Parameters;

/// Bytes of a `state`: with the redirect URI, what proxies on the way still let pass in a header.
const STATE_BYTES_MAX: usize = 4096;

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    requested.state = asked.parameters.get("state")?.map(fit).transpose()?.map(str::to_owned);
    Ok(())
}

/// The state of a request that is not yet judged, for its refusal.
pub(super) fn before_checks(parameters: &Parameters) -> Option<String> {
    parameters.get("state").ok().flatten().and_then(|state| fit(state).ok()).map(str::to_owned)
}

fn fit(state: &str) -> Result<&str, Refusal> {
    if is_state(state) { Ok(state) } else { Err(Refusal::StateMalformed) }
}

/// Whether it is short enough and harmless. RFC 6749 §A.5 knows printable ASCII only; other letters are let pass, since
/// they come back percent-encoded anyway.
pub(super) fn is_state(state: &str) -> bool {
    state.len() <= STATE_BYTES_MAX && !state.chars().any(char::is_control)
}
