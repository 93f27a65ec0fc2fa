//! Both queues between two naive lists: messages put in, messages taken out, and a socket that behaves as it likes.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::limits::FDS_PER_SEND;

/// How many fds can be told apart; no more are in flight at once.
const KINDS: usize = 128;

#[derive(Clone, Debug)]
enum Op {
    /// Queue a message of so many words with so many fds.
    Push { words: usize, fds: usize },
    /// Flush into a socket that does this, call by call, and then takes nothing.
    Flush(Vec<Step>),
    /// Read into a buffer that has so much room.
    Read { room: usize },
}

#[derive(Clone, Debug)]
enum Step {
    Take(usize),
    Interrupt,
    Block,
}

fn op() -> impl Strategy<Value = Op> {
    let step = prop_oneof![
        3 => (1..40usize).prop_map(Step::Take),
        2 => (40..3000usize).prop_map(Step::Take),
        1 => Just(Step::Interrupt),
        1 => Just(Step::Block),
    ];
    let words = prop_oneof![6 => 2..12usize, 1 => 12..400usize];
    // Generated messages have at most 20 fds; the queue makes no such assumption.
    let fds = prop_oneof![3 => Just(0usize), 4 => 1..3usize, 1 => 3..20usize, 1 => 20..70usize];
    prop_oneof![
        4 => (words, fds).prop_map(|(words, fds)| Op::Push { words, fds }),
        2 => prop::collection::vec(step, 0..6).prop_map(Op::Flush),
        3 => prop_oneof![1..20usize, 20..5000usize].prop_map(|room| Op::Read { room }),
    ]
}

/// Fds that are known by their inodes.
fn inodes() -> &'static (Vec<OwnedFd>, Vec<u64>) {
    static INODES: OnceLock<(Vec<OwnedFd>, Vec<u64>)> = OnceLock::new();
    INODES.get_or_init(|| {
        let fds: Vec<OwnedFd> = (0..KINDS).map(|_| io::pipe().unwrap().0.into()).collect();
        let inodes = fds.iter().map(|fd| inode(fd.try_clone().unwrap())).collect();
        (fds, inodes)
    })
}

fn inode(fd: OwnedFd) -> u64 {
    File::from(fd).metadata().unwrap().ino()
}

/// A stream of bytes with fds at some of them. As in the kernel, no read goes past bytes with fds of their own.
#[derive(Default)]
struct Socket {
    steps: VecDeque<Step>,
    segments: VecDeque<(VecDeque<u8>, Vec<OwnedFd>)>,
}

impl Link for Socket {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        assert!(!bytes.is_empty() && fds.len() <= FDS_PER_SEND);
        let room = match self.steps.pop_front() {
            Some(Step::Take(room)) => room,
            Some(Step::Interrupt) => return Err(io::ErrorKind::Interrupted.into()),
            Some(Step::Block) | None => return Err(io::ErrorKind::WouldBlock.into()),
        };
        let taken = bytes.len().min(room);
        let fds = fds.iter().map(|fd| fd.try_clone_to_owned().unwrap()).collect();
        self.segments.push_back((bytes[..taken].iter().copied().collect(), fds));
        Ok(taken)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let mut filled = 0;
        while let Some((bytes, carried)) = self.segments.front_mut() {
            if filled == buffer.len() || (filled > 0 && !carried.is_empty()) {
                break;
            }
            fds.extend(carried.drain(..));
            while filled < buffer.len()
                && let Some(byte) = bytes.pop_front()
            {
                buffer[filled] = byte;
                filled += 1;
            }
            if bytes.is_empty() {
                self.segments.pop_front();
            }
        }
        if filled == 0 {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            Ok(Received { bytes: filled, fds_lost: false })
        }
    }
}

struct Fixture {
    outbox: Outbox,
    inbox: Inbox,
    socket: Socket,
    /// What was queued and is yet to be read: words and fds of each message.
    expected: VecDeque<(usize, usize)>,
    /// Numbers of the next message and of the next fd, at either end.
    queued: (usize, usize),
    read: (usize, usize),
    moved: FlushStats,
    /// Bytes that the inbox keeps of an unfinished message.
    kept: usize,
}

