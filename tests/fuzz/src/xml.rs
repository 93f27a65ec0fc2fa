//! Bytes as a protocol file: read, checked, reported on, generated from.

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Severity, Style};

/// Judges one file.
///
/// # Panics
/// If the generator accepts what it found errors in, reports what is not there, or writes what is no Rust.
pub fn run(input: &[u8]) {
    let source = Source::new("fuzz.xml", input.to_vec());
    let builder = Builder::new().source(source).extern_path("foreign", "::other::Foreign");
    let report = builder.check();
    for finding in report.diagnostics() {
        let position = report.position(finding);
        assert!(position.line >= 1 && position.column >= 1, "{finding:?} is nowhere");
        assert!(!finding.message().is_empty(), "{finding:?} says nothing");
    }
    let text = report.render(Style::Plain, Severity::Note);
    assert!(!report.has_errors() || !text.is_empty(), "errors that nobody sees");
    // Also refused, if nothing else is wrong: references to interfaces of other files.
    let Ok(generated) = builder.generate() else { return };
    assert!(!report.has_errors(), "code in spite of errors");
    if let Err(error) = syn::parse_file(&generated.code) {
        panic!("no Rust: {error}\n{}", generated.code);
    }
    assert_eq!(builder.generate_to_string().ok().as_deref(), Some(&*generated.code), "another result the second time");
}
