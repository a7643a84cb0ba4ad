//! The audit log, followed: nothing is missed and nothing told twice, whoever dies and whenever somebody goes on.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt;
use poem::Body;
use protocol::permission::Permissions;
use serde_json::{Value, json};
use storage::{audit::AuditEntry, operators::Operator};
use tokio::time::timeout;

use super::{Caller, happen, is_problem};
use crate::world::{Loopback, World};

/// Longer than any machine that runs tests takes to do anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who reads lines as they come.
struct Reader {
    body: futures_util::stream::BoxStream<'static, Result<hyper::body::Bytes, std::io::Error>>,
    text: String,
}

impl Reader {
    fn of(body: Body) -> Self {
        Self { body: Box::pin(body.into_bytes_stream()), text: String::new() }
    }

    /// The next entry; nothing at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((line, rest)) = self.text.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.text = rest;
                if !line.is_empty() {
                    return Some(serde_json::from_str(&line).expect("a line of JSON"));
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.body.next()).await.expect("it goes on or ends");
            let Some(chunk) = chunk else {
                assert_eq!(self.text, "", "it ends after a whole line");
                return None;
            };
            self.text += std::str::from_utf8(&chunk.expect("bytes")).expect("text");
        }
    }

    async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.next().await.expect("it goes on"));
        }
        taken
    }
}

/// What there is now, after a cursor.
async fn now(caller: &Caller, query: &str) -> Vec<Value> {
    let answer = caller.get(&format!("/audit/stream?follow=false{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    answer.body.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn places(lines: &[Value]) -> Vec<(String, u64)> {
    let place = |line: &Value| {
        (line["node"].as_str().unwrap().to_owned(), line["sequence"].as_u64().unwrap())
    };
    let places: Vec<_> = lines.iter().map(place).collect();
    let once: BTreeSet<_> = places.iter().collect();
    assert_eq!(once.len(), places.len(), "an entry is told twice");
    places
}

fn after(line: &Value) -> String {
    format!("&after={}", line["cursor"].as_str().expect("a cursor"))
}

#[tokio::test]
async fn who_goes_on_from_any_line_is_told_exactly_the_rest() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    happen(&world, 5, None).await;
    happen(&beside, 5, None).await;
    beside.look().await.unwrap();
    let whole = now(&admin, "").await;
    assert_eq!(places(&whole).len(), 10);
    for (index, line) in whole.iter().enumerate() {
        let rest: BTreeSet<_> = places(&now(&admin, &after(line)).await).into_iter().collect();
        let expected: BTreeSet<_> = places(&whole[index + 1..]).into_iter().collect();
        assert_eq!(rest, expected, "after line {index}");
    }
    assert_eq!(now(&admin, &after(&whole[9])).await, Vec::<Value>::new());
    // A node that was not there when the cursor was made is read from its first entry.
    let third = world.beside("third").await;
    happen(&third, 2, None).await;
    third.look().await.unwrap();
    let rest = now(&admin, &after(&whole[9])).await;
    assert_eq!(places(&rest), [("third".into(), 1), ("third".into(), 2)]);
    let one = now(&admin, "&node=third").await;
    assert_eq!(places(&one), places(&rest));
    assert_eq!(now(&admin, "&from_now=true").await, Vec::<Value>::new());
}

#[tokio::test]
async fn who_follows_hears_of_all_nodes_while_their_actors_are_killed_and_goes_on_elsewhere() {
    let world = World::new().await;
    let (admin, beside) = (world.admin().await, world.beside("second").await);
    let mut reader = Reader::of(
        world.open(admin.request("GET", "/audit/stream?follow=true&from_now=true")).await,
    );
    let mut heard = Vec::new();
    for _ in 0..3 {
        happen(&world, 3, None).await;
        happen(&beside, 4, None).await;
        for node in [&world, &beside] {
            node.kill("audit").await;
        }
        heard.extend(reader.take(7).await);
    }
    drop(reader);
    happen(&world, 2, None).await;
    happen(&beside, 2, None).await;
    beside.look().await.unwrap();
    let last = after(heard.last().unwrap());
    heard.extend(now(&admin.at(&beside), &last).await);
    world.look().await.unwrap();
    let last = after(heard.last().unwrap());
    heard.extend(now(&admin.at(&beside), &last).await);
    let mut places = places(&heard);
    places.sort();
    let chain = |node: &str, length: u64| {
        (1..=length).map(move |at| (node.to_owned(), at)).collect::<Vec<_>>()
    };
    let here = world.store().audit_heads(&world.realm()).await.unwrap();
    let here = here.into_iter().map(|head| head.node).find(|node| node != "second").unwrap();
    let mut expected = [chain(&here, 11), chain("second", 14)].concat();
    expected.sort();
    assert_eq!(places, expected);
}

#[tokio::test]
async fn who_reads_slowly_delays_nobody_and_costs_no_reading_ahead() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 500, None).await;
    let mut slow = Reader::of(world.open(admin.request("GET", "/audit/stream?follow=true")).await);
    assert_eq!(slow.take(1).await[0]["sequence"], 1);
    let head = slow.text.lines().count();
    assert!(head < 100, "no more than a page is kept for who does not read: {head}");
    assert_eq!(now(&admin, "").await.len(), 500);
    happen(&world, 1, None).await;
    assert_eq!(slow.take(500).await[499]["sequence"], 501);
}

