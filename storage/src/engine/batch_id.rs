//! The names of batches, which are also the versions of what they wrote.

use std::fmt;

use protocol::Timestamp;

/// Names a batch. The first 48 bits are the milliseconds of its making, so that ids come nearly in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub [u8; 16]);

impl BatchId {
    /// An id made at `now` from `random` bits.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        let (at, chance) = bytes.split_at_mut(6);
        at.iter_mut()
            .zip(now.as_millis().to_be_bytes().iter().skip(2))
            .for_each(|(to, from)| *to = *from);
        chance.iter_mut().zip(random).for_each(|(to, from)| *to = from);
        Self(bytes)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// A text that is no id of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a batch")]
pub struct NotABatchId;

/// Accepts exactly what [`fmt::Display`] writes.
impl std::str::FromStr for BatchId {
    type Err = NotABatchId;

    fn from_str(text: &str) -> Result<Self, NotABatchId> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(NotABatchId);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| NotABatchId)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
