//! What a SIGHUP takes over.

use config::reloadable_keys;

use crate::{MASTER_KEY, load};

#[test]
fn the_reloadable_keys_are_these() {
    assert_eq!(
        reloadable_keys(),
        [
            "listen.connections_max",
            "listen.connections_per_address_max",
            "listen.forwarded_from",
            "listen.tls_certificate_file",
            "listen.tls_key_file",
            "log.level",
            "outgoing.allow",
            "outgoing.ca_file",
        ]
    );
}

#[test]
fn a_reload_knows_which_keys_changed() {
    let running = load("[log]\nlevel = \"info\"\n", &[MASTER_KEY]).unwrap();
    let fresh = load("[log]\nlevel = \"debug\"\n[storage]\npath = \"elsewhere\"\n", &[MASTER_KEY]);
    assert_eq!(running.changed_keys(&fresh.unwrap()), ["log.level", "storage.path"]);
    assert!(running.changed_keys(&running).is_empty());
}
