//! From one process to the next: what goes over, and who serves when one of them stops.

use super::*;

/// Knows no probes.
struct Other {
    server: Server<Other>,
}

impl HasServer for Other {
    fn server(&mut self) -> &mut Server<Other> {
        &mut self.server
    }
}

impl Upgrade for Other {
    fn carrier() -> Carrier<Other> {
        Carrier::new()
    }

    fn save(&mut self, _: &mut Saver) -> Result<(), Refusal> {
        Ok(())
    }

    fn load(server: Server<Other>, _: &mut Loader<'_>) -> Result<Other, CarryError> {
        Ok(Other { server })
    }
}

/// A successor that says what a test wants.
struct Raw {
    socket: Socket,
    fds: VecDeque<OwnedFd>,
}

impl Raw {
    fn say(&mut self, kind: u32, number: u32) {
        use wayline::Link;
        let frame: Vec<u8> = [0x5761_794c, kind, number, 0].into_iter().flat_map(u32::to_le_bytes).collect();
        assert_eq!(self.socket.send(&frame, &[]).unwrap(), 16);
    }

    /// The kind of the next frame; `None` if the other side is gone.
    fn hear(&mut self) -> Option<u32> {
        use wayline::Link;
        let deadline = Instant::now() + PATIENCE;
        let mut frame = [0; 16];
        let mut filled = 0;
        while filled < 16 {
            assert!(Instant::now() < deadline, "nothing is said");
            match self.socket.receive(&mut frame[filled..], &mut self.fds) {
                Ok(received) if received.bytes == 0 => return None,
                Ok(received) => filled += received.bytes,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(_) => return None,
            }
        }
        Some(u32::from_le_bytes(frame[4..8].try_into().unwrap()))
    }

    /// Up to the last descriptors of the state; returns the token as a successor opens it.
    fn begin(&mut self) -> OwnedFd {
        self.say(1, 2);
        assert_eq!(self.hear(), Some(2));
        assert_eq!(self.hear(), Some(3));
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", self.fds[1].as_raw_fd());
        std::fs::File::options().read(true).write(true).open(path).unwrap().into()
    }
}

/// Whether the token can be taken.
fn takes(token: &OwnedFd) -> bool {
    rustix::fs::flock(token, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
}

#[test]
fn a_listening_socket_goes_over_with_its_file_and_its_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let mut server = Server::listen_at(path.to_str().unwrap()).unwrap();
    server.add_global::<Probe>(3).unwrap();
    let mut host = Host::empty(server);
    let (mut ours, theirs) = pair();
    let successor =
        std::thread::spawn(move || carry::take_over::<Host>(theirs, PATIENCE).map(|host| (host.note.clone(), host)));
    host.note = "over".into();
    carry::hand_over(&mut host, &mut ours, PATIENCE).unwrap();
    let (note, mut host_of_successor) = successor.join().unwrap().unwrap();
    drop(host);
    assert_eq!(note, "over");
    assert!(path.exists(), "the predecessor has left it");
    assert!(Server::<Host>::listen_at(path.to_str().unwrap()).is_err(), "the name is taken");
    let late = Client::<TestClient>::connect_to_within(path.to_str().unwrap(), Duration::from_millis(0));
    drop(late);
    let socket = UnixStream::connect(&path).unwrap();
    let mut guest = TestClient::new(Socket::new(socket.into()));
    exchange(&mut host_of_successor, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 1);
    drop(host_of_successor);
    assert!(!path.exists(), "the last one removes it");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn whoever_fails_when_the_predecessor_goes_on_or_the_successor_serves() {
    // A successor that does not understand, dies before it has loaded, or cannot load.
    for act in [0, 1, 2] {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        exchange(&mut host, &mut [&mut guest]);
        let probe: Probe = guest.client.bind(3).unwrap();
        exchange(&mut host, &mut [&mut guest]);
        let (mut ours, theirs) = pair();
        let successor = std::thread::spawn(move || match act {
            0 => drop(rustix::io::write(&theirs, b"this is another protocol").unwrap()),
            1 => drop(theirs),
            _ => {
                let error = carry::take_over::<Other>(theirs, PATIENCE).map(drop).unwrap_err();
                assert!(error.to_string().contains("probe"), "{error}");
            }
        });
        let error = carry::hand_over(&mut host, &mut ours, PATIENCE).unwrap_err();
        successor.join().unwrap();
        let expected = match act {
            0 => matches!(error, HandOverError::Unexpected),
            1 => matches!(error, HandOverError::Gone),
            _ => matches!(&error, HandOverError::NotLoaded(text) if text.contains("probe")),
        };
        assert!(expected, "{error}");
        probe.recent(&mut guest.client).unwrap();
        exchange(&mut host, &mut [&mut guest]);
        assert_eq!(guest.seen, [Seen::Recent], "the predecessor serves");
    }
}

#[test]
fn a_successor_that_cannot_load_leaves_the_socket_and_the_lock_of_its_predecessor() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let mut server = Server::listen_at(path.to_str().unwrap()).unwrap();
    server.add_global::<Probe>(3).unwrap();
    let mut host = Host::empty(server);
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let _: Probe = guest.client.bind(3).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    let (mut ours, theirs) = pair();
    let successor = std::thread::spawn(move || carry::take_over::<Other>(theirs, PATIENCE).map(drop).unwrap_err());
    carry::hand_over(&mut host, &mut ours, PATIENCE).unwrap_err();
    successor.join().unwrap();
    assert!(path.exists(), "clients still find the predecessor");
    let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
    carry::load::<Other>(State::from_parts(bytes, fds)).map(drop).unwrap_err();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "the socket and its lock");
    drop(host);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_successor_that_never_answers_is_given_up() {
    let mut host = Host::new();
    let (mut ours, _theirs) = pair();
    let error = carry::hand_over(&mut host, &mut ours, Duration::from_millis(1)).unwrap_err();
    assert!(matches!(error, HandOverError::TimedOut), "{error}");
}

