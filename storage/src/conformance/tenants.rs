//! What belongs to one realm or organisation is not seen in another, whatever its text.

use std::{ops::Bound, sync::Arc};

use protocol::Realm;

use super::ground::{
    NOW, all, batch, body, commit, get, holder, ids, main, not_unique, of, ok, organisation, put,
};
use crate::engine::{Engine, Key, Range};

fn realm(name: &str) -> Realm {
    ok(Realm::try_from(name.to_owned()))
}

pub(crate) async fn tables_and_realms_do_not_see_one_another(engine: Arc<dyn Engine>) {
    let places = [
        ("things", "main"),
        ("thing", "main"),
        ("things2", "main"),
        ("things", "mai"),
        ("things", "main-2"),
        ("things", "m"),
    ];
    for (number, (table, name)) in places.into_iter().enumerate() {
        let row =
            put("a").table(table).realm(&realm(name)).unique("name", "x").body(number.to_string());
        commit(&*engine, vec![row.into()]).await;
    }
    for (number, (table, name)) in places.into_iter().enumerate() {
        let at = Key { table, realm: realm(name), id: "a".into() };
        assert_eq!(
            ok(engine.get(&at, NOW).await).map(|row| row.body),
            Some(number.to_string().into_bytes())
        );
        for index in [None, Some("name")] {
            let range = Range { table, ..all(index, realm(name).into()) };
            let found = ok(engine.scan(&range, None, 10, NOW).await);
            assert_eq!(
                found.into_iter().map(|found| found.row.body).collect::<Vec<_>>(),
                [number.to_string().into_bytes()]
            );
        }
    }
}

pub(crate) async fn organisations_do_not_see_one_another(engine: Arc<dyn Engine>) {
    let [one, two, empty] = [organisation(), organisation(), organisation()];
    let rows = [
        put("none").many("kind", "x"),
        put("one").of(one).many("kind", "x"),
        put("two").of(two).many("kind", "x"),
    ];
    commit(&*engine, rows.map(Into::into).into()).await;
    for (tenant, expected) in [
        (main(), vec!["none"]),
        (of(one), vec!["one"]),
        (of(two), vec!["two"]),
        (of(empty), vec![]),
    ] {
        assert_eq!(ids(&*engine, &all(Some("kind"), tenant.clone())).await, expected);
        let value = Bound::Included("x".to_owned());
        let having = Range { from: value.clone(), to: value, ..all(Some("kind"), tenant) };
        assert_eq!(ids(&*engine, &having).await, expected);
    }
    assert_eq!(
        ids(&*engine, &all(None, main())).await,
        ["none", "one", "two"],
        "ids are the realm's"
    );
}

pub(crate) async fn each_organisation_has_unique_values_of_its_own(engine: Arc<dyn Engine>) {
    let [one, two] = [organisation(), organisation()];
    commit(&*engine, vec![put("a").unique("name", "x").into()]).await;
    commit(&*engine, vec![put("b").of(one).unique("name", "x").into()]).await;
    not_unique(&*engine, batch(vec![put("c").of(one).unique("name", "x").into()]), "name").await;
    assert_eq!(holder(&*engine, main(), "name", "x").await.as_deref(), Some("a"));
    assert_eq!(holder(&*engine, of(one), "name", "x").await.as_deref(), Some("b"));
    assert_eq!(holder(&*engine, of(two), "name", "x").await, None);
}

pub(crate) async fn a_row_that_moves_to_another_organisation_leaves_the_first(
    engine: Arc<dyn Engine>,
) {
    let [one, two] = [organisation(), organisation()];
    commit(&*engine, vec![put("a").of(one).unique("name", "x").into()]).await;
    commit(&*engine, vec![put("a").of(two).unique("name", "x").into()]).await;
    assert_eq!(holder(&*engine, of(one), "name", "x").await, None);
    assert_eq!(holder(&*engine, of(two), "name", "x").await.as_deref(), Some("a"));
}

pub(crate) async fn text_is_only_text(engine: Arc<dyn Engine>) {
    let hostile = [
        "a",
        "a:b",
        "a/b",
        "a|b",
        "a.b",
        "a\\b",
        "a,b",
        "a;b",
        "'",
        "\"",
        "`",
        "⟨a⟩",
        "⟩",
        "{}",
        "[0]",
        "$a",
        "%",
        "_",
        "*",
        "--",
        "/*",
        "'; DELETE things;",
        "\u{1}",
        "a\u{1}",
        "\n",
        "\r\n",
        "\t",
        " ",
        " a",
        "\u{ff}",
        "\u{feff}",
        "\u{202e}",
        "null",
        "NONE",
        "0",
        "01",
        "1.0",
        "true",
        "main",
        "things",
        "\u{10ffff}",
        "é",
        "e\u{301}",
        "A",
    ];
    commit(
        &*engine,
        hostile.map(|text| put(text).unique("name", text).body(format!("{text:?}")).into()).into(),
    )
    .await;
    for text in hostile {
        assert_eq!(body(&*engine, text).await, Some(format!("{text:?}")));
        assert_eq!(holder(&*engine, main(), "name", text).await.as_deref(), Some(text));
        let value = Bound::Included(text.to_owned());
        let having = Range { from: value.clone(), to: value, ..all(Some("name"), main()) };
        assert_eq!(ids(&*engine, &having).await, [text]);
    }
    assert_eq!(ids(&*engine, &all(None, main())).await.len(), hostile.len());
    assert_eq!(get(&*engine, "b").await, None);
}
