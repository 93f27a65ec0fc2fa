//! From received bytes to handler calls.
//!
//! One read of one connection at a time. The receive buffer and the fd queue
//! are taken out of the core while handlers run, so messages borrow from them
//! and the application is free to send to anyone. The order of the checks is
//! that of WIRE.md B.9.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use super::Core;
use crate::error::{Disconnect, Fault};
use crate::interface::{ArgKind, ClientId, Handle, Message};
use crate::objects::State;
use crate::wire::{HEADER, Header, Malformed, Reader, words_of};

/// A received message on its way to the generated decoder.
#[derive(Debug)]
pub struct Incoming<'a> {
    target: Packed,
    opcode: u16,
    body: &'a [u8],
    fds: &'a mut VecDeque<OwnedFd>,
}

impl<'a> Incoming<'a> {
    /// The object the message is for.
    #[inline]
    #[must_use]
    pub fn target(&self) -> Handle {
        self.target.handle()
    }

    /// Position of the message in its interface.
    #[inline]
    #[must_use]
    pub fn opcode(&self) -> u16 {
        self.opcode
    }

    /// The whole body as `N` words.
    ///
    /// # Errors
    /// [`Malformed`] if the body has another size.
    #[inline]
    pub fn words<const N: usize>(&self) -> Result<[u32; N], Malformed> {
        words_of(self.body)
    }

    /// The body, to be read argument by argument.
    #[inline]
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.body)
    }

    /// Reads a new id that names its interface and version itself.
    ///
    /// # Errors
    /// [`Malformed`] as for strings.
    pub fn new_id(&self, reader: &mut Reader<'a>) -> Result<NewId<'a>, Malformed> {
        let (interface, version, id) = (reader.string()?, reader.word()?, reader.word()?);
        Ok(NewId { interface, version, client: self.target().client, id })
    }

    /// The next fd of the stream, now owned by the caller.
    ///
    /// # Errors
    /// [`Malformed::MissingFd`].
    #[inline]
    pub fn fd(&mut self) -> Result<OwnedFd, Malformed> {
        self.fds.pop_front().ok_or(Malformed::MissingFd)
    }
}

/// A handle in halves of 64 bits, stored the way decoders load it: a load that
/// spans two fresh stores of 32 bits waits for both, which cost 5 ns a message.
#[derive(Clone, Copy, Debug)]
struct Packed {
    client: u64,
    object: u64,
    version: u32,
}

impl Packed {
    #[inline]
    fn of(handle: Handle) -> Packed {
        let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let ClientId { index, generation } = handle.client;
        Packed { client: join(index, generation), object: join(handle.id, handle.generation), version: handle.version }
    }

    #[inline]
    fn handle(self) -> Handle {
        let split = |both: u64| (both as u32, (both >> 32) as u32);
        let ((index, generation), (id, object_generation)) = (split(self.client), split(self.object));
        let client = ClientId { index, generation };
        Handle { client, id, generation: object_generation, version: self.version }
    }
}

/// An object to be made whose interface the message names itself, as in
/// `wl_registry.bind`. Handed to `Server::accept`; one that is dropped instead
/// leaves the client with an id the server does not know.
#[derive(Debug, PartialEq)]
pub struct NewId<'a> {
    pub(crate) interface: &'a str,
    pub(crate) version: u32,
    pub(crate) client: ClientId,
    pub(crate) id: u32,
}

impl NewId<'_> {
    /// The interface the client names.
    #[must_use]
    pub fn interface(&self) -> &str {
        self.interface
    }

    /// The version the client wants. Not checked.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }
}

/// The differences between the two sides, for code that is generic over them.
pub(crate) trait Role<A> {
    fn core(app: &mut A) -> &mut Core<A>;

    /// A message for `target` was refused, by the core, the decoder or the handler.
    fn refuse(app: &mut A, refused: &Refused, fault: Fault);

    /// What came from the peer leaves no way to go on with it.
    fn drop_peer(app: &mut A, client: ClientId, reason: Disconnect);

    /// The handler of a destructor message has run.
    fn destructed(app: &mut A, target: Handle);

    /// The connection and all its objects are gone.
    fn ended(app: &mut A, client: ClientId, reason: &Disconnect);
}

