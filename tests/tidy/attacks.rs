//! docs/attacks.md against the tree: every class of attack has a test, or waits for a feature that does not exist yet.

use std::collections::BTreeSet;

use crate::{
    rust::{Line, Source},
    tree::{Offences, TREE, has_word},
};

const TABLE: &str = "docs/attacks.md";
const ROWS: usize = 51;

/// A row of the table.
struct Row {
    line: usize,
    number: usize,
    class: String,
    tests: Vec<String>,
    waits_for: Vec<String>,
}

/// The whole page.
struct Page {
    rows: Vec<Row>,
    /// Features that a row may no longer wait for.
    exists: BTreeSet<String>,
    /// Features that the page explains.
    explained: BTreeSet<String>,
}

#[test]
fn every_class_has_a_test_or_waits_for_a_feature_that_does_not_exist() {
    let page = page();
    let mut offences = Offences::default();
    for row in &page.rows {
        let place = format!("{TABLE}:{}", row.line);
        if row.tests.is_empty() && row.waits_for.is_empty() {
            offences.add(&place, "neither a test nor a feature", "name one of them");
        }
        for id in &row.waits_for {
            if page.exists.contains(id) {
                let offence = format!("waits for {id}, which exists");
                offences.add(&place, offence, "write the test and name it in this row");
            }
            if !page.explained.contains(id) {
                let remedy = "add it to the table of features at the end of the page";
                offences.add(&place, format!("waits for {id}, which is not explained"), remedy);
            }
        }
    }
    offences.none();
}

#[test]
fn every_class_stands_in_the_table_once_and_in_order() {
    let page = page();
    let mut offences = Offences::default();
    for (expected, row) in (1..).zip(&page.rows) {
        if row.number != expected || row.class.is_empty() {
            let offence = format!("row {} where {expected} belongs, or no class", row.number);
            offences.add(format!("{TABLE}:{}", row.line), offence, "number the rows 1 to 51");
        }
    }
    if page.rows.len() != ROWS {
        offences.add(TABLE, format!("{} rows", page.rows.len()), "the list has 51 classes");
    }
    offences.none();
}

#[test]
fn every_test_that_the_table_names_exists() {
    let mut offences = Offences::default();
    for row in page().rows {
        for test in &row.tests {
            let place = format!("{TABLE}:{}", row.line);
            let Some((path, function)) = test.split_once("::") else {
                offences.add(place, test, "write `path/of/file.rs::name_of_test`");
                continue;
            };
            if !TREE.source(path).is_some_and(|source| has_test(source, function)) {
                offences.add(&place, test, "write this test, or correct its name");
            }
            let own = format!("tests/attacks/a{:02}_", row.number);
            if path.starts_with("tests/attacks/") && !path.starts_with(&own) {
                offences.add(&place, test, "a file of the pack begins with its row's number");
            }
        }
    }
    offences.none();
}

#[test]
fn every_test_of_the_pack_stands_in_the_table() {
    let rows = page().rows;
    let named: BTreeSet<&String> = rows.iter().flat_map(|row| &row.tests).collect();
    let mut offences = Offences::default();
    for source in &TREE.sources {
        let file = source.path.strip_prefix("tests/attacks/a");
        if !file.is_some_and(|file| file.starts_with(|c: char| c.is_ascii_digit())) {
            continue;
        }
        for (line, function) in tests(source) {
            if !named.contains(&format!("{}::{function}", source.path)) {
                let place = format!("{}:{}", source.path, line.number);
                offences.add(place, function, "name it in its row of docs/attacks.md");
            }
        }
    }
    offences.none();
}

fn page() -> Page {
    let file = TREE.file(TABLE).expect("docs/attacks.md exists");
    let mut page = Page { rows: Vec::new(), exists: BTreeSet::new(), explained: BTreeSet::new() };
    for (number, line) in (1..).zip(file.text.lines()) {
        if let Some(ids) = line.strip_prefix("exists: ") {
            page.exists = ids.split_whitespace().map(str::to_owned).collect();
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        match *cells.as_slice() {
            [row, class, tests, waits_for] => {
                page.rows.extend(read_row(number, [row, class, tests, waits_for]))
            }
            [id, _] => {
                page.explained.insert(id.to_owned());
            }
            _ => {}
        }
    }
    page
}

/// Nothing for the head of the table and the line under it.
fn read_row(line: usize, [number, class, tests, waits_for]: [&str; 4]) -> Option<Row> {
    let number = number.parse().ok()?;
    let ids = waits_for.split([',', ' ']).filter(|id| !id.is_empty());
    Some(Row {
        line,
        number,
        class: class.to_owned(),
        // Every second piece stands between backticks.
        tests: tests.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        waits_for: ids.map(str::to_owned).collect(),
    })
}

fn has_test(source: &Source, function: &str) -> bool {
    tests(source).any(|(_, name)| name == function)
}

/// The functions of a file whose attributes make them tests.
fn tests(source: &Source) -> impl Iterator<Item = (&Line, &str)> {
    let mut is_marked = false;
    source.lines.iter().filter_map(move |line| {
        let code = line.code.trim();
        if code.starts_with("#[") {
            is_marked |= has_word(code, "test") && !code.contains("cfg(");
            return None;
        }
        let (before, declaration) = code.split_once("fn ").unwrap_or((code, ""));
        let is_declaration =
            before.is_empty() || before.ends_with("async ") || before.starts_with("pub");
        let is_test = is_marked && !declaration.is_empty() && is_declaration;
        is_marked &= code.is_empty();
        let name = declaration.split(['(', '<']).next()?.trim();
        is_test.then_some((line, name))
    })
}

#[test]
fn a_test_is_found_by_its_attribute() {
    let text = "#[test]\nfn one() {}\nfn two() {}\n/// Three.\n#[tokio::test(start_paused = true)]\nasync fn three() {}\n#[cfg(test)]\nfn four() {}";
    let source = Source::parse("tests/x.rs", text);
    let found: Vec<&str> = tests(&source).map(|(_, name)| name).collect();
    assert_eq!(found, ["one", "three"]);
}
