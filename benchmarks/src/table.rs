//! The table that is printed, in Markdown.

use std::time::Duration;

/// A line of the table. What does not apply is not shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) operation: String,
    /// What was measured.
    pub(crate) measured: Option<Figure>,
    pub(crate) p50: Option<Duration>,
    pub(crate) p99: Option<Duration>,
    /// The part of the server's core that was busy, while it was measured.
    pub(crate) busy: Option<f64>,
    /// Of the server, for one request: what is left to compare where the machine has other work, too.
    pub(crate) processor: Option<Duration>,
    /// The same of the database, where there is one.
    pub(crate) database: Option<Duration>,
    /// Per second, in the same run and on the same core.
    pub(crate) floor: Option<f64>,
    /// Of what was measured to the floor.
    pub(crate) ratio: Option<f64>,
    pub(crate) aim: Option<Aim>,
}

/// A measured value and its unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    PerSecond(f64),
    Time(Duration),
    Mebibytes(f64),
    Bytes(f64),
}

/// What DESIGN 10 aims at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// At least this part of the floor.
    OfFloor(f64),
    /// Less time than this.
    Within(Duration),
    /// Less memory than this, in MB (10^6 bytes).
    Megabytes(f64),
    /// At least so many a second.
    AtLeast(f64),
    /// At least so many a second, and 99 % of them in less time than this.
    Prompt(f64, Duration),
}

impl Row {
    fn is_met(&self) -> Option<bool> {
        match (self.aim?, self.measured?) {
            (Aim::OfFloor(part), _) => Some(self.ratio? >= part),
            (Aim::Within(aim), Figure::Time(time)) => Some(time < aim),
            (Aim::AtLeast(aim), Figure::PerSecond(rate)) => Some(rate >= aim),
            (Aim::Prompt(aim, p99), Figure::PerSecond(rate)) => {
                Some(rate >= aim && self.p99? < p99)
            }
            (Aim::Megabytes(aim), Figure::Mebibytes(mebibytes)) => {
                Some(mebibytes * 1.048_576 < aim)
            }
            _ => None,
        }
    }

    fn cells(&self) -> [String; COLUMNS] {
        let text = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
        [
            self.operation.clone(),
            text(self.measured.map(|figure| figure.text())),
            text(self.p50.map(milliseconds)),
            text(self.p99.map(milliseconds)),
            text(self.busy.map(percent)),
            text(self.processor.map(microseconds)),
            text(self.database.map(microseconds)),
            text(self.floor.map(per_second)),
            text(self.ratio.map(percent)),
            text(self.aim.map(Aim::text)),
            text(self.is_met().map(|is_met| if is_met { "yes" } else { "no" }.to_owned())),
        ]
    }
}

impl Figure {
    fn text(self) -> String {
        match self {
            Self::PerSecond(rate) => per_second(rate),
            Self::Time(time) => milliseconds(time),
            Self::Mebibytes(mebibytes) => format!("{:.1} MB", mebibytes * 1.048_576),
            Self::Bytes(bytes) => format!("{bytes:.0} bytes"),
        }
    }
}

impl Aim {
    fn text(self) -> String {
        match self {
            Self::OfFloor(part) => format!("{} of the floor", percent(part)),
            Self::Within(time) => format!("< {} ms", time.as_millis()),
            Self::Megabytes(megabytes) => format!("< {megabytes:.0} MB"),
            Self::AtLeast(rate) => per_second(rate),
            Self::Prompt(rate, p99) => {
                format!("{}, p99 < {} ms", per_second(rate), p99.as_millis())
            }
        }
    }
}

const COLUMNS: usize = 11;

const HEAD: [&str; COLUMNS] = [
    "operation",
    "measured",
    "p50",
    "p99",
    "core busy",
    "core time",
    "database time",
    "floor",
    "ratio",
    "aim",
    "met?",
];

/// All rows as one table.
pub(crate) fn render(rows: &[Row]) -> String {
    markdown(HEAD, rows.iter().map(Row::cells))
}

/// A table in Markdown.
pub(crate) fn markdown<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows);
    let mut widths = [3; N];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(widths) {
            text.push_str(&format!("| {cell:width$} "));
        }
        text.push_str("|\n");
        if index == 0 {
            for width in widths {
                text.push_str(&format!("| {} ", "-".repeat(width)));
            }
            text.push_str("|\n");
        }
    }
    text
}

fn per_second(rate: f64) -> String {
    if rate < 1_000.0 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") }
}

fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

fn microseconds(time: Duration) -> String {
    format!("{} µs", time.as_micros())
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1_000.0;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{milliseconds:.0} ms")
    }
}

/// The one in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
