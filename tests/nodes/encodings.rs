//! Nodes of this release and of the one after it on one store: what the later one writes the earlier one reads, keeps and
//! writes back.

use serde_json::{Value, json};
use storage::{Record, grants::Grant, record::SCHEMA_READABLE_MAX, refresh_tokens::RefreshToken};

use crate::{
    cluster::{Circumstance, Cluster, at},
    load::Application,
    promised_always,
    world::Tokens,
};

promised_always!(what_a_later_release_wrote_outlives_every_write_of_this_one);

async fn what_a_later_release_wrote_outlives_every_write_of_this_one(circumstance: Circumstance) {
    let cluster = Cluster::shared(circumstance).await;
    let (ground, application) = (&cluster.ground, Application::new(&cluster).await);
    let (person, party) = (application.person.account_id, &application.party);
    let grant = ground.of::<Grant>(person).await.remove(0);
    ground.write_as_later(&grant, |fields| fields["colour"] = json!({ "red": 1 })).await;
    let client = ground.store.client(&grant.realm, party.client_id).await.unwrap().unwrap();
    ground.write_as_later(&client, |fields| fields["weight"] = json!(2)).await;

    let mut tokens = application.tokens.clone();
    for node in cluster.serving() {
        let token = ground.of::<RefreshToken>(person).await;
        let token = token.into_iter().max_by_key(|token| token.issued_at).unwrap();
        ground.write_as_later(&token, |fields| fields["shape"] = json!(["round"])).await;
        tokens = Tokens::read(at(party, node).refresh(tokens.refresh_token()).await);
        let row = ground.row(RefreshToken::TABLE, &token.id().to_string()).await.unwrap();
        let rotated: Value = serde_json::from_slice(&row.body).unwrap();
        assert!(rotated["state"]["rotated"].is_object(), "{} has written it", node.name);
        assert_eq!(rotated["shape"], json!(["round"]), "{}", node.name);
        assert_eq!(row.schema, SCHEMA_READABLE_MAX, "{}", node.name);
        assert_eq!(at(party, node).userinfo(&tokens.access_token).await.status, 200);
    }
    // Presented again after its use, a code takes back what it gave: the grant is written.
    let again = party.redeem(&application.ask, &application.code).await;
    assert_eq!(again.error(), "invalid_grant");
    let grant = ground.fields(Grant::TABLE, &grant.id().to_string()).await.unwrap();
    assert!(grant["revoked"].is_object() && grant["colour"] == json!({ "red": 1 }), "{grant}");
    for node in cluster.serving() {
        assert_eq!(at(party, node).userinfo(&tokens.access_token).await.status, 401);
    }
}
