//! The configuration in effect, for a person who asks what it is and where it comes from.

use std::collections::BTreeMap;

use crate::{Config, Origin, schema::known_keys};

impl Config {
    /// The effective configuration as a TOML file that gives the same again, each value with its origin as a comment.
    /// What is not set is a comment, and so are secrets, redacted.
    pub fn print(&self) -> String {
        // A blank line stands between sections only: no text in the configuration may hold a line break.
        let text = toml::to_string(self).unwrap_or_default();
        let sections: Vec<_> =
            text.trim_end().split("\n\n").map(|section| self.print_section(section)).collect();
        sections.join("\n")
    }

    fn print_section(&self, section: &str) -> String {
        let (title, values) = section.split_once('\n').unwrap_or((section, ""));
        let prefix = format!("{}.", title.trim_matches(['[', ']']));
        let mut unset: BTreeMap<_, _> = known_keys()
            .iter()
            .filter_map(|(key, known)| Some((key.strip_prefix(prefix.as_str())?, known.is_secret)))
            .collect();
        let mut printed = format!("{title}\n");
        for line in values.lines() {
            let name = line.split_once(" = ").map_or(line, |(name, _)| name);
            let mark = if unset.remove(name) == Some(true) { "#" } else { "" };
            let origin = self.origin(&format!("{prefix}{name}"));
            printed.push_str(&format!("{mark}{line}  # {origin}\n"));
        }
        for name in unset.keys() {
            printed.push_str(&format!("# {name} is not set\n"));
        }
        printed
    }

    /// Which layer gave the value of `section.key`.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).copied().unwrap_or(Origin::Default)
    }
}
