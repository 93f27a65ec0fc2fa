//! A server that another one takes over: its clients notice nothing.

#![cfg(feature = "io")]

mod probe;

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use probe::protocol::{Probe, ProbeChild, probe as api, probe_child};
use probe::{Seen, TestClient, any_fd};
use wayline::carry::{self, Carrier, CarryError, HandOverError, Loader, Refusal, Saver, State, Upgrade};
use wayline::io::Socket;
use wayline::{
    Client, ClientId, Disconnect, GlobalId, HandlerError, HandlerResult, HasServer, Limits, RequestHandler, Resource,
    Server, client, server,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Answers as probe.xml says, and can go over.
struct Host {
    server: Server<Host>,
    probes: Vec<Probe>,
    children: Vec<ProbeChild>,
    ended: Vec<ClientId>,
    destroyed: Vec<u32>,
    connected: usize,
    note: String,
    /// Whether it refuses to go over.
    refuses: bool,
}

impl HasServer for Host {
    fn server(&mut self) -> &mut Server<Host> {
        &mut self.server
    }

    fn connected(&mut self, _: ClientId) {
        self.connected += 1;
    }

    fn disconnected(&mut self, client: ClientId, _: &Disconnect) {
        self.ended.push(client);
    }
}

impl RequestHandler<Probe> for Host {
    type Data = u64;

    fn bound(&mut self, this: Probe, _: GlobalId) -> HandlerResult {
        self.probes.push(this);
        Ok(())
    }

    fn request(&mut self, this: Probe, request: api::Request<'_>) -> HandlerResult {
        *self.server.data(this)? += 1;
        let server = &mut self.server;
        match request {
            api::Request::Destroy => {}
            api::Request::Ints { a, b, c, d } => this.words(server, a, b, c, d)?,
            api::Request::Text { text, bytes } => this.echo(server, text, bytes)?,
            api::Request::Fd { fd } => this.fd_event(server, fd)?,
            api::Request::Create { id } => {
                *server.data(id)? = Some(self.children.len() as u32);
                self.children.push(id);
            }
            api::Request::Take { child } => this.named(server, child)?,
            api::Request::Fail { code } => return Err(HandlerError::protocol(this, code, "as you wish")),
            api::Request::Offer => self.children.push(this.offered(server)?),
            api::Request::Recent => this.recent_event(server)?,
        }
        Ok(())
    }
}

impl RequestHandler<ProbeChild> for Host {
    type Data = Option<u32>;

    fn request(&mut self, this: ProbeChild, request: probe_child::Request) -> HandlerResult {
        match request {
            probe_child::Request::Destroy => {}
            probe_child::Request::Poke { serial } => this.poked(&mut self.server, serial, any_fd())?,
            probe_child::Request::Finish => this.finished(&mut self.server)?,
            probe_child::Request::Spawn { id, fd: _ } => self.children.push(id),
        }
        Ok(())
    }

    fn destroyed(&mut self, _: ProbeChild, data: Option<u32>) {
        self.destroyed.extend(data);
    }
}

impl Upgrade for Host {
    fn carrier() -> Carrier<Host> {
        Carrier::new().with::<Probe>().with::<ProbeChild>()
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        if self.refuses {
            return Err("not now".into());
        }
        saver.put(&self.children)?;
        saver.put(&self.note)
    }

    fn load(mut server: Server<Host>, loader: &mut Loader<'_>) -> Result<Host, CarryError> {
        server.add_global::<Probe>(3)?;
        let (children, note) = (loader.get()?, loader.get()?);
        Ok(Host { server, children, note, ..Host::empty(Server::new()) })
    }
}

impl Host {
    fn empty(server: Server<Host>) -> Host {
        let note = String::new();
        let (children, ended, destroyed) = (Vec::new(), Vec::new(), Vec::new());
        Host { server, probes: Vec::new(), children, ended, destroyed, connected: 0, note, refuses: false }
    }

    fn new() -> Host {
        let mut server = Server::new();
        server.add_global::<Probe>(3).unwrap();
        Host::empty(server)
    }
}

fn connect(host: &mut Host) -> (TestClient, ClientId) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let id = host.server.add_socket(ours.into()).unwrap();
    (TestClient::new(Socket::new(theirs.into())), id)
}

