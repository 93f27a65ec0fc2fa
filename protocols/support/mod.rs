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
