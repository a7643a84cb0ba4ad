//! Sizes in bytes between two limits.

use std::fmt;

use schemars::json_schema;

use super::{
    quantity::Units,
    text::{Text, written_as_text},
};

/// Bytes in a KiB.
pub const KIB: u64 = 1024;
/// Bytes in a MiB.
pub const MIB: u64 = 1024 * KIB;
/// Bytes in a GiB.
pub const GIB: u64 = 1024 * MIB;

const UNITS: Units =
    Units { units: &[("B", 1), ("KiB", KIB), ("MiB", MIB), ("GiB", GIB)], zero: "B" };

/// A size from `MIN` to `MAX` bytes, written as one whole number and one unit: `512B`, `64KiB`, `32MiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Size<MIN, MAX> {
    /// The size in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Size<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&UNITS.write(self.0))
    }
}

impl<const MIN: u64, const MAX: u64> Text for Size<MIN, MAX> {
    fn expected() -> String {
        let (min, max) = (UNITS.write(MIN), UNITS.write(MAX));
        format!("a size from {min} to {max}: a whole number and B, KiB, MiB or GiB")
    }

    fn read(text: &str) -> Result<Self, String> {
        let size = UNITS.read(text).filter(|size| (MIN..=MAX).contains(size));
        size.map(Self).ok_or_else(Self::expected)
    }
}

written_as_text!(Size<MIN, MAX>, json_schema!({
    "type": "string",
    "pattern": UNITS.pattern(),
    "x-minimum": UNITS.write(MIN),
    "x-maximum": UNITS.write(MAX),
}));

#[cfg(test)]
mod tests {
    use super::*;

    type Any = Size<0, { u64::MAX }>;

    #[test]
    fn a_size_is_written_in_its_largest_exact_unit_and_reads_back() {
        for (text, bytes, written) in [
            ("0B", 0, "0B"),
            ("1000B", 1000, "1000B"),
            ("64KiB", 65_536, "64KiB"),
            ("1024MiB", 1 << 30, "1GiB"),
        ] {
            let size = Any::read(text).unwrap();
            assert_eq!((size.get(), size.to_string().as_str()), (bytes, written));
            assert_eq!(Any::read(written).unwrap(), size);
        }
    }

    #[test]
    fn what_is_not_one_number_and_one_unit_is_no_size() {
        for text in
            ["", "64", "KiB", "64KB", "64 KiB", "64kib", "1.5MiB", "-1B", "18446744073709551615GiB"]
        {
            assert!(Any::read(text).is_err(), "{text:?} was read");
        }
    }
}
