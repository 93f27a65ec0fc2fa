//! A state that somebody made up: any body behind a right header, or that of a real server with some of it changed. It is
//! refused, or makes a server that serves, whose own state loads again. Nothing of it stays open.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::net::sockopt::set_socket_send_buffer_size;
use wayline::carry::{self, Carrier, CarryError, Loader, Refusal, Saver, State, Upgrade};
use wayline::io::kind::Kind;
use wayline::io::listener::Listener;
use wayline::protocol::WlFixes;
use wayline::{GlobalId, HandlerResult, HasServer, RequestHandler, Server, server};

use super::kinds::{Kinds, Part, kinds, part};
use super::kit::{WlBuffer, WlcfBeacon, wl_buffer, wlcf_beacon};
use super::link::{Fds, Script, message, tried};
use super::traced::traced;

/// Bytes of magic, format, length and checksum.
const HEADER: usize = 32;

/// Turns in which a loaded server answers a new client, whatever else it was left.
const TURNS: usize = 64;

/// Tries one state.
///
/// # Panics
/// If it is loaded and makes a server that does not serve, or leaves something open.
pub fn run(input: &[u8]) {
    let mut script = Script(input);
    let setting = script.byte();
    let (kinds, body) = if setting & 2 == 0 { made_up(script) } else { changed(script) };
    traced(setting & 1 == 1, || Fixture::default().run(u64::from(setting >> 2 & 3), &kinds, &body));
}

/// What a descriptor of a state is.
#[derive(Clone, Copy)]
enum Passed {
    Stream,
    Listener,
    Pipe,
}

/// Descriptors and body as the input has them.
fn made_up(mut script: Script<'_>) -> (Vec<Passed>, Vec<u8>) {
    let count = usize::from(script.byte() & 31);
    let passed = [Passed::Stream, Passed::Listener, Passed::Pipe];
    let kinds = (0..count).map(|_| passed[usize::from(script.byte()) % passed.len()]).collect();
    (kinds, script.0.to_vec())
}

/// What a real server saved, with some bytes changed, added or taken away.
fn changed(mut script: Script<'_>) -> (Vec<Passed>, Vec<u8>) {
    static REAL: OnceLock<Vec<(Vec<Passed>, Vec<u8>)>> = OnceLock::new();
    let real = REAL.get_or_init(real_states);
    let (kinds, mut body) = real[usize::from(script.byte()) % real.len()].clone();
    while !script.is_over() && !body.is_empty() {
        let (op, at) = (script.byte(), usize::from(script.half()) % body.len());
        let word = at & !3..((at & !3) + 4).min(body.len());
        match op & 7 {
            0 => body[at] = script.byte(),
            1 => body[at] ^= 1 << (op >> 5),
            2 => body[word].fill(0xff),
            3 => body[word].iter_mut().zip(script.word().to_le_bytes()).for_each(|(place, byte)| *place = byte),
            4 => drop(body.splice(at..at, script.bytes(usize::from(op >> 3)).iter().copied())),
            5 => drop(body.drain(at..(at + usize::from(op >> 3)).min(body.len()))),
            6 => {
                let from = usize::from(script.half()) % body.len();
                let copied = body[from..(from + 16).min(body.len())].to_vec();
                body.iter_mut().skip(at).zip(copied).for_each(|(place, byte)| *place = byte);
            }
            _ => body[at] = body[at].wrapping_add(op >> 3),
        }
    }
    (kinds, body)
}

#[derive(Default)]
struct Fixture {
    fds: Fds,
    /// The other ends of sockets that the state has.
    peers: Vec<UnixStream>,
    listeners: Vec<SocketAddr>,
}

