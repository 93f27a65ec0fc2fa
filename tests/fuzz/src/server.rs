//! A server, a hostile client that does as the script says, and an innocent client that must always be answered.
//!
//! The server is that of the conformance kit in memory: it takes the orders of `wlcf_probe`.

use std::os::fd::OwnedFd;

use wayline::protocol::WlFixes;
use wayline::{
    ClientId, Disconnect, GlobalId, HandlerError, HandlerResult, HasServer, Interface, Limits, QueueStatus,
    RequestHandler, Server, server,
};

use super::kit::{
    WlBuffer, WlcfBeacon, WlcfChild, WlcfDriver, WlcfProbe, wl_buffer, wlcf_beacon, wlcf_child, wlcf_driver, wlcf_probe,
};
use super::link::{Fds, Script, Wire, array, message, put_message, tried};
use super::traced::traced;

/// More of anything than an order may ask for.
const MOST: u32 = 300;

/// Runs one script.
///
/// # Panics
/// If the server breaks a promise.
pub fn run(input: &[u8]) {
    let mut script = Script(input);
    let setting = script.byte();
    traced(setting & 1 == 1, || Fixture::new(limits(setting >> 1)).run(script));
}

/// The defaults, or limits that are soon reached.
pub(super) fn limits(setting: u8) -> Limits {
    let all = Limits::default();
    let mut limits = all;
    if setting & 1 != 0 {
        limits.objects = 12;
    }
    if setting & 2 != 0 {
        (limits.queued_bytes, limits.throttle_bytes) = (40_000, 20_000);
    }
    if setting & 4 != 0 {
        (limits.queued_fds, limits.unconsumed_fds) = (5, 6);
    }
    limits.message_size = [all.message_size, 64, 12, 65_532][usize::from(setting >> 3 & 3)];
    // Room is kept for a message of full size, whatever is queued.
    limits.queued_bytes = limits.queued_bytes.max(2 * limits.message_size);
    limits
}

/// The most bytes that may wait at once. What is collected before a send is tried, 32 KiB, always may.
pub(super) fn most_queued(limits: &Limits) -> usize {
    limits.queued_bytes.max((32 << 10) + limits.message_size)
}

struct App {
    server: Server<App>,
    probes: Vec<WlcfProbe>,
    children: Vec<WlcfChild>,
    held: Option<WlcfChild>,
    beacons: Vec<GlobalId>,
    hidden: Vec<(GlobalId, ClientId)>,
    /// Children that a handler saw come, and go.
    born: u32,
    buried: u32,
    ended: Vec<ClientId>,
    spare: Vec<OwnedFd>,
}

struct Fixture {
    app: App,
    hostile: ClientId,
    wire: Wire,
    innocent: ClientId,
    innocent_wire: Wire,
    fds: Fds,
    limits: Limits,
    most_queued: usize,
}

impl Fixture {
    fn new(limits: Limits) -> Fixture {
        let mut server = Server::new();
        server.set_limits(limits);
        server.add_global::<WlcfProbe>(3).expect("a version that is known");
        server.add_global::<WlFixes>(2).expect("a version that is known");
        server.add_global::<WlcfDriver>(2).expect("a version that is known");
        server.add_global::<WlBuffer>(1).expect("a version that is known");
        let (wire, innocent_wire) = (Wire::default(), Wire::default());
        let hostile = server.connect(wire.clone());
        let innocent = server.connect(innocent_wire.clone());
        let app = App {
            server,
            probes: Vec::new(),
            children: Vec::new(),
            held: None,
            beacons: Vec::new(),
            hidden: Vec::new(),
            born: 0,
            buried: 0,
            ended: Vec::new(),
            spare: Vec::new(),
        };
        let (fds, most_queued) = (Fds::default(), most_queued(&limits));
        Fixture { app, hostile, wire, innocent, innocent_wire, fds, limits, most_queued }
    }

    fn run(mut self, mut script: Script<'_>) {
        while !script.is_over() {
            self.step(&mut script);
            assert!(self.app.server.object_count(self.hostile) <= self.limits.objects, "more objects than allowed");
        }
        self.turn();
        self.ask_canary();
        self.wire.recover();
        self.resume();
        self.wire.state().closed = true;
        // Each turn may fail once by what the script left.
        let turns = self.wire.state().incoming.len() + 3;
        for _ in 0..turns {
            self.turn();
        }
        self.ask_canary();
        let Fixture { app, hostile, fds, .. } = self;
        assert_eq!(app.ended, [hostile], "the end of a client is told once");
        assert_eq!(app.server.object_count(hostile), 0, "objects without a client");
        assert_eq!(app.born, app.buried, "children that nobody buried");
        drop(app);
        drop(self.wire);
        fds.assert_all_closed();
    }

