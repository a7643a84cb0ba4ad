//! The data directory, and the files in it that are nobody else's.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use config::Config;
use protocol::{MasterKey, Randomness, Secret};

/// The longest file that holds a master key, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 1_024;

/// Where the store is.
pub fn store_file(directory: &Path) -> PathBuf {
    directory.join("store.redb")
}

/// Where `dev` keeps the master key that it makes.
pub fn key_file(directory: &Path) -> PathBuf {
    directory.join("master.key")
}

/// Makes the data directory, for this user only, if it is not there.
pub fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Writes a file that only this user may read, whole or not at all.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

/// Who else may look into a file or directory; nothing when nobody may.
pub fn others(path: &Path) -> io::Result<Option<String>> {
    let found = fs::metadata(path)?;
    let open = found.mode() & 0o077;
    Ok((open != 0).then(|| format!("{} has mode {:03o}", path.display(), found.mode() & 0o777)))
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum NoMasterKey {
    /// Nobody said where it is.
    #[error(
        "no master key is configured: name a file in master_key.file, or give the key as DOORWARD_MASTER_KEY__VALUE"
    )]
    NotConfigured,
    /// Its file cannot be read.
    #[error("the master key in {} cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is something else.
    #[error("the master key is not usable: {0}")]
    NotAKey(#[from] protocol::master_key::NotAMasterKey),
}

/// The master key that `config` names; else the one that `dev` has made in the data directory.
pub fn master_key(config: &Config, directory: &Path) -> Result<MasterKey, NoMasterKey> {
    let made_by_dev = key_file(directory);
    match (&config.master_key.value, &config.master_key.file) {
        (Some(value), _) => Ok(MasterKey::parse(value.expose())?),
        (None, Some(file)) => read_key(file.get()),
        (None, None) if made_by_dev.exists() => read_key(&made_by_dev),
        (None, None) => Err(NoMasterKey::NotConfigured),
    }
}

/// The master key in the data directory; a new one where there is none. Only for `dev`.
pub fn master_key_for_dev(
    directory: &Path,
    randomness: &dyn Randomness,
) -> Result<MasterKey, NoMasterKey> {
    let file = key_file(directory);
    if file.exists() {
        return read_key(&file);
    }
    let key = MasterKey::new(randomness);
    let written = write_private(&file, key.expose().expose().as_bytes());
    written.map(|()| key).map_err(|source| NoMasterKey::Unreadable { file, source })
}

fn read_key(file: &Path) -> Result<MasterKey, NoMasterKey> {
    let mut text = String::new();
    let read = fs::File::open(file)
        .and_then(|file| file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text));
    let text = Secret::new(text);
    read.map_err(|source| NoMasterKey::Unreadable { file: file.to_owned(), source })?;
    Ok(MasterKey::parse(text.expose())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Seven;

    impl Randomness for Seven {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_directory_that_is_made_is_nobody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("new");
        make(&directory).unwrap();
        assert_eq!(others(&directory).unwrap(), None);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(others(&directory).unwrap().unwrap().ends_with("mode 755"));
    }

    #[test]
    fn a_key_that_dev_makes_is_nobody_elses_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let made = master_key_for_dev(directory.path(), &Seven).unwrap();
        assert_eq!(others(&key_file(directory.path())).unwrap(), None);
        let again = master_key_for_dev(directory.path(), &Seven).unwrap();
        assert_eq!(made.check_value(), again.check_value());
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        write_private(&key_file(directory.path()), b"short").unwrap();
        let refused = master_key_for_dev(directory.path(), &Seven).unwrap_err();
        assert!(matches!(refused, NoMasterKey::NotAKey(_)));
    }
}
