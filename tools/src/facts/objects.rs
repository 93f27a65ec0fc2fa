//! The objects of a connection: who made them, and how they ended.

use std::fmt;
use std::sync::Arc;

use wayline::dynamic::{ArgKind, Direction, Interface, ValueRef};

use super::ids::IdMap;
use crate::meaning::Known;
use crate::record::{Micros, Record};

/// Ids from here on are the server's.
const SERVER_IDS: u32 = 0xff00_0000;

#[derive(Default)]
pub(super) struct Objects {
    objects: IdMap<u32, Object>,
    alive: usize,
}

pub(super) struct Object {
    pub(super) made_by: Maker,
    /// The argument of that message, which says the interface unless the message names it.
    arg: usize,
    named: Option<Box<str>>,
    pub(super) made_at: Micros,
    pub(super) ended_by: Option<End>,
    alive: bool,
}

/// The message that made an object. Its text is made when it is shown, since most objects never are.
#[derive(Clone, Debug)]
pub(crate) struct Maker {
    interface: Arc<Interface>,
    object: u32,
    direction: Direction,
    opcode: u16,
}

/// `wl_compositor#4.create_surface`
impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.interface.messages(self.direction).get(usize::from(self.opcode));
        write!(f, "{}#{}.{}", self.interface.name, self.object, message.map_or("", |message| &message.name))
    }
}

/// How an object ended.
pub(super) enum End {
    By(Arc<Interface>, Direction, u16),
    Deleted,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::By(interface, direction, opcode) => {
                let message = interface.messages(*direction).get(usize::from(*opcode));
                write!(f, "ended by .{}", message.map_or("", |message| &message.name))
            }
            End::Deleted => f.write_str("deleted by the server"),
        }
    }
}

impl Object {
    /// Its interface.
    pub(super) fn interface(&self) -> &str {
        let maker = &self.made_by;
        let described = || {
            let message = maker.interface.messages(maker.direction).get(usize::from(maker.opcode))?;
            match &message.args.get(self.arg)?.kind {
                ArgKind::NewId { interface } => Some(interface.as_str()),
                _ => None,
            }
        };
        self.named.as_deref().or_else(described).unwrap_or("object")
    }
}

impl Objects {
    pub(super) fn get(&self, id: u32) -> Option<&Object> {
        self.objects.get(&id)
    }

    pub(super) fn alive(&self) -> usize {
        self.alive + 1
    }

    /// Objects stay known after their end, until their id is free, which limits how many there are.
    #[inline(never)]
    pub(super) fn see(&mut self, record: &Record<'_>) {
        if record.meaning.makes_objects {
            self.made(record);
        }
        let message = record.message;
        if record.meaning.is_destructor {
            self.end(record.object(), End::By(Arc::clone(message.interface), message.direction, message.opcode));
            if record.object() >= SERVER_IDS && !record.is_request() {
                self.objects.remove(&record.object());
            }
        }
        if record.meaning.known == Some(Known::DeleteId)
            && let Some(id) = record.number("id")
        {
            self.end(id, End::Deleted);
            self.objects.remove(&id);
        }
    }

    fn made(&mut self, record: &Record<'_>) {
        for (arg, (_, value)) in record.message.args().enumerate() {
            let (named, id) = match value {
                ValueRef::NewId(id) => (None, id),
                ValueRef::AnyNewId { interface, id, .. } => (Some(interface.into()), id),
                _ => continue,
            };
            let made_by = Maker {
                interface: Arc::clone(record.message.interface),
                object: record.object(),
                direction: record.message.direction,
                opcode: record.message.opcode,
            };
            let alive = !record.message.ended;
            let object = Object { made_by, arg, named, made_at: record.at, ended_by: None, alive };
            self.alive += usize::from(alive);
            if self.objects.insert(id, object).is_some_and(|before| before.alive) {
                self.alive -= 1;
            }
        }
    }

    fn end(&mut self, id: u32, how: End) {
        if let Some(object) = self.objects.get_mut(&id)
            && object.alive
        {
            object.alive = false;
            object.ended_by = Some(how);
            self.alive -= 1;
        }
    }
}
