//! A relay of which each end is looked at by itself.

mod probe;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::sync::Arc;

use probe::any_fd;
use probe::protocol::{probe as api, probe_child};
use wayline::dynamic::{
    Connection, Direction, EncodeError, Interface, Message, Protocols, ReceiveError, Relay, Selection, Value, Verdict,
};
use wayline::{Limits, Link, MemoryLink, SendError};

/// Those of probe.xml.
fn protocols() -> Protocols {
    Protocols::new([Interface::from(&api::SPEC), Interface::from(&probe_child::SPEC)]).unwrap()
}

/// No messages.
fn nothing() -> Selection {
    Selection::new(&protocols(), |_, _, _| false)
}

/// Words as they are sent.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_ne_bytes).collect()
}

#[test]
fn what_is_odd_is_shown_even_if_it_is_not_selected() {
    let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
    let (mut relay, up) = (Relay::new(b, c, &protocols()), Direction::Request);
    relay.select(nothing());
    let text = [*b"prob", *b"e\0\0\0"].map(u32::from_ne_bytes);
    let bind = [&[2, 32 << 16, 1, 6], &text[..], &[1, 3]].concat();
    let recent = words(&[3, 8 << 16 | u32::from(api::opcode::RECENT)]);
    let ints = words(&[3, 24 << 16 | u32::from(api::opcode::INTS), 1, 2, 3, 4]);
    let said = [words(&[1, 12 << 16 | 1, 2]), words(&bind), ints.clone(), recent.clone(), ints].concat();
    guest.send(&said, &[]).unwrap();
    // Since version 2 or later, and the object has version 1.
    assert!(relay.advance(up).unwrap());
    assert_eq!(relay.message(up).unwrap().bytes, recent);
    assert_eq!(relay.passed(up).messages, 4);
    relay.forward(up).unwrap();
    assert!(!relay.advance(up).unwrap());
    relay.flush(up).unwrap();
    let mut buffer = [0; 256];
    let received = host.receive(&mut buffer, &mut VecDeque::new()).unwrap();
    assert_eq!(buffer[..received.bytes], said);
}

#[test]
fn what_nobody_selected_waits_for_a_peer_that_does_not_read_and_nothing_is_lost() {
    let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
    let full = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let above = probe::narrow::Narrow { link: c, full: Arc::clone(&full) };
    let (mut relay, up) = (Relay::new(b, above, &protocols()), Direction::Request);
    relay.select(nothing());
    let registry = words(&[1, 12 << 16 | 1, 2]);
    let syncs: Vec<u8> = (3..60_000).flat_map(|id| words(&[1, 12 << 16, id])).collect();
    let said = [registry, syncs].concat();
    guest.send(&said, &[]).unwrap();
    while !relay.is_behind() {
        assert!(!relay.advance(up).unwrap());
        relay.flush(up).unwrap();
    }
    let passed = relay.passed(up);
    assert!(!relay.advance(up).unwrap() && relay.passed(up) == passed, "nothing is received meanwhile");
    let most = Limits::THROTTLE_BYTES + (128 << 10);
    assert!(relay.server().queued().0 < most && relay.client().unread().0 < most, "{relay:?}");
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    let (mut arrived, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    while arrived.len() < said.len() {
        relay.flush(up).unwrap();
        let received = host.receive(&mut buffer, &mut VecDeque::new()).unwrap();
        arrived.extend_from_slice(&buffer[..received.bytes]);
        assert!(!relay.advance(up).unwrap());
    }
    assert!(arrived == said);
}

#[test]
fn what_was_read_before_a_peer_stopped_reading_passes_without_anything_new() {
    let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
    let full = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let above = probe::narrow::Narrow { link: c, full: Arc::clone(&full) };
    let (mut relay, up) = (Relay::new(b, above, &protocols()), Direction::Request);
    relay.set_limits(Limits { queued_fds: 8, ..Limits::default() });
    let file = any_fd();
    let fd = words(&[3, 8 << 16 | u32::from(api::opcode::FD)]);
    let said = [words(&[1, 12 << 16 | 1, 2]), bind([0, 0]), fd.repeat(20)].concat();
    guest.send(&said, &[file.as_fd(); 20]).unwrap();
    let mut seen = 0;
    let mut visit = |relay: &mut Relay| {
        let look = |_: &wayline::dynamic::View<'_>| {
            seen += 1;
            Verdict::Pass
        };
        assert!(!relay.visit(up, look).unwrap());
        seen
    };
    // Half of what may wait.
    assert_eq!((visit(&mut relay), visit(&mut relay)), (6, 6));
    assert!(relay.is_behind() && relay.server().is_blocked());
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(visit(&mut relay), 22);
    relay.flush(up).unwrap();
    let (mut buffer, mut fds) = ([0; 512], VecDeque::new());
    let received = host.receive(&mut buffer, &mut fds).unwrap();
    assert!(buffer[..received.bytes] == said && fds.len() == 20);
}

