//! What a description says of messages, worked out once: judging a message looks up no names.

use super::codec;
use super::error::{EncodeError, RefusalReason};
use super::interface::{ArgKind, Direction, Signature};
use super::table::{DISPLAY, New, Table};
use crate::error::SendError;
use crate::objects::{Entry, Side};
use crate::wire::{DecodeError, HEADER, Header, Reader};

/// Opcode of an event of `wl_display`.
const ERROR: u16 = 0;

/// How to judge the bytes of one message.
#[derive(Debug)]
pub(super) struct Plan {
    steps: Box<[Step]>,
    pub(super) since: u32,
    pub(super) destructor: bool,
    /// It has nothing but numbers, and does nothing to any object.
    pub(super) plain: bool,
    pub(super) fds: usize,
    least: usize,
    pub(super) is_fixed: bool,
    /// Whether it names objects, or makes some.
    refers: bool,
}

/// One argument. Interfaces are their numbers, 0 if they are not described.
#[derive(Clone, Copy, Debug)]
enum Step {
    Word,
    String { nullable: bool },
    Array,
    Fd,
    Object { nullable: bool, interface: u16 },
    New { interface: u16, version: u32 },
    AnyNew,
}

/// Where a message is sent, as far as its arguments have to do with that.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) version: u32,
    pub(super) live: bool,
    /// It is the event that says what was wrong, about an object that need not exist.
    pub(super) is_error: bool,
    /// Whether it may name objects that have ended.
    pub(super) zombies: bool,
    /// Whether the versions of what it makes are left to its receiver.
    pub(super) relays: bool,
    pub(super) direction: Direction,
}

/// What is wrong with an object that a message names or makes.
pub(super) enum Wrong {
    Null,
    /// It names no such object.
    Named(DecodeError),
    /// The interface is not described: that of the argument, or the one that the message names.
    Unknown {
        arg: usize,
        named: Option<String>,
    },
    Version {
        id: u32,
        interface: String,
    },
    New {
        id: u32,
        error: DecodeError,
    },
}

impl Subject {
    /// `side` is who looks at it, one of the peers or none of them.
    pub(super) fn new(header: Header, entry: &Entry, side: Option<Side>, direction: Direction) -> Subject {
        // A client may have ended an object that an event names; a server hears of that first.
        let is_late = side == Some(Side::Client) && direction == Direction::Event;
        Subject {
            version: entry.version,
            live: entry.interface != 0,
            is_error: (header.object, header.opcode) == (DISPLAY, ERROR),
            zombies: side.is_none() || is_late,
            relays: side.is_none(),
            direction,
        }
    }
}

impl Plan {
    /// `find` knows the number and version of an interface.
    pub(super) fn new(signature: &Signature, is_display: bool, find: impl Fn(&str) -> Option<(u16, u32)>) -> Plan {
        let step = |kind: &ArgKind| match kind {
            ArgKind::Int | ArgKind::Uint | ArgKind::Fixed => Step::Word,
            ArgKind::String { nullable } => Step::String { nullable: *nullable },
            ArgKind::Array => Step::Array,
            ArgKind::Fd => Step::Fd,
            ArgKind::Object { nullable, interface } => {
                let interface = interface.as_deref().and_then(&find).map_or(0, |(number, _)| number);
                Step::Object { nullable: *nullable, interface }
            }
            ArgKind::NewId { interface } => {
                let (interface, version) = find(interface).unwrap_or_default();
                Step::New { interface, version }
            }
            ArgKind::AnyNewId => Step::AnyNew,
        };
        let steps: Box<[Step]> = signature.args.iter().map(|arg| step(&arg.kind)).collect();
        let refers = steps.iter().any(|step| matches!(step, Step::Object { .. } | Step::New { .. } | Step::AnyNew));
        let (least, is_fixed) = signature.sizes();
        let fds = signature.fds();
        let plain = is_fixed && !refers && fds == 0 && !signature.destructor && !is_display;
        let (since, destructor) = (signature.since, signature.destructor);
        Plan { steps, since, destructor, plain, fds, least, is_fixed, refers }
    }

    /// Whether a message of this size, for an object of this version, needs no closer look.
    #[inline]
    pub(super) fn is_plain_of(&self, size: usize, version: u32) -> bool {
        self.plain && size == self.least && version >= self.since
    }

    /// Whether a message can have this size. What is not of fixed size is judged by [`Plan::check`].
    pub(super) fn check_size(&self, size: usize) -> Result<(), DecodeError> {
        codec::check_size(size, self.least, self.is_fixed)
    }

