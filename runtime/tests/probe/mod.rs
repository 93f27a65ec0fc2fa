//! A server and a client of probe.xml in one process, connected in memory.

#![allow(dead_code, reason = "each test file uses its own part")]

// What `wayline generate` makes of probe.xml; a test of the generator compares.
#[rustfmt::skip]
#[path = "generated.rs"]
pub(crate) mod protocol;

pub(crate) mod between;

#[cfg(feature = "io")]
pub(crate) mod keeper;
pub(crate) mod lines;
pub(crate) mod narrow;

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use protocol::{Probe, ProbeChild, probe, probe_child};
use wayline::client::Global;
use wayline::{
    Client, ClientId, Disconnect, EventHandler, Fixed, GlobalId, HandlerError, HandlerResult, HasClient, HasServer,
    LimitError, Limits, Link, MemoryLink, QueueStatus, RequestHandler, Server, client, server,
};

use wayline::testing::{self, FaultyLink, Plan};

/// Answers as probe.xml says.
pub(crate) struct TestServer {
    pub(crate) server: Server<TestServer>,
    pub(crate) global: GlobalId,
    pub(crate) connected: Vec<ClientId>,
    pub(crate) ended: Vec<(ClientId, Disconnect)>,
    /// Why clients were not accepted.
    pub(crate) refused: Vec<LimitError>,
    /// Clients that were slow, with how slow, and those that then caught up.
    pub(crate) slow: Vec<(ClientId, QueueStatus)>,
    pub(crate) caught_up: Vec<ClientId>,
    /// Names of destroyed children, by the number their data held.
    pub(crate) destroyed: Vec<u32>,
    pub(crate) requests: u64,
    /// The probes that clients bound.
    pub(crate) probes: Vec<Probe>,
    /// Every object a handler was called for, for tests of stale handles.
    pub(crate) children: Vec<ProbeChild>,
    /// What its answers to pokes carry; some fd if none.
    pub(crate) file: Option<OwnedFd>,
    /// What it refuses `create` with.
    pub(crate) fault: Option<Box<dyn Fn() -> HandlerError + Send>>,
}

impl HasServer for TestServer {
    fn server(&mut self) -> &mut Server<TestServer> {
        &mut self.server
    }

    #[cfg(feature = "io")]
    fn refused(&mut self, _: &wayline::io::credentials::Credentials, reason: LimitError) {
        self.refused.push(reason);
    }

    fn connected(&mut self, client: ClientId) {
        assert!(self.ended.iter().all(|(ended, _)| *ended != client), "told too late");
        self.connected.push(client);
    }

    fn caught_up(&mut self, client: ClientId) {
        self.caught_up.push(client);
    }

    fn slow_peer(&mut self, client: ClientId, backlog: QueueStatus) {
        assert!(self.ended.iter().all(|(ended, _)| *ended != client), "told too late");
        self.slow.push((client, backlog));
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        self.ended.push((client, reason.clone()));
    }
}

impl TestServer {
    pub(crate) fn new() -> TestServer {
        let mut server = Server::new();
        let global = server.add_global::<Probe>(3).unwrap();
        TestServer {
            server,
            global,
            connected: Vec::new(),
            ended: Vec::new(),
            refused: Vec::new(),
            slow: Vec::new(),
            caught_up: Vec::new(),
            destroyed: Vec::new(),
            requests: 0,
            probes: Vec::new(),
            children: Vec::new(),
            file: None,
            fault: None,
        }
    }
}

impl RequestHandler<Probe> for TestServer {
    type Data = u64;

    fn bound(&mut self, this: Probe, _: GlobalId) -> HandlerResult {
        self.probes.push(this);
        Ok(())
    }

    fn request(&mut self, this: Probe, request: probe::Request<'_>) -> HandlerResult {
        self.requests += 1;
        *self.server.data(this)? += 1;
        let server = &mut self.server;
        match request {
            probe::Request::Destroy => {}
            probe::Request::Ints { a, b, c, d } => this.words(server, a, b, c, d)?,
            probe::Request::Text { text, bytes } => this.echo(server, text, bytes)?,
            probe::Request::Fd { fd } => this.fd_event(server, fd)?,
            probe::Request::Create { id } => {
                if let Some(fault) = &self.fault {
                    return Err(fault());
                }
                *server.data(id)? = Some(self.children.len() as u32);
                self.children.push(id);
            }
            probe::Request::Take { child } => this.named(server, child)?,
            probe::Request::Fail { code } => return Err(HandlerError::protocol(this, code, "as you wish")),
            probe::Request::Offer => {
                let child = this.offered(server)?;
                self.children.push(child);
            }
            probe::Request::Recent => this.recent_event(server)?,
        }
        Ok(())
    }
}

impl RequestHandler<ProbeChild> for TestServer {
    type Data = Option<u32>;

    fn request(&mut self, this: ProbeChild, request: probe_child::Request) -> HandlerResult {
        match request {
            probe_child::Request::Destroy => {}
            probe_child::Request::Poke { serial } => {
                let fd = self.file.as_ref().map_or_else(any_fd, |file| file.try_clone().unwrap());
                this.poked(&mut self.server, serial, fd)?;
            }
            probe_child::Request::Finish => this.finished(&mut self.server)?,
            probe_child::Request::Spawn { id, fd: _ } => self.children.push(id),
        }
        Ok(())
    }

    fn destroyed(&mut self, _: ProbeChild, data: Option<u32>) {
        self.destroyed.extend(data);
    }
}

