//! The fixed type and the printed form of arguments (W09 to W11, W29).

use super::{Bench, Kind, Value, text};
use crate::case::{Case, Verdict, ensure, fail, skip};

pub(super) const CASES: &[Case<Bench>] = &[
    Case::must(
        "W09",
        "fixed from 62.125, -1200.625, 1/512, -1/512: 0x3e20, -0x4b0a0, 1, -1, rounding halves away from zero.",
        "fixed-test, wayland-util.h",
        |bench| {
            for (number, expected) in [(62.125, 0x3e20), (-1200.625, -0x4b0a0), (1.0 / 512.0, 1), (-1.0 / 512.0, -1)] {
                let fixed = bench.codec().fixed_from(number);
                ensure(fixed == Some(expected), || format!("{number} becomes {fixed:x?}"))?;
            }
            Ok(())
        },
    ),
    Case::must(
        "W10a",
        "fixed to int: 0x277013 is 0x2770, -0x5044 is -0x50, truncating toward zero.",
        "fixed-test",
        |bench| {
            for (fixed, expected) in [(0x0027_7013, 0x2770), (-0x5044, -0x50)] {
                let int = bench.codec().fixed_to_int(fixed);
                ensure(int == expected, || format!("{fixed:#x} becomes {int:#x}"))?;
            }
            Ok(())
        },
    ),
    Case::must("W10b", "fixed to double: 0x80000000 is -8388608, 0x012030 is 288.1875.", "fixed-test", |bench| {
        for (fixed, expected) in [(i32::MIN, -8_388_608.0), (0x0001_2030, 288.1875)] {
            let double = bench.codec().fixed_to_double(fixed);
            ensure((double - expected).abs() < f64::EPSILON, || format!("{fixed:#x} becomes {double}"))?;
        }
        Ok(())
    }),
    Case::should(
        "W11",
        "fixed from NaN, infinity and 8388608.0: refused or saturated, no panic and no wrap.",
        "rule of the kit",
        |bench| {
            let codec = bench.codec();
            // Any answer to NaN will do that is an answer.
            let _ = codec.fixed_from(f64::NAN);
            for (number, limit) in [(f64::INFINITY, i32::MAX), (f64::NEG_INFINITY, i32::MIN), (8_388_608.0, i32::MAX)] {
                let fixed = codec.fixed_from(number);
                ensure(fixed.is_none_or(|fixed| fixed == limit), || format!("{number} becomes {fixed:x?}"))?;
            }
            Ok(())
        },
    ),
    Case::should(
        "W29a",
        "A fixed is printed with 8 digits: 1/256 is 0.00390625.",
        "connection.c wl_closure_print",
        |bench| printed(bench, Kind::Fixed, &Value::Fixed(1), "0.00390625"),
    ),
    Case::should("W29b", "A null string is printed as nil.", "connection.c wl_closure_print", |bench| {
        printed(bench, Kind::Text { nullable: true }, &Value::Text(None), "nil")
    }),
    Case::should("W29c", "An array of 5 bytes is printed as array[5].", "connection.c wl_closure_print", |bench| {
        printed(bench, Kind::Array, &Value::Array(vec![0; 5]), "array[5]")
    }),
    Case::should("W29d", "A string is printed in quotes.", "connection.c wl_closure_print", |bench| {
        printed(bench, Kind::Text { nullable: false }, &text("abc"), "\"abc\"")
    }),
    Case::should("W29e", "An fd is printed as fd.", "connection.c wl_closure_print", |bench| {
        begins(bench, Kind::Fd, &Value::Fd, "fd")
    }),
    Case::should("W29f", "A new id is printed as new id.", "connection.c wl_closure_print", |bench| {
        begins(bench, Kind::NewId, &Value::NewId(7), "new id ")
    }),
];

fn printed(bench: &Bench, kind: Kind, value: &Value, expected: &str) -> Verdict {
    match bench.codec().print(kind, value) {
        Some(text) if text == expected => Ok(()),
        Some(text) => fail(format!("it is printed as {text}")),
        None => skip("the codec prints nothing"),
    }
}

fn begins(bench: &Bench, kind: Kind, value: &Value, expected: &str) -> Verdict {
    match bench.codec().print(kind, value) {
        Some(text) if text.starts_with(expected) => Ok(()),
        Some(text) => fail(format!("it is printed as {text}")),
        None => skip("the codec prints nothing"),
    }
}
