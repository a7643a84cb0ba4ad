//! A page as a browser's tokenizer reads it: its elements by id, its forms, its words.

use std::collections::BTreeMap;

use html5gum::{Token, Tokenizer};

use super::Answer;

/// The attributes of an element.
pub(crate) type Attributes = BTreeMap<String, String>;

/// A page that a person looks at.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) answer: Answer,
    /// The id of its body: which page it is.
    pub(crate) id: String,
    /// Its words, without the tags.
    pub(crate) words: String,
    elements: Vec<Element>,
}

#[derive(Debug, Clone)]
struct Element {
    name: String,
    attributes: Attributes,
    /// The form that it stands in, by number.
    form: Option<usize>,
}

impl Page {
    pub(crate) fn read(answer: Answer) -> Self {
        let (mut elements, mut words) = (Vec::new(), String::new());
        let (mut forms, mut form) = (0, None);
        for token in Tokenizer::new(&answer.body).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let pairs = tag.attributes.iter();
                    let attributes = pairs.map(|(name, value)| (text(name), text(value))).collect();
                    let name = text(&tag.name);
                    if name == "form" {
                        form = Some(forms);
                        forms += 1;
                    }
                    elements.push(Element { name, attributes, form });
                }
                Token::EndTag(tag) if text(&tag.name) == "form" => form = None,
                Token::String(said) => words.push_str(&text(&said)),
                _ => {}
            }
        }
        let mut page = Self { answer, id: String::new(), words, elements };
        let id = page.all("body").find_map(|body| body.get("id").cloned());
        page.id = id.unwrap_or_default();
        page.words = page.words.replace(['\u{2068}', '\u{2069}'], "");
        page
    }

    /// The elements with this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Attributes> {
        self.elements.iter().filter(move |one| one.name == name).map(|one| &one.attributes)
    }

    /// Every element, in order.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (&str, &Attributes)> {
        self.elements.iter().map(|one| (one.name.as_str(), &one.attributes))
    }

    /// The attributes of the element with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Attributes> {
        self.find(id).map(|element| &element.attributes)
    }

    /// The value of the field with this id.
    pub(crate) fn value(&self, id: &str) -> &str {
        let field = self.by_id(id).unwrap_or_else(|| panic!("no {id} on {}", self.id));
        field.get("value").map_or("", String::as_str)
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let is_it = |field: &&Attributes| field.get("name").is_some_and(|found| found == name);
        let field = self.all("input").find(is_it);
        &field.unwrap_or_else(|| panic!("no {name} on {}", self.id))["value"]
    }

    /// Where the form of a button goes, and its fields as they are sent when it is pressed: `typed` by id.
    pub(super) fn press(&self, button: &str, typed: &[(&str, &str)]) -> (String, Fields) {
        let pressed = self.find(button).unwrap_or_else(|| panic!("no {button} on {}", self.id));
        for (id, _) in typed {
            assert!(self.by_id(id).is_some(), "no field {id} on {}", self.id);
        }
        let of_form = || self.elements.iter().filter(|one| one.form == pressed.form);
        let form = of_form().find(|one| one.name == "form").expect("a form around the button");
        assert_eq!(form.attributes["method"], "post");
        let inputs = of_form().filter(|one| one.name == "input");
        let mut fields: Fields =
            inputs.filter_map(|input| sent(&input.attributes, typed)).collect();
        fields.extend(named(&pressed.attributes));
        (form.attributes["action"].clone(), fields)
    }

    fn find(&self, id: &str) -> Option<&Element> {
        let is_it = |one: &&Element| one.attributes.get("id").is_some_and(|found| found == id);
        self.elements.iter().find(is_it)
    }
}

/// What a form sends.
pub(crate) type Fields = Vec<(String, String)>;

/// What an input sends: what was typed into it, or what stood there.
fn sent(input: &Attributes, typed: &[(&str, &str)]) -> Option<(String, String)> {
    let id = input.get("id").map(String::as_str);
    let written = typed.iter().find(|(field, _)| Some(*field) == id);
    let is_box = input.get("type").is_some_and(|kind| kind == "checkbox");
    match written {
        Some((_, text)) => Some((input.get("name")?.clone(), (*text).to_owned())),
        None if is_box && !input.contains_key("checked") => None,
        None => named(input),
    }
}

fn named(attributes: &Attributes) -> Option<(String, String)> {
    let value = attributes.get("value").cloned().unwrap_or_default();
    Some((attributes.get("name")?.clone(), value))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
