//! What belongs to one machine and not to the tree: its paths, its registry.

use crate::tree::{Offences, TREE};

/// Folders of a developer's machine, in two parts so that this file is not an offence itself.
const FOLDERS: &[[&str; 2]] = &[["/wo", "rk/"], ["/ro", "ot/"]];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let mut offences = Offences::default();
    for file in &TREE.files {
        for (number, line) in (1..).zip(file.text.lines()) {
            for folder in FOLDERS.iter().map(|parts| parts.concat()) {
                if line.contains(&folder) {
                    let place = format!("{}:{number}", file.path);
                    offences.add(place, folder, "write a path relative to the tree, or a variable");
                }
            }
        }
    }
    offences.none();
}

#[test]
fn no_lock_file_names_a_registry_of_somebodys_machine() {
    let mut offences = Offences::default();
    for file in &TREE.files {
        let (key, allowed, remedy) = match file.path.rsplit('/').next() {
            Some("Cargo.lock") => ("source = ", CRATES_IO, "lock without a source replacement"),
            Some("package-lock.json") => (
                "\"resolved\":",
                "nothing",
                "npm install --package-lock-only --omit-lockfile-registry-resolved",
            ),
            Some("requirements.txt") => ("://", "nothing", "pin versions, not addresses"),
            _ => continue,
        };
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.contains(key) && !line.contains(allowed) {
                offences.add(format!("{}:{number}", file.path), line.trim(), remedy);
            }
        }
    }
    offences.none();
}
