//! Programs of this workspace that tests of other packages start, which cargo does not build for them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of a program, which is built now, for a test whose `CARGO_TARGET_TMPDIR` is `tmpdir`.
///
/// `WAYLINE_BUILT=1` says that all programs are built already, as `tests/run` does: alone one would be built again, since it
/// needs fewer features of the libraries than all together.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn program(tmpdir: &str, package: &str, name: &str) -> PathBuf {
    built(tmpdir, package, "--bin", name, "debug")
}

/// As [`program`], of an example.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn example(tmpdir: &str, package: &str, name: &str) -> PathBuf {
    built(tmpdir, package, "--example", name, "debug/examples")
}

fn built(tmpdir: &str, package: &str, option: &str, name: &str, folder: &str) -> PathBuf {
    let target = Path::new(tmpdir).parent().unwrap_or(Path::new("/"));
    let path = target.join(folder).join(name);
    if std::env::var_os("WAYLINE_BUILT").is_some_and(|built| built == "1") && path.exists() {
        return path;
    }
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--offline", "--package", package, option, name, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|status| status.success()), "{name} of {package} cannot be built");
    path
}