#[test]
fn what_waits_for_a_peer_that_reads_again_is_known_without_anything_new() {
    let ((mut guest, b), (c, _host)) = (MemoryLink::pair(), MemoryLink::pair());
    let full = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let above = probe::narrow::Narrow { link: c, full: Arc::clone(&full) };
    let (mut relay, up) = (Relay::new(b, above, &protocols()), Direction::Request);
    relay.set_limits(Limits { queued_fds: 2, ..Limits::default() });
    let file = any_fd();
    let fd = words(&[3, 8 << 16 | u32::from(api::opcode::FD)]);
    // The last message has not arrived as a whole.
    let said = [words(&[1, 12 << 16 | 1, 2]), bind([0, 0]), fd.repeat(2), words(&[1])].concat();
    guest.send(&said, &[file.as_fd(); 2]).unwrap();
    assert!(!relay.visit(up, |_| Verdict::Pass).unwrap());
    assert!(!relay.has_more(up), "nothing can go on");
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(relay.flush(up).unwrap() && relay.has_more(up) && !relay.has_more(Direction::Event));
    assert!(!relay.visit(up, |_| Verdict::Pass).unwrap());
    assert_eq!((relay.passed(up).fds, relay.client().unread()), (2, (4, 0)));
    assert!(relay.flush(up).unwrap() && !relay.has_more(up));
    // One that is refused is to be reported at once, too.
    guest.send(&words(&[0]), &[]).unwrap();
    assert!(relay.visit(up, |_| Verdict::Pass).is_err() && !relay.has_more(up));
}

#[test]
fn no_request_was_sent_to_an_object_that_was_never_there() {
    let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
    let mut relay = Relay::new(b, c, &protocols());
    guest.send(&[words(&[1, 12 << 16 | 1, 2]), bind([0, 0])].concat(), &[]).unwrap();
    relay.visit(Direction::Request, |_| Verdict::Pass).unwrap();
    host.send(&words(&[1, 12 << 16 | 1, 9]), &[]).unwrap();
    assert!(relay.advance(Direction::Event).unwrap());
    let event = relay.message(Direction::Event).unwrap();
    let ids = [1, 2, 3, 0x0100_0001, 0x1200_0002, 0xfe00_0002, 0xff00_0002, u32::MAX];
    let asked = ids.map(|id| event.last_request(id));
    assert_eq!(asked, [Some(1), Some(0), None, None, None, None, None, None]);
}

/// A link whose peer has gone.
struct Gone;

