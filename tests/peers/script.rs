//! Runs a client or a browser against a provider, and shows what it said when it fails.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::provider::Provider;

/// The longest journey takes seconds; the rest is for a machine that is busy with other tests.
const ENDS_WITHIN: Duration = Duration::from_secs(240);

/// Runs a script of this folder to its end.
///
/// It finds on stdin what the provider announced, in `SCREENSHOTS` a folder outside the tree, and believes no authority
/// but those of the machine and the provider's.
pub(crate) async fn run(provider: &Provider, script: &str, arguments: &[&str]) {
    let said = provider.directory().join("script.log");
    let ended = timeout(ENDS_WITHIN, start(provider, script, arguments, &said)).await;
    let has_passed = matches!(ended, Ok(status) if status.success());
    if !has_passed {
        let said = fs::read_to_string(said).unwrap_or_default();
        panic!(
            "{script} {arguments:?}: {ended:?}\n{said}\nthe provider's log:\n{}",
            provider.log()
        );
    }
}

async fn start(provider: &Provider, script: &str, arguments: &[&str], said: &Path) -> ExitStatus {
    let output = File::create(said).expect("a file for what it says");
    let mut command = interpreter_of(script);
    if let Some(ca_file) = provider.ca_file() {
        command.env("NODE_EXTRA_CA_CERTS", ca_file);
    }
    let mut process = command
        .arg(script)
        .args(arguments)
        .current_dir(folder())
        .env("SCREENSHOTS", screenshots_of(arguments))
        // A proxy has no way to the loopback of this machine.
        .env("NO_PROXY", "localhost,127.0.0.1,::1")
        .stdin(provider.announcement())
        .stdout(output.try_clone().expect("a second handle"))
        .stderr(output)
        .kill_on_drop(true)
        .spawn()
        .expect("the script starts");
    process.wait().await.expect("it ends")
}

/// What `tests/run` installed for scripts of this kind.
fn interpreter_of(script: &str) -> Command {
    let is_node = Path::new(script).extension().is_some_and(|extension| extension == "mjs");
    let installed = folder().join(if is_node { "node_modules" } else { ".venv" });
    assert!(installed.exists(), "{} is missing: tests/run installs it", installed.display());
    if is_node {
        return Command::new("node");
    }
    let mut python = Command::new(installed.join("bin/python"));
    // It would write what it compiled into the tree.
    python.arg("-B");
    python
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}

/// Kept after the test, for whoever wants to look at the pages.
fn screenshots_of(arguments: &[&str]) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots").join(arguments.join("-"));
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    folder
}
