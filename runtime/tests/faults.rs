//! One fault of every kind at every byte of a conversation, either way, at either end, in memory and over sockets.
//!
//! Harmless ones change nothing. After the others both ends know why it ended, no fd is left, and another client of
//! the server does not notice.

mod probe;

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use probe::protocol::{Probe, ProbeChild};
use probe::{Seen, TestClient, TestServer};
use rustix::io::Errno;
use wayline::testing::{FaultyLink, LinkFault, Plan, Way};
use wayline::{ClientId, Disconnect, Fixed, MemoryLink, client, server};

/// Which end has the faulty link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Client,
    Server,
}

/// What carries the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Memory,
    #[cfg(feature = "io")]
    Sockets,
}

impl Carrier {
    /// A new client of `host`, the link at `end` following `plan`.
    fn connect(self, host: &mut TestServer, end: End, plan: Plan) -> (TestClient, ClientId) {
        let (ours, theirs) = match end {
            End::Client => (Plan::None, plan),
            End::Server => (plan, Plan::None),
        };
        match self {
            Carrier::Memory => {
                let (one, other) = MemoryLink::pair();
                let id = host.server.connect(FaultyLink::new(one, ours));
                (TestClient::new(FaultyLink::new(other, theirs)), id)
            }
            #[cfg(feature = "io")]
            Carrier::Sockets => {
                let (one, other) = UnixStream::pair().unwrap();
                let socket = |socket: UnixStream| wayline::io::Socket::new(socket.into());
                let id = host.server.add_link(Box::new(FaultyLink::new(socket(one), ours))).unwrap();
                (TestClient::new(FaultyLink::new(socket(other), theirs)), id)
            }
        }
    }

    /// Passes messages on until twice nobody had anything to say: the first time it may have been a fault.
    fn pump(self, host: &mut TestServer, guest: &mut TestClient, id: ClientId) {
        let mut quiet = 0;
        while quiet < 3 {
            let busy = match self {
                Carrier::Memory => {
                    guest.client.flush();
                    client::finish_turn(guest);
                    let up = server::receive(host, id);
                    server::resume(host, id);
                    server::finish_turn(host);
                    let down = client::receive(guest);
                    client::finish_turn(guest);
                    up || down
                }
                #[cfg(feature = "io")]
                Carrier::Sockets => {
                    let down = client::turn(guest).unwrap_or(false);
                    // What the tick does.
                    server::resume(host, id);
                    let up = server::dispatch(host, Some(std::time::Duration::ZERO)).unwrap();
                    up || down
                }
            };
            quiet = if busy { 0 } else { quiet + 1 };
        }
    }

    /// Every kind of message, and the good-bye. Sends that fail since the connection ended are no matter.
    fn converse(self, host: &mut TestServer, guest: &mut TestClient, id: ClientId, file: &OwnedFd) -> Option<()> {
        let fd = || file.try_clone().unwrap();
        self.pump(host, guest, id);
        let probe: Probe = guest.client.bind(3).ok()?;
        let client = &mut guest.client;
        probe.ints(client, -1, 2, Fixed::ZERO, 3).ok()?;
        probe.text(client, Some("text"), b"bytes").ok()?;
        probe.fd(client, fd()).ok()?;
        probe.fd(client, fd()).ok()?;
        let child = probe.create(client).ok()?;
        probe.take(client, Some(child)).ok()?;
        child.poke(client, 1).ok()?;
        probe.offer(client).ok()?;
        self.pump(host, guest, id);
        let offered = guest.seen.iter().find_map(|seen| match seen {
            Seen::Offered(offered) => Some(*offered),
            _ => None,
        })?;
        self.part(guest, probe, child, offered, fd());
        self.pump(host, guest, id);
        guest.client.disconnect();
        client::finish_turn(guest);
        self.pump(host, guest, id);
        Some(())
    }

