//! From received bytes to handler calls.
//!
//! One read of one connection at a time. The receive buffer and the fd queue are taken out of the core while handlers
//! run, so that messages borrow from them and the application is free to send to anyone. What cannot be handled at
//! once is left to `slow`.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::batch::{Batch, Next, Turn, core};
use super::incoming::Incoming;
use super::slow::{refuse_judged, slow};
use super::{Dispatch, Role};
use crate::conn::Left;
use crate::error::Disconnect;
use crate::handle::{ClientId, Handle, Interface, ObjectRef};
use crate::handler_error::HandlerResult;
use crate::objects::Epoch;
use crate::wire::{HEADER, Header};

/// How many more messages of a connection may be handled before this is asked again; 0 if its turn is over. The core
/// has no clock, so whoever drives it decides.
pub(crate) type Budget<'a> = dyn FnMut() -> u32 + 'a;

/// What one read of a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Messages may have been handled; `claimed` says whether they took fds.
    Read { claimed: bool },
    /// The budget is used up; whole messages are left, and the connection is on the ready list.
    Paused { claimed: bool },
    /// Nothing was there.
    Idle,
    /// The connection ended, now or before.
    Ended,
    /// Called from within a handler of this endpoint.
    Reentrant,
}

/// Handles what is left of an earlier read, else reads once and handles what arrived.
pub(crate) fn receive<A, R: Role<A>>(app: &mut A, client: ClientId, budget: &mut Budget<'_>) -> Progress {
    let own = core::<A, R>(app);
    if own.buffer.is_empty() {
        return Progress::Reentrant;
    }
    let mut buffer = std::mem::take(&mut own.buffer);
    // What the application is after a panic of its handler, whoever catches it has to know.
    let progress = catch_unwind(AssertUnwindSafe(|| receive_into::<A, R>(app, client, &mut buffer, &mut *budget)));
    let own = core::<A, R>(app);
    own.buffer = buffer;
    progress.unwrap_or_else(|panic| {
        own.end(client, Disconnect::Internal("a handler panicked".to_owned()));
        resume_unwind(panic)
    })
}

fn receive_into<A, R: Role<A>>(app: &mut A, client: ClientId, buffer: &mut [u8], budget: &mut Budget<'_>) -> Progress {
    let own = core::<A, R>(app);
    let Some(peer) = own.peers.get_mut(client).filter(|peer| peer.is_read()) else { return Progress::Ended };
    // While whole messages are left nothing is read: what that would say about the end comes after them.
    let left = peer.inbox.take_left();
    let mut filled = 0;
    if left.is_none() {
        let fds_before = peer.inbox.fds.len();
        let received = match peer.inbox.fill(&mut *peer.link, buffer) {
            Ok((bytes, received)) => {
                filled = bytes;
                received
            }
            Err(error) => {
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
                    return Progress::Idle;
                }
                own.end(client, Disconnect::by(&error));
                return Progress::Ended;
            }
        };
        let fds = peer.inbox.fds.len() - fds_before;
        own.stats.bytes_in += received.bytes as u64;
        own.stats.fds_in += fds as u64;
        own.stats.receives += 1;
        peer.traffic.bytes_in += received.bytes as u64;
        peer.traffic.fds_in += fds as u64;
        if received.fds_lost {
            R::drop_peer(R::endpoint(app), client, Disconnect::FdsLost);
            return Progress::Ended;
        }
        if received.bytes == 0 {
            let reason = if filled == 0 { Disconnect::Closed } else { Disconnect::Truncated { received: filled } };
            own.end_of_stream(client, reason);
            return Progress::Ended;
        }
    }
    let fds = std::mem::take(&mut peer.inbox.fds);
    let arrived = fds.len();
    let bytes = left.as_ref().map_or(&buffer[..filled], |left| left.bytes());
    let (consumed, paused, fds) = messages::<A, R>(app, client, bytes, fds, budget);

    let own = core::<A, R>(app);
    if own.recorded > 0 {
        own.record(client, &bytes[..consumed]);
    }
    let most = own.limits.unconsumed_fds;
    let Some(peer) = own.peers.get_mut(client).filter(|peer| peer.is_read()) else {
        own.note_last(client, if own.recorded > 0 { &[] } else { &bytes[..consumed] });
        return Progress::Ended;
    };
    let count = fds.len();
    let claimed = count < arrived;
    peer.inbox.fds = fds;
    match (left, paused) {
        (Some(left), true) => peer.inbox.leave(left.after(consumed)),
        (None, true) => peer.inbox.leave(Left::new(buffer[consumed..filled].to_vec())),
        (Some(left), false) => peer.inbox.keep(left.after(consumed).bytes()),
        (None, false) => peer.inbox.keep(&buffer[consumed..filled]),
    }
    if paused {
        own.mark_paused(client);
        return Progress::Paused { claimed };
    }
    if count > most {
        R::drop_peer(R::endpoint(app), client, Disconnect::UnconsumedFds { count });
        return Progress::Ended;
    }
    Progress::Read { claimed }
}

