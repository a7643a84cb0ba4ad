//! The configuration, by file and by environment: understood, or refused with every fault.

#![no_main]

use std::{cell::LazyCell, fs, path::PathBuf};

use config::Config;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FILE: LazyCell<PathBuf> = LazyCell::new(|| {
        std::env::temp_dir().join(format!("doorward-fuzz-{}.toml", std::process::id()))
    });
}

fuzz_target!(|input: (&str, Vec<(&str, &str)>)| {
    let (file, environment) = input;
    FILE.with(|path| {
        fs::write(&**path, file).expect("a file for the configuration");
        let environment = environment.into_iter().take(16);
        let environment = environment.map(|(key, value)| (format!("DOORWARD_{key}"), value));
        if let Err(faults) = Config::load(Some(path), environment) {
            assert!(!faults.to_string().is_empty());
        }
    });
});
