//! A row as bytes: what the engine must know of it, and then its body.
//!
//! ```text
//! version 16 · schema 2 · expires_at 8 (u64::MAX: never) · count 1 of (length 2 · where its index entry stands) · body
//! ```

use protocol::Timestamp;
use storage::engine::{BatchId, Version};

/// A row in the bytes that hold it.
pub(crate) struct Kept<'a> {
    pub(crate) version: Version,
    pub(crate) schema: u16,
    pub(crate) expires_at: Option<Timestamp>,
    entries: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// Stands for an instant that never comes.
const NEVER: u64 = u64::MAX;

impl<'a> Kept<'a> {
    /// Reads a row; nothing if the bytes are not one.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk::<16>()?;
        let (schema, rest) = rest.split_first_chunk::<2>()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (&count, rest) = rest.split_first()?;
        let mut body = rest;
        for _ in 0..count {
            (_, body) = take(body)?;
        }
        let entries = rest.get(..rest.len() - body.len())?;
        let expires_at = match u64::from_be_bytes(*expires_at) {
            NEVER => None,
            millis => Some(Timestamp::from_millis(millis)),
        };
        Some(Self {
            version: BatchId(*version),
            schema: u16::from_be_bytes(*schema),
            expires_at,
            entries,
            body,
        })
    }

    /// Whether it does not exist at `now`.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Where its index entries stand, without its id.
    pub(crate) fn holders(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.entries;
        std::iter::from_fn(move || {
            let (entry, after) = take(rest)?;
            rest = after;
            Some(entry)
        })
    }
}

/// The bytes of a row. `holders` are at most 255, each at most 65,535 bytes long: the bounds of a batch are tighter.
pub(crate) fn bytes(
    version: Version,
    schema: u16,
    expires_at: Option<Timestamp>,
    holders: &[Vec<u8>],
    body: &[u8],
) -> Vec<u8> {
    let entries: usize = holders.iter().map(|holder| holder.len() + 2).sum();
    let mut bytes = Vec::with_capacity(27 + entries + body.len());
    bytes.extend_from_slice(&version.0);
    bytes.extend_from_slice(&schema.to_be_bytes());
    bytes.extend_from_slice(&expires_at.map_or(NEVER, Timestamp::as_millis).to_be_bytes());
    bytes.push(u8::try_from(holders.len()).unwrap_or(u8::MAX));
    for holder in holders {
        put(&mut bytes, holder);
    }
    bytes.extend_from_slice(body);
    bytes
}

/// Puts a part and its length.
pub(crate) fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend_from_slice(part);
}

/// Takes a part that [`put`] put.
pub(crate) fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_from_its_bytes() {
        let holders = [b"sessions\0account\0".to_vec(), b"x".to_vec()];
        let written = bytes(BatchId([7; 16]), 3, Some(Timestamp::from_millis(9)), &holders, b"{}");
        let row = Kept::read(&written).unwrap();
        assert_eq!((row.version, row.schema, row.body), (BatchId([7; 16]), 3, &b"{}"[..]));
        assert_eq!(row.holders().collect::<Vec<_>>(), holders);
        assert!(
            row.is_expired(Timestamp::from_millis(9)) && !row.is_expired(Timestamp::from_millis(8))
        );
    }

    #[test]
    fn a_row_cut_short_is_not_one() {
        let written = bytes(BatchId([7; 16]), 3, None, &[b"entry".to_vec()], b"");
        for length in 0..written.len() {
            assert!(Kept::read(&written[..length]).is_none(), "{length}");
        }
    }
}
