//! Registers clients that sign a token to say who they are, and tells what they sign with.

use std::{fs, path::Path, sync::Arc};

use doorward::start::{OsRandomness, SystemClock, key_file, store_file};
use protocol::{
    ClientId, KeyId, KeyRing, MasterKey, Randomness, Realm, Token,
    client::{Client, ClientKind, ClientSecret, TokenEndpointAuthMethod},
    jose::{Algorithm, ClientJwks, PrivateKey},
};
use serde_json::{Value, json};
use storage::Store;
use storage_redb::{Options, Redb};

/// Puts a client of each way beside the confidential one that `announced` names, while no process holds the store in
/// `directory`; tells of them in `announced`.
pub(crate) async fn register(directory: &Path, announced: &mut Value) {
    let engine = Redb::open(store_file(directory), Options::default()).expect("nobody holds it");
    let store = Store::new(Arc::new(engine), Arc::new(SystemClock), Arc::new(OsRandomness));
    let named = announced["client_id"].as_str().expect("an id").parse().expect("an id");
    let found = store.client(&Realm::main(), named).await.expect("the store answers");
    let like = found.expect("a client").record;
    let (private, private_told) = with_key(&like);
    let (shared, shared_told) = with_secret(&like, directory);
    let mut batch = store.batch();
    batch.create(&private).create(&shared);
    store.commit(batch).await.expect("both are new");
    announced["private_key_jwt"] = private_told;
    announced["client_secret_jwt"] = shared_told;
}

fn with_key(like: &Client) -> (Client, Value) {
    let key = PrivateKey::generate(Algorithm::Es256, KeyId::new(&OsRandomness)).expect("a key");
    let public = key.public_jwk();
    let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
    let client = Client {
        client_id: ClientId::new(&OsRandomness),
        kind: ClientKind::Confidential { token_endpoint_auth_method, secrets: Vec::new() },
        jwks: ClientJwks::register(&json!({ "keys": [public] })).expect("a good key"),
        ..like.clone()
    };
    client.judge().expect("it can be registered");
    let pem = key.to_secret();
    let told =
        json!({ "client_id": client.client_id, "kid": public.key_id(), "key": pem.expose() });
    (client, told)
}

fn with_secret(like: &Client, directory: &Path) -> (Client, Value) {
    let master_key = fs::read_to_string(key_file(directory)).expect("the master key");
    let ring = KeyRing::new(MasterKey::parse(&master_key).expect("a master key"));
    let (client_id, secret) = (ClientId::new(&OsRandomness), Token::new_for_hmac(&OsRandomness));
    let under = (&ring, &OsRandomness as &dyn Randomness);
    let kept = ClientSecret::readable(&secret, like.created_at, client_id, under);
    let kind = ClientKind::Confidential {
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretJwt,
        secrets: vec![kept.expect("it is sealed")],
    };
    let client = Client { client_id, kind, ..like.clone() };
    client.judge().expect("it can be registered");
    let told = json!({ "client_id": client_id, "client_secret": secret.expose() });
    (client, told)
}
