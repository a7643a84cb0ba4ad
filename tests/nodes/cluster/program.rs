//! A program in a process of its own: started, listened to through its log, stopped, frozen, killed.

use std::{
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use super::waits;

/// Ended with this value.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    /// What an earlier process has written there.
    skipped: usize,
}

impl Program {
    /// Starts `command`, which logs to the file at `log` after what stands there.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a file for the log");
        let skipped = fs::read(log).map_or(0, |text| text.len());
        let errors = file.try_clone().expect("the same file");
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log: log.to_owned(), skipped }
    }

    /// Waits until it logs `message`; the line, which must be JSON.
    pub(crate) async fn hears(&mut self, message: &str) -> Value {
        waits::until(message, async || {
            let found = self.said().lines().find_map(|line| {
                let value: Value = serde_json::from_str(line).ok()?;
                (value["message"] == message).then_some(value)
            });
            assert!(
                found.is_some() || self.runs(),
                "it ended without {message:?}: {}",
                self.said()
            );
            found
        })
        .await
    }

    /// All that it has logged.
    pub(crate) fn said(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(log.get(self.skipped..).unwrap_or_default()).into_owned()
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("it runs");
    }

    /// As a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        let status = self.child.wait().expect("it is our child");
        assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "it had ended: {}", self.said());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
