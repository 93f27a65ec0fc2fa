//! tshark, with a dissector of ours.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

/// A directory in which tshark, which is not root, can read.
pub(crate) fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// What tshark prints of a capture there with the dissector `wayline.lua`; `None` if it is not installed. Not as root, for
/// whom it runs no scripts. It must not crash, and the dissector not fail.
pub(crate) fn tshark(directory: &Path, capture: &str, args: &[&str]) -> Option<String> {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return None;
    }
    let mut command = Command::new("tshark");
    if rustix::process::geteuid().is_root() {
        command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "tshark"]);
    }
    let script = format!("lua_script:{}", directory.join("wayline.lua").display());
    command.args(["-X", &script]).args(args).arg("-r").arg(directory.join(capture)).env("HOME", directory);
    let output = command.output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.signal(), None, "{errors}");
    assert!(!text.contains("Lua Error") && !errors.contains("Lua"), "{errors}\n{text}");
    Some(text.into_owned())
}

/// Checks that tshark sees these messages, which are objects of JSON as `wayline` prints them, one by one. Returns whether
/// it is installed.
pub(crate) fn agrees(directory: &Path, capture: &str, messages: &[serde_json::Value]) -> bool {
    let mut args = vec!["-Y", "wayline.kind == 0", "-T", "fields", "-E", "aggregator=;"];
    args.extend(["-e", "wayline.direction", "-e", "wayline.object", "-e", "wayline.interface"]);
    args.extend(["-e", "wayline.message", "-e", "wayline.argument"]);
    let Some(text) = tshark(directory, capture, &args) else { return false };
    let seen: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(seen.len(), messages.len());
    for (seen, message) in seen.iter().zip(messages) {
        let direction = if message["kind"] == "request" { "0" } else { "1" };
        let text = |field: &str| message[field].as_str().unwrap().to_owned();
        let expected = [direction.to_owned(), message["object"].to_string(), text("interface"), text("message")];
        assert_eq!(seen[..4], expected, "{message}");
        let names = message["arguments"].as_object().unwrap().keys();
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        let arguments = seen.get(4).map_or("", |list| list).split(';');
        let mut shown: Vec<&str> = arguments.filter_map(|one| Some(one.split_once('=')?.0)).collect();
        names.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, names, "{message}");
    }
    true
}
