use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};

use super::*;
use crate::io::fence::Fence;

const DEADLINE: Duration = Duration::from_secs(20);

fn fence(flags: EventfdFlags) -> Fence {
    Fence::from_fd(eventfd(0, flags | EventfdFlags::CLOEXEC).unwrap()).unwrap()
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: nothing for {DEADLINE:?}");
        thread::yield_now();
    }
}

/// Signals a blocking eventfd again and again while a peer empties and fills it,
/// so that it is full in the moment between any look and any write. The peer does
/// so only after a signal has returned: one that sleeps, sleeps for good.
fn survives_a_toggling_peer(signals: usize, signal: impl Fn(&Fence) + Send + 'static) {
    let ours = fence(EventfdFlags::empty());
    let peer = Arc::new(ours.try_clone().unwrap());
    let returned = Arc::new(AtomicUsize::new(0));
    let toggled = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let toggler = thread::spawn({
        let (peer, stop) = (Arc::clone(&peer), Arc::clone(&stop));
        let (returned, toggled) = (Arc::clone(&returned), Arc::clone(&toggled));
        move || {
            let mut seen = 0;
            while !stop.load(SeqCst) {
                let now = returned.load(SeqCst);
                if now > seen {
                    seen = now;
                    let _ = peer.take().unwrap();
                    // Sleeps if a signal came first, until the eventfd is emptied below.
                    let _ = rustix::io::write(&*peer, &(u64::MAX - 1).to_ne_bytes());
                    toggled.fetch_add(1, SeqCst);
                }
            }
        }
    });
    let signaller = thread::spawn({
        let returned = Arc::clone(&returned);
        move || {
            for _ in 0..signals {
                signal(&ours);
                returned.fetch_add(1, SeqCst);
            }
        }
    });
    let (mut seen, mut cycle, mut last) = (0, 0, Instant::now());
    let hung = loop {
        let now = returned.load(SeqCst);
        if now == signals {
            break false;
        }
        if now > seen {
            last = Instant::now();
            let count = toggled.load(SeqCst);
            if count == cycle {
                // Signals return, but the peer sleeps.
                let _ = peer.take().unwrap();
            }
            (seen, cycle) = (now, count);
        } else if last.elapsed() > DEADLINE {
            break true;
        }
        thread::yield_now();
    };
    stop.store(true, SeqCst);
    // Lets go of whoever sleeps.
    wait_for("an end of the threads", || {
        let _ = peer.take();
        signaller.is_finished() && toggler.is_finished()
    });
    assert!(!hung, "a signal slept in the kernel after {seen} others");
}

#[test]
fn s03_a_peer_that_toggles_a_blocking_eventfd_holds_nobody() {
    survives_a_toggling_peer(500_000, |fence| fence.signal().unwrap());
}

#[test]
fn s03_without_aio_it_holds_a_thread_of_ours_at_most() {
    let signaller = Signaller::new(None);
    survives_a_toggling_peer(20_000, move |fence| signaller.signal(&[fence.as_fd()]).unwrap());
}

#[test]
fn both_ways_signal_every_fence_whatever_its_flags() {
    for aio in [Aio::new().ok(), None] {
        let signaller = Signaller::new(aio);
        let fences = [EventfdFlags::empty(), EventfdFlags::NONBLOCK, EventfdFlags::SEMAPHORE].map(fence);
        for _ in 0..2 {
            signaller.signal(&fences.each_ref().map(Fence::as_fd)).unwrap();
        }
        for fence in &fences {
            wait_for("the first signal", || fence.is_signalled().unwrap());
        }
        let mut counts = [0; 3];
        wait_for("both signals", || {
            for (count, fence) in counts.iter_mut().zip(&fences) {
                *count += fence.take().unwrap().unwrap_or(0);
            }
            counts == [2; 3]
        });
    }
}

#[test]
fn more_signals_than_the_ring_has_room_for_all_arrive() {
    let Ok(aio) = Aio::new() else { return };
    let fence = fence(EventfdFlags::NONBLOCK);
    aio.signal(&[fence.as_fd(); 1000]).unwrap();
    for _ in 0..1000 {
        aio.signal(&[fence.as_fd()]).unwrap();
    }
    assert_eq!(fence.take().unwrap(), Some(2000));
}

#[test]
fn a_held_thread_has_a_bounded_queue_and_holds_no_caller() {
    let signaller = Signaller::new(None);
    let (release, held) = channel::<()>();
    let (signalled, done) = channel();
    let act = move |eventfd: OwnedFd| {
        let _ = held.recv_timeout(DEADLINE);
        signalled.send(eventfd).unwrap();
    };
    let fence = fence(EventfdFlags::NONBLOCK);
    let mut act = Some(act);
    for _ in 0..2 * QUEUE {
        let fd = fence.try_clone().unwrap().into();
        match act.take() {
            Some(act) => signaller.defer(fd, act).unwrap(),
            None => signaller.defer(fd, |_| unreachable!("the thread runs")).unwrap(),
        }
    }
    drop((release, signaller));
    let count = done.iter().count();
    assert!((QUEUE..=QUEUE + 1).contains(&count), "{count}: the queue, and one that the thread had");
}
