//! What the conformance kit says to a server, by way of `wayline inspect`: valid messages and malformed ones. Captures and
//! Wireshark have all of it.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;
use wayline_conformance::case::{Outcome, Selection};
use wayline_conformance::server::{Start, Target, run};

use crate::session::{PATIENCE, demo_server, output, text, wayline};
use crate::wireshark::{agrees, directory, tshark};

/// Headers, arguments, objects, versions, sizes; not the cases with hundreds of thousands of messages.
const GROUPS: [&str; 8] = ["W", "O0", "O10", "O11", "O12", "O13", "V", "B"];

fn lines(json: &str) -> Vec<Value> {
    json.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn captures_and_wireshark_have_all_that_the_kit_says() {
    let (running, server) = demo_server();
    let place = directory();
    let (socket, capture) = (running.dir().join("wl"), place.path().join("kit.pcapng"));
    let upstream = server.to_str().unwrap();
    let args = ["inspect", "--socket", "wl", "--upstream", upstream, "--format", "json", "--output", "live", "--write"];
    let mut command = wayline(running.dir(), &args);
    let mut proxy = command.arg(&capture).stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(&socket).is_err() {
        assert!(Instant::now() < deadline && proxy.try_wait().unwrap().is_none(), "the proxy does not listen");
        std::thread::yield_now();
    }
    let target = Target::new(Start::Socket(socket), PATIENCE);
    let selection = Selection { ids: GROUPS.map(str::to_owned).into(), musts_only: false };
    let records = run(&target, &selection, &mut |_| {});
    let pid = rustix::process::Pid::from_child(&proxy);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(proxy.wait().unwrap().code(), Some(0));
    let records = records.unwrap();
    let ran = records.iter().filter(|record| !matches!(record.outcome, Outcome::Skipped(_))).count();
    assert!(ran > 40, "{ran} cases of {}", records.len());

    let live = std::fs::read_to_string(running.dir().join("live")).unwrap();
    let again = output(wayline(running.dir(), &["decode", "--format", "json", capture.to_str().unwrap()]));
    assert_eq!(text(&again.stdout), live, "{}", text(&again.stderr));
    let all = lines(&live);
    let refused = all.iter().filter(|line| line["kind"] == "refused").count();
    assert!(refused > 20, "{refused} messages were refused");

    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols/wayland.xml");
    let lua = place.path().join("wayline.lua");
    let args = ["dissector", core.to_str().unwrap(), "--output", lua.to_str().unwrap()];
    assert!(output(wayline(running.dir(), &args)).status.success());
    let is_message = |line: &Value| line["kind"] == "request" || line["kind"] == "event";
    let messages: Vec<Value> = all.into_iter().filter(is_message).collect();
    if agrees(place.path(), "kit.pcapng", &messages) {
        let whole = tshark(place.path(), "kit.pcapng", &["-V"]).unwrap();
        assert_eq!(whole.matches("Kind: refused (5)").count(), refused);
    }
}