/// The message a refusal is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(crate) target: Handle,
    pub(crate) opcode: u16,
    pub(crate) reason: Reason,
}

/// At which of the checks a message failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Object,
    Opcode,
    Since,
    Size,
    TooLarge,
    Arguments,
}

/// What one read of a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Messages may have been handled; `full` says whether the buffer was
    /// filled, so that more is likely waiting.
    Read { full: bool },
    /// Nothing was there.
    Idle,
    /// The connection ended, now or before.
    Ended,
    /// Called from within a handler of this endpoint.
    Reentrant,
}

/// Reads once from one connection and dispatches what arrived.
pub(crate) fn receive<A, R: Role<A>>(app: &mut A, client: ClientId) -> Progress {
    let core = R::core(app);
    if core.buffer.is_empty() {
        return Progress::Reentrant;
    }
    let mut buffer = std::mem::take(&mut core.buffer);
    let progress = receive_into::<A, R>(app, client, &mut buffer);
    R::core(app).buffer = buffer;
    progress
}

fn receive_into<A, R: Role<A>>(app: &mut A, client: ClientId, buffer: &mut [u8]) -> Progress {
    let core = R::core(app);
    let Some(peer) = core.peer_mut(client).filter(|peer| peer.is_read()) else { return Progress::Ended };
    let fds_before = peer.inbox.fds.len();
    let (filled, received) = match peer.inbox.fill(&mut *peer.link, buffer) {
        Ok(filled) => filled,
        Err(error) => {
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
                return Progress::Idle;
            }
            core.end(client, Disconnect::by(&error));
            return Progress::Ended;
        }
    };
    let mut fds = std::mem::take(&mut peer.inbox.fds);
    core.stats.bytes_in += received.bytes as u64;
    core.stats.fds_in += (fds.len() - fds_before) as u64;
    core.stats.receives += 1;
    if received.fds_lost {
        R::drop_peer(app, client, Disconnect::FdsLost);
        return Progress::Ended;
    }
    if received.bytes == 0 {
        let reason = if filled == 0 { Disconnect::Closed } else { Disconnect::Truncated { received: filled } };
        core.end_of_stream(client, reason);
        return Progress::Ended;
    }

    let consumed = messages::<A, R>(app, client, &buffer[..filled], &mut fds);

    let core = R::core(app);
    let unclaimed = core.limits.unclaimed_fds;
    let Some(peer) = core.peer_mut(client).filter(|peer| peer.is_read()) else { return Progress::Ended };
    peer.inbox.keep(&buffer[consumed..filled]);
    let count = fds.len();
    peer.inbox.fds = fds;
    if count > unclaimed {
        R::drop_peer(app, client, Disconnect::StrayFds { count });
        return Progress::Ended;
    }
    Progress::Read { full: filled == buffer.len() }
}

/// Dispatches the whole messages of `bytes`; returns how many bytes they have.
/// Not inlined: on its own the loop keeps what it needs in registers.
#[inline(never)]
fn messages<A, R: Role<A>>(app: &mut A, client: ClientId, bytes: &[u8], fds: &mut VecDeque<OwnedFd>) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>() {
        let header = Header::from_bytes(*header);
        let size = header.size as usize;
        let core = R::core(app);
        let Some(peer) = core.open(client) else { break };
        let limit = peer.outbox.rules.message_size as usize;
        let entry = peer.objects.entry(header.object);
        let target = Handle { client, id: header.object, generation: entry.generation, version: entry.version };
        let (state, slot) = (entry.state, entry.kind);
        let row = core.rows.get(slot as usize);
        let message = row.and_then(|row| row.messages.get(header.opcode as usize));
        let fits = |message: &&Message| {
            message.since <= target.version
                && size >= message.size as usize
                && (size == message.size as usize || !message.fixed_size)
                && size.is_multiple_of(4)
                && size <= limit
                && message.fds as usize <= fds.len()
        };
        let (Some(row), Some(message)) = (row, message.filter(fits)) else {
            match judge(core.kind(slot).map(|kind| kind.messages), header, target.version, limit, rest.len()) {
                Verdict::Wait => {}
                Verdict::Refuse(reason, error) => {
                    R::refuse(app, &Refused { target, opcode: header.opcode, reason }, error.into());
                }
            }
            break;
        };
        // The size is at least that of a header.
        let Some((body, next)) = behind.split_at_checked(size - HEADER) else { break };
        rest = next;
        count += 1;
        if state == State::Zombie {
            if let Err(error) = skip(core, client, message, body, fds) {
                refuse_arguments::<A, R>(app, target, header.opcode, error.into());
                break;
            }
            continue;
        }
        let (destructor, dispatch) = (message.destructor, row.dispatch);
        if core.trace {
            let name = core.spec(slot).map_or("unknown", |spec| spec.name);
            crate::trace::incoming(name, target, message, body, fds);
        }
        let Some(dispatch) = dispatch else { continue };
        if let Err(fault) =
            dispatch(app, &mut Incoming { target: Packed::of(target), opcode: header.opcode, body, fds })
        {
            refuse_arguments::<A, R>(app, target, header.opcode, fault);
        }
        if destructor {
            R::destructed(app, target);
        }
    }
    R::core(app).stats.messages_in += count;
    bytes.len() - rest.len()
}

