//! One end of a connection whose messages go through no handler: the program asks for each of them.
//!
//! Bytes, fds and limits are those of `conn`, ids and their ends those of `objects`.

use std::fmt;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::codec;
use super::error::{EncodeError, ReceiveError, Refusal, RefusalReason};
use super::interface::{ArgKind, Direction, Interface, Signature};
use super::protocols::Protocols;
use super::table::{New, Table};
use super::value::{Message, Text, Value};
use crate::conn::{Flush, Inbox, Link, Moved, Outbox, Rules};
use crate::error::{Disconnect, SendError};
use crate::handle::Handle;
use crate::limits::{FLUSH_AT, Limits, READ_SIZE};
use crate::objects::{Entry, Side};
use crate::trace;
use crate::wire::{HEADER, Header, MAX_SIZE, Malformed, SERVER_IDS};

/// Id of `wl_display`.
const DISPLAY: u32 = 1;

/// Opcodes of events of `wl_display`.
const ERROR: u16 = 0;
const DELETE_ID: u16 = 1;

/// A received message, and what is known of its object.
#[derive(Debug)]
pub struct Received {
    /// The message. A proxy passes it to [`Connection::send`] of its other connection.
    pub message: Message,
    /// Which way it goes.
    pub direction: Direction,
    /// Interface of the object.
    pub interface: Arc<Interface>,
    /// Version of the object.
    pub version: u32,
    /// Whether the object had already ended here, so that a program that takes part itself would not have seen the
    /// message. Only with [`Connection::relaying`].
    pub ended: bool,
}

impl Received {
    /// Describes the message.
    ///
    /// # Panics
    /// If the opcode was changed to one that the interface does not have.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.interface.messages(self.direction)[usize::from(self.message.opcode)]
    }
}

/// One line, the same as with `WAYLINE_DEBUG=1`: `wl_surface#3.attach(wl_buffer#5, 0, 0)`.
impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { message, interface, .. } = self;
        write!(f, "{}", Text { interface, signature: self.signature(), message, numbers: true })
    }
}

/// One end of a connection that is described at run time.
///
/// A program asks for messages with [`receive`](Connection::receive) and sends them with [`send`](Connection::send),
/// also those of `wl_display` and `wl_registry`: nothing is answered by itself, except that a server's end deletes the
/// ids of objects that end. Sends are queued until [`flush`](Connection::flush).
///
/// `Send`, no interior mutability, no system call of its own. Dropping it closes the connection.
pub struct Connection {
    link: Box<dyn Link>,
    inbox: Inbox,
    outbox: Outbox,
    /// What one read brought; `buffer[at..filled]` is still to be decoded.
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    table: Table,
    protocols: Protocols,
    side: Side,
    relays: bool,
    limits: Limits,
    trace: bool,
    blocked: bool,
    congested: bool,
    /// Whether the peer has stopped reading. It may have said why.
    unreadable: bool,
    ended: Option<ReceiveError>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Connection");
        debug.field("side", &self.side).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Connection {
    /// The client's end: sends requests, receives events.
    #[must_use]
    pub fn client(link: impl Link + 'static, protocols: &Protocols) -> Connection {
        Connection::new(Side::Client, Box::new(link), protocols)
    }

    /// The server's end: sends events, receives requests.
    #[must_use]
    pub fn server(link: impl Link + 'static, protocols: &Protocols) -> Connection {
        Connection::new(Side::Server, Box::new(link), protocols)
    }

    fn new(side: Side, link: Box<dyn Link>, protocols: &Protocols) -> Connection {
        let limits = Limits::default();
        let mut table = Table::new(side);
        table.set_limit(limits.objects);
        let display = protocols.number("wl_display").map(|interface| {
            table.insert(New { id: DISPLAY, interface, version: 1, live: true, received: side == Side::Server })
        });
        debug_assert!(matches!(display, Some(Ok(()))), "the table is empty");
        Connection {
            link,
            inbox: Inbox::default(),
            outbox: Outbox::new(rules(&limits)),
            buffer: vec![0; READ_SIZE + MAX_SIZE],
            at: 0,
            filled: 0,
            table,
            protocols: protocols.clone(),
            side,
            relays: false,
            limits,
            trace: trace::enabled(),
            blocked: false,
            congested: false,
            unreadable: false,
            ended: None,
        }
    }

    /// Makes this end one of the two of a proxy, which passes each message on to the other as soon as it is received.
    /// Called before any message is sent or received.
    ///
    /// What the two peers have to judge is then left to them: ids of new objects are taken as they come, `delete_id`
    /// is sent only where it is passed on, versions are not checked, and messages for objects that have ended are
    /// received, marked as [`Received::ended`], and can be sent.
    #[must_use]
    pub fn relaying(mut self) -> Connection {
        self.relays = true;
        self.table.set_relays();
        self
    }

    /// Changes the limits. Those of time, [`Limits::stray_fd_grace`], [`Limits::slow_peer_grace`] and the turns, are
    /// left to the program, which has the clock; [`Limits::globals`] has no meaning here.
    pub fn set_limits(&mut self, limits: Limits) {
        self.table.set_limit(limits.objects);
        self.outbox.set_rules(rules(&limits));
        self.limits = limits;
    }

    /// The interfaces.
    #[must_use]
    pub fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    /// The live object with this id. The handle stays good until the object ends: compare handles, not ids, which are
    /// used again.
    #[must_use]
    pub fn object(&self, id: u32) -> Option<Handle> {
        self.table.handle(id)
    }

    /// Whether the object of a handle of this connection is still alive.
    #[must_use]
    pub fn is_alive(&self, object: Handle) -> bool {
        self.table.handle(object.id()) == Some(object)
    }

    /// The interface of a live object.
    #[must_use]
    pub fn interface(&self, id: u32) -> Option<&Arc<Interface>> {
        self.protocols.numbered(self.table.entry(id).interface)
    }

    /// How many objects count against [`Limits::objects`].
    #[must_use]
    pub fn objects(&self) -> u32 {
        self.table.len()
    }

    /// The id that the next object made by this end must have, as a value of the message that makes it. It stays the
    /// same until that message is sent. Without a meaning after [`Connection::relaying`].
    ///
    /// # Errors
    /// [`SendError::TooManyObjects`].
    pub fn vacant_id(&self) -> Result<u32, SendError> {
        self.table.vacant_id().map_err(|_| SendError::TooManyObjects(self.limits.objects))
    }

    /// The descriptor to wait on, if there is one: until it is readable, and writable while
    /// [`is_blocked`](Connection::is_blocked).
    #[must_use]
    pub fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_fd()
    }

