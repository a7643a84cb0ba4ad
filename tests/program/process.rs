//! The program in a process of its own: started, listened to, told to stop.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

/// What a command came to.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs a command to its end, with nothing of ours in its environment.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Done {
    let done = command(directory, arguments).output().expect("the program starts");
    Done {
        code: done.status.code().expect("it was not killed"),
        output: String::from_utf8(done.stdout).expect("it writes text"),
        errors: String::from_utf8(done.stderr).expect("it writes text"),
    }
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.args(arguments.iter().map(OsStr::new)).current_dir(directory).stdin(Stdio::null());
    for name in ["DOORWARD_ISSUER__URL", "DOORWARD_MASTER_KEY__VALUE", "DOORWARD_STORAGE__PATH"] {
        command.env_remove(name);
    }
    command
}

/// A process that runs until it is told to stop, or this is dropped.
pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
}

impl Process {
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut child = command(directory, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its stdout is a pipe"));
        let errors = BufReader::new(child.stderr.take().expect("its stderr is a pipe"));
        Self { child, output, errors }
    }

    /// The next line on standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it writes text");
        if line.is_empty() {
            let mut errors = String::new();
            let _ = self.errors.read_to_string(&mut errors);
            panic!("it said nothing: {errors}");
        }
        line
    }

    /// Waits until it logs `message`; the line, which must be JSON.
    pub(crate) fn hears(&mut self, message: &str) -> Value {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            self.errors.read_line(&mut line).expect("it writes text");
            assert!(!line.is_empty(), "it ended without {message:?}:\n{said}");
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            if value["message"] == message {
                return value;
            }
            said.push_str(&line);
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("it runs");
    }

    /// Waits for its end; how it ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it is our child")
    }

    /// As Ctrl-C does, and it must end well.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::SIGINT);
        let status = self.wait();
        assert!(status.success(), "code {:?}, signal {:?}", status.code(), status.signal());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
