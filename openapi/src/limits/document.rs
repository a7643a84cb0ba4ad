//! What the OpenAPI document says of limits: that any limited operation may answer 429, or 503 when too much is asked.

use protocol::limits::Route;
use serde_json::{Map, Value, json};

/// Adds these answers to every limited operation that does not have them.
pub(crate) fn describe(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            let route = Route::of(method == "post", path);
            let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
            if let (Some(responses), Some(_)) = (responses, route.policy()) {
                add(responses, route);
            }
        }
    }
}

fn add(responses: &mut Map<String, Value>, route: Route) {
    let answers = [
        ("429", "Too many requests. `Retry-After` says when to come again."),
        (
            "503",
            "Too much is asked at the moment, or a part is down. `Retry-After` says when to come again.",
        ),
    ];
    for (status, description) in answers {
        let response = responses.entry(status).or_insert_with(
            || json!({ "description": description, "content": content(route), "headers": {} }),
        );
        let headers = response
            .as_object_mut()
            .map(|response| response.entry("headers").or_insert_with(|| json!({})));
        let Some(headers) = headers.and_then(Value::as_object_mut) else { continue };
        let seconds = json!({ "type": "integer", "format": "uint64" });
        headers.entry("RETRY-AFTER").or_insert_with(|| {
            json!({ "description": "When to come again, in seconds.", "required": true, "deprecated": false, "schema": seconds })
        });
        if status == "429" {
            for (name, description) in [
                ("RATELIMIT-POLICY", "The limits that count this request."),
                ("RATELIMIT", "What is left of them, and for how long."),
            ] {
                let text = json!({ "type": "string" });
                headers.entry(name).or_insert_with(|| {
                    json!({ "description": description, "required": false, "deprecated": false, "schema": text })
                });
            }
        }
    }
}

fn content(route: Route) -> Value {
    match route {
        Route::Token | Route::Introspect | Route::Revoke | Route::Userinfo => json!({
            "application/json; charset=utf-8":
                { "schema": { "$ref": "#/components/schemas/OAuthError" } },
        }),
        Route::Admin => json!({
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        }),
        _ => json!({ "text/html; charset=utf-8": { "schema": { "type": "string" } } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limited_operations_say_that_they_may_refuse_and_published_ones_do_not() {
        let operation = || json!({ "responses": { "200": {} } });
        let mut document = json!({ "paths": {
            "/oauth2/token": { "post": operation() },
            "/oauth2/jwks": { "get": operation() },
            "/admin/v1/clients": { "get": { "responses": { "429": { "description": "ours" } } } },
        } });
        describe(&mut document);
        let at = |pointer: &str| document.pointer(pointer).cloned();
        assert!(at("/paths/~1oauth2~1token/post/responses/429/headers/RETRY-AFTER").is_some());
        assert!(at("/paths/~1oauth2~1token/post/responses/503").is_some());
        assert_eq!(at("/paths/~1oauth2~1jwks/get/responses/429"), None);
        let ours = at("/paths/~1admin~1v1~1clients/get/responses/429").unwrap();
        assert_eq!(ours["description"], "ours");
        assert!(ours["headers"]["RATELIMIT"].is_object());
    }
}
