//! Bodies of requests in the document, as they are really read: a parameter that a form does not name changes nothing
//! (RFC 6749 §3.1), but is sent once like every other; a field of JSON that may be left out may also be `null`.

use serde_json::{Map, Value, json};

/// Says so of every schema of a body.
pub(crate) fn describe_bodies(document: &mut Value) {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations: Vec<&Value> =
        paths.filter_map(|(_, path)| path.as_object()).flatten().map(|(_, one)| one).collect();
    let named = |content_type: &str| -> Vec<String> {
        operations.iter().filter_map(|operation| body(operation, content_type)).collect()
    };
    let forms = named("application/x-www-form-urlencoded");
    let mut objects = named("application/json");
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    else {
        return;
    };
    for name in forms {
        if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
            schema.insert("additionalProperties".into(), json!({ "type": "string" }));
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            for (name, property) in properties.into_iter().flatten() {
                exemplify(name, property);
            }
        }
    }
    let mut done = Vec::new();
    while let Some(name) = objects.pop() {
        if done.contains(&name) {
            continue;
        }
        if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
            objects.extend(allow_null(schema));
        }
        done.push(name);
    }
}

/// Gives a field of a form the value that a reader most likely begins with. Of most that is none, which is as good as not
/// sent (RFC 6749 §3.1); without one, Swagger UI would fill in the word `string`.
fn exemplify(name: &str, property: &mut Value) {
    let example = if name == "grant_type" { "client_credentials" } else { "" };
    if let Some(property) = property.as_object_mut().filter(|one| !one.contains_key("example")) {
        property.insert("example".into(), example.into());
    }
}

/// The name of the schema of an operation's body.
fn body(operation: &Value, content_type: &str) -> Option<String> {
    let schema = operation.get("requestBody")?.get("content")?.get(content_type)?.get("schema")?;
    name_of(schema)
}

/// The name of the schema that this one stands for.
fn name_of(schema: &Value) -> Option<String> {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"))?;
    Some(reference.as_str()?.rsplit('/').next()?.to_owned())
}

/// Lets every property that is not required be `null`; the names of the schemas of all properties.
fn allow_null(schema: &mut Map<String, Value>) -> Vec<String> {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required =
        |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let mut names = Vec::new();
    for (name, property) in properties.into_iter().flatten() {
        names.extend(name_of(property));
        names.extend(property.get("items").and_then(name_of));
        if is_required(name) {
            continue;
        }
        if let Some(reference) = property.get("$ref").cloned() {
            *property = json!({ "allOf": [{ "$ref": reference }] });
        }
        if let Some(property) = property.as_object_mut() {
            property.insert("nullable".into(), true.into());
            // What lists every value there is must list this one.
            if let Some(values) = property.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(content_type: &str) -> Value {
        let schema = json!({ "$ref": "#/components/schemas/F" });
        let mut document = json!({
            "paths": { "/a": { "post": { "requestBody": { "content": { content_type: { "schema": schema } } } } } },
            "components": { "schemas": {
                "F": { "type": "object", "required": ["a"], "properties": {
                    "a": { "type": "string" }, "b": { "type": "string", "enum": ["x"] },
                    "c": { "$ref": "#/components/schemas/G" },
                } },
                "G": { "type": "object", "properties": { "d": { "type": "string" } } },
                "H": { "type": "object", "properties": { "d": { "type": "string" } } },
            } },
        });
        describe_bodies(&mut document);
        document["components"]["schemas"].take()
    }

    #[test]
    fn what_a_form_does_not_name_is_text() {
        let schemas = document("application/x-www-form-urlencoded");
        assert_eq!(schemas["F"]["additionalProperties"], json!({ "type": "string" }));
        assert_eq!(schemas["G"].get("additionalProperties"), None);
        assert_eq!(schemas["F"]["properties"]["a"]["example"], "");
    }

    #[test]
    fn what_may_be_left_out_of_an_object_may_be_null_however_deep() {
        let schemas = document("application/json");
        assert_eq!(schemas["F"]["properties"]["a"].get("nullable"), None);
        assert_eq!(schemas["F"]["properties"]["b"]["nullable"], true);
        assert_eq!(schemas["F"]["properties"]["b"]["enum"], json!(["x", null]));
        assert_eq!(schemas["F"]["properties"]["c"]["nullable"], true);
        assert_eq!(schemas["G"]["properties"]["d"]["nullable"], true);
        assert_eq!(schemas["H"]["properties"]["d"].get("nullable"), None);
    }
}
