//! The layer of the environment: `DOORWARD_SECTION__KEY`, two underscores between section and key.

use std::{collections::BTreeMap, ffi::OsString};

use figment::value::Value;

use super::{Fault, FaultKind, Given, Origin, suggest::nearest};
use crate::schema::known_keys;

const PREFIX: &str = "DOORWARD_";

/// The variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replacen('.', "__", 1).to_ascii_uppercase())
}

/// What the environment gives to known keys, in the order of their names.
pub(super) fn read<K: Into<OsString>, V: Into<OsString>>(
    environment: impl IntoIterator<Item = (K, V)>,
    faults: &mut Vec<Fault>,
) -> Vec<Given> {
    let ours: BTreeMap<String, OsString> = environment
        .into_iter()
        .map(|(name, value)| (name.into().to_string_lossy().into_owned(), value.into()))
        .filter(|(name, value)| name.starts_with(PREFIX) && !is_service_link(name, value))
        .collect();
    let mut given = Vec::new();
    for (name, value) in ours {
        match entry(&name, value) {
            Ok(entry) => given.push(entry),
            Err(fault) => faults.push(fault),
        }
    }
    given
}

fn entry(name: &str, value: OsString) -> Result<Given, Fault> {
    let Some((key, known)) = known_keys().iter().find(|(key, _)| variable(key) == name) else {
        return Err(unknown(name));
    };
    let Ok(text) = value.into_string() else {
        return Err(Fault {
            key: key.clone(),
            kind: FaultKind::WrongType,
            origin: Some(Origin::Environment),
            found: "bytes that are not UTF-8".into(),
            remedy: format!("give {name} a text in UTF-8"),
        });
    };
    let value = if known.is_list { list(&text) } else { Value::from(text) };
    Ok(Given { key: key.clone(), value, origin: Origin::Environment, is_secret: known.is_secret })
}

/// Nothing at all is an empty list; an empty element is left to the type of the key to refuse.
fn list(text: &str) -> Value {
    if text.is_empty() {
        Value::from(Vec::<Value>::new())
    } else {
        Value::from(text.split(',').map(str::trim).collect::<Vec<_>>())
    }
}

fn unknown(name: &str) -> Fault {
    let meant =
        name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase().replacen("__", ".", 1);
    let remedy = nearest(&meant).map_or_else(
        || {
            "unset it; `doorward config print` shows every key, each DOORWARD_SECTION__KEY here"
                .into()
        },
        |key| format!("did you mean {}?", variable(key)),
    );
    Fault {
        key: name.to_owned(),
        kind: FaultKind::UnknownKey,
        origin: Some(Origin::Environment),
        found: "a variable that nothing reads".into(),
        remedy,
    }
}

/// Whether Kubernetes set the variable for a service named `doorward` or `doorward-…`: it describes the service to
/// every pod beside it, ours included, and nobody asked for it.
fn is_service_link(name: &str, value: &OsString) -> bool {
    let is_address = value.to_str().is_some_and(|value| value.contains("://"));
    let port = name.split_once("_PORT_").map(|(_, rest)| rest);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    !name.contains("__")
        && (name.ends_with("_SERVICE_HOST")
            || name.ends_with("_SERVICE_PORT")
            || name.contains("_SERVICE_PORT_")
            || (name.ends_with("_PORT") && is_address)
            || port.is_some_and(|rest| {
                rest.split_once('_').is_some_and(|(number, _)| is_number(number))
            }))
}
