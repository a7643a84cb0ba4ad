//! The commands of the program: what each takes, what it prints, and how it ends.
//!
//! An answer goes to standard output, and what went wrong to standard error. The process ends with 0 when it was done,
//! 1 when it could not be done or was found wrong, and 2 when the arguments or the configuration are at fault.

mod answer;
mod arguments;
mod configuration;
mod doctor;
mod execute;
mod reach;
mod show;
mod storage;

use std::{future::Future, io::Write, process::ExitCode};

use clap::Parser;

pub use answer::{AuditReport, Command, Key, Outcome};
pub use arguments::{
    Arguments, AuditCommand, ConfigCommand, CopyOptions, Do, KeysCommand, Place, StorageCommand,
};
pub use execute::{Site, execute};

use crate::{dev, start};

/// Why a command ends with another code than 0.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The arguments or the configuration are at fault: 2.
    #[error("{0}")]
    Wrong(String),
    /// It could not be done, or something is wrong: 1.
    #[error("{0}")]
    NotDone(String),
    /// As [`Self::NotDone`], and what there is to say was said.
    #[error("")]
    Silent,
}

impl Failed {
    pub(crate) fn wrong(error: impl ToString) -> Self {
        Self::Wrong(error.to_string())
    }

    pub(crate) fn not_done(error: impl ToString) -> Self {
        Self::NotDone(error.to_string())
    }

    fn code(&self) -> ExitCode {
        match self {
            Self::Wrong(_) => ExitCode::from(2),
            Self::NotDone(_) | Self::Silent => ExitCode::FAILURE,
        }
    }
}

impl From<start::Ended> for Failed {
    fn from(ended: start::Ended) -> Self {
        match ended {
            start::Ended::Config(_) | start::Ended::Policy(_) | start::Ended::MasterKey(_) => {
                Self::wrong(ended)
            }
            ended => Self::not_done(ended),
        }
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            if !matches!(failed, Failed::Silent) {
                complain(&format!("doorward: {failed}\n"));
            }
            failed.code()
        }
    }
}

fn run(command: Do) -> Result<(), Failed> {
    match command {
        Do::Dev(options) => waiting(dev::run(options)),
        Do::Serve { config } => waiting(async { Ok(start::run(config).await?) }),
        Do::Config { command, config } => configuration::run(&command, config.as_deref()),
        Do::Openapi => waiting(async { say(&start::document().map_err(Failed::not_done)?) }),
        Do::Keys { command, place } => waiting(show::keys(command, &place)),
        Do::Bootstrap { name, another, place } => waiting(show::bootstrap(name, another, &place)),
        Do::Audit { command: AuditCommand::Verify, place } => waiting(show::audit(&place)),
        Do::Storage { command: StorageCommand::Copy(options), place } => {
            waiting(storage::copy(&options, &place))
        }
        Do::Doctor { place } => waiting(doctor::run(&place)),
    }
}

fn waiting(command: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(Failed::not_done)?.block_on(command)
}

/// Writes an answer. A reader who has gone away is not an error of ours.
pub(crate) fn say(text: &str) -> Result<(), Failed> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failed::not_done(error))
        }
        _ => Ok(()),
    }
}

/// Writes what went wrong.
pub(crate) fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
