//! A whole number with a unit, such as `15m` or `32MiB`: read exactly and written back in the largest exact unit.

/// The units of one kind of quantity.
pub(super) struct Units {
    /// Smallest first.
    pub(super) units: &'static [(&'static str, u64)],
    /// The unit in which nothing at all is written.
    pub(super) zero: &'static str,
}

impl Units {
    /// The quantity in the smallest unit; `None` when it is not one number and one known unit, or overflows.
    pub(super) fn read(&self, text: &str) -> Option<u64> {
        let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
        let (_, factor) = self.units.iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(*factor)
    }

    /// Writes it so that [`read`](Self::read) gives the same quantity.
    pub(super) fn write(&self, quantity: u64) -> String {
        let fits = |(_, factor): &&(&str, u64)| quantity != 0 && quantity.is_multiple_of(*factor);
        let (name, factor) = self.units.iter().rfind(fits).copied().unwrap_or((self.zero, 1));
        format!("{}{name}", quantity / factor)
    }

    /// A regular expression for the JSON schema.
    pub(super) fn pattern(&self) -> String {
        let names: Vec<_> = self.units.iter().map(|(name, _)| *name).collect();
        format!("^[0-9]+({})$", names.join("|"))
    }
}
