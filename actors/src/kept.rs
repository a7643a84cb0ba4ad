//! What was made of something once and is made again only when that has changed: parsed keys, verified tokens.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// At most so many values by their keys. Where there is no room any of them goes: each can be made again.
#[derive(Debug)]
pub struct Kept<K, V> {
    length_max: usize,
    values: Mutex<HashMap<K, Arc<V>>>,
}

impl<K: Clone + Eq + Hash, V> Kept<K, V> {
    /// Room for `length_max`, all of it empty.
    pub fn new(length_max: usize) -> Self {
        Self { length_max, values: Mutex::default() }
    }

    /// What is kept under `key`; made now where nothing is, or nothing that `is_current`.
    ///
    /// # Errors
    /// Those of `make`, and then nothing is kept.
    pub fn get<E>(
        &self,
        key: K,
        is_current: impl FnOnce(&V) -> bool,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        {
            let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(value) = values.get(&key).filter(|value| is_current(value)) {
                return Ok(Arc::clone(value));
            }
        }
        // Without the lock: others need not wait for a signature.
        let value = Arc::new(make()?);
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= self.length_max && !values.contains_key(&key) {
            let any = values.keys().next().cloned();
            any.and_then(|any| values.remove(&any));
        }
        values.insert(key, Arc::clone(&value));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible};

    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_state_of_what_it_is_made_of() {
        let (kept, made) = (Kept::new(8), Cell::new(0));
        let ask = |key: u8, state: u8| {
            let make = || {
                made.set(made.get() + 1);
                Ok::<_, Infallible>(state)
            };
            let got = kept.get(key, |kept| *kept == state, make).expect("it is made");
            assert_eq!(*got, state);
            made.get()
        };
        let seen = [ask(1, 1), ask(1, 1), ask(2, 1), ask(1, 1), ask(1, 2), ask(1, 2), ask(1, 1)];
        assert_eq!(seen, [1, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let kept = Kept::new(100);
        for number in 0..110 {
            kept.get(number, |()| true, || Ok::<_, Infallible>(())).expect("it is made");
        }
        assert_eq!(kept.values.lock().expect("nobody panicked").len(), 100);
    }

    #[test]
    fn what_cannot_be_made_is_not_kept() {
        let kept = Kept::new(1);
        assert!(kept.get(1, |_| true, || Err::<u8, _>("no")).is_err());
        assert_eq!(kept.get(1, |_| true, || Ok::<_, Infallible>(2)).map(|kept| *kept), Ok(2));
    }
}
