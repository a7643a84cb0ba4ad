//! `<data>/dev.json`: what `dev` prints, kept so that the next start has the same.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use protocol::{ClientId, Randomness, randomness::random, redirect_uri::RedirectUri};
use serde::{Deserialize, Serialize};

use crate::{commands::Failed, start::write_private};

/// The longest file that is read, in bytes.
const BYTES_MAX: u64 = 256 * 1024;

/// What was made for the developer. It holds secrets and has no `Debug`: this is the one place that prints them.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// The issuer of the latest start.
    pub(super) issuer: String,
    /// The certificate of the authority that clients must trust, under https.
    pub(super) ca_file: Option<PathBuf>,
    /// What the end-user signs in with.
    pub(super) username: String,
    /// What the end-user signs in with.
    pub(super) password: String,
    /// The confidential client, once it is registered.
    pub(super) client_id: Option<ClientId>,
    /// Its secret.
    pub(super) client_secret: Option<String>,
    /// The public client, once it is registered.
    pub(super) public_client_id: Option<ClientId>,
    /// Where both may be answered.
    pub(super) redirect_uris: Vec<RedirectUri>,
    /// Where both may send a browser after a logout.
    pub(super) post_logout_redirect_uris: Vec<RedirectUri>,
    /// The token of the operator, once it is made.
    pub(super) admin_token: Option<String>,
    /// The page that describes the API and tries it.
    pub(super) docs: Option<String>,
    /// What `--redirect-uri` has added so far; kept, not printed.
    pub(super) added_redirect_uris: Vec<RedirectUri>,
    /// The client of the demonstration, once it is registered; kept, not printed.
    pub(super) demo_client_id: Option<ClientId>,
    /// Its secret; kept, not printed.
    pub(super) demo_client_secret: Option<String>,
}

/// Of no use to a developer.
const NOT_PRINTED: [&str; 3] = ["added_redirect_uris", "demo_client_id", "demo_client_secret"];

/// Where it is.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join("dev.json")
}

impl Kept {
    /// What the last start has kept; nothing before the first.
    pub(super) fn read(directory: &Path) -> io::Result<Option<Self>> {
        let mut text = String::new();
        match File::open(file(directory)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?.take(BYTES_MAX).read_to_string(&mut text)?,
        };
        Ok(Some(serde_json::from_str(&text)?))
    }

    /// Keeps it, for this user only.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        write_private(&file(directory), text.as_bytes())
    }

    /// What a program reads: one object on one line.
    pub(super) fn to_json_line(&self) -> Result<String, Failed> {
        let mut printed = serde_json::to_value(self).map_err(Failed::not_done)?;
        if let Some(printed) = printed.as_object_mut() {
            printed.retain(|key, _| !NOT_PRINTED.contains(&key.as_str()));
        }
        Ok(format!("{printed}\n"))
    }
}

/// Letters and digits that no font confuses. As many as five bits tell apart.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password that can be read aloud: 100 random bits in four groups.
pub(super) fn password(randomness: &dyn Randomness) -> String {
    let characters: Vec<char> = random::<20>(randomness)
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from))
        .collect();
    let groups: Vec<String> = characters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_is_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Kept::read(directory.path()).unwrap().is_none());
        let kept = Kept { password: "secret".into(), ..Kept::default() };
        kept.write(directory.path()).unwrap();
        assert!(Kept::read(directory.path()).unwrap() == Some(kept));
        let mode = std::fs::metadata(file(directory.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_printed_is_one_line_with_every_key() {
        let line = Kept::default().to_json_line().unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        let printed: serde_json::Value = serde_json::from_str(&line).unwrap();
        let mut keys: Vec<_> = printed.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let mut expected = [
            "issuer",
            "ca_file",
            "username",
            "password",
            "client_id",
            "client_secret",
            "public_client_id",
            "redirect_uris",
            "post_logout_redirect_uris",
            "admin_token",
            "docs",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
    }

    #[test]
    fn a_password_can_be_read_aloud() {
        struct Rising;
        impl Randomness for Rising {
            fn fill(&self, bytes: &mut [u8]) {
                let values = (0_u16..).step_by(13).map(|value| (value % 256) as u8);
                values.zip(bytes).for_each(|(value, byte)| *byte = value);
            }
        }
        let password = password(&Rising);
        assert_eq!(password.len(), 23);
        assert!(password.split('-').all(|group| group.len() == 5), "{password}");
        assert!(!password.contains(['0', 'o', '1', 'l']), "{password}");
    }
}
