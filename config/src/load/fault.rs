//! What is wrong with a configuration, and how it is told.

use std::fmt;

use figment::value::Value;

use crate::values::REDACTED;

/// Which layer a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `default.toml`.
    Default,
    /// The configuration file.
    File,
    /// A variable `DOORWARD_SECTION__KEY`.
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        })
    }
}

/// In which way a configuration is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// A layer, or a part of it, could not be read.
    #[error("cannot be read")]
    Unreadable,
    /// There is no such key.
    #[error("unknown key")]
    UnknownKey,
    /// The value is of another type.
    #[error("wrong type")]
    WrongType,
    /// The value is outside its limits.
    #[error("not allowed")]
    NotAllowed,
    /// A secret stands where it can be copied.
    #[error("a secret in a file")]
    SecretInFile,
    /// Values that exclude one another.
    #[error("conflict")]
    Conflict,
    /// A key without which this command cannot run.
    #[error("missing")]
    Missing,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}{}: {kind}\n  found:  {found}\n  remedy: {remedy}", place(*origin))]
pub struct Fault {
    /// `section.key`, the name of a variable that is no key, or the path of a file.
    pub key: String,
    /// In which way it is wrong.
    pub kind: FaultKind,
    /// The layer it stands in; `None` when it is about several keys, or about one that is missing.
    pub origin: Option<Origin>,
    /// What stands there; never a secret, and never the value of an unknown key, as that may be a misspelt secret.
    pub found: String,
    /// What to do about it.
    pub remedy: String,
}

fn place(origin: Option<Origin>) -> String {
    origin.map(|origin| format!(" ({origin})")).unwrap_or_default()
}

impl Fault {
    /// The fault of a build whose own defaults do not fit its own types.
    pub(super) fn of_defaults(error: &str) -> Self {
        Self {
            key: "default.toml".into(),
            kind: FaultKind::Unreadable,
            origin: Some(Origin::Default),
            found: error.into(),
            remedy: "this program was built wrongly: use another build".into(),
        }
    }
}

/// Every fault of a configuration; at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", blocks(.0))]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) const fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// The faults: what could not be read or is unknown, then single values, then what is missing or in conflict.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.0.iter()
    }
}

fn blocks(faults: &[Fault]) -> String {
    let count = match faults.len() {
        1 => "1 fault in the configuration".to_owned(),
        count => format!("{count} faults in the configuration"),
    };
    let blocks = faults.iter().map(Fault::to_string);
    std::iter::once(count).chain(blocks).collect::<Vec<_>>().join("\n\n")
}

/// A value as a fault shows it: one line, not long, and no secret.
pub(super) fn shown(value: &Value, is_secret: bool) -> String {
    if is_secret {
        return REDACTED.to_owned();
    }
    let text =
        toml::Value::try_from(value).map_or_else(|_| "nothing".to_owned(), |v| v.to_string());
    shortened(&text)
}

/// One line of at most 120 characters.
pub(super) fn shortened(text: &str) -> String {
    const LENGTH_MAX: usize = 120;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
