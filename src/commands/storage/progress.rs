//! How far a copy is, on standard error: a bar for a person at a terminal, a line now and then for a log.

use std::{
    io::IsTerminal,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use storage::copy::{Progress, Stage};
use tokio::time::Instant;

use crate::commands::complain;

/// How long apart lines are, but for the first of each stage.
const LINES_APART: Duration = Duration::from_secs(10);

/// What fits where standard error goes.
pub(super) fn on_standard_error() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() {
        Box::new(Bar { bar: ProgressBar::no_length() })
    } else {
        Box::new(Lines { reached: Mutex::new(None), write: complain })
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Reading => "reading the source",
        Stage::Copying => "copying",
        Stage::Verifying => "comparing both sides",
    }
}

/// A bar; it is taken away when this is dropped.
struct Bar {
    bar: ProgressBar,
}

impl Progress for Bar {
    fn begins(&self, stage: Stage, rows: Option<u64>, done: u64) {
        let template = match rows {
            Some(rows) => {
                self.bar.set_length(rows);
                "{prefix} {wide_bar} {human_pos}/{human_len} rows, {eta} left  {msg}"
            }
            None => "{prefix} {spinner} {human_pos} rows  {msg}",
        };
        let style = ProgressStyle::with_template(template);
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_prefix(name(stage));
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    fn advances(&self, table: &'static str, rows: u64) {
        self.bar.set_message(table);
        self.bar.inc(rows);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line at the beginning of each stage, and one now and then.
struct Lines<W> {
    reached: Mutex<Option<Reached>>,
    write: W,
}

struct Reached {
    stage: Stage,
    rows: Option<u64>,
    done: u64,
    told_at: Instant,
}

impl Reached {
    fn line(&self, table: &str) -> String {
        let stage = name(self.stage);
        match (self.rows, table) {
            (Some(rows), "") => format!("{stage}: {} of {rows} rows\n", self.done),
            (Some(rows), table) => format!("{stage}: {} of {rows} rows, {table}\n", self.done),
            (None, "") => format!("{stage}\n"),
            (None, table) => format!("{stage}: {} rows, {table}\n", self.done),
        }
    }
}

impl<W: Fn(&str) + Send + Sync> Progress for Lines<W> {
    fn begins(&self, stage: Stage, rows: Option<u64>, done: u64) {
        let reached = Reached { stage, rows, done, told_at: Instant::now() };
        (self.write)(&reached.line(""));
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
    }

    fn advances(&self, table: &'static str, rows: u64) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reached) = reached.as_mut() else { return };
        reached.done = reached.done.saturating_add(rows);
        if reached.told_at.elapsed() >= LINES_APART {
            reached.told_at = Instant::now();
            (self.write)(&reached.line(table));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_log_gets_a_line_for_each_stage_and_one_now_and_then() {
        let heard = Mutex::new(String::new());
        let lines = Lines {
            reached: Mutex::new(None),
            write: |line: &str| heard.lock().unwrap().push_str(line),
        };
        lines.begins(Stage::Reading, None, 0);
        lines.advances("accounts", 250);
        lines.begins(Stage::Copying, Some(1_000), 250);
        for _ in 0..3 {
            tokio::time::advance(LINES_APART / 2).await;
            lines.advances("sessions", 100);
        }
        assert_eq!(
            heard.into_inner().unwrap(),
            "reading the source\ncopying: 250 of 1000 rows\ncopying: 450 of 1000 rows, sessions\n"
        );
    }
}
