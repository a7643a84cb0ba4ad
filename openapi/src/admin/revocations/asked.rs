//! What is to be revoked, as it was sent.

use flows::admin::{
    NotANote, Why,
    revocations::{Everything, REVOKED_MAX, Revocable},
};
use poem_openapi::{Object, types::Example};
use protocol::{
    AccountId, ClientId, GrantId, SessionId, Token, revocation::RevocationReason, tokens::Jti,
};

use crate::admin::written::Written;

/// Bytes of a token.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// What is to be revoked: `items`, or all of what the other members name.
#[derive(Debug, Default, Object)]
#[oai(rename = "Revocation", deny_unknown_fields, example)]
pub(super) struct RevocationBody {
    /// Why. It is kept with what was revoked and told to the audit log.
    reason: Option<Written<RevocationReason>>,
    /// The same for people, in the operator's own words: at most 512 bytes. The audit log keeps it sealed.
    note: Option<String>,
    /// 1 to 100 grants and tokens.
    items: Option<Vec<ItemBody>>,
    /// All that this client was given; with `account_id`, all that it was given for that account.
    client_id: Option<Written<ClientId>>,
    /// All that clients were given for this account; with `client_id`, all that this client was given for it.
    account_id: Option<Written<AccountId>>,
    /// All that was given in this session.
    session_id: Option<String>,
    /// All that any client was given.
    all: Option<bool>,
    /// Where it goes on: `next` of the answer before.
    after: Option<String>,
}

/// A grant or a token: exactly one member.
#[derive(Debug, Default, Object)]
#[oai(rename = "Revocable", deny_unknown_fields)]
pub(super) struct ItemBody {
    /// All that one authorization gave.
    grant_id: Option<String>,
    /// An access token, by its name. Whether there is one is not known, so it is always `revoked`, unless it was before.
    jti: Option<String>,
    /// An access token or a refresh token. A refresh token takes with it all that its authorization gave.
    token: Option<String>,
}

/// What is meant.
#[derive(Debug)]
pub(super) enum Meant {
    Each(Vec<Revocable>),
    All(Everything, Option<String>),
}

/// A body that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Meaningless {
    #[error(
        "exactly one of `items`, `client_id`, `account_id`, both of these, `session_id` and `all` is needed"
    )]
    Target,
    #[error("`items` has 1 to {REVOKED_MAX} members")]
    Items,
    #[error("`items`: each has exactly one of `grant_id`, `jti` and `token`")]
    Item,
    #[error("`grant_id` is not the id of a grant")]
    GrantId,
    #[error("`jti` is not the name of a token")]
    Jti,
    #[error("`token` has 1 to {TOKEN_BYTES_MAX} characters of ASCII")]
    Token,
    #[error("`session_id` is not the id of a session")]
    SessionId,
    #[error("`note`: {0}")]
    Note(NotANote),
    #[error("`after` goes with what is revoked altogether")]
    After,
}

impl RevocationBody {
    pub(super) fn read(self) -> Result<(Why, Meant), Meaningless> {
        let Self { reason, note, items, client_id, account_id, session_id, all, after } = self;
        let reason = reason.map_or(RevocationReason::Unspecified, |reason| reason.0);
        let note = note.map(|note| note.parse().map_err(Meaningless::Note)).transpose()?;
        let all = all.unwrap_or(false);
        let meant = match (items, client_id, account_id, session_id, all) {
            (Some(items), None, None, None, false) => {
                if after.is_some() {
                    return Err(Meaningless::After);
                }
                if !(1..=REVOKED_MAX).contains(&items.len()) {
                    return Err(Meaningless::Items);
                }
                Meant::Each(items.into_iter().map(ItemBody::read).collect::<Result<_, _>>()?)
            }
            (None, Some(client), None, None, false) => {
                Meant::All(Everything::OfClient(client.0), after)
            }
            (None, None, Some(account), None, false) => {
                Meant::All(Everything::OfAccount(account.0), after)
            }
            (None, Some(client), Some(account), None, false) => {
                Meant::All(Everything::OfAccountAtClient(account.0, client.0), after)
            }
            (None, None, None, Some(session_id), false) => {
                let session_id: SessionId =
                    session_id.parse().map_err(|_| Meaningless::SessionId)?;
                Meant::All(Everything::OfSession(session_id), after)
            }
            (None, None, None, None, true) => Meant::All(Everything::OfRealm, after),
            _ => return Err(Meaningless::Target),
        };
        Ok((Why { reason, note }, meant))
    }
}

impl ItemBody {
    fn read(self) -> Result<Revocable, Meaningless> {
        let Self { grant_id, jti, token } = self;
        match (grant_id, jti, token) {
            (Some(grant_id), None, None) => {
                let grant_id: GrantId = grant_id.parse().map_err(|_| Meaningless::GrantId)?;
                Ok(Revocable::Grant(grant_id))
            }
            (None, Some(jti), None) => {
                let jti: Jti = jti.parse().map_err(|_| Meaningless::Jti)?;
                Ok(Revocable::Named(jti))
            }
            (None, None, Some(token)) => {
                let fits = (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.is_ascii();
                fits.then(|| Revocable::Presented(Token::presented(token)))
                    .ok_or(Meaningless::Token)
            }
            _ => Err(Meaningless::Item),
        }
    }
}

impl Example for RevocationBody {
    fn example() -> Self {
        let grant_id = Some("grt_0123456789abcdef0123456789abcdef".to_owned());
        Self {
            reason: Some(RevocationReason::Compromised.into()),
            items: Some(vec![ItemBody { grant_id, ..ItemBody::default() }]),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(token: &str) -> ItemBody {
        ItemBody { token: Some(token.to_owned()), ..ItemBody::default() }
    }

    fn items(items: Vec<ItemBody>) -> RevocationBody {
        RevocationBody { items: Some(items), ..RevocationBody::default() }
    }

    #[test]
    fn what_means_two_things_or_none_means_nothing() {
        let all = || RevocationBody { all: Some(true), ..RevocationBody::default() };
        let nothing = RevocationBody::default().read();
        assert_eq!(nothing.err(), Some(Meaningless::Target));
        let both = RevocationBody { items: Some(vec![item("a")]), ..all() };
        assert_eq!(both.read().err(), Some(Meaningless::Target));
        let no = RevocationBody { all: Some(false), ..RevocationBody::default() };
        assert_eq!(no.read().err(), Some(Meaningless::Target));
        assert!(all().read().is_ok());
    }

    #[test]
    fn items_are_bounded_and_each_is_one_thing() {
        assert_eq!(items(Vec::new()).read().err(), Some(Meaningless::Items));
        let many = |count| items((0..count).map(|_| item("a")).collect());
        assert!(many(REVOKED_MAX).read().is_ok());
        assert_eq!(many(REVOKED_MAX + 1).read().err(), Some(Meaningless::Items));
        let two = ItemBody { jti: Some("a".into()), ..item("a") };
        assert_eq!(items(vec![two]).read().err(), Some(Meaningless::Item));
        for token in ["", "\u{e9}", &"a".repeat(TOKEN_BYTES_MAX + 1)] {
            assert_eq!(items(vec![item(token)]).read().err(), Some(Meaningless::Token));
        }
    }
}
