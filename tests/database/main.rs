//! SurrealDB as its own program would be: `surrealdb-process start --bind 127.0.0.1:8000 surrealkv://folder`.
//!
//! With `ENDS_WITH_STDIN=1` it ends when its standard input does, so that it does not outlive the test that started it.

use std::{
    io::{Read, stdin},
    process::{ExitCode, exit},
    thread,
};

use surrealdb_server::core::CommunityComposer;

fn main() -> ExitCode {
    if std::env::var_os("ENDS_WITH_STDIN").is_some() {
        thread::spawn(|| {
            let _ = stdin().read_to_end(&mut Vec::new());
            exit(0)
        });
    }
    surrealdb_server::init(CommunityComposer())
}
