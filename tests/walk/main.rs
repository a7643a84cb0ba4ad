//! `just walk`: one login through the folders, printed.
//!
//! A provider (this same program, as `doorward dev`) is started in a temporary folder, one person signs in to one
//! application, and what the provider tells a collector of traces is printed as a tree (ARCHITECTURE.md, "One
//! authorization-code request").

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a walk that cannot go on has failed"
)]

#[expect(dead_code, reason = "the test of traces asks it for more")]
mod collector;
#[expect(dead_code, reason = "the test of traces asks it for more")]
mod login;
mod story;

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Command, ExitCode, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use collector::Collector;

fn main() -> ExitCode {
    if env::args_os().len() > 1 {
        return doorward::commands::main();
    }
    let mut output = io::stdout().lock();
    output.write_all(walk().as_bytes()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn walk() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let collector = Collector::start();
    let mut provider = Command::new(env::current_exe().expect("this program"))
        .args(["dev", "--port", "0", "--print", "json", "--data", "data", "--traces"])
        .arg(collector.url())
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the provider starts");
    let mut printed = String::new();
    let output = provider.stdout.take().expect("it is a pipe");
    BufReader::new(output).read_line(&mut printed).expect("it says where it is");
    login::go_through(&serde_json::from_str(&printed).expect("JSON"), "");
    let id = Pid::from_raw(i32::try_from(provider.id()).expect("a process id"));
    kill(id, Signal::SIGINT).expect("it runs");
    assert!(provider.wait().expect("it is our child").success(), "it ends well");
    story::tell(&collector.steps())
}
