//! An engine against a model of it: a map, and the promises said once more in the plainest way.

#![expect(clippy::indexing_slicing, reason = "a test that finds less than it expects ends there")]

use std::{collections::BTreeMap, future::Future, ops::Bound, pin::Pin, sync::Arc, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use protocol::{OrganisationId, Tenant, Timestamp};

use super::ground::{NOW, all, batch_at, holder_at, key, main, of, ok, put};
use crate::engine::{Batch, Check, Engine, Expectation, Outcome, Range, Version, Write};

/// What makes an empty store.
type Made = Pin<Box<dyn Future<Output = Arc<dyn Engine>>>>;

/// Sequences of operations that are tried.
const CASES: u32 = 64;

/// An engine answers what its model answers, whatever is done to both.
pub fn an_engine_behaves_like_its_model(make: impl Fn() -> Made) {
    let runtime = ok(tokio::runtime::Builder::new_current_thread().enable_all().build());
    let mut runner =
        TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let organisations = [None, Some(super::ground::organisation())];
    let cases = prop::collection::vec(operation(), 1..25);
    ok(runner.run(&cases, |operations| {
        runtime.block_on(async {
            let engine = make().await;
            compare(&*engine, Model::new(organisations), operations).await
        })
    }));
}

#[derive(Debug, Clone)]
enum Operation {
    Commit(Vec<Step>, Vec<(u8, Expected)>),
    Wait(u8),
    Sweep(u8),
}

#[derive(Debug, Clone)]
struct Step {
    id: u8,
    expected: Option<Expected>,
    put: Option<State>,
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    Absent,
    Present,
    Last,
    Stale,
}

/// What a row says.
#[derive(Debug, Clone)]
struct State {
    in_organisation: bool,
    values: Vec<u8>,
    name: Option<u8>,
    lives_for: Option<u8>,
}

fn operation() -> impl Strategy<Value = Operation> {
    let expected = || {
        prop_oneof![
            Just(Expected::Absent),
            Just(Expected::Present),
            Just(Expected::Last),
            Just(Expected::Stale)
        ]
    };
    let state = (
        any::<bool>(),
        prop::collection::vec(0..3_u8, 0..3),
        prop::option::of(0..3_u8),
        prop::option::of(0..4_u8),
    );
    let state = state.prop_map(|(in_organisation, values, name, lives_for)| State {
        in_organisation,
        values,
        name,
        lives_for,
    });
    let step =
        (0..5_u8, prop::option::weighted(0.3, expected()), prop::option::weighted(0.7, state));
    let step = step.prop_map(|(id, expected, put)| Step { id, expected, put });
    let checks = prop::collection::vec((0..5_u8, expected()), 0..2);
    prop_oneof![
        6 => (prop::collection::vec(step, 1..4), checks).prop_map(|(steps, checks)| Operation::Commit(steps, checks)),
        2 => (1..3_u8).prop_map(Operation::Wait),
        1 => (0..4_u8).prop_map(Operation::Sweep),
    ]
}

struct Kept {
    version: Version,
    state: State,
    expires_at: Option<Timestamp>,
    body: String,
}

struct Model {
    rows: BTreeMap<String, Kept>,
    now: Timestamp,
    organisations: [Option<OrganisationId>; 2],
    stale: Version,
    commits: u32,
}

const VALUES: [&str; 3] = ["v", "vv", "w"];

fn name_of(id: u8) -> String {
    // Ids that begin with one another.
    "x".repeat(usize::from(id) + 1)
}

impl Model {
    fn new(organisations: [Option<OrganisationId>; 2]) -> Self {
        let stale = batch_at(NOW, Vec::new()).id;
        Self { rows: BTreeMap::new(), now: NOW, organisations, stale, commits: 0 }
    }

    fn tenant(&self, state: &State) -> Tenant {
        self.organisations[usize::from(state.in_organisation)].map_or_else(main, of)
    }

    fn alive(&self, id: &str) -> Option<&Kept> {
        self.rows.get(id).filter(|kept| kept.expires_at.is_none_or(|at| at > self.now))
    }

    fn expectation(&self, id: &str, expected: Expected) -> Expectation {
        match expected {
            Expected::Absent => Expectation::Absent,
            Expected::Present => Expectation::Present,
            Expected::Last => {
                Expectation::Version(self.rows.get(id).map_or(self.stale, |kept| kept.version))
            }
            Expected::Stale => Expectation::Version(self.stale),
        }
    }

    fn holds(&self, id: &str, expectation: Expectation) -> bool {
        match expectation {
            Expectation::Absent => self.alive(id).is_none(),
            Expectation::Present => self.alive(id).is_some(),
            Expectation::Version(version) => {
                self.alive(id).is_some_and(|kept| kept.version == version)
            }
        }
    }

    fn batch(&mut self, steps: &[Step], checks: &[(u8, Expected)]) -> Batch {
        self.commits += 1;
        let writes = steps.iter().map(|step| self.write(step)).collect();
        let checks = checks.iter().filter(|(id, _)| steps.iter().all(|step| step.id != *id)).map(
            |(id, expected)| {
                let expectation = self.expectation(&name_of(*id), *expected);
                Check { key: key(&name_of(*id)), expectation }
            },
        );
        Batch { checks: checks.collect(), ..batch_at(self.now, writes) }
    }

    fn write(&self, step: &Step) -> Write {
        let id = name_of(step.id);
        let expectation = step.expected.map(|expected| self.expectation(&id, expected));
        let Some(state) = &step.put else { return Write::Delete { key: key(&id), expectation } };
        let mut row = put(&id).body(self.commits.to_string());
        if let Tenant { organisation_id: Some(organisation), .. } = self.tenant(state) {
            row = row.of(organisation);
        }
        row = state
            .values
            .iter()
            .fold(row, |row, value| row.many("kind", VALUES[usize::from(*value)]));
        row =
            state.name.iter().fold(row, |row, name| row.unique("name", VALUES[usize::from(*name)]));
        row = self.expires_at(state).into_iter().fold(row, super::ground::Put::until);
        expectation.into_iter().fold(row, super::ground::Put::expect).into()
    }

    fn expires_at(&self, state: &State) -> Option<Timestamp> {
        state.lives_for.map(|seconds| self.now + Duration::from_secs(seconds.into()))
    }

    /// Applies the batch if it holds.
    fn commit(&mut self, batch: &Batch, steps: &[Step]) -> bool {
        let expected =
            batch.writes.iter().filter_map(|write| Some((write.key(), write.expectation()?)));
        let checked = batch.checks.iter().map(|check| (&check.key, check.expectation));
        if !expected.chain(checked).all(|(key, expectation)| self.holds(&key.id, expectation)) {
            return false;
        }
        let mut after = std::mem::take(&mut self.rows);
        let mut before = Vec::new();
        for step in steps {
            let kept = step.put.as_ref().map(|state| Kept {
                version: batch.id,
                state: state.clone(),
                expires_at: self.expires_at(state),
                body: self.commits.to_string(),
            });
            let id = name_of(step.id);
            before.push((
                id.clone(),
                match kept {
                    Some(kept) => after.insert(id, kept),
                    None => after.remove(&id),
                },
            ));
        }
        self.rows = after;
        if self.is_unique() {
            return true;
        }
        for (id, kept) in before {
            match kept {
                Some(kept) => self.rows.insert(id, kept),
                None => self.rows.remove(&id),
            };
        }
        false
    }

    fn is_unique(&self) -> bool {
        let alive = self.rows.keys().filter_map(|id| self.alive(id));
        let mut names: Vec<_> =
            alive.filter_map(|kept| Some((kept.state.in_organisation, kept.state.name?))).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        names.len() == count
    }

    fn sweep(&mut self, limit: usize) -> usize {
        let expired: Vec<_> =
            self.rows.keys().filter(|id| self.alive(id).is_none()).cloned().collect();
        // Which of them go first is the engine's: the model follows only when all do.
        if expired.len() <= limit {
            expired.iter().for_each(|id| drop(self.rows.remove(id)));
        }
        expired.len().min(limit)
    }
}

async fn compare(
    engine: &dyn Engine,
    mut model: Model,
    operations: Vec<Operation>,
) -> TestCaseResult {
    for operation in operations {
        match &operation {
            Operation::Commit(steps, checks) => {
                let mut steps = steps.clone();
                steps.sort_by_key(|step| step.id);
                steps.dedup_by_key(|step| step.id);
                let batch = model.batch(&steps, checks);
                let outcome = engine.commit(batch.clone()).await;
                let is_committed = model.commit(&batch, &steps);
                prop_assert_eq!(
                    outcome == Outcome::Committed,
                    is_committed,
                    "{:?} {:?}",
                    operation,
                    outcome
                );
                prop_assert_eq!(matches!(outcome, Outcome::Refused(_)), !is_committed);
                prop_assert_eq!(engine.is_committed(batch.id).await, Ok(is_committed));
            }
            Operation::Wait(seconds) => {
                model.now = model.now + Duration::from_secs((*seconds).into())
            }
            Operation::Sweep(limit) => {
                let rows = ok(engine.sweep(model.now, (*limit).into()).await).rows;
                let expected = model.sweep((*limit).into());
                prop_assert_eq!(rows, expected);
                if rows == usize::from(*limit) {
                    // Some may be left: what they are does not show, so the rest is swept as well.
                    ok(engine.sweep(model.now, 100).await);
                    model.sweep(100);
                }
            }
        }
        same_rows(engine, &model).await?;
        same_indexes(engine, &model).await?;
    }
    Ok(())
}

async fn same_rows(engine: &dyn Engine, model: &Model) -> TestCaseResult {
    let mut alive = Vec::new();
    for id in (0..5).map(name_of) {
        let row = ok(engine.get(&key(&id), model.now).await);
        let kept = model.alive(&id);
        prop_assert_eq!(
            row.as_ref().map(|row| row.version),
            kept.map(|kept| kept.version),
            "{}",
            &id
        );
        prop_assert_eq!(row.map(|row| row.body), kept.map(|kept| kept.body.clone().into_bytes()));
        alive.extend(kept.map(|_| id));
    }
    let found = ok(engine.scan(&all(None, main()), None, 10, model.now).await);
    prop_assert_eq!(found.into_iter().map(|found| found.position.id).collect::<Vec<_>>(), alive);
    Ok(())
}

async fn same_indexes(engine: &dyn Engine, model: &Model) -> TestCaseResult {
    for (in_organisation, tenant) in
        [(false, model.organisations[0]), (true, model.organisations[1])]
    {
        let tenant = tenant.map_or_else(main, of);
        let rows: Vec<_> =
            model.rows.keys().filter_map(|id| Some((id, &model.alive(id)?.state))).collect();
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, state)| state.in_organisation == in_organisation)
            .collect();
        for (number, value) in (0_u8..).zip(VALUES) {
            let holder = rows
                .iter()
                .find(|(_, state)| state.name == Some(number))
                .map(|(id, _)| (*id).clone());
            prop_assert_eq!(
                holder_at(engine, tenant.clone(), ("name", value), model.now).await,
                holder
            );
        }
        let mut entries: Vec<_> = rows
            .iter()
            .flat_map(|(id, state)| {
                state
                    .values
                    .iter()
                    .map(|value| (VALUES[usize::from(*value)].to_owned(), (*id).clone()))
            })
            .collect();
        entries.sort();
        entries.dedup();
        let range = all(Some("kind"), tenant);
        prop_assert_eq!(scanned(engine, &range, model.now).await, entries.clone());
        let from = Bound::Excluded("v".to_owned());
        entries.retain(|(value, _)| value != "v");
        prop_assert_eq!(scanned(engine, &Range { from, ..range }, model.now).await, entries);
    }
    Ok(())
}

async fn scanned(engine: &dyn Engine, range: &Range, now: Timestamp) -> Vec<(String, String)> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let page = ok(engine.scan(range, after.as_ref(), 2, now).await);
        let Some(last) = page.last() else { return entries };
        after = Some(last.position.clone());
        entries.extend(page.into_iter().map(|found| (found.position.value, found.position.id)));
    }
}
