//! Takes a Rust file apart into code, strings and comments, and finds what of it is only for tests.

use std::{iter::Peekable, path::Path, str::Chars};

/// A Rust file, line by line.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
    /// The whole file is only for tests.
    pub(crate) is_test: bool,
}

/// One line, taken apart.
#[derive(Default)]
pub(crate) struct Line {
    /// Counted from one.
    pub(crate) number: usize,
    /// Without comments and without what stands in strings.
    pub(crate) code: String,
    /// What stands in strings.
    pub(crate) strings: String,
    /// What stands in comments, with their slashes.
    pub(crate) comment: String,
    /// Within an item under `#[cfg(test)]`.
    pub(crate) is_test: bool,
    /// Within a test whose time stands still but for its own waits.
    pub(crate) is_paused: bool,
}

const FOR_TESTS: [&str; 3] = ["#[cfg(test)", "#[cfg(all(test", "#[cfg(any(test"];

impl Source {
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut lines = Lexer::new(text).lines();
        mark(&mut lines, &FOR_TESTS, |line| line.is_test = true);
        mark(&mut lines, &["start_paused = true"], |line| line.is_paused = true);
        let is_test = path.split('/').any(|folder| folder == "tests")
            || lines.iter().any(|line| line.code.contains("#![cfg(test)]"));
        Self { path: path.to_owned(), lines, is_test }
    }

    /// Whether this line is compiled for tests only.
    pub(crate) fn is_for_tests(&self, line: &Line) -> bool {
        self.is_test || line.is_test
    }

    /// Where the modules stand that are declared here by `#[cfg(test)] mod name;`.
    pub(crate) fn modules_of_tests(&self) -> Vec<String> {
        let path = Path::new(&self.path);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = match stem {
            "lib" | "main" | "mod" => path.with_file_name(""),
            _ => path.with_extension(""),
        };
        let declared = self.lines.iter().filter(|line| line.is_test).filter_map(|line| {
            let (_, declaration) = line.code.split_once("mod ")?;
            declaration.trim_end().strip_suffix(';')
        });
        declared
            .flat_map(|name| [format!("{name}.rs"), format!("{name}/mod.rs")])
            .map(|file| folder.join(file).to_string_lossy().into_owned())
            .collect()
    }
}

/// Marks each item with one of these attributes, from the attribute to the closing brace or semicolon.
fn mark(lines: &mut [Line], attributes: &[&str], with: impl Fn(&mut Line)) {
    let mut depth = None;
    for line in lines {
        let is_attribute = attributes.iter().any(|attribute| line.code.contains(attribute));
        if is_attribute && depth.is_none() {
            depth = Some(0_usize);
        }
        let Some(mut open) = depth else { continue };
        with(line);
        for c in line.code.chars() {
            match c {
                '{' => open += 1,
                '}' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        let ends = open == 0 && line.code.trim_end().ends_with(['}', ';']);
        depth = (!ends).then_some(open);
    }
}

/// What the lexer stands in.
#[derive(Clone, Copy)]
enum Within {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    within: Within,
    done: Vec<Line>,
    line: Line,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        let line = Line { number: 1, ..Line::default() };
        Self { rest: text.chars().peekable(), within: Within::Code, done: Vec::new(), line }
    }

    fn lines(mut self) -> Vec<Line> {
        while let Some(c) = self.rest.next() {
            if c == '\n' {
                self.end_line();
                continue;
            }
            match self.within {
                Within::Code => self.code(c),
                Within::LineComment => self.line.comment.push(c),
                Within::BlockComment { depth } => self.block_comment(c, depth),
                Within::Text => self.text(c),
                Within::RawText { hashes } => self.raw_text(c, hashes),
            }
        }
        self.done.push(self.line);
        self.done
    }

    fn end_line(&mut self) {
        if matches!(self.within, Within::LineComment) {
            self.within = Within::Code;
        }
        let next = Line { number: self.line.number + 1, ..Line::default() };
        self.done.push(std::mem::replace(&mut self.line, next));
    }

    fn code(&mut self, c: char) {
        match (c, self.rest.peek()) {
            ('/', Some('/')) => {
                self.within = Within::LineComment;
                self.line.comment.push(c);
            }
            ('/', Some('*')) => {
                self.rest.next();
                self.within = Within::BlockComment { depth: 1 };
            }
            ('"', _) => self.open_text(),
            ('\'', _) => self.character(),
            _ => self.line.code.push(c),
        }
    }

    /// A string begins; what stands before the quote tells whether it is a raw one.
    fn open_text(&mut self) {
        let before = self.line.code.trim_end_matches('#');
        let hashes = self.line.code.len() - before.len();
        let name_at =
            before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let is_raw = matches!(before.get(name_at..), Some("r" | "br" | "cr"));
        self.within = if is_raw { Within::RawText { hashes } } else { Within::Text };
        self.line.code.push('"');
    }

    /// A lifetime, or a character, which may itself be a quote.
    fn character(&mut self) {
        self.line.code.push('\'');
        let mut ahead = self.rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('\\'), _) => {
                self.rest.nth(1);
                while self.rest.next_if(|c| *c != '\'').is_some() {}
                self.rest.next();
            }
            (Some(_), Some('\'')) => {
                self.rest.nth(1);
            }
            _ => {}
        }
    }

    fn block_comment(&mut self, c: char, depth: usize) {
        let depth = match (c, self.rest.peek()) {
            ('/', Some('*')) => depth + 1,
            ('*', Some('/')) => depth - 1,
            _ => return self.line.comment.push(c),
        };
        self.rest.next();
        self.within = if depth == 0 { Within::Code } else { Within::BlockComment { depth } };
    }

    fn text(&mut self, c: char) {
        match c {
            '"' => self.close_text(),
            '\\' => {
                // A line that ends in a backslash still has to be counted.
                if let Some(escaped) = self.rest.next_if(|c| *c != '\n') {
                    self.line.strings.push(escaped);
                }
            }
            _ => self.line.strings.push(c),
        }
    }

    fn raw_text(&mut self, c: char, hashes: usize) {
        let closes =
            c == '"' && self.rest.clone().take(hashes).filter(|c| *c == '#').count() == hashes;
        if closes {
            self.close_text();
        } else {
            self.line.strings.push(c);
        }
    }

    fn close_text(&mut self) {
        self.within = Within::Code;
        self.line.code.push('"');
        self.line.strings.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Source};

    fn lines(text: &str) -> Vec<Line> {
        Source::parse("src/x.rs", text).lines
    }

    #[test]
    fn code_strings_and_comments_are_told_apart() {
        let lines = lines(
            "let a = \"x // \\\" y\"; // note \"z\"\nlet b = r#\"p\"q\"#; /* one /* two */ */ f('\"', 'a);",
        );
        assert_eq!(lines[0].code, "let a = \"\"; ");
        assert_eq!(lines[0].strings, "x // \" y ");
        assert_eq!(lines[0].comment, "// note \"z\"");
        assert_eq!(lines[1].code, "let b = r#\"\"#;  f(', 'a);");
        assert_eq!(lines[1].strings, "p\"q ");
    }

    #[test]
    fn what_stands_under_cfg_test_is_for_tests_and_nothing_after_it() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}";
        let source = Source::parse("src/x.rs", text);
        let marked: Vec<bool> = source.lines.iter().map(|line| line.is_test).collect();
        assert_eq!(marked, [false, true, true, true, true, false, true, true, false]);
        assert_eq!(source.modules_of_tests(), ["src/x/d.rs", "src/x/d/mod.rs"]);
    }
}
