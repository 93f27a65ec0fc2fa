//! From received bytes to handler calls.
//!
//! One read of one connection at a time. The receive buffer and the fd queue
//! are taken out of the core while handlers run, so messages borrow from them
//! and the application is free to send to anyone. The order of the checks is
//! libwayland's, since the first that fails is what the peer is told.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use super::Core;
use super::kinds::DispatchFn;
use crate::error::{Disconnect, Fault, Handled};
use crate::interface::{ArgKind, ClientId, Handle, Message, Target};
use crate::wire::{HEADER, Header, MAX_SIZE, Malformed, Reader, words_of};

/// A received message on its way to the generated decoder.
#[derive(Debug)]
pub struct Incoming<'a> {
    client: ClientId,
    target: Target,
    opcode: u16,
    body: &'a [u8],
    fds: &'a mut VecDeque<OwnedFd>,
}

/// What the messages of one read have in common. What differs is passed in registers.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    client: ClientId,
    fds: &'a mut VecDeque<OwnedFd>,
    /// Of the message at hand.
    opcode: u16,
}

impl Stream<'_> {
    /// The message at hand as one that was refused.
    #[cold]
    pub(crate) fn refused(&self, target: Target, reason: Reason) -> Refused {
        Refused { target: self.handle(target), opcode: self.opcode, reason }
    }

    #[inline]
    pub(crate) fn handle(&self, target: Target) -> Handle {
        Handle::of(self.client, target)
    }
}

