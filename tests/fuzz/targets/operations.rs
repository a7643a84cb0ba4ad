//! Every operation of the API, asked by an operator who may do all, with the examples of the document changed at random:
//! whatever comes, nothing is answered by a 5xx.

#![no_main]

use std::{cell::RefCell, sync::LazyLock};

use arbitrary::Arbitrary;
use doorward_fuzz::World;
use libfuzzer_sys::fuzz_target;
use poem::http::{Method, header};
use serde_json::Value;

/// Ids that answers have told of.
const KNOWN_MAX: usize = 64;

static OPERATIONS: LazyLock<Vec<Operation>> =
    LazyLock::new(|| read(include_str!("../../../openapi/openapi.json")));

struct Operation {
    method: Method,
    path: String,
    body: Option<Value>,
}

#[derive(Debug, Arbitrary)]
struct Asked<'a> {
    operation: u8,
    segments: [Segment<'a>; 2],
    query: &'a str,
    changes: Vec<Change<'a>>,
    /// Whether it says which state it was decided upon, where there is one.
    matches: bool,
    idempotency_key: Option<&'a str>,
}

#[derive(Debug, Arbitrary)]
enum Segment<'a> {
    Known(u8),
    Text(&'a str),
}

#[derive(Debug, Arbitrary)]
struct Change<'a> {
    place: u8,
    becomes: Becomes<'a>,
}

#[derive(Debug, Arbitrary)]
enum Becomes<'a> {
    Text(&'a str),
    Known(u8),
    Number(i64),
    Fraction(f64),
    Null,
    True,
    Empty,
    Repeated(u8),
}

fuzz_target!(|asked: Asked<'_>| {
    thread_local! {
        static KNOWN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| doorward_fuzz::with(|world| ask(world, &asked, known)));
});

fn ask(world: &mut World, asked: &Asked<'_>, known: &mut Vec<String>) {
    let operation = &OPERATIONS[usize::from(asked.operation) % OPERATIONS.len()];
    let mut path = operation.path.clone();
    for segment in &asked.segments {
        let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) else { break };
        path.replace_range(begin..=end, &text(segment, known));
    }
    let mut body = operation.body.clone();
    for Change { place, becomes } in asked.changes.iter().take(8) {
        let Some(body) = &mut body else { break };
        let mut places = Vec::new();
        list(body, String::new(), &mut places);
        let place = &places[usize::from(*place) % places.len()];
        if let Some(value) = body.pointer_mut(place) {
            change(value, becomes, known);
        }
    }
    let etag = match operation.method {
        Method::GET | Method::POST => None,
        _ => world
            .answer(world.operator(Method::GET, &path).finish())
            .header(header::ETAG)
            .map(str::to_owned),
    };
    let query = encoded(asked.query);
    let mut request = world.operator(operation.method.clone(), &format!("{path}?{query}"));
    if let Some(etag) = etag.filter(|_| asked.matches) {
        request = request.header(header::IF_MATCH, etag);
    }
    if let Some(key) =
        asked.idempotency_key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        request = request.header("idempotency-key", key);
    }
    let request = match &body {
        Some(body) => request.content_type("application/json").body(body.to_string()),
        None => request.finish(),
    };
    let response = world.answer(request);
    let status = response.status();
    // A stream has no end.
    if operation.path.ends_with("/stream") && status.is_success() {
        return;
    }
    let answer = world.body(response);
    assert!(!status.is_server_error(), "{status} {} {path}: {answer}", operation.method);
    if status.is_success() {
        let is_id = |text: &&str| {
            text.len() > 20 && text.split_once('_').is_some_and(|(kind, _)| kind.len() <= 3)
        };
        known.extend(answer.split('"').filter(is_id).map(str::to_owned));
        known.drain(..known.len().saturating_sub(KNOWN_MAX));
    }
}

fn text(segment: &Segment<'_>, known: &[String]) -> String {
    match segment {
        Segment::Known(number) if !known.is_empty() => {
            known[usize::from(*number) % known.len()].clone()
        }
        Segment::Known(_) => "cli_0".to_owned(),
        Segment::Text(text) => encoded(text),
    }
}

/// Percent-encoded where it would be no address, so that every character arrives.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.~=&:".contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The JSON pointers of everything in `value`.
fn list(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                list(
                    member,
                    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    places,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list(item, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}

fn change(value: &mut Value, becomes: &Becomes<'_>, known: &[String]) {
    *value = match becomes {
        Becomes::Text(text) => Value::from(*text),
        Becomes::Known(number) => match known.is_empty() {
            true => Value::Null,
            false => Value::from(known[usize::from(*number) % known.len()].clone()),
        },
        Becomes::Number(number) => Value::from(*number),
        Becomes::Fraction(number) => Value::from(*number),
        Becomes::Null => Value::Null,
        Becomes::True => Value::Bool(true),
        Becomes::Empty => match value {
            Value::Object(_) => Value::Object(serde_json::Map::new()),
            Value::Array(_) => Value::Array(Vec::new()),
            _ => Value::from(""),
        },
        // As many as there may be of anything, and each another where it is a text.
        Becomes::Repeated(count) => {
            let one = value.take();
            let copy = |number: u8| match &one {
                Value::String(text) => {
                    Value::from(text.replacen("example", &format!("example{number}"), 1))
                }
                other => other.clone(),
            };
            Value::Array((0..*count).map(copy).collect())
        }
    };
}

fn read(document: &str) -> Vec<Operation> {
    let document: Value = serde_json::from_str(document).expect("the document");
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let admin =
            item.as_object().expect("operations").iter().filter(|_| path.starts_with("/admin"));
        for (method, operation) in admin {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let body = schema.as_str().map(|schema| {
                let named = document.pointer(schema.trim_start_matches('#')).expect("a schema");
                named["example"].clone()
            });
            let method = method.to_uppercase().parse().expect("a method");
            operations.push(Operation { method, path: path.clone(), body });
        }
    }
    // Drawing RSA keys would take all the time.
    operations.retain(|operation| operation.path != "/admin/v1/keys/rotate");
    operations
}
