//! The descriptions of all protocols of this crate, held against the system's and those of published crates.

#[path = "../../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

fn ours() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("xml");
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn facts_are_those_of_the_systems_files() {
    support::assert_same_facts(&ours());
}

#[test]
fn every_element_has_a_sentence() {
    support::assert_described(&ours());
}

#[test]
fn no_sentence_is_taken_from_another_description() {
    support::assert_own_words(&ours());
}

/// Each file is a feature, which is on by default, a module, and a row of the page about both crates.
#[test]
fn every_file_is_a_feature_a_module_and_on_the_page() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [manifest, code, page] =
        ["Cargo.toml", "src/lib.rs", "../README.md"].map(|file| fs::read_to_string(dir.join(file)).unwrap());
    for path in ours() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = name.replace('-', "_");
        assert!(manifest.contains(&format!("    \"{name}\",\n")), "{name} is not on by default");
        assert!(manifest.contains(&format!("\n{name} = [")), "{name} is no feature");
        assert!(code.contains(&format!("\"{name}\" {module}\n")), "{name} is no module");
        for interface in support::model(&path).interfaces {
            assert!(page.contains(&format!("`{}` {}", interface.name, interface.version)), "{}", interface.name);
        }
    }
}

#[test]
fn the_page_shows_the_example_as_it_is() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [page, example] =
        ["../README.md", "../wayland/examples/outputs.rs"].map(|file| fs::read_to_string(dir.join(file)).unwrap());
    let (_, code) = example.split_once("\n\n").unwrap();
    assert!(page.contains(&format!("```rust\n{code}```\n")), "copy {code} into protocols/README.md");
}
