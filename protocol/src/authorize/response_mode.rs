//! How does the answer travel? In the query (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).

use serde::{Deserialize, Serialize};

use super::{Asked, Refusal, Requested};

/// How an answer travels to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment. Only the refusal of a response type that would be answered there.
    Fragment,
}

pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    match asked.parameters.get("response_mode")? {
        None | Some("query") => {
            requested.response_mode = ResponseMode::Query;
            Ok(())
        }
        Some(_) => Err(Refusal::UnsupportedResponseMode),
    }
}
