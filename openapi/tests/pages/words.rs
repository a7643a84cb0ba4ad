//! Every word a page needs is there in every language, and none is there in vain.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use openapi::pages::text::Text;

use crate::{
    markup::Page,
    samples::{Filling, every_page},
};

/// The same word in English and in German.
const SHARED: [&str; 6] =
    ["brand", "welcome-issuer", "demo-brand", "demo-claim", "demo-tokens", "demo-userinfo"];

type Messages = BTreeMap<String, String>;

fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let content = fs::read_to_string(&path).expect("a file");
                found.push((path, content));
            }
        }
    }
    found
}

fn messages(language: &str) -> Messages {
    let mut messages = Messages::new();
    for (path, content) in files(&format!("locales/{language}"), "ftl") {
        let mut key = String::new();
        for line in content.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if let Some((name, words)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                key = name.to_owned();
                let before = messages.insert(key.clone(), words.to_owned());
                assert_eq!(before, None, "{}: {key} stands twice", path.display());
            } else {
                messages.entry(key.clone()).or_default().push_str(line);
            }
        }
    }
    messages
}

fn variables(words: &str) -> BTreeSet<&str> {
    let starts = words.split("{ $").skip(1);
    starts.filter_map(|rest| rest.split([' ', '}']).next()).collect()
}

/// Every string in the sources and templates that draws pages.
fn literals() -> BTreeSet<String> {
    let mut sources = files("src/pages", "rs");
    sources.extend(files("templates", "html"));
    let literals = sources.iter().flat_map(|(_, content)| content.split('"'));
    literals.map(str::to_owned).collect()
}

#[test]
fn every_language_has_the_same_words_with_the_same_variables() {
    let english = messages("en");
    for text in Text::every_language() {
        let language = messages(&text.language());
        assert_eq!(
            language.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "{}",
            text.language()
        );
        for (key, words) in &language {
            assert_eq!(variables(words), variables(&english[key]), "{} {key}", text.language());
        }
    }
}

#[test]
fn every_message_is_translated() {
    let english = messages("en");
    for (key, words) in messages("de") {
        assert_eq!(words == english[&key], SHARED.contains(&key.as_str()), "{key}");
    }
}

#[test]
fn every_message_is_used() {
    let literals = literals();
    let idle: Vec<_> = messages("en").into_keys().filter(|key| !literals.contains(key)).collect();
    assert_eq!(idle, Vec::<String>::new());
}

#[test]
fn every_key_that_is_asked_for_exists() {
    let english = messages("en");
    let mut sources = files("src/pages", "rs");
    sources.extend(files("templates", "html"));
    for (path, content) in sources {
        for call in ["text.get(\"", "text.with(\"", "self.with(\""] {
            for rest in content.split(call).skip(1) {
                let key = rest.split('"').next().expect("a key");
                assert!(english.contains_key(key), "{}: {key}", path.display());
            }
        }
    }
}

#[test]
fn no_page_shows_a_key_or_a_variable_without_a_value() {
    let keys: Vec<_> = messages("en").into_keys().filter(|key| key.contains('-')).collect();
    for text in Text::every_language() {
        for sample in every_page(text, &Filling::ordinary()) {
            for (_, words) in Page::read(&sample.html).texts {
                assert!(
                    !words.contains("{$") && !words.contains("{ $"),
                    "{}: {words}",
                    sample.name
                );
                let key = keys.iter().find(|key| words.contains(key.as_str()));
                assert_eq!(key, None, "{}: {words}", sample.name);
            }
        }
    }
}