impl Link for Gone {
    fn send(&mut self, _: &[u8], _: &[std::os::fd::BorrowedFd<'_>]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn receive(&mut self, _: &mut [u8], _: &mut VecDeque<std::os::fd::OwnedFd>) -> std::io::Result<wayline::Received> {
        Err(std::io::ErrorKind::WouldBlock.into())
    }
}

#[test]
fn messages_for_a_peer_that_has_gone_are_no_errors_whenever_that_shows() {
    let (mut guest, b) = MemoryLink::pair();
    let (mut relay, up) = (Relay::new(b, Gone, &protocols()), Direction::Request);
    guest.send(&words(&[1, 12 << 16 | 1, 2]), &[]).unwrap();
    assert!(!relay.visit(up, |_| Verdict::Pass).unwrap());
    let sync = |id| Message { object: 1, opcode: 0, values: vec![Value::NewId(id)] };
    // A long queue is flushed first.
    for id in 3..6000 {
        assert_eq!(relay.send(up, sync(id)), Ok(()), "{id}");
    }
    assert_eq!(relay.server().queued(), (0, 0));
}

#[test]
fn a_message_that_cannot_be_queued_is_held_and_says_why() {
    let ((mut guest, b), (c, _host)) = (MemoryLink::pair(), MemoryLink::pair());
    let full = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let above = probe::narrow::Narrow { link: c, full: Arc::clone(&full) };
    let (mut relay, up) = (Relay::new(b, above, &protocols()), Direction::Request);
    relay.select(nothing());
    relay.set_limits(Limits { queued_fds: 0, ..Limits::default() });
    // It is behind from the start, with room for none.
    assert!(relay.is_behind());
    relay.set_limits(Limits { queued_bytes: 4096, ..Limits::default() });
    let file = any_fd();
    let fd = words(&[3, 8 << 16 | u32::from(api::opcode::FD)]);
    guest.send(&[words(&[1, 12 << 16 | 1, 2]), bind([0, 0]), fd].concat(), &[file.as_fd()]).unwrap();
    assert!(relay.visit(up, |_| Verdict::Pass).unwrap());
    assert!(matches!(relay.forward(up), Err(EncodeError::Send(SendError::QueueFull { .. }))));
    assert!(relay.message(up).is_none());
}

#[test]
fn a_proxy_whose_upstream_does_not_read_is_behind_and_waits_without_growing() {
    let protocols = protocols();
    let (a, _b) = MemoryLink::pair();
    let full = Arc::default();
    let mut above = Connection::client(probe::narrow::Narrow { link: a, full: Arc::clone(&full) }, &protocols);
    above.set_limits(Limits { throttle_bytes: 1024, ..Limits::default() });
    full.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut count = 0;
    while !above.is_behind() {
        let id = above.vacant_id().unwrap();
        let sync = Message { object: 1, opcode: 0, values: vec![Value::NewId(id)] };
        above.send(sync).unwrap();
        count += 1;
    }
    assert_eq!(count, 1024_usize.div_ceil(12));
    assert!(!above.flush().unwrap() && above.is_blocked());
    full.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(above.flush().unwrap() && !above.is_behind());
}

/// `wl_registry.bind` of a global of another name, with these bytes behind the end of the string.
fn bind(padding: [u8; 2]) -> Vec<u8> {
    let text = [b"probe\0".as_slice(), &padding].concat();
    let words = [[2, 0, 1, 6].map(u32::to_ne_bytes).concat(), text, [3, 3].map(u32::to_ne_bytes).concat()];
    let mut bytes = words.concat();
    let size = (bytes.len() as u32) << 16;
    bytes[4..8].copy_from_slice(&size.to_ne_bytes());
    bytes
}

#[test]
fn padding_is_passed_on_as_it_was() {
    let protocols = protocols();
    let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
    let mut relay = Relay::new(b, c, &protocols);
    let registry = [1, 12 << 16 | 1, 2].map(u32::to_ne_bytes).concat();
    let said = [registry, bind([0xab, 0xcd])].concat();
    guest.send(&said, &[]).unwrap();
    while relay.advance(Direction::Request).unwrap() {
        relay.forward(Direction::Request).unwrap();
    }
    relay.flush(Direction::Request).unwrap();
    assert!(relay.last_received(Direction::Request).is_empty(), "nothing was received last");
    let mut buffer = [0; 256];
    let received = host.receive(&mut buffer, &mut VecDeque::new()).unwrap();
    assert_eq!(buffer[..received.bytes], said);
}

#[test]
fn a_message_is_passed_on_once_and_not_if_it_was_taken() {
    let protocols = protocols();
    let ((mut guest, b), (c, _host)) = (MemoryLink::pair(), MemoryLink::pair());
    let mut relay = Relay::new(b, c, &protocols);
    let up = Direction::Request;
    relay.forward(up).unwrap();
    let registry = [1, 12 << 16 | 1, 2].map(u32::to_ne_bytes).concat();
    let sync = [1, 12 << 16, 3].map(u32::to_ne_bytes).concat();
    guest.send(&[registry, sync].concat(), &[]).unwrap();
    assert!(relay.advance(up).unwrap() && relay.message(up).is_some());
    for _ in 0..2 {
        relay.forward(up).unwrap();
        assert_eq!((relay.server().queued(), relay.message(up).is_some()), ((12, 0), false));
    }
    assert!(relay.advance(up).unwrap());
    assert_eq!(relay.take(up).unwrap().to_string(), "wl_display#1.sync(new id wl_callback#3)");
    relay.forward(up).unwrap();
    assert_eq!((relay.server().queued(), relay.take(up).is_none(), relay.advance(up).unwrap()), ((12, 0), true, false));
}

#[test]
fn descriptors_that_nobody_takes_are_closed_with_the_next_message() {
    let protocols = protocols();
    let (mut guest, b) = MemoryLink::pair();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
    let (c, _host) = MemoryLink::pair();
    let mut relay = Relay::new(b, c, &protocols);
    let registry = [1, 12 << 16 | 1, 2].map(u32::to_ne_bytes).concat();
    let fd = [3, 8 << 16 | u32::from(api::opcode::FD)].map(u32::to_ne_bytes).concat();
    guest.send(&[registry, bind([0, 0]), fd].concat(), &[writer.as_fd()]).unwrap();
    drop(writer);
    let up = Direction::Request;
    while relay.advance(up).unwrap() && relay.message(up).unwrap().fds.is_empty() {}
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Err(rustix::io::Errno::AGAIN), "it is still open");
    // Even if nothing is received now.
    relay.set_limits(Limits { throttle_bytes: 0, ..Limits::default() });
    assert!(relay.is_behind() && !relay.advance(up).unwrap());
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Ok(0));
    assert!(relay.last_received(up).is_empty());
}

