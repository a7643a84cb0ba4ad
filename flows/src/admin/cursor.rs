//! Where a list goes on: a text that only we make and that fits one list, so that no cursor becomes part of a query
//! (ATTACKS 42).

use protocol::{
    KeyRing, Randomness, Sealed,
    master_key::{Place, SealError},
};
use storage::{Page, Stored, engine::Position};

use crate::{Failure, Flows};

/// Items of one page.
pub const ITEMS_MAX: usize = 100;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct List<T> {
    /// Its items, at most [`ITEMS_MAX`].
    pub items: Vec<T>,
    /// Where it goes on; nothing at its end.
    pub next: Option<Cursor>,
}

/// Where a list goes on. Sealed under the installation's key and bound to the list with its filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// A text that is no cursor of this list: altered, of another list or of other filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one of this list with these filters")]
pub struct NotACursor;

/// Bytes of a cursor.
const CURSOR_BYTES_MAX: usize = 2_048;

impl Cursor {
    /// For the list that `list` names, filters included.
    pub(crate) fn new(
        position: &Position,
        list: &str,
        (ring, randomness): (&KeyRing, &dyn Randomness),
    ) -> Result<Self, SealError> {
        let plain = (position.value.clone(), position.id.clone());
        Ok(Self(ring.seal(&plain, place(list), randomness)?.to_text()))
    }

    /// A text from outside, not yet believed.
    pub fn presented(text: String) -> Self {
        Self(text)
    }

    /// Its text, fit for an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the list goes on.
    pub(crate) fn read(&self, list: &str, ring: &KeyRing) -> Result<Position, NotACursor> {
        if self.0.len() > CURSOR_BYTES_MAX {
            return Err(NotACursor);
        }
        let sealed: Sealed<(String, String)> = Sealed::from_text(&self.0).ok_or(NotACursor)?;
        let (value, id) = ring.open(&sealed, place(list)).map_err(|_| NotACursor)?;
        Ok(Position { value, id })
    }
}

impl Flows {
    /// Where a page of the list that `list` names, filters included, begins.
    pub(super) fn after(
        &self,
        list: &str,
        cursor: Option<&Cursor>,
    ) -> Result<Option<Position>, NotACursor> {
        cursor.map(|cursor| cursor.read(list, &self.ring)).transpose()
    }

    /// A page as operators are given it: each record as `item` shows it.
    pub(super) fn listed<R, T>(
        &self,
        list: &str,
        page: Page<R>,
        item: impl Fn(Stored<R>) -> T,
    ) -> Result<List<T>, Failure> {
        let sealing = (&*self.ring, self.store.randomness());
        let next = page.next.map(|position| Cursor::new(&position, list, sealing)).transpose()?;
        Ok(List { items: page.items.into_iter().map(item).collect(), next })
    }
}

fn place(list: &str) -> Place<'_> {
    Place { table: "cursors", record: list, field: "position" }
}
