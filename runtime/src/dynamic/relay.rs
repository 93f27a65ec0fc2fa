//! Between a client and a server: each message is judged once, by one table of objects, and passed on as bytes.

mod pass;

use std::fmt;
use std::os::fd::OwnedFd;

use super::connection::table;
use super::end::End;
use super::error::EncodeError;
use super::interface::Direction;
use super::protocols::Protocols;
use super::received::{Last, Received};
use super::selection::Selection;
use super::table::Table;
use super::value::Message;
use super::view::View;
use crate::conn::Link;
use crate::error::{Disconnect, SendError};
use crate::limits::Limits;
use crate::objects::Side;
use crate::trace;

pub use pass::Verdict;

/// Sits between a client and a server, which cannot tell that it is there.
///
/// [`visit`](Relay::visit) passes on what has arrived, bytes and descriptors, and shows it to the program. One that needs
/// to see few messages says which with [`select`](Relay::select).
///
/// What the peers have to judge is left to them: ids of new objects are taken as they come, versions are not checked, and
/// messages for objects that have ended are passed on, marked as [`View::ended`]. A message that is not valid as its
/// interface is described is refused, since nothing that follows it can be understood.
///
/// ```
/// use wayline::dynamic::{Direction, Relay, Verdict};
///
/// /// Passes on what has arrived from one side. Whether there is more to do at once.
/// fn pass(relay: &mut Relay, direction: Direction) -> Result<bool, Box<dyn std::error::Error>> {
///     let held = relay.visit(direction, |message| {
///         println!("{message}");
///         Verdict::Pass
///     })?;
///     if held {
///         // It cannot be passed on, and this says why.
///         relay.forward(direction)?;
///     }
///     // A peer that takes nothing any more has perhaps said why; that is received before its end.
///     let _ = relay.flush(direction);
///     Ok(relay.has_more(direction))
/// }
/// ```
///
/// `Send`, no interior mutability, no system call of its own but those of the links. Dropping it closes both connections.
pub struct Relay {
    client: Half,
    server: Half,
    table: Table,
    protocols: Protocols,
    /// The messages that are shown; all, if there are none.
    selection: Option<Selection>,
    trace: bool,
}

/// What comes from one side.
struct Half {
    end: End,
    /// What the last message is, until it is taken or passed on.
    last: Option<Last>,
    passed: Passed,
}

/// What a relay has received from one side, shown or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// Messages.
    pub messages: u64,
    /// Their bytes, headers included.
    pub bytes: u64,
    /// Their descriptors.
    pub fds: u64,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Relay");
        debug.field("client", &self.client.end.ended).field("server", &self.server.end.ended).finish_non_exhaustive()
    }
}

impl Half {
    fn new(link: Box<dyn Link>) -> Half {
        Half { end: End::new(link), last: None, passed: Passed::default() }
    }
}

impl Relay {
    /// Between these two, of which nothing was received and to which nothing was sent yet.
    #[must_use]
    pub fn new(client: impl Link + 'static, server: impl Link + 'static, protocols: &Protocols) -> Relay {
        Relay {
            client: Half::new(Box::new(client)),
            server: Half::new(Box::new(server)),
            table: table(None, protocols),
            protocols: protocols.clone(),
            selection: None,
            trace: trace::enabled(Side::Server) || trace::enabled(Side::Client),
        }
    }

    /// Changes the limits of both ends. Those of time are left to the program, which has the clock;
    /// [`Limits::globals`] has no meaning here. Up to what one read brings, 68 KiB, is queued beyond
    /// [`Limits::throttle_bytes`] before a peer counts as behind, even if [`Limits::queued_bytes`] is less.
    pub fn set_limits(&mut self, limits: Limits) {
        self.table.set_limit(limits.objects);
        self.client.end.set_limits(limits);
        self.server.end.set_limits(limits);
    }

    /// Shows these messages only. Others are passed on unseen, unless something about them is odd: the object has ended,
    /// or has a version that does not have the message, or there is padding that is not zero, which may give away what
    /// is in the sender's memory.
    pub fn select(&mut self, selection: Selection) {
        self.selection = Some(selection);
    }

