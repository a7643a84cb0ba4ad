//! Whether a client knows end-users by names that others have too, and with which clients it shares them (OpenID Connect Core
//! 1.0 §8, §8.1).

use serde::{Deserialize, Serialize};

use super::{Client, NotAClient};
use crate::web_uri::WebUri;

/// What kind of names a client knows end-users by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same as other clients.
    #[default]
    Public,
    /// Those of its sector alone.
    Pairwise,
    /// A kind of a later release.
    #[serde(untagged)]
    Unknown(String),
}

/// The names of end-users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubjectPolicy {
    /// Their kind.
    pub subject_type: SubjectType,
    /// Where the redirect URIs of all clients of its sector are listed. Its host is the sector; without it that is the one
    /// host of the client's redirect URIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<WebUri>,
}

/// A client with pairwise subjects that is of no sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client has pairwise subjects and is of no sector")]
pub struct NoSector;

impl SubjectPolicy {
    /// Whether nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Client {
    /// The sector that it shares its names with; nothing where they are public.
    ///
    /// # Errors
    /// They are not, and nothing says which sector it is.
    pub fn sector(&self) -> Result<Option<String>, NoSector> {
        match (&self.subjects.subject_type, &self.subjects.sector_identifier_uri) {
            (SubjectType::Public, _) => Ok(None),
            (SubjectType::Pairwise, Some(uri)) => uri.host().map(Some).ok_or(NoSector),
            (SubjectType::Pairwise, None) => self.own_host().map(Some).ok_or(NoSector),
            (SubjectType::Unknown(_), _) => Err(NoSector),
        }
    }

    /// The host of all its redirect URIs. What runs on the end-user's own machine has none: any program could be of it.
    fn own_host(&self) -> Option<String> {
        let mut hosts = self.redirect_uris.iter().map(|uri| uri.host());
        let first = hosts.next()??;
        hosts.all(|host| host.as_ref() == Some(&first)).then_some(first)
    }

    /// Refuses what cannot work, before it is stored.
    pub(super) fn judge_subjects(&self) -> Result<(), NotAClient> {
        let uri = self.subjects.sector_identifier_uri.as_ref();
        if matches!(self.subjects.subject_type, SubjectType::Unknown(_)) {
            Err(NotAClient::Unknown)
        } else if uri.is_some_and(|uri| !uri.as_str().starts_with("https:")) {
            Err(NotAClient::SectorUri)
        } else {
            self.sector().map(drop).map_err(|_| NotAClient::NoSector)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::tests::client;

    fn at(uris: &[&str], policy: Value) -> Client {
        let redirect_uris = uris.iter().map(|uri| uri.parse().unwrap()).collect();
        Client { redirect_uris, subjects: serde_json::from_value(policy).unwrap(), ..client() }
    }

    fn pairwise(uris: &[&str]) -> Client {
        at(uris, json!({ "subject_type": "pairwise" }))
    }

    #[test]
    fn the_sector_is_the_one_host_of_the_redirect_uris() {
        let host = |client: Client| client.sector().unwrap();
        assert_eq!(host(client()), None);
        assert_eq!(host(pairwise(&["https://a.example/cb"])).as_deref(), Some("a.example"));
        let many = pairwise(&["https://a.example/cb", "https://a.example:8443/other?x=y"]);
        assert_eq!(many.judge(), Ok(()));
        assert_eq!(host(many).as_deref(), Some("a.example"));
    }

    #[test]
    fn without_one_host_a_sector_must_be_named() {
        let cases: [&[&str]; 4] = [
            &["https://a.example/cb", "https://b.example/cb"],
            &["https://a.example/cb", "com.example.app:/cb"],
            &["com.example.app:/cb"],
            &["http://127.0.0.1/cb"],
        ];
        for uris in cases {
            let client = pairwise(uris);
            assert_eq!(
                (client.sector(), client.judge()),
                (Err(NoSector), Err(NotAClient::NoSector))
            );
            let uri = "https://sector.example/uris.json";
            let named = json!({ "subject_type": "pairwise", "sector_identifier_uri": uri });
            let client = at(uris, named);
            assert_eq!(client.judge(), Ok(()));
            assert_eq!(client.sector().unwrap().as_deref(), Some("sector.example"));
        }
        let plain = json!({ "sector_identifier_uri": "http://sector.example/uris.json" });
        assert_eq!(at(&["https://a.example/cb"], plain).judge(), Err(NotAClient::SectorUri));
    }

    #[test]
    fn a_kind_of_a_later_release_is_neither_guessed_nor_lost() {
        let later = at(&["https://a.example/cb"], json!({ "subject_type": "later" }));
        assert_eq!((later.sector(), later.judge()), (Err(NoSector), Err(NotAClient::Unknown)));
        assert_eq!(serde_json::to_value(&later).unwrap()["subjects"]["subject_type"], "later");
        assert!(serde_json::to_value(client()).unwrap().get("subjects").is_none());
    }
}
