//! That the comparison of documents finds each kind of break, and nothing where something is only added.

use serde_json::{Value, json};

use crate::breaking::broken;

/// A small document: one operation with everything that can break.
fn released() -> Value {
    json!({
        "paths": { "/things/{id}": { "put": {
            "x-permission": "things:write",
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "order", "in": "query", "schema": { "type": "string", "enum": ["up", "down"] } },
            ],
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
            "responses": {
                "200": {
                    "headers": { "ETag": { "schema": { "type": "string" } } },
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } },
                },
                "404": {},
            },
        } } },
        "components": { "schemas": { "Thing": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "maxLength": 64 },
                "colours": { "type": "array", "items": { "type": "string", "enum": ["red", "blue"] } },
                "of": { "allOf": [{ "$ref": "#/components/schemas/Thing" }, { "description": "Another." }] },
            },
        } } },
    })
}

/// What is broken where `value` stands at `pointer`; nothing there is nothing at all.
fn found(pointer: &str, value: Value) -> Vec<String> {
    let mut present = released();
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let member = member.replace("~1", "/");
    let parent = present.pointer_mut(parent).expect("something");
    match (parent, value) {
        (Value::Object(parent), Value::Null) => drop(parent.remove(&member).expect("a member")),
        (Value::Object(parent), value) => drop(parent.insert(member, value)),
        (Value::Array(parent), Value::Null) => {
            drop(parent.remove(member.parse().expect("a place")))
        }
        (Value::Array(parent), value) => parent.push(value),
        (other, _) => panic!("{other}"),
    }
    broken(&released(), &present)
}

const OPERATION: &str = "/paths/~1things~1{id}/put";
const THING: &str = "/components/schemas/Thing";

#[test]
fn each_kind_of_break_is_found_where_it_is() {
    let at = |end: &str| format!("{OPERATION}{end}");
    let thing = |end: &str| format!("{THING}{end}");
    let required = |name: &str| json!({ "name": name, "in": "query", "required": true });
    let cases: [(String, Value, &str); 19] = [
        ("/paths/~1things~1{id}".into(), Value::Null, "PUT /things/{id} is gone"),
        (at(""), Value::Null, "PUT /things/{id} is gone"),
        (at("/x-permission"), json!("all"), "PUT /things/{id} needs another permission"),
        (at("/parameters/1"), Value::Null, "order is gone"),
        (at("/parameters/-"), required("page"), "page is required now"),
        (at("/parameters/1/required"), json!(true), "order is required now"),
        (at("/parameters/1/schema/enum"), json!(["up"]), "order does not take \"down\" any more"),
        (at("/parameters/0/schema/enum"), json!(["a"]), "id takes only some words now"),
        (at("/requestBody/required"), json!(true), "the body is required now"),
        (at("/requestBody/content/application~1json"), Value::Null, "json is gone"),
        (at("/responses/404"), Value::Null, "404 is gone"),
        (at("/responses/200/headers/ETag"), Value::Null, "ETag is gone"),
        (at("/responses/200/content/application~1json"), Value::Null, "json is gone"),
        (thing("/properties/name"), Value::Null, ".name is gone"),
        (thing("/properties/name/type"), json!("integer"), ".name is of another type"),
        (thing("/properties/name/maxLength"), json!(32), ".name has a narrower maxLength"),
        (thing("/required"), json!(["name", "colours"]), ".colours is required now"),
        (thing("/required"), json!([]), ".name may be missing now"),
        (
            thing("/properties/colours/items/enum"),
            json!(["red"]),
            "does not take \"blue\" any more",
        ),
    ];
    for (pointer, value, expected) in cases {
        let found = found(&pointer, value);
        assert!(found.iter().any(|one| one.ends_with(expected)), "{pointer}: {found:?}");
    }
}

#[test]
fn what_is_only_added_breaks_nobody() {
    let at = |end: &str| format!("{OPERATION}{end}");
    let thing = |end: &str| format!("{THING}{end}");
    for (pointer, value) in [
        ("/paths/~1others".to_owned(), json!({ "get": {} })),
        ("/paths/~1things~1{id}/get".into(), json!({})),
        (at("/parameters/-"), json!({ "name": "page", "in": "query" })),
        (at("/parameters/1/schema/enum/-"), json!("sideways")),
        (at("/responses/429"), json!({})),
        (at("/responses/200/headers/Age"), json!({})),
        (at("/description"), json!("Better words.")),
        (thing("/properties/size"), json!({ "type": "integer" })),
        (thing("/properties/name/maxLength"), json!(128)),
        (thing("/properties/colours/items/enum/-"), json!("green")),
    ] {
        assert_eq!(found(&pointer, value), Vec::<String>::new(), "{pointer}");
    }
    assert_eq!(broken(&released(), &released()), Vec::<String>::new());
}
