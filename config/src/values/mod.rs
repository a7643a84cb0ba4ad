//! What a value in the configuration may be. Each type carries its own limits, so a [`Config`](crate::Config) that
//! exists is within all of them, and a value that is not says what to give instead.

mod count;
mod file_path;
mod list;
mod network;
mod opening;
mod quantity;
mod secret;
mod size;
mod span;
pub(crate) mod text;

pub use count::Count;
pub use file_path::FilePath;
pub use list::List;
pub use network::Network;
pub use opening::Opening;
pub(crate) use secret::REDACTED;
pub use secret::Secret;
pub use size::{GIB, KIB, MIB, Size};
pub use span::{DAY, HOUR, MINUTE, SECOND, Span};