impl Fixture {
    fn new() -> Fixture {
        let rules = SendLimits { trace: false, message_size: 4096, queued_fds: 1024 };
        Fixture {
            outbox: Outbox::new(rules),
            inbox: Inbox::default(),
            socket: Socket::default(),
            expected: VecDeque::new(),
            queued: (0, 0),
            read: (0, 0),
            moved: FlushStats::default(),
            kept: 0,
        }
    }

    fn push(&mut self, words: usize, fds: usize) {
        // The number of the message, its length, and what it consists of.
        let number = self.queued.0;
        let mut message = Vec::new();
        message.extend((number as u32).to_ne_bytes());
        message.extend((words as u32 * 4).to_ne_bytes());
        message.extend((2..words).flat_map(|word| [number as u8, word as u8, 0, 0]));
        if !self.outbox.has_room(message.len()) {
            assert!(self.outbox.append(message.len()).is_none());
            self.outbox.grow(message.len());
        }
        let first = self.queued.1;
        self.queued.1 += fds;
        let fds_of = (first..first + fds).map(|fd| inodes().0[fd % KINDS].try_clone().unwrap());
        self.outbox.append_with(message.len(), fds_of).expect("there is room").copy_from_slice(&message);
        self.queued.0 += 1;
        self.expected.push_back((words, fds));
    }

    fn flush(&mut self, steps: Vec<Step>) {
        let (waiting, before) = ((self.outbox.len(), self.outbox.fds()), self.moved);
        self.socket.steps = steps.into();
        let result = self.outbox.flush(&mut self.socket, &mut self.moved).unwrap();
        let bytes = (self.moved.bytes - before.bytes) as usize;
        let fds = (self.moved.fds - before.fds) as usize;
        assert_eq!((self.outbox.len() + bytes, self.outbox.fds() + fds), waiting);
        assert_eq!(result == Flush::Done, self.outbox.is_empty());
        assert!(!self.outbox.is_empty() || self.outbox.fds() == 0, "fds without bytes");
    }

    fn read(&mut self, room: usize) {
        // What is kept of a message must leave room for more.
        let mut buffer = vec![0; 2000 + room];
        let Ok((filled, _)) = self.inbox.fill(&mut self.socket, &mut buffer[..self.kept + room]) else { return };
        let mut rest = &buffer[..filled];
        while let Some(size) = rest.get(4..8) {
            let size = u32::from_ne_bytes(size.try_into().unwrap()) as usize;
            let Some((message, behind)) = rest.split_at_checked(size) else { break };
            let (words, fds) = self.expected.pop_front().expect("a message that nobody queued");
            assert_eq!(message[..4], (self.read.0 as u32).to_ne_bytes());
            assert_eq!(size, words * 4);
            assert!((2..words).all(|word| message[word * 4..][..2] == [self.read.0 as u8, word as u8]));
            for _ in 0..fds {
                let fd = self.inbox.fds.pop_front().expect("an fd behind the bytes of its message");
                assert_eq!(inode(fd), inodes().1[self.read.1 % KINDS], "fd {} of the stream", self.read.1);
                self.read.1 += 1;
            }
            self.read.0 += 1;
            rest = behind;
        }
        self.kept = rest.len();
        self.inbox.keep(rest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn d05_d13_messages_come_through_whole_with_their_own_fds(ops in prop::collection::vec(op(), 1..60)) {
        let mut fixture = Fixture::new();
        for op in ops {
            match op {
                Op::Push { words, fds } if fixture.queued.1 - fixture.read.1 + fds <= KINDS => fixture.push(words, fds),
                Op::Push { words, .. } => fixture.push(words, 0),
                Op::Flush(steps) => fixture.flush(steps),
                Op::Read { room } => fixture.read(room),
            }
        }
        fixture.flush(vec![Step::Take(usize::MAX); 100]);
        while !fixture.socket.segments.is_empty() {
            fixture.read(5000);
        }
        assert_eq!(fixture.queued, fixture.read, "messages and fds");
        assert!(fixture.outbox.is_empty() && fixture.inbox.fds.is_empty() && fixture.expected.is_empty());
    }
}
