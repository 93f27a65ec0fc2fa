//! The rules by name. Each has its case in the conformance kit (X01 to X44, `tests/CONFORMANCE.md`), and says how
//! serious a violation is.

use std::fmt;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is refused; nothing is generated.
    Error,
    /// The file is accepted, but probably not what its author meant.
    Warning,
    /// Worth knowing; nothing is wrong.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// What a file is checked for; decides how serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Whether rules that well-known files break are errors too.
    pub strict: bool,
    /// Whether code will be generated, so that everything must be known.
    pub generate: bool,
}

/// How a violation of a rule counts.
enum Level {
    /// Always an error.
    Hard,
    /// A warning, because files that the world relies on break the rule; an error if the policy is strict.
    Lenient,
    /// Always a warning.
    Advice,
    /// An error if code is to be generated; this otherwise.
    Blocks(Severity),
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $case:literal $level:expr;)+) => {
        /// One rule of the format. The name in brackets is what messages show; the id is the case of the conformance kit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nShown as `[", $name, "]`; case ", $case, ".")]
                $variant,
            )+
        }

        impl Rule {
            /// Every rule, in the order of this page.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that messages show in brackets.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The case of the conformance kit that asks for the rule.
            pub fn case(self) -> &'static str {
                match self { $(Self::$variant => $case),+ }
            }

            /// What breaks the rule, and what becomes of it, for people.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii_start()),+ }
            }

            fn level(self) -> Level {
                match self { $(Self::$variant => $level),+ }
            }
        }
    };
}

