//! The keys of clients, parsed once for each version of a client and not at each request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::{ClientId, Realm, jose::ClientKeys};
use storage::engine::Version;

/// Clients whose keys are kept: some kilobytes each.
const CLIENTS_MAX: usize = 1_024;

/// By client, with the version of it that has these keys.
#[derive(Default)]
pub(crate) struct KeptClientKeys(Mutex<HashMap<(Realm, ClientId), Kept>>);

struct Kept {
    version: Version,
    keys: Arc<ClientKeys>,
}

impl KeptClientKeys {
    /// The keys of a client, parsed now if they are not those of this version of it.
    pub(crate) fn get<E>(
        &self,
        key: (Realm, ClientId),
        version: Version,
        parse: impl FnOnce() -> Result<ClientKeys, E>,
    ) -> Result<Arc<ClientKeys>, E> {
        {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = kept.get(&key).filter(|kept| kept.version == version) {
                return Ok(Arc::clone(&kept.keys));
            }
        }
        let keys = Arc::new(parse()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CLIENTS_MAX && !kept.contains_key(&key) {
            let any = kept.keys().next().cloned();
            any.and_then(|any| kept.remove(&any));
        }
        kept.insert(key, Kept { version, keys: Arc::clone(&keys) });
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible};

    use protocol::Timestamp;

    use super::*;

    fn client(number: usize) -> (Realm, ClientId) {
        (Realm::main(), format!("cli_{number:032x}").parse().expect("an id"))
    }

    fn version(number: u8) -> Version {
        Version::new(Timestamp::from_seconds(1), [number; 10])
    }

    #[test]
    fn keys_are_parsed_once_for_each_version_of_a_client() {
        let (kept, parsed) = (KeptClientKeys::default(), Cell::new(0));
        let ask = |one: usize, at: u8| {
            let parse = || {
                parsed.set(parsed.get() + 1);
                Ok::<_, Infallible>(ClientKeys::None)
            };
            kept.get(client(one), version(at), parse).expect("it parses");
            parsed.get()
        };
        let seen = [ask(1, 1), ask(1, 1), ask(2, 1), ask(1, 1), ask(1, 2), ask(1, 2), ask(1, 1)];
        assert_eq!(seen, [1, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let kept = KeptClientKeys::default();
        for number in 0..CLIENTS_MAX + 10 {
            let parse = || Ok::<_, Infallible>(ClientKeys::None);
            kept.get(client(number), version(1), parse).expect("it parses");
        }
        assert_eq!(kept.0.lock().expect("nobody panicked").len(), CLIENTS_MAX);
    }

    #[test]
    fn what_does_not_parse_is_not_kept() {
        let kept = KeptClientKeys::default();
        assert!(kept.get(client(1), version(1), || Err("no")).is_err());
        assert!(kept.get(client(1), version(1), || Ok::<_, Infallible>(ClientKeys::None)).is_ok());
    }
}
