//! The objects of a connection: who made them, and how they ended.

use std::fmt;
use std::sync::Arc;

use wayline::dynamic::{ArgKind, Direction, Interface, Value};

use super::ids::IdMap;
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
    named: Option<String>,
    pub(super) made_at: Micros,
    /// The message that ended it.
    pub(super) ended_by: Option<String>,
    last_request: Option<(Arc<Interface>, u16)>,
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

    /// The name of the last request to it.
    pub(super) fn last_request(&self) -> Option<&str> {
        let (interface, opcode) = self.last_request.as_ref()?;
        Some(&interface.requests.get(usize::from(*opcode))?.name)
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
    pub(super) fn see(&mut self, record: &Record<'_>) {
        let signature = record.signature();
        for (arg, value) in record.received.message.values.iter().enumerate() {
            let (named, id) = match value {
                Value::NewId(id) => (None, *id),
                Value::AnyNewId { interface, id, .. } => (Some(interface.clone()), *id),
                _ => continue,
            };
            let made_by = Maker {
                interface: Arc::clone(&record.received.interface),
                object: record.object(),
                direction: record.received.direction,
                opcode: record.received.message.opcode,
            };
            let object = Object {
                made_by,
                arg,
                named,
                made_at: record.at,
                ended_by: None,
                last_request: None,
                alive: !record.received.ended,
            };
            self.alive += usize::from(object.alive);
            if self.objects.insert(id, object).is_some_and(|before| before.alive) {
                self.alive -= 1;
            }
        }
        if record.is_request()
            && let Some(object) = self.objects.get_mut(&record.object())
        {
            object.last_request = Some((Arc::clone(&record.received.interface), record.received.message.opcode));
        }
        if signature.destructor {
            self.end(record.object(), &format!("ended by .{}", signature.name));
            if record.object() >= SERVER_IDS && !record.is_request() {
                self.objects.remove(&record.object());
            }
        }
        if record.name() == ("wl_display", "delete_id")
            && let Some(id) = record.number("id")
        {
            self.end(id, "deleted by the server");
            self.objects.remove(&id);
        }
    }

    fn end(&mut self, id: u32, how: &str) {
        if let Some(object) = self.objects.get_mut(&id)
            && object.alive
        {
            object.alive = false;
            object.ended_by = Some(how.to_owned());
            self.alive -= 1;
        }
    }
}