rules! {
    /// The file is missing, or cannot be read.
    Unreadable "unreadable" "X40" Level::Hard;
    /// The input is not UTF-8 text.
    NotUtf8 "not-utf8" "X40" Level::Hard;
    /// The input is longer than 16 MiB, or has more of something than any protocol: a million XML nodes, 64 attributes of
    /// one element, 64 namespaces.
    TooLarge "too-large" "X39" Level::Hard;
    /// The input is empty or holds nothing but space.
    EmptyInput "empty-input" "X40" Level::Hard;
    /// The input is not well-formed XML; only the first fault of this kind is known.
    Syntax "syntax" "X40" Level::Hard;
    /// Entities of the DOCTYPE could grow the text without bound, or refer to something outside the file.
    Entity "entity" "X39" Level::Hard;
    /// The outermost element is not `protocol`.
    WrongRoot "wrong-root" "X35" Level::Hard;
    /// An element that the format does not have; it is left out.
    UnknownElement "unknown-element" "X35" Level::Lenient;
    /// An element of the format in a place where it means nothing. Other programs may take it for one of the place around it.
    MisplacedElement "misplaced-element" "X35" Level::Hard;
    /// A `description` or `copyright` in a place where it describes nothing; it is left out.
    MisplacedDescription "misplaced-description" "X35" Level::Lenient;
    /// An attribute that its element does not have; it means nothing.
    UnknownAttribute "unknown-attribute" "X35" Level::Lenient;
    /// An attribute that its element cannot do without.
    MissingAttribute "missing-attribute" "X05, X09, X19, X23" Level::Hard;
    /// Text between elements, where nothing reads it.
    StrayText "stray-text" "X35" Level::Lenient;
    /// A second `description` (or `copyright`) in one element; the first counts.
    DuplicateDescription "duplicate-description" "X35" Level::Lenient;
    /// A `description` behind the elements that it should precede.
    DescriptionOrder "description-order" "X35" Level::Lenient;
    /// A `description` without `summary`.
    MissingSummary "missing-summary" "X35" Level::Hard;
    /// A protocol without interfaces. The DTD of the format forbids it, `wayland-scanner` does not.
    Empty "empty" "X34" Level::Lenient;
    /// An interface without messages and enums. The DTD of the format forbids it, `wayland-scanner` does not.
    EmptyInterface "empty-interface" "X34" Level::Lenient;
    /// A name that is not an identifier.
    InvalidName "invalid-name" "X01-X08" Level::Hard;
    /// An interface version that is not a whole number from 1 to 4294967295.
    InvalidVersion "invalid-version" "X09" Level::Hard;
    /// `since` that is not a whole number from 1.
    InvalidSince "invalid-since" "X10" Level::Hard;
    /// `since` of an enum that is not a version of its interface; it means nothing.
    InvalidEnumSince "invalid-enum-since" "X11, X12" Level::Lenient;
    /// `since` of zero, which is read as 1.
    SinceZero "since-zero" "X12" Level::Lenient;
    /// A version with a sign, with zeros or with space in front.
    NumberForm "number-form" "X10" Level::Lenient;
    /// `since` above the version of the interface.
    SinceAboveVersion "since-above-version" "X11" Level::Hard;
    /// A message or entry older than the one before it; plasma-window-management.xml has some.
    SinceDecreasing "since-decreasing" "X13" Level::Lenient;
    /// `deprecated-since` that is no number, zero, not after `since`, or above the version of the interface; it means nothing.
    InvalidDeprecatedSince "invalid-deprecated-since" "X14" Level::Lenient;
    /// Two requests, or two events, of one name in an interface.
    DuplicateMessage "duplicate-message" "X15" Level::Hard;
    /// Two arguments of one name in a message.
    DuplicateArgument "duplicate-argument" "X16" Level::Hard;
    /// Two interfaces of one name in a file, two enums in an interface, two entries in an enum.
    DuplicateName "duplicate-name" "X17" Level::Hard;
    /// An interface that an earlier file defines too. They cannot be generated into one module.
    InterfaceInTwoFiles "interface-in-two-files" "X17" Level::Blocks(Severity::Note);
    /// An entry whose value is no number that fits into 32 bits.
    InvalidValue "invalid-value" "X19" Level::Hard;
    /// An entry whose value is an expression of C, such as `1 << 3`, `-1` or `010`; plasma-window-management.xml has some.
    ValueExpression "value-expression" "X19" Level::Lenient;
    /// An enum without entries.
    EmptyEnum "empty-enum" "X20" Level::Hard;
    /// `frozen` that is neither `true` nor `false`; it means nothing.
    InvalidFrozen "invalid-frozen" "X21" Level::Lenient;
    /// A flag that is neither `true` nor `false`.
    InvalidFlag "invalid-flag" "X21, X28" Level::Hard;
    /// An argument type that the wire does not have.
    InvalidArgumentType "invalid-argument-type" "X23" Level::Hard;
    /// An `interface` attribute on an argument that is no object.
    InterfaceNotAllowed "interface-not-allowed" "X24" Level::Hard;
    /// An `enum` attribute on an argument that is no integer.
    EnumNotAllowed "enum-not-allowed" "X24" Level::Hard;
    /// A bitfield carried by a signed integer.
    BitfieldNeedsUint "bitfield-needs-uint" "X25" Level::Hard;
    /// An enum that its interface does not define; the argument stays a plain integer. content-type-v1.xml had one.
    UnknownEnum "unknown-enum" "X26, X27" Level::Lenient;
    /// An enum of an interface that is not among the files; the argument stays a plain integer.
    ForeignEnum "foreign-enum" "X26" Level::Advice;
    /// `allow-null` where it changes nothing: on an array, since the wire has no null array, or `false` on a new id.
    UselessAllowNull "useless-allow-null" "X28" Level::Lenient;
    /// `allow-null` on an argument that can never be null.
    AllowNullNotAllowed "allow-null-not-allowed" "X28" Level::Hard;
    /// An event that creates an object of unnamed interface.
    UntypedNewIdInEvent "untyped-new-id-in-event" "X30" Level::Hard;
    /// A message `destroy` that is not of type `destructor`.
    DestroyNotDestructor "destroy-not-destructor" "X31" Level::Hard;
    /// A message type other than `destructor`; it means nothing.
    InvalidMessageType "invalid-message-type" "X32" Level::Lenient;
    /// An event that ends an object to which clients send requests: one that is sent while the event is under way finds no
    /// object, which with libwayland ends the connection.
    DestructorEvent "destructor-event" "X44" Level::Advice;
    /// More arguments than a message can carry.
    TooManyArguments "too-many-arguments" "X37" Level::Hard;
    /// More requests, or events, than there are opcodes.
    TooManyMessages "too-many-messages" "X37" Level::Hard;
    /// An interface that is not among the files; generating needs to be told where its Rust type is.
    ForeignInterface "foreign-interface" "X42" Level::Blocks(Severity::Note);
    /// An interface that several other files define, so that a reference to it has no single meaning.
    AmbiguousInterface "ambiguous-interface" "X42" Level::Blocks(Severity::Warning);
}

impl Rule {
    /// Whether a violation is always an error, because no code can be generated from the file.
    pub fn is_hard(self) -> bool {
        matches!(self.level(), Level::Hard)
    }

    /// How a violation counts.
    pub fn severity(self, policy: Policy) -> Severity {
        match self.level() {
            Level::Hard => Severity::Error,
            Level::Lenient if policy.strict => Severity::Error,
            Level::Blocks(_) if policy.generate => Severity::Error,
            Level::Lenient | Level::Advice => Severity::Warning,
            Level::Blocks(severity) => severity,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
