//! The objects of a connection: who made them, and how they ended.

use std::collections::HashMap;
use std::sync::Arc;

use wayline::dynamic::{ArgKind, Interface, Value};

use crate::record::{Micros, Record};

/// Ids from here on are the server's.
const SERVER_IDS: u32 = 0xff00_0000;

#[derive(Default)]
pub(super) struct Objects {
    objects: HashMap<u32, Object>,
    alive: usize,
}

pub(super) struct Object {
    pub(super) interface: String,
    /// `wl_compositor#4.create_surface`; nothing made `wl_display`.
    pub(super) made_by: Option<String>,
    pub(super) made_at: Micros,
    /// The message that ended it.
    pub(super) ended_by: Option<String>,
    last_request: Option<(Arc<Interface>, u16)>,
    alive: bool,
}

impl Object {
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
        let maker = || Some(format!("{}#{}.{}", record.interface(), record.object(), signature.name));
        for (arg, value) in signature.args.iter().zip(&record.received.message.values) {
            let (interface, id) = match (&arg.kind, value) {
                (ArgKind::NewId { interface }, Value::NewId(id)) | (_, Value::AnyNewId { interface, id, .. }) => {
                    (interface, *id)
                }
                _ => continue,
            };
            let object = Object {
                interface: interface.clone(),
                made_by: maker(),
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
