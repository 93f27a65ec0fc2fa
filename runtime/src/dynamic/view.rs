//! A message where it lies: its arguments are read from the bytes when they are asked for.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::slice;
use std::sync::Arc;

use super::codec;
use super::interface::{Arg, ArgKind, Direction, Interface, Signature};
use super::table::Table;
use super::value::{self, ValueRef};
use crate::wire::{HEADER, Reader};

/// A received message that is looked at where it is, by [`Connection::message`](super::Connection::message) or
/// [`Relay::visit`](super::Relay::visit): nothing is copied.
///
/// Its bytes have been judged, so that all arguments can be read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Id of the object it is sent to (requests) or from (events).
    pub object: u32,
    /// Position of the message in the interface.
    pub opcode: u16,
    /// Which way it goes.
    pub direction: Direction,
    /// Interface of the object.
    pub interface: &'a Arc<Interface>,
    /// Position of the interface in [`Protocols::iter`](super::Protocols::iter), for tables that a program keeps.
    pub index: usize,
    /// Version of the object.
    pub version: u32,
    /// Whether the object had already ended here. Only of a [`Relay`](super::Relay).
    pub ended: bool,
    /// The message as it arrived, header and padding included.
    pub bytes: &'a [u8],
    /// Its descriptors, which stay the connection's.
    pub fds: &'a [OwnedFd],
    /// If it is a relay's.
    pub(super) table: Option<&'a Table>,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&format_args!("{self}")).finish()
    }
}

impl<'a> View<'a> {
    /// Describes the message.
    #[must_use]
    pub fn signature(&self) -> &'a Signature {
        &self.interface.messages(self.direction)[usize::from(self.opcode)]
    }

    /// The argument behind which there is padding that is not zero. Peers need not look at it, and a sender that leaves
    /// there what was in its memory gives it away.
    #[must_use]
    pub fn padded(&self) -> Option<&'a Arg> {
        codec::padded(&self.signature().args, self.bytes)
    }

    /// The opcode of the last request to an object, for an event that says what was wrong with it. Known to a
    /// [`Relay`](super::Relay), of the first 65,536 ids of each side.
    #[must_use]
    pub fn last_request(&self, object: u32) -> Option<u16> {
        self.table?.asked(object)
    }

    /// The arguments in order, each with its description.
    #[must_use]
    pub fn args(&self) -> Args<'a> {
        Args::new(self.signature(), self.bytes, self.fds)
    }
}

/// One line, the same as with `WAYLINE_DEBUG=1`: `wl_surface#3.attach(wl_buffer#5, 0, 0)`.
impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        value::write_line(f, &self.interface.name, self.object, &self.signature().name, self.args(), true)
    }
}

/// Iterator made by [`View::args`].
#[derive(Debug)]
pub struct Args<'a> {
    args: slice::Iter<'a, Arg>,
    reader: Reader<'a>,
    fds: slice::Iter<'a, OwnedFd>,
}

impl<'a> Args<'a> {
    pub(super) fn new(signature: &'a Signature, bytes: &'a [u8], fds: &'a [OwnedFd]) -> Args<'a> {
        let body = bytes.get(HEADER..).unwrap_or_default();
        Args { args: signature.args.iter(), reader: Reader::new(body), fds: fds.iter() }
    }
}

impl<'a> Iterator for Args<'a> {
    type Item = (&'a Arg, ValueRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let arg = self.args.next()?;
        let value = match arg.kind {
            ArgKind::Fd => ValueRef::Fd(self.fds.next()?.as_fd()),
            _ => codec::read(arg, &mut self.reader).ok()?,
        };
        Some((arg, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.args.size_hint()
    }
}
