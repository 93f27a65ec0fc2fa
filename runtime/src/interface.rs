//! What the generator states about an interface: names, versions, signatures.
//!
//! Static tables that generated code fills in and the core consults: one load
//! of a [`Message`] tells whether an opcode exists, since when, how large its
//! body is, how many fds it takes and whether it destroys its object. Decoding
//! is not done from these tables but by generated straight-line code; only the
//! trace and the skipping of events to dead objects interpret signatures.

use std::sync::atomic::{AtomicU16, Ordering};

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
    pub slot: Slot,
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
pub struct Slot(AtomicU16);

/// The next free slot number. 0 means "none": it marks unassigned interfaces
/// here and vacant entries in object tables.
static NEXT: AtomicU16 = AtomicU16::new(1);

impl Slot {
    /// An unassigned slot.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only statics hold slots, and statics need a const fn")]
    pub const fn new() -> Slot {
        Slot(AtomicU16::new(0))
    }

    /// The index, never 0.
    #[inline]
    pub(crate) fn get(&self) -> u16 {
        // Relaxed suffices: the number itself is all that is published.
        match self.0.load(Ordering::Relaxed) {
            0 => self.assign(),
            slot => slot,
        }
    }

    /// The index; 0 if nothing has asked for it yet, so that there is no object of the interface.
    #[inline]
    pub(crate) fn known(&self) -> u16 {
        self.0.load(Ordering::Relaxed)
    }

    #[cold]
    fn assign(&self) -> u16 {
        let fresh = NEXT
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1))
            .expect("a process has fewer than 65535 interfaces");
        match self.0.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            // Another thread was first; `fresh` stays unused.
            Err(slot) => slot,
        }
    }
}

/// A handle type that generated code defines for one interface.
///
/// Handles are `Copy` and small. They name an object of one connection; they do
/// not own it, and one that outlives its object finds nothing. State belongs to
/// the application, in the `Data` of its handlers.
pub trait Interface: Copy + Send + Eq + std::fmt::Debug + 'static {
    /// The tables of this interface.
    const SPEC: &'static Spec;
    /// What clients send to such an object.
    type Request<'a>;
    /// What servers send from such an object.
    type Event<'a>;

    /// Wraps an untyped handle. The core calls this with handles whose object
    /// has this interface; with any other the result finds nothing.
    #[doc(hidden)]
    fn from_handle(handle: Handle) -> Self;

    /// The untyped handle.
    fn handle(self) -> Handle;

    /// The id on the wire. Ids are reused; compare handles instead.
    fn id(self) -> u32 {
        self.handle().id()
    }

    /// The version the object was made with.
    fn version(self) -> u32 {
        self.handle().version()
    }

    /// The peer the object belongs to. On the client side always the same.
    fn client(self) -> ClientId {
        self.handle().client()
    }
}

/// Names one connection of a server for as long as that connection lives.
// Index in the lower half, generation in the upper; never 0. As one number, it is compared at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u64);

impl ClientId {
    /// No connection.
    pub(crate) const NOBODY: ClientId = ClientId(0);

    /// The first connection that has this index.
    pub(crate) fn first(index: u32) -> ClientId {
        ClientId(1 << 32 | u64::from(index))
    }

    /// The connection that follows this one under the same index.
    pub(crate) fn next(self) -> ClientId {
        let generation = self.generation().wrapping_add(1).max(1);
        ClientId(u64::from(generation) << 32 | u64::from(self.index()))
    }

    #[inline]
    pub(crate) fn index(self) -> u32 {
        self.0 as u32
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// As a number, which [`ClientId::from_bits`] takes back.
    #[cfg(feature = "io")]
    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    #[cfg(feature = "io")]
    pub(crate) fn from_bits(bits: u64) -> ClientId {
        ClientId(bits)
    }
}

impl std::fmt::Debug for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "client {}.{}", self.index(), self.generation())
    }
}

/// Which of the objects of a connection is meant, and where its data is: its
/// generation in the lower half, the index in the slab of its interface above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(u64);

impl Place {
    pub(crate) const NONE: Place = Place(0);

    #[inline]
    pub(crate) fn new(generation: u32, index: u32) -> Place {
        Place(u64::from(index) << 32 | u64::from(generation))
    }

    #[cfg(test)]
    pub(crate) fn generation(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(crate) fn index(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// An object of a connection that is known from elsewhere: the rest of a [`Handle`].
// Two numbers, which are passed in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Target {
    place: Place,
    /// The id, and the version above.
    id: u64,
}

impl Target {
    #[inline]
    pub(crate) fn new(place: Place, id: u32, version: u32) -> Target {
        Target { place, id: u64::from(version) << 32 | u64::from(id) }
    }
}

/// An untyped object handle: the connection, the id, and which of the objects
/// that ever had this id is meant. The order has no meaning; it is there for sorted collections.
// Three numbers of 64 bits, stored as they are loaded: a load that spans two
// fresh stores waits for both, which once cost 5 ns a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    client: ClientId,
    target: Target,
}

/// Generation of handles that were dead from the start; no object has it.
pub(crate) const DEAD: u32 = u32::MAX;

impl Handle {
    #[inline]
    pub(crate) fn new(client: ClientId, place: Place, id: u32, version: u32) -> Handle {
        Handle::of(client, Target::new(place, id, version))
    }

    #[inline]
    pub(crate) fn of(client: ClientId, target: Target) -> Handle {
        Handle { client, target }
    }

    /// A handle that finds nothing.
    pub(crate) fn dead(client: ClientId, id: u32) -> Handle {
        Handle::new(client, Place::new(DEAD, 0), id, 0)
    }

    /// What [`Handle::of`] takes, for calls of functions that are not inlined: as such it travels in
    /// registers, and a handle would have to be in memory.
    #[inline(always)]
    pub(crate) fn parts(self) -> (ClientId, Target) {
        (self.client, self.target)
    }

    #[inline]
    pub(crate) fn place(self) -> Place {
        self.target.place
    }

    /// The version the object was made with.
    #[inline]
    #[must_use]
    pub fn version(self) -> u32 {
        (self.target.id >> 32) as u32
    }

    /// The id on the wire.
    #[inline]
    #[must_use]
    pub fn id(self) -> u32 {
        self.target.id as u32
    }

    /// The connection.
    #[inline]
    #[must_use]
    pub fn client(self) -> ClientId {
        self.client
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.id())
    }
}
