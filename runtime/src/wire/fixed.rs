//! Signed 24.8 fixed-point numbers (W09 to W11).

use std::fmt;

/// A signed 24.8 fixed-point number, as the wire carries it.
///
/// Covers −8 388 608 to 8 388 607.996 in steps of 1/256.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed(i32);

impl Fixed {
    /// Zero.
    pub const ZERO: Fixed = Fixed(0);

    /// From the 32 bits of the wire.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: i32) -> Fixed {
        Fixed(bits)
    }

    /// The 32 bits of the wire.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> i32 {
        self.0
    }

    /// The nearest fixed-point number, halves away from zero. Values outside
    /// the range saturate, NaN becomes zero.
    #[must_use]
    pub fn from_f64(value: f64) -> Fixed {
        // `as` saturates and maps NaN to zero, which is the documented choice of W11.
        Fixed((value * 256.0).round() as i32)
    }

    /// The exact value.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 256.0
    }

    /// From whole units; saturates outside ±2²³.
    #[must_use]
    pub const fn from_int(value: i32) -> Fixed {
        Fixed(value.saturating_mul(256))
    }

    /// Whole units, truncated toward zero.
    #[must_use]
    pub const fn to_int(self) -> i32 {
        self.0 / 256
    }
}

impl From<i16> for Fixed {
    fn from(value: i16) -> Fixed {
        Fixed(i32::from(value) * 256)
    }
}

impl From<Fixed> for f64 {
    fn from(value: Fixed) -> f64 {
        value.to_f64()
    }
}

impl fmt::Display for Fixed {
    /// Eight decimals are exact: 1/256 is 0.00390625.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let bits = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:08}", bits / 256, (bits % 256) * 390_625)
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
