//! Handles: small `Copy` values that name a connection or one of its objects.
//!
//! A handle belongs to one endpoint and one side of a connection. It does not keep its object alive: when the object or
//! the connection has ended, the handle finds nothing.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::spec::Spec;

/// A handle type that generated code defines for one interface.
///
/// Handles are `Copy` and small. They name an object of one connection; they do
/// not own it, and one that outlives its object finds nothing. State belongs to
/// the application, in the `Data` of its handlers.
pub trait Interface: Copy + Send + Eq + fmt::Debug + 'static {
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

    /// The connection of the object. On the client side always the same.
    fn client(self) -> ClientId {
        self.handle().client()
    }
}

/// Names one connection of one endpoint.
///
/// No two connections of a process have the same one, whichever endpoint and side they belong to, and none is reused
/// when the connection has ended.
// The index of the connection in its endpoint in the lower bits, a number that is unique in the process above; never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u64);

/// Bits of a [`ClientId`] that hold the index.
const INDEX_BITS: u32 = 24;

impl ClientId {
    /// No connection.
    pub(crate) const NOBODY: ClientId = ClientId(0);

    #[inline]
    pub(crate) fn new(index: u32, number: u64) -> ClientId {
        ClientId(number << INDEX_BITS | u64::from(index))
    }

    #[inline]
    pub(crate) fn index(self) -> u32 {
        self.0 as u32 & ((1 << INDEX_BITS) - 1)
    }

    /// Tells this connection from all others that the process ever had, as its `Display` says it.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0 >> INDEX_BITS
    }

    /// As a number below 2⁶³, which [`ClientId::from_bits`] takes back.
    #[cfg(feature = "io")]
    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    #[cfg(feature = "io")]
    pub(crate) fn from_bits(bits: u64) -> ClientId {
        ClientId(bits)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}", self.number())
    }
}

/// Takes `count` numbers for connections, in a row, that nobody else in the process gets. The first is never 0.
pub(crate) fn reserve_numbers(count: u64) -> u64 {
    // 39 bits: a million connections a second would last for six days, and nobody makes them that fast.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(count, Ordering::Relaxed) & ((1 << (63 - INDEX_BITS)) - 1)
}

/// Names one listener of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(NonZeroU32);

#[cfg(feature = "io")]
impl ListenerId {
    /// That of the listener at `index` of those of a server.
    pub(crate) fn of(index: usize) -> ListenerId {
        ListenerId(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Names one global of a server, as the registry announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub(crate) u32);

impl GlobalId {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> u32 {
        self.0
    }
}

/// Which of the objects of a connection is meant, and where its data is: its
/// generation in the lower half, the index in the slab of its interface above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectKey(u64);

impl ObjectKey {
    pub(crate) const NONE: ObjectKey = ObjectKey(0);

    #[inline]
    pub(crate) fn new(generation: u32, index: u32) -> ObjectKey {
        ObjectKey(u64::from(index) << 32 | u64::from(generation))
    }

    /// Whether an object can have it, as one of a generation above 0.
    pub(crate) fn is_object(self) -> bool {
        self.0 as u32 != 0
    }

    #[cfg(any(test, feature = "io"))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectRef {
    /// The id, and the version above.
    id: u64,
    key: ObjectKey,
}

impl ObjectRef {
    pub(crate) const NONE: ObjectRef = ObjectRef { id: 0, key: ObjectKey::NONE };

    #[inline]
    pub(crate) fn new(key: ObjectKey, id: u32, version: u32) -> ObjectRef {
        ObjectRef { key, id: u64::from(version) << 32 | u64::from(id) }
    }

    /// The id on the wire.
    #[inline]
    pub(crate) fn id(self) -> u32 {
        self.id as u32
    }

    #[inline]
    pub(crate) fn version(self) -> u32 {
        (self.id >> 32) as u32
    }
}

/// An untyped object handle: the connection, the id, and which of the objects
/// that ever had this id is meant. The order has no meaning; it is there for sorted collections.
// Three numbers of 64 bits, stored as they are loaded: a load that spans two
// fresh stores waits for both, which once cost 5 ns a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle {
    client: ClientId,
    object: ObjectRef,
}

/// Generation of handles that were dead from the start; no object has it.
pub(crate) const DEAD: u32 = u32::MAX;

impl Handle {
    #[inline]
    pub(crate) fn new(client: ClientId, key: ObjectKey, id: u32, version: u32) -> Handle {
        Handle::of(client, ObjectRef::new(key, id, version))
    }

    #[inline]
    pub(crate) fn of(client: ClientId, object: ObjectRef) -> Handle {
        Handle { client, object }
    }

    /// A handle that finds nothing.
    pub(crate) fn dead(client: ClientId, id: u32) -> Handle {
        Handle::new(client, ObjectKey::new(DEAD, 0), id, 0)
    }

    /// What [`Handle::of`] takes, for calls of functions that are not inlined: as such it travels in
    /// registers, and a handle would have to be in memory.
    #[inline(always)]
    pub(crate) fn parts(self) -> (ClientId, ObjectRef) {
        (self.client, self.object)
    }

    #[inline]
    pub(crate) fn key(self) -> ObjectKey {
        self.object.key
    }

    /// The id on the wire.
    #[inline]
    #[must_use]
    pub fn id(self) -> u32 {
        self.object.id()
    }

    /// The version the object was made with; 0 if there never was one.
    #[inline]
    #[must_use]
    pub fn version(self) -> u32 {
        self.object.version()
    }

    /// The connection.
    #[inline]
    #[must_use]
    pub fn client(self) -> ClientId {
        self.client
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.id())
    }
}
