//! The steps of a login as a tree: each with its folder, its file and its microseconds.

use std::{fmt::Write, path::Path};

use crate::collector::Step;

/// Where a path is heard: all requests begin in one place, and go on in a file that is named like them.
fn endpoint(name: &str) -> Option<String> {
    let word = name.strip_prefix("openapi.")?.rsplit('.').next()?;
    let files = ["oidc", "pages", "admin"].map(|group| format!("openapi/src/{group}/{word}.rs"));
    files.into_iter().find(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists())
}

/// One line a step, within the step that it is part of; `steps` in the order in which they began.
pub(crate) fn tell(steps: &[Step]) -> String {
    let mut told = String::new();
    for first in steps.iter().filter(|step| step.parent.is_empty()) {
        let said = |name| first.attribute(name).unwrap_or_default();
        let _ = writeln!(told, "\n{} {}", said("http.request.method"), said("http.route"));
        tell_within(first, steps, 1, &mut told);
    }
    told
}

fn tell_within(step: &Step, steps: &[Step], depth: usize, told: &mut String) {
    let (folder, _) = step.name.split_once('.').unwrap_or((&step.name, ""));
    let file = endpoint(&step.name)
        .unwrap_or_else(|| step.attribute("code.file.path").unwrap_or(folder).to_owned());
    let micros = (step.ended_at_nanos - step.began_at_nanos) / 1_000;
    let name = format!("{}{}", "  ".repeat(depth), step.name);
    let _ = writeln!(told, "{name:<44} {file:<38} {micros:>8} us");
    for part in steps.iter().filter(|part| part.parent == step.id) {
        tell_within(part, steps, depth + 1, told);
    }
}
