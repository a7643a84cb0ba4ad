//! Keys through their lives.

use super::*;

#[tokio::test]
async fn a_new_installation_signs_with_every_algorithm_at_once() {
    let ground = ground();
    let node = Node::ready(&ground, "node", Algorithm::ALL).await;
    let keys = node.keys.snapshot();
    assert_eq!(keys.algorithms(ground.store.now()), Algorithm::ALL);
    for algorithm in Algorithm::ALL {
        let token = sign(&ground, &keys, *algorithm).unwrap();
        assert!(verifies(&ground, &keys, &token), "{algorithm}");
    }
    assert_eq!(keys.jwks(ground.store.now()).keys.len(), Algorithm::ALL.len());
    assert!(keys.unusable().is_empty());
}

#[tokio::test]
async fn before_the_first_look_there_are_no_keys_and_nobody_is_told_otherwise() {
    let ground = ground();
    ground.engine.go_down();
    let node = start(&ground, "node", FAST).await;
    let (keys, now) = (node.keys.snapshot(), ground.store.now());
    assert!(keys.signing(Algorithm::EdDsa, now).is_none());
    assert_eq!((keys.algorithms(now), keys.list(now)), (vec![], vec![]));
    assert_eq!(&*keys.jwks_json(now), r#"{"keys":[]}"#);
}

#[tokio::test]
async fn a_key_is_announced_signs_retires_and_goes_and_every_token_verifies() {
    let ground = ground();
    let node = Node::ready(&ground, "node", &[Algorithm::EdDsa]).await;
    let first = node.signing(&ground, Algorithm::EdDsa).unwrap();
    ground.clock.advance(INTERVALS.rotate_every - INTERVALS.announce_before);
    node.look().await;
    assert_eq!(
        node.states(ground.store.now()),
        [(Algorithm::EdDsa, KeyState::Signing), (Algorithm::EdDsa, KeyState::Announced)]
    );
    let announced = node.keys.snapshot();
    assert_eq!(announced.jwks(ground.store.now()).keys.len(), 2);

    let moment = Duration::from_millis(1);
    ground.clock.advance(INTERVALS.announce_before - moment);
    let last_of_first = sign(&ground, &announced, Algorithm::EdDsa).unwrap();
    ground.clock.advance(moment);
    assert_ne!(
        node.signing(&ground, Algorithm::EdDsa),
        Some(first),
        "its time has come without a look"
    );
    ground.clock.advance(LEEWAY);
    node.look().await;
    ground.clock.advance(INTERVALS.token_lifetime_max - LEEWAY - moment);
    assert!(verifies(&ground, &node.keys.snapshot(), &last_of_first));

    ground.clock.advance(Duration::from_secs(60));
    node.look().await;
    let keys = node.keys.snapshot();
    assert_eq!(keys.jwks(ground.store.now()).keys.len(), 1);
    assert!(!verifies(&ground, &keys, &last_of_first), "from then on it is believed no more");
    let acts = acts(&ground, "node").await;
    assert!(matches!(acts.as_slice(), [
        Act::KeyAnnounced { key_id, .. }, Act::KeyAnnounced { .. }, Act::KeyRetired { key_id: retired },
    ] if *key_id == first && *retired == first));
}

/// An installation whose first key has just retired, the last that this has signed, and its `kid`.
async fn retired(ground: &Ground) -> (Node, String, KeyId) {
    let node = Node::ready(ground, "node", &[Algorithm::EdDsa]).await;
    let old = node.signing(ground, Algorithm::EdDsa).unwrap();
    node.keys.rotate(None).await.unwrap().unwrap();
    let moment = Duration::from_millis(1);
    ground.clock.advance(INTERVALS.announce_before - moment);
    let token = sign(ground, &node.keys.snapshot(), Algorithm::EdDsa).unwrap();
    ground.clock.advance(moment + LEEWAY);
    node.look().await;
    (node, token, old)
}

/// The row of a key in the store, as text.
async fn row(ground: &Ground, key_id: KeyId) -> Option<serde_json::Value> {
    let keys = ground.store.signing_keys(&Realm::main()).await.unwrap();
    let key = keys.into_iter().find(|key| key.published.key_id() == key_id)?;
    Some(serde_json::to_value(key.record).unwrap())
}

#[tokio::test]
async fn the_private_part_of_a_key_that_signs_no_more_is_deleted_and_its_public_part_verifies() {
    let ground = ground();
    let (node, token, old) = retired(&ground).await;
    assert!(row(&ground, old).await.unwrap().get("private").is_some());
    ground.clock.advance(INTERVALS.staleness_max + 2 * LEEWAY);
    node.look().await;
    assert_eq!(row(&ground, old).await.unwrap().get("private"), None);
    let keys = node.keys.snapshot();
    assert_eq!(keys.jwks(ground.store.now()).keys.len(), 2);
    assert!(verifies(&ground, &keys, &token) && keys.unusable().is_empty());
    // Neither is it missed by a node that starts now.
    let other = Node::ready(&ground, "other", &[Algorithm::EdDsa]).await;
    assert!(other.keys.snapshot().unusable().is_empty());
    assert!(sign(&ground, &other.keys.snapshot(), Algorithm::EdDsa).is_some());
}

#[tokio::test]
async fn what_a_former_key_has_signed_is_a_hint_as_long_as_a_session_lasts_and_nothing_else() {
    let ground = ground();
    let (node, token, old) = retired(&ground).await;
    ground.clock.advance(INTERVALS.hints_kept);
    node.look().await;
    let keys = node.keys.snapshot();
    assert!(is_understood(&ground, &keys, &token) && !verifies(&ground, &keys, &token));
    let now = ground.store.now();
    assert_eq!(keys.jwks(now).keys.len(), 1);
    assert_eq!(
        node.states(now),
        [(Algorithm::EdDsa, KeyState::Former), (Algorithm::EdDsa, KeyState::Signing)]
    );
    // Also for a node that starts now.
    let other = Node::ready(&ground, "other", &[Algorithm::EdDsa]).await;
    assert!(is_understood(&ground, &other.keys.snapshot(), &token));

    ground.clock.advance(Duration::from_secs(60));
    node.look().await;
    assert!(!is_understood(&ground, &node.keys.snapshot(), &token));
    assert_eq!(row(&ground, old).await, None);
}

#[tokio::test]
async fn a_key_that_leaves_the_jwks_verifies_nothing_although_no_record_has_changed() {
    let ground = ground();
    let (node, token, _) = retired(&ground).await;
    ground.clock.advance(INTERVALS.staleness_max + 2 * LEEWAY);
    node.look().await;
    let keys = node.keys.snapshot();
    let (now, is_former) = (ground.store.now(), |key: &ListedKey| key.state == KeyState::Former);
    let end = keys.list(now).first().and_then(|key| key.published_until).unwrap();
    ground.engine.work();
    for (at, is_known) in [(end - Duration::from_millis(1), true), (end, false)] {
        ground.clock.advance(at.since(ground.store.now()));
        node.look().await;
        let keys = node.keys.snapshot();
        // Its own end, which comes first, aside.
        let early = Expectations { issuer: "https://id.example", audience: None, now };
        assert_eq!(believes(&keys, &token, &early), is_known);
        assert_eq!(keys.list(at).iter().any(is_former), !is_known);
    }
    assert_eq!(ground.engine.work().1, 0);
}

#[tokio::test]
async fn the_jwks_drops_a_key_in_time_even_when_nobody_looks() {
    let ground = ground();
    let node = Node::ready(&ground, "node", &[Algorithm::EdDsa]).await;
    node.keys.rotate(None).await.unwrap().unwrap();
    ground.clock.advance(INTERVALS.announce_before + LEEWAY);
    node.look().await;
    let keys = node.keys.snapshot();
    let now = ground.store.now();
    let end = keys.list(now)[0].published_until.unwrap();
    for (at, count) in [(now, 2), (end - Duration::from_millis(1), 2), (end, 1)] {
        assert_eq!(keys.jwks(at).keys.len(), count);
        assert_eq!(&*keys.jwks_json(at), serde_json::to_string(&keys.jwks(at)).unwrap());
    }
    assert!(Arc::ptr_eq(&keys.jwks_json(now), &keys.jwks_json(now)), "it is made once");
}

#[tokio::test]
async fn a_token_is_verified_once_for_each_set_of_keys_and_what_is_forged_each_time() {
    let ground = ground();
    let node = Node::ready(&ground, "node", &[Algorithm::EdDsa]).await;
    let before = node.keys.snapshot();
    let token = Token::presented(sign(&ground, &before, Algorithm::EdDsa).unwrap());
    let known = before.access_token(&token).unwrap();
    assert!(Arc::ptr_eq(&known, &before.access_token(&token).unwrap()));

    let forged = Token::presented(format!("{}AA", token.expose()));
    for _ in 0..2 {
        assert_eq!(before.access_token(&forged).err(), Some(Refused::Signature));
    }

    node.keys.rotate(None).await.unwrap().unwrap();
    let after = node.keys.snapshot();
    assert!(!Arc::ptr_eq(&known, &after.access_token(&token).unwrap()));
}

#[tokio::test]
async fn a_rotation_by_hand_announces_a_successor_and_not_a_second_one() {
    let ground = ground();
    let node = Node::ready(&ground, "node", FAST).await;
    let old = node.signing(&ground, Algorithm::EdDsa);
    let announced = node.keys.rotate(Some(Algorithm::EdDsa)).await.unwrap().unwrap();
    assert_eq!(node.signing(&ground, Algorithm::EdDsa), old);
    let again = node.keys.rotate(Some(Algorithm::EdDsa)).await.unwrap();
    assert!(matches!(again, Err(NotRotated::Refused(_))), "{again:?}");

    let others = node.keys.rotate(None).await.unwrap().unwrap();
    assert_eq!(others.len(), FAST.len() - 1);
    let none_left = node.keys.rotate(None).await.unwrap();
    assert!(matches!(none_left, Err(NotRotated::Refused(_))), "{none_left:?}");

    ground.clock.advance(INTERVALS.announce_before);
    assert_eq!(
        node.signing(&ground, Algorithm::EdDsa),
        announced.first().map(|key| key.public_jwk.key_id())
    );
}

#[tokio::test]
async fn an_algorithm_that_is_configured_later_is_announced_before_it_signs() {
    let ground = ground();
    drop(Node::ready(&ground, "node", &[Algorithm::EdDsa]).await);
    let grown = Node::ready(&ground, "node", FAST).await;
    grown.look().await;
    assert_eq!(grown.keys.snapshot().algorithms(ground.store.now()), [Algorithm::EdDsa]);
    ground.clock.advance(INTERVALS.announce_before);
    assert_eq!(grown.keys.snapshot().algorithms(ground.store.now()), FAST);
}
