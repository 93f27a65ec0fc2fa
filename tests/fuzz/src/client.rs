//! A client of a hostile server, which does as the script says.
//!
//! The client is that of the conformance kit in memory: it obeys the events of `wlcf_driver`, and binds whatever is offered.

use std::os::fd::OwnedFd;

use wayline::client::{self, Global};
use wayline::{Client, Disconnect, EventHandler, Fixed, HandlerResult, HasClient, Interface, SendError};

use super::kit::{
    WlBuffer, WlcfBeacon, WlcfChild, WlcfDriver, WlcfProbe, wl_buffer, wlcf_beacon, wlcf_child, wlcf_driver, wlcf_probe,
};
use super::link::{Fds, Script, Wire, array, message, put_message, tried};
use super::server::{limits, most_queued};
use super::traced::traced;

/// More of anything than an order may ask for.
const MOST: u32 = 300;

/// Runs one script.
///
/// # Panics
/// If the client breaks a promise.
pub fn run(input: &[u8]) {
    let mut script = Script(input);
    let setting = script.byte();
    traced(setting & 1 == 1, || run_script(setting, script));
}

fn run_script(setting: u8, mut script: Script<'_>) {
    let wire = Wire::default();
    let mut client = Client::new(wire.clone());
    client.set_limits(limits(setting >> 1));
    let most_queued = most_queued(&client.limits());
    let mut app = App {
        client,
        driver: None,
        probe: None,
        buffer: None,
        offered: Vec::new(),
        children: Vec::new(),
        spare: Vec::new(),
        ended: 0,
        globals: 0,
        most_queued,
    };
    // As `Client::connect` does, so that ids are those of real connections.
    app.client.begin_roundtrip().expect("an object");
    app.client.flush();
    let mut fds = Fds::default();
    while !script.is_over() {
        app.step(&wire, &mut fds, &mut script);
        assert_eq!(app.globals, app.client.globals().len(), "globals that nobody was told of");
    }
    wire.recover();
    wire.state().closed = true;
    let turns = wire.state().incoming.len() + 3;
    for _ in 0..turns {
        app.turn();
    }
    assert_eq!(app.ended, 1, "the end is told once");
    assert!(app.client.ended().is_some_and(|reason| !reason.to_string().is_empty()));
    assert_eq!(app.client.begin_roundtrip(), Err(SendError::Gone), "sent into nowhere");
    assert!(app.children.iter().all(|child| !app.client.is_alive(*child)), "alive after the end");
    drop(app);
    drop(wire);
    fds.assert_all_closed();
}

struct App {
    client: Client<App>,
    driver: Option<WlcfDriver>,
    probe: Option<WlcfProbe>,
    buffer: Option<WlBuffer>,
    /// Interfaces of globals that were announced in this turn.
    offered: Vec<String>,
    children: Vec<WlcfChild>,
    spare: Vec<OwnedFd>,
    ended: u32,
    globals: usize,
    most_queued: usize,
}

impl App {
    fn step(&mut self, wire: &Wire, fds: &mut Fds, script: &mut Script<'_>) {
        let op = script.byte();
        let amount = op >> 3;
        match op & 7 {
            0 => {
                let length = script.half() & 0x3fff;
                wire.put(script.bytes(length.into()), fds.make_many(amount.into()));
            }
            1 => self.turn(),
            2 => put_message(wire, fds, amount, script),
            3 => self.act(amount, fds, script),
            4 => {
                wire.take_sent();
                self.client.flush();
                assert!(wire.take_sent().len() <= self.most_queued, "more had waited than may");
            }
            5 => wire.afflict(amount, script.half()),
            6 if amount == 0 => self.offer(wire, script),
            6 => (0..amount).for_each(|_| self.turn()),
            _ => {
                let (object, opcode, length) = (script.byte(), script.byte(), script.half());
                let body = [vec![0; 4 * usize::from(amount & 3)], array(&vec![opcode; length.into()])].concat();
                wire.put(&message(object.into(), (opcode & 0x1f).into(), &body), Vec::new());
            }
        }
    }

    fn turn(&mut self) {
        client::receive(self);
        client::finish_turn(self);
        for interface in std::mem::take(&mut self.offered) {
            self.bind(&interface);
        }
        self.client.flush();
        client::finish_turn(self);
    }

    fn bind(&mut self, interface: &str) {
        let client = &mut self.client;
        match interface {
            "wlcf_driver" => self.driver = self.driver.or(client.bind(1).ok()),
            "wlcf_probe" => self.probe = client.bind(2).ok().or(self.probe),
            "wl_buffer" => self.buffer = client.bind(1).ok().or(self.buffer),
            _ => tried(client.bind::<WlcfBeacon>(1)),
        }
    }

    /// A global that can be bound, its name and version by the script.
    fn offer(&mut self, wire: &Wire, script: &mut Script<'_>) {
        const NAMES: [&str; 6] = ["wlcf_driver", "wlcf_probe", "wlcf_child", "wl_buffer", "wl_registry", ""];
        let (name, which, version) = (script.byte(), script.byte(), script.byte());
        let text = [NAMES[usize::from(which) % NAMES.len()].as_bytes(), &[0]].concat();
        let (name, version) = (u32::from(name).to_ne_bytes(), u32::from(version).to_ne_bytes());
        wire.put(&message(2, 0, &[&name[..], &array(&text), &version].concat()), Vec::new());
    }

