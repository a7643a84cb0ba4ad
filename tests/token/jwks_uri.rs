//! A client whose keys are elsewhere (`jwks_uri`): when they are asked for, how often, and what holds when nobody answers
//! (CONFORMANCE T14, G4).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{pkey::PKey, sign::Signer};
use protocol::{
    client::{Client, ClientKind, TokenEndpointAuthMethod},
    paths,
};
use serde_json::{Value, json};
use tokio::task::{JoinSet, yield_now};

use crate::world::{
    Answer, World,
    asserting::{Asserting, Key, presenting},
    outside::Outside,
    statuses,
};

const JWKS: &str = "/jwks";
const PAUSE: Duration = Duration::from_secs(30);
const FRESH: Duration = Duration::from_secs(10 * 60);
const KEPT_MAX: Duration = Duration::from_secs(6 * 60 * 60);

/// A world, a server outside, and a client that has its key there.
struct Scene {
    world: World,
    outside: Outside,
    client: Asserting,
}

fn public(key: &Key) -> Value {
    let Key::Private(key) = key else { panic!("it is private") };
    serde_json::to_value(key.public_jwk()).expect("a key")
}

fn set(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| public(key)).collect::<Vec<_>>() })
}

/// Changes a client to one that signs with what is at `uri`.
fn with_keys_at(uri: String) -> impl FnOnce(&mut Client) {
    move |client| {
        let token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
        client.kind = ClientKind::Confidential { token_endpoint_auth_method, secrets: Vec::new() };
        client.jwks_uri = uri.parse().ok();
    }
}

async fn scene() -> Scene {
    scene_with(|_| {}).await
}

async fn scene_with(change: impl FnOnce(&mut crate::world::Setup)) -> Scene {
    let outside = Outside::serve().await;
    let world = World::with(|setup| {
        outside.is_known_to(setup);
        change(setup);
    });
    let world = world.await;
    let key = Key::drawn(&world);
    outside.says(JWKS, &set(&[&key]));
    let party = world.client(with_keys_at(outside.uri(JWKS))).await;
    let client = Asserting::over(&world, party, key);
    Scene { world, outside, client }
}

impl Scene {
    fn asked(&self) -> usize {
        self.outside.asked(JWKS).len()
    }

    /// Whether the client is believed with `key`.
    async fn believes(&self, key: &Key) -> bool {
        is_believed(&self.client.tries(&key.sign(&self.client.claims())).await)
    }

    /// Presents as many good assertions at once, each of its own.
    async fn all_at_once(&self, count: usize, key: &Key) -> Vec<Answer> {
        let sent = |_| {
            let sent = self.client.refreshing(&key.sign(&self.client.claims()), "none");
            let wire = self.world.wire().clone();
            async move { wire.send(sent).await }
        };
        (0..count).map(sent).collect::<JoinSet<_>>().join_all().await
    }
}

