//! What of a released API a client could rely on, and whether it still can: `v1` only grows (DESIGN 8).
//!
//! A request that was good stays good, and an answer still has what it had. Whatever is added breaks nobody.

use std::collections::BTreeSet;

use serde_json::Value;

/// Schemas within schemas, beyond which nothing is compared: some name themselves.
const DEPTH_MAX: usize = 16;

/// Two documents, and what was found.
struct Comparison<'a> {
    released: &'a Value,
    present: &'a Value,
    broken: Vec<String>,
}

/// Who writes a value, and so what of it may change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WrittenBy {
    Client,
    Provider,
}

/// Everything that a client of the released document could do or find, and cannot any more.
pub(crate) fn broken(released: &Value, present: &Value) -> Vec<String> {
    let mut comparison = Comparison { released, present, broken: Vec::new() };
    for (path, item) in members(&released["paths"]) {
        for (method, operation) in members(item) {
            let place = format!("{} {path}", method.to_uppercase());
            match &present["paths"][path][method] {
                Value::Null => comparison.add(&place, "is gone"),
                now => comparison.operation(&place, operation, now),
            }
        }
    }
    comparison.broken
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> BTreeSet<&str> {
    items(value).filter_map(Value::as_str).collect()
}

impl<'a> Comparison<'a> {
    fn add(&mut self, place: &str, what: &str) {
        self.broken.push(format!("{place} {what}"));
    }

    fn operation(&mut self, place: &str, was: &'a Value, now: &'a Value) {
        if was["x-permission"] != now["x-permission"] {
            self.add(place, "needs another permission");
        }
        self.parameters(place, was, now);
        self.request(&format!("{place}: the body"), &was["requestBody"], &now["requestBody"]);
        for (status, answer) in members(&was["responses"]) {
            let place = format!("{place}: {status}");
            match &now["responses"][status] {
                Value::Null => self.add(&place, "is gone"),
                now => self.answer(&place, answer, now),
            }
        }
    }

    fn parameters(&mut self, place: &str, was: &'a Value, now: &'a Value) {
        let find = |operation: &'a Value, one: &Value| {
            items(&operation["parameters"])
                .find(|other| (&other["in"], &other["name"]) == (&one["in"], &one["name"]))
        };
        for parameter in items(&was["parameters"]) {
            let place = format!("{place}: {}", parameter["name"].as_str().unwrap_or_default());
            match find(now, parameter) {
                None => self.add(&place, "is gone"),
                Some(other) => {
                    let schemas = (&parameter["schema"], &other["schema"]);
                    self.schema(&place, schemas, WrittenBy::Client, 0);
                }
            }
        }
        for parameter in items(&now["parameters"]).filter(|one| one["required"] == true) {
            let before = find(was, parameter);
            if before.is_none_or(|before| before["required"] != true) {
                let name = parameter["name"].as_str().unwrap_or_default();
                self.add(&format!("{place}: {name}"), "is required now");
            }
        }
    }

    fn request(&mut self, place: &str, was: &'a Value, now: &'a Value) {
        if now["required"] == true && was["required"] != true {
            self.add(place, "is required now");
        }
        self.contents(place, (&was["content"], &now["content"]), WrittenBy::Client);
    }

    fn answer(&mut self, place: &str, was: &'a Value, now: &'a Value) {
        self.contents(place, (&was["content"], &now["content"]), WrittenBy::Provider);
        for (header, _) in members(&was["headers"]) {
            if now["headers"][header].is_null() {
                self.add(&format!("{place}: {header}"), "is gone");
            }
        }
    }

    fn contents(&mut self, place: &str, (was, now): (&'a Value, &'a Value), by: WrittenBy) {
        for (media_type, content) in members(was) {
            let place = format!("{place} as {media_type}");
            match &now[media_type] {
                Value::Null => self.add(&place, "is gone"),
                now => self.schema(&place, (&content["schema"], &now["schema"]), by, 0),
            }
        }
    }

    fn schema(
        &mut self,
        place: &str,
        (was, now): (&'a Value, &'a Value),
        by: WrittenBy,
        depth: usize,
    ) {
        if depth > DEPTH_MAX {
            return;
        }
        let (was, now) = (Schema::of(self.released, was), Schema::of(self.present, now));
        if was.types != now.types && !was.types.is_empty() {
            self.add(place, "is of another type");
        }
        self.words(place, (&was, &now), by);
        for (name, property) in &was.properties {
            let place = format!("{place}.{name}");
            match now.properties.iter().find(|(other, _)| other == name) {
                None => self.add(&place, "is gone"),
                Some((_, other)) => self.schema(&place, (property, other), by, depth + 1),
            }
        }
        let (fewer, more, what) = match by {
            WrittenBy::Client => (&was.required, &now.required, "is required now"),
            WrittenBy::Provider => (&now.required, &was.required, "may be missing now"),
        };
        for name in more.difference(fewer) {
            let is_gone = !now.properties.iter().any(|(other, _)| other == name);
            if !is_gone {
                self.add(&format!("{place}.{name}"), what);
            }
        }
        if let (Some(was), Some(now)) = (was.items, now.items) {
            self.schema(&format!("{place}[]"), (was, now), by, depth + 1);
        }
    }

    /// A word that a client may write must stay one. One that the provider may write and did not before breaks nobody
    /// who expects that the API grows.
    fn words(&mut self, place: &str, (was, now): (&Schema<'a>, &Schema<'a>), by: WrittenBy) {
        if by == WrittenBy::Client && !now.words.is_empty() {
            if was.words.is_empty() {
                self.add(place, "takes only some words now");
            }
            for word in was.words.iter().filter(|word| !now.words.contains(word)) {
                self.add(place, &format!("does not take {word} any more"));
            }
        }
        for bound in if by == WrittenBy::Client { &BOUNDS[..] } else { &[] } {
            if bound.is_narrower(was, now) {
                self.add(place, &format!("has a narrower {}", bound.0));
            }
        }
    }
}

