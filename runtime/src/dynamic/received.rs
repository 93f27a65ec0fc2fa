//! The message that was received last, and the same as values.

use std::collections::VecDeque;
use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::end::End;
use super::error::{Refusal, RefusalReason};
use super::interface::{Direction, Interface, Signature};
use super::protocols::Protocols;
use super::table::Table;
use super::value::{self, Message};
use super::view::View;
use crate::objects::Entry;
use crate::wire::Header;

/// A received message, and what is known of its object.
#[derive(Debug)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// Which way it goes.
    pub direction: Direction,
    /// Interface of the object.
    pub interface: Arc<Interface>,
    /// Version of the object.
    pub version: u32,
    /// Whether the object had already ended, so that a peer would not have seen the message. Only of a
    /// [`Relay`](crate::dynamic::Relay).
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
        let signature = self.signature();
        let args = signature.args.iter().zip(self.message.values.iter().map(value::Value::borrow));
        value::write_line(f, &self.interface.name, self.message.object, &signature.name, args, true)
    }
}

/// The message that was received last, whose bytes are still where they were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) header: Header,
    /// The interface.
    pub(super) number: u16,
    pub(super) version: u32,
    pub(super) ended: bool,
}

impl Last {
    pub(super) fn new(header: Header, entry: &Entry) -> Last {
        let ended = entry.interface == 0;
        Last { header, number: entry.known_interface(), version: entry.version, ended }
    }

    #[inline]
    pub(super) fn view<'a>(
        self,
        direction: Direction,
        bytes: &'a [u8],
        fds: &'a [OwnedFd],
        protocols: &'a Protocols,
        table: Option<&'a Table>,
    ) -> Option<View<'a>> {
        Some(View {
            object: self.header.object,
            opcode: self.header.opcode,
            direction,
            interface: protocols.numbered(self.number)?,
            index: usize::from(self.number) - 1,
            version: self.version,
            ended: self.ended,
            bytes,
            fds,
            table,
        })
    }

    /// As values, which own its descriptors.
    pub(super) fn take(self, direction: Direction, end: &mut End, protocols: &Protocols) -> Option<Received> {
        let Last { header, number, version, ended } = self;
        let interface = Arc::clone(protocols.numbered(number)?);
        let signature = interface.messages(direction).get(usize::from(header.opcode))?;
        let (bytes, fds) = end.last_with_fds();
        let mut fds: VecDeque<_> = fds.drain(..).collect();
        // It was judged, so it can be read.
        let message = signature.decode(bytes, &mut fds).ok()?;
        Some(Received { message, direction, interface, version, ended })
    }
}

/// Says what was wrong with a message.
#[cold]
pub(super) fn refusal(
    header: Header,
    entry: &Entry,
    direction: Direction,
    protocols: &Protocols,
    reason: RefusalReason,
) -> Refusal {
    let number = entry.known_interface();
    Refusal {
        object: header.object,
        opcode: header.opcode,
        interface: protocols.numbered(number).cloned(),
        message: protocols.signature(number, direction, header.opcode).map(|signature| signature.name.clone()),
        reason,
    }
}
