//! A client whose requests wait, for a full socket or for fds of others to arrive, gets on by itself, and does not spin.
#![cfg(feature = "calloop")]

mod probe;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use probe::protocol::Probe;
use probe::{TestClient, any_fd};
use wayline::io::Socket;
use wayline::{Client, Disconnect, Error, Fixed, Limits, Link, Received, client};

/// A guest over a socket that knows a probe, and the server's end.
fn guest(wrap: impl FnOnce(Socket) -> Box<dyn Link>) -> (TestClient, Probe, UnixStream) {
    struct Boxed(Box<dyn Link>);
    impl Link for Boxed {
        fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
            self.0.send(bytes, fds)
        }
        fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
            self.0.receive(buffer, fds)
        }
        fn as_fd(&self) -> Option<BorrowedFd<'_>> {
            self.0.as_fd()
        }
    }
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut guest = TestClient::new(Boxed(wrap(Socket::new(ours.into()))));
    let probe = guest.client.bind_name(1, 3).unwrap();
    client::finish_turn(&mut guest);
    (guest, probe, theirs)
}

fn read_all(mut peer: &UnixStream) -> usize {
    let mut buffer = vec![0; 1 << 20];
    std::iter::from_fn(|| peer.read(&mut buffer).ok().filter(|&count| count > 0)).sum()
}

#[test]
fn a_second_source_of_a_client_whose_socket_is_full_leaves_the_first_one_working() {
    let (mut guest, probe, peer) = guest(|socket| Box::new(socket));
    let mut events = calloop::EventLoop::<TestClient>::try_new().unwrap();
    let turn = |(): (), (): &mut (), guest: &mut TestClient| client::turn(guest);
    events.handle().insert_source(guest.client.source().unwrap(), turn).unwrap();
    while !guest.client.is_blocked() {
        probe.ints(&mut guest.client, 1, 2, Fixed::ZERO, 3).unwrap();
        guest.client.flush();
    }
    // The set of the first has not been told yet that it has to wait for room.
    let second = guest.client.source().unwrap();
    drop(second);
    let deadline = Instant::now() + Duration::from_secs(20);
    while guest.client.is_blocked() {
        read_all(&peer);
        assert!(Instant::now() < deadline, "the rest is never sent");
        events.dispatch(Duration::from_secs(20), &mut guest).unwrap();
    }
}

/// A socket that takes no fds for so many calls.
struct Congested {
    link: Socket,
    refusals: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Link for Congested {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        if !fds.is_empty() && !self.over.load(Ordering::Relaxed) {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.link.send(bytes, fds)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        self.link.receive(buffer, fds)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }
}

fn congested() -> (TestClient, UnixStream, Arc<AtomicUsize>, Arc<AtomicBool>) {
    let (refusals, over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let (count, end) = (Arc::clone(&refusals), Arc::clone(&over));
    let (mut guest, probe, peer) = guest(|link| Box::new(Congested { link, refusals: count, over: end }));
    probe.fd(&mut guest.client, any_fd()).unwrap();
    (guest, peer, refusals, over)
}

#[test]
fn d15_a_client_tries_again_by_itself_after_etoomanyrefs() {
    let (mut guest, _peer, refusals, over) = congested();
    let mut events = calloop::EventLoop::<TestClient>::try_new().unwrap();
    let turn = |(): (), (): &mut (), guest: &mut TestClient| client::turn(guest);
    events.handle().insert_source(guest.client.source().unwrap(), turn).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while refusals.load(Ordering::Relaxed) < 3 {
        assert!(Instant::now() < deadline, "it does not try again");
        events.dispatch(Duration::from_secs(20), &mut guest).unwrap();
    }
    assert!(guest.client.is_congested() && !guest.client.is_blocked());
    over.store(true, Ordering::Relaxed);
    while guest.client.is_congested() {
        assert!(Instant::now() < deadline, "it is not sent");
        events.dispatch(Duration::from_secs(20), &mut guest).unwrap();
    }
    assert_eq!(guest.client.stats().fds_out, 1);
}

#[test]
fn d15_etoomanyrefs_for_the_whole_grace_ends_the_client_with_that_reason() {
    let (mut guest, _peer, refusals, _) = congested();
    guest.client.set_limits(Limits { slow_peer_grace: Duration::ZERO, ..Limits::default() });
    let error = loop {
        // The first turn finds out, the next one is too late.
        match client::dispatch(&mut guest, Some(Duration::from_secs(20))) {
            Ok(_) => assert!(refusals.load(Ordering::Relaxed) < 5),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Disconnected(Disconnect::FdsInFlight)), "{error}");
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_waited_for_only_so_long() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("silent-0");
    let _listening = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let name = path.to_str().unwrap();
    let error = Client::<TestClient>::connect_to_within(name, Duration::from_millis(5)).unwrap_err();
    assert!(matches!(error, Error::TimedOut), "{error}");
}

/// A server that has always something to say, but never what it was asked.
struct Chatter;

impl Link for Chatter {
    fn send(&mut self, bytes: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn receive(&mut self, buffer: &mut [u8], _: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        let delete_id = [1u32, 12 << 16 | 1, 9999].map(u32::to_ne_bytes).concat();
        buffer[..12].copy_from_slice(&delete_id);
        Ok(Received { bytes: 12, fds_lost: false })
    }
}

#[test]
fn a_round_trip_within_some_time_ends_though_the_server_sends_without_end() {
    let mut guest = TestClient::new(Chatter);
    let error = client::roundtrip_within(&mut guest, Duration::from_millis(5)).unwrap_err();
    assert!(matches!(error, Error::TimedOut), "{error}");
    assert_eq!(guest.client.ended(), None);
}

#[test]
fn a_condition_that_does_not_come_true_in_time_is_an_error_and_the_connection_goes_on() {
    let mut guest = TestClient::new(Chatter);
    let error = client::dispatch_until(&mut guest, Duration::from_millis(5), |_| false).unwrap_err();
    assert!(matches!(error, Error::TimedOut), "{error}");
    assert_eq!(guest.client.ended(), None);
    let mut looks = 0;
    client::dispatch_until(&mut guest, Duration::ZERO, |_| true).expect("one that holds needs no time");
    client::dispatch_until(&mut guest, Duration::from_secs(60), |_| {
        looks += 1;
        looks == 3
    })
    .unwrap();
}

/// A link that cannot be waited on, and has nothing.
struct Silent {
    reads: u32,
}

impl Link for Silent {
    fn send(&mut self, bytes: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn receive(&mut self, _: &mut [u8], _: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        self.reads += 1;
        assert!(self.reads < 100, "it is asked again and again");
        Err(io::ErrorKind::WouldBlock.into())
    }
}

#[test]
fn waiting_on_a_link_that_has_no_descriptor_is_an_error_and_no_spin() {
    let mut guest = TestClient::new(Silent { reads: 0 });
    let error = client::roundtrip(&mut guest).unwrap_err();
    assert!(matches!(error, Error::CannotWait), "{error}");
    let error = client::dispatch(&mut guest, None).unwrap_err();
    assert!(matches!(error, Error::CannotWait), "{error}");
    assert!(!client::dispatch(&mut guest, Some(Duration::ZERO)).unwrap(), "to look is no wait");
    assert_eq!(guest.client.ended(), None);
}