/// A bound of what is taken, and whether less is narrower.
struct Bound(&'static str, bool);

const BOUNDS: [Bound; 6] = [
    Bound("maximum", true),
    Bound("maxLength", true),
    Bound("maxItems", true),
    Bound("minimum", false),
    Bound("minLength", false),
    Bound("minItems", false),
];

impl Bound {
    fn is_narrower(&self, was: &Schema<'_>, now: &Schema<'_>) -> bool {
        let read = |schema: &Schema<'_>| {
            schema.bounds.iter().find(|(name, _)| *name == self.0).map(|(_, value)| *value)
        };
        match (read(was), read(now)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(was), Some(now)) => {
                if self.1 {
                    now < was
                } else {
                    now > was
                }
            }
        }
    }
}

/// A schema with all that it refers to and consists of.
#[derive(Default)]
struct Schema<'a> {
    types: BTreeSet<&'a str>,
    words: Vec<&'a Value>,
    properties: Vec<(&'a String, &'a Value)>,
    required: BTreeSet<&'a str>,
    items: Option<&'a Value>,
    bounds: Vec<(&'a String, f64)>,
}

impl<'a> Schema<'a> {
    fn of(document: &'a Value, value: &'a Value) -> Self {
        let mut schema = Self::default();
        schema.take(document, value, 0);
        schema
    }

    fn take(&mut self, document: &'a Value, value: &'a Value, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        if let Some(pointer) = value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
            self.take(document, document.pointer(pointer).unwrap_or(&Value::Null), depth + 1);
        }
        for part in items(&value["allOf"]) {
            self.take(document, part, depth + 1);
        }
        self.types.extend(value["type"].as_str());
        self.words.extend(items(&value["enum"]));
        self.properties.extend(members(&value["properties"]));
        self.required.extend(texts(&value["required"]));
        self.items = value.get("items").or(self.items);
        let bounds = members(value).filter(|(name, _)| name.starts_with("m"));
        self.bounds.extend(bounds.filter_map(|(name, bound)| Some((name, bound.as_f64()?))));
    }
}