fn is_believed(answer: &Answer) -> bool {
    match (answer.status, answer.error().as_str()) {
        (400, "invalid_grant") => true,
        (401, "invalid_client") => false,
        _ => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn a_client_goes_through_the_whole_flow_with_keys_that_are_elsewhere() {
    let scene = scene().await;
    let Scene { world, client, .. } = &scene;
    let alice = world.person("alice").await;
    assert_eq!(scene.asked(), 0, "nothing is asked for before it is needed");
    let tokens = client.sign_in(&mut world.browser(), &alice).await;
    let refreshing = client.refreshing(&client.assertion(), tokens.refresh_token());
    assert_eq!(world.send(refreshing).await.status, 200);
    let asked = [("token", tokens.access_token.as_str())];
    let asking = presenting(&client.assertion(), paths::INTROSPECT, &asked);
    assert_eq!(world.send(asking).await.json()["active"], true);
    assert_eq!(scene.asked(), 1, "and kept then");
    let sent = scene.outside.asked(JWKS).concat();
    assert!(sent.starts_with("GET /jwks HTTP/1.1\r\n"), "{sent}");
    assert!(!sent.contains(&client.party.id()), "nobody outside is told who asks: {sent}");
}

/// T14: a client that changes its key needs nobody here.
#[tokio::test]
async fn a_new_key_is_found_by_its_name_and_an_old_one_is_believed_no_more() {
    let scene = scene().await;
    let (old, new) = (scene.client.key.clone(), Key::drawn(&scene.world));
    assert!(scene.believes(&old).await);
    scene.outside.says(JWKS, &set(&[&new]));
    assert!(scene.believes(&old).await, "what is kept is not asked for again");
    scene.world.pass(PAUSE);
    assert!(scene.believes(&new).await);
    assert!(!scene.believes(&old).await);
    assert_eq!(scene.asked(), 2);
}

/// A key without a name, the set that it is alone in, and a token without a name that it has signed.
fn nameless(claims: &Value) -> (Value, String) {
    let key = PKey::generate_ed25519().expect("a key");
    let x = URL_SAFE_NO_PAD.encode(key.raw_public_key().expect("its public half"));
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "EdDSA" })), encode(claims));
    let mut signer = Signer::new_without_digest(&key).expect("it signs");
    let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).expect("it signs");
    let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x }] });
    (set, format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[tokio::test]
async fn a_token_that_names_no_key_finds_the_new_one_too() {
    let scene = scene().await;
    for asked in 1..=2 {
        let (set, token) = nameless(&scene.client.claims());
        scene.outside.says(JWKS, &set);
        assert!(is_believed(&scene.client.tries(&token).await));
        assert_eq!(scene.asked(), asked);
        scene.world.pass(PAUSE);
    }
    assert!(!scene.believes(&scene.client.key).await, "and a named one is not found by it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_names_unknown_keys_has_them_asked_for_every_thirty_seconds_and_no_oftener() {
    let scene = scene().await;
    assert!(scene.believes(&scene.client.key).await);
    scene.world.pass(PAUSE);
    let stranger = Key::drawn(&scene.world);
    let answers = scene.all_at_once(50, &stranger).await;
    assert_eq!(statuses(&answers), [(401, 50)].into());
    assert_eq!(scene.asked(), 2);
    scene.world.pass(PAUSE - Duration::from_secs(1));
    assert!(!scene.believes(&stranger).await);
    assert_eq!(scene.asked(), 2);
    scene.world.pass(Duration::from_secs(1));
    assert!(!scene.believes(&stranger).await);
    assert_eq!(scene.asked(), 3);
    assert!(scene.believes(&scene.client.key).await, "who has the key is not held up by them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_share_one_request() {
    let scene = scene().await;
    let answers = scene.all_at_once(50, &scene.client.key).await;
    assert_eq!(statuses(&answers), [(400, 50)].into(), "all are believed");
    assert_eq!(scene.asked(), 1);
    scene.world.pass(FRESH);
    let answers = scene.all_at_once(50, &scene.client.key).await;
    assert_eq!(statuses(&answers), [(400, 50)].into());
    assert_eq!(scene.asked(), 2, "and again when they are old");
}

#[tokio::test]
async fn what_is_kept_serves_on_while_nobody_answers_and_not_for_ever() {
    let mut scene = scene().await;
    let key = scene.client.key.clone();
    assert!(scene.believes(&key).await);
    scene.outside.answers(JWKS, "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
    scene.world.pass(FRESH);
    assert!(scene.believes(&key).await);
    assert!(scene.believes(&key).await);
    assert_eq!(scene.asked(), 2, "nor is who is down asked all the time");
    scene.outside.goes_down().await;
    scene.world.pass(KEPT_MAX - FRESH - Duration::from_secs(1));
    assert!(scene.believes(&key).await);
    scene.world.pass(Duration::from_secs(1));
    assert!(!scene.believes(&key).await);
}

#[tokio::test]
async fn where_nothing_was_ever_got_an_operator_is_told_why_and_nobody_else() {
    let scene = scene().await;
    let broken = "HTTP/1.1 500 secret\r\ncontent-length: 6\r\n\r\nsecret";
    scene.outside.answers(JWKS, broken);
    let refused = scene.client.tries(&scene.client.assertion()).await;
    assert!(!is_believed(&refused));
    let unknown = Key::drawn(&scene.world).sign(&scene.client.claims());
    let stranger = scene.client.tries(&unknown).await;
    let told = |answer: &Answer| (answer.text("error"), answer.text("error_description"));
    assert_eq!(told(&refused), told(&stranger));
    scene.world.look().await.expect("every actor looks");
    let admin = scene.world.admin().await;
    let id = refused.text("refusal_id").expect("an id");
    let found = admin.get(&format!("/refusals/{id}")).await.json();
    assert_eq!(found["reason"], "assertion_keys_not_fetched", "{found}");
    assert!(found.to_string().contains("jwks_uri: it answered with the status 500"), "{found}");
    assert!(!found.to_string().contains("secret"), "{found}");
    scene.outside.says(JWKS, &set(&[&scene.client.key]));
    assert!(!scene.believes(&scene.client.key).await, "it is not asked again at once");
    scene.world.pass(PAUSE);
    assert!(scene.believes(&scene.client.key).await);
}

#[tokio::test]
async fn a_key_that_its_owner_withdraws_or_shows_is_believed_no_more() {
    let withdrawn = json!({ "keys": [] });
    for later in [withdrawn, json!({ "keys": [{ "kty": "EC", "d": "AA" }] })] {
        let scene = scene().await;
        assert!(scene.believes(&scene.client.key).await);
        scene.outside.says(JWKS, &later);
        scene.world.pass(FRESH);
        assert!(!scene.believes(&scene.client.key).await, "{later}");
    }
}

#[tokio::test]
async fn nobody_waits_long_for_a_server_that_says_nothing() {
    let short = Duration::from_millis(300);
    let scene = scene_with(|setup| setup.policies.outgoing.deadline = short).await;
    scene.outside.falls_silent(true);
    assert!(!scene.believes(&scene.client.key).await);
    assert!(!scene.believes(&scene.client.key).await);
    assert_eq!(scene.asked(), 1);
}

/// Whoever has a request sent and hangs up would else keep the keys from the client itself.
#[tokio::test]
async fn a_request_for_keys_goes_on_when_nobody_waits_for_it() {
    let scene = scene().await;
    scene.outside.falls_silent(true);
    let mut gone = JoinSet::new();
    let (wire, sent) = (scene.world.wire().clone(), scene.client.assertion());
    let sent = scene.client.refreshing(&sent, "none");
    gone.spawn(async move { wire.send(sent).await });
    while scene.asked() == 0 {
        yield_now().await;
    }
    gone.shutdown().await;
    scene.outside.falls_silent(false);
    assert!(scene.believes(&scene.client.key).await);
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn nothing_is_asked_for_on_behalf_of_who_is_refused_anyway() {
    let scene = scene().await;
    let Scene { world, client, .. } = &scene;
    let not_signed = "eyJhbGciOiJFUzI1NiJ9.e30.AA";
    assert!(!is_believed(&client.tries(not_signed).await));
    let shared = Key::Shared("a secret that is long enough for HS256".into());
    assert!(!is_believed(&client.tries(&shared.sign(&client.claims())).await));
    world.disable_client(&client.party).await;
    assert!(!is_believed(&client.tries(&client.assertion()).await));
    let basic = world.client(|client| client.jwks_uri = scene.outside.uri(JWKS).parse().ok()).await;
    let basic = Asserting::over(world, basic, client.key.clone());
    assert!(!is_believed(&basic.tries(&basic.assertion()).await));
    assert_eq!(scene.asked(), 0);
}

#[tokio::test]
async fn each_node_asks_for_itself() {
    let scene = scene().await;
    let beside = scene.world.beside("second").await;
    for world in [&scene.world, &beside, &scene.world, &beside] {
        let sent = scene.client.refreshing(&scene.client.assertion(), "none");
        assert!(is_believed(&world.send(sent).await));
    }
    assert_eq!(scene.asked(), 2);
}

/// G4: an operator registers where the keys of a client are, in place of the keys.
#[tokio::test]
async fn an_operator_registers_an_address_or_keys_and_never_both() {
    let scene = scene().await;
    let admin = scene.world.admin().await;
    let mut body = json!({
        "client_name": "Elsewhere",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": scene.outside.uri(JWKS),
    });
    let made = admin.post("/clients", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["jwks_uri"], body["jwks_uri"]);
    let id: protocol::ClientId = made.text("client_id").expect("an id").parse().expect("an id");
    let mut party = scene.client.party.clone();
    party.client_id = id;
    let client = Asserting::over(&scene.world, party, scene.client.key.clone());
    let sent =
        presenting(&client.assertion(), paths::TOKEN, &[("grant_type", "client_credentials")]);
    assert_eq!(scene.world.send(sent).await.status, 200);
    body["jwks"] = set(&[&scene.client.key]);
    let both = admin.post("/clients", &body).await;
    assert_eq!(
        (both.status, both.text("detail").as_deref()),
        (422, Some("a client has either jwks or jwks_uri"))
    );
    body["jwks"].take();
    body.as_object_mut().expect("an object").remove("jwks");
    for (jwks_uri, status) in [("http://client.example/jwks", 422), ("client.example", 400)] {
        body["jwks_uri"] = json!(jwks_uri);
        let answer = admin.post("/clients", &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text("detail").expect("a detail").contains("jwks_uri"), "{answer:?}");
    }
}
