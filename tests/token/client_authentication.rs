//! How a client says who it is, and what it is told when it is not believed (RFC 6749 §2.3, §5.2).

use protocol::{client::TokenEndpointAuthMethod, paths};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::world::{Answer, RelyingParty, Sent, World, basic};

/// A grant that is not there: `invalid_grant` means that the client was believed.
const GRANT: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "none")];

struct Scene {
    world: World,
    with_basic: RelyingParty,
    with_post: RelyingParty,
    public: RelyingParty,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let method = TokenEndpointAuthMethod::ClientSecretPost;
    Scene {
        with_basic: world.relying_party().await,
        with_post: world.client(World::authenticating(method)).await,
        public: world.public_client().await,
        world,
    }
}

/// All that the body says, but the name of this one refusal.
fn what_is_told(answer: &Answer) -> Value {
    let mut told = answer.json();
    told.as_object_mut().and_then(|told| told.remove("refusal_id"));
    told
}

impl Scene {
    async fn ask(&self, headers: &[&str], fields: &[(&str, &str)]) -> Answer {
        let sent = Sent::post(paths::TOKEN).form(&[&GRANT, fields].concat());
        let sent = headers.iter().fold(sent, |sent, header| sent.header("authorization", header));
        self.world.send(sent).await
    }

    async fn is_believed(&self, headers: &[&str], fields: &[(&str, &str)]) {
        let answer = self.ask(headers, fields).await;
        let seen = (answer.status, answer.error());
        assert_eq!(seen, (400, "invalid_grant".to_owned()), "{headers:?} {fields:?}");
    }

    /// 401 and a challenge, as RFC 6749 §5.2 asks where the client used the header.
    async fn is_not_believed(&self, headers: &[&str], fields: &[(&str, &str)]) -> Value {
        let answer = self.ask(headers, fields).await;
        let seen = (answer.status, answer.error());
        assert_eq!(seen, (401, "invalid_client".to_owned()), "{headers:?} {fields:?}");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        what_is_told(&answer)
    }

    async fn is_malformed(&self, headers: &[&str], fields: &[(&str, &str)]) {
        let answer = self.ask(headers, fields).await;
        let seen = (answer.status, answer.error());
        assert_eq!(seen, (400, "invalid_request".to_owned()), "{headers:?} {fields:?}");
    }
}

#[tokio::test]
async fn each_client_is_believed_in_the_way_it_is_registered_for() {
    let scene = scene().await;
    let (id, secret) = (scene.with_basic.id(), scene.with_basic.secret.clone());
    scene.is_believed(&[&basic(&id, &secret)], &[]).await;
    scene.is_believed(&[&basic(&id, &secret)], &[("client_id", &id)]).await;
    scene.is_believed(&[&basic(&id, &secret).replace("Basic", "bAsIc")], &[]).await;
    // The halves are form-encoded before they are joined: as many clients encode too much.
    let every: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    scene.is_believed(&[&basic(&id.replace('_', "%5F"), &every)], &[]).await;
    let usual: String = byte_serialize(secret.as_bytes()).collect();
    scene.is_believed(&[&basic(&id, &usual)], &[]).await;

    let (id, secret) = (scene.with_post.id(), scene.with_post.secret.clone());
    scene.is_believed(&[], &[("client_id", &id), ("client_secret", &secret)]).await;
    scene.is_believed(&[], &[("client_id", &scene.public.id())]).await;
}

#[tokio::test]
async fn no_client_is_believed_in_another_way() {
    let scene = scene().await;
    let Scene { with_basic, with_post, public, .. } = &scene;
    let (id, secret) = (with_basic.id(), with_basic.secret.as_str());
    scene.is_not_believed(&[], &[("client_id", &id), ("client_secret", secret)]).await;
    scene.is_not_believed(&[], &[("client_id", &id)]).await;
    let (id, secret) = (with_post.id(), with_post.secret.as_str());
    scene.is_not_believed(&[&basic(&id, secret)], &[]).await;
    scene.is_not_believed(&[], &[("client_id", &id)]).await;
    scene.is_not_believed(&[&basic(&public.id(), "")], &[]).await;
    scene.is_not_believed(&[], &[("client_id", &public.id()), ("client_secret", "x")]).await;
}

#[tokio::test]
async fn nobody_learns_which_clients_exist() {
    let scene = scene().await;
    let (id, secret) = (scene.with_basic.id(), scene.with_basic.secret.clone());
    let off = scene.world.relying_party().await;
    scene.world.disable_client(&off).await;
    let unknown = protocol::ClientId::new(scene.world.store().randomness()).to_string();
    let wrong = scene.is_not_believed(&[&basic(&id, "wrong")], &[]).await;
    let cases = [
        basic(&id, ""),
        basic(&id, &secret[1..]),
        basic(&id, &format!("{secret} ")),
        basic(&id, &scene.with_post.secret),
        basic(&unknown, &secret),
        basic("not an id", &secret),
        basic("", ""),
        basic(&off.id(), &off.secret),
    ];
    for header in cases {
        assert_eq!(scene.is_not_believed(&[&header], &[]).await, wrong, "{header}");
    }
}

#[tokio::test]
async fn a_malformed_header_is_never_as_good_as_none() {
    let scene = scene().await;
    let public = scene.public.id();
    let long = format!("Basic {}", "A".repeat(5_000));
    for header in
        ["Basic", "Basic ", "Basic !", "Basic YWJj", "Bearer x", "Digest x", "x", "", &long]
    {
        scene.is_not_believed(&[header], &[("client_id", &public)]).await;
    }
}

#[tokio::test]
async fn two_ways_at_once_are_malformed() {
    let scene = scene().await;
    let (id, secret) = (scene.with_basic.id(), scene.with_basic.secret.clone());
    let header = basic(&id, &secret);
    scene.is_malformed(&[&header, &header], &[]).await;
    scene.is_malformed(&[&header], &[("client_secret", &secret)]).await;
    scene.is_malformed(&[&header], &[("client_id", &scene.public.id())]).await;
    scene.is_malformed(&[&header], &[("client_assertion", "x")]).await;
    scene.is_malformed(&[], &[("client_id", &id), ("client_id", &id)]).await;
    scene.is_not_believed(&[], &[]).await;
    scene.is_not_believed(&[], &[("client_secret", &secret)]).await;
    scene.is_not_believed(&[], &[("client_assertion", "x"), ("client_id", &id)]).await;
}