    /// The second half: objects end, with events for them on the way.
    fn part(
        self,
        guest: &mut TestClient,
        probe: Probe,
        child: ProbeChild,
        offered: ProbeChild,
        fd: OwnedFd,
    ) -> Option<()> {
        let client = &mut guest.client;
        child.poke(client, 2).ok()?;
        child.destroy(client).ok()?;
        offered.poke(client, 3).ok()?;
        offered.finish(client).ok()?;
        probe.create(client).ok()?;
        probe.fd(client, fd).ok()?;
        probe.recent(client).ok()
    }
}

/// What a conversation came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// As text, since no two connections have equal handles.
    seen: Vec<String>,
    /// Why it ended for the client and for the server.
    client: Option<Disconnect>,
    server: Vec<Disconnect>,
    /// What the client received and sent.
    bytes: (u64, u64),
}

/// One conversation with a fault, and one without beside it. Panics if that is harmed or an fd remains.
fn run(carrier: Carrier, end: End, plan: Plan) -> Outcome {
    let (file, mut witness) = UnixStream::pair().unwrap();
    // The kernel may close what is on its way a moment later, in a thread of its own.
    witness.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let file = OwnedFd::from(file);
    let mut host = TestServer::new();
    host.file = Some(file.try_clone().unwrap());
    let (mut innocent, other) = carrier.connect(&mut host, end, Plan::None);
    let (mut guest, id) = carrier.connect(&mut host, end, plan.clone());
    carrier.converse(&mut host, &mut guest, id, &file);
    carrier.pump(&mut host, &mut guest, id);
    assert!(host.server.clients().all(|client| client == other), "{plan:?}: it never ended: {:?}", guest.client);
    let server = std::mem::take(&mut host.ended);
    carrier.converse(&mut host, &mut innocent, other, &file);
    assert_eq!(innocent.seen.len(), SEEN, "{plan:?}: the other client was harmed");
    assert_eq!(host.ended, [(other, Disconnect::Closed)]);
    let stats = guest.client.stats();
    let outcome = Outcome {
        client: guest.client.ended().cloned(),
        server: server.into_iter().map(|(_, reason)| reason).collect(),
        bytes: (stats.bytes_in, stats.bytes_out),
        seen: guest.seen.drain(..).map(|seen| format!("{seen:?}")).collect(),
    };
    drop((host, file, guest, innocent));
    match witness.read(&mut [0]) {
        Ok(0) => outcome,
        result => panic!("{plan:?}: an fd is left: {result:?}"),
    }
}

/// Events of an undisturbed conversation.
const SEEN: usize = 11;

/// Runs a conversation for each byte of `way` at `end`, with `fault` there, and has `judge` look at the outcomes.
fn at_every_byte(fault: LinkFault, ways: &[Way], judge: impl Fn(End, Way, &Outcome, &Outcome) -> Result<(), String>) {
    let carriers = [
        Carrier::Memory,
        #[cfg(feature = "io")]
        Carrier::Sockets,
    ];
    for carrier in carriers {
        let calm = run(carrier, End::Client, Plan::None);
        assert_eq!((calm.seen.len(), &calm.client), (SEEN, &Some(Disconnect::Local)), "{calm:?}");
        assert_eq!(calm.server, [Disconnect::Closed]);
        for end in [End::Client, End::Server] {
            for &way in ways {
                let upwards = (end == End::Client) == (way == Way::Send);
                let total = if upwards { calm.bytes.1 } else { calm.bytes.0 };
                assert!(total > 150, "{calm:?}");
                for byte in 0..total as usize {
                    let outcome = run(carrier, end, Plan::At { way, byte, fault });
                    if let Err(complaint) = judge(end, way, &outcome, &calm) {
                        panic!(
                            "{complaint}: {fault:?} at byte {byte}, {way:?} of the {end:?}, {carrier:?}: {outcome:?}"
                        );
                    }
                }
            }
        }
    }
}

const BOTH: &[Way] = &[Way::Send, Way::Receive];

fn nothing_changes(fault: LinkFault) {
    at_every_byte(
        fault,
        BOTH,
        |_, _, outcome, calm| {
            if outcome == calm { Ok(()) } else { Err(format!("instead of {calm:?}")) }
        },
    );
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    nothing_changes(LinkFault::Cut);
}

