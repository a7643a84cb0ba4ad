//! Puts the program together and runs it. The only place that knows every crate, the machine's clock, its chance and
//! its environment.

mod assembly;
mod back_channel;
mod directory;
mod health;
mod policies;
mod reload;
mod serving;
mod sockets;
mod store;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use config::{Config, Faults};
use metrics_exporter_prometheus::BuildError;
use openapi::pages::view::Mode;
use protocol::{Clock, KeyRing, MasterKey, Randomness, Timestamp, mutant};
use storage::Engine;
use storage_redb::Redb;
use tracing_subscriber::util::TryInitError;

use crate::{
    control::{ControlSocket, NotBound},
    telemetry::{self, LogLevel, NotTraced, Numbers, Traces},
};

pub use assembly::{Assembly, NotStarted, Parts, Running, assemble};
pub use directory::{
    NoMasterKey, key_file, make, master_key, master_key_for_dev, others, store_file, write_private,
};
pub use health::{Health, clock, disk, free_bytes};
pub(crate) use policies::outgoing_policy;
pub use policies::{NotAPolicy, Policies};
pub use reload::Source;
pub use serving::{NotServed, Serving};
pub use sockets::{AddressTaken, Sockets, listen};
pub use store::{NotOpened, is_begun, open};

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a broken one, and readiness says so.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The randomness of the operating system, through aws-lc.
#[derive(Debug, Clone, Copy)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that draws from the machine"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Whatever went on would go on with keys that can be guessed.
            tracing::error!("the machine gives no randomness");
            std::process::abort();
        }
    }
}

/// The environment of this process, as the configuration reads it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment, for all others"
)]
pub fn environment() -> Vec<(OsString, OsString)> {
    let is_switch = |name: &OsString| mutant::VARIABLE.is_some_and(|switch| name == switch);
    std::env::vars_os().filter(|(name, _)| !is_switch(name)).collect()
}

/// What there is one of in a process.
pub struct Machine {
    /// Turns the log up and down.
    pub log: LogLevel,
    /// Gives the numbers at `/metrics`.
    pub numbers: Numbers,
    /// Where the steps of requests go.
    pub traces: Traces,
}

/// Why the process could not be made ready for a provider.
#[derive(Debug, thiserror::Error)]
pub enum NotPrepared {
    /// The log has another receiver.
    #[error("the log cannot be written: {0}")]
    Log(#[from] TryInitError),
    /// The metrics have another receiver.
    #[error("metrics cannot be received: {0}")]
    Metrics(#[from] BuildError),
    /// The collector's files are at fault.
    #[error(transparent)]
    Traces(#[from] NotTraced),
}

/// Installs the log, the recorder of metrics and the TLS provider. Once a process, before anything else is made.
///
/// # Errors
/// One of them is installed already.
pub fn prepare(config: &Config) -> Result<Machine, NotPrepared> {
    // Refused only where it is installed already, and everything that speaks TLS here names it anyway.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let numbers = telemetry::measure()?;
    let traces = telemetry::trace(config)?;
    Ok(Machine { log: telemetry::log(&config.log, &traces)?, numbers, traces })
}

/// Puts a provider together over this machine's store, clock and chance.
///
/// # Errors
/// The configuration cannot be followed.
pub fn assemble_over(
    engine: Arc<dyn Engine>,
    key: MasterKey,
    config: &Config,
) -> Result<Assembly, NotAPolicy> {
    Ok(assemble(Parts {
        engine,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(OsRandomness),
        ring: Arc::new(KeyRing::new(key)),
        channel: None,
        policies: Policies::of(config)?,
    }))
}

/// Why `serve` did not run, or did not run to a good end.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The configuration is at fault.
    #[error(transparent)]
    Config(#[from] Faults),
    /// The configuration cannot be followed.
    #[error(transparent)]
    Policy(#[from] NotAPolicy),
    /// The process could not be made ready.
    #[error(transparent)]
    Machine(#[from] NotPrepared),
    /// There is no usable master key.
    #[error(transparent)]
    MasterKey(#[from] NoMasterKey),
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] NotOpened),
    /// An address could not be had.
    #[error(transparent)]
    Address(#[from] AddressTaken),
    /// The provider did not start.
    #[error(transparent)]
    Start(#[from] NotStarted),
    /// The control socket could not be made.
    #[error(transparent)]
    Control(#[from] NotBound),
    /// It could not be served, or failed later.
    #[error(transparent)]
    Served(#[from] NotServed),
}

/// `serve`: runs a provider as the file and the environment say, until a signal ends it.
///
/// # Errors
/// [`Ended`].
pub async fn run(file: Option<PathBuf>) -> Result<(), Ended> {
    let config = Config::load_to_serve(file.as_deref(), environment())?;
    let machine = prepare(&config)?;
    let directory = config.storage.path.get().to_owned();
    let key = match (&config.master_key.file, &config.master_key.value) {
        // Never the one that `dev` has made, even in the same directory.
        (None, None) => return Err(NoMasterKey::NotConfigured.into()),
        _ => master_key(&config, &directory)?,
    };
    let engine = open(&config, &directory).await?;
    let sockets = Sockets::bind(&config).await?;
    let assembly = assemble_over(engine, key, &config)?;
    let Some(issuer) = config.issuer.url.as_ref().map(|issuer| issuer.url().clone()) else {
        return Err(NotServed::NoIssuer.into());
    };
    let running = assembly.start().await?;
    let provider = running.provider(issuer, Mode::Serve);
    let endpoint = openapi::routes(&provider, poem::Route::new());
    let control = ControlSocket::bind(&directory)?;
    let source = Source::Layers(file);
    let serving =
        Serving { machine, source, config, directory, running, sockets, endpoint, control };
    Ok(serving.run(|| ()).await?)
}

/// The OpenAPI document of everything that is served. The same whatever the configuration.
///
/// # Errors
/// The program's own defaults cannot be followed.
pub fn document() -> Result<String, Ended> {
    let issuer = [("DOORWARD_ISSUER__URL", "http://localhost:8080")];
    let config = Config::load(None, issuer)?;
    let engine =
        Redb::in_memory().map_err(|source| NotOpened::Store { file: PathBuf::new(), source })?;
    let assembly = assemble_over(Arc::new(engine), MasterKey::new(&OsRandomness), &config)?;
    let issuer = config.issuer.url.as_ref().ok_or(NotServed::NoIssuer)?;
    Ok(openapi::document(&assembly.provider(issuer.url().clone(), Mode::Serve)))
}