    /// Whether messages wait for a full socket.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Whether messages wait because too many fds of this user are in flight. No descriptor tells when that is over, so
    /// the program flushes again after a while.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.congested
    }

    /// Bytes and fds that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        (self.outbox.len(), self.outbox.fds())
    }

    /// Whether so much waits to be sent that no more should be added: [`Limits::throttle_bytes`], or half of
    /// [`Limits::queued_fds`]. A proxy does not receive from its other end meanwhile.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.outbox.len() >= self.limits.throttle_bytes || self.outbox.fds() >= self.limits.queued_fds.div_ceil(2)
    }

    /// The next message. `None` if none is there: wait for the descriptor. Reads once at most.
    ///
    /// While more than [`Limits::throttle_bytes`] wait to be sent the answer is `None` too, so that a peer that asks
    /// and does not read is not served: call this again after a [`flush`](Connection::flush).
    ///
    /// # Errors
    /// [`ReceiveError`] from when no more can be received; always the same. What is queued can still be flushed, and a
    /// last message be sent.
    pub fn receive(&mut self) -> Result<Option<Received>, ReceiveError> {
        if let Some(reason) = &self.ended {
            return Err(reason.clone());
        }
        let received = self.next();
        if let Err(reason) = &received {
            self.ended = Some(reason.clone());
        }
        received
    }

    fn next(&mut self) -> Result<Option<Received>, ReceiveError> {
        if self.outbox.len() >= self.limits.throttle_bytes {
            return Ok(None);
        }
        let mut has_read = false;
        loop {
            match self.next_in_buffer()? {
                Next::Message(received) => return Ok(Some(received)),
                Next::Skipped => {}
                Next::Incomplete if has_read => return Ok(None),
                Next::Incomplete if self.read()? => has_read = true,
                Next::Incomplete => return Ok(None),
            }
        }
    }

    /// Reads once. Returns whether anything was there.
    fn read(&mut self) -> Result<bool, Disconnect> {
        let count = self.inbox.fds.len();
        if count > self.limits.unclaimed_fds {
            return Err(Disconnect::StrayFds { count });
        }
        self.inbox.keep(&self.buffer[self.at..self.filled]);
        (self.at, self.filled) = (0, 0);
        let (filled, received) = match self.inbox.fill(&mut *self.link, &mut self.buffer) {
            Ok(filled) => filled,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted) => {
                return if self.unreadable { Err(Disconnect::Reset) } else { Ok(false) };
            }
            Err(error) => return Err(Disconnect::by(&error)),
        };
        if received.fds_lost {
            return Err(Disconnect::FdsLost);
        }
        if received.bytes == 0 {
            return Err(if filled == 0 { Disconnect::Closed } else { Disconnect::Truncated { received: filled } });
        }
        self.filled = filled;
        Ok(true)
    }

    /// Takes the next whole message of the buffer.
    fn next_in_buffer(&mut self) -> Result<Next, Refusal> {
        let rest = &self.buffer[self.at..self.filled];
        let Some(header) = rest.first_chunk::<HEADER>() else { return Ok(Next::Incomplete) };
        let header = Header::from_bytes(*header);
        let entry = self.table.entry(header.object);
        let interface = self.protocols.numbered(entry.known_interface()).cloned();
        let direction = self.receives();
        let signature = interface.as_ref().and_then(|interface| {
            let signature = interface.messages(direction).get(usize::from(header.opcode))?;
            Some((interface, signature))
        });
        let refuse = |reason| Refusal {
            object: header.object,
            opcode: header.opcode,
            interface: interface.clone(),
            message: signature.map(|(_, signature)| signature.name.clone()),
            reason,
        };
        let size = usize::from(header.size);
        if size > rest.len() && (HEADER..=self.largest()).contains(&size) {
            return Ok(Next::Incomplete);
        }
        let Some((interface, signature)) = signature else {
            let unknown = if interface.is_some() { RefusalReason::UnknownOpcode } else { RefusalReason::UnknownObject };
            return Err(refuse(unknown));
        };
        if let Err(reason) = self.judge(&entry, signature, size) {
            return Err(refuse(reason));
        }
        // As large as it says, and not larger than what has arrived.
        let message = match signature.decode(&rest[..size], &mut self.inbox.fds) {
            Ok(message) => message,
            Err(error) => return Err(refuse(error.into())),
        };
        self.at += size;
        let ended = entry.interface == 0;
        let received = Received { message, direction, interface: Arc::clone(interface), version: entry.version, ended };
        if let Err(reason) = self.enter(&received, signature) {
            return Err(refuse(reason));
        }
        if self.trace {
            trace::emit(self.table.connection(), &received.to_string());
        }
        Ok(if ended && !self.relays { Next::Skipped } else { Next::Message(received) })
    }

    /// The checks before a message is decoded, in the order of endpoints, which is libwayland's.
    fn judge(&self, entry: &Entry, signature: &Signature, size: usize) -> Result<(), RefusalReason> {
        let (since, version) = (signature.since, entry.version);
        if version < since && !self.relays {
            return Err(RefusalReason::TooNew { since, version });
        }
        if size > self.largest() {
            return Err(RefusalReason::TooLarge);
        }
        Ok(signature.check_size(size)?)
    }

    /// Does to the objects what a received message says.
    fn enter(&mut self, received: &Received, signature: &Signature) -> Result<(), RefusalReason> {
        let Received { message, version, ended, .. } = received;
        // A client may have ended an object that an event names; a server hears of that first.
        let zombies = self.relays || self.side == Side::Client;
        for (arg, value) in signature.args.iter().zip(&message.values) {
            match (&arg.kind, value) {
                // An error counts, whatever it is about.
                (ArgKind::Object { .. }, _) if *ended || self.is_error(message) => {}
                (ArgKind::Object { nullable: false, .. }, Value::Object(0)) => return Err(Malformed::Null.into()),
                (ArgKind::Object { interface, .. }, Value::Object(id)) if *id != 0 => {
                    let interface = interface.as_ref().and_then(|name| self.protocols.number(name));
                    self.table.check(*id, interface, zombies)?;
                }
                _ => {
                    if let Some(new) = new_object(&arg.kind, value, *version) {
                        let interface = self.protocols.number(new.interface);
                        let interface =
                            interface.ok_or_else(|| RefusalReason::UnknownInterface(new.interface.to_owned()))?;
                        let version = self.version_of(&new).ok_or(Malformed::WrongInterface(new.id))?;
                        self.table.insert(New { id: new.id, interface, version, live: !ended, received: true })?;
                    }
                }
            }
        }
        if signature.destructor {
            self.end(message.object, true);
        }
        if self.side == Side::Client {
            self.delete(message);
        }
        Ok(())
    }

    /// The version of a new object. `None` if the message names one that the interface does not have.
    fn version_of(&self, new: &NewObject<'_>) -> Option<u32> {
        let known = self.protocols.get(new.interface)?.version;
        match new.version {
            Version::OfParent(version) => Some(version.min(known)),
            Version::Named(version) => (self.relays || (1..=known).contains(&version)).then_some(version),
        }
    }

    /// Ends an object by a destructor message.
    fn end(&mut self, id: u32, received: bool) {
        if id == DISPLAY {
            return;
        }
        match self.side {
            // The client has said that it names the object no more, or is told that it is gone.
            Side::Server if !self.relays && id < SERVER_IDS => {
                self.table.release(id);
                let event = Message { object: DISPLAY, opcode: DELETE_ID, values: vec![Value::Uint(id)] };
                // Whoever cannot be told is ending.
                let _ = self.send(event);
            }
            // An id of the server's own is free for it to use again.
            Side::Client if !self.relays && id >= SERVER_IDS && received => self.table.release(id),
            _ => self.table.end(id),
        }
    }

    /// Releases the id that a message deletes, if it is one that does.
    fn delete(&mut self, message: &Message) {
        if message.object == DISPLAY
            && message.opcode == DELETE_ID
            && let [Value::Uint(id)] = message.values[..]
            && id != DISPLAY
        {
            self.table.delete(id);
        }
    }

    /// Queues a message. Its fds travel with it, or are closed if it is not queued.
    ///
    /// Objects that it makes have the ids that its values say, see [`vacant_id`](Connection::vacant_id). A destructor
    /// ends its object. An event `wl_display.delete_id` releases the id; a server's end sends it by itself when an
    /// object ends by a destructor.
    ///
    /// # Errors
    /// [`EncodeError`] if the message was not queued. [`SendError::QueueFull`] if the peer does not read; it ends
    /// the connection of a server, as [`Disconnect::SlowPeer`], since its client has missed an event.
    pub fn send(&mut self, message: Message) -> Result<(), EncodeError> {
        let entry = self.table.entry(message.object);
        let number = if self.relays { entry.known_interface() } else { entry.interface };
        let interface = self.protocols.numbered(number).filter(|_| !self.unreadable).ok_or(SendError::Gone)?.clone();
        let signature = interface.messages(self.sends()).get(usize::from(message.opcode));
        let signature = signature.ok_or(EncodeError::UnknownOpcode(message.opcode))?;
        if entry.version < signature.since && !self.relays {
            return Err(SendError::Version { since: signature.since, version: entry.version }.into());
        }
        let size = signature.encoded_size(&message.values)?;
        self.make_room(size, signature.fds())?;
        self.refer(&message, signature, &entry)?;
        if self.trace {
            let text = Text { interface: &interface, signature, message: &message, numbers: false };
            trace::emit(self.table.connection(), &format!(" -> {text}"));
        }
        let object = message.object;
        if self.side == Side::Server {
            self.delete(&message);
        }
        self.append(size, message)?;
        if signature.destructor {
            self.end(object, false);
        }
        Ok(())
    }

    /// Checks the objects that a message to be sent names, and enters those that it makes; all or none.
    fn refer(&mut self, message: &Message, signature: &Signature, entry: &Entry) -> Result<(), EncodeError> {
        let live = entry.interface != 0;
        let mut made = Vec::new();
        for (arg, value) in signature.args.iter().zip(&message.values) {
            let entered = match (&arg.kind, value) {
                (ArgKind::Object { interface, .. }, Value::Object(id))
                    if live && *id != 0 && !self.is_error(message) =>
                {
                    let interface = interface.as_ref().and_then(|name| self.protocols.number(name));
                    self.table.check(*id, interface, self.relays).map_err(|_| SendError::ForeignObject.into())
                }
                _ => match new_object(&arg.kind, value, entry.version) {
                    Some(new) => self.make(&new, live).map(|()| made.push(new.id)),
                    None => Ok(()),
                },
            };
            if let Err(error) = entered {
                made.into_iter().for_each(|id| self.table.take_back(id));
                return Err(error);
            }
        }
        Ok(())
    }

    fn make(&mut self, new: &NewObject<'_>, live: bool) -> Result<(), EncodeError> {
        let unknown = || EncodeError::UnknownInterface(new.interface.to_owned());
        let interface = self.protocols.number(new.interface).ok_or_else(unknown)?;
        let version = self.version_of(new).ok_or_else(unknown)?;
        self.table.insert(New { id: new.id, interface, version, live, received: false }).map_err(|error| match error {
            Malformed::TooManyObjects(limit) => SendError::TooManyObjects(limit).into(),
            _ => EncodeError::BadNewId(new.id),
        })
    }

    /// Whether a message is the event that says what was wrong, about an object that need not exist.
    fn is_error(&self, message: &Message) -> bool {
        message.object == DISPLAY && message.opcode == ERROR
    }

    /// Makes room for a message, as endpoints do.
    fn make_room(&mut self, size: usize, fds: usize) -> Result<(), SendError> {
        let limit = self.outbox.rules.message_size;
        if size > limit as usize {
            return Err(SendError::TooLarge { size: u32::try_from(size).unwrap_or(u32::MAX), limit });
        }
        if self.outbox.is_long(size) && !self.blocked && !self.congested {
            // If that fails, the program learns it when it receives or flushes.
            let _ = self.flush();
        }
        let queued = self.outbox.len();
        let fds_fit = fds == 0 || self.outbox.fds() + fds <= self.limits.queued_fds;
        if queued + limit as usize > self.limits.queued_bytes || !fds_fit {
            if self.side == Side::Server && !self.relays {
                // The client misses an event, so nothing that follows would be right.
                let reason = Disconnect::SlowPeer { queued, fds: self.outbox.fds() };
                self.ended.get_or_insert(reason.into());
            }
            return Err(SendError::QueueFull { queued: u32::try_from(queued).unwrap_or(u32::MAX) });
        }
        if self.unreadable {
            return Err(SendError::Gone);
        }
        if !self.outbox.has_room(size) {
            self.outbox.grow(size);
        }
        Ok(())
    }

    /// Writes a message to the room that was made for it.
    fn append(&mut self, size: usize, mut message: Message) -> Result<(), SendError> {
        let fds: Vec<OwnedFd> = codec::take_fds(&mut message.values);
        let place = self.outbox.append_with(size, fds).ok_or(SendError::Gone)?;
        codec::write(place, &message);
        Ok(())
    }

    /// Hands queued messages to the link. Returns whether all are gone; otherwise wait, see
    /// [`is_blocked`](Connection::is_blocked) and [`is_congested`](Connection::is_congested).
    ///
    /// # Errors
    /// [`Disconnect`] if the peer takes nothing any more. What it wrote before can still be received, and may say why.
    pub fn flush(&mut self) -> Result<bool, Disconnect> {
        let flushed = self.outbox.flush(&mut *self.link, &mut Moved::default());
        (self.blocked, self.congested) = match flushed {
            Ok(flush) => (flush == Flush::Blocked, flush == Flush::Congested),
            Err(error) => {
                self.outbox.clear();
                self.unreadable = true;
                (self.blocked, self.congested) = (false, false);
                return Err(Disconnect::by(&error));
            }
        };
        if self.outbox.is_empty() {
            // A long queue leaves no long buffer behind.
            let buffer = self.outbox.take_buffer();
            if buffer.len() <= FLUSH_AT {
                self.outbox.set_buffer(buffer);
            }
        }
        Ok(self.outbox.is_empty())
    }

    fn receives(&self) -> Direction {
        if self.side == Side::Server { Direction::Request } else { Direction::Event }
    }

    fn sends(&self) -> Direction {
        if self.side == Side::Server { Direction::Event } else { Direction::Request }
    }

    fn largest(&self) -> usize {
        self.limits.message_size.min(MAX_SIZE)
    }
}

