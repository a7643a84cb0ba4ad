//! `dev`: one command, and everything that it prints is there and stays.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::Value;

use crate::{
    place::{get, get_as},
    process::{Process, run},
};

/// `doorward dev`, and what it has printed.
pub(crate) fn start(folder: &Path, more: &[&str]) -> (Process, Value) {
    let arguments = [&["dev", "--port", "0", "--print", "json", "--data", "data"], more].concat();
    let mut process = Process::start(folder, &arguments);
    let printed = serde_json::from_str(&process.line()).expect("the first line is JSON");
    (process, printed)
}

#[test]
fn once_the_first_line_is_printed_requests_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let issuer = printed["issuer"].as_str().unwrap();
    let port = issuer
        .strip_prefix("http://localhost:")
        .expect("the issuer is this machine")
        .parse::<u16>();
    let answer = get(([127, 0, 0, 1], port.unwrap()).into(), "/.well-known/openid-configuration");
    assert!(answer.contains(&format!("\"issuer\":\"{issuer}\"")), "{answer}");
    process.stop();
}

#[test]
fn a_client_library_that_sends_no_pkce_gets_to_the_login_page_where_it_has_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    let (_, port) = printed["issuer"].as_str().unwrap().rsplit_once(':').unwrap();
    let asked = |client: &str| {
        let path = format!(
            "/oauth2/authorize?client_id={}&redirect_uri=http://127.0.0.1/callback&response_type=code&scope=openid",
            printed[client].as_str().unwrap()
        );
        get(([127, 0, 0, 1], port.parse().unwrap()).into(), &path).to_lowercase()
    };
    assert!(asked("client_id").contains("/login?"), "{}", asked("client_id"));
    let refused = asked("public_client_id");
    assert!(
        refused.contains("location: http://127.0.0.1/callback?error=invalid_request"),
        "{refused}"
    );
    process.stop();
}

#[test]
fn what_is_printed_has_every_key_and_nothing_that_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &[]);
    for key in [
        "issuer",
        "username",
        "password",
        "client_id",
        "client_secret",
        "public_client_id",
        "admin_token",
    ] {
        assert!(printed[key].as_str().is_some_and(|text| !text.is_empty()), "{key} in {printed}");
    }
    let object = printed.as_object().unwrap();
    assert!(object.get("ca_file").is_some_and(Value::is_null), "{printed}");
    let issuer = printed["issuer"].as_str().unwrap();
    assert_eq!(printed["docs"], format!("{issuer}/docs"));
    let (_, port) = issuer.rsplit_once(':').unwrap();
    let page = get(([127, 0, 0, 1], port.parse().unwrap()).into(), "/docs");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for key in ["redirect_uris", "post_logout_redirect_uris"] {
        assert!(printed[key].as_array().unwrap().len() > 3, "{key} in {printed}");
    }
    let installed = Value::from("com.example.app:/callback");
    assert!(printed["redirect_uris"].as_array().unwrap().contains(&installed), "{printed}");
    for key in ["demo_client_id", "demo_client_secret", "added_redirect_uris"] {
        assert_eq!(object.get(key), None, "{key} is of no use to a developer");
    }
    process.stop();
}

#[test]
fn what_is_printed_is_kept_for_the_next_start_and_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (process, mut first) = start(folder.path(), &[]);
    let kept = folder.path().join("data/dev.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let text: Value = serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
    assert!(first.as_object().unwrap().iter().all(|(key, value)| text[key] == *value));
    process.stop();
    let (process, mut second) = start(folder.path(), &[]);
    for printed in [&mut first, &mut second] {
        // The port is another one.
        let printed = printed.as_object_mut().unwrap();
        printed.remove("issuer");
        printed.remove("docs");
        printed.remove("redirect_uris");
    }
    assert_eq!(first, second);
    process.stop();
}

#[test]
fn a_redirect_uri_that_was_added_stays() {
    let folder = tempfile::tempdir().unwrap();
    let has = |printed: &Value| {
        let lists = |key: &str, uri: &str| printed[key].as_array().unwrap().contains(&uri.into());
        lists("redirect_uris", "https://app.example.org/cb")
            && lists("post_logout_redirect_uris", "https://app.example.org/cb")
            && lists("post_logout_redirect_uris", "https://app.example.org/")
    };
    let (process, printed) =
        start(folder.path(), &["--redirect-uri", "https://app.example.org/cb"]);
    assert!(has(&printed));
    process.stop();
    let (process, printed) = start(folder.path(), &[]);
    assert!(has(&printed));
    process.stop();
}

#[test]
fn a_password_that_nobody_knows_any_more_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &[]).0.stop();
    fs::remove_file(folder.path().join("data/dev.json")).unwrap();
    let done = run(folder.path(), &["dev", "--port", "0", "--data", "data"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("remove data to begin anew"), "{}", done.errors);
}

#[test]
fn other_machines_are_kept_out_unless_somebody_says_danger() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0", "::", "192.0.2.1"] {
        let done = run(folder.path(), &["dev", "--port", "0", "--data", "data", "--bind", address]);
        assert_eq!(done.code, 2);
        assert!(done.errors.contains("--danger-other-machines"), "{}", done.errors);
    }
    assert!(!folder.path().join("data").exists());
    let (process, _) = start(folder.path(), &["--bind", "0.0.0.0", "--danger-other-machines"]);
    process.stop();
}

#[test]
fn with_tls_the_issuer_is_https_and_the_authority_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (process, printed) = start(folder.path(), &["--tls"]);
    assert!(printed["issuer"].as_str().unwrap().starts_with("https://localhost:"));
    let ca_file = printed["ca_file"].as_str().unwrap().to_owned();
    let authority = fs::read_to_string(&ca_file).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    process.stop();
    let (process, printed) = start(folder.path(), &["--tls"]);
    assert_eq!(printed["ca_file"], *ca_file);
    assert_eq!(fs::read_to_string(ca_file).unwrap(), authority);
    process.stop();
}

#[test]
fn two_that_share_a_data_directory_are_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let (process, _) = start(folder.path(), &[]);
    let done = run(folder.path(), &["dev", "--port", "0", "--data", "data"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("another process holds the store in data"), "{}", done.errors);
    process.stop();
}

#[test]
fn a_person_reads_where_to_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), &["dev", "--port", "0", "--data", "data"]);
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        text.push_str(&process.line());
    }
    for words in ["Open first", "/demo", "Password", "client_secret"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
    process.stop();
}

#[test]
fn the_end_user_is_tied_to_the_operator_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for _ in 0..2 {
        let (process, printed) = start(folder.path(), &[]);
        let (_, port) = printed["issuer"].as_str().unwrap().rsplit_once(':').unwrap();
        let address = ([127, 0, 0, 1], port.parse().unwrap()).into();
        let token = printed["admin_token"].as_str().unwrap();
        let answer = get_as(address, "/admin/v1/operators", token);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let operators: Value = serde_json::from_str(body).unwrap();
        let operators = operators["items"].as_array().unwrap().clone();
        assert!(operators.len() == 1 && operators[0]["account_id"].is_string(), "{operators:?}");
        found.push(operators);
        let account = found[0][0]["account_id"].as_str().unwrap();
        let account = get_as(address, &format!("/admin/v1/accounts/{account}"), token);
        assert!(account.starts_with("HTTP/1.1 200"), "{account}");
        assert!(!account.contains("new_password_required_at"), "the printed one holds: {account}");
        process.stop();
    }
    assert_eq!(found[0], found[1]);
}