    fn step(&mut self, script: &mut Script<'_>) {
        let op = script.byte();
        let amount = op >> 3;
        match op & 7 {
            0 => {
                let length = script.half() & 0x3fff;
                let fds = self.fds.make_many(amount.into());
                self.wire.put(script.bytes(length.into()), fds);
            }
            1 => self.turn(),
            2 => put_message(&self.wire, &mut self.fds, amount, script),
            3 => self.act(amount, script),
            4 => self.resume(),
            5 => self.wire.afflict(amount, script.half()),
            6 if amount == 0 => self.ask_canary(),
            6 => (0..amount).for_each(|_| self.turn()),
            _ => {
                let (object, opcode, length) = (script.byte(), script.byte(), script.half());
                let body = [vec![0; 4 * usize::from(amount & 3)], array(&vec![opcode; length.into()])].concat();
                self.wire.put(&message(object.into(), (opcode & 0x1f).into(), &body), Vec::new());
            }
        }
    }

    fn turn(&mut self) {
        server::receive(&mut self.app, self.hostile);
        server::finish_turn(&mut self.app);
        if self.wire.state().sent.len() > 1 << 20 {
            self.wire.take_sent();
        }
    }

    /// The peer reads: no more comes than may have waited.
    fn resume(&mut self) {
        self.wire.take_sent();
        server::resume(&mut self.app, self.hostile);
        // An error event has room of its own.
        let most = self.most_queued + Limits::MESSAGE_SIZE;
        let sent = self.wire.take_sent().len();
        assert!(sent <= most, "{sent} bytes had waited");
        server::finish_turn(&mut self.app);
    }

    /// A round trip of the second client, in one turn.
    fn ask_canary(&mut self) {
        self.innocent_wire.take_sent();
        self.innocent_wire.put(&message(1, 0, &2u32.to_ne_bytes()), Vec::new());
        assert!(server::receive(&mut self.app, self.innocent), "the innocent client is not read");
        server::finish_turn(&mut self.app);
        let done = message(2, 0, &0u32.to_ne_bytes());
        let deleted = message(1, 1, &2u32.to_ne_bytes());
        assert_eq!(self.innocent_wire.take_sent(), [done, deleted].concat(), "the innocent client's answer");
    }

    /// Something that the application does outside of handlers.
    fn act(&mut self, what: u8, script: &mut Script<'_>) {
        let which = usize::from(script.byte());
        let App { server, probes, children, .. } = &mut self.app;
        let probe = (!probes.is_empty()).then(|| probes[which % probes.len()]);
        let child = (!children.is_empty()).then(|| children[which % children.len()]);
        match (what, probe, child) {
            (0, Some(probe), _) => tried(probe.tick(server, 1, 2, 3)),
            (1, Some(probe), _) => tried(probe.fd(server, 1, self.fds.make())),
            (2, Some(probe), _) => {
                if let Ok(child) = probe.child(server) {
                    self.app.enter(child);
                }
            }
            (3, _, Some(child)) => tried(child.poked(server)),
            (4, Some(probe), Some(child)) => tried(probe.foreign(server, child)),
            (5, Some(probe), _) => server.post_error(probe, 1u32, "x".repeat(which * 32)),
            (6, ..) => server.disconnect(self.hostile),
            (7, Some(probe), _) => tried(probe.pixels(server, 0, &vec![0; which * 20])),
            (8, _, Some(child)) => {
                let (first, second) = (self.fds.make(), self.fds.make());
                tried(child.two_files(server, first, second));
            }
            (9, _, Some(child)) => {
                if let Ok(born) = child.born(server) {
                    self.app.enter(born);
                }
            }
            (10, ..) => self.app.spare.push(self.fds.make()),
            (11, ..) => {
                // Changed under way.
                self.limits = Limits { objects: self.limits.objects, ..limits(which as u8) };
                self.most_queued = self.most_queued.max(most_queued(&self.limits));
                server.set_limits(self.limits);
            }
            (12, Some(probe), child) => {
                let file = self.fds.make();
                let child = child.unwrap_or(WlcfChild::from_handle(probe.handle()));
                let text = "é".repeat(which);
                tried(probe.echoed(server, 1, 2, wayline::Fixed::ZERO, &text, None, &[1; 7], file, child, None));
            }
            (13, Some(probe), _) => {
                assert!(probe.newer(server).is_err() || Interface::version(probe) >= 3, "an event from the future");
            }
            (14, ..) => server::announce_globals(&mut self.app),
            _ => {}
        }
    }
}

impl App {
    fn enter(&mut self, child: WlcfChild) {
        if let Ok(data) = self.server.data(child) {
            *data = Some(());
            self.born += 1;
            self.children.push(child);
        }
    }
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn slow_peer(&mut self, client: ClientId, backlog: QueueStatus) {
        assert!(!self.ended.contains(&client), "slow after its end");
        let limits = self.server.limits();
        assert!(backlog.fds <= limits.queued_fds.max(MOST as usize), "{backlog:?}");
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        assert!(!reason.to_string().is_empty());
        self.ended.push(client);
    }

    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        !self.hidden.contains(&(global, client))
    }
}

impl RequestHandler<WlcfProbe> for App {
    type Data = bool;

    fn bound(&mut self, this: WlcfProbe, _: GlobalId) -> HandlerResult {
        self.probes.push(this);
        Ok(())
    }

