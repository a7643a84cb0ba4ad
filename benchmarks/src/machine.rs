//! What it was measured on.

use std::path::Path;

use crate::{Failure, cores::Cores};

/// Says what a reader must know to compare: processor, system, cores, and what the data is on.
pub(crate) fn description(cores: Cores, folder: &Path) -> Result<String, Failure> {
    let Cores { server, load } = cores;
    let processor = std::fs::read_to_string("/proc/cpuinfo")?;
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor = processor.map_or("unknown", |name| name.trim_matches([' ', '\t', ':']));
    let system = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let (kind, device) = file_system(folder)?;
    Ok(format!(
        "{processor}, Linux {}; server on core {server}, load on core {load}; data on {kind} ({device})",
        system.trim()
    ))
}

/// Says what the database is, and where it runs.
pub(crate) fn database(program: &Path, cores: Cores) -> String {
    let is_debug = program.components().any(|part| part.as_os_str() == "debug");
    let built = if is_debug { ", built with little optimisation" } else { "" };
    format!(
        "; SurrealDB with surrealkv{built}, one process on core {} together with the load",
        cores.load
    )
}

/// The kind of file system under `folder`, and its device.
fn file_system(folder: &Path) -> Result<(String, String), Failure> {
    let folder = folder.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let on = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, at, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(at).then_some((at.len(), kind.to_owned(), device.to_owned()))
    });
    // A later mount hides an earlier one at the same place.
    let found = on.max_by_key(|(length, ..)| *length);
    let (_, kind, device) = found.ok_or("the data is on no known file system")?;
    Ok((kind, device))
}
