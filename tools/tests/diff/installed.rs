//! Protocols that are installed on this machine, against each other: what is asked is that nothing panics, that what is
//! the same is said to be, and that both orders see a difference. `diff-histories.md` has what was seen of releases.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{stderr, stdout, wayline};

const DIRECTORIES: &[&str] = &[
    "/usr/share/wayland",
    "/usr/share/wayland-protocols/stable",
    "/usr/share/wayland-protocols/staging",
    "/usr/share/wayland-protocols/unstable",
    "/usr/share/wlr-protocols/unstable",
];

fn installed() -> Vec<PathBuf> {
    DIRECTORIES.iter().map(PathBuf::from).filter(|path| has_protocols(path)).collect()
}

fn has_protocols(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.any(|path| path.extension().is_some_and(|ending| ending == "xml") || path.is_dir() && has_protocols(&path))
}

fn counts(old: &Path, new: &Path) -> (Option<i32>, Value) {
    let args = ["--format", "json", "--all", old.to_str().unwrap(), new.to_str().unwrap()];
    let output = wayline(Path::new("."), &args);
    assert_eq!(stderr(&output), "");
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    (output.status.code(), value)
}

#[test]
fn installed_protocols_are_as_they_are() {
    let installed = installed();
    if installed.is_empty() {
        eprintln!("skipped: no protocols are installed");
    }
    for directory in installed {
        let (code, value) = counts(&directory, &directory);
        assert_eq!((code, value["changes"].as_array().map(Vec::len)), (Some(0), Some(0)), "{}", directory.display());
    }
}

#[test]
fn installed_protocols_differ_in_both_directions() {
    let installed = installed();
    for (old, new) in installed.iter().flat_map(|old| installed.iter().map(move |new| (old, new))) {
        if old == new {
            continue;
        }
        let number = |value: &Value, rule: &str| {
            value["changes"].as_array().unwrap().iter().filter(|change| change["rule"] == rule).count()
        };
        let ((code, there), (_, back)) = (counts(old, new), counts(new, old));
        // What one direction takes away the other adds.
        assert_eq!(number(&there, "interface-removed"), number(&back, "interface-added"));
        assert_eq!(number(&there, "interface-added"), number(&back, "interface-removed"));
        assert_eq!(code, Some(1), "{} {}", old.display(), new.display());
        assert!(there["counts"]["wire"].as_u64() > Some(0));
    }
}

#[test]
fn version_5_of_xdg_shell_and_the_stable_one_have_a_name_in_common_and_no_more() {
    let directory = Path::new("/usr/share/wayland-protocols");
    let old = directory.join("unstable/xdg-shell/xdg-shell-unstable-v5.xml");
    let new = directory.join("stable/xdg-shell/xdg-shell.xml");
    if !old.exists() || !new.exists() {
        eprintln!("skipped: no versions of xdg-shell are installed");
        return;
    }
    let (code, value) = counts(&old, &new);
    assert_eq!(code, Some(1));
    let changes = value["changes"].as_array().unwrap();
    let is_about = |change: &&Value| change["item"].as_str().unwrap().split('.').next() == Some("xdg_surface");
    let rules: Vec<_> = changes.iter().filter(is_about).map(|change| &change["rule"]).collect();
    assert_eq!(rules, ["interface-redefined"]);
}

#[test]
fn the_protocols_of_this_repository_are_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = [root.join("protocol.xml"), root.join("protocols")];
    for file in files.iter().filter(|file| file.exists()) {
        let (code, value) = counts(file, file);
        assert_eq!((code, value["changes"].as_array().map(Vec::len)), (Some(0), Some(0)), "{}", file.display());
    }
}
