//! This library passes its own conformance kit: the probe programs of the examples, and the generator.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use wayline_conformance::target::program;

/// Where cargo has put the examples of this package, which it builds with its tests.
fn examples() -> PathBuf {
    let mut dir = std::env::current_exe().unwrap();
    dir.pop();
    if dir.ends_with("deps") {
        dir.pop();
    }
    dir.join("examples")
}

/// The generator's command, which cargo does not build for a test of another package.
fn generator() -> PathBuf {
    let generator = program(env!("CARGO_TARGET_TMPDIR"), "wayline-tools", "wayline");
    generator.parent().unwrap().to_owned()
}

/// Runs the kit, the programs of `dir` at hand, and requires that nothing fails: no must, which the exit code says, and
/// no should. Returns what it printed.
fn conform(dir: &Path, arguments: &[&str]) -> String {
    run(dir, arguments, None)
}

/// As [`conform`], the sockets of the probes having harmless faults if there is a seed for them.
fn run(dir: &Path, arguments: &[&str], faults: Option<&str>) -> String {
    // The cases measure time and CPU.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);

    let mut path = OsString::from(dir);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.args(arguments).env("PATH", path).stdin(Stdio::null());
    command.envs(faults.map(|seed| ("WAYLINE_FAULTS", seed)));
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let trouble: Vec<&str> = printed.lines().filter(|line| !line.starts_with("ok")).collect();
    let all_well = output.status.success() && printed.contains(" passed, 0 failed");
    assert!(all_well, "{}, faults {faults:?}\n{}\n{said}", output.status, trouble.join("\n"));
    printed
}

#[test]
fn the_server_passes_every_case() {
    let arguments = [
        "server",
        "--automatic=probe-server --auto",
        "--activated=probe-server --activated",
        "--guarded=probe-server --guarded --socket {socket}",
        "--abstract=probe-server --abstract {name}",
        "--",
        "probe-server",
        "--socket",
        "{socket}",
    ];
    let printed = conform(&examples(), &arguments);
    assert!(!printed.contains("the server offers no"), "{printed}");
}

#[test]
fn the_client_passes_every_case() {
    conform(&examples(), &["client", "--", "probe-client"]);
}

/// The groups about messages, objects and what is queued; those about files, names and processes move few bytes.
#[test]
fn the_server_passes_where_calls_are_cut_short_and_fail_for_a_moment() {
    let cases = ["W", "O", "V", "D0", "D12", "D17", "D18", "P02", "P08", "P09", "P10", "P12", "P16"];
    let cases = cases.iter().flat_map(|case| ["--case", case]);
    let target = ["--", "probe-server", "--socket", "{socket}"];
    let arguments: Vec<&str> = ["server"].into_iter().chain(cases).chain(target).collect();
    run(&examples(), &arguments, Some("1"));
}

#[test]
fn the_client_passes_where_calls_are_cut_short_and_fail_for_a_moment() {
    for seed in ["1", "2", "3", "4"] {
        run(&examples(), &["client", "--", "probe-client"], Some(seed));
    }
}

#[test]
fn the_codec_passes_every_case() {
    let printed = conform(&examples(), &["codec", "--iterations", "5000", "--", "probe-codec"]);
    assert_eq!(printed.matches("skip").count() - 1, printed.matches("the codec prints nothing").count(), "{printed}");
}

#[test]
fn the_generator_passes_every_case() {
    let generate = "--generate=wayline generate --strict {file} --output {out}";
    conform(&generator(), &["scanner", generate, "--", "wayline", "check", "--strict", "--allow", "all", "{file}"]);
}