#[test]
fn what_was_refused_can_be_seen() {
    let protocols = protocols();
    // A dead object, an unknown message, an impossible size, and one that is cut off, behind a good message.
    let good = [1, 12 << 16, 2].map(u32::to_ne_bytes).concat();
    let cases: [(&[u32], usize); 4] =
        [(&[99, 8 << 16], 8), (&[1, 12 << 16 | 7, 5], 12), (&[1, 4 << 16, 6], 8), (&[1, 0xfff0 << 16, 6], 12)];
    for (words, length) in cases {
        let refused: Vec<u8> = words.iter().copied().flat_map(u32::to_ne_bytes).collect();
        let (mut guest, b) = MemoryLink::pair();
        let (c, _host) = MemoryLink::pair();
        let (mut relay, up) = (Relay::new(b, c, &protocols), Direction::Request);
        guest.send(&[&good[..], &refused].concat(), &[]).unwrap();
        assert!(relay.advance(up).unwrap());
        assert_eq!(relay.last_received(up), good);
        assert!(matches!(relay.advance(up), Err(ReceiveError::Refused(_))));
        assert_eq!(relay.last_received(up), &refused[..length], "{words:?}");
        // It stays so.
        assert!(relay.advance(up).is_err() && relay.last_received(up) == &refused[..length]);
    }
}