#[cold]
fn refuse_arguments<A, R: Role<A>>(app: &mut A, target: Handle, opcode: u16, fault: Fault) {
    R::refuse(app, &Refused { target, opcode, reason: Reason::Arguments }, fault);
}

/// What to do with a message that does not pass as it is.
enum Verdict {
    /// Its end is still to come.
    Wait,
    Refuse(Reason, Malformed),
}

/// Finds out which check failed, in the order of WIRE.md B.9. A message is
/// judged when it is complete, unless its size could never be.
#[cold]
fn judge(
    messages: Option<&'static [Message]>,
    header: Header,
    version: u32,
    limit: usize,
    available: usize,
) -> Verdict {
    let size = header.size as usize;
    if size > available && (HEADER..=limit).contains(&size) {
        return Verdict::Wait;
    }
    let Some(messages) = messages else {
        return Verdict::Refuse(Reason::Object, Malformed::UnknownObject(header.object));
    };
    let Some(message) = messages.get(header.opcode as usize) else {
        return Verdict::Refuse(Reason::Opcode, Malformed::Short);
    };
    let (reason, error) = if version < message.since {
        (Reason::Since, Malformed::Short)
    } else if size > limit {
        (Reason::TooLarge, Malformed::Long)
    } else if size < message.size as usize {
        (Reason::Size, Malformed::Short)
    } else if !size.is_multiple_of(4) || (message.fixed_size && size != message.size as usize) {
        (Reason::Size, Malformed::Long)
    } else {
        // All else fits, so it is the fds that are too few.
        (Reason::Arguments, Malformed::MissingFd)
    };
    Verdict::Refuse(reason, error)
}

/// Steps over a message for an object that was destroyed here: closes its fds
/// and enters the objects it announces as dead, so that neither later fds nor
/// later messages are mistaken (WIRE.md B.5, O19, D16).
#[cold]
fn skip<A>(
    core: &mut Core<A>,
    client: ClientId,
    message: &'static Message,
    body: &[u8],
    fds: &mut VecDeque<OwnedFd>,
) -> Result<(), Malformed> {
    super::close_all(fds.drain(..message.fds as usize));
    let version = core.peer(client).map_or(0, |_| 1);
    let mut reader = Reader::new(body);
    for arg in message.args {
        match arg.kind {
            ArgKind::Int | ArgKind::Uint | ArgKind::Fixed | ArgKind::Object { .. } => {
                reader.word()?;
            }
            ArgKind::String { .. } | ArgKind::Array => {
                reader.array()?;
            }
            ArgKind::Fd => {}
            ArgKind::NewId { interface } => {
                let id = reader.word()?;
                core.install_dead(interface);
                if let Some(peer) = core.peer_mut(client) {
                    peer.objects.insert(client, id, interface.slot.get(), version, State::Zombie)?;
                }
            }
            // Events have none (X30).
            ArgKind::AnyNewId => return Err(Malformed::Short),
        }
    }
    reader.finish()
}
