//! A client that means harm: it sends as fast as the server takes it, and its end is part of the plan.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use crate::case::{Stop, skip};
use crate::protocol::{callback, display, xdg};
use crate::server::{Client, Global};
use crate::socket::{SocketError, wait_fd};
use crate::wire::{DISPLAY, Message, Received};

/// Round trips in which a new window is configured and given the focus.
pub(crate) const ROUNDS: usize = 50;

/// Messages are collected up to this many bytes before they are sent.
const PIECE: usize = 32 << 10;
/// How long a server may take nothing, or answer nothing, before the attacker gives up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Events that are kept for the attack to look at.
const KEPT: usize = 4096;

/// What all attackers of an attack have done.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) sent: Cell<u64>,
    pub(crate) attackers: Cell<u64>,
    pub(crate) dropped: Cell<u64>,
    pub(crate) reason: RefCell<String>,
}

/// One hostile connection. What is sent after its end goes nowhere.
#[derive(Debug)]
pub(crate) struct Attacker {
    client: Client,
    ledger: Rc<Ledger>,
    globals: Vec<Global>,
    registry: u32,
    waiting: Vec<u8>,
    events: Vec<Received>,
    /// The serials of the last configures of its `xdg_surface`s; 0 before the first.
    serials: HashMap<u32, u32>,
    /// Whether it reads what the server sends.
    pub(crate) reads: bool,
    gone: bool,
    /// The callback that it waits for; 0 once that is done.
    awaited: u32,
    error: String,
}

impl Attacker {
    pub(crate) fn connect(path: &Path, ledger: &Rc<Ledger>) -> Result<Self, Stop> {
        let mut attacker = Self::silent(path, ledger)?;
        (attacker.registry, attacker.globals) = attacker.client.registry()?;
        Ok(attacker)
    }

    /// One that has said nothing yet.
    pub(crate) fn silent(path: &Path, ledger: &Rc<Ledger>) -> Result<Self, Stop> {
        let client = Client::connect(path, PATIENCE)?;
        ledger.attackers.set(ledger.attackers.get() + 1);
        Ok(Self {
            client,
            ledger: Rc::clone(ledger),
            globals: Vec::new(),
            registry: 0,
            waiting: Vec::new(),
            events: Vec::new(),
            serials: HashMap::new(),
            reads: true,
            gone: false,
            awaited: 0,
            error: String::new(),
        })
    }

    /// Whether the server has dropped it.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// A new id.
    pub(crate) fn id(&mut self) -> u32 {
        self.client.fresh()
    }

    /// The next new id.
    pub(crate) fn next_id(&self) -> u32 {
        self.client.next_id()
    }

    /// Binds a global at `version` or below.
    pub(crate) fn bind(&mut self, interface: &str, version: u32) -> Result<u32, Stop> {
        let Some(global) = self.globals.iter().find(|global| global.interface == interface).cloned() else {
            return skip(format!("the server offers no {interface}"));
        };
        let id = self.id();
        let version = version.min(global.version);
        self.say(crate::server::bind(self.registry, global.name, interface, version, id));
        Ok(id)
    }

    /// The name of a global.
    pub(crate) fn name(&self, interface: &str) -> Option<u32> {
        self.globals.iter().find(|global| global.interface == interface).map(|global| global.name)
    }

    /// Its registry.
    pub(crate) fn registry(&self) -> u32 {
        self.registry
    }

    /// Sends a message, together with others.
    pub(crate) fn say(&mut self, message: Message) {
        self.waiting.extend(message.bytes());
        if self.waiting.len() >= PIECE {
            self.flush();
        }
    }

    /// Sends a message that creates an object, its id first among the arguments. Returns the id.
    pub(crate) fn create(&mut self, object: u32, opcode: u16) -> u32 {
        let id = self.id();
        self.say(Message::new(object, opcode).uint(id));
        id
    }

