//! Protocols that are installed on this machine: nothing panics, nothing is an error, and fixing leaves nothing that could
//! be fixed. `lint-verdicts.md` has what was found, and whether that is right.

use std::path::Path;

use wayline_codegen::Severity;
use wayline_codegen::lint::{Levels, Rule, lint};
use wayline_codegen::source::Source;

const DIRECTORIES: &[&str] = &[
    "/usr/share/wayland",
    "/usr/share/wayland-protocols",
    "/usr/share/plasma-wayland-protocols",
    "/usr/share/wlr-protocols",
    concat!(env!("CARGO_MANIFEST_DIR"), "/../protocols"),
];

fn collect(directory: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            sources.push(Source::read(&path));
        }
    }
}

#[test]
fn installed_protocols_have_no_errors_and_can_be_fixed_once() {
    let mut sources = Vec::new();
    DIRECTORIES.iter().for_each(|directory| collect(Path::new(directory), &mut sources));
    for source in sources {
        let name = source.name().to_owned();
        let report = lint(vec![source], &Levels::default());
        assert!(
            report.is_complete() && report.count(Severity::Error) == 0,
            "{}",
            report.render(wayline_codegen::Style::Plain, Severity::Error)
        );
        for fixed in report.fixed() {
            let again = lint(vec![Source::new(&*name, fixed.text.into_bytes())], &Levels::default());
            assert!(again.fixed().is_empty(), "{name}");
            assert_eq!(again.findings().len() + fixed.count, report.findings().len(), "{name}");
        }
    }
}

#[test]
fn the_protocols_of_this_repository_have_their_enums_and_destructors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let report = lint(vec![Source::read(&root.join("protocol.xml"))], &Levels::default());
    let rules: Vec<_> = report.findings().iter().map(|found| found.id().name()).collect();
    assert!(
        !rules.contains(&Rule::MissingEnum.name()) && !rules.contains(&Rule::UndestroyableObject.name()),
        "{rules:?}"
    );
}
