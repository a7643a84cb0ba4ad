//! Keys are rotated by one node while all sign: every token verifies with the keys of every node, and none is signed with
//! a key before its time.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::start::SystemClock;
use protocol::{
    Clock, KeyId, Realm, Timestamp,
    jose::{Expectations, Jwks, VerifyingKeys},
    paths,
    tokens::IdTokenClaims,
};
use serde_json::Value;
use storage::{Stored, signing_keys::SigningKey};

use crate::{
    cluster::{Circumstance, Cluster, Node, waits},
    load::Application,
    promised,
    world::{Tokens, Wire},
};

promised!(with_hints, Hinted, a_rotation_under_load_fails_no_verification);
promised!(without_hints, Unhinted, a_rotation_under_load_fails_no_verification);
promised!(with_one_node_cut_off, OneCutOff, a_rotation_under_load_fails_no_verification);

/// How long clients keep a JWKS here: `keys.jwks_cache` of the nodes.
const JWKS_CACHE: Duration = Duration::from_secs(1);

async fn a_rotation_under_load_fails_no_verification(circumstance: Circumstance) {
    let cluster = Cluster::own(circumstance).await;
    let mut application = Application::new(&cluster).await;
    // A node that is cut off is red, and nobody is sent to it: neither for tokens nor for keys.
    let mut verifiers: Vec<_> = cluster.serving().iter().map(|node| Verifier::of(node)).collect();
    let first = application.key_id();

    let successor = rotated_by_one(&cluster).await;
    let mut signed_with_it = 0;
    waits::until("every node signs with the successor", async || {
        let refreshed = application.party.refresh(application.tokens.refresh_token()).await;
        application.tokens = Tokens::read(refreshed);
        for verifier in &mut verifiers {
            verifier.verify(&application).await;
        }
        let key_id = application.key_id();
        if key_id == successor.published.key_id().to_string() {
            assert!(SystemClock.now() >= successor.published.signs_from, "before its time");
            signed_with_it += 1;
        } else {
            assert_eq!(key_id, first);
        }
        (signed_with_it == 6).then_some(())
    })
    .await;
    // What was signed before still verifies, and whoever asks next is told so by any node.
    cluster.reach_all().await;
    for node in &cluster.nodes {
        application.lost_nothing(node).await;
    }
}

/// All nodes are told to rotate at once: one does.
async fn rotated_by_one(cluster: &Cluster) -> Stored<SigningKey> {
    let keys = async || cluster.ground.store.signing_keys(&Realm::main()).await.unwrap();
    let before: Vec<KeyId> = keys().await.iter().map(|key| key.published.key_id()).collect();
    let [one, two, three] = &cluster.nodes;
    let command = ["keys", "rotate"];
    let (one, two, three) = tokio::join!(
        one.command_done(&command),
        two.command_done(&command),
        three.command_done(&command),
    );
    let done = [one, two, three];
    assert_eq!(done.iter().filter(|done| done.status.success()).count(), 1, "{done:?}");
    let mut new = keys().await;
    new.retain(|key| !before.contains(&key.published.key_id()));
    assert_eq!(new.len(), 1, "one successor of one key");
    new.remove(0)
}

impl Application {
    /// The key that signed its newest ID token.
    fn key_id(&self) -> String {
        let header = self.tokens.id_token().split('.').next().expect("a header");
        let header = URL_SAFE_NO_PAD.decode(header).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        header["kid"].as_str().expect("a kid").to_owned()
    }
}

/// A client that keeps the JWKS of one node as long as it may.
struct Verifier {
    wire: Wire,
    kept: Option<(Timestamp, VerifyingKeys)>,
}

impl Verifier {
    fn of(node: &Node) -> Self {
        Self { wire: node.wire(), kept: None }
    }

    async fn verify(&mut self, application: &Application) {
        let is_kept = |(at, _): &(Timestamp, VerifyingKeys)| SystemClock.now() < *at + JWKS_CACHE;
        if !self.kept.as_ref().is_some_and(is_kept) {
            let now = SystemClock.now();
            let jwks = self.wire.get(paths::JWKS).await.json();
            let jwks: Jwks = serde_json::from_value(jwks).expect("a JWKS");
            self.kept = Some((now, VerifyingKeys::new(&jwks.keys).expect("keys")));
        }
        let (_, keys) = self.kept.as_ref().expect("it was fetched");
        let audience = application.party.id();
        let expected = Expectations {
            issuer: self.wire.issuer(),
            audience: Some(&audience),
            now: SystemClock.now(),
        };
        let verified = keys.verify::<IdTokenClaims>(application.tokens.id_token(), &expected);
        assert!(verified.is_ok(), "{:?}", verified.err());
    }
}
