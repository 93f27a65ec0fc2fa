//! The kinds of change by name: whom each breaks, and why.

use std::fmt;

/// Whom a change breaks. The first breaks the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Programs that are deployed: one built from the old file and one built from the new file misunderstand each other.
    Wire,
    /// Code that uses what is generated from the file. It has to be changed before it builds, or means the same, again.
    Source,
    /// Nothing but the documentation.
    Docs,
    /// Nothing: peers and code that know only the old file go on working.
    Compatible,
}

impl Class {
    /// Every class, worst first.
    pub const ALL: [Self; 4] = [Self::Wire, Self::Source, Self::Docs, Self::Compatible];

    /// The name that messages show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Source => "source",
            Self::Docs => "docs",
            Self::Compatible => "compatible",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The languages whose generated code a change of [`Class::Source`] breaks.
const RUST: &[&str] = &["rust"];
const C: &[&str] = &["c"];
const BOTH: &[&str] = &["rust", "c"];

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $class:ident $languages:expr, $why:literal;)+) => {
        /// One kind of change. Each has one class. Where the direction of a message decides whom a change breaks, there
        /// is a rule for requests and one for events.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nShown as `[", $name, "]`, class [`", stringify!($class), "`](Class::", stringify!($class), "). ", $why)]
                $variant,
            )+
        }

        impl Rule {
            /// Every rule, in the order of this page.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that messages show in brackets; it stays the same.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Whom such a change breaks.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),+ }
            }

            /// The languages whose generated code changes, `rust` and `c`, if the class is [`Class::Source`].
            pub fn languages(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $languages),+ }
            }

            /// Why such a change matters, in one line.
            pub fn why(self) -> &'static str {
                match self { $(Self::$variant => $why),+ }
            }
        }
    };
}