#[tokio::test]
async fn an_operator_from_whom_the_right_is_taken_is_told_no_more() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 1, None).await;
    let mut reader =
        Reader::of(world.open(admin.request("GET", "/audit/stream?follow=true")).await);
    reader.take(1).await;
    let found = world.store().get::<Operator>(&world.realm(), &admin.operator_id).await.unwrap();
    let found = found.expect("the operator");
    let mut batch = world.store().batch();
    let permissions = Permissions::default();
    batch.replace(&found, &Operator { permissions, ..found.record.clone() });
    world.store().commit(batch).await.unwrap();
    assert_eq!(reader.next().await, None);
}

#[tokio::test]
async fn who_reads_slowly_is_told_no_page_more_once_the_right_is_taken() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 500, None).await;
    let mut slow = Reader::of(world.open(admin.request("GET", "/audit/stream?follow=true")).await);
    slow.take(1).await;
    let path = format!("/operators/{}", admin.operator_id);
    let deleted = world.admin().await.delete(&path, "*").await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    let mut told = 1;
    while slow.next().await.is_some() {
        told += 1;
    }
    assert!(told <= 200, "{told} were told");
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_it_was_asked_for_with() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 1, None).await;
    let mut reader =
        Reader::of(world.open(admin.request("GET", "/audit/stream?follow=true")).await);
    reader.take(1).await;
    let rotated = admin.post(&format!("/operators/{}/token", admin.operator_id), &json!({})).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    assert_eq!(reader.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_when_the_process_is_told_to_stop() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 3, None).await;
    let listening = world.listen(Loopback::default()).await;
    let request = format!(
        "GET /admin/v1/audit/stream?follow=true HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n",
        admin.token
    );
    let mut exchange = Box::pin(listening.exchange(&request));
    assert!(timeout(Duration::from_millis(700), &mut exchange).await.is_err(), "it goes on");
    listening.tell_to_stop();
    let answer = timeout(Duration::from_secs(20), exchange).await.expect("it ends");
    assert!(answer.ends_with("\r\n0\r\n\r\n"), "the answer is whole: {answer}");
    assert_eq!(answer.matches("\"cursor\"").count(), 3);
}

#[tokio::test]
async fn an_entry_that_was_damaged_is_told_by_its_place_and_stops_nobody() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 3, None).await;
    world.look().await.unwrap();
    let entries = world.store().all::<AuditEntry>(&world.realm(), None, 10).await.unwrap().items;
    let damaged = AuditEntry { content: "{".into(), ..entries[1].record.clone() };
    let mut batch = world.store().batch();
    batch.replace(&entries[1], &damaged);
    world.store().commit(batch).await.unwrap();
    let lines = now(&admin, "").await;
    assert_eq!(places(&lines).len(), 3);
    assert!(lines[1]["act"].is_null() && lines[2]["act"] == "node_started", "{lines:?}");
}

#[tokio::test]
async fn a_cursor_goes_on_only_where_it_was_made() {
    let world = World::new().await;
    let admin = world.admin().await;
    happen(&world, 2, None).await;
    let lines = now(&admin, "").await;
    let cursor = lines[0]["cursor"].as_str().unwrap();
    let node = lines[0]["node"].as_str().unwrap();
    let altered = cursor.replace(&cursor[10..11], if &cursor[10..11] == "A" { "B" } else { "A" });
    let list = admin.get("/audit").await.json()["next"].as_str().unwrap_or("AAAA").to_owned();
    for query in [
        format!("after={altered}"),
        format!("after={list}"),
        format!("after={cursor}&node={node}"),
        format!("after={cursor}&from_now=true"),
        format!("after={}", "A".repeat(20_000)),
        "after=".to_owned(),
        "node=../x".to_owned(),
        "follow=perhaps".to_owned(),
    ] {
        let answer = admin.get(&format!("/audit/stream?{query}")).await;
        is_problem(&answer, 400, "malformed_request");
    }
}

#[tokio::test]
async fn a_cursor_that_is_ahead_of_a_store_that_was_put_back_is_refused() {
    let (world, restored) = (World::new().await, World::new().await);
    happen(&world, 3, None).await;
    happen(&restored, 1, None).await;
    let admin = world.admin().await;
    let cursor = after(now(&admin, "").await.last().unwrap());
    let answer = restored.admin().await.get(&format!("/audit/stream?follow=false{cursor}")).await;
    is_problem(&answer, 400, "malformed_request");
    assert!(answer.text("detail").unwrap().contains("begin anew"), "{answer:?}");
}
