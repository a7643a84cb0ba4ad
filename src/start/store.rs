//! Opens the store that the configuration names. The only place that knows the engines.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use config::Config;
use storage::Engine;
use storage_redb::{OpenError, Options, Redb};

use super::{make, store_file};

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The data directory cannot be made.
    #[error("the data directory {} cannot be made: {source}", directory.display())]
    NoDirectory {
        /// Which.
        directory: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process holds the store.
    #[error(
        "another process holds the store in {}: stop it first, or give this one a data directory of its own",
        directory.display()
    )]
    Held {
        /// The data directory.
        directory: PathBuf,
    },
    /// The store cannot be read.
    #[error("{}: {source}", file.display())]
    Store {
        /// Its file.
        file: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The database cannot be used.
    #[cfg(feature = "surreal")]
    #[error("{url}: {source}")]
    Database {
        /// Where it is.
        url: String,
        /// Why.
        source: storage_surreal::OpenError,
    },
    /// The password of the database cannot be read.
    #[cfg(feature = "surreal")]
    #[error("the password in {} cannot be read: {source}", file.display())]
    Password {
        /// Its file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// This program was built without the engine.
    #[error(
        "storage.engine = \"surreal\" is not in this program: build it with the cargo feature `surreal`"
    )]
    NoSuchEngine,
}

/// Opens the store, and makes it and the data directory where they are not there.
///
/// # Errors
/// [`NotOpened`].
pub async fn open(config: &Config, directory: &Path) -> Result<Arc<dyn Engine>, NotOpened> {
    make(directory)
        .map_err(|source| NotOpened::NoDirectory { directory: directory.to_owned(), source })?;
    match config.storage.engine {
        config::Engine::Redb => file(config, directory),
        config::Engine::Surreal => database(config).await,
    }
}

/// Whether there is a store already, as far as can be told without opening it.
pub fn is_begun(config: &Config, directory: &Path) -> bool {
    match config.storage.engine {
        config::Engine::Redb => store_file(directory).exists(),
        config::Engine::Surreal => true,
    }
}

fn file(config: &Config, directory: &Path) -> Result<Arc<dyn Engine>, NotOpened> {
    let file = store_file(directory);
    let cache_size_bytes = usize::try_from(config.storage.cache_size.get()).unwrap_or(usize::MAX);
    match Redb::open(&file, Options { cache_size_bytes }) {
        Ok(store) => Ok(Arc::new(store)),
        Err(OpenError::Held) => Err(NotOpened::Held { directory: directory.to_owned() }),
        Err(source) => Err(NotOpened::Store { file, source }),
    }
}

#[cfg(not(feature = "surreal"))]
async fn database(_: &Config) -> Result<Arc<dyn Engine>, NotOpened> {
    Err(NotOpened::NoSuchEngine)
}

#[cfg(feature = "surreal")]
async fn database(config: &Config) -> Result<Arc<dyn Engine>, NotOpened> {
    let surreal = &config.surreal;
    let url = surreal.url.clone().unwrap_or_default();
    let options = storage_surreal::Options {
        url: url.clone(),
        namespace: surreal.namespace.clone(),
        database: surreal.database.clone(),
        username: surreal.username.clone().unwrap_or_default(),
        password: password(surreal)?.into(),
        ca_file: surreal.ca_file.as_ref().map(|file| file.get().to_owned()),
        live: surreal.live,
        deadline: surreal.deadline.get(),
        node: config.node.name.to_string(),
    };
    match storage_surreal::SurrealDb::open(options).await {
        Ok(store) => Ok(Arc::new(store)),
        Err(source) => Err(NotOpened::Database { url, source }),
    }
}

#[cfg(feature = "surreal")]
fn password(surreal: &config::Surreal) -> Result<String, NotOpened> {
    if let Some(password) = &surreal.password {
        return Ok(password.expose().to_owned());
    }
    let Some(file) = &surreal.password_file else { return Ok(String::new()) };
    let file = file.get();
    let read = std::fs::read_to_string(file);
    read.map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
        .map_err(|source| NotOpened::Password { file: file.to_owned(), source })
}
