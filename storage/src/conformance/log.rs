//! The audit log as it is looked through, and what is counted when it is sealed: the same on every engine.

use std::sync::Arc;

use protocol::{
    ClientId, GrantId, KeyRing, MasterKey, Realm, Timestamp,
    event::{Act, Actor, Event, Personal},
};

use super::ground::{Counted, NOW, after, ok, some};
use crate::{
    Engine, Store,
    audit::{LogPage, Selection},
    revocations::Tallied,
};

fn realm() -> Realm {
    Realm::main()
}

/// A store whose clock stands at `seconds` after the beginning.
fn store(engine: &Arc<dyn Engine>, seconds: u64) -> Store {
    struct Still(Timestamp);
    impl protocol::Clock for Still {
        fn now(&self) -> Timestamp {
            self.0
        }
    }
    Store::new(Arc::clone(engine), Arc::new(Still(after(seconds))), Arc::new(Counted))
}

/// Something happens on `node` at `seconds`: a client gives back a grant, or else redeems a code.
async fn happens(
    engine: &Arc<dyn Engine>,
    (node, seconds): (&str, u64),
    (client_id, gives_back): (ClientId, bool),
) {
    let store = store(engine, seconds);
    let grant_id = GrantId::new(&Counted);
    let act = match gives_back {
        true => Act::GrantRevoked { grant_id },
        false => Act::CodeRedeemed { grant_id },
    };
    let event = Event {
        actor: Actor::Client(client_id),
        act,
        account_id: None,
        client_id: Some(client_id),
        request_id: Some(format!("{seconds:016x}")),
        personal: Personal::default(),
    };
    let mut batch = store.batch();
    let ring = KeyRing::new(MasterKey::new(&Counted));
    ok(store.record_event(&mut batch, (&realm(), node), event, &ring).await);
    ok(store.commit(batch).await);
}

async fn seal(engine: &Arc<dyn Engine>, node: &str) {
    let store = store(engine, 3600);
    let chain = ok(store.audit_chain(&realm(), node).await);
    ok(store.append_events(chain, 256).await);
}

/// After how many seconds what is on a page happened.
fn seconds(page: &LogPage) -> Vec<u64> {
    let event = |logged: &crate::audit::Logged| some(logged.event.clone()).at.since(NOW).as_secs();
    page.items.iter().map(event).collect()
}

pub(super) async fn what_happened_is_found_by_each_thing_and_by_all_together(
    engine: Arc<dyn Engine>,
) {
    let (one, other) = (ClientId::new(&Counted), ClientId::new(&Counted));
    for second in 0..6 {
        let (node, client_id) = if second % 2 == 0 { ("a", one) } else { ("b", other) };
        happens(&engine, (node, second), (client_id, second >= 4)).await;
    }
    seal(&engine, "a").await;
    let store = store(&engine, 3600);
    let found = async |selection: Selection| {
        let page = ok(store.audit_log(&realm(), &selection, None, 100).await);
        assert_eq!(page.next, None);
        seconds(&page)
    };
    let all = Selection::default;
    assert_eq!(found(all()).await, [5, 4, 3, 2, 1, 0]);
    let client_id = Some(one.to_string());
    assert_eq!(found(Selection { client_id: client_id.clone(), ..all() }).await, [4, 2, 0]);
    assert_eq!(found(Selection { actor: Some(other.to_string()), ..all() }).await, [5, 3, 1]);
    let act = Some("grant_revoked".to_owned());
    assert_eq!(found(Selection { act: act.clone(), ..all() }).await, [5, 4]);
    assert_eq!(found(Selection { act, client_id, ..all() }).await, [4]);
    let request_id = Some(format!("{:016x}", 3));
    assert_eq!(found(Selection { request_id, ..all() }).await, [3]);
    let (from, to) = (Some(after(1)), Some(after(4)));
    assert_eq!(found(Selection { from, to, ..all() }).await, [3, 2, 1]);
    let account_id = Some("acc_00000000000000000000000000000000".to_owned());
    assert!(found(Selection { account_id, ..all() }).await.is_empty());
}

pub(super) async fn what_is_sealed_between_two_pages_is_met_once(engine: Arc<dyn Engine>) {
    let client_id = ClientId::new(&Counted);
    for second in 0..10 {
        happens(&engine, (if second % 3 == 0 { "a" } else { "b" }, second), (client_id, false))
            .await;
    }
    let store = store(&engine, 3600);
    let (mut met, mut next) = (Vec::new(), None);
    for node in ["a", "b", "a", "b", "a"] {
        let selection =
            Selection { client_id: Some(client_id.to_string()), ..Selection::default() };
        let page = ok(store.audit_log(&realm(), &selection, next.as_deref(), 3).await);
        met.extend(seconds(&page));
        seal(&engine, node).await;
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(met, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
}

pub(super) async fn what_was_taken_back_is_counted_once_by_who_seals_it(engine: Arc<dyn Engine>) {
    let client_id = ClientId::new(&Counted);
    for (node, second) in [("a", 0), ("b", 1), ("a", 2), ("a", 3600), ("a", 7200)] {
        happens(&engine, (node, second), (client_id, true)).await;
        seal(&engine, node).await;
        seal(&engine, node).await;
    }
    let store = store(&engine, 3600);
    let count = async |from: u64, to: u64| match ok(store
        .revocations_tallied(&realm(), (after(from), after(to)))
        .await)
    {
        Tallied::Counts(counts) => {
            counts.get("grant").map_or(0, |reasons| reasons.get("by_client").copied().unwrap_or(0))
        }
        Tallied::TooMuch => u64::MAX,
    };
    assert_eq!(count(0, 0).await, 3);
    assert_eq!(count(0, 7200).await, 5);
    assert_eq!(count(3600, 7199).await, 1);
    assert_eq!(count(10_800, 20_000).await, 0);
}
