//! What only certain files may do: import josekit, tell the time, wait, speak SurrealQL, be excused from a ban.

use crate::{
    rust::{Line, Source},
    tree::{Offences, TREE, has_word},
};

/// Where josekit may be imported, and why there.
const JOSEKIT: &[(&str, &str)] = &[
    ("protocol/src/jose", "checks each header against the allow-list before josekit sees it"),
    ("benchmarks/", "measures the signature alone, which is the floor"),
];

/// Who may implement `Clock` and `Randomness`.
const TELLS_TIME_AND_CHANCE: &[(&str, &str)] = &[
    ("src/start.rs", "the machine's own"),
    ("tests/world/", "a clock to advance, randomness with a seed"),
    ("storage/src/conformance", "the same for engines, which know no World"),
];

/// Which product files are excused from a ban of clippy.toml, and from which need.
const EXCUSED: &[(&str, &str)] = &[
    (
        "src/start.rs",
        "reads the machine's clock, its randomness and its environment for all others",
    ),
    ("flows/src/finish.rs", "owns what follows a commit after the request has gone"),
    ("protocol/src/mutant.rs", "a switch that reaches a child process; no release has it"),
    (
        "openapi/src/listener/connection.rs",
        "its streams end with their connection, which it drains",
    ),
    ("protocol/src/crypto.rs", "the library's own chance makes its signatures safe"),
    ("benchmarks/", "measures the machine itself"),
];

/// From where connections are made, and to whom.
const CONNECTS: &[(&str, &str)] = &[
    ("actors/src/outgoing/", "to addresses that clients registered, behind the guard"),
    ("src/telemetry/collector.rs", "to the collector that the operator names"),
    ("src/commands/doctor.rs", "to this provider itself, as a command"),
    ("storage/surreal/", "to the database that the operator names"),
    ("benchmarks/", "to the provider that is measured"),
];

const CONNECTING: &[&str] =
    &["TcpStream::connect", "HttpConnector", "client::conn", "client::legacy", "to_socket_addrs"];

const SURREALQL: &[&str] = &[
    "DEFINE TABLE",
    "DEFINE INDEX",
    "DEFINE FIELD",
    "INFO FOR",
    "LIVE SELECT",
    "UPSERT ",
    "SELECT * FROM",
    "BEGIN TRANSACTION",
    "SHOW CHANGES",
];

fn is_under(path: &str, places: &[(&str, &str)]) -> bool {
    places.iter().any(|(place, _)| path.starts_with(place))
}

/// Adds every line of the product at which `is_wrong` holds.
fn refuse(offence: &str, remedy: &str, is_wrong: impl Fn(&Source, &Line) -> bool) {
    let mut offences = Offences::default();
    for (source, line) in TREE.lines() {
        if is_wrong(source, line) {
            offences.add(format_args!("{}:{}", source.path, line.number), offence, remedy);
        }
    }
    offences.none();
}

#[test]
fn josekit_is_imported_in_one_place() {
    refuse(
        "imports josekit",
        "go through protocol's jose, which checks the header first",
        |source, line| has_word(&line.code, "josekit") && !is_under(&source.path, JOSEKIT),
    );
}

#[test]
fn time_and_chance_each_have_one_implementation() {
    refuse("implements Clock or Randomness", "take one as a parameter", |source, line| {
        let is_free = source.is_for_tests(line) && !source.path.starts_with("tests/");
        !is_free
            && !is_under(&source.path, TELLS_TIME_AND_CHANCE)
            && has_word(&line.code, "impl")
            && ["Clock for", "Randomness for"].iter().any(|words| has_word(&line.code, words))
    });
}

#[test]
fn protocol_never_waits() {
    refuse("waits", "protocol is pure: move the waiting to flows or actors", |source, line| {
        source.path.starts_with("protocol/")
            && ["async", "await"].iter().any(|word| has_word(&line.code, word))
    });
}

#[test]
fn requests_of_our_own_go_out_in_one_place() {
    refuse(
        "connects to somebody",
        "send it through actors::outgoing, which judges where it goes (ATTACKS 30)",
        |source, line| {
            !source.is_for_tests(line)
                && !is_under(&source.path, CONNECTS)
                && CONNECTING.iter().any(|word| line.code.contains(word))
        },
    );
}

#[test]
fn surrealql_stays_in_its_engine() {
    refuse(
        "speaks SurrealQL",
        "only storage/surreal does; declare a Record instead",
        |source, line| {
            let is_free =
                ["storage/surreal/", "tests/tidy/"].iter().any(|at| source.path.starts_with(at));
            !is_free
                && (SURREALQL.iter().any(|words| line.strings.contains(words))
                    || has_word(&line.code, "surrealdb"))
        },
    );
}

/// Where it is decided which engine runs, and where the tables of all are shown.
const KNOWS_ENGINES: &[&str] = &[
    "storage/",
    "config/",
    "src/start.rs",
    "src/start/",
    "src/telemetry.rs",
    "benchmarks/",
    "tests/",
];

#[test]
fn nobody_else_knows_which_engine_runs() {
    refuse(
        "knows an engine",
        "go through the contract in storage/src/engine.rs",
        |source, line| {
            !source.is_for_tests(line)
                && !KNOWS_ENGINES.iter().any(|place| source.path.starts_with(place))
                && ["storage_redb", "storage_surreal"].iter().any(|word| has_word(&line.code, word))
        },
    );
}

#[test]
fn no_file_is_excused_from_a_ban_without_standing_in_the_list() {
    let remedy = "do without, or name the file and its reason in `EXCUSED` in tests/tidy/layers.rs";
    refuse("is excused from a ban of clippy.toml", remedy, |source, line| {
        let is_excuse = ["clippy::disallowed_methods", "clippy::disallowed_types"]
            .iter()
            .any(|lint| line.code.contains(lint));
        is_excuse && !source.is_for_tests(line) && !is_under(&source.path, EXCUSED)
    });
}
