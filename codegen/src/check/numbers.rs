//! Numbers: versions, `since`, `deprecated-since` and entry values (X09 to X14, X19).

use super::expression::evaluate;
use super::{Checker, Scope};
use crate::ast::{self, Text};
use crate::rule::Rule;
use crate::source::Span;
use crate::text::quote;

/// A whole number from 0 to 4294967295, written with digits alone; what is wrong with it otherwise.
fn decimal(text: &str) -> Result<u32, &'static str> {
    match text.as_bytes() {
        [] => Err("the value is empty"),
        [b'-', ..] => Err("negative numbers have no meaning here"),
        [b'+', ..] => Err("no sign is needed"),
        [b'0', b'0'..=b'9', ..] => Err("leading zeros read as octal in C"),
        bytes if bytes.iter().any(u8::is_ascii_whitespace) => Err("no spaces"),
        bytes if !bytes.iter().all(u8::is_ascii_digit) => Err("not a number"),
        _ => text.parse().map_err(|_| "the largest number is 4294967295"),
    }
}

/// As [`decimal`], from 1.
fn positive(text: &str) -> Result<u32, &'static str> {
    decimal(text).and_then(|number| if number == 0 { Err("versions count from 1") } else { Ok(number) })
}

/// A version as `wayland-scanner` reads it too: with space, a sign or zeros in front. `None` if it is written plainly.
fn loose(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches([' ', '\t', '\n', '\r']);
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| digits.trim_start_matches('0').parse().ok()).flatten().filter(|_| decimal(text).is_err())
}

/// An entry's value.
pub(super) struct Value {
    pub(super) number: u32,
    pub(super) hexadecimal: bool,
}

/// `0x` and hexadecimal digits, or a decimal number.
fn value(text: &str) -> Result<Value, &'static str> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => Err("digits are missing"),
        Some(digits) if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => Err("not a hexadecimal number"),
        Some(digits) => match u32::from_str_radix(digits, 16) {
            Ok(number) => Ok(Value { number, hexadecimal: true }),
            Err(_) => Err("the largest number is 0xffffffff"),
        },
        None => decimal(text).map(|number| Value { number, hexadecimal: false }),
    }
}

