//! States that earlier programs wrote, kept as files: what is read of each format, and that no format changes.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use wayline::io::kind::Kind;
use wayline::io::listener::Listener;
use wayline::{Link, Received};

/// Where they are: `FORMAT.state`, and `FORMAT.fds` with the kind of each of its descriptors.
fn golden(format: u64, end: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/carry/golden/{format}.{end}"))
}

/// A socket that takes nothing, so that all waits.
struct Full(Socket);

impl Link for Full {
    fn send(&mut self, _: &[u8], _: &[std::os::fd::BorrowedFd<'_>]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::WouldBlock.into())
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> std::io::Result<Received> {
        self.0.receive(buffer, fds)
    }

    fn as_fd(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        Link::as_fd(&self.0)
    }
}

const NOTE: &str = "a golden state";
const PROBE: u32 = 3;
const CHILDREN: std::ops::Range<u32> = 4..10;
const OFFERED: u32 = 0xff00_0000;

/// The same in each run: two clients, one with objects, ids that are free, tombstones, and messages under way. Its
/// descriptors come back beside it.
fn fixture() -> (Host, (Socket, OwnedFd)) {
    let mut host = Host::new();
    host.server.add_global::<Probe>(2).unwrap();
    host.note = NOTE.into();
    let listener = std::os::unix::net::UnixListener::bind_addr(&any_name()).unwrap();
    host.server.listen(Listener::from_fd(listener.into()).unwrap()).unwrap();
    let (ours, theirs) = pair();
    let client = host.server.add_link(Box::new(Full(Socket::new(ours)))).unwrap();
    let name = [6, u32::from_ne_bytes(*b"prob"), 0x65];
    let mut bytes = [message(1, 1, &[2]), message(2, 0, &[&[1], &name[..], &[3, PROBE]].concat())].concat();
    CHILDREN.for_each(|id| bytes.extend(message(PROBE, api::opcode::CREATE, &[id])));
    [5, 6].into_iter().for_each(|id| bytes.extend(message(id, probe_child::opcode::DESTROY, &[])));
    (0..3).for_each(|_| bytes.extend(message(PROBE, api::opcode::OFFER, &[])));
    // The beginning of a message, and its descriptor.
    bytes.extend(&message(PROBE, api::opcode::FD, &[])[..5]);
    let mut peer = Socket::new(theirs);
    assert_eq!(peer.send(&bytes, &[some_fd().as_fd()]).unwrap(), bytes.len());
    while server::receive(&mut host, client) {}
    for index in [0, 1] {
        let offered = host.children[CHILDREN.len() + index];
        offered.finished(&mut host.server).unwrap();
    }
    host.probes[0].fd_event(&mut host.server, some_fd()).unwrap();
    host.server.charge(client, Resource::StoredBytes, 4000).unwrap();
    let (idle, other) = pair();
    host.server.add_socket(idle).unwrap();
    (host, (peer, other))
}

/// A descriptor that is the same kind of thing everywhere.
fn some_fd() -> OwnedFd {
    std::io::pipe().unwrap().1.into()
}

fn any_name() -> std::os::unix::net::SocketAddr {
    use std::os::linux::net::SocketAddrExt;
    std::os::unix::net::SocketAddr::from_abstract_name(b"").unwrap()
}

/// What the fixture saves: its format, its bytes, and a line for each descriptor.
fn saved() -> (u64, Vec<u8>, String) {
    let (mut host, others) = fixture();
    let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
    drop(others);
    // For how long the server has run is the one thing that differs.
    let mut body = bytes[32..].to_vec();
    assert_eq!(body[..4], 8u32.to_le_bytes());
    body[4..12].fill(0);
    let bytes = [&bytes[..24], &damage::sealed(&body)[24..]].concat();
    let format = u64::from_le_bytes(bytes[8..16].try_into().unwrap());
    let kinds = fds.iter().map(|fd| match Kind::of(fd).unwrap() {
        Kind::Socket { listens: true } => "listener\n",
        Kind::Socket { .. } => "client\n",
        _ => "pipe\n",
    });
    (format, bytes, kinds.collect())
}

#[test]
fn no_format_changes_without_another_number_and_a_golden_state() {
    let (format, bytes, kinds) = saved();
    let (state, fds) = (golden(format, "state"), golden(format, "fds"));
    // What is there is never written anew: programs have written such states.
    if std::env::var_os("WAYLINE_GOLDEN").is_some_and(|value| value == "write") && !state.exists() {
        fs::write(&state, &bytes).unwrap();
        fs::write(&fds, &kinds).unwrap();
    }
    let known = fs::read(&state)
        .unwrap_or_else(|error| panic!("no golden state of format {format}: {error}; WAYLINE_GOLDEN=write writes it"));
    let same = known == bytes && fs::read_to_string(&fds).unwrap() == kinds;
    assert!(same, "states of format {format} are others now: raise FORMAT (carry/state.rs), and WAYLINE_GOLDEN=write");
}

#[test]
fn states_of_this_format_and_the_one_before_are_read() {
    let (format, ..) = saved();
    for format in format.saturating_sub(1).max(1)..=format {
        let bytes = fs::read(golden(format, "state")).unwrap();
        let mut clients = Vec::new();
        let kinds = fs::read_to_string(golden(format, "fds")).unwrap();
        let fds = kinds.lines().map(|kind| match kind {
            "pipe" => some_fd(),
            "listener" => std::os::unix::net::UnixListener::bind_addr(&any_name()).unwrap().into(),
            "client" => {
                let (ours, theirs) = pair();
                clients.push(theirs);
                ours
            }
            unknown => panic!("{unknown}"),
        });
        let state = State::from_parts(bytes, fds.collect());
        let mut host: Host = carry::load(state).unwrap_or_else(|error| panic!("format {format}: {error}"));
        check(&mut host, format, clients);
    }
}

/// Looks for all that the fixture has.
fn check(host: &mut Host, format: u64, clients: Vec<OwnedFd>) {
    assert_eq!((host.note.as_str(), host.server.clients().count()), (NOTE, 2));
    let alive: Vec<u32> = host.children.iter().filter(|child| host.server.is_alive(**child)).map(|c| c.id()).collect();
    assert_eq!(alive, [4, 7, 8, 9, OFFERED + 2]);
    let data: Vec<Option<u32>> =
        host.children.iter().filter_map(|child| host.server.data(*child).ok().copied()).collect();
    assert_eq!(data, [Some(0), Some(3), Some(4), Some(5), None]);
    let client = host.children[0].client();
    assert_eq!(host.server.held(client, Resource::StoredBytes), 4000);
    // One that was received, and one that waits for the client, which the first format does not say.
    assert_eq!(host.server.held(client, Resource::Fds), if format == 1 { 1 } else { 2 });
    assert_eq!(host.server.is_behind(client), format > 1);
    let mut clients = clients.into_iter();
    let mut peer = Socket::new(clients.next().unwrap());
    // The end of the message that was half read, and one that makes an object under a free id.
    let rest = [&message(PROBE, api::opcode::FD, &[])[5..], &message(PROBE, api::opcode::CREATE, &[5])].concat();
    assert_eq!(peer.send(&rest, &[]).unwrap(), rest.len());
    let (mut bytes, mut fds) = (Vec::new(), VecDeque::new());
    let deadline = Instant::now() + PATIENCE;
    while fds.len() < 2 {
        assert!(Instant::now() < deadline);
        server::turn(host).unwrap();
        let mut buffer = [0; 4096];
        if let Ok(received) = peer.receive(&mut buffer, &mut fds) {
            bytes.extend_from_slice(&buffer[..received.bytes]);
        }
    }
    let position = |wanted: &[u8]| bytes.windows(wanted.len()).position(|found| found == wanted);
    let order = [
        position(&message(1, 1, &[5])),
        position(&message(PROBE, api::opcode::OFFERED, &[OFFERED])),
        position(&message(OFFERED, probe_child::opcode::FINISHED, &[])),
        position(&message(PROBE, api::opcode::FD_EVENT, &[])),
    ];
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?}");
    assert_eq!(host.children.last().unwrap().id(), 5);
    assert!(host.ended.is_empty());
}

#[test]
fn a_state_of_the_next_format_is_refused_with_what_was_found_and_is_known() {
    let (format, mut bytes, kinds) = saved();
    for (found, reads) in [(format + 1, false), (format, true)] {
        bytes[8..16].copy_from_slice(&found.to_le_bytes());
        let fds = kinds.lines().map(|_| some_fd()).collect();
        let error = carry::load::<Host>(State::from_parts(bytes.clone(), fds)).map(drop).unwrap_err();
        let refused =
            matches!(error, CarryError::Format { found: f, known } if u64::from(f) == found && known == format as u32);
        assert_eq!(refused, !reads, "{error}");
    }
}
