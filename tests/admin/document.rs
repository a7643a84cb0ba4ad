//! The operations of the OpenAPI document, and requests for each, made from the document alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Caller;
use crate::world::{Sent, World, encode};

/// An operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// The one permission that it needs.
    pub(crate) permission: Option<String>,
    parameters: Vec<(String, String)>,
    body: Option<Value>,
}

impl World {
    /// Every operation that is served.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let document: Value = serde_json::from_str(&self.document()).expect("a document");
        let paths = document["paths"].as_object().expect("paths");
        let each = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().expect("operations");
            item.iter().map(|(method, read)| Operation::read(&document, (method, path), read))
        });
        each.collect()
    }

    /// Every operation that needs a permission.
    pub(crate) fn permitted_operations(&self) -> Vec<Operation> {
        let operations = self.operations().into_iter();
        operations.filter(|operation| operation.permission.is_some()).collect()
    }
}

impl Operation {
    fn read(document: &Value, (method, path): (&str, &str), read: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let parameters = read["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|one| (text(&one["in"]), text(&one["name"])));
        let schema = &read["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let name = schema.as_str().and_then(|schema| schema.rsplit('/').next());
        let example = |name: &str| {
            let example = &document["components"]["schemas"][name]["example"];
            assert!(example.is_object(), "{name} has no example");
            example.clone()
        };
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            permission: read["x-permission"].as_str().map(str::to_owned),
            parameters: parameters.collect(),
            body: name.map(example),
        }
    }

    /// The names of its parameters in the path, in the query or in headers.
    pub(crate) fn parameters_in(&self, place: &str) -> Vec<&str> {
        let here = self.parameters.iter().filter(|(found, _)| found == place);
        here.map(|(_, name)| name.as_str()).collect()
    }

    /// The request of `caller` about what `ids` names, each by the name of its parameter.
    pub(crate) fn about(&self, caller: &Caller, ids: &BTreeMap<&str, String>) -> Sent {
        self.about_with(caller, ids, &[])
    }

    /// As [`Operation::about`], with these parameters in the query.
    pub(crate) fn about_with(
        &self,
        caller: &Caller,
        ids: &BTreeMap<&str, String>,
        query: &[(&str, &str)],
    ) -> Sent {
        let path = self.parameters_in("path").iter().fold(self.path.clone(), |path, name| {
            let id = ids.get(name).unwrap_or_else(|| panic!("what is {name} of {}?", self.path));
            path.replace(&format!("{{{name}}}"), id)
        });
        let path = path.strip_prefix("/admin/v1").expect("the API");
        let query = if query.is_empty() { String::new() } else { format!("?{}", encode(query)) };
        self.complete(caller.request(&self.method, &format!("{path}{query}")))
    }

    /// The request about nothing that is there.
    pub(crate) fn asked(&self, caller: &Caller) -> Sent {
        let path = self.path.strip_prefix("/admin/v1").expect("the API");
        self.complete(caller.request(&self.method, &path.replace(['{', '}'], "x")))
    }

    /// The request about nothing that is there, without credentials.
    pub(crate) fn bare(&self) -> Sent {
        self.complete(Sent::new(&self.method, self.path.replace(['{', '}'], "x")))
    }

    fn complete(&self, sent: Sent) -> Sent {
        let needs_version = self.parameters_in("header").contains(&"If-Match");
        let sent = if needs_version { sent.header("if-match", "*") } else { sent };
        match &self.body {
            Some(body) => sent.body("application/json", body.to_string()),
            None => sent,
        }
    }
}

/// The client of the documentation page, as the page names it.
async fn documented(world: &World, admin: &Caller) -> (String, Value) {
    let page = world.get("/docs").await;
    let (_, rest) = page.body.split_once("cli_").expect("the page names its client");
    let path = format!("/clients/cli_{}", rest.get(..32).expect("an id"));
    let client = admin.get(&path).await;
    (path, client.json())
}

#[tokio::test]
async fn a_visit_of_the_documentation_leaves_what_an_operator_chose_for_it() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (path, mut client) = documented(&world, &admin).await;
    let own = client["redirect_uris"][0].clone();
    let uris = serde_json::json!([own, "https://docs.example/signed-in"]);
    client["redirect_uris"] = uris.clone();
    let members = client.as_object_mut().expect("an object");
    members.retain(|name, _| !["client_id", "created_at"].contains(&name.as_str()));
    let changed = admin.put(&path, "*", &client).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(documented(&world, &admin).await.1["redirect_uris"], uris);
    // Whoever took this issuer's away gets it back beside what they put there.
    client["redirect_uris"] = serde_json::json!(["https://docs.example/signed-in"]);
    assert_eq!(admin.put(&path, "*", &client).await.status, 200);
    let uris = documented(&world, &admin).await.1["redirect_uris"].clone();
    assert_eq!(uris.as_array().map(Vec::len), Some(2), "{uris}");
}
