//! The slow path for messages that fail the fast check: they are incomplete, invalid, for a dead object, or to be
//! traced.
//!
//! The order of the checks is libwayland's, since the first that fails is what the peer is told.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::batch::{Batch, Next, core};
use super::role::{Reason, Refused};
use super::{Core, Role};
use crate::handle::{ClientId, Handle, ObjectRef};
use crate::handler_error::HandlerError;
use crate::spec::{ArgKind, Message};
use crate::wire::{DecodeError, HEADER, Header, Reader};

/// Refuses a message that a decoder or a handler refused. Decoders say only that something was wrong, so the reason is
/// looked for anew; what handlers say stands, whatever has become of limits meanwhile.
#[cold]
#[inline(never)]
pub(super) fn refuse_judged<A, R: Role<A>>(
    app: &mut A,
    message: &[u8],
    client: ClientId,
    target: ObjectRef,
    error: HandlerError,
) {
    let Some(header) = message.first_chunk::<HEADER>() else { return };
    let (header, target) = (Header::from_bytes(*header), Handle::of(client, target));
    let own = core::<A, R>(app);
    let entry = own.entry(target).filter(|_| error.is_malformed()).and_then(|entry| own.handlers(entry.interface));
    let judged = entry.map(|entry| {
        let limit = own.largest() as usize;
        judge(Some(own.received(entry.spec)), header, target.version(), limit, header.size as usize)
    });
    let (reason, error) = match judged {
        Some(Err((reason, error))) => (reason, error.into()),
        _ => (Reason::Arguments, error),
    };
    R::refuse(app, &Refused { target, opcode: header.opcode, reason }, error);
}

/// Looks closely at the next message and handles it alone, refuses it, or leaves it until its end has arrived.
#[cold]
#[inline(never)]
pub(super) fn slow<A, R: Role<A>>(app: &mut A, target: ObjectRef, batch: &mut Batch<'_>) -> Next {
    let Some((header, behind)) = batch.rest.split_first_chunk::<HEADER>() else { return Next::Stop };
    let header = Header::from_bytes(*header);
    let client = batch.client;
    let own = core::<A, R>(app);
    let Some(peer) = own.peers.open(client) else { return Next::Stop };
    let entry = *peer.objects.entry(header.object);
    let handlers = own.handlers(entry.known_interface());
    let tables = handlers.map(|handlers| own.received(handlers.spec));
    let refused = |reason| Refused { target: Handle::of(client, target), opcode: header.opcode, reason };
    let message = match judge(tables, header, entry.version, own.largest() as usize, behind.len() + HEADER) {
        Ok(Some(message)) => message,
        Ok(None) => return Next::Stop,
        Err((reason, error)) => {
            R::refuse(app, &refused(reason), error.into());
            // Nothing of the connection is handled any more; it counts as one that was looked at.
            batch.rest = batch.rest.get(usize::from(header.size).max(HEADER)..).unwrap_or_default();
            return Next::Stop;
        }
    };
    // It is complete, and no smaller than its header.
    let (whole, rest) = batch.rest.split_at(header.size as usize);
    let body = &whole[HEADER..];
    let turn = &mut batch.turn;
    if entry.interface == 0 {
        turn.left -= 1;
        if let Err(error) = skip(own, client, entry.version, message, body, &mut turn.fds) {
            batch.rest = rest;
            R::refuse(app, &refused(Reason::Arguments), error.into());
            return Next::Stop;
        }
        batch.rest = rest;
        if message.destructor {
            own.release_zombie(client, header.object);
        }
        return Next::Find;
    }
    let name = handlers.map_or("unknown", |handlers| handlers.spec.name);
    let run = handlers.and_then(|handlers| handlers.run);
    if own.is_traced(client) {
        crate::trace::incoming(name, Handle::of(client, target), message, body, &turn.fds);
    }
    if let Some(run) = run {
        batch.rest = whole;
        run(app, target, batch);
        batch.rest = rest;
    }
    Next::Find
}

/// Finds out which message it is, or which check failed. A message is judged when it is complete, unless its size could
/// never be: `None` if its end is still to come.
fn judge(
    messages: Option<&'static [Message]>,
    header: Header,
    version: u32,
    limit: usize,
    available: usize,
) -> Result<Option<&'static Message>, (Reason, DecodeError)> {
    let size = header.size as usize;
    if size > available && (HEADER..=limit).contains(&size) {
        return Ok(None);
    }
    let messages = messages.ok_or((Reason::Object, DecodeError::UnknownObject(header.object)))?;
    let unknown = (Reason::Opcode, DecodeError::UnknownOpcode(header.opcode));
    let message = messages.get(header.opcode as usize).ok_or(unknown)?;
    if version < message.since {
        Err((Reason::Since, DecodeError::Short))
    } else if size > limit {
        Err((Reason::TooLarge, DecodeError::Long))
    } else if size < message.size as usize {
        Err((Reason::Size, DecodeError::Short))
    } else if !size.is_multiple_of(4) || (message.fixed_size && size != message.size as usize) {
        Err((Reason::Size, DecodeError::Long))
    } else {
        Ok(Some(message))
    }
}

/// Steps over a message for an object that was destroyed here: closes its fds
/// and enters the objects it announces as dead, so that neither later fds nor
/// later messages are mistaken (O19, D16).
fn skip<A>(
    core: &mut Core<A>,
    client: ClientId,
    version: u32,
    message: &'static Message,
    body: &[u8],
    fds: &mut VecDeque<OwnedFd>,
) -> Result<(), DecodeError> {
    if fds.len() < message.fds as usize {
        return Err(DecodeError::MissingFd);
    }
    fds.drain(..message.fds as usize).for_each(drop);
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
                if let Some(peer) = core.peers.get_mut(client) {
                    peer.objects.insert_dead(id, interface.index.get(), version.min(interface.version))?;
                }
            }
            // Events have none (X30).
            ArgKind::AnyNewId => return Err(DecodeError::Short),
        }
    }
    reader.finish()
}
