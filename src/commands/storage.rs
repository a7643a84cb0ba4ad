//! `storage copy`: which stores, what is refused before they are opened, and how a person or a program reads the outcome.

mod progress;

use std::{fmt::Write, path::Path, sync::Arc};

use config::Config;
use protocol::Realm;
use serde::Serialize;
use storage::{
    Store,
    copy::{Begin, Copied, CopyError, Copying, Source, Survey},
};

use super::{Command, CopyOptions, Failed, Outcome, Place, say};
use crate::{
    control::{self, NotAsked},
    dev::Print,
    start::{self, NotOpened, OsRandomness, SystemClock},
};

/// No variables: those of this process are about the source.
const NO_ENVIRONMENT: [(&str, &str); 0] = [];

pub(super) async fn copy(options: &CopyOptions, place: &Place) -> Result<(), Failed> {
    let from = place.config()?;
    let directory = place.directory(&from);
    let to = Config::load(Some(&options.to), NO_ENVIRONMENT).map_err(Failed::wrong)?;
    let to_directory = to.storage.path.get().to_owned();
    if !start::is_begun(&from, &directory) {
        let directory = directory.display();
        return Err(Failed::not_done(format!(
            "there is no store in {directory}: name its configuration with --config, or its directory with --data"
        )));
    }
    if !options.dry_run {
        nobody_serves(&directory).await?;
    }
    let store = open(&from, &directory, "source").await?;
    // The one realm that there is.
    let source = Source { store, realms: vec![Realm::main()] };
    let begin = if options.resume { Begin::Resume } else { Begin::Anew };
    let progress = progress::on_standard_error();

    if options.dry_run && !start::is_begun(&to, &to_directory) {
        // What is not there is empty, and a dry run does not make it.
        let survey = source.rehearse(&*progress).await;
        drop(progress);
        return tell(options, &survey.map_err(not_copied)?, None);
    }
    let copying = Copying { source, target: open(&to, &to_directory, "target").await? };
    if options.dry_run {
        let survey = copying.rehearse(begin, &*progress).await;
        drop(progress);
        return tell(options, &survey.map_err(not_copied)?, None);
    }
    let copied = copying.copy(begin, &*progress).await;
    drop(progress);
    let Copied { survey, written } = copied.map_err(not_copied)?;
    tell(options, &survey, Some(written))
}

/// That no process on this machine works on the installation in this directory. Others are found by what they do.
async fn nobody_serves(directory: &Path) -> Result<(), Failed> {
    match control::ask::<_, Outcome>(&control::path(directory), &Command::Health).await {
        Err(NotAsked::Nobody) => Ok(()),
        Ok(_) => Err(Failed::not_done(format!(
            "a process serves from {}: stop every node first",
            directory.display()
        ))),
        Err(error) => Err(Failed::not_done(error)),
    }
}

async fn open(config: &Config, directory: &Path, which: &str) -> Result<Store, Failed> {
    let opened = start::open(config, directory).await;
    let engine = opened.map_err(|error| match error {
        NotOpened::Held { directory } if which == "target" => Failed::not_done(format!(
            "the target: a process holds the store in {}, or it is the source itself",
            directory.display()
        )),
        error => Failed::not_done(format!("the {which}: {error}")),
    })?;
    Ok(Store::new(engine, Arc::new(SystemClock), Arc::new(OsRandomness)))
}

fn not_copied(error: CopyError) -> Failed {
    match error {
        CopyError::Target(_) => Failed::not_done(format!(
            "{error}. What was copied stays: run this again with --resume"
        )),
        error => Failed::not_done(error),
    }
}

/// What is printed for a program.
#[derive(Serialize)]
struct Told {
    is_dry_run: bool,
    rows: u64,
    /// Rows that this run wrote.
    written: u64,
    sha256: String,
    tables: Vec<ToldTable>,
}

#[derive(Serialize)]
struct ToldTable {
    table: &'static str,
    rows: u64,
}

fn tell(options: &CopyOptions, survey: &Survey, written: Option<u64>) -> Result<(), Failed> {
    match options.print {
        Print::Text => say(&text(survey, written)),
        Print::Json => {
            let tables = survey.tables.iter();
            let told = Told {
                is_dry_run: written.is_none(),
                rows: survey.rows(),
                written: written.unwrap_or_default(),
                sha256: survey.digest(),
                tables: tables
                    .map(|table| ToldTable { table: table.table, rows: table.rows })
                    .collect(),
            };
            let line = serde_json::to_string(&told).map_err(Failed::not_done)?;
            say(&format!("{line}\n"))
        }
    }
}

fn text(survey: &Survey, written: Option<u64>) -> String {
    let mut text = format!("{:<24}  {:>12}\n", "table", "rows");
    for table in &survey.tables {
        let _ = writeln!(text, "{:<24}  {:>12}", table.table, table.rows);
    }
    let _ = writeln!(text, "{:<24}  {:>12}", "all", survey.rows());
    let _ = writeln!(text, "sha-256 {}", survey.digest());
    text.push_str(match written {
        None => "Nothing was written. So much would be copied now.\n",
        Some(_) => {
            "The copy is complete: both sides were read and are the same.\nStart every node on it, with the same master key, \
             and none on the source any more: what is revoked here is not revoked there.\n"
        }
    });
    text
}