impl<'a> Incoming<'a> {
    #[inline]
    pub(crate) fn new(target: Target, body: &'a [u8], stream: &'a mut Stream<'_>) -> Incoming<'a> {
        Incoming { client: stream.client, target, opcode: stream.opcode, body, fds: stream.fds }
    }

    /// The object the message is for.
    #[inline]
    #[must_use]
    pub fn target(&self) -> Handle {
        Handle::of(self.client, self.target)
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
        Ok(NewId { interface, version, client: self.client, id })
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
    /// filled, so that more is likely waiting, `claimed` whether messages took fds.
    Read { full: bool, claimed: bool },
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

    let arrived = fds.len();
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
    Progress::Read { full: filled == buffer.len(), claimed: count < arrived }
}

/// Dispatches the whole messages of `bytes`; returns how many bytes they have.
/// Not inlined: on its own the loop keeps what it needs in registers.
#[inline(never)]
fn messages<A, R: Role<A>>(app: &mut A, client: ClientId, bytes: &[u8], fds: &mut VecDeque<OwnedFd>) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    let mut stream = Stream { client, fds, opcode: 0 };
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>() {
        let header = Header::from_bytes(*header);
        let core = R::core(app);
        let Some(peer) = core.open(client) else { break };
        let entry = peer.objects.entry(header.object);
        let target = entry.target(header.object);
        stream.opcode = header.opcode;
        let gate = core.gates.get(entry.interface as usize).and_then(|gates| gates.get(header.opcode as usize));
        let dispatch = match gate {
            Some(gate) if gate.admits(header.size, entry.version) => gate.dispatch,
            _ => match examine::<A, R>(app, header, target, behind, &mut stream) {
                Some(dispatch) => dispatch,
                None => break,
            },
        };
        let Some((body, next)) = behind.split_at_checked((header.size as usize).wrapping_sub(HEADER)) else { break };
        rest = next;
        count += 1;
        if let Err(fault) = dispatch(app, target, body, &mut stream) {
            refuse::<A, R>(app, &stream.refused(target, Reason::Arguments), fault);
        }
    }
    R::core(app).stats.messages_in += count;
    bytes.len() - rest.len()
}

#[cold]
fn refuse<A, R: Role<A>>(app: &mut A, refused: &Refused, fault: Fault) {
    R::refuse(app, refused, fault);
}

/// Looks closely at a message that a gate did not let pass: it is to be traced,
/// or for a dead object, or its end is still to come, or it is refused. Returns
/// what to call with it, if anything.
#[cold]
#[inline(never)]
fn examine<A, R: Role<A>>(
    app: &mut A,
    header: Header,
    target: Target,
    behind: &[u8],
    stream: &mut Stream<'_>,
) -> Option<DispatchFn<A>> {
    let client = stream.client;
    let core = R::core(app);
    let limit = core.limits.message_size.min(MAX_SIZE);
    let entry = core.peer(client).map(|peer| *peer.objects.entry(header.object)).unwrap_or_default();
    let kind = core.kind(entry.known_interface());
    let tables = kind.map(|kind| core.received(kind.spec));
    let known = match judge(tables, header, entry.version, limit, behind.len() + HEADER) {
        Ok(Some(known)) => known,
        Ok(None) => return None,
        Err((reason, error)) => {
            refuse::<A, R>(app, &stream.refused(target, reason), error.into());
            return None;
        }
    };
    // It is complete, and no smaller than its header.
    let body = &behind[..header.size as usize - HEADER];
    if entry.interface == 0 {
        if let Err(error) = skip(core, client, entry.version, known, body, stream.fds) {
            refuse::<A, R>(app, &stream.refused(target, Reason::Arguments), error.into());
            return None;
        }
        if known.destructor {
            core.release_zombie(client, header.object);
        }
        return Some(ignore);
    }
    let (name, handlers) = kind.map_or(("unknown", None), |kind| (kind.spec.name, kind.handlers.as_ref()));
    let dispatch = handlers.map(|handlers| if known.destructor { handlers.destruct } else { handlers.dispatch });
    if core.trace {
        crate::trace::incoming(name, stream.handle(target), known, body, stream.fds);
    }
    Some(dispatch.unwrap_or(ignore))
}

/// Handles messages that nobody here wants.
fn ignore<A>(_: &mut A, _: Target, _: &[u8], _: &mut Stream<'_>) -> Handled {
    Ok(())
}

/// Finds out which message it is, or which check failed, in libwayland's
/// order. A message is judged when it is complete, unless its size could never be:
/// `None` if its end is still to come.
#[cold]
fn judge(
    messages: Option<&'static [Message]>,
    header: Header,
    version: u32,
    limit: usize,
    available: usize,
) -> Result<Option<&'static Message>, (Reason, Malformed)> {
    let size = header.size as usize;
    if size > available && (HEADER..=limit).contains(&size) {
        return Ok(None);
    }
    let messages = messages.ok_or((Reason::Object, Malformed::UnknownObject(header.object)))?;
    let message = messages.get(header.opcode as usize).ok_or((Reason::Opcode, Malformed::Short))?;
    if version < message.since {
        Err((Reason::Since, Malformed::Short))
    } else if size > limit {
        Err((Reason::TooLarge, Malformed::Long))
    } else if size < message.size as usize {
        Err((Reason::Size, Malformed::Short))
    } else if !size.is_multiple_of(4) || (message.fixed_size && size != message.size as usize) {
        Err((Reason::Size, Malformed::Long))
    } else {
        Ok(Some(message))
    }
}

/// Steps over a message for an object that was destroyed here: closes its fds
/// and enters the objects it announces as dead, so that neither later fds nor
/// later messages are mistaken (O19, D16).
#[cold]
fn skip<A>(
    core: &mut Core<A>,
    client: ClientId,
    version: u32,
    message: &'static Message,
    body: &[u8],
    fds: &mut VecDeque<OwnedFd>,
) -> Result<(), Malformed> {
    if fds.len() < message.fds as usize {
        return Err(Malformed::MissingFd);
    }
    super::close_all(fds.drain(..message.fds as usize));
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
                    peer.objects.insert_dead(id, interface.slot.get(), version.min(interface.version))?;
                }
            }
            // Events have none (X30).
            ArgKind::AnyNewId => return Err(Malformed::Short),
        }
    }
    reader.finish()
}
