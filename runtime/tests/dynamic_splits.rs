//! A relay between links that give and take a few bytes at a time, whatever becomes of each message.

mod probe;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use probe::any_fd;
use probe::protocol::{probe as api, probe_child};
use proptest::array::uniform7;
use proptest::collection::vec;
use proptest::prelude::*;
use wayline::dynamic::{Direction, Interface, Message, Protocols, Relay, Selection, Value, Verdict};
use wayline::{Limits, Link, MemoryLink, Received};

/// A link, and how many bytes each call moves; it would block where that is 0.
struct Few(MemoryLink, std::iter::Cycle<std::vec::IntoIter<usize>>);

impl Few {
    fn step(&mut self) -> io::Result<usize> {
        self.1.next().filter(|&step| step > 0).ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }
}

impl Link for Few {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let step = self.step()?.min(bytes.len());
        self.0.send(&bytes[..step], fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let step = self.step()?.min(buffer.len());
        self.0.receive(&mut buffer[..step], fds)
    }
}

/// A request to object 3, of version 2; or a new registry, which some rule has to see.
fn request(kind: u8, word: u32, id: u32) -> Vec<u8> {
    let (object, opcode, args) = match kind {
        0 | 1 => (3, api::opcode::INTS, vec![word, 2, 3, 4]),
        // Its padding is odd, if the word is.
        2 => (3, api::opcode::TEXT, vec![0, 3, u32::from_ne_bytes([7, 8, 9, word as u8 & 1])]),
        3 => (3, api::opcode::FD, vec![]),
        4 => (3, api::opcode::TAKE, vec![0]),
        5 => (3, api::opcode::RECENT, vec![]),
        _ => (1, 1, vec![id]),
    };
    let head = [object, (8 + 4 * args.len() as u32) << 16 | u32::from(opcode)];
    [&head[..], &args].concat().into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// What becomes of a message that is shown: it is passed, dropped, or held and then forwarded, or sent anew, or left.
fn choice(bytes: &[u8], choices: &[u8; 7]) -> u8 {
    let sum: usize = bytes.iter().map(|&byte| usize::from(byte)).sum();
    match (bytes[..4] == 3_u32.to_ne_bytes(), choices[sum % 7]) {
        // Others make objects, and padding is not sent anew.
        (false, _) => 0,
        (true, 3) if bytes.len() == 20 => 2,
        (true, choice) => choice,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_relay_passes_on_is_what_was_said_but_for_what_was_dropped(
        kinds in vec((0..7_u8, any::<u32>()), 1..80), bits in any::<u16>(), choices in uniform7(0..5_u8),
        steps in [vec(0..60_usize, 1..9), vec(0..60_usize, 1..9)], own in vec(any::<bool>(), 1..9), throttle in 1..400_usize
    ) {
        let protocols = Protocols::new([Interface::from(&api::SPEC), Interface::from(&probe_child::SPEC)]).unwrap();
        let ((mut guest, b), (c, mut host), up) = (MemoryLink::pair(), MemoryLink::pair(), Direction::Request);
        let [below, above] = steps.map(|steps| [vec![1], steps].concat().into_iter().cycle());
        let mut relay = Relay::new(Few(b, below), Few(c, above), &protocols);
        relay.set_limits(Limits { throttle_bytes: throttle, queued_fds: 5, ..Limits::default() });
        let selected = |opcode: u16| bits >> (opcode % 16) & 1 == 1;
        relay.select(Selection::new(&protocols, |interface, _, signature| {
            selected(interface.requests.iter().position(|one| one == signature).unwrap_or(0) as u16)
        }));
        let text = [*b"prob", *b"e\0\0\0"].map(u32::from_ne_bytes);
        let bind = [&[2, 32 << 16, 1, 6], &text[..], &[2, 3]].concat().into_iter().flat_map(u32::to_ne_bytes).collect();
        let said = kinds.iter().zip(4..).map(|(&(kind, word), id)| request(kind, word, id));
        // Ids have no gaps.
        let mut id = 3;
        let said = said.zip(&kinds).map(|(bytes, &(kind, word))| {
            id += u32::from(kind == 6);
            if kind == 6 { request(kind, word, id) } else { bytes }
        });
        let said: Vec<Vec<u8>> = [request(6, 0, 2), bind].into_iter().chain(said).collect();
        let mut files = Vec::new();
        for bytes in &said {
            let file = (bytes.len() == 8 && bytes[4..6] == api::opcode::FD.to_ne_bytes()).then(|| io::pipe().unwrap().0);
            guest.send(bytes, file.as_ref().map(AsFd::as_fd).as_slice()).unwrap();
            files.push(file.map(|file| File::from(OwnedFd::from(file)).metadata().unwrap().ino()));
        }
        let (total, mut own, mut sent) = (said.concat().len(), own.into_iter().cycle(), Vec::new());
        loop {
            let has_new = relay.passed(up).bytes as usize + relay.client().unread().0 < total;
            if has_new || relay.has_more(up) {
                let visit = |message: &wayline::dynamic::View<'_>| match choice(message.bytes, &choices) {
                    0 => Verdict::Pass,
                    1 => Verdict::Drop,
                    _ => Verdict::Hold,
                };
                if relay.visit(up, visit).unwrap() {
                    match choice(relay.message(up).unwrap().bytes, &choices) {
                        0 | 2 => relay.forward(up).unwrap(),
                        3 => {
                            let received = relay.take(up).unwrap();
                            relay.send(up, received.message).unwrap();
                        }
                        _ => {}
                    }
                }
                let at = relay.passed(up).messages as usize;
                if at > 1 && !relay.is_behind() && own.next().unwrap() {
                    let values = vec![Value::Int(-1), Value::Uint(2), Value::Fixed(wayline::Fixed::from_bits(3)), Value::Int(4)];
                    relay.send(up, Message { object: 3, opcode: api::opcode::INTS, values }).unwrap();
                    sent.push(at);
                }
            } else if relay.server().queued() == (0, 0) {
                break;
            }
            let _ = relay.flush(up).unwrap();
        }
        let (mut expected, mut inodes) = (Vec::new(), Vec::new());
        for (at, (bytes, file)) in said.iter().zip(files).enumerate() {
            let opcode = u16::from_ne_bytes([bytes[4], bytes[5]]);
            let is_odd = opcode == api::opcode::RECENT || (bytes.len() == 20 && bytes[19] == 1);
            if !(selected(opcode) || is_odd) || [0, 2, 3].contains(&choice(bytes, &choices)) {
                expected.extend(bytes);
                inodes.extend(file);
            }
            sent.iter().filter(|&&sent| sent == at + 1).for_each(|_| expected.extend(request(0, u32::MAX, 0)));
        }
        let (mut buffer, mut fds) = (vec![0; 1 << 16], VecDeque::new());
        let received = host.receive(&mut buffer, &mut fds).unwrap();
        prop_assert!(buffer[..received.bytes] == expected);
        prop_assert_eq!(fds.into_iter().map(|fd| File::from(fd).metadata().unwrap().ino()).collect::<Vec<_>>(), inodes);
        prop_assert_eq!((relay.passed(up).messages as usize, relay.client().unread()), (said.len(), (0, 0)));
    }
}

/// Ids at the ends of both halves, and those that are in use.
fn an_id() -> impl Strategy<Value = u32> {
    prop_oneof![0..8_u32, prop::sample::select(vec![0xfeff_ffff, 0xff00_0000, 0xff00_0001, 0xff00_ffff, u32::MAX])]
}

/// A message that may be good: to any object, of any size, whose words are mostly ids.
fn a_message() -> impl Strategy<Value = Vec<u8>> {
    let sizes = prop_oneof![8 => Just(None), 1 => prop::sample::select(vec![0, 4, 7, 8, 10, 12, 4096, 4100, 65_535]).prop_map(Some)];
    (an_id(), 0..9_u32, sizes, vec(an_id(), 0..5)).prop_map(|(object, opcode, size, args)| {
        let size = size.unwrap_or(8 + 4 * args.len() as u32);
        [&[object, size << 16 | opcode][..], &args].concat().into_iter().flat_map(u32::to_ne_bytes).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_both_sides_say_the_good_part_is_passed_on_and_what_is_refused_is_not(
        said in [vec(a_message(), 0..40), vec(a_message(), 0..40)], bits in any::<u16>(), objects in 1..12_u32, steps in vec(1..99_usize, 1..9)
    ) {
        let protocols = Protocols::new([Interface::from(&api::SPEC), Interface::from(&probe_child::SPEC)]).unwrap();
        let ((mut guest, b), (c, mut host)) = (MemoryLink::pair(), MemoryLink::pair());
        let mut relay = Relay::new(Few(b, steps.clone().into_iter().cycle()), Few(c, steps.into_iter().cycle()), &protocols);
        relay.set_limits(Limits { objects, ..Limits::default() });
        relay.select(Selection::new(&protocols, |_, _, signature| bits >> (signature.name.len() % 16) & 1 == 1));
        let text = [*b"prob", *b"e\0\0\0"].map(u32::from_ne_bytes);
        let bind = [&[2, 32 << 16, 1, 6], &text[..], &[2, 3]].concat().into_iter().flat_map(u32::to_ne_bytes).collect();
        let [requests, events] = said;
        let requests = [vec![request(6, 0, 2), bind], requests].concat().concat();
        let events = events.concat();
        guest.send(&requests, &[any_fd().as_fd(); 3]).unwrap();
        host.send(&events, &[any_fd().as_fd(); 3]).unwrap();
        // Reads that find nothing at all are the last ones.
        for _ in 0..requests.len() + events.len() + 1 {
            for direction in [Direction::Request, Direction::Event] {
                let _ = relay.visit(direction, |message| {
                    let _ = (message.to_string(), message.last_request(message.object));
                    Verdict::Pass
                });
                relay.flush(direction).unwrap();
            }
        }
        for (direction, said, link) in [(Direction::Request, requests, &mut host), (Direction::Event, events, &mut guest)] {
            let mut buffer = vec![0; 1 << 16];
            let passed = relay.passed(direction).bytes as usize;
            let received = link.receive(&mut buffer, &mut VecDeque::new()).map_or(0, |received| received.bytes);
            prop_assert!(received == passed && buffer[..passed] == said[..passed]);
            let refused = relay.last_received(direction);
            prop_assert!(said[passed..].starts_with(refused));
            prop_assert_eq!(refused.is_empty(), relay.visit(direction, |_| Verdict::Pass).is_ok());
        }
        prop_assert!(relay.objects() <= objects.max(1));
    }
}