    /// Whether all arguments can be read. Ids are not looked up.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), DecodeError> {
        if self.is_fixed {
            return Ok(());
        }
        let mut reader = Reader::new(bytes.get(HEADER..).unwrap_or_default());
        for step in &self.steps {
            match step {
                Step::Word | Step::Object { .. } | Step::New { .. } => drop(reader.word()?),
                Step::String { nullable: true } => drop(reader.optional_string()?),
                Step::String { nullable: false } => drop(reader.string()?),
                Step::Array => drop(reader.array()?),
                Step::AnyNew => drop((reader.string()?, reader.word()?, reader.word()?)),
                Step::Fd => {}
            }
        }
        reader.finish()
    }

    /// Checks the objects that a message names, and enters those that it makes; all or none.
    pub(super) fn refer<'a>(
        &self,
        table: &mut Table,
        subject: Subject,
        bytes: &'a [u8],
        find: impl Fn(&str) -> Option<(u16, u32)>,
    ) -> Result<(), Wrong> {
        if !self.refers {
            return Ok(());
        }
        let mut made = 0;
        let entered = self.each_object(bytes, |arg, step, id, named: Option<(&'a str, u32)>| match step {
            Step::Object { .. } if !subject.live || subject.is_error => Ok(()),
            Step::Object { nullable: true, .. } if id == 0 => Ok(()),
            Step::Object { nullable: false, .. } if id == 0 => Err(Wrong::Null),
            Step::Object { interface, .. } => {
                let interface = (interface != 0).then_some(interface);
                table.check(id, interface, subject.zombies).map_err(Wrong::Named)
            }
            _ => {
                let (interface, version) = interface_of(arg, step, id, named, subject, &find)?;
                let new = New { id, interface, version, live: subject.live, direction: subject.direction };
                table.insert(new).map_err(|error| Wrong::New { id, error })?;
                made += 1;
                Ok(())
            }
        });
        if entered.is_err() {
            let _ = self.each_object(bytes, |_, step, id, _| {
                if !matches!(step, Step::Object { .. }) {
                    // Those behind the one that was wrong were not made.
                    if made == 0 {
                        return Err(Wrong::Null);
                    }
                    made -= 1;
                    table.take_back(id);
                }
                Ok(())
            });
        }
        entered
    }

    /// Calls `each` for the ids of a message; with the interface and version, if the message names them.
    fn each_object<'a>(
        &self,
        bytes: &'a [u8],
        mut each: impl FnMut(usize, Step, u32, Option<(&'a str, u32)>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let mut reader = Reader::new(bytes.get(HEADER..).unwrap_or_default());
        for (arg, step) in self.steps.iter().enumerate() {
            let read: Result<_, DecodeError> = (|| {
                Ok(match step {
                    Step::Fd => None,
                    Step::Word => reader.word().map(|_| None)?,
                    // Its text was judged before.
                    Step::String { .. } | Step::Array => reader.array().map(|_| None)?,
                    Step::Object { .. } | Step::New { .. } => Some((reader.word()?, None)),
                    Step::AnyNew => {
                        let (name, version, id) = (reader.string()?, reader.word()?, reader.word()?);
                        Some((id, Some((name, version))))
                    }
                })
            })();
            if let Some((id, named)) = read.map_err(Wrong::Named)? {
                each(arg, *step, id, named)?;
            }
        }
        Ok(())
    }
}

/// Interface and version of an object that is to be made.
fn interface_of(
    arg: usize,
    step: Step,
    id: u32,
    named: Option<(&str, u32)>,
    subject: Subject,
    find: &impl Fn(&str) -> Option<(u16, u32)>,
) -> Result<(u16, u32), Wrong> {
    match (step, named) {
        (_, Some((name, version))) => {
            let (interface, known) = find(name).ok_or_else(|| Wrong::Unknown { arg, named: Some(name.to_owned()) })?;
            if !subject.relays && !(1..=known).contains(&version) {
                return Err(Wrong::Version { id, interface: name.to_owned() });
            }
            Ok((interface, version))
        }
        // That of the parent, as far as the interface has it.
        (Step::New { interface, version }, None) if interface != 0 => Ok((interface, subject.version.min(version))),
        _ => Err(Wrong::Unknown { arg, named: None }),
    }
}

/// The name of an interface that is not described.
fn unknown(signature: &Signature, arg: usize, named: Option<String>) -> String {
    let described = || match signature.args.get(arg).map(|arg| &arg.kind) {
        Some(ArgKind::NewId { interface }) => interface.clone(),
        _ => String::new(),
    };
    named.unwrap_or_else(described)
}

impl Wrong {
    /// Of a message that was received.
    pub(super) fn refusal(self, signature: &Signature) -> RefusalReason {
        match self {
            Wrong::Null => DecodeError::Null.into(),
            Wrong::Named(error) | Wrong::New { error, .. } => error.into(),
            Wrong::Unknown { arg, named } => RefusalReason::UnknownInterface(unknown(signature, arg, named)),
            Wrong::Version { id, .. } => DecodeError::WrongInterface(id).into(),
        }
    }

    /// Of a message that was to be sent.
    pub(super) fn encode_error(self, signature: &Signature) -> EncodeError {
        match self {
            Wrong::Null | Wrong::Named(_) => SendError::ForeignObject.into(),
            Wrong::Unknown { arg, named } => EncodeError::UnknownInterface(unknown(signature, arg, named)),
            Wrong::Version { interface, .. } => EncodeError::UnknownInterface(interface),
            Wrong::New { error: DecodeError::TooManyObjects(limit), .. } => SendError::TooManyObjects(limit).into(),
            Wrong::New { id, .. } => EncodeError::BadNewId(id),
        }
    }
}
