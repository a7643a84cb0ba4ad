//! Where a database comes from, and comes from again after a fault.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use redb::{Database, DatabaseError, backends::InMemoryBackend};

use crate::{OpenError, Options, tables::prepare};

/// Bytes that must fit on the disk before a full one is written to again: several commits' worth.
const PROBE_BYTES: usize = 256 * 1024;

/// Opens a database.
pub(crate) trait Source: Send + 'static {
    /// Opens it for the first time.
    fn open(&self) -> Result<Database, OpenError>;

    /// Opens it after a fault. What it then reads is on the disk.
    fn reopen(&self) -> Result<Database, OpenError>;

    /// Whether a write would find room, asked without touching the database: a write that fails costs it its handle.
    fn probe(&self) -> io::Result<()>;
}

/// A file.
pub(crate) struct Disk {
    path: PathBuf,
    options: Options,
}

impl Disk {
    pub(crate) fn new(path: &Path, options: Options) -> Self {
        Self { path: path.to_owned(), options }
    }

    fn open_file(&self, file: File) -> Result<Database, OpenError> {
        let mut builder = Database::builder();
        let database = builder.set_cache_size(self.options.cache_size_bytes).create_file(file)?;
        prepare(&database)?;
        Ok(database)
    }
}

impl Source for Disk {
    fn open(&self) -> Result<Database, OpenError> {
        let is_new = !self.path.exists();
        let mut open = OpenOptions::new();
        open.read(true).write(true).create(true).truncate(false);
        // What is not sealed in it is still nobody else's.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let database = self.open_file(open.open(&self.path)?)?;
        if is_new {
            // Until its name is on the disk, nothing in it is.
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(database)
    }

    fn reopen(&self) -> Result<Database, OpenError> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        if file.metadata()?.len() == 0 {
            return Err(OpenError::Failed("the file is empty, and was not before".into()));
        }
        // After a failed fsync the kernel may hold pages that it counts as written and the disk does not have (Linux says
        // so once, and not again). Dropping them makes redb read what is there; its opening then syncs the rest.
        #[cfg(target_os = "linux")]
        nix::fcntl::posix_fadvise(&file, 0, 0, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED)
            .map_err(io::Error::from)?;
        self.open_file(file)
    }

    fn probe(&self) -> io::Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".probe");
        let written = File::create(&name).and_then(|mut file| {
            file.write_all(&vec![0x5a; PROBE_BYTES])?;
            file.sync_all()
        });
        let removed = std::fs::remove_file(&name);
        written.and(removed)
    }
}

/// Memory, for tests: what is closed is gone.
pub(crate) struct Memory;

impl Source for Memory {
    fn open(&self) -> Result<Database, OpenError> {
        let database = Database::builder()
            .set_cache_size(Options::default().cache_size_bytes)
            .create_with_backend(InMemoryBackend::new())?;
        prepare(&database)?;
        Ok(database)
    }

    fn reopen(&self) -> Result<Database, OpenError> {
        Err(OpenError::Failed("a store in memory does not come back".into()))
    }

    fn probe(&self) -> io::Result<()> {
        Ok(())
    }
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::Held,
            DatabaseError::Storage(redb::StorageError::Io(error)) => Self::Io(error),
            other => Self::Failed(other.to_string()),
        }
    }
}
