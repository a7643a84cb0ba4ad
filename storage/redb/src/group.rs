//! One transaction for a group of batches: one wait for the disk, and for each batch an outcome of its own.

use protocol::mutant::Mutant;
use redb::{Database, Durability, ReadableTable, WriteTransaction};
use storage::{
    StorageError,
    engine::{Batch, Outcome, Swept},
};

use crate::{
    asked::Asked,
    fault::Fault,
    job::{Commit, Sweep},
    judge::judge,
    tables::Tables,
    write,
};

/// What became of a group, in its order.
pub(crate) struct Verdicts {
    pub(crate) commits: Vec<Outcome>,
    pub(crate) sweeps: Vec<Result<Swept, StorageError>>,
}

/// Writes a group. A fault leaves nothing of it unless `is_begun` was set; then it leaves all or nothing.
///
/// Refusals are answered with the rest: they may rest on a batch of the same group that a fault would take back.
pub(crate) fn write(
    database: &Database,
    (commits, sweeps): (&[Commit], &[Sweep]),
    asked: &Asked,
    is_begun: &mut bool,
) -> Result<Verdicts, Fault> {
    let transaction = begin(database)?;
    let mut tables = Tables::open(&transaction)?;
    let mut verdicts = Verdicts { commits: Vec::with_capacity(commits.len()), sweeps: Vec::new() };
    let mut has_changed = false;
    for commit in commits {
        let (outcome, changed) = one(&mut tables, commit, asked)?;
        verdicts.commits.push(outcome);
        has_changed |= changed;
    }
    for sweep in sweeps {
        let (now, limit) = sweep.question;
        let (swept, changed) = write::sweep(&mut tables, now, limit)?;
        verdicts.sweeps.push(Ok(swept));
        has_changed |= changed;
    }
    drop(tables);
    if has_changed {
        *is_begun = true;
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(verdicts)
}

/// Commits something of no meaning.
pub(crate) fn try_out(database: &Database) -> Result<(), Fault> {
    let transaction = begin(database)?;
    Tables::open(&transaction)?.try_out()?;
    Ok(transaction.commit()?)
}

fn begin(database: &Database) -> Result<WriteTransaction, Fault> {
    let mut transaction = database.begin_write()?;
    // Costs a second sync a commit, and spares a walk over the whole file when it is opened after a crash.
    transaction.set_quick_repair(true);
    if Mutant::Durability.is_out() {
        transaction
            .set_durability(Durability::None)
            .map_err(|error| Fault::Damage(error.to_string()))?;
    }
    Ok(transaction)
}

/// The outcome of one batch, and whether it changed anything.
fn one(tables: &mut Tables<'_>, commit: &Commit, asked: &Asked) -> Result<(Outcome, bool), Fault> {
    let batch: &Batch = &commit.question;
    let not_applied =
        |reason: String| (Outcome::NotApplied(StorageError::Unavailable { reason }), false);
    if commit.answer.is_closed() {
        return Ok(not_applied("nobody waits for it".into()));
    }
    if asked.is_never(batch.id) {
        return Ok(not_applied("it was said not to be committed before it came".into()));
    }
    if tables.batches.get(batch.id.0)?.is_some() {
        return Ok((Outcome::Committed, false));
    }
    match judge(tables, batch) {
        Ok(Ok(steps)) => {
            write::apply(tables, batch, &steps)?;
            Ok((Outcome::Committed, true))
        }
        Ok(Err(refusal)) => Ok((Outcome::Refused(refusal), false)),
        // Only this batch touches what is damaged, and nothing of it is written yet.
        Err(Fault::Damage(reason)) => Ok(not_applied(reason)),
        Err(fault) => Err(fault),
    }
}
