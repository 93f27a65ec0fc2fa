//! What the tests of both protocol crates share: where other descriptions of the same protocols are on this machine, and
//! how ours are held against them. Nothing of those files is part of this repository.

pub(crate) mod compare;
pub(crate) mod words;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use wayline_codegen::model::Protocol;
use wayline_codegen::{Builder, Package};

/// Shows a line also when the test passes, which `println!` would not.
pub(crate) fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "protocols: {text}");
}

/// Fails where one of our files says something else than the system's, or those of published crates.
pub(crate) fn assert_same_facts(ours: &[PathBuf]) {
    let others = others();
    let mut differences = Vec::new();
    for ours in ours {
        let (files, comparison) = compare::with_all(ours, &others);
        let name = ours.file_name().unwrap().display();
        match files {
            0 => tell(format_args!("skipped: {name}: no other description is installed")),
            _ => tell(format_args!("{name}: {} facts compared with {files} files", comparison.compared)),
        }
        differences.extend(comparison.differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Fails where an element has no words.
pub(crate) fn assert_described(ours: &[PathBuf]) {
    for ours in ours {
        assert_eq!(words::silent(&model(ours)), [""; 0]);
    }
}

/// Fails where a sentence is that of another description.
pub(crate) fn assert_own_words(ours: &[PathBuf]) {
    let others: Vec<_> = others().into_iter().map(|other| (other.path, words::sentences(&other.protocol))).collect();
    for ours in ours {
        let sentences = words::sentences(&model(ours));
        for (path, theirs) in &others {
            let shared: Vec<_> = sentences.intersection(theirs).collect();
            assert!(shared.is_empty(), "{} shares with {}: {shared:#?}", ours.display(), path.display());
        }
    }
}

/// The model of one file. References to other files stay open.
pub(crate) fn model(path: &Path) -> Protocol {
    let mut protocols =
        Builder::new().protocol(path).model().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    protocols.remove(0)
}

/// A description that is not ours.
pub(crate) struct Other {
    pub(crate) path: PathBuf,
    pub(crate) protocol: Protocol,
}

/// Protocol files of the system and of published crates, each text once, without those that are not valid. Says which
/// packages are missing.
pub(crate) fn others() -> Vec<Other> {
    let mut dirs = Vec::new();
    for package in [Package::WAYLAND, Package::WAYLAND_PROTOCOLS, Package::WLR_PROTOCOLS] {
        match package.dir() {
            Ok(dir) => dirs.push(dir),
            Err(_) => tell(format_args!("skipped: {} is not installed", package.debian)),
        }
    }
    dirs.extend(published());
    let mut paths = Vec::new();
    dirs.iter().for_each(|dir| walk(dir, &mut paths));
    let mut seen = BTreeSet::new();
    paths.retain(|path| fs::read(path).is_ok_and(|bytes| seen.insert(bytes)));
    let read = |path: PathBuf| {
        let mut protocols = Builder::new().protocol(&path).model().ok()?;
        Some(Other { path, protocol: protocols.remove(0) })
    };
    paths.into_iter().filter_map(read).collect()
}

/// The crates that the generator's own test reads, as far as Cargo has them or can fetch them.
fn published() -> BTreeSet<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../codegen/tests/published/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"])
        .arg("--manifest-path")
        .arg(&manifest)
        .output()
        .unwrap();
    if !output.status.success() {
        tell(format_args!("skipped: published crates: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let manifests = text.split(r#""manifest_path":""#).skip(1).filter_map(|rest| rest.split('"').next());
    let dirs = manifests.filter_map(|path| Path::new(path).parent());
    dirs.filter(|dir| dir.file_name().is_some_and(|name| name != "published")).map(Path::to_owned).collect()
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
}