/// Handles the whole messages of `bytes`, as far as the budget goes. Returns how many bytes they have, and whether whole
/// messages are left.
// Not inlined: on its own the loop keeps what it needs in registers.
#[inline(never)]
fn messages<A, R: Role<A>>(
    app: &mut A,
    client: ClientId,
    bytes: &[u8],
    fds: VecDeque<OwnedFd>,
    budget: &mut Budget<'_>,
) -> (usize, bool, VecDeque<OwnedFd>) {
    let left = budget().max(1);
    let mut granted = u64::from(left);
    let turn = Turn { fds, left, largest: 0 };
    let mut batch = Batch { client, turn, rest: bytes, index: 0, target: ObjectRef::NONE, nested: false };
    while batch.find(core::<A, R>(app)) {
        if batch.turn.left == 0 {
            batch.turn.left = budget();
            granted += u64::from(batch.turn.left);
            if batch.turn.left == 0 {
                break;
            }
        }
        let run = core::<A, R>(app).handlers.run(batch.index);
        if run(app, batch.target, &mut batch) == Next::Stop {
            break;
        }
    }
    let Batch { rest, turn: Turn { fds, left, .. }, .. } = batch;
    let own = core::<A, R>(app);
    let handled = granted - u64::from(left);
    own.stats.messages_in += handled;
    let peer = own.peers.get_mut(client);
    let open = peer.is_some_and(|peer| {
        peer.traffic.messages_in += handled;
        peer.is_open()
    });
    (bytes.len() - rest.len(), left == 0 && open && begins_with_message(rest), fds)
}

/// What follows the first message, which is whole.
#[inline(always)]
fn after_first(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(Header::from_bytes(*bytes.first_chunk::<HEADER>()?).size as usize..)
}

/// Whether a whole message comes next, or one whose size could never be.
pub(super) fn begins_with_message(bytes: &[u8]) -> bool {
    bytes.first_chunk::<HEADER>().is_some_and(|header| Header::from_bytes(*header).size as usize <= bytes.len())
}

