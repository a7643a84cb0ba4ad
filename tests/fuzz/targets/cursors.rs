//! Sealed texts that come back from outside (cursors, and whatever else is sealed): nothing opens that was not sealed here.

#![no_main]

use doorward::start::OsRandomness;
use libfuzzer_sys::fuzz_target;
use protocol::{KeyRing, MasterKey, Sealed, master_key::Place};

fuzz_target!(|text: &str| {
    let ring = KeyRing::new(MasterKey::new(&OsRandomness));
    let place = Place { table: "cursors", record: "clients", field: "position" };
    if let Some(sealed) = Sealed::<(String, String)>::from_text(text) {
        assert!(ring.open(&sealed, place).is_err());
    }
});
