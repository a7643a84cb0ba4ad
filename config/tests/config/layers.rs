//! Defaults, then the file, then the environment, key by key.

use std::time::Duration;

use config::{Algorithm, Config, Engine, Format, Level, MIB, Origin};

use crate::{MASTER_KEY, load};

#[test]
fn without_a_file_and_an_environment_the_defaults_hold() {
    let config = Config::load::<String, String>(None, []).unwrap();
    assert_eq!(config.node.name.as_str(), "node-1");
    assert_eq!(config.issuer.url, None);
    assert_eq!(*config.listen.address, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.management.listen, "127.0.0.1:9090".parse().unwrap());
    assert_eq!((config.storage.engine, config.storage.cache_size.get()), (Engine::Redb, 32 * MIB));
    assert_eq!(config.passwords.argon2_memory.get(), 19 * MIB);
    assert_eq!(config.tokens.refresh_grace.get(), Duration::from_secs(10));
    assert_eq!(*config.keys.algorithms, [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa]);
    assert_eq!((config.log.level, config.log.format), (Level::Info, Format::Text));
    assert_eq!(config.origin("log.level"), Origin::Default);
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_defaults() {
    let file = "[lockout]\nfailures_max = 5\nshards = 2\n";
    let config = load(file, &[("DOORWARD_LOCKOUT__FAILURES_MAX", "3")]).unwrap();
    assert_eq!(config.lockout.failures_max.get(), 3);
    assert_eq!(config.origin("lockout.failures_max"), Origin::Environment);
    assert_eq!(config.lockout.shards.as_usize(), 2);
    assert_eq!(config.origin("lockout.shards"), Origin::File);
    assert_eq!(config.lockout.address_failures_max.get(), 100);
    assert_eq!(config.origin("lockout.address_failures_max"), Origin::Default);
}

#[test]
fn a_list_in_a_later_layer_replaces_the_earlier_one() {
    let file = "[listen]\nforwarded_from = [\"10.1.0.0/16\", \"10.2.0.7\"]\n";
    let from = |config: Config| {
        config.listen.forwarded_from.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let name = "DOORWARD_LISTEN__FORWARDED_FROM";
    assert_eq!(from(load(file, &[]).unwrap()), ["10.1.0.0/16", "10.2.0.7"]);
    assert_eq!(from(load(file, &[(name, "::1, 10.3.0.0/24")]).unwrap()), ["::1", "10.3.0.0/24"]);
    assert!(from(load(file, &[(name, "")]).unwrap()).is_empty());
}

#[test]
fn what_is_text_in_the_environment_becomes_the_type_of_its_key() {
    let config = load(
        "",
        &[
            ("DOORWARD_NODE__NAME", "7"),
            ("DOORWARD_LISTEN__DANGER_PLAIN_HTTP", "true"),
            ("DOORWARD_LISTEN__CONNECTIONS_MAX", "500"),
            ("DOORWARD_STORAGE__ENGINE", "redb"),
            ("DOORWARD_LOG__FORMAT", "json"),
        ],
    )
    .unwrap();
    assert_eq!(config.node.name.as_str(), "7");
    assert!(config.listen.danger_plain_http);
    assert_eq!(config.listen.connections_max.get(), 500);
    assert_eq!(config.log.format, Format::Json);
}

#[test]
fn the_master_key_comes_from_the_environment() {
    let config = load("", &[MASTER_KEY]).unwrap();
    assert_eq!(config.master_key.value.unwrap().expose(), MASTER_KEY.1);
}

#[test]
fn variables_of_others_are_left_alone() {
    let others = [("PATH", "/bin"), ("doorward_x", "1"), ("DOORWARDX", "1"), ("", "")];
    load("", &others).unwrap();
}

#[test]
fn the_variables_kubernetes_sets_for_services_named_like_us_are_left_alone() {
    load(
        "",
        &[
            ("DOORWARD_SERVICE_HOST", "10.96.0.7"),
            ("DOORWARD_SERVICE_PORT", "443"),
            ("DOORWARD_SERVICE_PORT_HTTPS", "443"),
            ("DOORWARD_PORT", "tcp://10.96.0.7:443"),
            ("DOORWARD_PORT_443_TCP", "tcp://10.96.0.7:443"),
            ("DOORWARD_PORT_443_TCP_PROTO", "tcp"),
            ("DOORWARD_MANAGEMENT_PORT_9090_TCP_ADDR", "10.96.0.8"),
        ],
    )
    .unwrap();
}
