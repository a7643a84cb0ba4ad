//! The socket alone: who may ask, how much, and what is left behind.

use std::{os::unix::fs::PermissionsExt, path::Path};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::JoinSet,
};

use super::*;

/// A socket in `directory` that answers a text with its length.
fn serve(directory: &Path) -> JoinSet<()> {
    let socket = ControlSocket::bind(directory).unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move { socket.serve(|text: String| async move { text.len() }).await });
    serving
}

async fn length(directory: &Path, text: &str) -> Result<usize, NotAsked> {
    ask(&path(directory), &text).await
}

#[tokio::test]
async fn a_question_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let _serving = serve(directory.path());
    assert_eq!(length(directory.path(), "four").await.unwrap(), 4);
}

#[tokio::test]
async fn one_connection_carries_many_questions() {
    let directory = tempfile::tempdir().unwrap();
    let _serving = serve(directory.path());
    let mut stream = UnixStream::connect(path(directory.path())).await.unwrap();
    for (question, answer) in [("\"a\"\n", "1\n"), ("\"bcd\"\n", "3\n")] {
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answered = vec![0; answer.len()];
        stream.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, answer.as_bytes());
    }
}

#[tokio::test]
async fn only_the_owner_may_open_it() {
    let directory = tempfile::tempdir().unwrap();
    let _serving = serve(directory.path());
    let mode = std::fs::metadata(path(directory.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn where_nobody_listens_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(length(directory.path(), "").await, Err(NotAsked::Nobody)));
    // A socket whose process has died without removing it.
    drop(std::os::unix::net::UnixListener::bind(path(directory.path())).unwrap());
    assert!(matches!(length(directory.path(), "").await, Err(NotAsked::Nobody)));
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(path(directory.path())).unwrap());
    let _serving = serve(directory.path());
    assert_eq!(length(directory.path(), "ok").await.unwrap(), 2);
}

#[tokio::test]
async fn its_file_goes_with_it() {
    let directory = tempfile::tempdir().unwrap();
    drop(ControlSocket::bind(directory.path()).unwrap());
    assert!(!path(directory.path()).exists());
}

#[tokio::test]
async fn a_question_beyond_the_bound_ends_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let _serving = serve(directory.path());
    let text = "a".repeat(REQUEST_BYTES_MAX);
    assert!(matches!(length(directory.path(), &text).await, Err(NotAsked::Broken(_))));
    assert_eq!(length(directory.path(), "still there").await.unwrap(), 11);
}

#[tokio::test]
async fn a_question_that_is_none_ends_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let _serving = serve(directory.path());
    let mut stream = UnixStream::connect(path(directory.path())).await.unwrap();
    stream.write_all(b"{\"no\": \"text\"}\n").await.unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}
