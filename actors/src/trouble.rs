//! What goes wrong for a while, said in the log when it begins and when it is over, and not each time in between.

use std::fmt::Display;

/// Whether something that is tried again and again works.
pub(crate) struct Trouble {
    /// For the log: what does not work.
    what: &'static str,
    is_on: bool,
}

/// What one more try changes.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Begins,
    Lasts,
    Ends,
    Never,
}

impl Trouble {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, is_on: false }
    }

    /// Notes how one more try ended.
    pub(crate) fn note<E: Display>(&mut self, outcome: Result<(), E>) {
        let what = self.what;
        match (self.turn(outcome.is_err()), outcome) {
            (Turn::Ends, _) => tracing::info!(what, "works again"),
            (Turn::Begins, Err(error)) => {
                tracing::error!(what, %error, "does not work, and is tried again");
            }
            (Turn::Lasts, Err(error)) => tracing::debug!(what, %error, "still does not work"),
            _ => {}
        }
    }

    fn turn(&mut self, is_on: bool) -> Turn {
        match (std::mem::replace(&mut self.is_on, is_on), is_on) {
            (false, true) => Turn::Begins,
            (true, true) => Turn::Lasts,
            (true, false) => Turn::Ends,
            (false, false) => Turn::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_said_once_when_it_begins_and_once_when_it_is_over() {
        let mut trouble = Trouble::new("trying");
        let turns = [false, true, true, true, false, false, true].map(|is_on| trouble.turn(is_on));
        let expected = [
            Turn::Never,
            Turn::Begins,
            Turn::Lasts,
            Turn::Lasts,
            Turn::Ends,
            Turn::Never,
            Turn::Begins,
        ];
        assert_eq!(turns, expected);
    }
}