    /// Something that the application does outside of handlers.
    fn act(&mut self, what: u8, fds: &mut Fds, script: &mut Script<'_>) {
        let which = usize::from(script.byte());
        let child = (!self.children.is_empty()).then(|| self.children[which % self.children.len()]);
        let client = &mut self.client;
        match (what, self.driver, self.probe, child) {
            (0, ..) => tried(client.begin_roundtrip()),
            (1, Some(driver), ..) => tried(driver.create_child(client).map(|child| self.children.push(child))),
            (2, _, _, Some(child)) => tried(child.destroy(client)),
            (3, Some(driver), ..) => tried(driver.file(client, 1, fds.make())),
            (4, Some(driver), ..) => tried(driver.data(client, &vec![1; which * 20])),
            (5, ..) => client.disconnect(),
            (6, _, Some(probe), Some(child)) => {
                let file = fds.make();
                let text = "é".repeat(which);
                tried(probe.echo(client, 1, 2, Fixed::ZERO, &text, None, &[1; 7], file, child, None));
            }
            (7, _, Some(probe), _) => tried(probe.take_three(client, fds.make(), fds.make(), "text")),
            (8, _, Some(probe), _) => tried(probe.create_child(client).map(|child| self.children.push(child))),
            (9, _, Some(probe), _) => tried(probe.destroy(client)),
            (10, ..) => {
                client.set_limits(limits(which as u8));
                self.most_queued = self.most_queued.max(most_queued(&client.limits()));
            }
            (11, ..) => tried(client.bind_name::<WlcfProbe>(which as u32, 3).map(|probe| self.probe = Some(probe))),
            (12, _, Some(probe), _) => assert!(probe.since_two(client).is_err() || Interface::version(probe) >= 2),
            (13, ..) => self.spare.push(fds.make()),
            (14, _, Some(probe), _) => {
                if let Some(buffer) = self.buffer {
                    tried(probe.read_buffer(client, buffer, 0, 4));
                }
            }
            (15, ..) => {
                if let Some(buffer) = self.buffer.take() {
                    tried(buffer.destroy(client));
                }
            }
            _ => {}
        }
    }
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }

    fn global(&mut self, global: &Global) {
        assert!(self.ended == 0, "news after the end");
        self.globals += 1;
        self.offered.push(global.interface.clone());
    }

    fn global_removed(&mut self, _: &Global) {
        self.globals -= 1;
    }

    fn disconnected(&mut self, _: &Disconnect) {
        self.ended += 1;
    }
}

impl EventHandler<WlcfDriver> for App {
    type Data = ();

    fn event(&mut self, this: WlcfDriver, event: wlcf_driver::Event) -> HandlerResult {
        use wlcf_driver::Event;
        assert!(!format!("{event:?}").is_empty());
        let client = &mut self.client;
        match event {
            Event::MakeChild => {
                let child = this.create_child(client)?;
                *client.data(child)? = self.children.len();
                self.children.push(child);
            }
            Event::DestroyChild { index } => {
                if let Some(child) = self.children.get(index as usize) {
                    child.destroy(client)?;
                    assert!(!client.is_alive(*child), "alive although destroyed");
                }
            }
            Event::Pause | Event::WaitThreads { .. } => {
                this.ready(client, 0)?;
                client.flush();
            }
            // What reads is refused within a handler.
            Event::Roundtrip | Event::IdleRead => assert!(!client::receive(self), "read in the middle of a message"),
            Event::Files { count } => {
                for index in 0..count.min(MOST) {
                    let Some(file) = self.spare.pop() else { break };
                    this.file(client, index, file)?;
                }
            }
            Event::Flood { count } => {
                for _ in 0..count.min(MOST) {
                    this.data(client, &[0; 4000])?;
                }
            }
            Event::OtherQueue => client::finish_turn(self),
            Event::DrainQueue => {
                client.begin_roundtrip()?;
            }
            Event::Finish => client.disconnect(),
            Event::Newest => assert!(this.version() >= 2),
        }
        Ok(())
    }
}

impl EventHandler<WlcfProbe> for App {
    type Data = u64;

    fn event(&mut self, this: WlcfProbe, event: wlcf_probe::Event<'_>) -> HandlerResult {
        use wlcf_probe::Event;
        assert!(!format!("{event:?}").is_empty());
        *self.client.data(this)? += 1;
        let client = &mut self.client;
        match event {
            Event::Child { id } => self.children.push(id),
            Event::Foreign { child } => this.hold(client, child)?,
            Event::Echoed { number, positive, fraction, text, no_text, bytes, file, child, no_child } => {
                this.echo(client, number, positive, fraction, text, no_text, bytes, file, child, no_child)?;
            }
            Event::Fd { index: _, file } => self.spare.push(file),
            Event::Pixels { status, bytes } => this.burst(client, status + bytes.len() as u32 % 7)?,
            Event::Tick { .. } => this.tell_version(client)?,
            Event::Newer => assert!(Interface::version(this) >= 3),
            _ => {}
        }
        Ok(())
    }
}

impl EventHandler<WlcfChild> for App {
    type Data = usize;

    fn event(&mut self, this: WlcfChild, event: wlcf_child::Event) -> HandlerResult {
        use wlcf_child::Event;
        self.client.data(this)?;
        match event {
            Event::Poked | Event::Note { .. } => {}
            Event::File { file } => self.spare.push(file),
            Event::TwoFiles { first, second } => drop((first, second)),
            Event::Object { other } => tried(self.client.data(other)),
            Event::Born { id } => self.children.push(id),
        }
        Ok(())
    }
}

impl EventHandler<WlcfBeacon> for App {
    type Data = ();

    fn event(&mut self, _: WlcfBeacon, event: wlcf_beacon::Event) -> HandlerResult {
        match event {}
    }
}

impl EventHandler<WlBuffer> for App {
    type Data = ();

    fn event(&mut self, _: WlBuffer, event: wl_buffer::Event) -> HandlerResult {
        match event {}
    }
}
