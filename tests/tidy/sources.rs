//! The form of a file: how it begins, how long it is, what its comments and its tests may not hold.

use crate::{
    rust::Line,
    tree::{Offences, TREE, has_word},
};

const LINES_MAX: usize = 400;

/// Files that are longer, and why each is one file.
const LONG: &[(&str, &str)] = &[];

/// Where a test or a script may wait for real time to pass, and for what.
const WAITS: &[(&str, &str)] = &[(
    "tests/nodes/cluster/waits.rs",
    "other processes do not say when they have come to something: it looks again, within a bound",
)];

/// Marks of unfinished work, in two parts so that this file is not an offence itself.
const UNFINISHED: &[[&str; 2]] = &[["TO", "DO"], ["FIX", "ME"], ["XX", "X"]];

/// Written by tools, not by people.
const GENERATED: &[&str] =
    &["Cargo.lock", "package-lock.json", "openapi/openapi.json", "config/schema.json"];

/// What tests are written in.
const CODE: &[&str] = &[".rs", ".py", ".mjs", ".js", ".sh", "tests/run", ".ci/run"];

const SLEEPS: &[&str] =
    &["sleep(", "sleep_until(", "setTimeout(", "waitForTimeout(", "wait_for_timeout("];

#[test]
fn every_file_says_what_it_owns_or_decides() {
    let mut offences = Offences::default();
    for file in TREE.files.iter().filter(|file| file.path.ends_with(".rs")) {
        if !file.text.starts_with("//! ") {
            let remedy = "begin with `//!` and what this file owns or decides";
            offences.add(format!("{}:1", file.path), "does not say what it is for", remedy);
        }
    }
    offences.none();
}

#[test]
fn no_work_is_left_in_a_comment() {
    let mut offences = Offences::default();
    for file in TREE.files.iter().filter(|file| !is_generated(&file.path)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            for mark in UNFINISHED.iter().map(|parts| parts.concat()) {
                if has_word(line, &mark) {
                    let place = format!("{}:{number}", file.path);
                    offences.add(place, mark, "do it, or open an issue and say nothing here");
                }
            }
        }
    }
    offences.none();
}

#[test]
fn no_code_is_commented_out_and_no_comment_is_a_banner() {
    let mut offences = Offences::default();
    for (source, line) in TREE.lines() {
        let place = format_args!("{}:{}", source.path, line.number);
        if is_code(line) {
            offences.add(place, line.comment.trim(), "remove it: git remembers");
        }
        if is_banner(&line.comment) {
            offences.add(place, line.comment.trim(), "let a file or a module divide, not a line");
        }
    }
    offences.none();
}

#[test]
fn no_test_is_ignored() {
    let mut offences = Offences::default();
    for (source, line) in TREE.lines() {
        if line.code.contains("#[ignore") {
            let place = format_args!("{}:{}", source.path, line.number);
            offences.add(place, "this test does not run", "repair it or remove it");
        }
    }
    offences.none();
}

#[test]
fn no_test_sleeps() {
    let mut offences = Offences::default();
    let remedy = "advance the World's clock, pause tokio's time or wait for the event; else name it in `WAITS` in tests/tidy/sources.rs";
    for (source, line) in TREE.lines().filter(|(source, line)| source.is_for_tests(line)) {
        // Paused time passes at once.
        if sleeps(&line.code) && !line.is_paused && !is_listed(&source.path, WAITS) {
            offences.add(format_args!("{}:{}", source.path, line.number), "sleeps", remedy);
        }
    }
    let scripts = TREE.files.iter().filter(|file| file.path.starts_with("tests/"));
    for script in
        scripts.filter(|file| is_written_in_code(&file.path) && !file.path.ends_with(".rs"))
    {
        for (number, line) in (1..).zip(script.text.lines()) {
            let waits = sleeps(line) || line.trim_start().starts_with("sleep ");
            if waits && !is_listed(&script.path, WAITS) {
                offences.add(format_args!("{}:{number}", script.path), "sleeps", remedy);
            }
        }
    }
    offences.none();
}

#[test]
fn a_long_file_has_a_reason() {
    let mut offences = Offences::default();
    for file in TREE.files.iter().filter(|file| is_written_in_code(&file.path)) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX && !is_listed(&file.path, LONG) {
            let remedy = "divide it by what it decides, or name it and its reason in `LONG` in tests/tidy/sources.rs";
            offences.add(&file.path, format_args!("{lines} lines"), remedy);
        }
    }
    offences.none();
}

#[test]
fn no_list_here_names_a_file_that_does_not_need_it() {
    let mut offences = Offences::default();
    for (path, _) in LONG {
        let lines = TREE.file(path).map_or(0, |file| file.text.lines().count());
        if lines <= LINES_MAX {
            offences.add(path, "is not long", "remove it from `LONG`");
        }
    }
    for (path, _) in WAITS {
        if !TREE.file(path).is_some_and(|file| file.text.contains("sleep") || sleeps(&file.text)) {
            offences.add(path, "does not sleep", "remove it from `WAITS`");
        }
    }
    offences.none();
}

fn is_listed(path: &str, places: &[(&str, &str)]) -> bool {
    places.iter().any(|(place, _)| *place == path)
}

fn is_generated(path: &str) -> bool {
    GENERATED.iter().any(|name| path.ends_with(name))
}

fn is_written_in_code(path: &str) -> bool {
    CODE.iter().any(|end| path.ends_with(end))
}

fn sleeps(code: &str) -> bool {
    SLEEPS.iter().any(|call| {
        let name = call.trim_end_matches('(');
        code.contains(call) && has_word(code, name)
    })
}

/// Whether a comment that is not documentation reads as Rust.
fn is_code(line: &Line) -> bool {
    let is_documentation = line.comment.starts_with("///") || line.comment.starts_with("//!");
    let Some(text) = line.comment.strip_prefix("//").filter(|_| !is_documentation) else {
        return false;
    };
    let text = text.trim();
    let begins = ["let ", "use ", "fn ", "pub ", "impl ", "mod ", "#[", "return ", "} else"];
    let ends_a_statement = text.ends_with(';')
        && (text.contains(['=', '(']) || begins.iter().any(|word| text.starts_with(word)));
    let opens_or_closes = text.ends_with('{') || matches!(text, "}" | "};" | "})" | "});" | "),");
    ends_a_statement || opens_or_closes
}

/// Whether a comment draws a line.
fn is_banner(comment: &str) -> bool {
    let text = comment.trim_start_matches(['/', '!']).trim();
    ["---", "===", "***", "~~~", "___"]
        .iter()
        .any(|line| text.starts_with(line) || text.ends_with(line))
        || comment.starts_with("////")
}

#[test]
fn prose_is_not_taken_for_code_or_for_a_banner() {
    let comment = |text: &str| Line { comment: text.to_owned(), ..Line::default() };
    for text in ["// let x = 1;", "// }", "// if a {", "// send(x);"] {
        assert!(is_code(&comment(text)), "{text}");
    }
    for text in ["// It is counted first;", "/// let x = 1;", "// A key {id} names it"] {
        assert!(!is_code(&comment(text)), "{text}");
    }
    assert!(is_banner("// --- the actor"));
    assert!(is_banner("// tests ====="));
    assert!(!is_banner("/// | --- | --- |"));
}