rules! {
    /// An interface is gone.
    InterfaceRemoved "interface-removed" Wire &[],
        "Deployed clients bind it by name or create its objects, and find nobody who knows it.";
    /// An interface has another name and the same messages.
    InterfaceRenamed "interface-renamed" Wire &[],
        "Names of interfaces are on the wire, in the globals of wl_registry and in its bind request.";
    /// An interface has kept its name, and most of its messages are others.
    InterfaceRedefined "interface-redefined" Wire &[],
        "Peers agree on an interface by name and version alone, so each takes the other's messages for its own. Give the new interface a new name.";
    /// An interface is new.
    InterfaceAdded "interface-added" Compatible &[],
        "Peers that do not know an interface do not bind it.";
    /// The version of an interface is lower than it was.
    VersionLowered "version-lowered" Wire &[],
        "Deployed clients ask for the version that there was, which servers then refuse, or lose what it had.";
    /// The version of an interface is higher than it was.
    VersionRaised "version-raised" Compatible &[],
        "Each peer goes on with the highest version that both know.";
    /// An interface has new messages in the version that it had before.
    VersionNotRaised "version-not-raised" Wire &[],
        "Deployed peers of this version do not know them, and end the connection at a message that they do not know. If the version is not released yet, compare with the last release (`--against git:TAG`).";
    /// An interface that was promised to stay as it is has changed.
    FrozenChanged "frozen-changed" Wire &[],
        "Peers use a frozen interface without agreeing on its version, so they cannot know which form the other means.";
    /// The promise that an interface stays as it is was given or taken back.
    FrozenFlagChanged "frozen-flag-changed" Docs &[],
        "It tells implementers whether to expect later versions; messages stay the same.";
    /// A protocol has another name.
    ProtocolRenamed "protocol-renamed" Source C,
        "The include guards and other names of generated C headers are made from it; it is not on the wire.";

    /// A message is gone.
    MessageRemoved "message-removed" Wire &[],
        "Deployed peers send it or wait for it, and the opcodes of messages behind it change.";
    /// A new message stands in front of one that was there before.
    MessageInserted "message-inserted" Wire &[],
        "A message's opcode is its place, so deployed peers take all those behind it for their neighbours. Put new messages at the end.";
    /// A message stands in another place among those that were there before.
    MessageMoved "message-moved" Wire &[],
        "A message's opcode is its place, so deployed peers take it for another one.";
    /// A message has kept its opcode and arguments, and has another name.
    MessageRenamed "message-renamed" Source BOTH,
        "Functions, handlers and constants are named after it; the wire has only its opcode.";
    /// A message is new, behind all others.
    MessageAdded "message-added" Compatible &[],
        "Peers that agreed on a version without it are not sent it.";
    /// A new message claims to be as old as a version that there was before.
    SinceNotRaised "since-not-raised" Wire &[],
        "It is sent to deployed peers that agreed on that version and do not know it. Give it the raised version as `since`.";
    /// A message claims to be newer than it did.
    SinceRaised "since-raised" Wire &[],
        "Deployed peers send it in the versions that had it, which the others now refuse.";
    /// A message claims to be older than it did.
    SinceLowered "since-lowered" Wire &[],
        "It is sent to deployed peers in versions in which they refuse it.";
    /// A request now ends its object.
    RequestDestructorAdded "request-destructor-added" Wire &[],
        "Deployed clients go on using the object behind the request, which servers answer by ending the connection.";
    /// A request no longer ends its object.
    RequestDestructorRemoved "request-destructor-removed" Wire &[],
        "Deployed clients have done with the object at the request, while servers keep it, send to it and never free its id.";
    /// An event now ends its object.
    EventDestructorAdded "event-destructor-added" Wire &[],
        "Deployed clients go on using the object behind the event, which servers answer by ending the connection. If the event always ended it, and only the file did not say so, exempt this.";
    /// An event no longer ends its object.
    EventDestructorRemoved "event-destructor-removed" Wire &[],
        "Deployed clients have done with the object at the event, while servers keep it and send to it. If the event never ended it, and only the file said so, exempt this.";
    /// Advice against a message or value was added, changed or taken back.
    DeprecationChanged "deprecation-changed" Docs &[],
        "It is advice to those who write code; what is sent stays the same.";

    /// An argument is new in a message that was there before.
    ArgumentAdded "argument-added" Wire &[],
        "Deployed peers send and expect the message without it. Add a new message instead.";
    /// An argument is gone.
    ArgumentRemoved "argument-removed" Wire &[],
        "Deployed peers send and expect the message with it. Add a new message instead.";
    /// An argument has another type.
    ArgumentRetyped "argument-retyped" Wire &[],
        "Deployed peers write and read the old type in its place.";
    /// An argument stands in another place.
    ArgumentMoved "argument-moved" Wire &[],
        "The wire has values in their order, without names, so deployed peers take one for another.";
    /// A file descriptor stands in another place among values.
    FdMoved "fd-moved" Source BOTH,
        "Functions take their arguments in this order; the wire has file descriptors beside the values, in their own order.";
    /// An argument has another name.
    ArgumentRenamed "argument-renamed" Source RUST,
        "Fields of generated types are named after it; C goes by the order, and the wire has no names.";
    /// A request may now leave out an argument.
    RequestAllowsNull "request-allows-null" Source RUST,
        "The type becomes an Option. Deployed clients never send null, and servers that accept more still accept that.";
    /// An event may now leave out an argument.
    EventAllowsNull "event-allows-null" Wire &[],
        "Deployed clients expect a value always: libwayland ends the connection, others crash. Add a new event instead.";
    /// A request may no longer leave out an argument.
    RequestRefusesNull "request-refuses-null" Wire &[],
        "Deployed clients send null, which servers now answer with a protocol error.";
    /// An event no longer leaves out an argument.
    EventRefusesNull "event-refuses-null" Source RUST,
        "The type is no longer an Option. Deployed clients are ready for null and go on without seeing it.";
    /// An object argument is of another interface.
    ArgumentInterfaceChanged "argument-interface-changed" Wire &[],
        "Deployed peers send and expect objects of the old interface.";
    /// A request now takes objects of any interface.
    RequestTakesAnyObject "request-takes-any-object" Source BOTH,
        "The type of the argument becomes a general one. Deployed clients send objects of the old interface, which are still accepted.";
    /// An event now has objects of any interface.
    EventHasAnyObject "event-has-any-object" Wire &[],
        "Deployed clients use the object as one of the old interface.";
    /// A request that took objects of any interface takes only those of one.
    RequestTakesOneInterface "request-takes-one-interface" Wire &[],
        "Deployed clients send objects of other interfaces, which servers now answer with a protocol error.";
    /// An event that had objects of any interface has only those of one.
    EventHasOneInterface "event-has-one-interface" Source BOTH,
        "The type of the argument becomes that of the interface. Deployed clients are ready for any object.";
    /// A message creates objects of another interface.
    NewIdInterfaceChanged "new-id-interface-changed" Wire &[],
        "Each peer takes the messages of the new object for those of another interface.";
    /// A new object's interface was sent and is fixed now, or the other way round.
    NewIdRetyped "new-id-retyped" Wire &[],
        "A new_id without interface has the name and the version in front of the id; deployed peers send and expect the other form.";
    /// A number is now a value of an enum, no longer one, or one of another enum.
    ArgumentEnumChanged "argument-enum-changed" Source RUST,
        "The type of the argument changes; C has a plain number either way, and so has the wire.";

    /// An enum is gone.
    EnumRemoved "enum-removed" Wire &[],
        "Deployed peers go on sending its values, which mean nothing any more.";
    /// An enum has another name and the same values.
    EnumRenamed "enum-renamed" Source BOTH,
        "Types and constants are named after it; the wire has only the values.";
    /// An enum is new.
    EnumAdded "enum-added" Compatible &[],
        "It gives names to numbers.";
    /// An entry has another value.
    EntryRenumbered "entry-renumbered" Wire &[],
        "Deployed peers send the old value, and take the new one for something else.";
    /// An entry is gone.
    EntryRemoved "entry-removed" Wire &[],
        "Deployed peers go on sending its value, which means nothing any more. Deprecate it instead.";
    /// An entry has kept its value and has another name.
    EntryRenamed "entry-renamed" Source BOTH,
        "Constants are named after it; the wire has only the value.";
    /// An entry is new.
    EntryAdded "entry-added" Compatible &[],
        "Peers that agreed on a version without it are not sent its value.";
    /// New entries claim to be as old as a version that there was before. Codes of errors may: they end the connection
    /// whether the peer knows them or not.
    EntriesInOldVersion "entries-in-old-version" Wire &[],
        "Deployed peers of that version may be sent a value that they do not know. Raise the version and give it as `since`, unless peers agree on values in some other way.";
    /// An enum or entry claims to be newer or older than it did.
    EnumSinceChanged "enum-since-changed" Source BOTH,
        "Generated checks and version constants follow it; values stay the same.";
    /// An enum has become a set of bits, or is no longer one.
    BitfieldChanged "bitfield-changed" Source BOTH,
        "The generated type, or the check of its values, is another one; the wire has a number either way.";

    /// A summary is another one.
    SummaryChanged "summary-changed" Docs &[],
        "What implementers read has changed; see whether they have to do something else.";
    /// A description is another one, not only in its line breaks.
    DescriptionChanged "description-changed" Docs &[],
        "What implementers read has changed; see whether they have to do something else.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