#[test]
fn exactly_one_serves_wherever_the_successor_stops() {
    // It stops when it has the state, when it has loaded, when it was told, or when it has the token and does not say so.
    for stop in 0..4 {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        let probe: Probe = {
            exchange(&mut host, &mut [&mut guest]);
            guest.client.bind(3).unwrap()
        };
        exchange(&mut host, &mut [&mut guest]);
        let (mut ours, theirs) = pair();
        let successor = std::thread::spawn(move || {
            let mut raw = Raw { socket: Socket::new(theirs), fds: VecDeque::new() };
            let token = raw.begin();
            assert!(!takes(&token), "the predecessor has it");
            if stop == 0 {
                return None;
            }
            raw.say(4, 0);
            if stop == 1 {
                return None;
            }
            assert_eq!(raw.hear(), Some(6));
            if stop == 2 {
                return None;
            }
            assert!(takes(&token));
            // Whoever holds the token is the one who serves, although nobody was told.
            Some(token)
        });
        let result = carry::hand_over(&mut host, &mut ours, PATIENCE);
        let kept = successor.join().unwrap();
        match stop {
            3 => {
                result.unwrap();
                assert!(host.server.is_stopped(), "the successor serves");
            }
            _ => {
                let error = result.unwrap_err();
                assert!(matches!(error, HandOverError::Gone), "{stop}: {error}");
                probe.recent(&mut guest.client).unwrap();
                exchange(&mut host, &mut [&mut guest]);
                assert_eq!(guest.seen, [Seen::Recent], "the predecessor serves");
            }
        }
        drop(kept);
    }
}

#[test]
fn a_successor_that_has_loaded_serves_unless_its_predecessor_does() {
    // The predecessor is gone before it has said anything; is killed when the successor has loaded; gives up then; commits,
    // and has taken the token back by then.
    for stop in ["silent", "killed", "gave up", "took it back"] {
        let (ours, theirs) = pair();
        let successor = std::thread::spawn(move || carry::take_over::<Host>(theirs, PATIENCE).map(drop));
        let mut raw = Raw { socket: Socket::new(ours), fds: VecDeque::new() };
        assert_eq!(raw.hear(), Some(1));
        if stop != "silent" {
            let (bytes, _) = carry::save(&mut Host::new()).unwrap().into_parts();
            let memory = rustix::fs::memfd_create("state", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            rustix::io::write(&memory, &bytes).unwrap();
            let token = rustix::fs::memfd_create("token", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            assert!(takes(&token));
            use wayline::Link;
            let frame: Vec<u8> = [0x5761_794c, 2, 0, 0].into_iter().flat_map(u32::to_le_bytes).collect();
            assert_eq!(raw.socket.send(&frame, &[memory.as_fd(), token.as_fd()]).unwrap(), 16);
            assert_eq!(raw.hear(), Some(4));
            if stop == "gave up" {
                rustix::fs::ftruncate(&token, 1).unwrap();
            }
            if stop == "took it back" {
                raw.say(6, 0);
                assert!(matches!(successor.join().unwrap(), Err(HandOverError::TimedOut)));
                continue;
            }
        }
        drop(raw);
        let result = successor.join().unwrap();
        let serves = stop == "killed";
        assert!(if serves { result.is_ok() } else { matches!(result, Err(HandOverError::Gone)) }, "{stop}: {result:?}");
    }
}

#[test]
fn what_cannot_be_prepared_is_not_taken_over() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let (mut ours, theirs) = pair();
    let successor = std::thread::spawn(move || {
        let prepare = |host: &mut Host| {
            assert_eq!(host.server.clients().count(), 1);
            Err(CarryError::Application("no loop".into()))
        };
        carry::take_over_with::<Host>(theirs, PATIENCE, prepare).map(drop)
    });
    let error = carry::hand_over(&mut host, &mut ours, PATIENCE).unwrap_err();
    assert!(matches!(&error, HandOverError::NotLoaded(text) if text == "no loop"), "{error}");
    assert!(successor.join().unwrap().is_err());
    let _: Probe = guest.client.bind(3).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    assert_eq!(host.probes.len(), 1, "the predecessor serves");
}
