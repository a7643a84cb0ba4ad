//! The certificate of a listener: read from two PEM files, and read again while it serves.
//!
//! TLS 1.3 and 1.2 with the aws-lc-rs provider, named here and never taken from a process default. No early data: a
//! request in it could be replayed. A handshake asks for the certificate that is current then, so that a new one needs
//! neither a restart nor a lost connection.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::{
    io::AsyncReadExt,
    sync::Mutex,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info};

use super::metrics::CertificateMeters;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(60);
/// Longest certificate or key file, in bytes.
const FILE_SIZE_MAX: u64 = 1 << 20;

/// Where a certificate and its key are.
#[derive(Debug, Clone)]
pub struct TlsPaths {
    /// PEM, the end-entity certificate first, then its chain.
    pub certificate_file: PathBuf,
    /// PEM: PKCS#8, PKCS#1 or SEC1.
    pub key_file: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file is not there, or not ours to read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is longer than 1 MiB.
    #[error("{} is too large to be a certificate or a key", file.display())]
    TooLarge {
        /// Which file.
        file: PathBuf,
    },
    /// A file is no PEM, or has no certificate or key in it.
    #[error("{} holds no PEM certificate or key", file.display())]
    Malformed {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// rustls cannot use them; the key may be another certificate's.
    #[error("the certificate and the key cannot be used together")]
    Refused(#[from] rustls::Error),
}

/// What a look at the files led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The files are those that were loaded last.
    Unchanged,
    /// New connections are given the new certificate.
    Loaded,
}

/// A certificate that can be replaced while its listener serves.
pub struct TlsFiles {
    paths: TlsPaths,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    server_config: Arc<ServerConfig>,
    /// The files that were loaded last; None after a failure. Held while loading, so that an older read cannot win.
    loaded: Mutex<Option<[Stamp; 2]>>,
    meters: CertificateMeters,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// What changes when a file is replaced or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified_at: (i64, i64),
}

impl TlsFiles {
    /// Reads the files. Fails where a listener could not serve with them.
    pub async fn open(paths: TlsPaths) -> Result<Arc<Self>, TlsFault> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let stamps = stamps(&paths).await?;
        let current = Arc::new(Current(ArcSwap::from_pointee(load(&paths, &provider).await?)));
        let mut server_config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        server_config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        server_config.ticketer = aws_lc_rs::Ticketer::new()?;
        Ok(Arc::new(Self {
            paths,
            provider,
            current,
            server_config: Arc::new(server_config),
            loaded: Mutex::new(Some(stamps)),
            meters: CertificateMeters::new(),
        }))
    }

    /// Reads the files again, whether they changed or not. On a fault the old certificate stays, and the fault is logged.
    pub async fn reload(&self) -> Result<Reload, TlsFault> {
        let mut loaded = self.loaded.lock().await;
        *loaded = None;
        self.look(&mut loaded).await
    }

    /// As [`reload`](Self::reload), where the files have changed or could not be used at the last look.
    pub(super) async fn reload_if_changed(&self) -> Result<Reload, TlsFault> {
        self.look(&mut *self.loaded.lock().await).await
    }

    /// Looks at the files every minute, for ever. A listener does so by itself.
    pub(super) async fn watch(&self) {
        let mut ticks = interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // A fault is logged, and tried again at the next tick.
            let _ = self.reload_if_changed().await;
        }
    }

    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server_config)
    }

    async fn look(&self, loaded: &mut Option<[Stamp; 2]>) -> Result<Reload, TlsFault> {
        let outcome = self.replace(loaded).await;
        match &outcome {
            Ok(Reload::Unchanged) => {}
            Ok(Reload::Loaded) => {
                self.meters.loaded.increment(1);
                info!(file = %self.paths.certificate_file.display(), "a new certificate is in use");
            }
            Err(fault) => {
                *loaded = None;
                self.meters.refused.increment(1);
                let cause = std::error::Error::source(fault).map(ToString::to_string);
                error!(%fault, cause, "the certificate files cannot be used; the old certificate stays");
            }
        }
        outcome
    }

    async fn replace(&self, loaded: &mut Option<[Stamp; 2]>) -> Result<Reload, TlsFault> {
        // Taken before reading: what is written meanwhile is read at the next look.
        let stamps = stamps(&self.paths).await?;
        if *loaded == Some(stamps) {
            return Ok(Reload::Unchanged);
        }
        self.current.0.store(Arc::new(load(&self.paths, &self.provider).await?));
        *loaded = Some(stamps);
        Ok(Reload::Loaded)
    }
}

async fn stamps(paths: &TlsPaths) -> Result<[Stamp; 2], TlsFault> {
    Ok([stamp(&paths.certificate_file).await?, stamp(&paths.key_file).await?])
}

async fn stamp(file: &Path) -> Result<Stamp, TlsFault> {
    let metadata = tokio::fs::metadata(file).await.map_err(|source| unreadable(file, source))?;
    let modified_at = (metadata.mtime(), metadata.mtime_nsec());
    Ok(Stamp { inode: metadata.ino(), size: metadata.size(), modified_at })
}

async fn load(paths: &TlsPaths, provider: &CryptoProvider) -> Result<CertifiedKey, TlsFault> {
    let malformed = |file: &Path| {
        let file = file.to_owned();
        move |source| TlsFault::Malformed { file, source }
    };
    let certificate = read(&paths.certificate_file).await?;
    let chain = CertificateDer::pem_slice_iter(&certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(malformed(&paths.certificate_file))?;
    if chain.is_empty() {
        return Err(malformed(&paths.certificate_file)(pem::Error::NoItemsFound));
    }
    let key = read(&paths.key_file).await?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(malformed(&paths.key_file))?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}

async fn read(file: &Path) -> Result<Vec<u8>, TlsFault> {
    let opened = tokio::fs::File::open(file).await.map_err(|source| unreadable(file, source))?;
    let mut content = Vec::new();
    let read = opened.take(FILE_SIZE_MAX + 1).read_to_end(&mut content).await;
    if read.map_err(|source| unreadable(file, source))? as u64 > FILE_SIZE_MAX {
        return Err(TlsFault::TooLarge { file: file.to_owned() });
    }
    Ok(content)
}

fn unreadable(file: &Path, source: io::Error) -> TlsFault {
    TlsFault::Unreadable { file: file.to_owned(), source }
}