    fn request(&mut self, this: WlcfProbe, request: wlcf_probe::Request<'_>) -> HandlerResult {
        use wlcf_probe::Request;
        assert!(!format!("{request:?}").is_empty());
        let server = &mut self.server;
        match request {
            Request::Destroy | Request::SinceTwo => {}
            Request::CreateChild { id } => self.enter(id),
            Request::PostError { code, length } => {
                return Err(HandlerError::protocol(this, code, "é".repeat(length.min(40 * MOST) as usize)));
            }
            Request::PostTwoErrors { first, second } => {
                server.post_error(this, first, "the first");
                server.post_error(this, second, "the second");
            }
            Request::PostErrorAtTeardown => *server.data(this)? = true,
            Request::SpawnChildren { count } => {
                for _ in 0..count.min(MOST) {
                    let child = this.child(&mut self.server)?;
                    self.enter(child);
                }
            }
            Request::Hold { child } => self.held = Some(child),
            Request::PokeHeld => {
                let alive = self.held.is_some_and(|child| child.poked(server).is_ok());
                this.held(server, alive.into())?;
            }
            Request::SendForeign { child } => {
                for other in self.probes.iter().filter(|probe| probe.client() != this.client()) {
                    assert!(other.foreign(server, child).is_err(), "an object of one client was sent to another");
                }
            }
            Request::SendNewer => assert!(this.newer(server).is_err() || Interface::version(this) >= 3),
            Request::AddGlobal => self.beacons.extend(server.add_global::<WlcfBeacon>(3)),
            Request::AddHiddenGlobal => {
                if let Ok(id) = server.add_global::<WlcfBeacon>(3) {
                    self.beacons.push(id);
                    self.hidden.push((id, this.client()));
                }
            }
            Request::RemoveGlobal { name } => {
                self.beacons.iter().filter(|id| id.name() == name).for_each(|id| server.remove_global(*id));
            }
            Request::DestroyGlobal { name } => {
                self.beacons.iter().filter(|id| id.name() == name).for_each(|id| server.destroy_global(*id));
            }
            Request::CycleGlobals { count } => {
                for _ in 0..count.min(MOST) {
                    let id =
                        self.server.add_global::<WlcfBeacon>(3).map_err(|e| HandlerError::internal(e.to_string()))?;
                    server::announce_globals(self);
                    self.server.remove_global(id);
                    server::announce_globals(self);
                    self.server.destroy_global(id);
                }
            }
            Request::AddBadGlobals => {
                let accepted = [0, 4].map(|version| server.add_global::<WlcfBeacon>(version).is_ok());
                assert_eq!(accepted, [false; 2]);
                this.bad_globals(server, 0)?;
            }
            Request::Echo { number, positive, fraction, text, no_text, bytes, file, child, no_child } => {
                this.echoed(server, number, positive, fraction, text, no_text, bytes, file, child, no_child)?;
            }
            Request::InspectFd { file } => {
                drop(file);
                this.inspected(server, 0, 0)?;
            }
            Request::TakeThree { first, second, text: _ } => self.spare.extend([first, second]),
            Request::SendFds { count } => {
                for index in 0..count.min(MOST) {
                    let Some(file) = self.spare.pop() else { break };
                    this.fd(server, index, file)?;
                }
            }
            Request::Burst { count } => {
                for index in 0..count.min(40 * MOST) {
                    this.tick(server, index, 0, index)?;
                }
            }
            Request::ReadBuffer { buffer, offset, length: _ } => tried(server.data(buffer).map(|data| *data = offset)),
            Request::TellVersion => this.version(server, Interface::version(this))?,
            Request::TellCredentials => {
                assert!(server.credentials(this.client()).is_none(), "credentials of memory");
                server.disconnect(this.client());
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlcfProbe, at_teardown: bool) {
        self.probes.retain(|probe| *probe != this);
        assert!(!self.server.is_alive(this), "destroyed but alive");
        if at_teardown {
            self.server.post_error(this, 0u32, "posted too late");
        }
    }
}

impl RequestHandler<WlcfChild> for App {
    type Data = Option<()>;

    fn request(&mut self, this: WlcfChild, _: wlcf_child::Request) -> HandlerResult {
        self.server.data(this)?;
        Ok(())
    }

    fn destroyed(&mut self, this: WlcfChild, data: Option<()>) {
        if data.is_some() {
            self.buried += 1;
            self.children.retain(|child| *child != this);
        }
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

impl RequestHandler<WlcfDriver> for App {
    type Data = ();

    fn request(&mut self, this: WlcfDriver, request: wlcf_driver::Request<'_>) -> HandlerResult {
        use wlcf_driver::Request;
        match request {
            Request::CreateChild { id } => self.enter(id),
            Request::File { index: _, file } => self.spare.push(file),
            Request::Data { bytes } => {
                // Answers are longer than questions.
                for _ in bytes {
                    this.flood(&mut self.server, 1)?;
                }
            }
            Request::Ready { step } => this.wait_threads(&mut self.server, step)?,
        }
        Ok(())
    }
}
