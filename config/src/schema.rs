//! What the configuration may hold, as a JSON schema for editors and as the list of known keys for the loader. Both
//! come from the section types, so neither can know a key that the other does not.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::{generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Map, Value, json};

use crate::{Config, load::default_layer};

/// The JSON schema of the configuration file, as `schema.json` has it.
pub fn schema() -> String {
    let mut schema = document();
    schema.sort_all_objects();
    format!("{schema:#}\n")
}

/// What the loader must know of a key before it looks at the value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Never shown, and refused in a file.
    pub(crate) is_secret: bool,
    pub(crate) is_reloadable: bool,
    /// Written with commas in the environment.
    pub(crate) is_list: bool,
}

/// Every `section.key`.
pub(crate) fn known_keys() -> &'static BTreeMap<String, Known> {
    static KNOWN: LazyLock<BTreeMap<String, Known>> = LazyLock::new(|| keys_of(&document()));
    &KNOWN
}

fn keys_of(schema: &Value) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    for (section, keys) in properties(schema) {
        for (key, value) in properties(keys) {
            let says = |word: &str| value.get(word) == Some(&json!(true));
            known.insert(
                format!("{section}.{key}"),
                Known {
                    is_secret: says("writeOnly"),
                    is_reloadable: says("x-reloadable"),
                    is_list: value.get("type") == Some(&json!("array")),
                },
            );
        }
    }
    known
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn document() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    describe_file(&mut schema);
    let mut schema = schema.to_value();
    add_defaults(&mut schema);
    schema
}

/// A file may leave out every key, as the defaults have it or it is optional; and TOML has no null.
fn describe_file(schema: &mut schemars::Schema) {
    schema.remove("required");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    transform_subschemas(&mut describe_file, schema);
}

fn add_defaults(schema: &mut Value) {
    let defaults = default_layer().and_then(|defaults| serde_json::to_value(defaults).ok());
    for (section, keys) in defaults.iter().flat_map(as_object) {
        for (key, default) in as_object(keys) {
            let place = format!("/properties/{section}/properties/{key}");
            if let Some(Value::Object(property)) = schema.pointer_mut(&place) {
                property.insert("default".into(), default.clone());
            }
        }
    }
}

fn as_object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
