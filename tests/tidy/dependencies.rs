//! Who may depend on whom, compared with what Cargo resolves. What only tests use is free.

use std::{process::Command, sync::LazyLock};

use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};

use crate::tree::{Offences, ROOT};

const RULES_STAND_IN: &str = "see `RULES` in tests/tidy/dependencies.rs, and ARCHITECTURE.md";

const WAITING: &[&str] = &["async-trait", "futures-util", "smol", "tokio", "tokio-util"];
const TIME_AND_CHANCE: &[&str] =
    &["chrono", "fastrand", "getrandom", "jiff", "rand", "rand_core", "time", "uuid"];
const MESSAGES: &[&str] = &["ractor", "ractor_cluster"];
const POEM: &[&str] = &["poem", "poem-openapi"];
const HTTP: &[&str] = &["axum", "http", "hyper", "hyper-util"];
const DATABASES: &[&str] = &[
    "fjall",
    "heed",
    "redb",
    "rocksdb",
    "rusqlite",
    "sled",
    "sqlx",
    "surrealdb",
    "surrealdb-core",
];

/// What one of our crates may build on.
struct Rule {
    package: &'static str,
    /// Which of ours it may depend on.
    ours: &'static [&'static str],
    /// Which of others it may not.
    never: &'static [&'static [&'static str]],
}

const RULES: &[Rule] = &[
    Rule {
        package: "doorward-protocol",
        ours: &[],
        never: &[WAITING, TIME_AND_CHANCE, MESSAGES, POEM, HTTP, DATABASES],
    },
    Rule {
        package: "doorward-storage",
        ours: &["doorward-protocol"],
        never: &[MESSAGES, POEM, DATABASES],
    },
    Rule {
        package: "doorward-storage-redb",
        ours: &["doorward-storage", "doorward-protocol"],
        never: &[MESSAGES, POEM],
    },
    Rule {
        package: "doorward-storage-surreal",
        ours: &["doorward-storage", "doorward-protocol"],
        never: &[MESSAGES, POEM],
    },
    Rule {
        package: "doorward-actors",
        ours: &["doorward-storage", "doorward-protocol"],
        never: &[POEM, DATABASES],
    },
    Rule {
        package: "doorward-flows",
        ours: &["doorward-actors", "doorward-storage", "doorward-protocol"],
        never: &[MESSAGES, POEM, HTTP, DATABASES],
    },
    Rule {
        package: "doorward-openapi",
        ours: &["doorward-flows", "doorward-protocol"],
        never: &[MESSAGES, DATABASES],
    },
    Rule { package: "doorward-config", ours: &[], never: &[MESSAGES, POEM, HTTP, DATABASES] },
];

/// These know everything, and nothing may know them.
const ENDS: &[&str] = &["doorward", "doorward-benchmarks"];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let manifest = format!("{ROOT}/Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo reads the tree")
});

#[test]
fn every_crate_of_ours_has_a_rule() {
    let mut offences = Offences::default();
    for package in METADATA.workspace_packages() {
        if rule(package).is_none() && !ENDS.contains(&package.name.as_str()) {
            offences.add(&package.manifest_path, "this crate has no rule", RULES_STAND_IN);
        }
    }
    offences.none();
}

#[test]
fn each_crate_depends_only_on_the_layers_below_it() {
    let mut offences = Offences::default();
    for package in METADATA.workspace_packages() {
        let Some(rule) = rule(package) else { continue };
        for dependency in product(package) {
            if dependency.path.is_some() && !rule.ours.contains(&dependency.name.as_str()) {
                let offence = format!("may not depend on {}", dependency.name);
                offences.add(&package.manifest_path, offence, RULES_STAND_IN);
            }
        }
    }
    offences.none();
}

#[test]
fn each_crate_keeps_clear_of_what_its_layer_forbids() {
    let mut offences = Offences::default();
    for package in METADATA.workspace_packages() {
        let Some(rule) = rule(package) else { continue };
        for dependency in product(package) {
            if rule.never.iter().any(|names| names.contains(&dependency.name.as_str())) {
                let offence = format!("may not use {}", dependency.name);
                offences.add(&package.manifest_path, offence, RULES_STAND_IN);
            }
        }
    }
    offences.none();
}

#[test]
fn the_binary_has_one_cryptographic_provider_and_it_is_not_ring() {
    let built = built_into_the_binary();
    let mut offences = Offences::default();
    for chain in built.iter().filter(|chain| chain.last().is_some_and(|last| last == "ring")) {
        let remedy = "choose the feature of the crate before it that uses aws-lc-rs";
        offences.add("Cargo.lock", chain.join(" -> "), remedy);
    }
    assert!(built.iter().any(|chain| chain.ends_with(&["rustls".to_owned()])), "the tree is read");
    offences.none();
}

fn rule(package: &Package) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.package == package.name.as_str())
}

/// What a crate is built with, its tests left out.
fn product(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
}

/// Every package that the binary is built with, each with those that led to it.
///
/// From `cargo tree`, because `cargo metadata` also lists what no chosen feature asks for.
fn built_into_the_binary() -> Vec<Vec<String>> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "doorward"])
        .args(["--edges", "normal,build", "--prefix", "depth", "--format", " {p}"])
        .current_dir(ROOT)
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let mut chain = Vec::new();
    let mut chains = Vec::new();
    for line in String::from_utf8_lossy(&tree.stdout).lines() {
        let mut words = line.split_whitespace();
        let Some(depth) = words.next().and_then(|depth| depth.parse().ok()) else { continue };
        chain.truncate(depth);
        chain.extend(words.next().map(str::to_owned));
        chains.push(chain.clone());
    }
    chains
}
