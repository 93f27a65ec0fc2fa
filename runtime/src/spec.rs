//! Static tables that generated code states about an interface: names, versions, signatures.
//!
//! Messages are decoded by generated straight-line code, not from these tables. The runtime reads them to explain why
//! a message was refused, to skip messages to objects that no longer exist, and to trace.

use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

/// Description of one interface, a `static` of generated code.
#[derive(Debug)]
pub struct Spec {
    /// Name on the wire, such as `wl_surface`.
    pub name: &'static str,
    /// Highest version the generated code knows.
    pub version: u32,
    /// Requests by opcode.
    pub requests: &'static [Message],
    /// Events by opcode.
    pub events: &'static [Message],
    /// Index of this interface in this process.
    pub index: InterfaceIndex,
}

/// One request or event.
#[derive(Debug)]
pub struct Message {
    /// Version of the interface that added the message, from 1.
    pub since: u32,
    /// Bytes of the smallest such message, header included.
    pub size: u16,
    /// Whether every such message has exactly `size` bytes (no string, no array).
    pub fixed_size: bool,
    /// Whether the message ends its object.
    pub destructor: bool,
    /// How many fds travel with it.
    pub fds: u8,
    /// Name in the XML.
    pub name: &'static str,
    /// Arguments in order.
    pub args: &'static [Arg],
}

/// One argument of a message.
#[derive(Debug)]
pub struct Arg {
    /// Name in the XML.
    pub name: &'static str,
    /// What the wire holds.
    pub kind: ArgKind,
}

/// Types of arguments in Wayland XML.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `fixed`
    Fixed,
    /// `string`, null allowed or not.
    String {
        /// Whether null is allowed.
        nullable: bool,
    },
    /// `array`
    Array,
    /// `fd`
    Fd,
    /// `object`; without an interface any object is meant.
    Object {
        /// Whether null is allowed.
        nullable: bool,
        /// Interface the object must have.
        interface: Option<&'static Spec>,
    },
    /// `new_id` of a known interface.
    NewId {
        /// Interface of the new object.
        interface: &'static Spec,
    },
    /// `new_id` that names its interface and version on the wire.
    AnyNewId,
}

/// Lazily assigned dense index of an interface within this process.
///
/// Object tables hold this number instead of a pointer: two bytes an object,
/// and the handler table of an application is an array indexed by it.
#[derive(Debug)]
pub struct InterfaceIndex(AtomicU32);

/// The next free index. 0 marks vacant entries in object tables.
static NEXT: AtomicU16 = AtomicU16::new(1);

/// No index yet. More than 16 bits, so it is that of no entry, not even of a vacant one.
const UNASSIGNED: u32 = 1 << 16;

impl InterfaceIndex {
    /// No index yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only statics hold these, and statics need a const fn")]
    pub const fn new() -> InterfaceIndex {
        InterfaceIndex(AtomicU32::new(UNASSIGNED))
    }

    /// The index, never 0.
    #[inline]
    pub(crate) fn get(&self) -> u16 {
        // Relaxed suffices: the number itself is all that is published.
        match self.0.load(Ordering::Relaxed) {
            UNASSIGNED => self.assign(),
            index => index as u16,
        }
    }

    /// The index. If nothing has asked for it yet, so that there is no object of the interface, a number that no entry of an
    /// object table has.
    #[inline]
    pub(crate) fn known(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    #[cold]
    fn assign(&self) -> u16 {
        let fresh = NEXT
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1))
            .expect("a process has fewer than 65535 interfaces");
        match self.0.compare_exchange(UNASSIGNED, u32::from(fresh), Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            // Another thread was first; `fresh` stays unused.
            Err(index) => index as u16,
        }
    }
}
