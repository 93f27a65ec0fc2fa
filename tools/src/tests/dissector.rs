//! Wireshark sees in a capture what this program sees, and survives what is none.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::Talk;
use super::lines::conversation;
use crate::show::line::Format;

/// What tshark prints of these fields of each message; `None` if it is not installed. Not as root, for whom it runs no
/// scripts.
fn tshark(directory: &Path, capture: &str) -> Option<Vec<Vec<String>>> {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("skipped: tshark is not installed");
        return None;
    }
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "tshark"]);
        command
    } else {
        Command::new("tshark")
    };
    let script = format!("lua_script:{}", directory.join("wayline.lua").display());
    let fields = ["direction", "object", "interface", "message", "argument"].map(|field| format!("wayline.{field}"));
    command.args(["-X", &script, "-Y", "wayline.kind == 0", "-T", "fields", "-E", "aggregator=;"]);
    for field in &fields {
        command.args(["-e", field]);
    }
    let output = command.arg("-r").arg(directory.join(capture)).env("HOME", directory).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !errors.contains("Lua"), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

/// A directory with the dissector, and with a capture of the conversation, whose messages in JSON are returned.
fn captured() -> (tempfile::TempDir, Vec<serde_json::Value>) {
    let directory = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols");
    let lua = crate::dissector::of_files(&[root.join("wayland.xml")]).unwrap();
    std::fs::write(directory.path().join("wayline.lua"), lua).unwrap();
    let file = File::create(directory.path().join("talk.pcapng")).unwrap();
    let mut talk = Talk::captured(Format::Json, &[], Some(file));
    conversation(&mut talk);
    let values = talk.lines().into_iter().map(|line| serde_json::from_str(&line).unwrap());
    let messages = values.filter(|value: &serde_json::Value| value["kind"] == "request" || value["kind"] == "event");
    let messages = messages.collect();
    (directory, messages)
}

#[test]
fn wireshark_agrees_on_each_message() {
    let (directory, messages) = captured();
    let Some(seen) = tshark(directory.path(), "talk.pcapng") else { return };
    assert!(messages.len() > 10);
    assert_eq!(seen.len(), messages.len());
    for (seen, message) in seen.iter().zip(&messages) {
        let direction = if message["kind"] == "request" { "0" } else { "1" };
        let text = |field: &str| message[field].as_str().unwrap().to_owned();
        let expected = [direction.to_owned(), message["object"].to_string(), text("interface"), text("message")];
        assert_eq!(seen[..4], expected);
        let arguments = message["arguments"].as_object().unwrap();
        let named: Vec<&str> =
            seen.get(4).map_or("", |list| list).split(';').filter_map(|one| Some(one.split_once('=')?.0)).collect();
        let mut names: Vec<&str> = arguments.keys().map(String::as_str).collect();
        let mut shown = named.clone();
        names.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, names, "{message}");
    }
}

#[test]
fn wireshark_survives_captures_that_are_damaged() {
    let (directory, _) = captured();
    let whole = std::fs::read(directory.path().join("talk.pcapng")).unwrap();
    // Where the last packets are, so that the blocks around them stay whole and the description is not what changes.
    let from = whole.len() - 900;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..8 {
        let mut bytes = whole.clone();
        for _ in 0..=round {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = from + (random >> 33) as usize % (whole.len() - from);
            // Lengths of blocks are multiples of four, which these bytes are likely to be no part of.
            bytes[at | 1] ^= 0x5a;
        }
        std::fs::write(directory.path().join("damaged.pcapng"), bytes).unwrap();
        let path = directory.path().join("damaged.pcapng");
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "tshark"]);
            command
        } else {
            Command::new("tshark")
        };
        let script = format!("lua_script:{}", directory.path().join("wayline.lua").display());
        let Ok(output) = command.args(["-X", &script, "-V", "-r"]).arg(&path).env("HOME", directory.path()).output()
        else {
            return eprintln!("skipped: tshark is not installed");
        };
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(output.status.signal(), None, "round {round}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("Lua Error"), "round {round}: {text}");
    }
}
