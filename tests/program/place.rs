//! An installation in a temporary folder: a configuration file, a master key, a data directory.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use crate::process::{Done, Process, run};

/// Where one provider lives.
pub(crate) struct Place {
    folder: TempDir,
}

/// A provider that serves, and where.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) public: SocketAddr,
    pub(crate) management: SocketAddr,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write_key("a");
        place.configure("");
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The master key of this letter.
    pub(crate) fn write_key(&self, letter: &str) {
        let text = format!("{}A", letter.repeat(42));
        let file = self.path().join("master.key");
        doorward::start::write_private(&file, text.as_bytes()).unwrap();
    }

    /// A configuration that serves, with `more` at its end.
    pub(crate) fn configure(&self, more: &str) {
        let text = format!(
            "[issuer]\nurl = \"http://127.0.0.1:8080\"\n[listen]\naddress = [\"127.0.0.1:0\"]\n[management]\nlisten = \
             \"127.0.0.1:0\"\n[storage]\npath = \"./data\"\n[master_key]\nfile = \"./master.key\"\n[log]\nformat = \
             \"json\"\n{more}"
        );
        fs::write(self.path().join("doorward.toml"), text).unwrap();
    }

    /// Runs a command with the configuration of this place.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        run(self.path(), &[arguments, &["--config", "doorward.toml"]].concat())
    }

    /// Serves, and waits until requests are answered.
    pub(crate) fn serve(&self) -> Serving {
        self.serve_with("doorward.toml")
    }

    /// As [`Self::serve`], with another configuration of this place.
    pub(crate) fn serve_with(&self, config: &str) -> Serving {
        let mut process = Process::start(self.path(), &["serve", "--config", config]);
        let heard = process.hears("requests are answered");
        let address = |name: &str| {
            let text = heard[name].as_str().unwrap();
            text.trim_start_matches("Some(").trim_matches(['[', ']', ')']).parse().unwrap()
        };
        let (public, management) = (address("public"), address("management"));
        Serving { process, public, management }
    }
}

/// The whole answer to a `GET`.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// As [`get`], of an operator.
pub(crate) fn get_as(address: SocketAddr, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    write!(stream, "{head}authorization: Bearer {token}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
