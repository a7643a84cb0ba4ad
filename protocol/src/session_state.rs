//! Whether somebody else is signed in by now, as a client's page can find out without asking us (OpenID Connect Session
//! Management 1.0 §2, §3).
//!
//! A cookie says in which state the browser is, and each answer what that comes to for this client and this origin. A page of
//! ours in a frame of the client's compares the two. The state follows from the session and tells nothing of it: whoever has
//! it can do nothing with it but compare.

use std::fmt::Write;

use crate::{
    crypto::{hmac_sha256, sha256},
    id::{ClientId, SessionId},
    master_key::KeyRing,
    randomness::{Randomness, random},
};

/// The state of a browser on which somebody is signed in: 64 hexadecimal digits. No secret, and nothing opens by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserState(String);

impl BrowserState {
    /// That of a session: the same as long as the session is, and another for every other.
    pub fn of(ring: &KeyRing, session_id: SessionId) -> Self {
        let key = ring.derive("doorward browser state");
        Self(hexadecimal(&hmac_sha256(key.expose(), session_id.as_bytes())))
    }

    /// Its text, for the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a client at `origin` is told (§3): a hash of all of it, a point, and the salt.
    pub fn session_state(
        &self,
        client_id: ClientId,
        origin: &str,
        randomness: &dyn Randomness,
    ) -> String {
        let salt = hexadecimal(&random::<16>(randomness));
        let hash = sha256(format!("{client_id} {origin} {} {salt}", self.0).as_bytes());
        format!("{}.{salt}", hexadecimal(&hash))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{master_key::MasterKey, randomness::tests::Counting};

    #[test]
    fn the_state_is_of_one_session_and_does_not_tell_which() {
        let chance = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&chance));
        let (one, other) = (SessionId::new(&chance), SessionId::new(&chance));
        let state = BrowserState::of(&ring, one);
        assert_eq!(state, BrowserState::of(&ring, one));
        assert_ne!(state, BrowserState::of(&ring, other));
        assert!(!one.to_string().contains(state.as_str()));
        assert_eq!(state.as_str().len(), 64);
    }

    #[test]
    fn what_a_client_is_told_is_its_own_and_another_each_time() {
        let chance = Counting::default();
        let state = BrowserState("5".repeat(64));
        let client_id = ClientId::new(&chance);
        let told = state.session_state(client_id, "https://client.example", &chance);
        let (hash, salt) = told.split_once('.').unwrap();
        let expected = format!("{client_id} https://client.example {} {salt}", "5".repeat(64));
        assert_eq!(hash, hexadecimal(&sha256(expected.as_bytes())));
        assert!(!told.contains(' '));
        assert_ne!(told, state.session_state(client_id, "https://client.example", &chance));
    }
}
