//! A dispatcher that remembers nothing: for each message it looks up the client and the object anew.

use std::collections::{BTreeMap, VecDeque};

use super::app::{Entry, SIZES};
use super::compose::bind;
use super::script::Act;
use wayline::SendError;

pub(crate) const SERVER_IDS: u32 = 0xff00_0000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Interface {
    Display,
    Registry,
    Probe,
    Child,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) interface: Interface,
    version: u32,
    /// What the application knows it by; 0 for the runtime's own.
    serial: u64,
    /// Ended by the server, which the client may not know.
    zombie: bool,
}

/// An object, the opcode, and the words of a message.
pub(crate) type Message = (u32, u16, Vec<u32>);

/// Object and opcode of an event, and its first word or 0.
pub(crate) type Event = (u32, u16, u32);

#[derive(Default)]
pub(crate) struct Client {
    pub(crate) objects: BTreeMap<u32, Object>,
    /// The first id of its range that was never used.
    pub(crate) next: u32,
    /// The reason once it has ended.
    ending: Option<Option<(u32, u32)>>,
    /// Objects below this id were handed back.
    handed_back: u32,
    /// What it sent before it was read for the first time.
    pub(crate) waiting: Vec<Message>,
    events: Vec<Event>,
}

impl Client {
    fn is_open(&self) -> bool {
        self.ending.is_none()
    }
}

pub(crate) struct Model {
    pub(crate) clients: Vec<Client>,
    /// Everything that was ever made: the client, the id, the version.
    made: Vec<(usize, u32, Interface, u32)>,
    /// The table of acts, which messages name by number.
    pub(crate) acts: Vec<Vec<Act>>,
    pub(crate) log: Vec<Entry>,
    /// The ids that the server has given to objects of its own.
    pub(crate) offered: VecDeque<u32>,
    ended: VecDeque<usize>,
    limit: usize,
    on_destroy: Vec<Act>,
    on_end: Vec<Act>,
}

/// A handler's fault: object and code of the error.
type Fault = (u32, u32);

const INVALID_OBJECT: Fault = (1, 0);
const INVALID_METHOD: Fault = (1, 1);
const IMPLEMENTATION: Fault = (1, 3);

impl Model {
    pub(crate) fn new() -> Model {
        Model {
            clients: Vec::new(),
            made: Vec::new(),
            acts: Vec::new(),
            log: Vec::new(),
            offered: VecDeque::new(),
            ended: VecDeque::new(),
            limit: SIZES[0],
            on_destroy: Vec::new(),
            on_end: Vec::new(),
        }
    }