impl Fixture {
    fn run(mut self, format: u64, kinds: &[Passed], body: &[u8]) {
        let fds = kinds.iter().map(|kind| self.make(*kind)).collect();
        // Clients that wait to be accepted.
        let waiting: Vec<_> = self.listeners.iter().map(UnixStream::connect_addr).collect();
        match carry::load::<App>(State::from_parts(sealed(format, body), fds)) {
            Ok(app) => serve(app),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        drop(waiting);
        let Fixture { fds, peers, listeners } = self;
        fds.assert_all_closed();
        for mut peer in peers {
            peer.set_nonblocking(true).expect("a socket");
            let mut buffer = [0; 4096];
            let end = loop {
                match peer.read(&mut buffer) {
                    Ok(0) => break ErrorKind::UnexpectedEof,
                    Ok(_) => {}
                    Err(error) => break error.kind(),
                }
            };
            assert_ne!(end, ErrorKind::WouldBlock, "a socket is still open");
        }
        for address in listeners {
            assert!(UnixStream::connect_addr(&address).is_err(), "a listener is still open");
        }
    }

    fn make(&mut self, kind: Passed) -> OwnedFd {
        match kind {
            Passed::Pipe => self.fds.make(),
            Passed::Stream => {
                let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
                self.peers.push(theirs);
                ours.into()
            }
            Passed::Listener => {
                static NEXT: AtomicU64 = AtomicU64::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let name = format!("wayline-fuzz-{}-{number}", std::process::id());
                let address = SocketAddr::from_abstract_name(name).expect("a short name");
                let listener = UnixListener::bind_addr(&address).expect("a name of our own");
                self.listeners.push(address);
                listener.into()
            }
        }
    }
}

/// A state with a header that is right.
fn sealed(format: u64, body: &[u8]) -> Vec<u8> {
    let step = |sum: u64, &byte: &u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let sum = body.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let numbers = [format, body.len() as u64, sum].map(u64::to_le_bytes).concat();
    [b"waylineS".as_slice(), &numbers, body].concat()
}

/// A new client is answered, and the state of the server loads.
fn serve(mut app: App) {
    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    theirs.set_nonblocking(true).expect("a socket");
    app.server.add_socket(ours.into()).expect("a client");
    theirs.write_all(&message(1, 0, &2u32.to_ne_bytes())).expect("room");
    let mut answer = Vec::new();
    for _ in 0..TURNS {
        server::turn(&mut app).expect("a turn");
        let mut buffer = [0; 256];
        match theirs.read(&mut buffer) {
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        if !answer.is_empty() {
            break;
        }
    }
    let done = [message(2, 0, &0u32.to_ne_bytes()), message(1, 1, &2u32.to_ne_bytes())].concat();
    assert_eq!(answer, done, "a new client's answer");
    for part in std::mem::take(&mut app.parts) {
        tried(app.server.data(part).map(|data| data.push(1)));
        tried(part.gone(&mut app.server));
    }
    for one in std::mem::take(&mut app.all) {
        for _ in 0..40 {
            tried(one.make_event(&mut app.server, 1));
        }
    }
    let state = carry::save(&mut app).expect("what was loaded can be saved");
    drop(app);
    carry::load::<App>(state).map(drop).expect("what was saved can be loaded");
}

/// States of servers that have something to save, by their descriptors and bodies.
fn real_states() -> Vec<(Vec<Passed>, Vec<u8>)> {
    let mut empty = App::new();
    let socket = UnixListener::bind_addr(&SocketAddr::from_abstract_name(b"").expect("no name")).expect("any name");
    empty.server.listen(Listener::from_fd(socket.into()).expect("a listener")).expect("a poll set");
    [empty, used(8), used(60)].into_iter().map(parts).collect()
}

/// A server with a client that has so many objects, some of which have ended, and something under way both ways.
fn used(count: u32) -> App {
    let mut app = App::new();
    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    set_socket_send_buffer_size(&ours, 1).expect("a socket");
    app.server.add_socket(ours.into()).expect("a client");
    let name = |text: &[u8]| [&(text.len() as u32 + 1).to_ne_bytes(), text, &[0; 4][text.len() % 4..]].concat();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>();
    let bind = [words(&[1]), name(b"kinds"), words(&[2, 3])].concat();
    let mut bytes = [message(1, 1, &words(&[2])), message(2, 0, &bind)].concat();
    for id in 4..4 + count {
        bytes.extend(message(3, 4, &words(&[7, id])));
    }
    theirs.write_all(&bytes).expect("room");
    turns_until(&mut app, count);
    let gone = 6..4 + count / 2;
    theirs.write_all(&gone.clone().flat_map(|id| message(id, 0, &[])).collect::<Vec<u8>>()).expect("room");
    turns_until(&mut app, count - gone.len() as u32);
    let all = app.all[0];
    let own: Vec<Part> = (0..count).map(|number| all.make_event(&mut app.server, number).expect("a part")).collect();
    for part in own.iter().skip(1).step_by(2) {
        part.gone(&mut app.server).expect("an end");
    }
    app.parts.extend(own);
    // More than the socket takes, and the beginning of a message.
    for _ in 0..200 {
        all.recent_event(&mut app.server).expect("a message");
    }
    theirs.write_all(&message(3, 4, &words(&[7, 4 + count]))[..10]).expect("room");
    server::turn(&mut app).expect("a turn");
    // Its other end may go: what was saved has a new one.
    app.others.push(theirs);
    app
}

fn turns_until(app: &mut App, parts: u32) {
    for _ in 0..TURNS {
        server::turn(app).expect("a turn");
    }
    assert_eq!(app.parts.len(), parts as usize);
}

fn parts(mut app: App) -> (Vec<Passed>, Vec<u8>) {
    let (bytes, fds) = carry::save(&mut app).expect("it can be saved").into_parts();
    let kinds = fds.iter().map(|fd| match Kind::of(fd).expect("a descriptor") {
        Kind::Socket { listens: true } => Passed::Listener,
        Kind::Socket { .. } => Passed::Stream,
        _ => Passed::Pipe,
    });
    (kinds.collect(), bytes[HEADER..].to_vec())
}

struct App {
    server: Server<App>,
    all: Vec<Kinds>,
    parts: Vec<Part>,
    others: Vec<UnixStream>,
}

impl App {
    fn new() -> App {
        App::of(Server::new()).expect("versions that are known")
    }

    fn of(mut server: Server<App>) -> Result<App, CarryError> {
        server.add_global::<Kinds>(2)?;
        server.add_global::<WlcfBeacon>(3)?;
        server.add_global::<WlBuffer>(1)?;
        server.add_global::<WlFixes>(2)?;
        Ok(App { server, all: Vec::new(), parts: Vec::new(), others: Vec::new() })
    }
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        Carrier::new().with::<Kinds>().with::<Part>().with::<WlcfBeacon>().with::<WlBuffer>()
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.all)?;
        saver.put(&self.parts)
    }

