//! The configuration of `dev`, and the addresses that it listens on.

use std::{
    ffi::OsString,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use config::Config;
use tokio::net::TcpListener;

use super::{Level, Options, certificate::Files};
use crate::{
    commands::Failed,
    start::{AddressTaken, Sockets, listen},
};

/// How often another free port is asked for when one is free on IPv4 and not on IPv6.
const ATTEMPTS_MAX: usize = 8;

/// The addresses that were bound.
pub(super) struct Bound {
    pub(super) sockets: Sockets,
    pub(super) port: u16,
    /// Why IPv6 is left out.
    pub(super) note: Option<String>,
}

impl Bound {
    /// The issuer, which is always this machine by its name.
    pub(super) fn issuer(&self, is_https: bool) -> String {
        let scheme = if is_https { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port)
    }
}

/// What is printed here must not be for other machines unless somebody says so.
pub(super) fn refuse_other_machines(options: &Options) -> Result<(), Failed> {
    match options.bind.iter().find(|address| !address.is_loopback()) {
        Some(address) if !options.danger_other_machines => Err(Failed::Wrong(format!(
            "--bind {address} lets other machines reach a provider whose passwords are printed and whose limits are \
             raised: `doorward serve` is for them, or add --danger-other-machines"
        ))),
        _ => Ok(()),
    }
}

/// Binds what the options name; 127.0.0.1 and ::1 where they name nothing, the latter only if this machine has it.
pub(super) async fn bind(options: &Options) -> Result<Bound, AddressTaken> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match bind_once(options).await {
            Err(error) if is_taken(&error) && options.port == 0 && attempt < ATTEMPTS_MAX => {}
            outcome => return outcome,
        }
    }
}

async fn bind_once(options: &Options) -> Result<Bound, AddressTaken> {
    let named = options.bind.split_first();
    let (first, others) =
        named.map_or((IpAddr::V4(Ipv4Addr::LOCALHOST), &[][..]), |(first, rest)| (*first, rest));
    let socket = listen("--port", SocketAddr::new(first, options.port)).await?;
    let port = port_of(&socket).unwrap_or(options.port);
    let mut public = vec![socket];
    for address in others {
        public.push(listen("--port", SocketAddr::new(*address, port)).await?);
    }
    let mut note = None;
    if options.bind.is_empty() {
        match listen("--port", SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)).await {
            Ok(socket) => public.push(socket),
            Err(error) if is_taken(&error) => return Err(error),
            Err(error) => note = Some(format!("not on [::1]: {}", error.source)),
        }
    }
    let management =
        listen("management.listen", SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)).await?;
    Ok(Bound { sockets: Sockets { public, management }, port, note })
}

fn port_of(socket: &TcpListener) -> Option<u16> {
    socket.local_addr().ok().map(|address| address.port())
}

fn is_taken(error: &AddressTaken) -> bool {
    error.source.kind() == io::ErrorKind::AddrInUse
}

/// The configuration, read as any other, so that every rule holds for it too.
pub(super) fn config(
    options: &Options,
    issuer: &str,
    tls: Option<&Files>,
) -> Result<Config, Failed> {
    let mut given: Vec<(&str, OsString)> = vec![
        ("DOORWARD_ISSUER__URL", issuer.into()),
        ("DOORWARD_STORAGE__PATH", options.data.clone().into()),
        ("DOORWARD_LOG__LEVEL", level(options.log).into()),
        // One developer, one address: what keeps many apart only gets in the way.
        ("DOORWARD_LISTEN__CONNECTIONS_PER_ADDRESS_MAX", "10000".into()),
        ("DOORWARD_LISTEN__REQUESTS_IN_FLIGHT_MAX", "20000".into()),
        ("DOORWARD_LISTEN__DRAIN", "3s".into()),
        ("DOORWARD_LOCKOUT__FAILURES_MAX", "100".into()),
        ("DOORWARD_LOCKOUT__ADDRESS_FAILURES_MAX", "100000".into()),
        ("DOORWARD_LOCKOUT__LOCK_FIRST", "5s".into()),
        ("DOORWARD_PASSWORDS__QUEUE_MAX", "10000".into()),
        ("DOORWARD_PASSWORDS__QUEUE_DEADLINE", "25s".into()),
        // What a developer tries runs on this machine, and its keys are there too.
        ("DOORWARD_OUTGOING__ALLOW", "127.0.0.0/8,::1".into()),
    ];
    if let Some(Files { certificate_file, key_file, ca_file }) = tls {
        given.push(("DOORWARD_OUTGOING__CA_FILE", ca_file.into()));
        given.push(("DOORWARD_LISTEN__TLS_CERTIFICATE_FILE", certificate_file.into()));
        given.push(("DOORWARD_LISTEN__TLS_KEY_FILE", key_file.into()));
    }
    if let Some(collector) = &options.traces {
        given.push(("DOORWARD_TRACES__OTLP_ENDPOINT", collector.into()));
    }
    Config::load(None, given).map_err(Failed::wrong)
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
