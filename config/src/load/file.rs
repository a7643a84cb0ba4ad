//! The layer of the configuration file.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use figment::value::{Dict, Value};
use toml::de::DeTable;

use super::{
    Fault, FaultKind, Given, Origin, environment,
    fault::shortened,
    suggest::{nearest, nearest_section},
};
use crate::{
    schema::{Known, known_keys},
    values::REDACTED,
};

/// Ten times a file with every key and its comment.
const SIZE_MAX: u64 = 64 * 1024;

/// What the file gives to known keys.
pub(super) fn read(path: &Path, faults: &mut Vec<Fault>) -> Vec<Given> {
    match contents(path).and_then(|text| parse(&text)) {
        Ok(sections) => sections
            .into_iter()
            .flat_map(|(name, section)| entries(&name, section))
            .filter_map(|entry| entry.map_err(|fault| faults.push(fault)).ok())
            .collect(),
        Err(unreadable) => {
            faults.extend(unreadable.into_iter().map(|Unreadable { found, remedy }| Fault {
                key: path.display().to_string(),
                kind: FaultKind::Unreadable,
                origin: Some(Origin::File),
                found,
                remedy: remedy.into(),
            }));
            Vec::new()
        }
    }
}

/// Why a file gives nothing.
struct Unreadable {
    found: String,
    remedy: &'static str,
}

fn contents(path: &Path) -> Result<String, Vec<Unreadable>> {
    let unreadable = |found: String| {
        vec![Unreadable {
            found,
            remedy: "name a text file of at most 64 KiB that this process may read",
        }]
    };
    let mut text = String::new();
    let read = |text: &mut String| -> io::Result<usize> {
        File::open(path)?.take(SIZE_MAX + 1).read_to_string(text)
    };
    let length = read(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if length as u64 > SIZE_MAX {
        return Err(unreadable("more than 64 KiB".into()));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Dict, Vec<Unreadable>> {
    let (_, mut errors) = DeTable::parse_recoverable(text);
    match toml::from_str::<Dict>(text) {
        Ok(sections) => return Ok(sections),
        Err(error) if errors.is_empty() => errors.push(error),
        Err(_) => (),
    }
    Err(errors
        .iter()
        .map(|error| Unreadable {
            found: described(error, text),
            remedy: "correct the TOML of this line",
        })
        .collect())
}

/// The message and its line; not the text of the line, which may hold a secret.
fn described(error: &toml::de::Error, text: &str) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    format!("line {line}: {}", shortened(error.message()))
}

fn entries(name: &str, section: Value) -> Vec<Result<Given, Fault>> {
    let prefix = format!("{name}.");
    let is_known = known_keys().keys().any(|key| key.starts_with(&prefix));
    match section {
        Value::Dict(_, keys) if is_known => {
            keys.into_iter().map(|(key, value)| entry(format!("{name}.{key}"), value)).collect()
        }
        Value::Dict(..) => {
            let suggestion = nearest_section(name).map(|section| format!("[{section}]"));
            vec![Err(unknown(name.to_owned(), "a section that nothing reads", suggestion))]
        }
        _ if is_known => vec![Err(Fault {
            key: name.to_owned(),
            kind: FaultKind::WrongType,
            origin: Some(Origin::File),
            found: "a value".into(),
            remedy: format!("write a section [{name}] with its keys below"),
        })],
        _ => {
            let suggestion = nearest(name).map(str::to_owned);
            vec![Err(unknown(name.to_owned(), "a value outside every section", suggestion))]
        }
    }
}

fn entry(key: String, value: Value) -> Result<Given, Fault> {
    match known_keys().get(&key) {
        None => {
            let suggestion = nearest(&key).map(str::to_owned);
            Err(unknown(key, "a key that nothing reads", suggestion))
        }
        Some(Known { is_secret: true, .. }) => {
            let variable = environment::variable(&key);
            Err(Fault {
                key,
                kind: FaultKind::SecretInFile,
                origin: Some(Origin::File),
                found: REDACTED.into(),
                remedy: format!(
                    "take it out of the file and give it in the environment as {variable}; replace it if others could \
                     read the file"
                ),
            })
        }
        Some(Known { is_secret: false, .. }) => {
            Ok(Given { key, value, origin: Origin::File, is_secret: false })
        }
    }
}

fn unknown(key: String, found: &str, suggestion: Option<String>) -> Fault {
    Fault {
        key: shortened(&key),
        kind: FaultKind::UnknownKey,
        origin: Some(Origin::File),
        found: found.into(),
        remedy: suggestion.map_or_else(
            || "remove it; `doorward config print` shows every key".into(),
            |suggestion| format!("did you mean {suggestion}?"),
        ),
    }
}