#[test]
fn p16_eagain_at_any_byte_changes_nothing() {
    nothing_changes(LinkFault::WouldBlock);
}

#[test]
fn eintr_at_any_byte_changes_nothing() {
    nothing_changes(LinkFault::Interrupted);
}

#[test]
fn w13_pieces_of_any_size_change_nothing() {
    for end in [End::Client, End::Server] {
        let calm = run(Carrier::Memory, end, Plan::None);
        for size in 1..100 {
            assert_eq!(run(Carrier::Memory, end, Plan::Pieces(size)), calm, "{size} bytes");
        }
    }
}

/// Requires that the end with the fault has `reason`, that the other has one too, and that what the client saw before is
/// right.
fn ended(end: End, outcome: &Outcome, calm: &Outcome, is: impl Fn(&Disconnect) -> bool) -> Result<(), String> {
    let Some(client) = &outcome.client else { return Err("the client does not know that it ended".into()) };
    let [server] = &outcome.server[..] else { return Err("the server did not tell of one end".into()) };
    let (own, other) = if end == End::Client { (client, server) } else { (server, client) };
    if !is(own) {
        return Err(format!("it ended by {own:?}"));
    }
    match other {
        Disconnect::Closed | Disconnect::Truncated { .. } | Disconnect::Reset | Disconnect::Protocol(_) => {}
        other => return Err(format!("the other end ended by {other:?}")),
    }
    let right = calm.seen.starts_with(&outcome.seen);
    if right { Ok(()) } else { Err("the client saw something else".into()) }
}

/// As [`ended`], for a fault that may find no fd to take away.
fn ended_or_calm(end: End, outcome: &Outcome, calm: &Outcome, is: impl Fn(&Disconnect) -> bool) -> Result<(), String> {
    if outcome == calm { Ok(()) } else { ended(end, outcome, calm, is) }
}

#[test]
fn econnreset_at_any_byte_ends_the_connection() {
    let is_reset = |reason: &Disconnect| *reason == Disconnect::Reset;
    for errno in [Errno::CONNRESET, Errno::PIPE] {
        at_every_byte(LinkFault::Error(errno.raw_os_error()), BOTH, |end, _, outcome, calm| {
            ended(end, outcome, calm, is_reset)
        });
    }
}

#[test]
fn emfile_and_enobufs_at_any_byte_end_the_connection_with_that_error() {
    for errno in [Errno::MFILE, Errno::NOBUFS] {
        let is = |reason: &Disconnect| match reason {
            Disconnect::Socket(error) => io::Error::from(*error).raw_os_error() == Some(errno.raw_os_error()),
            _ => false,
        };
        at_every_byte(LinkFault::Error(errno.raw_os_error()), BOTH, |end, _, outcome, calm| {
            ended(end, outcome, calm, is)
        });
    }
}

#[test]
fn d15_etoomanyrefs_at_any_byte_is_sent_later_and_nothing_changes() {
    let fault = LinkFault::Congested;
    at_every_byte(
        fault,
        &[Way::Send],
        |_, _, outcome, calm| {
            if outcome == calm { Ok(()) } else { Err(format!("instead of {calm:?}")) }
        },
    );
}

#[test]
fn d09_msg_ctrunc_after_any_byte_ends_the_connection() {
    let is = |reason: &Disconnect| *reason == Disconnect::FdsLost;
    at_every_byte(LinkFault::FdsLost, &[Way::Receive], |end, _, outcome, calm| ended_or_calm(end, outcome, calm, is));
}

#[test]
fn d04_a_missing_fd_after_any_byte_ends_the_connection() {
    let is = |reason: &Disconnect| match reason {
        Disconnect::Protocol(error) => (error.object, error.code) == (1, 1),
        Disconnect::Malformed { .. } => true,
        _ => false,
    };
    at_every_byte(LinkFault::ShortFds, &[Way::Receive], |end, _, outcome, calm| ended_or_calm(end, outcome, calm, is));
}
