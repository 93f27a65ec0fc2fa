//! A server that another one takes over: its clients notice nothing.

#![cfg(feature = "io")]

mod damage;
mod golden;
mod hand_over;
mod moved;
#[path = "../probe/mod.rs"]
mod probe;
mod states;

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use probe::protocol::{Probe, ProbeChild, probe as api, probe_child};
use probe::{Seen, TestClient, any_fd};
use wayline::carry::{self, Carrier, Carry, CarryError, HandOverError, Loader, Refusal, Saver, State, Upgrade};
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

    fn save_client(&mut self, client: ClientId, saver: &mut Saver) -> Result<(), Refusal> {
        let children: Vec<ProbeChild> =
            self.children.iter().copied().filter(|child| child.client() == client).collect();
        saver.put(&children)?;
        self.children.retain(|child| child.client() != client);
        Ok(())
    }

    fn load_client(&mut self, _: ClientId, loader: &mut Loader<'_>) -> Result<(), CarryError> {
        if self.refuses {
            return Err(CarryError::Application("not here".into()));
        }
        self.children.extend(loader.get::<Vec<ProbeChild>>()?);
        Ok(())
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
fn exchange(host: &mut Host, guests: &mut [&mut TestClient]) {
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

pub(crate) fn pair() -> (OwnedFd, OwnedFd) {
    let (one, other) = UnixStream::pair().unwrap();
    (one.into(), other.into())
}

pub(crate) fn message(object: u32, opcode: u16, words: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * words.len() as u32;
    let header = [object, size << 16 | u32::from(opcode)];
    header.iter().chain(words).flat_map(|word| word.to_ne_bytes()).collect()
}
