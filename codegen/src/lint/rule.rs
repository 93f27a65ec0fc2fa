//! The lints by name: what each finds, and what happens to whom.

use std::fmt;

use crate::rule;

/// How serious findings of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The files fail.
    Error,
    /// It is shown.
    Warn,
    /// It is not shown.
    Allow,
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $level:ident, $why:literal;)+) => {
        /// One lint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nShown as `[", $name, "]`, level [`", stringify!($level), "`](Level::", stringify!($level), "). ", $why)]
                $variant,
            )+
        }

        impl Rule {
            /// Every lint, in the order of this page.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that messages show in brackets; it stays the same.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it finds.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii_start()),+ }
            }

            /// What happens to whom.
            pub fn why(self) -> &'static str {
                match self { $(Self::$variant => $why),+ }
            }

            /// The level, where none is asked for.
            pub fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level),+ }
            }
        }
    };
}

rules! {
    /// An interface of which no message ends an object.
    NoDestructor "no-destructor" Warn,
        "A client cannot say that it is done with an object, so both sides keep it, and its id, until the client disconnects.";
    /// An event that makes an object which its client cannot end.
    UndestroyableObject "undestroyable-object" Warn,
        "The server makes such objects as often as it likes, and the client can give none of them back: ids and memory of both sides grow until the client disconnects.";
    /// A message with more file descriptors than are sent at once.
    TooManyFds "too-many-fds" Error,
        "libwayland takes at most 28 file descriptors with a read; the message never arrives as a whole, and the connection ends.";
    /// A message with a string or an array of which no text says how long it may be.
    UnboundedMessage "unbounded-message" Allow,
        "libwayland has buffers of 4096 bytes unless told otherwise, and whoever sends a longer message loses the connection. Senders need to know where to cut.";
    /// A number that has the name of an enum of its interface, and no attribute `enum`.
    MissingEnum "missing-enum" Warn,
        "Generated code takes any number there, and logs show numbers instead of names. The attribute changes generated types in Rust and other languages, and nothing on the wire.";
    /// An attribute `version` where `since` is meant.
    VersionForSince "version-for-since" Warn,
        "The format has no such attribute there, so the element counts as part of version 1: peers that agreed on an older version may be sent it, and end the connection at an opcode that they do not know.";
    /// An interface whose latest version has no message, entry or text of its own, and neither have the interfaces whose version goes with it.
    VersionWithoutChange "version-without-change" Warn,
        "Implementers cannot see what they have to do before they may offer or bind that version. Either `since` was forgotten, which ends peers of the version before, or there is nothing to ask for.";
    /// A frozen interface of a version above 1, or with parts of one.
    FrozenChanged "frozen-changed" Warn,
        "Objects of a frozen interface are made by parents of any version, so no side knows which version the other means.";
    /// Two entries of one value in an enum, of which none is deprecated and no text says that they are the same.
    DuplicateValue "duplicate-value" Warn,
        "A receiver cannot tell them apart; where both stand in one `switch`, C does not compile.";
    /// Two constants of one interface that have one name in C.
    CNameCollision "c-name-collision" Warn,
        "The header that `wayland-scanner` writes defines the name twice: it does not compile, or one value silently wins.";
    /// A message or argument whose name is a keyword of C or C++.
    Keyword "keyword" Warn,
        "The header that `wayland-scanner` writes has the name as a parameter or member, so programs in that language cannot include it.";
    /// A name that is not in lower case with single underscores.
    NameStyle "name-style" Warn,
        "Generators change the case of names; what differs in case alone, or begins with an underscore, gets names that are not those of the file.";
    /// An interface whose name has no prefix, as `wl_` is one.
    InterfacePrefix "interface-prefix" Warn,
        "Interfaces of all protocols share one space of names on each connection; two of one name exclude each other.";
    /// An interface, request, event or enum without a description.
    Undocumented "undocumented" Allow,
        "Each implementer guesses, and programs differ in what they took it for.";
    /// An argument or entry without a summary.
    UndocumentedValue "undocumented-value" Allow,
        "Generated documentation has an empty place there.";
    /// A summary that is empty, or has line breaks or space around it.
    MalformedSummary "malformed-summary" Warn,
        "Generators print summaries in tables and comments of one line.";
    /// A comment that allows what is not there.
    UnusedAllow "unused-allow" Warn,
        "It hides the next finding of its rule, which nobody has judged.";
    /// A comment for `wayline check` that cannot be read, names no lint, or has no reason.
    MalformedAllow "malformed-allow" Warn,
        "It allows nothing, although its author thought so.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule of the format, or a lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// A rule of the format.
    Format(rule::Rule),
    /// A lint.
    Lint(Rule),
}

impl Id {
    /// Every rule of the format, then every lint.
    pub fn all() -> impl Iterator<Item = Self> {
        rule::Rule::ALL.iter().copied().map(Self::Format).chain(Rule::ALL.iter().copied().map(Self::Lint))
    }

    /// The rule of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|id| id.name() == name)
    }

    /// The name that messages show in brackets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format(rule) => rule.name(),
            Self::Lint(rule) => rule.name(),
        }
    }

    /// What breaks it.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Format(rule) => rule.explanation(),
            Self::Lint(rule) => rule.explanation(),
        }
    }

    /// What happens to whom; for a rule of the format, what breaks it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Format(rule) => rule.explanation(),
            Self::Lint(rule) => rule.why(),
        }
    }

    /// Whether it is an error always, because no code can be generated from the file.
    pub fn is_hard(self) -> bool {
        matches!(self, Self::Format(rule) if rule.is_hard())
    }
}