/// Handles messages for `target`, for other objects of its interface, and for those of its small child. Messages for
/// objects of other interfaces in between are handled by their own runs, called from here.
///
/// Each pair of interface and application has its own copy, with the decoder and the handler in it. What is known of the
/// objects, and that the connection is open, holds until the epoch of the endpoint changes.
#[inline(never)]
pub(super) fn run<A, R: Role<A>, I: Dispatch<A, R>>(app: &mut A, target: ObjectRef, batch: &mut Batch<'_>) -> Next {
    let index = batch.index;
    let client = batch.client;
    let mut epoch = core::<A, R>(app).peers.epoch();
    let mut rest = batch.rest;
    let mut target = target;
    let mut known = u64::from(target.id());
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>() {
        let header = Header::from_bytes(*header);
        if u64::from(header.object) != known {
            let Some(peer) = core::<A, R>(app).peers.open(client) else { break };
            let entry = peer.objects.entry(header.object);
            let found = entry.target(header.object);
            if entry.interface != index {
                // As below, but for its own object: that of the run stays known. A function would have its result in memory.
                if I::HAS_CHILD && u32::from(entry.interface) == I::Child::SPEC.index.known() {
                    let Some(body) = behind.get(..(header.size as usize).wrapping_sub(HEADER)) else {
                        batch.rest = rest;
                        return slow::<A, R>(app, found, batch);
                    };
                    let mut message = Incoming {
                        client,
                        target: found,
                        opcode: header.opcode.into(),
                        body,
                        turn: &mut batch.turn,
                        epoch,
                    };
                    let handled = I::Child::message(app, &mut message);
                    let seen = message.epoch;
                    batch.turn.left -= 1;
                    if handled.is_err() || seen != core::<A, R>(app).peers.epoch() || batch.turn.left == 0 {
                        let Some(following) = after_first(rest) else { break };
                        batch.rest = following;
                        let ended = after_child::<A, R, I::Child>(app, found, rest, seen, handled, client);
                        // Each end moves the epoch on by one: by more, if others have ended too.
                        if ended != Some(epoch + 1) || batch.turn.left == 0 {
                            return Next::Find;
                        }
                        epoch += 1;
                        rest = batch.rest;
                        continue;
                    }
                    drop(handled);
                    let Some(following) = after_first(rest) else {
                        rest = &[];
                        break;
                    };
                    rest = following;
                    continue;
                }
                (batch.rest, batch.index, batch.target) = (rest, entry.interface, found);
                if batch.nested {
                    return Next::Other;
                }
                let next = other::<A, R>(app, batch);
                if next != Next::Find {
                    return next;
                }
                (rest, epoch, known) = (batch.rest, core::<A, R>(app).peers.epoch(), NO_OBJECT);
                continue;
            }
            (target, known) = (found, u64::from(header.object));
        }
        let Some(body) = behind.get(..(header.size as usize).wrapping_sub(HEADER)) else {
            batch.rest = rest;
            return slow::<A, R>(app, target, batch);
        };
        let mut message = Incoming { client, target, opcode: header.opcode.into(), body, turn: &mut batch.turn, epoch };
        let handled = I::message(app, &mut message);
        let seen = message.epoch;
        batch.turn.left -= 1;
        if handled.is_err() || seen != core::<A, R>(app).peers.epoch() || batch.turn.left == 0 {
            if let Err(error) = handled {
                // The answer names the object, so it has to come before the object's end.
                refuse_judged::<A, R>(app, rest, client, target, error);
            }
            // In the batch already now, so that nothing has to be kept while the object ends.
            batch.rest = after_first(rest).unwrap_or_default();
            if seen == Epoch::NEVER {
                end_object::<A, R, I>(app, client, target);
            }
            // What comes now has to be looked up anyway, and is likely for the caller.
            if batch.turn.left == 0 || batch.nested || !core::<A, R>(app).has_limits_of(&batch.turn) {
                return Next::Find;
            }
            (rest, epoch, known) = (batch.rest, core::<A, R>(app).peers.epoch(), NO_OBJECT);
            continue;
        }
        // Said here, since the compiler would otherwise keep a flag of whether it still has to be dropped.
        drop(handled);
        // Its size is read again rather than kept while the handler ran. There always is one, since the message is whole;
        // as nothing is said of `rest` where there is none, it need not be kept either.
        let Some(following) = after_first(rest) else {
            rest = &[];
            break;
        };
        rest = following;
    }
    batch.rest = rest;
    Next::Stop
}

/// No object has this id.
const NO_OBJECT: u64 = u64::MAX;

/// What the message of a child leaves to do. Returns the epoch if all was well and the message ended its object.
#[inline(always)]
fn after_child<A, R: Role<A>, C: Dispatch<A, R>>(
    app: &mut A,
    child: ObjectRef,
    message: &[u8],
    seen: u64,
    handled: HandlerResult,
    client: ClientId,
) -> Option<u64> {
    let is_fine = handled.is_ok();
    if let Err(error) = handled {
        refuse_judged::<A, R>(app, message, client, child, error);
    }
    if seen != Epoch::NEVER {
        return None;
    }
    end_object::<A, R, C>(app, client, child);
    is_fine.then(|| core::<A, R>(app).peers.epoch())
}

/// Handles messages for the object of another interface that was found, by its own run, which comes back here for all
/// others. Returns [`Next::Find`] if the caller is to go on.
#[inline(always)]
fn other<A, R: Role<A>>(app: &mut A, batch: &mut Batch<'_>) -> Next {
    batch.nested = true;
    let run = core::<A, R>(app).handlers.run(batch.index);
    let next = run(app, batch.target, batch);
    batch.nested = false;
    match next {
        Next::Stop => Next::Stop,
        _ if batch.turn.left == 0 || !core::<A, R>(app).has_limits_of(&batch.turn) => Next::Other,
        _ => Next::Find,
    }
}

/// Ends an object whose destructor message was handled. Out of line, with its arguments in registers.
#[inline(never)]
fn end_object<A, R: Role<A>, I: Dispatch<A, R>>(app: &mut A, client: ClientId, object: ObjectRef) {
    R::end_object::<I>(app, Handle::of(client, object));
}
