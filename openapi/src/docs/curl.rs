//! A command line for every operation, written into its description: what a reader can run as it stands, once the
//! variables are set. A test runs each of them.

use std::fmt::Write;

use serde_json::{Map, Value};

/// What a command needs that no schema says: how the caller says who it is, and the fields of forms. By operation.
const ARGUMENTS: [(&str, &str); 8] = [
    (
        "authorize",
        "-G -d response_type=code -d scope=openid -d code_challenge_method=S256 --data-urlencode client_id=\"$CLIENT_ID\" --data-urlencode redirect_uri=\"$REDIRECT_URI\" -d code_challenge=\"$CODE_CHALLENGE\"",
    ),
    (
        "authorize_by_post",
        "-d response_type=code -d scope=openid -d code_challenge_method=S256 --data-urlencode client_id=\"$CLIENT_ID\" --data-urlencode redirect_uri=\"$REDIRECT_URI\" -d code_challenge=\"$CODE_CHALLENGE\"",
    ),
    ("exchange_token", "-u \"$CLIENT_ID:$CLIENT_SECRET\" -d grant_type=client_credentials"),
    ("introspect_token", "-u \"$CLIENT_ID:$CLIENT_SECRET\" -d token=\"$ACCESS_TOKEN\""),
    ("revoke_token", "-u \"$CLIENT_ID:$CLIENT_SECRET\" -d token=\"$ACCESS_TOKEN\""),
    ("get_userinfo", "-H \"Authorization: Bearer $ACCESS_TOKEN\""),
    ("post_userinfo", "-d access_token=\"$ACCESS_TOKEN\""),
    ("end_session_by_post", "-d state=example"),
];

/// Adds to each operation's description its permission and its command line.
pub(crate) fn describe(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            let Some(operation) = operation.as_object_mut() else { continue };
            let command = command((method, path), operation, &schemas);
            let mut text = String::new();
            if let Some(said) = operation.get("description").and_then(Value::as_str) {
                let _ = write!(text, "{}\n\n", said.trim_end());
            }
            if let Some(permission) = operation.get("x-permission").and_then(Value::as_str) {
                let _ = write!(text, "Permission: `{permission}`\n\n");
            }
            let _ = write!(text, "```sh\n{command}\n```");
            operation.insert("description".into(), text.into());
        }
    }
}

fn command(
    (method, path): (&str, &str),
    operation: &Map<String, Value>,
    schemas: &Value,
) -> String {
    let mut command = String::from("curl -sS");
    if !matches!(method, "get" | "post") || (method == "post" && body(operation).is_none()) {
        let _ = write!(command, " -X {}", method.to_uppercase());
    }
    let _ = write!(command, " \"$ISSUER{}\"", with_variables(path));
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
    if let Some((_, arguments)) = ARGUMENTS.iter().find(|(operation, _)| *operation == id) {
        let _ = write!(command, " \\\n  {arguments}");
    }
    if operation.contains_key("x-permission") {
        command.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
        if takes(operation, "If-Match") {
            command.push_str(" \\\n  -H 'If-Match: *'");
        }
        if let Some(body) = body(operation) {
            let example = example(body, schemas).to_string().replace('\'', "'\\''");
            let example = IDS.iter().fold(example, |example, (kind, variable)| {
                example.replace(&format!("{kind}_{DIGITS}"), &format!("'\"${variable}\"'"))
            });
            let _ =
                write!(command, " \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'");
        }
    }
    command
}

/// The ids of examples, and the variables that take their places.
const IDS: [(&str, &str); 4] =
    [("acc", "ACCOUNT_ID"), ("cli", "CLIENT_ID"), ("opr", "OPERATOR_ID"), ("ses", "SESSION_ID")];

/// What every id of an example has behind its kind.
const DIGITS: &str = "0123456789abcdef0123456789abcdef";

/// Whether an operation reads the header `name`.
fn takes(operation: &Map<String, Value>, name: &str) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    parameters.into_iter().any(|parameter| parameter.get("name").is_some_and(|one| one == name))
}

/// `/clients/{client_id}` as `/clients/$CLIENT_ID`.
fn with_variables(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        name.map_or_else(|| part.to_owned(), |name| format!("${}", name.to_uppercase()))
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The schema of a body of JSON.
fn body(operation: &Map<String, Value>) -> Option<&Value> {
    operation.get("requestBody")?.get("content")?.get("application/json")?.get("schema")
}

fn example(schema: &Value, schemas: &Value) -> Value {
    let name = schema.pointer("/$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
    let name = name.and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
    let named = name.and_then(|name| schemas.get(name)).unwrap_or(schema);
    named.get("example").cloned().unwrap_or_else(|| Value::Object(Map::new()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(path: &str, method: &str, operation: Value) -> String {
        let mut document = json!({
            "paths": { path: { method: operation } },
            "components": { "schemas": { "New": { "example": { "name": "it's" } } } },
        });
        describe(&mut document);
        let pointer = format!("/paths/{}/{method}/description", path.replace('/', "~1"));
        document.pointer(&pointer).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn a_change_says_who_asks_and_upon_what_it_was_decided() {
        let schema = json!({ "$ref": "#/components/schemas/New" });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let operation = json!({
            "x-permission": "things:write", "requestBody": body, "description": "Said.",
            "parameters": [{ "name": "If-Match", "in": "header" }],
        });
        let text = described("/things/{thing_id}", "put", operation);
        assert_eq!(
            text,
            "Said.\n\nPermission: `things:write`\n\n```sh\ncurl -sS -X PUT \"$ISSUER/things/$THING_ID\" \\\n  \
             -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'If-Match: *' \\\n  \
             -H 'Content-Type: application/json' \\\n  -d '{\"name\":\"it'\\''s\"}'\n```"
        );
    }

    #[test]
    fn what_clients_call_says_how_they_prove_who_they_are() {
        let text = described("/oauth2/revoke", "post", json!({ "operationId": "revoke_token" }));
        assert!(text.contains("-u \"$CLIENT_ID:$CLIENT_SECRET\" -d token="), "{text}");
    }
}