/// Both take turns until neither has anything to do.
fn settle(host: &mut Host, guests: &mut [&mut TestClient]) {
    let deadline = Instant::now() + PATIENCE;
    let mut quiet = 0;
    // What a turn sends at its end is not work that it tells of.
    while quiet < 2 {
        assert!(Instant::now() < deadline, "they do not come to an end");
        let mut busy = false;
        for guest in guests.iter_mut() {
            busy |= client::turn(*guest).unwrap_or(false);
        }
        busy |= server::turn(host).unwrap();
        quiet = if busy { 0 } else { quiet + 1 };
    }
}

/// The application as its successor has it.
fn carried(mut host: Host) -> Host {
    let state = carry::save(&mut host).unwrap();
    drop(host);
    carry::load(state).unwrap()
}

#[test]
fn objects_data_and_the_application_are_the_same_afterwards() {
    let mut host = Host::new();
    host.note = "a note".into();
    let (mut guest, _) = connect(&mut host);
    settle(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let child: ProbeChild = probe.create(&mut guest.client).unwrap();
    let second: ProbeChild = probe.create(&mut guest.client).unwrap();
    second.destroy(&mut guest.client).unwrap();
    probe.offer(&mut guest.client).unwrap();
    settle(&mut host, &mut [&mut guest]);
    let Some(Seen::Offered(offered)) = guest.seen.pop_front() else { panic!("nothing was offered") };
    let ids: Vec<u32> = host.children.iter().map(|child| child.id()).collect();

    let mut host = carried(host);
    assert_eq!((host.note.as_str(), host.connected), ("a note", 0), "nobody has connected");
    assert_eq!(host.server.clients().count(), 1);
    let [first, gone, offer] = host.children[..] else { panic!("three children") };
    assert_eq!([first.id(), offer.id()], [ids[0], ids[2]]);
    assert_eq!(*host.server.data(first).unwrap(), Some(0));
    assert!(host.server.data(gone).is_err(), "it was destroyed before");
    child.poke(&mut guest.client, 5).unwrap();
    offered.poke(&mut guest.client, 6).unwrap();
    // An id that was free is used again, one of the server's comes behind those that it had.
    let third: ProbeChild = probe.create(&mut guest.client).unwrap();
    probe.offer(&mut guest.client).unwrap();
    settle(&mut host, &mut [&mut guest]);
    let seen: Vec<Seen> = guest.seen.drain(..).collect();
    assert_eq!(seen[..2], [Seen::Poked(child, 5), Seen::Poked(offered, 6)]);
    assert!(matches!(seen[2], Seen::Offered(again) if again.id() == offered.id() + 1), "{seen:?}");
    assert_eq!(third.id(), second.id());
    // The count of requests went on: create, create, offer, create, offer.
    let handle = host.children.last().unwrap().client();
    assert_eq!(host.server.held(handle, Resource::Objects), 7);
    drop(guest);
    while host.ended.is_empty() {
        server::dispatch(&mut host, Some(PATIENCE)).unwrap();
    }
    assert_eq!(host.destroyed, [0, 3]);
}

#[test]
fn messages_half_read_half_sent_and_waiting_descriptors_arrive_once_and_in_order() {
    let mut host = Host::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let id = host.server.add_socket(ours.into()).unwrap();
    let mut raw = Socket::new(theirs.into());
    let mut send = |bytes: &[u8], fds: &[OwnedFd]| {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        use wayline::Link;
        assert_eq!(raw.send(bytes, &fds).unwrap(), bytes.len());
    };
    let name = 1;
    let bind = [message(1, 1, &[2]), message(2, 0, &[name, 6, u32::from_ne_bytes(*b"prob"), 0x65, 3, 3])].concat();
    send(&bind, &[]);
    while host.server.object_count(id) < 3 {
        server::dispatch(&mut host, Some(PATIENCE)).unwrap();
    }
    // A request whose end is still to come, with its descriptor ahead of it; in front of it many that are answered.
    let mut bytes = message(3, api::opcode::RECENT, &[]).repeat(100);
    let fd = message(3, api::opcode::FD, &[]);
    bytes.extend_from_slice(&fd[..5]);
    send(&bytes, &[any_fd()]);
    server::turn(&mut host).unwrap();
    assert_eq!(host.server.held(id, Resource::Fds), 1);
    let mut host = carried(host);
    send(&fd[5..], &[]);
    let mut answers = (VecDeque::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    let wanted = 101 * 8;
    while answers.1.len() < wanted || answers.0.is_empty() {
        assert!(Instant::now() < deadline);
        server::turn(&mut host).unwrap();
        let mut buffer = [0; 4096];
        use wayline::Link;
        if let Ok(received) = raw.receive(&mut buffer, &mut answers.0) {
            answers.1.extend_from_slice(&buffer[..received.bytes]);
        }
        // What the registry said comes first.
        if let Some(at) =
            answers.1.windows(8).position(|bytes| *bytes == message(3, api::opcode::RECENT_EVENT, &[])[..])
        {
            answers.1.drain(..at);
        }
    }
    assert_eq!((answers.0.len(), answers.1.len()), (1, wanted));
}

#[test]
fn what_waits_for_a_client_that_does_not_read_is_sent_by_the_successor() {
    let mut host = Host::new();
    let (mut guest, id) = connect(&mut host);
    settle(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    guest.client.flush();
    settle(&mut host, &mut [&mut guest]);
    // More than a socket holds, with descriptors among it, while the client does not read.
    let theirs = host.probes[0];
    let bytes = vec![7; 3000];
    for round in 0..400 {
        theirs.echo(&mut host.server, None, &bytes).unwrap();
        if round % 50 == 0 {
            theirs.fd_event(&mut host.server, any_fd()).unwrap();
        }
    }
    server::turn(&mut host).unwrap();
    assert!(host.server.is_behind(id));
    let mut host = carried(host);
    settle(&mut host, &mut [&mut guest]);
    let (echoes, fds) = guest.seen.iter().fold((0, 0), |(echoes, fds), seen| match seen {
        Seen::Echo(None, text) if *text == bytes => (echoes + 1, fds),
        Seen::Fd => (echoes, fds + 1),
        other => panic!("{other:?}"),
    });
    assert_eq!((echoes, fds), (400, 8));
    let _ = probe;
}

#[test]
fn what_was_charged_and_tagged_goes_over_and_limits_bind_as_before() {
    let mut host = Host::new();
    host.server.set_limits(Limits { stored_bytes: 5000, ..Limits::default() });
    let (mut guest, id) = connect(&mut host);
    settle(&mut host, &mut [&mut guest]);
    host.server.charge(id, Resource::StoredBytes, 4000).unwrap();
    let mut host = carried(host);
    host.server.set_limits(Limits { stored_bytes: 5000, ..Limits::default() });
    let id = host.server.clients().next().unwrap();
    assert_eq!(host.server.held(id, Resource::StoredBytes), 4000);
    assert!(host.server.charge(id, Resource::StoredBytes, 1001).is_err());
    host.server.release(id, Resource::StoredBytes, 4000);
    assert_eq!(host.server.held(id, Resource::StoredBytes), 0);
}

#[test]
fn globals_keep_their_names_and_those_that_are_not_offered_again_are_withdrawn() {
    let mut host = Host::new();
    let extra = host.server.add_global::<Probe>(2).unwrap();
    let (mut guest, _) = connect(&mut host);
    settle(&mut host, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 2);
    let mut host = carried(host);
    settle(&mut host, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 1, "the successor offers one");
    assert!(!guest.globals.contains(&extra.name()));
    let probe: Probe = guest.client.bind(3).unwrap();
    probe.recent(&mut guest.client).unwrap();
    settle(&mut host, &mut [&mut guest]);
    assert_eq!(guest.seen, [Seen::Recent]);
    // No name is given twice.
    let next = host.server.add_global::<Probe>(1).unwrap();
    assert!(next.name() > extra.name());
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
    settle(&mut host_of_successor, &mut [&mut guest]);
    assert_eq!(guest.globals.len(), 1);
    drop(host_of_successor);
    assert!(!path.exists(), "the last one removes it");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_server_that_cannot_go_over_says_why_and_goes_on() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    settle(&mut host, &mut [&mut guest]);
    host.refuses = true;
    assert_eq!(carry::save(&mut host).unwrap_err().to_string(), "not now");
    // A client in memory has no socket.
    host.refuses = false;
    let (a, _b) = wayline::MemoryLink::pair();
    host.server.connect(a);
    let refused = carry::save(&mut host).unwrap_err();
    assert!(refused.to_string().ends_with("has no socket"), "{refused}");
    let probe: Probe = guest.client.bind(3).unwrap();
    probe.recent(&mut guest.client).unwrap();
    settle(&mut host, &mut [&mut guest]);
    assert_eq!(guest.seen, [Seen::Recent]);
}

/// A state with all kinds of things in it.
fn some_state() -> (Vec<u8>, usize) {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    let (mut other, _) = connect(&mut host);
    settle(&mut host, &mut [&mut guest, &mut other]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let children: Vec<ProbeChild> = (0..20).map(|_| probe.create(&mut guest.client).unwrap()).collect();
    for child in &children[3..9] {
        child.destroy(&mut guest.client).unwrap();
    }
    for _ in 0..5 {
        probe.offer(&mut guest.client).unwrap();
    }
    settle(&mut host, &mut [&mut guest, &mut other]);
    let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
    (bytes, fds.len())
}

fn loaded(bytes: Vec<u8>, fds: usize) -> Result<Host, CarryError> {
    let fds = (0..fds).map(|_| UnixStream::pair().unwrap().0.into()).collect();
    carry::load(State::from_parts(bytes, fds))
}

#[test]
fn a_state_that_is_cut_or_has_one_bit_flipped_is_refused() {
    let (bytes, fds) = some_state();
    assert!(loaded(bytes.clone(), fds).is_ok());
    for length in (0..bytes.len()).step_by(7) {
        assert!(loaded(bytes[..length].to_vec(), fds).is_err(), "{length} bytes");
    }
    for bit in (0..8 * bytes.len()).step_by(13) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = loaded(flipped, fds).map(drop).unwrap_err();
        assert!(matches!(error, CarryError::Damaged { .. } | CarryError::Format { .. }), "bit {bit}: {error}");
    }
    assert!(matches!(loaded(bytes, fds - 1), Err(CarryError::Damaged { .. })), "a descriptor is missing");
    let newer = [b"waylineS".as_slice(), &2u64.to_le_bytes(), &[0; 16]].concat();
    let error = loaded(newer, 0).map(drop).unwrap_err().to_string();
    assert_eq!(error, "the state is of format 2, and this program reads those up to 1");
}

#[test]
fn a_state_that_somebody_made_up_does_no_harm() {
    let (bytes, fds) = some_state();
    let body = &bytes[32..];
    let mut random = 0x1234_5678_9abc_def0_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for _ in 0..3000 {
        let mut body = body.to_vec();
        for _ in 0..1 + next() % 3 {
            let at = next() as usize % body.len();
            body[at] = if next() % 2 == 0 { next() as u8 } else { 0xff };
        }
        let sum = body
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let made_up = [
            b"waylineS".as_slice(),
            &1u64.to_le_bytes(),
            &(body.len() as u64).to_le_bytes(),
            &sum.to_le_bytes(),
            &body,
        ];
        // Loaded or refused: it neither panics nor takes memory that the state does not have.
        let Ok(mut host) = loaded(made_up.concat(), fds) else { continue };
        server::turn(&mut host).unwrap();
    }
}

#[test]
fn whoever_fails_when_the_predecessor_goes_on_or_the_successor_serves() {
    // A successor that does not understand, dies before it has loaded, or cannot load.
    for act in [0, 1, 2] {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        settle(&mut host, &mut [&mut guest]);
        let probe: Probe = guest.client.bind(3).unwrap();
        settle(&mut host, &mut [&mut guest]);
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
        settle(&mut host, &mut [&mut guest]);
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
    settle(&mut host, &mut [&mut guest]);
    let _: Probe = guest.client.bind(3).unwrap();
    settle(&mut host, &mut [&mut guest]);
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

fn pair() -> (OwnedFd, OwnedFd) {
    let (one, other) = UnixStream::pair().unwrap();
    (one.into(), other.into())
}

fn message(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len() as u32;
    let header = [object, size << 16 | u32::from(opcode)];
    header.iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
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
        self.say(1, 1);
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
fn exactly_one_serves_wherever_the_successor_stops() {
    // It stops when it has the state, when it has loaded, when it was told, or when it has the token and does not say so.
    for stop in 0..4 {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        let probe: Probe = {
            settle(&mut host, &mut [&mut guest]);
            guest.client.bind(3).unwrap()
        };
        settle(&mut host, &mut [&mut guest]);
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
                settle(&mut host, &mut [&mut guest]);
                assert_eq!(guest.seen, [Seen::Recent], "the predecessor serves");
            }
        }
        drop(kept);
    }
}

#[test]
fn a_successor_serves_nobody_if_its_predecessor_is_gone_before_it_says_so() {
    for stop in 0..3 {
        let (ours, theirs) = pair();
        let successor = std::thread::spawn(move || carry::take_over::<Host>(theirs, PATIENCE).map(drop));
        let mut raw = Raw { socket: Socket::new(ours), fds: VecDeque::new() };
        assert_eq!(raw.hear(), Some(1));
        if stop > 0 {
            let (bytes, _) = carry::save(&mut Host::new()).unwrap().into_parts();
            let memory = rustix::fs::memfd_create("state", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            rustix::io::write(&memory, &bytes).unwrap();
            let token = rustix::fs::memfd_create("token", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            assert!(takes(&token));
            use wayline::Link;
            let frame: Vec<u8> = [0x5761_794c, 2, 0, 0].into_iter().flat_map(u32::to_le_bytes).collect();
            assert_eq!(raw.socket.send(&frame, &[memory.as_fd(), token.as_fd()]).unwrap(), 16);
            assert_eq!(raw.hear(), Some(4));
            if stop == 2 {
                // It commits, and has taken the token back by then.
                raw.say(6, 0);
                assert!(matches!(successor.join().unwrap(), Err(HandOverError::TimedOut)));
                continue;
            }
        }
        drop(raw);
        assert!(matches!(successor.join().unwrap(), Err(HandOverError::Gone)));
    }
}

#[test]
fn the_state_grows_with_what_there_is_and_no_faster() {
    let bytes = |objects: u32| {
        let mut host = Host::new();
        let (mut guest, _) = connect(&mut host);
        settle(&mut host, &mut [&mut guest]);
        let probe: Probe = guest.client.bind(3).unwrap();
        for _ in 0..objects {
            let _: ProbeChild = probe.create(&mut guest.client).unwrap();
        }
        settle(&mut host, &mut [&mut guest]);
        carry::save(&mut host).unwrap().into_parts().0.len()
    };
    let (small, large) = (bytes(1000), bytes(4000));
    // Id, state, interface and version; its data in a piece, and its handle in the application's list.
    assert_eq!(large - small, 3000 * (16 + 4 + 8 + 8));
}
