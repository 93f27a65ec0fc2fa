//! Names that were given up stay away: code and documents use one word for one thing.

use std::path::{Path, PathBuf};

/// The change log names what was renamed.
const EXEMPT: &[&str] = &["CHANGELOG.md", "tests/retired-names.txt"];

#[test]
fn no_retired_name_is_used_in_code_or_documents() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let list = std::fs::read_to_string(root.join("tests/retired-names.txt")).unwrap();
    let retired: Vec<_> =
        list.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(": ").unwrap()).collect();
    assert!(!retired.is_empty());
    let mut found = Vec::new();
    let files = texts(root);
    assert!(files.len() > 300, "{} files", files.len());
    for file in files {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        // Each package has it under a name of its own.
        if EXEMPT.iter().any(|exempt| name.ends_with(exempt)) {
            continue;
        }
        for (number, line) in (1..).zip(std::fs::read_to_string(&file).unwrap().lines()) {
            let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            for word in words {
                if let Some((_, new)) = retired.iter().find(|(old, _)| *old == word) {
                    found.push(format!("{name}:{number}: {word}: now {new}"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Sources and documents below a folder, without what is built or hidden.
fn texts(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            if !name.starts_with('.') && !["target", "corpus"].contains(&name.as_str()) {
                files.extend(texts(&path));
            }
        } else if name.ends_with(".rs") || name.ends_with(".md") {
            files.push(path);
        }
    }
    files
}
