//! No operation takes the name of a file or a host key, and none takes a file: what is not offered cannot be misused.

use serde_json::Value;

use crate::world::World;

/// Words of a parameter or member that would name a file, a place in the file system or a key of a machine.
const WORDS: [&str; 8] = ["file", "path", "dir", "folder", "upload", "host_key", "hostkey", "ssh"];

/// The names of parameters and members anywhere in the document, and its content types.
fn names<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match (name.as_str(), inner) {
                    ("name", Value::String(text)) => found.push(text),
                    ("properties" | "content", Value::Object(named)) => {
                        found.extend(named.keys().map(String::as_str));
                    }
                    _ => {}
                }
                names(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn no_operation_takes_a_file_name_or_a_host_key() {
    let world = World::new().await;
    let document: Value = serde_json::from_str(&world.document()).unwrap();
    let mut found = Vec::new();
    names(&document["paths"], &mut found);
    names(&document["components"], &mut found);
    assert!(found.contains(&"code_verifier") && found.contains(&"client_id"), "{found:?}");
    for name in found {
        let lower = name.to_lowercase();
        let word = WORDS.iter().find(|word| lower.split(['_', '-']).any(|part| part == **word));
        assert_eq!(word, None, "{name}");
        assert!(!lower.starts_with("multipart/") && lower != "application/octet-stream", "{name}");
    }
}