    /// The interfaces.
    #[must_use]
    pub fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    /// How many objects count against [`Limits::objects`].
    #[must_use]
    pub fn objects(&self) -> u32 {
        self.table.len()
    }

    /// The end for the client: to wait for its requests, and for room for its events.
    #[must_use]
    pub fn client(&self) -> &End {
        &self.client.end
    }

    /// The end for the server.
    #[must_use]
    pub fn server(&self) -> &End {
        &self.server.end
    }

    /// What was received of a direction so far.
    #[must_use]
    pub fn passed(&self, direction: Direction) -> Passed {
        self.from(direction).passed
    }

    /// Whether a peer does not read what it is sent. Nothing is received from either until it does.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.client.end.is_behind() || self.server.end.is_behind()
    }

    /// Whether [`visit`](Relay::visit) has something to do without anything new: a message is left of what was read, and
    /// no peer is behind any more. No descriptor shows that, so a program asks before it waits.
    #[must_use]
    pub fn has_more(&self, direction: Direction) -> bool {
        let end = &self.from(direction).end;
        end.ended.is_none() && end.next_header().is_some() && !self.is_behind()
    }

    /// The message of this direction that is held, until it is passed on or taken.
    #[must_use]
    pub fn message(&self, direction: Direction) -> Option<View<'_>> {
        let half = self.from(direction);
        half.last?.view(direction, half.end.last(), &half.end.fds, &self.protocols, Some(&self.table))
    }

    /// The same as values, which own its descriptors: it is not passed on.
    pub fn take(&mut self, direction: Direction) -> Option<Received> {
        let half = match direction {
            Direction::Request => &mut self.client,
            Direction::Event => &mut self.server,
        };
        half.last.take()?.take(direction, &mut half.end, &self.protocols)
    }

    /// The bytes of the message of a direction that was received last; of one that was refused, as many as have arrived
    /// and as its header says.
    #[must_use]
    pub fn last_received(&self, direction: Direction) -> &[u8] {
        self.from(direction).end.last()
    }

    /// Queues a message of the program's own for the side that messages of this direction go to, such as one that was
    /// [taken](Relay::take) and changed. It should make no object and end none: what is known of objects comes from
    /// what is received.
    ///
    /// # Errors
    /// [`EncodeError`] if it was not queued; its descriptors are closed.
    pub fn send(&mut self, direction: Direction, message: Message) -> Result<(), EncodeError> {
        let number = self.table.entry(message.object).known_interface();
        let signature = self.protocols.signature(number, direction, message.opcode);
        let signature = signature.ok_or(if number == 0 {
            SendError::Gone.into()
        } else {
            EncodeError::UnknownOpcode(message.opcode)
        })?;
        let to = match direction {
            Direction::Request => &mut self.server.end,
            Direction::Event => &mut self.client.end,
        };
        to.has_size(signature.encoded_size(&message.values)?)?;
        let (bytes, mut fds) = signature.encode(message)?;
        queue(to, &bytes, &mut fds)?;
        Ok(())
    }

    /// Hands what is queued of a direction to its link. Returns whether all is gone; otherwise wait, see
    /// [`End::is_blocked`] and [`End::is_congested`].
    ///
    /// # Errors
    /// [`Disconnect`] if the peer takes nothing any more. What it wrote before can still be received,
    /// and may say why.
    pub fn flush(&mut self, direction: Direction) -> Result<bool, Disconnect> {
        match direction {
            Direction::Request => self.server.end.flush(),
            Direction::Event => self.client.end.flush(),
        }
    }

    /// Where messages of a direction come from.
    fn from(&self, direction: Direction) -> &Half {
        match direction {
            Direction::Request => &self.client,
            Direction::Event => &self.server,
        }
    }
}

/// Queues a message, unless the peer reads no more.
fn queue(to: &mut End, bytes: &[u8], fds: &mut Vec<OwnedFd>) -> Result<(), SendError> {
    if !to.unreadable {
        match to.make_room(bytes.len(), fds.len()) {
            Ok(()) => return to.append(bytes, fds),
            // That has just shown.
            Err(_) if to.unreadable => {}
            Err(error) => return Err(error),
        }
    }
    fds.clear();
    Ok(())
}
