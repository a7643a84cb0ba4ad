//! Who hashes when, and with which memory.

use std::{sync::mpsc, thread};

use super::*;

const SHARE_KIB: u64 = 4;

/// Waits until so many have ever asked for a share.
fn wait_for_tickets(shelf: &Shelf, count: u64) {
    while shelf.stock().next_ticket < count {
        thread::yield_now();
    }
}

#[test]
fn no_more_is_computed_at_once_than_there_are_places_and_memory() {
    let shelf = Shelf::new(3, 16, SHARE_KIB);
    let now = Mutex::new((0, 0));
    let compute = |kib: u64| {
        let share = shelf.take(kib);
        let mut computed = now.lock().unwrap();
        computed.0 += 1;
        computed.1 += kib;
        assert!(computed.0 <= 3 && computed.1 <= 16, "{computed:?}");
        drop(computed);
        thread::yield_now();
        let mut computed = now.lock().unwrap();
        computed.0 -= 1;
        computed.1 -= kib;
        drop((computed, share));
    };
    thread::scope(|scope| {
        for index in 0..8 {
            scope.spawn(move || {
                (0..50).for_each(|turn| compute([4, 8, 12, 16][(index + turn) % 4]))
            });
        }
    });
    let stock = shelf.stock();
    assert_eq!((stock.places, stock.kib), (3, 16));
}

#[test]
fn a_hash_that_needs_much_memory_is_not_overtaken() {
    let shelf = Shelf::new(2, 16, SHARE_KIB);
    let (tell, order) = mpsc::sync_channel(2);
    thread::scope(|scope| {
        let small = shelf.take(4);
        for (index, kib) in [16, 4].into_iter().enumerate() {
            let (shelf, tell) = (&shelf, tell.clone());
            scope.spawn(move || {
                let _share = shelf.take(kib);
                tell.send(kib).unwrap();
            });
            wait_for_tickets(shelf, 2 + index as u64);
        }
        assert!(
            order.try_recv().is_err(),
            "there was memory for the second, but it was not its turn"
        );
        drop(small);
    });
    assert_eq!(order.try_iter().collect::<Vec<_>>(), [16, 4]);
}

#[test]
fn a_hash_that_asks_for_more_than_there_is_gets_all_of_it() {
    let shelf = Shelf::new(2, 16, SHARE_KIB);
    drop(shelf.take(17));
    assert_eq!(shelf.stock().kib, 16);
}

#[test]
fn memory_serves_the_next_hash() {
    let shelf = Shelf::new(1, 16, SHARE_KIB);
    shelf.take(0).memory.blocks(4).unwrap();
    assert_eq!(shelf.take(0).memory.kib(), 4);
    shelf.clear();
    assert_eq!(shelf.take(0).memory.kib(), 0, "it was given back to the machine");
}

#[test]
fn memory_of_an_unusual_hash_is_given_back_and_idle_memory_makes_room_for_it() {
    let shelf = Shelf::new(2, 16, SHARE_KIB);
    shelf.take(0).memory.blocks(4).unwrap();
    let mut large = shelf.take(8);
    assert!(shelf.stock().idle.is_empty());
    large.memory.blocks(8).unwrap();
    drop(large);
    assert_eq!(shelf.take(0).memory.kib(), 0);
}

#[test]
fn memory_that_the_machine_does_not_have_is_an_error() {
    assert_eq!(Memory::default().blocks(usize::MAX / 4096).err(), Some(OutOfMemory));
}
