//! The compositor as a part of another program.

use std::time::Duration;

use demo_server::embedded::{Compositor, Setup};
use wayline_conformance::protocol::{callback, display};
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::{DISPLAY, Message};

fn setup() -> Setup {
    Setup { size: (64, 64), offer: Vec::new(), early_buffers: false, touch: true }
}

/// Open descriptors of this process, and its resident memory in KiB.
fn held() -> (usize, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = resident.trim_end_matches("kB").trim().parse().unwrap();
    (std::fs::read_dir("/proc/self/fd").unwrap().count(), resident)
}

/// A life with one client that says something and hears the answer, and one that never does.
fn live() {
    let compositor = Compositor::start(setup()).unwrap();
    let (silent, _) = compositor.connect().unwrap();
    let (socket, _) = compositor.connect().unwrap();
    let mut client = Stream::new(socket);
    let sync = Message::new(DISPLAY, display::SYNC).uint(2);
    client.send(&sync.bytes(), &[], Duration::from_secs(30)).unwrap();
    let done = client.receive(Duration::from_secs(30)).unwrap().unwrap();
    assert_eq!((done.object, done.opcode), (2, callback::DONE));
    compositor.stop();
    let deleted = client.receive(Duration::from_secs(30)).unwrap().unwrap();
    assert_eq!((deleted.object, deleted.opcode), (DISPLAY, display::DELETE_ID));
    assert_eq!(client.receive(Duration::from_secs(30)).unwrap(), None, "it hangs up when it stops");
    drop(silent);
}

#[test]
fn a_thousand_lives_leave_nothing() {
    for _ in 0..100 {
        live();
    }
    let before = held();
    for _ in 0..1000 {
        live();
    }
    let after = held();
    println!("fds, KiB: {before:?} after 100, {after:?} after 1100 lives");
    assert_eq!(after.0, before.0, "descriptors");
    // One page a life would be 4000.
    assert!(after.1 < before.1 + 2048, "{before:?} {after:?}");
}
