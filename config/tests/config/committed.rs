//! The committed `default.toml` and `schema.json` say what the types say.

use std::collections::{BTreeMap, BTreeSet};

use config::{reloadable_keys, schema};
use serde_json::Value;

const DEFAULT_TOML: &str = include_str!("../../default.toml");
const SCHEMA_JSON: &str = include_str!("../../schema.json");

/// `default.toml` with the keys that have no default, each with the example that stands there.
pub(crate) fn with_examples() -> String {
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(key) if key.contains(" = ") && !key.starts_with(' ') => key,
        _ => line,
    };
    DEFAULT_TOML.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Every `section.key` of the schema with what the schema says of it.
pub(crate) fn schema_keys() -> BTreeMap<String, Value> {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let properties = |value: &Value| value["properties"].as_object().unwrap().clone();
    let keys = |(section, value): (String, Value)| {
        properties(&value).into_iter().map(move |(key, value)| (format!("{section}.{key}"), value))
    };
    properties(&schema).into_iter().flat_map(keys).collect()
}

/// Every `section.key` of a TOML text with its value.
fn toml_keys(text: &str) -> BTreeMap<String, Value> {
    let table: BTreeMap<String, BTreeMap<String, Value>> = toml::from_str(text).unwrap();
    let keys = |(section, keys): (String, BTreeMap<String, Value>)| {
        keys.into_iter().map(move |(key, value)| (format!("{section}.{key}"), value))
    };
    table.into_iter().flat_map(keys).collect()
}

#[test]
fn schema_json_is_what_the_types_say() {
    assert!(SCHEMA_JSON == schema(), "run `doorward config schema > config/schema.json`");
}

#[test]
fn default_toml_has_every_key_and_no_other() {
    let written: BTreeSet<_> = toml_keys(&with_examples()).into_keys().collect();
    let known: BTreeSet<_> = schema_keys().into_keys().collect();
    assert_eq!(written, known);
}

#[test]
fn the_schema_states_the_defaults_of_default_toml_and_no_others() {
    let mut stated = schema_keys();
    stated.retain(|_, value| value.get("default").is_some());
    let stated: BTreeMap<_, _> =
        stated.into_iter().map(|(key, value)| (key, value["default"].clone())).collect();
    assert_eq!(stated, toml_keys(DEFAULT_TOML));
}

/// What only the environment may give stays a comment.
pub(crate) fn without_secrets(file: &str) -> String {
    file.replace("\nvalue = ", "\n#value = ").replace("\npassword = ", "\n#password = ")
}

#[test]
fn the_examples_in_default_toml_are_allowed() {
    let file = with_examples();
    crate::load(&without_secrets(&file), &[]).unwrap();
}

#[test]
fn every_key_of_default_toml_has_one_line_of_why() {
    let text = with_examples();
    let lines: Vec<_> = text.lines().collect();
    let mut keys = 0;
    for pair in lines.windows(2) {
        let [above, line] = pair else { continue };
        if line.contains(" = ") && !line.starts_with('#') {
            keys += 1;
            assert!(above.starts_with("# ") && above.ends_with('.'), "no why above: {line}");
        }
    }
    assert_eq!(keys, schema_keys().len());
}

#[test]
fn what_sighup_reloads_is_said_alike_by_code_schema_and_defaults() {
    let reloadable: BTreeSet<_> = reloadable_keys().into_iter().map(str::to_owned).collect();
    let mut described = schema_keys();
    described.retain(|_, value| value["description"].as_str().unwrap().contains("SIGHUP"));
    assert_eq!(described.into_keys().collect::<BTreeSet<_>>(), reloadable);

    let text = with_examples();
    let lines: Vec<_> = text.lines().collect();
    let mut section = "";
    let mut commented = BTreeSet::new();
    for pair in lines.windows(2) {
        let [above, line] = pair else { continue };
        section = line.strip_prefix('[').map_or(section, |name| name.trim_end_matches(']'));
        if let Some((key, _)) = line.split_once(" = ").filter(|_| above.contains("(SIGHUP")) {
            commented.insert(format!("{section}.{key}"));
        }
    }
    assert_eq!(commented, reloadable);
}
