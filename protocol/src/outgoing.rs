//! Where requests of ours may go whose addresses others have chosen: `jwks_uri` and its like (ATTACKS 30).
//!
//! Clients register such addresses, strangers too where registration is open. What is judged here is the text
//! ([`Destination`]) and every address that its name leads to ([`Allowed`]); `actors::outgoing` is the only one that sends,
//! and connects only to an address that was judged.

mod address;
mod allowed;
mod destination;
mod failure;

pub use address::{Range, range};
pub use allowed::{Allowed, Forbidden, Opening};
pub use destination::{Destination, NotADestination, URI_BYTES_MAX};
pub use failure::NotAnswered;
