//! Cursors and filters: texts from outside that never become part of a query.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Caller, document::Operation, is_problem};
use crate::world::World;

/// What becomes part of a query where somebody lets it.
const INJECTIONS: [&str; 12] = [
    "' OR '1'='1",
    "\"; DELETE clients; --",
    "1; REMOVE TABLE clients",
    "$parent.secret",
    "type::thing('clients', 'x')",
    "{\"$ne\": null}",
    "../../clients",
    "*",
    "%",
    "\u{0}",
    "\u{ffff}\u{10ffff}",
    "cli_00000000000000000000000000000000\u{0}main",
];

/// More clients than one page has.
struct Long {
    world: World,
    admin: Caller,
    lists: Vec<Operation>,
    /// Where the list of clients goes on.
    next: String,
    ids: BTreeMap<&'static str, String>,
}

async fn long_list() -> Long {
    let world = World::new().await;
    let admin = world.admin().await;
    for _ in 0..101 {
        world.relying_party().await;
    }
    let next = admin.get("/clients").await.text("next").expect("another page");
    let lists = world.permitted_operations().into_iter();
    let lists: Vec<_> = lists.filter(|one| one.parameters_in("query").contains(&"after")).collect();
    assert!(lists.len() > 5, "{}", lists.len());
    let ids = [("client_id", world.relying_party().await.id())].into();
    Long { world, admin, lists, next, ids }
}

/// Fails where a cursor that was altered, cut or made up, or is of another list, is followed.
pub(crate) async fn only_the_cursor_of_the_very_list_is_followed() {
    let Long { admin, lists, next, ids, .. } = long_list().await;
    let places = (0..next.len()).step_by(next.len() / 16);
    let altered = places.map(|place| {
        let other = if &next[place..=place] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &next[..place], &next[place + 1..])
    });
    let mut cursors: Vec<String> = altered.collect();
    cursors.extend([next[1..].into(), next[..next.len() - 1].into(), format!("{next}A")]);
    cursors.extend([String::new(), "A".repeat(4_096)]);
    cursors.extend(INJECTIONS.map(str::to_owned));
    for list in &lists {
        let of_another = if list.path == "/admin/v1/clients" { None } else { Some(next.clone()) };
        for cursor in cursors.iter().cloned().chain(of_another) {
            let sent = list.about_with(&admin, &ids, &[("after", &cursor)]);
            let answer = admin.send(sent).await;
            is_problem(&answer, 400, "malformed_request");
        }
    }
    let page = admin.get(&format!("/clients?after={next}")).await;
    assert_eq!(page.status, 200, "{page:?}");
}

/// Fails where a filter does anything else than filter: it is refused, or finds nothing.
pub(crate) async fn no_filter_becomes_part_of_a_query() {
    let Long { world, admin, ids, .. } = long_list().await;
    let before: Value = admin.get("/clients").await.json()["items"].clone();
    let operations = world.permitted_operations().into_iter();
    let reads = operations.filter(|one| one.method == "GET" && !one.path.ends_with("/stream"));
    for operation in reads {
        for parameter in operation.parameters_in("query") {
            for injection in INJECTIONS {
                let sent = operation.about_with(&admin, &ids, &[(parameter, injection)]);
                let answer = admin.send(sent).await;
                let finds_nothing = answer.status == 200 && answer.json()["items"] == json!([]);
                assert!(
                    finds_nothing || answer.status == 400,
                    "{} {parameter}={injection}: {answer:?}",
                    operation.path
                );
            }
            let twice = [(parameter, "a"), (parameter, "b")];
            let answer = admin.send(operation.about_with(&admin, &ids, &twice)).await;
            is_problem(&answer, 400, "malformed_request");
        }
    }
    let known = before.as_array().unwrap();
    let after = admin.get("/clients").await.json()["items"].clone();
    assert_eq!(after.as_array().unwrap().len(), known.len());
}
