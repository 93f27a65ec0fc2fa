//! One small file per rule, X01 to X44. Each bad file's findings, with their places, are a snapshot; each good
//! file must have no error.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Report, Severity};

fn directory(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind)
}

/// Checks a file under its bare name, so that snapshots do not depend on where the repository is.
fn check(kind: &str, name: &str, strict: bool) -> Report {
    let file = format!("{name}.xml");
    let bytes = std::fs::read(directory(kind).join(&file)).unwrap();
    Builder::new().source(Source::new(file, bytes)).strict(strict).check()
}

fn snapshot(kind: &str, name: &str, report: &Report) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{kind}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, report.to_string()));
}

fn files(kind: &str) -> BTreeSet<String> {
    let stem = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
    };
    std::fs::read_dir(directory(kind)).unwrap().map(stem).collect()
}

macro_rules! cases {
    ($kind:ident, $check:expr; $($name:ident)+) => {
        mod $kind {
            $(
                #[test]
                fn $name() {
                    let check: fn(&str, &str) = $check;
                    check(stringify!($kind), stringify!($name));
                }
            )+

            #[test]
            fn every_file_has_a_test() {
                let tested = [$(stringify!($name)),+].map(str::to_owned).into();
                assert_eq!(super::files(stringify!($kind)), tested);
            }
        }
    };
}

cases! { bad, |kind, name| {
        let report = super::check(kind, name, false);
        assert!(report.has_errors());
        super::snapshot(kind, name, &report);
    };
    many_faults
    x01_protocol_name
    x02_interface_name
    x03_request_name
    x04_event_name
    x05_argument_name_empty
    x05_argument_name_missing
    x06_enum_name
    x07_entry_name
    x08_interface_reference
    x09_version_missing
    x09_version_negative
    x09_version_too_large
    x09_version_word
    x09_version_zero
    x11_since_above_version
    x15_duplicate_event
    x15_duplicate_request
    x16_duplicate_argument
    x17_duplicate_entry
    x17_duplicate_enum
    x17_duplicate_interface
    x19_value_missing
    x19_value_too_large
    x19_value_word
    x20_enum_empty
    x21_bitfield_flag
    x23_argument_type_missing
    x23_argument_type_unknown
    x24_enum_on_string
    x24_interface_on_int
    x25_bitfield_on_int
    x28_allow_null_flag
    x28_allow_null_on_fd
    x28_allow_null_on_int
    x28_allow_null_on_new_id
    x30_untyped_new_id_in_event
    x31_destroy_event
    x31_destroy_request
    x35_argument_misplaced
    x35_description_without_summary
    x35_request_in_unknown_element
    x35_request_misplaced
    x35_root
    x37_too_many_arguments
    x37_untyped_new_id_counts_three
    x39_external_entity
    x39_many_entities
    x39_nested_entities
    x40_empty
    x40_mismatched_tag
    x40_not_utf8
    x40_truncated
}

cases! { lenient, |kind, name| {
        let report = super::check(kind, name, false);
        assert!(!report.has_errors() && report.count(super::Severity::Warning) > 0);
        let strict = super::check(kind, name, true);
        assert!(strict.has_errors());
        super::snapshot(kind, name, &strict);
    };
    x10_version_leading_zero
    x10_version_plus
    x10_version_space
    x11_enum_since
    x12_since_zero
    x13_since_decreasing_between_entries
    x13_since_decreasing_between_requests
    x14_deprecated_above_version
    x14_deprecated_not_after_since
    x14_deprecated_zero
    x19_value_expression
    x19_value_negative
    x19_value_octal
    x21_frozen_flag
    x26_enum_unknown
    x26_enum_unknown_in_other
    x27_enum_of_longer_name
    x28_allow_null_on_array
    x32_message_type
    x34_interface_empty
    x34_protocol_empty
    x35_copyright_misplaced
    x35_description_late
    x35_stray_text
    x35_two_descriptions
    x35_unknown_attribute
    x35_unknown_element
}

cases! { good, |kind, name| {
        let report = super::check(kind, name, true);
        let warnings = super::Severity::Warning;
        assert!(!report.has_errors() && (report.count(warnings) == 0 || name == "x42_foreign"), "{report}");
    };
    x07_trailing_identifiers
    x13_requests_and_events_apart
    x14_deprecated
    x15_request_and_event_of_one_name
    x18_equal_values
    x19_values
    x22_bitfield_masks
    x25_plain_enum_on_int
    x27_exact_interface
    x28_allow_null
    x29_two_new_ids
    x33_release
    x37_twenty_arguments
    x38_keywords
    x39_doctype
    x42_foreign
}

#[test]
fn x36_long_descriptions_are_read_whole() {
    for length in [8192, 100_000] {
        let text = "x".repeat(length);
        let xml = format!(
            "<protocol name=\"a\"><interface name=\"b\" version=\"1\">\
             <description summary=\"c\">{text}</description><request name=\"d\"/></interface></protocol>"
        );
        let model = Builder::new().source(Source::new("long.xml", xml.into_bytes())).model().unwrap();
        assert_eq!(model[0].interfaces[0].docs.text, text);
    }
}

