//! Rows are read as they were put; a scan is ordered and paged.

use std::{ops::Bound, sync::Arc};

use super::ground::{NOW, all, commit, delete, get, holder, ids, key, main, ok, page, put, some};
use crate::engine::{Engine, IndexKey, Position, Range, Row};

pub(crate) async fn a_row_is_read_back_as_it_was_put(engine: Arc<dyn Engine>) {
    let until = super::ground::after(60);
    let version =
        commit(&*engine, vec![put("a").body(r#"{"n":1}"#).many("kind", "x").until(until).into()])
            .await;
    let expected = Row {
        key: key("a"),
        version,
        schema: 1,
        body: br#"{"n":1}"#.to_vec(),
        expires_at: Some(until),
    };
    assert_eq!(get(&*engine, "a").await, Some(expected.clone()));
    let found = ok(engine.scan(&all(Some("kind"), main()), None, 10, NOW).await);
    assert_eq!(found.into_iter().map(|found| found.row).collect::<Vec<_>>(), [expected]);
}

pub(crate) async fn a_row_that_was_never_put_does_not_exist(engine: Arc<dyn Engine>) {
    assert_eq!(get(&*engine, "a").await, None);
    assert_eq!(holder(&*engine, main(), "name", "a").await, None);
    assert!(ids(&*engine, &all(None, main())).await.is_empty());
    assert!(ids(&*engine, &all(Some("name"), main())).await.is_empty());
}

pub(crate) async fn a_row_is_found_by_its_unique_value(engine: Arc<dyn Engine>) {
    let version = commit(
        &*engine,
        vec![put("a").unique("name", "anna").into(), put("b").unique("name", "an").into()],
    )
    .await;
    let index =
        IndexKey { table: super::ground::TABLE, index: "name", tenant: main(), value: "an".into() };
    let row = some(ok(engine.find(&index, NOW).await));
    assert_eq!((row.key, row.version), (key("b"), version));
    for other in ["a", "ann", "annaa", "ANNA", ""] {
        assert_eq!(holder(&*engine, main(), "name", other).await, None, "{other}");
    }
}

pub(crate) async fn a_scan_by_value_is_ordered_by_value_and_then_by_id(engine: Arc<dyn Engine>) {
    let rows = [("d", "2"), ("b", "1"), ("a", "3"), ("c", "1"), ("bb", "1")];
    commit(&*engine, rows.iter().map(|(id, value)| put(id).many("kind", *value).into()).collect())
        .await;
    assert_eq!(ids(&*engine, &all(Some("kind"), main())).await, ["b", "bb", "c", "d", "a"]);
}

pub(crate) async fn a_scan_by_id_is_ordered(engine: Arc<dyn Engine>) {
    commit(&*engine, ["b", "ab", "a", "c", "B"].map(|id| put(id).into()).into()).await;
    assert_eq!(ids(&*engine, &all(None, main())).await, ["B", "a", "ab", "b", "c"]);
}

pub(crate) async fn a_scan_goes_on_after_any_row_without_gap_or_repetition(
    engine: Arc<dyn Engine>,
) {
    let rows = (0..23)
        .map(|number| put(&format!("id{number}")).many("kind", (number % 4).to_string()).into());
    commit(&*engine, rows.collect()).await;
    for index in [None, Some("kind")] {
        let range = all(index, main());
        let whole = page(&*engine, &range, None, 100).await;
        assert_eq!(whole.len(), 23);
        for limit in [1, 2, 7, 22, 23, 24] {
            let mut pages = Vec::new();
            loop {
                let next = page(&*engine, &range, pages.last(), limit).await;
                assert!(next.len() <= limit);
                if next.is_empty() {
                    break;
                }
                pages.extend(next);
            }
            assert_eq!(pages, whole, "{index:?} by {limit}");
        }
        assert!(page(&*engine, &range, None, 0).await.is_empty());
    }
}

pub(crate) async fn the_bounds_of_a_scan_are_exact(engine: Arc<dyn Engine>) {
    let values = ["a", "ab", "abc", "b", "ba"];
    commit(&*engine, values.map(|value| put(value).many("kind", value).into()).into()).await;
    let bound = |text: &str, is_included: bool| match is_included {
        true => Bound::Included(text.to_owned()),
        false => Bound::Excluded(text.to_owned()),
    };
    for index in [None, Some("kind")] {
        for (from, to) in values.iter().flat_map(|from| values.map(|to| (*from, to))) {
            for (with_from, with_to) in [(true, true), (true, false), (false, true), (false, false)]
            {
                let range = Range {
                    from: bound(from, with_from),
                    to: bound(to, with_to),
                    ..all(index, main())
                };
                let inside = |value: &&str| {
                    (*value > from || with_from && *value == from)
                        && (*value < to || with_to && *value == to)
                };
                let expected: Vec<_> = values.into_iter().filter(inside).collect();
                assert_eq!(ids(&*engine, &range).await, expected, "{range:?}");
            }
        }
    }
}

pub(crate) async fn values_are_ordered_by_their_bytes(engine: Arc<dyn Engine>) {
    let values = [
        "",
        "\u{1}",
        " ",
        "!",
        "0",
        "10",
        "9",
        "A",
        "Z",
        "_",
        "a",
        "a\u{1}",
        "a ",
        "aa",
        "z",
        "\u{7f}",
        "ß",
        "é",
        "漢",
        "\u{10ffff}",
    ];
    commit(
        &*engine,
        values
            .iter()
            .rev()
            .enumerate()
            .map(|(id, value)| put(&format!("{id:02}")).many("kind", *value).into())
            .collect(),
    )
    .await;
    let found = page(&*engine, &all(Some("kind"), main()), None, 100).await;
    assert_eq!(found.iter().map(|position| &position.value[..]).collect::<Vec<_>>(), values);
}

pub(crate) async fn a_scan_goes_on_after_a_row_that_is_gone(engine: Arc<dyn Engine>) {
    commit(&*engine, ["a", "b", "c"].map(|id| put(id).many("kind", "x").into()).into()).await;
    commit(&*engine, vec![delete("b")]).await;
    let gone = Position { value: "x".into(), id: "b".into() };
    let rest = page(&*engine, &all(Some("kind"), main()), Some(&gone), 10).await;
    assert_eq!(rest.into_iter().map(|position| position.id).collect::<Vec<_>>(), ["c"]);
}

pub(crate) async fn a_range_that_ends_before_it_begins_is_empty(engine: Arc<dyn Engine>) {
    commit(&*engine, ["a", "b", "c"].map(|id| put(id).many("kind", id).into()).into()).await;
    let included = |text: &str| Bound::Included(text.to_owned());
    let excluded = |text: &str| Bound::Excluded(text.to_owned());
    for index in [None, Some("kind")] {
        for (from, to) in [
            (included("c"), included("a")),
            (excluded("c"), included("a")),
            (included("c"), excluded("a")),
            (excluded("b"), excluded("b")),
            (included("z"), included("x")),
        ] {
            let range = Range { from, to, ..all(index, main()) };
            assert!(ids(&*engine, &range).await.is_empty(), "{range:?}");
        }
        // A page may begin where another range had its end.
        let range = Range { to: included("a"), ..all(index, main()) };
        let after = Position { value: "c".into(), id: "c".into() };
        assert!(page(&*engine, &range, Some(&after), 10).await.is_empty(), "{index:?}");
    }
}
