//! `keys`, `bootstrap` and `audit`: what they ask, and how a person reads the answer.

use std::fmt::Write;

use protocol::Timestamp;

use super::{
    AuditReport, Command, Failed, Key, KeysCommand, Outcome, Place, reach::carry_out, say,
};

pub(super) async fn keys(command: KeysCommand, place: &Place) -> Result<(), Failed> {
    let command = match command {
        KeysCommand::List => Command::KeysList,
        KeysCommand::Rotate { algorithm } => Command::KeysRotate { algorithm },
    };
    match carry_out(place, command).await? {
        Outcome::Keys { keys } => say(&table(&keys)),
        Outcome::Rotated { announced } => {
            let ids = announced.iter().map(|id| format!("{id}\n")).collect::<String>();
            say(&format!("{ids}Announced; `doorward keys list` says from when on each signs.\n"))
        }
        other => unexpected(other),
    }
}

pub(super) async fn bootstrap(name: String, another: bool, place: &Place) -> Result<(), Failed> {
    match carry_out(place, Command::Bootstrap { name, another }).await? {
        Outcome::Operator { operator_id, token } => say(&format!(
            "operator  {operator_id}\ntoken     {token}\nKeep the token: it is shown only now.\n"
        )),
        other => unexpected(other),
    }
}

pub(super) async fn audit(place: &Place) -> Result<(), Failed> {
    match carry_out(place, Command::AuditVerify).await? {
        Outcome::Audit { report } => {
            say(&told(&report))?;
            if report.is_intact {
                Ok(())
            } else {
                Err(Failed::not_done("the audit log is not intact"))
            }
        }
        other => unexpected(other),
    }
}

/// What is left of the answers: it was not done.
fn unexpected(outcome: Outcome) -> Result<(), Failed> {
    match outcome {
        Outcome::Refused { reason } | Outcome::Failed { reason } => Err(Failed::not_done(reason)),
        _ => Err(Failed::not_done(
            "the running process answered something else: is it of another release?",
        )),
    }
}

fn table(keys: &[Key]) -> String {
    let mut text = format!(
        "{:<36}  {:<5}  {:<9}  {:<20}  {}\n",
        "kid", "alg", "state", "signs from", "leaves the JWKS"
    );
    for key in keys {
        let (kid, alg) = (key.key_id.to_string(), key.algorithm.name());
        let until = key.published_until.map_or_else(|| "-".into(), instant);
        let fault = if key.is_usable { "" } else { "  cannot be used by this node: see its log" };
        let _ = writeln!(
            text,
            "{kid:<36}  {alg:<5}  {:<9}  {:<20}  {until}{fault}",
            key.state,
            instant(key.signs_from)
        );
    }
    text
}

fn told(report: &AuditReport) -> String {
    let mut text = format!("{} entries, {} checkpoints", report.entries, report.checkpoints);
    if let Some(at) = report.covered_at {
        let _ = write!(text, ", the last of {}", instant(at));
    }
    text.push('\n');
    for (node, last, covered) in &report.chains {
        let _ = writeln!(
            text,
            "chain of {node}: up to {last}, covered by a checkpoint up to {covered}"
        );
    }
    for discrepancy in &report.discrepancies {
        let _ = writeln!(text, "WRONG  {discrepancy}");
    }
    if report.is_intact {
        text.push_str("The audit log is intact.\n");
    }
    text
}

/// RFC 3339, to the second, in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    let seconds = at.as_seconds();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// The date of a day since 1970-01-01, counted in years that begin in March, so that a leap day ends its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_dates() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(instant(Timestamp::from_seconds(seconds)), text);
        }
    }

    #[test]
    fn what_is_wrong_with_the_log_is_said() {
        let report = AuditReport {
            entries: 2,
            checkpoints: 1,
            covered_at: Some(Timestamp::from_seconds(0)),
            chains: vec![("node-1".into(), 2, 1)],
            discrepancies: vec!["entry 1 of node-1: its content was changed".into()],
            is_intact: false,
        };
        let text = told(&report);
        assert!(text.contains("WRONG  entry 1 of node-1"));
        assert!(!text.contains("intact"));
    }
}
