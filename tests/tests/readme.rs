//! The README's programs are the examples that are built, and as short as it says.

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_readme_shows_the_examples_as_they_are() {
    let readme = read("../README.md");
    for name in ["counter-server", "counter-client"] {
        let source = read(&format!("examples/{name}.rs"));
        let (_, program) = source.split_once("\n\n").unwrap();
        let block = format!("<!-- tests/examples/{name}.rs -->\n```rust,no_run\n{program}```");
        assert!(readme.contains(&block), "README.md does not show examples/{name}.rs as it is");
    }
}

#[test]
fn the_programs_are_short_and_plain() {
    for name in ["counter-server", "counter-client"] {
        let source = read(&format!("examples/{name}.rs"));
        let code: Vec<&str> =
            source.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")).collect();
        assert!(code.len() <= 30, "{name} has {} lines", code.len());
        for word in ["Arc", "Mutex", "RefCell", "Any", "unsafe"] {
            assert!(!source.contains(word), "{name} mentions {word}");
        }
        let macros = source.matches("!(").count() - source.matches("println!(").count();
        assert_eq!(macros, 1, "{name} calls a macro besides include_protocol!");
        let imports = code.iter().find(|line| line.starts_with("use wayline::")).unwrap();
        let names = imports.matches(',').count() + 1;
        // With include_protocol! and wayline::Result.
        assert!(names + 2 <= 8, "{name} needs {} names", names + 2);
    }
}
