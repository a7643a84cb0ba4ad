//! A page as a browser's tokenizer reads it.

use std::collections::BTreeMap;

use html5gum::{Token, Tokenizer};

/// Elements that have no end tag, and those of SVG that are written closed.
const CHILDLESS: [&str; 7] = ["meta", "link", "input", "img", "br", "path", "circle"];

/// A page taken apart.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) tags: Vec<Tag>,
    /// The text between tags, each with the innermost element it stands in.
    pub(crate) texts: Vec<(String, String)>,
    /// What a strict reader complains about.
    pub(crate) faults: Vec<String>,
}

/// A start tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// All text inside, up to its end tag.
    pub(crate) text: String,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

impl Page {
    pub(crate) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<usize> = Vec::new();
        for token in Tokenizer::new(html).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    if !CHILDLESS.contains(&name.as_str()) {
                        open.push(page.tags.len());
                    }
                    let pairs = tag.attributes.iter();
                    let attributes = pairs.map(|(name, value)| (text(name), text(value)));
                    let attributes = attributes.collect();
                    page.tags.push(Tag { name, attributes, text: String::new() });
                }
                Token::EndTag(tag) => {
                    let name = text(&tag.name);
                    let opened = open.pop().map(|index| page.tags[index].name.clone());
                    if opened.as_deref() != Some(name.as_str()) {
                        page.faults.push(format!("</{name}> ends {opened:?}"));
                    }
                }
                Token::String(words) => page.put(&open, &text(&words)),
                Token::Comment(comment) => page.faults.push(format!("comment {comment:?}")),
                Token::Error(fault) => page.faults.push(format!("{fault:?}")),
                Token::Doctype(_) => {}
            }
        }
        page.faults
            .extend(open.iter().map(|index| format!("{} stays open", page.tags[*index].name)));
        page
    }

    fn put(&mut self, open: &[usize], words: &str) {
        for index in open {
            self.tags[*index].text.push_str(words);
        }
        let inside = open.last().map(|index| self.tags[*index].name.clone());
        self.texts.push((inside.unwrap_or_default(), words.to_owned()));
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.attribute("id") == Some(id))
    }

    /// Tags and the names of their attributes: what a page is made of, without what it says.
    pub(crate) fn skeleton(&self) -> Vec<(&str, Vec<&str>)> {
        self.tags
            .iter()
            .map(|tag| (tag.name.as_str(), tag.attributes.keys().map(String::as_str).collect()))
            .collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
