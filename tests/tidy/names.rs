//! The words that name nothing, kept out of the names of types, modules and files.

use std::path::Path;

use crate::tree::{Offences, TREE};

/// Each says that a thing is there, and not what it is.
const BANNED: &[&str] = &["manager", "helper", "util", "service", "data", "info"];

const DECLARED_BY: &[&str] = &["struct", "enum", "union", "trait", "type", "mod"];

/// The one place where `auth` may stand alone: the path of the first-party API is `/auth/v1`.
const AUTH: &str = "openapi/src/auth";

const REMEDY: &str = "name what it is or does, with the word of the RFC where there is one";

#[test]
fn names_of_types_and_modules_say_what_they_name() {
    let mut offences = Offences::default();
    for (source, line) in TREE.lines() {
        let Some(name) = declared(&line.code) else { continue };
        let is_auth_path = source.path == "openapi/src/lib.rs" && name == "auth";
        if says_nothing(name) && !is_auth_path {
            offences.add(format!("{}:{}", source.path, line.number), name, REMEDY);
        }
    }
    offences.none();
}

#[test]
fn names_of_files_and_folders_say_what_they_hold() {
    let mut offences = Offences::default();
    for source in &TREE.sources {
        let parts = Path::new(&source.path).with_extension("");
        let mut names = parts.iter().filter_map(|name| name.to_str());
        if names.any(says_nothing) && !source.path.starts_with(AUTH) {
            offences.add(&source.path, "the path holds a word that says nothing", REMEDY);
        }
    }
    offences.none();
}

/// The name of the type or module that this line declares.
fn declared(code: &str) -> Option<&str> {
    // An indented `type` answers a trait, which chose the name.
    if code.starts_with(' ') && code.trim_start().starts_with("type ") {
        return None;
    }
    let mut words = code.split_whitespace().skip_while(|word| word.starts_with("pub"));
    let declares = words.next().is_some_and(|word| DECLARED_BY.contains(&word));
    let name = words.next().filter(|_| declares)?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Whether one of the name's words is banned, or the name is `auth` and no more.
fn says_nothing(name: &str) -> bool {
    // OpenID Connect writes this one as a word.
    let name = name.replace("UserInfo", "Userinfo");
    let is_banned = |word: &String| {
        BANNED.contains(&word.as_str()) || BANNED.contains(&word.trim_end_matches('s'))
    };
    words(&name).iter().any(is_banned) || name.eq_ignore_ascii_case("auth")
}

/// `SignInStep` and `sign_in_step` both as `sign`, `in`, `step`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c == '-' || c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[test]
fn a_banned_word_is_found_within_a_name_and_not_within_a_word() {
    for name in ["TokenManager", "utils", "user_data", "ClientInfo", "Auth", "auth"] {
        assert!(says_nothing(name), "{name}");
    }
    for name in ["Metadata", "UserInfo", "userinfo", "Authorize", "information", "SignIn"] {
        assert!(!says_nothing(name), "{name}");
    }
    assert_eq!(declared("pub(crate) struct Held<T> {"), Some("Held"));
    assert_eq!(declared("let data = 1;"), None);
    assert_eq!(declared("    type Data = Bytes;"), None);
}
