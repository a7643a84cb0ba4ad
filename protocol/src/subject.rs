//! What clients call an end-user and their session: the same for all (public), or another for each group of clients (pairwise,
//! OpenID Connect Core 1.0 §8), so that two of them cannot find out that they speak of one person.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    client::{Client, NoSector},
    crypto,
    id::{AccountId, SessionId},
    master_key::KeyRing,
    secret::Secret,
};

/// What one client calls end-users and sessions.
#[derive(Debug)]
pub enum Subjects {
    /// By the ids that they have here.
    Public,
    /// By names that only clients of one sector share.
    Pairwise(Sector),
}

/// The keys of a sector. They come from the master key, so that every node has the same, and nothing is stored.
#[derive(Debug)]
pub struct Sector {
    subjects: Secret<[u8; 32]>,
    sessions: Secret<[u8; 32]>,
}

impl Subjects {
    /// Those of a client.
    ///
    /// # Errors
    /// Its subjects are pairwise and it is of no sector, or they are of a kind that a later release knows. Nobody is then
    /// told of anybody.
    pub fn of(client: &Client, ring: &KeyRing) -> Result<Self, NoSector> {
        let Some(sector) = client.sector()? else { return Ok(Self::Public) };
        let key = |label| {
            Secret::new(crypto::hmac_sha256(ring.derive(label).expose(), sector.as_bytes()))
        };
        Ok(Self::Pairwise(Sector {
            subjects: key("doorward pairwise subjects"),
            sessions: key("doorward pairwise sessions"),
        }))
    }

    /// The `sub` of an end-user: the account's id, or 43 characters of base64url that nobody can turn back.
    pub fn subject(&self, account_id: AccountId) -> String {
        match self {
            Self::Public => account_id.to_string(),
            Self::Pairwise(Sector { subjects, .. }) => URL_SAFE_NO_PAD
                .encode(crypto::hmac_sha256(subjects.expose(), account_id.as_bytes())),
        }
    }

    /// The `sid` of a session. A pairwise one is turned back by [`Self::read_session_id`]: the session of an old hint may be
    /// gone, and what was given in it may not.
    pub fn session_id(&self, session_id: SessionId) -> Option<SessionId> {
        match self {
            Self::Public => Some(session_id),
            Self::Pairwise(Sector { sessions, .. }) => {
                crypto::permuted(sessions.expose(), *session_id.as_bytes())
                    .map(SessionId::from_bytes)
            }
        }
    }

    /// The session that a `sid` names.
    pub fn read_session_id(&self, told: SessionId) -> Option<SessionId> {
        match self {
            Self::Public => Some(told),
            Self::Pairwise(Sector { sessions, .. }) => {
                crypto::unpermuted(sessions.expose(), *told.as_bytes()).map(SessionId::from_bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::tests::client, master_key::MasterKey, randomness::tests::Counting};

    fn of(ring: &KeyRing, host: &str) -> Subjects {
        let mut client = client();
        client.redirect_uris = vec![format!("https://{host}/cb").parse().unwrap()];
        client.subjects =
            serde_json::from_value(serde_json::json!({ "subject_type": "pairwise" })).unwrap();
        Subjects::of(&client, ring).unwrap()
    }

    #[test]
    fn clients_of_one_sector_share_names_that_no_other_has() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let (alice, bob) = (AccountId::new(&randomness), AccountId::new(&randomness));
        let session_id = SessionId::new(&randomness);
        let [one, same, other] =
            ["a.example", "a.example", "b.example"].map(|host| of(&ring, host));
        let elsewhere = of(&KeyRing::new(MasterKey::new(&randomness)), "a.example");
        assert_eq!(one.subject(alice), same.subject(alice));
        assert_eq!(one.session_id(session_id), same.session_id(session_id));
        for another in [&other, &elsewhere, &Subjects::Public] {
            assert_ne!(one.subject(alice), another.subject(alice));
            assert_ne!(one.session_id(session_id), another.session_id(session_id));
        }
        assert_ne!(one.subject(alice), one.subject(bob));
        assert_eq!(one.read_session_id(one.session_id(session_id).unwrap()), Some(session_id));
        assert_ne!(other.read_session_id(one.session_id(session_id).unwrap()), Some(session_id));
    }

    /// I3: at most 255 characters of ASCII; and no pairwise name can be taken for the id of an account.
    #[test]
    fn a_subject_is_short_and_of_one_kind() {
        let randomness = Counting::default();
        let ring = KeyRing::new(MasterKey::new(&randomness));
        let alice = AccountId::new(&randomness);
        let pairwise = of(&ring, "a.example").subject(alice);
        assert!(
            pairwise.is_ascii() && pairwise.len() == 43 && pairwise.parse::<AccountId>().is_err()
        );
        assert_eq!(Subjects::Public.subject(alice).parse(), Ok(alice));
    }

    /// Were it another in a later release, every client would meet strangers.
    #[test]
    fn a_subject_is_the_same_in_every_release() {
        let ring = KeyRing::new(MasterKey::parse(&"A".repeat(43)).unwrap());
        let subjects = of(&ring, "a.example");
        let told = subjects.subject(AccountId::from_bytes([1; 16]));
        let session_id = subjects.session_id(SessionId::from_bytes([2; 16])).unwrap();
        assert_eq!(told, "jvUJ4SzINkJRrmDscvBpSfsizSXPM747JeKrKf86gHM");
        assert_eq!(session_id.to_string(), "ses_0b704a5f316d25f85981219f40ec24f9");
    }
}