/// Remembers what it was sent.
pub(crate) struct TestClient {
    pub(crate) client: Client<TestClient>,
    pub(crate) seen: VecDeque<Seen>,
    /// Whether events are kept at all; tests that count allocations do without.
    pub(crate) keep: bool,
    pub(crate) events: u64,
    /// The globals that it was told of and that were not withdrawn, by name.
    pub(crate) globals: Vec<u32>,
    /// Children that it did not end itself, with the events they had.
    pub(crate) destroyed: Vec<(ProbeChild, u32)>,
}

/// An event, with its borrowed parts copied.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    Words(i32, u32, Fixed, i32),
    Echo(Option<String>, Vec<u8>),
    Fd,
    Named(Option<ProbeChild>),
    Offered(ProbeChild),
    Recent,
    Poked(ProbeChild, u32),
    Finished(ProbeChild),
}

impl HasClient for TestClient {
    fn client(&mut self) -> &mut Client<TestClient> {
        &mut self.client
    }

    fn global(&mut self, global: &Global) {
        self.globals.push(global.name);
    }

    fn global_removed(&mut self, global: &Global) {
        let known = self.globals.iter().position(|name| *name == global.name).expect("it was told of");
        self.globals.remove(known);
    }
}

impl EventHandler<Probe> for TestClient {
    type Data = ();

    fn event(&mut self, _: Probe, event: probe::Event<'_>) -> HandlerResult {
        self.events += 1;
        if !self.keep {
            return Ok(());
        }
        self.seen.push_back(match event {
            probe::Event::Words { a, b, c, d } => Seen::Words(a, b, c, d),
            probe::Event::Echo { text, bytes } => Seen::Echo(text.map(str::to_owned), bytes.to_owned()),
            probe::Event::Fd { fd: _ } => Seen::Fd,
            probe::Event::Named { child } => Seen::Named(child),
            probe::Event::Offered { id } => Seen::Offered(id),
            probe::Event::Recent => Seen::Recent,
        });
        Ok(())
    }
}

impl EventHandler<ProbeChild> for TestClient {
    /// How many events it got.
    type Data = u32;

    fn event(&mut self, this: ProbeChild, event: probe_child::Event) -> HandlerResult {
        *self.client.data(this)? += 1;
        self.seen.push_back(match event {
            probe_child::Event::Poked { serial, fd: _ } => Seen::Poked(this, serial),
            probe_child::Event::Finished => Seen::Finished(this),
        });
        Ok(())
    }

    fn destroyed(&mut self, this: ProbeChild, events: u32) {
        self.destroyed.push((this, events));
    }
}

/// Some descriptor.
pub(crate) fn any_fd() -> OwnedFd {
    use std::os::fd::AsFd;
    std::io::stderr().as_fd().try_clone_to_owned().unwrap()
}

/// Whether this is the program `under_faults`, in which all links have harmless faults.
pub(crate) fn under_faults() -> bool {
    module_path!().starts_with("under_faults::")
}

/// The link of a test, with the faults of its program.
pub(crate) fn link<L: Link>(link: L) -> FaultyLink<L> {
    let mut plan = Plan::None;
    if under_faults() {
        plan = Plan::of_environment();
        eprintln!("to replay: {}={}", testing::SEED, std::env::var(testing::SEED).unwrap_or_default());
    }
    FaultyLink::new(link, plan)
}

/// Repeats what says that it may have more to do, and a few times more where that may have been a fault.
pub(crate) fn until_quiet(mut busy: impl FnMut() -> bool) {
    let enough = if under_faults() { 3 * testing::PATIENCE } else { 1 };
    let mut quiet = 0;
    while quiet < enough {
        quiet = if busy() { 0 } else { quiet + 1 };
    }
}

/// Passes messages on until nobody has anything to say.
pub(crate) fn pump(host: &mut TestServer, guest: &mut TestClient, id: ClientId) {
    until_quiet(|| {
        guest.client.flush();
        client::finish_turn(guest);
        let up = server::receive(host, id);
        if under_faults() {
            server::resume(host, id);
        }
        server::finish_turn(host);
        let down = client::receive(guest);
        client::finish_turn(guest);
        up || down
    });
}

impl TestClient {
    pub(crate) fn new(link: impl Link + 'static) -> TestClient {
        TestClient {
            client: Client::new(link),
            seen: VecDeque::new(),
            keep: true,
            events: 0,
            globals: Vec::new(),
            destroyed: Vec::new(),
        }
    }
}

/// Both halves.
pub(crate) struct Pair {
    pub(crate) host: TestServer,
    pub(crate) guest: TestClient,
    pub(crate) id: ClientId,
}

impl Pair {
    /// Connected in memory.
    pub(crate) fn new() -> Pair {
        Pair::limited(Limits::default())
    }

    /// Connected in memory, the server keeping to these limits.
    pub(crate) fn limited(limits: Limits) -> Pair {
        let (a, b) = MemoryLink::pair();
        let mut host = TestServer::new();
        host.server.set_limits(limits);
        let id = host.server.connect(link(a));
        let mut pair = Pair { host, guest: TestClient::new(link(b)), id };
        pair.pump();
        pair
    }

    /// Connected, and with an object of version `version`.
    pub(crate) fn bound(version: u32) -> (Pair, Probe) {
        let mut pair = Pair::new();
        let name = pair.host.global.name();
        let probe = pair.guest.client.bind_name(name, version).unwrap();
        pair.pump();
        (pair, probe)
    }

    /// Passes messages on until nobody has anything to say.
    pub(crate) fn pump(&mut self) {
        pump(&mut self.host, &mut self.guest, self.id);
    }

    /// Why the server dropped the client.
    pub(crate) fn reason(&self) -> Option<&Disconnect> {
        self.host.ended.first().map(|(_, reason)| reason)
    }
}