    pub(crate) fn connect(&mut self) {
        let display = Object { interface: Interface::Display, version: 1, serial: 0, zombie: false };
        let waiting = vec![(1, 1, vec![2]), bind(3, 3), (3, 4, vec![4])];
        let client = Client { objects: [(1, display)].into(), next: 2, waiting, ..Client::default() };
        self.clients.push(client);
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn take_events(&mut self, client: usize) -> Vec<Event> {
        std::mem::take(&mut self.clients[client].events)
    }

    /// Whether what was made as the `n`-th is live, and messages can be sent to it.
    pub(crate) fn is_alive(&self, n: usize) -> bool {
        self.live(n).is_some() && self.clients[self.made[n].0].is_open()
    }

    pub(crate) fn batch(&mut self, client: usize, messages: &[Message]) {
        for message in messages {
            if !self.clients[client].is_open() {
                return;
            }
            if let Err(fault) = self.message(client, message) {
                self.fail(client, fault);
            }
        }
    }

    fn message(&mut self, client: usize, (id, opcode, words): &Message) -> Result<(), Fault> {
        let object = self.clients[client].objects.get(id).copied().ok_or(INVALID_OBJECT)?;
        use Interface::{Child, Display, Probe, Registry};
        let (since, count) = match (object.interface, opcode) {
            (Registry, 0) => (1, words.len().max(4)),
            (Probe, 0 | 7) | (Child, 0 | 2) => (1, 0),
            (Probe, 1) => (1, 4),
            (Display, 0 | 1) | (Probe, 4..=6) | (Child, 1) => (1, 1),
            (Probe, 8) => (3, 0),
            _ => return Err(INVALID_METHOD),
        };
        if object.version < since || 8 + 4 * words.len() > self.limit || words.len() != count {
            return Err(INVALID_METHOD);
        }
        if object.zombie {
            return Ok(());
        }
        match (object.interface, opcode) {
            (Display, 0) => {
                self.reserve(client, words[0])?;
                self.tell(client, (words[0], 0, 0));
                self.tell(client, (1, 1, words[0]));
                return Ok(());
            }
            (Display, _) => {
                self.reserve(client, words[0])?;
                self.insert(client, words[0], Registry, 1, 0);
                // The event has 28 bytes.
                if self.limit >= 28 {
                    self.tell(client, (words[0], 0, 1));
                }
                return Ok(());
            }
            (Registry, _) => {
                let (name, version, new) = (words[0], words[words.len() - 2], words[words.len() - 1]);
                if words[1..] != bind(new, version).2[1..] {
                    return Err(INVALID_METHOD);
                }
                if name != 1 || !(1..=3).contains(&version) {
                    return Err((*id, 0));
                }
                self.reserve(client, new)?;
                let serial = self.make(client, new, Probe, version);
                self.log.push(Entry::Bound { serial });
                return Ok(());
            }
            // Looked up, or made, before the handler is called.
            (Probe, 4) => self.reserve(client, words[0])?,
            (Probe, 5) => self.check_child(client, words[0])?,
            _ => {}
        }
        self.log.push(Entry::Request { client, id: *id, serial: object.serial, opcode: *opcode });
        let handled = self.handle(client, *id, object, *opcode, words);
        if *opcode == 0 {
            if let Err(fault) = handled {
                self.fail(client, fault);
            }
            if self.clients[client].objects.get(id).is_some_and(|now| now.serial == object.serial && !now.zombie) {
                self.release(client, *id);
                self.destroyed(object.serial);
            }
            return Ok(());
        }
        handled
    }

    fn handle(&mut self, client: usize, id: u32, object: Object, opcode: u16, words: &[u32]) -> Result<(), Fault> {
        use Interface::{Child, Probe};
        match (object.interface, opcode) {
            (_, 0) => {
                let acts = std::mem::take(&mut self.on_destroy);
                self.act(client, acts)
            }
            (Probe, 1) => self.act(client, self.acts[words[1] as usize].clone()),
            (Child, 1) => self.act(client, self.acts[words[0] as usize].clone()),
            (Probe, 4) => {
                self.make(client, words[0], Child, object.version);
                Ok(())
            }
            (Probe, 5) => {
                self.tell(client, (id, 3, words[0]));
                Ok(())
            }
            (Probe, 6) => Err((id, words[0])),
            (Probe, 7) => {
                self.offer(client, id, object);
                Ok(())
            }
            // The event is newer than such an object.
            (Child, 2) if object.version < 2 => Err(IMPLEMENTATION),
            (Child, 2) => {
                self.finish(client, id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether a client can give this id to a new object.
    fn reserve(&mut self, client: usize, id: u32) -> Result<(), Fault> {
        let Client { objects, next, .. } = &mut self.clients[client];
        if id == 0 || id > *next || objects.contains_key(&id) {
            return Err(INVALID_METHOD);
        }
        *next = (*next).max(id + 1);
        Ok(())
    }

    fn check_child(&self, client: usize, id: u32) -> Result<(), Fault> {
        let found = self.clients[client].objects.get(&id);
        let fits = id == 0 || found.is_some_and(|child| child.interface == Interface::Child && !child.zombie);
        if fits { Ok(()) } else { Err(INVALID_METHOD) }
    }

    fn insert(&mut self, client: usize, id: u32, interface: Interface, version: u32, serial: u64) {
        let before = self.clients[client].objects.insert(id, Object { interface, version, serial, zombie: false });
        assert!(before.is_none_or(|before| before.zombie && id >= SERVER_IDS), "an id is given out twice: {before:?}");
    }

    fn make(&mut self, client: usize, id: u32, interface: Interface, version: u32) -> u64 {
        self.made.push((client, id, interface, version));
        let serial = self.made.len() as u64;
        self.insert(client, id, interface, version, serial);
        serial
    }

    fn live(&self, n: usize) -> Option<&Object> {
        let (client, id, ..) = self.made[n];
        self.clients[client].objects.get(&id).filter(|object| object.serial == n as u64 + 1 && !object.zombie)
    }

    fn tell(&mut self, client: usize, event: Event) {
        if self.clients[client].is_open() {
            self.clients[client].events.push(event);
        }
    }

    fn offer(&mut self, client: usize, probe: u32, object: Object) {
        let id = self.offered.pop_front().expect("a probe made a child");
        self.tell(client, (probe, 4, id));
        self.make(client, id, Interface::Child, object.version);
    }

    /// Ends an object of an open client by an event.
    fn finish(&mut self, client: usize, id: u32) {
        self.tell(client, (id, 1, 0));
        self.destroy(client, id);
    }

    fn destroy(&mut self, client: usize, id: u32) {
        if id < SERVER_IDS {
            self.release(client, id);
        } else if let Some(object) = self.clients[client].objects.get_mut(&id) {
            object.zombie = true;
        }
    }

    fn release(&mut self, client: usize, id: u32) {
        self.clients[client].objects.remove(&id);
        if id < SERVER_IDS {
            self.tell(client, (1, 1, id));
        }
    }

    fn end(&mut self, client: usize, reason: Option<(u32, u32)>) {
        if self.clients[client].is_open() {
            self.clients[client].ending = Some(reason);
            self.ended.push_back(client);
        }
    }

    fn fail(&mut self, client: usize, fault: Fault) {
        self.tell(client, (1, 0, fault.0));
        self.end(client, Some(fault));
    }

    /// Does what a handler does in the turn of `client`.
    fn act(&mut self, client: usize, acts: Vec<Act>) -> Result<(), Fault> {
        for act in acts {
            let chosen = |n: usize| {
                let n = n % self.made.len().max(1);
                let (owner, id, interface, _) = *self.made.get(n)?;
                Some((owner, id, interface, self.live(n).copied()))
            };
            match act {
                Act::Finish(n) => {
                    if let Some((owner, id, Interface::Child, _)) = chosen(n) {
                        let called = self.can_send(n, 2, 8);
                        if called.is_ok() {
                            self.finish(owner, id);
                        }
                        self.log.push(Entry::Called(called));
                    }
                }
                Act::Retire(n) => {
                    if let Some((owner, id, _, Some(_))) = chosen(n) {
                        self.destroy(owner, id);
                    }
                }
                Act::Disconnect(n) => self.end(n % self.clients.len(), None),
                Act::Post(n) => {
                    if let Some((owner, id, _, live)) = chosen(n)
                        && self.clients[owner].is_open()
                    {
                        self.fail(owner, if live.is_some() { (id, 9) } else { INVALID_OBJECT });
                    }
                }
                Act::Offer(n) => {
                    if let Some((owner, id, Interface::Probe, live)) = chosen(n) {
                        let called = self.can_send(n, 1, 12);
                        self.log.push(Entry::Called(called));
                        if let (Ok(()), Some(object)) = (called, live) {
                            self.offer(owner, id, object);
                        }
                    }
                }
                Act::Words(n) => {
                    if let Some((owner, id, Interface::Probe, _)) = chosen(n) {
                        let called = self.can_send(n, 1, 24);
                        if called.is_ok() {
                            self.tell(owner, (id, 0, 5));
                        }
                        self.log.push(Entry::Called(called));
                    }
                }
                Act::Receive(_) => {}
                Act::Limit(n) => self.limit = SIZES[n % SIZES.len()],
                Act::Connect => self.connect(),
                Act::OnDestroy(acts) => self.on_destroy = acts,
                Act::OnEnd(acts) => self.on_end = acts,
                Act::Blame(n) => match chosen(n) {
                    Some((owner, ..)) if owner != client => return Err(IMPLEMENTATION),
                    Some((.., None)) => return Err(INVALID_OBJECT),
                    Some((_, id, ..)) => return Err((id, 7)),
                    None => {}
                },
            }
        }
        Ok(())
    }

    /// Whether a message of this size can be sent to what was made as the `n`-th.
    fn can_send(&self, n: usize, since: u32, size: usize) -> Result<(), SendError> {
        let n = n % self.made.len();
        let version = self.made[n].3;
        if version < since {
            Err(SendError::Version { since, version })
        } else if !self.is_alive(n) {
            Err(SendError::Gone)
        } else if size > self.limit {
            Err(SendError::InteriorNul)
        } else {
            Ok(())
        }
    }

    fn destroyed(&mut self, serial: u64) {
        self.log.push(Entry::Destroyed { serial });
        let acts = std::mem::take(&mut self.on_end);
        // Nobody is blamed for what `destroyed` does.
        let _ = self.act(usize::MAX, acts);
    }

    pub(crate) fn end_turn(&mut self) {
        while let Some(&client) = self.ended.front() {
            let first = self.clients[client].handed_back;
            let next = self.clients[client].objects.range(first..).find(|(_, object)| !object.zombie);
            if let Some((&id, &object)) = next {
                self.clients[client].handed_back = id + 1;
                self.clients[client].objects.remove(&id);
                if object.serial != 0 {
                    self.destroyed(object.serial);
                }
                continue;
            }
            self.ended.pop_front();
            self.clients[client].objects.clear();
            let error = self.clients[client].ending.flatten();
            self.log.push(Entry::Disconnected { client, error });
        }
    }
}
