use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::*;
use crate::limits::FDS_PER_SEND;

/// Takes at most `room` bytes a call and records what came with which bytes.
struct Recorder {
    room: VecDeque<usize>,
    sends: Vec<(usize, usize)>,
}

impl Link for Recorder {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let room = self.room.pop_front().unwrap_or(usize::MAX);
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = bytes.len().min(room);
        self.sends.push((taken, fds.len()));
        Ok(taken)
    }

    fn receive(&mut self, _: &mut [u8], _: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

fn recorder(room: &[usize]) -> Recorder {
    Recorder { room: room.iter().copied().collect(), sends: Vec::new() }
}

fn some_fd() -> OwnedFd {
    std::io::stdin().as_fd().try_clone_to_owned().unwrap()
}

/// Messages of 8 bytes with one fd each.
fn messages(count: usize) -> Outbox {
    let mut outbox = Outbox::new(SendLimits { trace: false, message_size: 4096, queued_fds: 1024 });
    for _ in 0..count {
        outbox.grow(8);
        assert!(outbox.append_with(8, [some_fd()]).is_some());
    }
    outbox
}

#[test]
fn d05_a_send_carries_at_most_28_fds_and_no_byte_beyond_them() {
    let mut outbox = messages(60);
    let mut link = recorder(&[]);
    assert_eq!(outbox.flush(&mut link, &mut FlushStats::default()).unwrap(), Flush::Done);
    assert_eq!(link.sends, [(28 * 8, 28), (28 * 8, 28), (4 * 8, 4)]);
    assert!(outbox.is_empty());
}

#[test]
fn d13_a_partial_send_neither_loses_nor_repeats_fds() {
    let mut outbox = messages(3);
    let mut link = recorder(&[1, 0, 5]);
    let mut moved = FlushStats::default();
    assert_eq!(outbox.flush(&mut link, &mut moved).unwrap(), Flush::Blocked);
    assert_eq!(outbox.len(), 23);
    assert_eq!(outbox.flush(&mut link, &mut moved).unwrap(), Flush::Done);
    assert_eq!(link.sends, [(1, 3), (5, 0), (18, 0)]);
    assert_eq!((moved.bytes, moved.fds, moved.calls), (24, 3, 3));
}

#[test]
fn fds_keep_ahead_of_their_bytes_at_every_cut() {
    for cut in 1..40 * 8 {
        let mut outbox = messages(40);
        let mut link = recorder(&[cut]);
        outbox.flush(&mut link, &mut FlushStats::default()).unwrap();
        let (mut bytes, mut fds) = (0, 0);
        for (taken, carried) in link.sends {
            bytes += taken;
            fds += carried;
            assert!(carried <= FDS_PER_SEND);
            assert!(fds >= bytes / 8, "{fds} fds for {bytes} bytes after a cut at {cut}");
        }
        assert_eq!((bytes, fds), (320, 40));
    }
}

#[test]
fn a_blocked_queue_forgets_what_was_sent() {
    let mut outbox = messages(100);
    let mut link = recorder(&[28 * 8, 28 * 8, 0]);
    outbox.flush(&mut link, &mut FlushStats::default()).unwrap();
    assert_eq!((outbox.len(), outbox.fds()), (44 * 8, 44));
    let mut link = recorder(&[]);
    outbox.flush(&mut link, &mut FlushStats::default()).unwrap();
    assert_eq!(link.sends, [(28 * 8, 28), (16 * 8, 16)]);
}

#[test]
fn an_unfinished_message_is_kept_in_front() {
    let (mut a, mut b) = MemoryLink::pair();
    let mut inbox = Inbox::default();
    let mut buffer = [0; 64];
    a.send(&[1, 2, 3], &[]).unwrap();
    let (filled, _) = inbox.fill(&mut b, &mut buffer).unwrap();
    inbox.keep(&buffer[..filled]);
    assert!(inbox.fill(&mut b, &mut buffer).is_err(), "nothing new must not lose what is kept");
    a.send(&[4], &[]).unwrap();
    let (filled, received) = inbox.fill(&mut b, &mut buffer).unwrap();
    assert_eq!((&buffer[..filled], received.bytes), (&[1, 2, 3, 4][..], 1));
}