#[test]
fn x39_the_external_entity_is_not_read() {
    let report = check("bad", "x39_external_entity", false);
    assert!(!report.to_string().contains("lamp oil"), "{report}");
    // The file that it names exists, so that reading it would show.
    assert!(std::fs::read_to_string(directory("secret.txt")).unwrap().contains("lamp oil"));
}

#[test]
fn x40_input_cut_at_any_byte_is_refused_with_a_position() {
    let bytes = std::fs::read(directory("good").join("x38_keywords.xml")).unwrap();
    let end = bytes.len() - 1;
    for length in 0..end {
        let source = Source::new("cut.xml", bytes[..length].to_vec());
        let lines = source.text().lines().count().max(1);
        let report = Builder::new().source(source).check();
        assert!(report.has_errors(), "cut at {length}");
        assert!(report.position(&report.diagnostics()[0]).line <= lines, "cut at {length}");
    }
}

#[test]
fn x42_references_resolve_across_files() {
    let xml = |name: &str, body: &str| {
        let text = format!(
            "<protocol name=\"{name}\"><interface name=\"{name}\" version=\"1\"><request name=\"a\">{body}</request>\
             <enum name=\"kind\"><entry name=\"one\" value=\"1\"/></enum></interface></protocol>"
        );
        Source::new(format!("{name}.xml"), text.into_bytes())
    };
    let lamp = xml("lamp", "<arg name=\"w\" type=\"object\" interface=\"wall\"/>");
    let wall = xml(
        "wall",
        "<arg name=\"k\" type=\"uint\" enum=\"lamp.kind\"/><arg name=\"l\" type=\"new_id\" interface=\"lamp\"/>",
    );
    let both = Builder::new().source(lamp.clone()).source(wall.clone()).check();
    assert!(both.diagnostics().is_empty(), "{both}");

    let alone = Builder::new().source(wall.clone()).check();
    assert_eq!((alone.count(Severity::Warning), alone.count(Severity::Note)), (1, 1), "{alone}");

    let ambiguous = Builder::new().source(lamp.clone()).source(lamp).source(wall).check();
    let rules: Vec<_> = ambiguous.diagnostics().iter().map(|found| found.rule().name()).collect();
    assert_eq!(rules, ["interface-in-two-files", "foreign-enum", "ambiguous-interface"], "{ambiguous}");
    assert!(!ambiguous.has_errors());
}

#[test]
fn x44_an_event_that_ends_an_object_with_requests_is_worth_a_warning() {
    let check = |messages: &str, strict: bool| {
        let text =
            format!("<protocol name=\"p\"><interface name=\"lamp\" version=\"1\">{messages}</interface></protocol>");
        Builder::new().source(Source::new("lamp.xml", text.into_bytes())).strict(strict).check()
    };
    let event = "<event name=\"closed\" type=\"destructor\"/>";
    for request in ["<request name=\"commit\"/>", "<request name=\"destroy\" type=\"destructor\"/>"] {
        for strict in [false, true] {
            let report = check(&format!("{request}{event}"), strict);
            assert_eq!((report.count(Severity::Warning), report.has_errors()), (1, false), "{report}");
            let found = &report.diagnostics()[0];
            assert_eq!((found.rule().name(), found.rule().case()), ("destructor-event", "X44"));
            assert!(report.to_string().contains("`closed`") && found.help_text().is_some(), "{report}");
        }
    }
    assert!(check(event, true).diagnostics().is_empty(), "nobody sends to an object without requests");
}

#[test]
fn a_million_column_line_is_shown_in_part() {
    let xml = format!("<protocol name=\"a\"><!-- {} --><x/></protocol>", "é".repeat(500_000));
    let report = Builder::new().source(Source::new("wide.xml", xml.into_bytes())).check();
    assert!(report.to_string().len() < 4000);
}

/// Numbers that are as good as random, and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn no_input_makes_the_generator_panic() {
    let rounds = std::env::var("WAYLINE_MUTATIONS").map_or(5000, |rounds| rounds.parse().unwrap());
    let mut dice = Dice(1);
    let names = ["every_feature.xml", "good/x38_keywords.xml", "good/x39_doctype.xml", "bad/many_faults.xml"];
    let seeds = names.map(|name| std::fs::read(directory(name)).unwrap());
    let pieces: Vec<&[u8]> =
        seeds.iter().flat_map(|seed| seed.split_inclusive(|&byte| b" >\"".contains(&byte))).collect();
    for _ in 0..rounds {
        let mut bytes = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..dice.roll(8) + 1 {
            let at = dice.roll(bytes.len());
            let end = (at + dice.roll(20)).min(bytes.len());
            match dice.roll(4) {
                0 => bytes[at] = dice.roll(256) as u8,
                1 => drop(bytes.drain(at..end)),
                2 => drop(bytes.splice(at..end, pieces[dice.roll(pieces.len())].iter().copied())),
                _ => drop(bytes.splice(at..at, "\u{e9}&e;<x".bytes())),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let builder = Builder::new().source(Source::new("mutant.xml", bytes));
        let builder = builder.extern_path("depot", "crate::Depot").version("bench", 2);
        // Showing the findings is part of it.
        let report = builder.check().to_string();
        let code = builder.generate_to_string();
        assert!(code.is_ok() || !report.is_empty() || matches!(code, Err(wayline_codegen::Error::UnknownPin { .. })));
    }
}