/// An object that a message makes.
struct NewObject<'a> {
    interface: &'a str,
    id: u32,
    version: Version,
}

enum Version {
    /// That of the parent, as far as the interface has it.
    OfParent(u32),
    /// Named by the message.
    Named(u32),
}

/// The object that an argument of a message makes, if it does.
fn new_object<'a>(kind: &'a ArgKind, value: &'a Value, parent: u32) -> Option<NewObject<'a>> {
    match (kind, value) {
        (ArgKind::NewId { interface }, Value::NewId(id)) => {
            Some(NewObject { interface, id: *id, version: Version::OfParent(parent) })
        }
        (ArgKind::AnyNewId, Value::AnyNewId { interface, version, id }) => {
            Some(NewObject { interface, id: *id, version: Version::Named(*version) })
        }
        _ => None,
    }
}

/// What became of the bytes in the buffer.
enum Next {
    Message(Received),
    /// It was for an object that has ended.
    Skipped,
    /// The rest is no whole message.
    Incomplete,
}

fn rules(limits: &Limits) -> Rules {
    let queued_fds = u32::try_from(limits.queued_fds).unwrap_or(u32::MAX);
    // Traced are messages as values.
    Rules { trace: false, message_size: limits.message_size.min(MAX_SIZE) as u32, queued_fds }
}
