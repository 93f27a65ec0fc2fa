//! Values that are expressions of C, as `wayland-scanner` copies them into a header (X19).

/// The most operators and parentheses within each other.
const MAX_DEPTH: usize = 32;

/// The bits of an expression such as `1 << 3`, `-1`, `(0x10 | 0x20)` or `010`. `None` if it is another one, or if C might
/// come to another result: where a step leaves 32 bits, or shifts what is negative.
pub(super) fn evaluate(text: &str) -> Option<u32> {
    let mut rest = Rest { text, depth: 0 };
    let number = rest.binary(0)?;
    rest.text = rest.text.trim_start();
    // A cast keeps the low bits, which is what the wire has.
    rest.text.is_empty().then_some(number as u32)
}

/// Operators by how weakly they bind, the weakest first.
const OPERATORS: &[&[&str]] = &[&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*"]];

/// What is left to read.
struct Rest<'a> {
    text: &'a str,
    depth: usize,
}

impl Rest<'_> {
    fn take(&mut self, token: &str) -> bool {
        match self.text.trim_start().strip_prefix(token) {
            Some(rest) => self.text = rest,
            None => return false,
        }
        true
    }

    /// Operators of one level, from the left.
    fn binary(&mut self, level: usize) -> Option<i64> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.binary(level + 1)?;
            left = in_range(apply(operator, left, right)?)?;
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let number = if self.take("(") {
            self.binary(0).filter(|_| self.take(")"))
        } else if self.take("-") {
            self.unary().map(|number| -number)
        } else if self.take("+") {
            self.unary()
        } else if self.take("~") {
            self.unary().map(|number| !number)
        } else {
            self.number()
        };
        self.depth -= 1;
        number.and_then(in_range)
    }

    /// Decimal, `0x` or octal, with or without a suffix.
    fn number(&mut self) -> Option<i64> {
        let text = self.text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.text = rest;
        let lower = word.to_ascii_lowercase();
        let suffix = ["ull", "llu", "ul", "lu", "ll", "u", "l"].into_iter().find(|suffix| lower.ends_with(suffix));
        let digits = suffix.and_then(|suffix| lower.strip_suffix(suffix)).unwrap_or(&lower);
        let (digits, base) = match (digits.strip_prefix("0x"), digits.strip_prefix('0')) {
            (Some(digits), _) => (digits, 16),
            (None, Some(octal)) if !octal.is_empty() => (octal, 8),
            _ => (digits, 10),
        };
        i64::from_str_radix(digits, base).ok()
    }
}

fn apply(operator: &str, left: i64, right: i64) -> Option<i64> {
    let by = u32::try_from(right).ok().filter(|by| *by < 32 && left >= 0);
    match operator {
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "<<" => Some(left << by?),
        ">>" => Some(left >> by?),
        "+" => Some(left + right),
        "-" => Some(left - right),
        _ => left.checked_mul(right),
    }
}

/// A number of 32 bits, with a sign or without.
fn in_range(number: i64) -> Option<i64> {
    (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x19_expressions_of_c_are_read_as_c_reads_them() {
        for (text, number) in [
            ("1 << 17", 1 << 17),
            ("0x3<<4", 0x30),
            ("1u<<31", 1 << 31),
            ("-1", u32::MAX),
            ("010", 8),
            ("0x10UL", 16),
            ("(1 | 2) + 4 * 2 - 1 & 0xf ^ 1", 11),
            ("~0", u32::MAX),
            ("0xff >> 4", 15),
            (" - ( 3 ) ", (-3i32) as u32),
        ] {
            assert_eq!(evaluate(text), Some(number), "{text}");
        }
    }

    #[test]
    fn x19_what_c_might_read_in_another_way_is_not_read() {
        for text in [
            "",
            "1 << 32",
            "2 << 31",
            "1 << -1",
            "1 <<",
            "a << 1",
            "1 < 2",
            "08",
            "0x",
            "-1 >> 1",
            "~0u >> 1",
            "4294967296",
            "0xffffffff * 2",
            "'a'",
            "1 / 0",
            "(1",
            "1)",
            "1 2",
            "--2147483648 0",
        ] {
            assert_eq!(evaluate(text), None, "{text}");
        }
        assert_eq!(evaluate(&"(".repeat(100_000)), None);
        assert_eq!(evaluate(&"-".repeat(100_000)), None);
    }
}