    /// Sends what was collected.
    pub(crate) fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.waiting);
        self.send(&bytes, &[]);
    }

    /// Sends bytes with descriptors, behind what was collected.
    pub(crate) fn send_with(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
        self.flush();
        self.send(bytes, fds);
    }

    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
        let (mut rest, mut fds) = (bytes, fds);
        let mut deadline = Instant::now() + PATIENCE;
        while !rest.is_empty() && !self.gone {
            match self.client.stream.send_some(rest, fds) {
                Ok(0) => {
                    let now = Instant::now();
                    if now > deadline {
                        self.end("it takes nothing any more");
                        return;
                    }
                    self.drain();
                    let events = if self.reads { PollFlags::OUT | PollFlags::IN } else { PollFlags::OUT };
                    // Whatever this says, the next send tells more.
                    let _ = wait_fd(self.client.as_fd(), events, deadline);
                }
                Ok(sent) => {
                    self.ledger.sent.set(self.ledger.sent.get() + sent as u64);
                    (rest, fds) = (&rest[sent..], &[]);
                    deadline = Instant::now() + PATIENCE;
                }
                Err(SocketError::Closed) => {
                    self.reads = true;
                    self.drain();
                    self.end("closed");
                }
                Err(error) => self.end(&error.to_string()),
            }
        }
        self.drain();
    }

    /// One send that does not wait. `false` if the server takes nothing now, or the connection has ended.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        match self.client.stream.send_some(bytes, &[]) {
            Ok(sent) => {
                self.ledger.sent.set(self.ledger.sent.get() + sent as u64);
                sent == bytes.len()
            }
            Err(error) => {
                self.end(&error.to_string());
                false
            }
        }
    }

    /// Takes in what the server has sent, if it reads at all.
    pub(crate) fn drain(&mut self) {
        while self.reads && !self.gone {
            match self.client.stream.receive_ready() {
                Ok(Some(event)) => self.heard(event),
                Ok(None) if self.client.stream.end.is_some() => self.end("closed without a reason"),
                Ok(None) => break,
                Err(error) => self.end(&error.to_string()),
            }
        }
        while self.client.stream.take_fd().is_ok() {}
    }

    fn heard(&mut self, event: Received) {
        if (event.object, event.opcode) == (self.awaited, callback::DONE) {
            self.awaited = 0;
        } else if let Some(serial) = self.serials.get_mut(&event.object) {
            if event.opcode == xdg::CONFIGURE {
                *serial = event.first();
            }
        } else if (event.object, event.opcode) == (DISPLAY, display::ERROR) {
            let mut args = event.args();
            let (object, code) = (args.uint().unwrap_or(0), args.uint().unwrap_or(0));
            let text: String =
                args.string().unwrap_or_default().chars().filter(|letter| !letter.is_control()).collect();
            self.error = format!("object {object}, code {code}: {}", text.chars().take(60).collect::<String>());
        } else if self.events.len() < KEPT && (event.object, event.opcode) != (DISPLAY, display::DELETE_ID) {
            self.events.push(event);
        }
    }

    /// Waits until everything it has sent was handled. Returns the events that came since the last time, the first
    /// 4,096 of them; there are none after the end.
    pub(crate) fn sync(&mut self) -> Vec<Received> {
        self.awaited = self.create(DISPLAY, display::SYNC);
        self.flush();
        while !self.gone && self.awaited != 0 {
            match self.client.stream.receive(PATIENCE) {
                Ok(Some(event)) => self.heard(event),
                Ok(None) => self.end("closed without a reason"),
                Err(error) => self.end(&error.to_string()),
            }
        }
        while self.client.stream.take_fd().is_ok() {}
        std::mem::take(&mut self.events)
    }

    /// Notes the configures of an `xdg_surface` from now on.
    pub(crate) fn watch(&mut self, shell: u32) {
        self.serials.insert(shell, 0);
    }

    /// Waits for the first configure of an `xdg_surface` and takes the serial of the last; `None` if none came, or was
    /// taken already. Servers configure when they are idle, so one round trip may not be enough.
    pub(crate) fn configured(&mut self, shell: u32) -> Option<u32> {
        for _ in 0..ROUNDS {
            match self.serials.get_mut(&shell) {
                Some(0) if !self.gone => drop(self.sync()),
                Some(serial) if *serial != 0 => return Some(std::mem::take(serial)),
                _ => break,
            }
        }
        None
    }

    /// Says that nothing more will be sent.
    pub(crate) fn shut(&mut self) {
        self.flush();
        // If it has ended already, so much the better.
        let _ = self.client.stream.shut_write();
    }

    /// Waits for the server to have handled all, if this attacker reads answers.
    pub(crate) fn finish(&mut self) {
        if self.reads && !self.gone {
            self.sync();
        }
    }

    fn end(&mut self, how: &str) {
        if !self.gone {
            self.gone = true;
            self.ledger.dropped.set(self.ledger.dropped.get() + 1);
            let mut reason = self.ledger.reason.borrow_mut();
            if reason.is_empty() {
                *reason = if self.error.is_empty() { how.to_owned() } else { self.error.clone() };
            }
        }
    }
}
