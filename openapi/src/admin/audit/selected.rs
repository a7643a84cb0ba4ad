//! What is looked for, as it was sent: each of it has one form, and nothing of another form becomes part of a query.

use flows::admin::audit::Selection;
use protocol::{AccountId, ClientId, OperatorId, Timestamp};

/// Bytes of the name of an act, of a request and of a node.
const NAME_BYTES_MAX: usize = 64;

/// What is looked for, not yet believed.
pub(super) struct Selected {
    pub(super) act: Option<String>,
    pub(super) account_id: Option<AccountId>,
    pub(super) client_id: Option<ClientId>,
    pub(super) actor: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

/// What has another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misshapen {
    /// `act`
    #[error("`act` is the name of an act: a to z and _")]
    Act,
    /// `actor`
    #[error("`actor` is the id of an operator, an account or a client, `node` or `stranger`")]
    Actor,
    /// `request_id`
    #[error("`request_id` is a name that the header X-Request-Id has: 0 to 9 and a to f")]
    RequestId,
    /// `from` and `to`
    #[error("`from` must be before `to`")]
    Window,
    /// `node`
    #[error("`node` is the name of a node: 1 to 32 characters of a to z, 0 to 9 and -")]
    Node,
}

impl Selected {
    pub(super) fn read(self) -> Result<Selection, Misshapen> {
        let Self { act, account_id, client_id, actor, request_id, from, to } = self;
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return Err(Misshapen::Window);
        }
        let is_act = |byte| matches!(byte, b'a'..=b'z' | b'_');
        let is_request_id = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        Ok(Selection {
            act: shaped(act, |act| is_name(act, is_act)).ok_or(Misshapen::Act)?,
            account_id: account_id.map(|id| id.to_string()),
            client_id: client_id.map(|id| id.to_string()),
            actor: shaped(actor, is_actor).ok_or(Misshapen::Actor)?,
            request_id: shaped(request_id, |id| is_name(id, is_request_id))
                .ok_or(Misshapen::RequestId)?,
            from,
            to,
        })
    }
}

/// The name of a node.
pub(super) fn node(text: &str) -> Result<String, Misshapen> {
    let is_node = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let is_name = text.len() <= 32 && is_name(text, is_node);
    is_name.then(|| text.to_owned()).ok_or(Misshapen::Node)
}

/// The text, where it has the form; nothing where it has another.
fn shaped(text: Option<String>, has_form: impl FnOnce(&str) -> bool) -> Option<Option<String>> {
    match text {
        Some(text) => has_form(&text).then_some(Some(text)),
        None => Some(None),
    }
}

fn is_name(text: &str, is_of_it: impl Fn(u8) -> bool) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_of_it)
}

fn is_actor(text: &str) -> bool {
    matches!(text, "node" | "stranger")
        || text.parse::<OperatorId>().is_ok()
        || text.parse::<AccountId>().is_ok()
        || text.parse::<ClientId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Selected {
        Selected {
            act: None,
            account_id: None,
            client_id: None,
            actor: None,
            request_id: None,
            from: None,
            to: None,
        }
    }

    #[test]
    fn what_separates_in_a_query_is_in_nothing_that_is_looked_for() {
        for text in ["", "a:b", "a;", "A", "signed_in'", "a b", "a\0", "*", &"a".repeat(65)] {
            let text = || Some(text.to_owned());
            assert_eq!(Selected { act: text(), ..nothing() }.read(), Err(Misshapen::Act));
            assert_eq!(Selected { actor: text(), ..nothing() }.read(), Err(Misshapen::Actor));
            let selected = Selected { request_id: text(), ..nothing() };
            assert_eq!(selected.read(), Err(Misshapen::RequestId));
        }
        assert_eq!(node("a:b"), Err(Misshapen::Node));
        assert_eq!(node("doorward-0").as_deref(), Ok("doorward-0"));
    }

    #[test]
    fn a_window_ends_after_it_began() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let window = |from, to| Selected { from: at(from), to: at(to), ..nothing() }.read();
        assert!(window(1, 2).is_ok());
        assert_eq!(window(2, 2), Err(Misshapen::Window));
    }
}
