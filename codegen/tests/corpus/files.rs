//! Where protocol files are on this machine: what the system's packages installed, and the published crates that
//! `published/Cargo.toml` names. Knows directories; none of the files is part of this repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One protocol file, once however many packages carry it.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// A name of its own for the module with its code, such as `m012_xdg_shell`.
    pub(crate) module: String,
}

/// All files that differ, and a line about each package: how many it has, or why it has none.
pub(crate) fn find() -> (Vec<File>, Vec<String>) {
    let mut report = Vec::new();
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for package in system().into_iter().chain(published(&mut report)) {
        let mut paths = Vec::new();
        walk(&package, &mut paths);
        paths.sort();
        let protocols: Vec<_> = paths
            .into_iter()
            .filter_map(|path| Some((fs::read(&path).ok()?, path)))
            .filter(|(bytes, _)| bytes.windows(9).any(|window| window == b"<protocol"))
            .collect();
        let known = files.len();
        let count = protocols.len();
        for (bytes, path) in protocols {
            if seen.insert(bytes) {
                let stem = path.file_stem().unwrap().to_string_lossy();
                let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                let module = format!("m{:03}_{}", files.len(), name.to_lowercase());
                files.push(File { path, module });
            }
        }
        if count > 0 {
            let name = package.file_name().unwrap().to_string_lossy();
            report.push(format!("{name}: {count} files, {} of them new", files.len() - known));
        }
    }
    (files, report)
}

/// Directories of data that Wayland packages installed.
fn system() -> Vec<PathBuf> {
    let share = fs::read_dir("/usr/share").into_iter().flatten().flatten();
    let mut dirs: Vec<_> = share
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.contains("wayland") || name.contains("weston")
        })
        .map(|entry| entry.path())
        .collect();
    dirs.sort();
    dirs
}

/// The directories of the published crates, fetched if Cargo does not have them yet.
fn published(report: &mut Vec<String>) -> Vec<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published/Cargo.toml");
    // The platform only keeps crates for others from being fetched.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"])
        .arg("--manifest-path")
        .arg(&manifest)
        .output()
        .unwrap();
    if !output.status.success() {
        report.push(format!("published crates: skipped: {}", String::from_utf8_lossy(&output.stderr).trim()));
        return Vec::new();
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let manifests = text.split(r#""manifest_path":""#).skip(1).map(|rest| rest.split('"').next().unwrap());
    let dirs: BTreeSet<_> = manifests
        .filter(|path| Path::new(path) != manifest)
        .map(|path| Path::new(path).parent().unwrap().to_owned())
        .collect();
    dirs.into_iter().collect()
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
}