impl Checker<'_> {
    /// The version of an interface; without a usable one the highest, so that no `since` exceeds it.
    pub(super) fn version(&mut self, interface: &ast::Interface) -> u32 {
        let Some(text) = &interface.version else {
            self.missing(interface.tag, "interface", "version", "a new interface has `version=\"1\"`");
            return u32::MAX;
        };
        positive(&text.value).or_else(|label| self.loose(text).ok_or(label)).unwrap_or_else(|label| {
            self.sink
                .report(Rule::InvalidVersion, text.span, format!("{} is not a valid version", quote(&text.value)))
                .label(label)
                .help("a version is a whole number from 1 to 4294967295, written with digits alone");
            u32::MAX
        })
    }

    /// A version that is written in an unusual way.
    fn loose(&mut self, text: &Text) -> Option<u32> {
        let number = loose(&text.value)?;
        self.sink
            .report(Rule::NumberForm, text.span, format!("{} is an unusual way to write {number}", quote(&text.value)))
            .help("write digits alone, without zeros in front: other programs may read or refuse this");
        Some(number)
    }

    /// The first version that has an element; 1 if it does not say.
    pub(super) fn since(&mut self, text: Option<&Text>, scope: Scope<'_>) -> u32 {
        let Some(text) = text else { return 1 };
        match positive(&text.value).or_else(|label| self.loose(text).ok_or(label)) {
            Ok(since) => {
                self.within_version(text, since, scope);
                since
            }
            Err(_) if text.value == "0" => {
                self.sink
                    .report(Rule::SinceZero, text.span, "`since` is 0, and versions count from 1")
                    .label("read as 1")
                    .help("leave `since` out for what was there from the start");
                1
            }
            Err(label) => {
                self.sink
                    .report(Rule::InvalidSince, text.span, format!("{} is not a valid `since`", quote(&text.value)))
                    .label(label)
                    .help("`since` is a whole number from 1; leave it out for what was there from the start");
                1
            }
        }
    }

    /// The first version that has an enum. It is for people alone: entries have versions of their own.
    pub(super) fn enum_since(&mut self, text: Option<&Text>, scope: Scope<'_>) -> u32 {
        let Some(text) = text else { return 1 };
        match positive(&text.value).or_else(|label| loose(&text.value).ok_or(label)) {
            Ok(since) if since > 0 && since <= scope.version => since,
            _ => {
                let message = format!("the enum is not from version {} of its interface", quote(&text.value));
                self.sink
                    .report(Rule::InvalidEnumSince, text.span, message)
                    .label(format!("must be from 1 to {}", scope.version))
                    .help("leave `since` out for what was there from the start");
                1
            }
        }
    }

    /// The first version that advises against an element.
    pub(super) fn deprecated_since(&mut self, text: Option<&Text>, since: u32, scope: Scope<'_>) -> Option<u32> {
        let text = text?;
        match positive(&text.value) {
            Ok(deprecated) if deprecated <= since => {
                let message = format!("deprecated since {deprecated}, but there only since {since}");
                self.sink
                    .report(Rule::InvalidDeprecatedSince, text.span, message)
                    .label(format!("must be above {since}"))
                    .help("`deprecated-since` names a later version than `since`, which is 1 where it is not given");
                None
            }
            Ok(deprecated) if deprecated > scope.version => {
                let name = quote(scope.interface.name.as_ref().map_or("", |name| &name.value));
                let message = format!("`deprecated-since` is {deprecated}, but {name} has version {}", scope.version);
                self.sink
                    .report(Rule::InvalidDeprecatedSince, text.span, message)
                    .label(format!("must be at most {}", scope.version))
                    .help(format!("raise the version of the interface to {deprecated}, or lower `deprecated-since`"));
                None
            }
            Ok(deprecated) => Some(deprecated),
            Err(label) => {
                let message = format!("{} is not a valid `deprecated-since`", quote(&text.value));
                self.sink.report(Rule::InvalidDeprecatedSince, text.span, message).label(label).help(
                    "`deprecated-since` is a whole number above `since`; leave it out for what is not deprecated",
                );
                None
            }
        }
    }

    fn within_version(&mut self, text: &Text, number: u32, scope: Scope<'_>) {
        let Scope { interface, version } = scope;
        if number > version {
            let name = quote(interface.name.as_ref().map_or("", |name| &name.value));
            let message = format!("`since` is {number}, but {name} has version {version}");
            self.sink
                .report(Rule::SinceAboveVersion, text.span, message)
                .label(format!("must be at most {version}"))
                .help(format!("raise the version of the interface to {number}, or lower `since`"));
        }
    }

    /// The value of an entry; 0 stands in for an unusable one.
    pub(super) fn value(&mut self, text: Option<&Text>, tag: Span) -> Value {
        let unknown = Value { number: 0, hexadecimal: false };
        let Some(text) = text else {
            self.missing(tag, "entry", "value", "give it a number that stays the same forever: `value=\"0\"`");
            return unknown;
        };
        match (value(&text.value), evaluate(&text.value)) {
            (Ok(value), _) => value,
            (Err(_), Some(number)) => {
                self.sink
                    .report(Rule::ValueExpression, text.span, format!("{} is an expression", quote(&text.value)))
                    .label(format!("read as {number}"))
                    .help(format!("write the number: `value=\"{number:#x}\"`"));
                Value { number, hexadecimal: true }
            }
            (Err(label), None) => {
                self.sink
                    .report(Rule::InvalidValue, text.span, format!("{} is not a valid value", quote(&text.value)))
                    .label(label)
                    .help("a value is a number from 0 to 4294967295, decimal or with `0x`; names mean something in C alone");
                unknown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_only_plain_digits_are_a_version() {
        assert_eq!(positive("4294967295"), Ok(u32::MAX));
        for text in ["", " 1", "+1", "01", "-1", "abc", "4294967296", "0", "1.0", "１"] {
            assert!(positive(text).is_err(), "{text}");
        }
    }

    #[test]
    fn x10_a_sign_zeros_and_space_in_front_can_be_read() {
        for (text, number) in
            [(" 1", Some(1)), ("+1", Some(1)), ("007", Some(7)), ("1", None), ("1 ", None), ("00", None)]
        {
            assert_eq!(loose(text), number, "{text}");
        }
    }

    #[test]
    fn x19_values_are_decimal_or_hexadecimal() {
        let number = |text| value(text).map(|value| (value.number, value.hexadecimal)).ok();
        assert_eq!(number("4294967295"), Some((u32::MAX, false)));
        assert_eq!(number("0x10"), Some((16, true)));
        for text in ["-1", "4294967296", "0x100000000", "0x", "0x-1", "0x+1", "abc", "", "010", "1 << 2"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