    fn load(server: Server<App>, loader: &mut Loader<'_>) -> Result<App, CarryError> {
        let (all, parts) = (loader.get()?, loader.get()?);
        Ok(App { all, parts, ..App::of(server)? })
    }
}

impl RequestHandler<Kinds> for App {
    /// The part that was named last, and texts.
    type Data = (Option<Part>, Vec<String>);

    fn bound(&mut self, this: Kinds, _: GlobalId) -> HandlerResult {
        self.all.push(this);
        Ok(())
    }

    fn request(&mut self, this: Kinds, request: kinds::Request<'_>) -> HandlerResult {
        let (named, texts) = self.server.data(this)?;
        match request {
            kinds::Request::Make { id, .. } => self.parts.push(id),
            kinds::Request::Objects { part, .. } => *named = Some(part),
            kinds::Request::Texts { text, .. } => texts.push(text.to_owned()),
            kinds::Request::Words { .. } | kinds::Request::Files { .. } | kinds::Request::Recent => {}
        }
        Ok(())
    }
}

impl RequestHandler<Part> for App {
    type Data = Vec<u8>;

    fn request(&mut self, _: Part, _: part::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(&mut self, this: Part, _: Vec<u8>) {
        self.parts.retain(|part| *part != this);
    }
}

impl RequestHandler<WlcfBeacon> for App {
    type Data = ();

    fn request(&mut self, _: WlcfBeacon, _: wlcf_beacon::Request) -> HandlerResult {
        Ok(())
    }
}

impl RequestHandler<WlBuffer> for App {
    type Data = u32;

    fn request(&mut self, _: WlBuffer, _: wl_buffer::Request) -> HandlerResult {
        Ok(())
    }
}
