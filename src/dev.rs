//! `doorward dev`: a provider to develop against, with one command and no configuration.
//!
//! Everything that is easy here and wrong elsewhere is in this folder: it makes a master key, an end-user, clients and
//! an operator, prints their secrets, and keeps them in `<data>/dev.json` for the next start.

mod banner;
mod certificate;
mod demo;
mod ground;
mod kept;
mod settings;
mod spared;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, ValueEnum};
use config::Config;
use openapi::pages::view::Mode;
use protocol::redirect_uri::{RedirectUri, RegistrationPolicy};

use crate::{
    commands::{Failed, complain, say},
    control::ControlSocket,
    start::{self, OsRandomness, Serving, Source, SystemClock},
};
use demo::Demo;

/// What can be chosen of `dev`.
#[derive(Debug, Args)]
pub struct Options {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Where everything is kept, from one start to the next
    #[arg(long, value_name = "DIR", default_value = "./doorward-dev")]
    pub data: PathBuf,
    /// Serve https, with a certificate authority of its own
    #[arg(long)]
    pub tls: bool,
    /// Let both clients be answered here too, and send browsers here after a logout; can be given several times, and is
    /// kept
    #[arg(long = "redirect-uri", value_name = "URL", value_parser = redirect_uri)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Listen on this address in place of 127.0.0.1 and ::1; can be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Vec<IpAddr>,
    /// Let --bind name an address that other machines reach, where everybody can read what is printed here
    #[arg(long)]
    pub danger_other_machines: bool,
    /// Send the steps of requests to a collector of OpenTelemetry, such as http://localhost:4318
    #[arg(long, value_name = "URL")]
    pub traces: Option<String>,
    /// How the first lines on standard output are written
    #[arg(long, value_enum, default_value_t = Print::Text)]
    pub print: Print,
    /// The least severe log line that is written
    #[arg(long, value_enum, default_value_t = Level::Warn)]
    pub log: Level,
}

/// For whom it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Print {
    /// A person.
    Text,
    /// A program: one line, one object.
    Json,
}

/// How severe a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Somebody must act.
    Error,
    /// Somebody should look.
    Warn,
    /// What happened.
    Info,
    /// What was decided.
    Debug,
    /// Every step.
    Trace,
}

/// What may be registered on a developer's machine.
const REGISTRATION: RegistrationPolicy =
    RegistrationPolicy { http_localhost: true, schemes_without_dot: true };

fn redirect_uri(text: &str) -> Result<RedirectUri, String> {
    RedirectUri::register(text, REGISTRATION).map_err(|error| error.to_string())
}

/// Whether `dev` has made this data directory.
pub fn is_directory(directory: &Path) -> bool {
    kept::file(directory).exists()
}

/// Runs it until a signal ends it.
pub async fn run(options: Options) -> Result<(), Failed> {
    settings::refuse_other_machines(&options)?;
    let directory = &options.data;
    start::make(directory).map_err(|error| not_done(directory, error))?;
    // What is in it is secret, and a repository is where developers try things.
    start::write_private(&directory.join(".gitignore"), b"*\n")
        .map_err(|error| not_done(directory, error))?;

    let bound = settings::bind(&options).await.map_err(not_bound)?;
    let tls =
        certificate::make(&options, &SystemClock).map_err(|error| not_done(directory, error))?;
    let issuer = bound.issuer(options.tls);
    let config = settings::config(&options, &issuer, tls.as_ref())?;
    let machine = start::prepare(&config).map_err(Failed::not_done)?;
    let key = start::master_key_for_dev(directory, &OsRandomness).map_err(Failed::not_done)?;
    let engine = start::open(&config, directory).await.map_err(Failed::not_done)?;
    let assembly = start::assemble_over(engine, key, &config).map_err(Failed::not_done)?;
    let running = assembly.start().await.map_err(Failed::not_done)?;

    let ca_file = tls.map(|tls| tls.ca_file);
    let kept = ground::lay(&running, directory, (&issuer, ca_file), &options.redirect_uris).await?;
    let demo = Arc::new(Demo::new(&kept, Arc::new(SystemClock), Arc::new(OsRandomness))?);
    let provider = running.provider(url(&config)?, Mode::Dev);
    let endpoint = openapi::routes(&provider, demo::routes(&demo));
    demo.ask_at(&endpoint);

    let printed = match options.print {
        Print::Json => kept.to_json_line()?,
        Print::Text => banner::draw(&kept, &bound, directory),
    };
    let control = ControlSocket::bind(directory).map_err(Failed::not_done)?;
    let (directory, sockets) = (options.data, bound.sockets);
    let serving = Serving {
        machine,
        source: Source::Fixed,
        config,
        directory,
        running,
        sockets,
        endpoint,
        control,
    };
    let is_heard = move || {
        if let Err(error) = say(&printed) {
            complain(&format!("doorward: {error}\n"));
        }
    };
    serving.run(is_heard).await.map_err(Failed::not_done)
}

fn url(config: &Config) -> Result<url::Url, Failed> {
    let issuer =
        config.issuer.url.as_ref().ok_or_else(|| Failed::not_done("there is no issuer"))?;
    Ok(issuer.url().clone())
}

fn not_bound(error: start::AddressTaken) -> Failed {
    let remedy = match error.source.kind() {
        std::io::ErrorKind::AddrInUse => {
            "\nIs `doorward dev` running already? `--port 0` takes a free port."
        }
        _ => "",
    };
    Failed::not_done(format!("{error}{remedy}"))
}

fn not_done(directory: &Path, error: impl std::fmt::Display) -> Failed {
    Failed::not_done(format!("{}: {error}", directory.display()))
}
