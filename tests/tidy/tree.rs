//! The files of the tree as git sees them, and the list of what is wrong with them.

use std::{collections::BTreeSet, fmt::Display, fs, path::Path, process::Command, sync::LazyLock};

use crate::rust::{Line, Source};

/// Where the tree stands.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every text file that is tracked, or would be with the next `git add`.
pub(crate) static TREE: LazyLock<Tree> = LazyLock::new(Tree::read);

/// The text files, and those in Rust once more, taken apart.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    pub(crate) sources: Vec<Source>,
}

/// A text file; its path is relative to the root.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    fn read() -> Self {
        let files: Vec<File> = paths().into_iter().filter_map(File::read).collect();
        let mut sources: Vec<Source> = files
            .iter()
            .filter(|file| file.path.ends_with(".rs"))
            .map(|file| Source::parse(&file.path, &file.text))
            .collect();
        let of_tests: BTreeSet<String> =
            sources.iter().flat_map(Source::modules_of_tests).collect();
        for source in &mut sources {
            if of_tests.contains(&source.path) {
                source.is_test = true;
            }
        }
        Self { files, sources }
    }

    /// The file at this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust file at this path.
    pub(crate) fn source(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }

    /// Every line of Rust with its file.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&Source, &Line)> {
        self.sources.iter().flat_map(|source| source.lines.iter().map(move |line| (source, line)))
    }
}

impl File {
    /// Nothing when the file is gone from the disk, is a link, or is not text.
    fn read(path: String) -> Option<Self> {
        let place = Path::new(ROOT).join(&path);
        if !place.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let text = String::from_utf8(fs::read(place).ok()?).ok()?;
        Some(Self { path, text })
    }
}

fn paths() -> Vec<String> {
    // A container's clone often belongs to another user, which git refuses without this.
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "-C", ROOT])
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .expect("git is installed");
    assert!(listed.status.success(), "tidy asks git for the files: {listed:?}");
    let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    listed.split_terminator('\0').map(str::to_owned).collect()
}

/// What is wrong with the tree.
#[derive(Default)]
pub(crate) struct Offences(Vec<String>);

impl Offences {
    pub(crate) fn add(&mut self, place: impl Display, offence: impl Display, remedy: &str) {
        self.0.push(format!("{place}: {offence}\n    {remedy}"));
    }

    /// Fails with all of them, if there are any.
    pub(crate) fn none(self) {
        let Self(offences) = self;
        if !offences.is_empty() {
            panic!("{} offences\n\n{}\n", offences.len(), offences.join("\n"));
        }
    }
}

/// Whether `word` stands in `text` between characters that no identifier holds.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
