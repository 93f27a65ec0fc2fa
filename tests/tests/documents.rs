//! What documents and comments say is so: the programs they show are the examples that are built, and as short as they
//! say; the ids of cases that they cite exist, and so do the files that they link to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wayline_conformance::{client, codec, scanner, server};

/// Cases that ask something of a library, which the kit cannot judge from outside.
const OF_THE_LIBRARY: &[&str] = &["M15", "M16", "M17", "S01", "S02", "S03", "S04", "S05", "S06", "X43", "X44"];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The program of an example, without the comment above it.
fn program(name: &str) -> String {
    let source = read(&format!("examples/{name}.rs"));
    source.split_once("\n\n").unwrap().1.to_owned()
}

#[test]
fn the_readme_shows_the_examples_as_they_are() {
    let readme = read("../README.md");
    for name in ["counter-server", "counter-client"] {
        let block = format!("<!-- tests/examples/{name}.rs -->\n```rust,no_run\n{}```", program(name));
        assert!(readme.contains(&block), "README.md does not show examples/{name}.rs as it is");
    }
}

#[test]
fn the_readme_names_the_version_of_rust_that_is_needed() {
    let manifest = read("../Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let words = format!("Rust {version} or newer");
    let readme = read("../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(readme.contains(&words), "README.md does not say `{words}`");
}

#[test]
fn the_front_page_of_the_crate_shows_them_too() {
    let source = read("../runtime/src/lib.rs");
    let page: String = source
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    for name in ["counter-server", "counter-client"] {
        let block = format!("```rust,ignore\n{}```", program(name));
        assert!(page.contains(&block), "runtime/src/lib.rs does not show examples/{name}.rs as it is");
    }
    let readme = read("../README.md");
    let xml = &readme[readme.find("```xml").unwrap()..readme.find("The build script").unwrap()];
    assert!(page.contains(xml.trim_end()), "runtime/src/lib.rs does not show the protocol of README.md");
}

#[test]
fn cited_cases_exist() {
    let mut known: BTreeSet<&str> = OF_THE_LIBRARY.iter().copied().collect();
    known.extend(codec::cases().iter().map(|case| case.row.id));
    known.extend(scanner::cases().iter().map(|case| case.row.id));
    known.extend(server::cases().iter().map(|case| case.row.id));
    known.extend(client::cases().iter().map(|case| case.row.id));
    let mut cited = 0;
    for file in texts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))) {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| is_id(word)) {
            cited += 1;
            // The number alone means all its rows.
            let exists = known.range(word..).next().is_some_and(|id| id.starts_with(word));
            assert!(exists, "{} cites {word}, which is no case", file.display());
        }
    }
    assert!(cited > 1000, "only {cited} were found");
}

#[test]
fn links_of_documents_lead_to_files_and_headings_that_exist() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut dead = Vec::new();
    let mut links = 0;
    for file in texts(root).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
        for link in links_of(&std::fs::read_to_string(&file).unwrap()) {
            links += 1;
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { file.clone() } else { file.with_file_name(path) };
            let exists = match heading {
                "" => target.exists(),
                heading => std::fs::read_to_string(&target).is_ok_and(|text| headings(&text).contains(heading)),
            };
            if !exists {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(links > 50, "only {links} were found");
    assert!(dead.is_empty(), "{dead:#?}");
}

/// Where the links and pictures of a document lead, without those that leave the repository and those to Rust items.
fn links_of(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2);
    let ends = prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split([')', ' ']).next());
    ends.filter(|link| !link.contains("://") && !link.contains("::")).map(str::to_owned).collect()
}

/// The headings of a document, as links name them.
fn headings(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix('#'));
    let name = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    };
    lines.map(name).collect()
}

/// Sources and documents of the project.
fn texts(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            if !name.starts_with('.') && name != "target" {
                found.extend(texts(&entry));
            }
        } else if entry.extension().is_some_and(|ending| ending == "rs" || ending == "md") {
            found.push(entry);
        }
    }
    found
}

/// A letter of a group, two digits, and perhaps a small letter.
fn is_id(word: &str) -> bool {
    let word = word.as_bytes();
    matches!(word.len(), 3 | 4)
        && b"WXOVDPMSKB".contains(&word[0])
        && word[1..3].iter().all(u8::is_ascii_digit)
        && word.get(3).is_none_or(u8::is_ascii_lowercase)
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
