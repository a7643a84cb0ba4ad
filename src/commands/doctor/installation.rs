//! The data directory, the master key, the store in it, and the process that may hold it.

use std::path::Path;

use config::Config;
use protocol::{Clock, Realm, Timestamp};

use super::Check;
use crate::{
    commands::{AuditReport, Command, Outcome, Site, execute},
    control::{self, NotAsked},
    start::{self, Assembly, NotOpened, SystemClock, store_file},
};

/// No release is older.
const BUILT_AFTER: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// A disk with less room is worth a word before readiness turns red.
const FREE_BYTES_WORTH_A_WORD: u64 = 1024 * 1024 * 1024;

pub(super) async fn look(config: &Config, directory: &Path) -> Vec<Check> {
    let mut checks = vec![permissions(config, directory), clock(), disk(directory)];
    match control::ask(&control::path(directory), &Command::Health).await {
        Ok(Outcome::Health { parts }) => {
            checks.push(Check::good("process", "it runs and answers on its control socket"));
            checks.extend(parts.into_iter().map(part));
            let asked = control::ask(&control::path(directory), &Command::AuditVerify).await;
            checks.push(audit(asked.map_err(|error| error.to_string())));
        }
        Ok(_) => checks.push(Check::bad(
            "process",
            "it answers something else",
            "is it of another release?",
        )),
        Err(NotAsked::Nobody) => checks.extend(closed(config, directory).await),
        Err(error) => {
            checks.push(Check::bad("process", error, "run this as its user, or look at its log"))
        }
    }
    checks
}

fn permissions(config: &Config, directory: &Path) -> Check {
    const WHAT: &str = "files";
    let configured = [&config.master_key.file, &config.listen.tls_key_file];
    let configured = configured.into_iter().flatten().map(|file| file.get().to_owned());
    let files: Vec<_> = [directory.to_owned(), store_file(directory), start::key_file(directory)]
        .into_iter()
        .chain(configured)
        .collect();
    let open = files
        .iter()
        .filter(|file| file.exists())
        .find_map(|file| start::others(file).ok().flatten());
    match (directory.is_dir(), open) {
        (false, _) => Check::doubtful(
            WHAT,
            format!("{} is not there", directory.display()),
            "the first `doorward serve` makes it; or name another with storage.path or --data",
        ),
        (true, Some(open)) => {
            Check::doubtful(WHAT, open, "take the rights of others away: chmod go= on it")
        }
        (true, None) => Check::good(
            WHAT,
            format!("nobody else may look into {} or at a key", directory.display()),
        ),
    }
}

fn clock() -> Check {
    let now = SystemClock.now();
    if now < BUILT_AFTER {
        Check::bad(
            "clock",
            "this machine's clock is before this program was built",
            "set it, and keep it with NTP",
        )
    } else {
        Check::good("clock", super::super::show::instant(now))
    }
}

fn disk(directory: &Path) -> Check {
    const WHAT: &str = "disk";
    let Some(place) = directory.ancestors().find(|place| place.is_dir()) else {
        return Check::good(WHAT, "nothing is there yet");
    };
    let found = start::free_bytes(place);
    match (start::disk(place), found) {
        (Ok(()), Ok(free)) if free < FREE_BYTES_WORTH_A_WORD => Check::doubtful(
            WHAT,
            format!("{} MiB are free", free / 1024 / 1024),
            "make room before it is full",
        ),
        (Ok(()), Ok(free)) => {
            Check::good(WHAT, format!("{} GiB are free", free / 1024 / 1024 / 1024))
        }
        (Ok(()), Err(error)) => Check::doubtful(WHAT, error, "ask the file system what is free"),
        (Err(why), _) => {
            Check::bad(WHAT, why, "make room: sign-ins fail while nothing can be written")
        }
    }
}

/// What the running process says of one of its parts.
fn part((name, reason): (String, Option<String>)) -> Check {
    let what = match name.as_str() {
        "program" => "program",
        "store" => "store",
        "clock" => "store's clock",
        "keys" => "signing keys",
        "tree" => "actors",
        "disk" => "room to write",
        _ => "another part",
    };
    match reason {
        None => Check::good(what, "works"),
        Some(reason) => Check::bad(what, reason, "the log of the process says more"),
    }
}

/// The store of a process that does not run.
async fn closed(config: &Config, directory: &Path) -> Vec<Check> {
    let none = Check::good("process", "none runs here");
    let key = match start::master_key(config, directory) {
        Ok(key) => key,
        Err(error) => {
            return vec![
                none,
                Check::bad("master key", error, "give the key that the store began with"),
            ];
        }
    };
    if !start::is_begun(config, directory) {
        let store =
            Check::doubtful("store", "there is none yet", "the first `doorward serve` makes it");
        return vec![none, Check::good("master key", format!("{} is readable", key.id())), store];
    }
    let engine = match start::open(config, directory).await {
        Ok(engine) => engine,
        Err(NotOpened::Held { .. }) => {
            let remedy = "it may be starting or stopping; else end it";
            return vec![Check::bad("process", "one holds the store and does not answer", remedy)];
        }
        Err(error) => return vec![none, Check::bad("store", error, "restore it from a backup")],
    };
    let assembly = match start::assemble_over(engine, key, config) {
        Ok(assembly) => assembly,
        Err(error) => return vec![none, Check::bad("configuration", error, "correct it")],
    };
    let mut checks = vec![none];
    checks.extend(opened(&assembly).await);
    checks
}

async fn opened(assembly: &Assembly) -> Vec<Check> {
    let mut checks = Vec::new();
    match assembly.claim().await {
        Ok(()) => {
            checks.push(Check::good("master key", "it is the one that the store is sealed under"))
        }
        Err(error) => {
            checks.push(Check::bad("master key", error, "give the key that the store began with"));
            return checks;
        }
    }
    checks.push(match assembly.store.signing_keys(&Realm::main()).await {
        Ok(keys) => {
            Check::good("store", format!("it opens and reads; {} signing keys", keys.len()))
        }
        Err(error) => Check::bad("store", error, "restore it from a backup"),
    });
    checks.push(match start::clock(&assembly.store).await {
        Ok(()) => Check::good("store's clock", "not ahead of this machine's"),
        Err(why) => {
            Check::bad("store's clock", why, "set this machine's clock, and keep it with NTP")
        }
    });
    let outcome = execute(&Site::without_actors(assembly), Command::AuditVerify).await;
    checks.push(audit(Ok(outcome)));
    checks
}

fn audit(outcome: Result<Outcome, String>) -> Check {
    const WHAT: &str = "audit log";
    const REMEDY: &str = "`doorward audit verify` says everything; compare with a backup";
    match outcome {
        Ok(Outcome::Audit { report: AuditReport { is_intact: true, entries, .. } }) => {
            Check::good(WHAT, format!("intact, {entries} entries"))
        }
        Ok(Outcome::Audit { report }) => {
            let first = report.discrepancies.first().cloned().unwrap_or_default();
            Check::bad(WHAT, format!("not intact: {first}"), REMEDY)
        }
        Ok(Outcome::Failed { reason } | Outcome::Refused { reason }) => {
            Check::bad(WHAT, reason, REMEDY)
        }
        Ok(_) => {
            Check::bad(WHAT, "the process answers something else", "is it of another release?")
        }
        Err(error) => Check::bad(WHAT, error, REMEDY),
    }
}
