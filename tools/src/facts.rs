//! What is known of one connection from its messages, and what is wrong with them: the objects and who made them, what
//! was offered, asked and not answered, and how surfaces and their buffers stand.

mod fault;
mod ids;
mod objects;
mod registry;
mod serials;
mod shell;
mod surfaces;
mod waits;

pub(crate) use fault::{Fault, Rule};

use wayline::dynamic::{ValueRef, View};

use crate::catalog::Catalog;
use crate::meaning::{Known, Topic};
use crate::record::{Micros, Record};
use crate::show::text;
use objects::{Maker, Objects};
use registry::Registry;
use serials::Serials;
use shell::Shell;
use surfaces::Surfaces;
use waits::Waits;

/// The facts of one connection.
pub(crate) struct Facts {
    objects: Objects,
    registry: Registry,
    serials: Serials,
    shell: Shell,
    surfaces: Surfaces,
    waits: Waits,
}

/// What is known of a message beside itself.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The request or event that made its object.
    pub(crate) made_by: Option<Maker>,
    /// How long after that it comes, if it is the answer.
    pub(crate) latency: Option<Micros>,
}

impl Facts {
    /// Of a new connection. What is not answered for so long is a fault.
    pub(crate) fn new(patience: Micros) -> Facts {
        Facts {
            objects: Objects::default(),
            registry: Registry::default(),
            serials: Serials::default(),
            shell: Shell::default(),
            surfaces: Surfaces::default(),
            waits: Waits::new(patience),
        }
    }

    /// What is known of the object of a message, before [`Facts::see`] hears of it.
    pub(crate) fn notes(&self, record: &Record<'_>) -> Notes {
        let Some(object) = self.objects.get(record.object()) else { return Notes::default() };
        let is_answer = record.meaning.known == Some(Known::Done);
        let latency = is_answer.then(|| record.at.saturating_sub(object.made_at));
        Notes { made_by: Some(object.made_by.clone()), latency }
    }

    /// The interface of an object that was named in a message, even if it has ended.
    pub(crate) fn interface_of(&self, id: u32) -> Option<String> {
        Some(self.objects.get(id)?.interface().to_owned())
    }

    /// How many objects are alive.
    pub(crate) fn alive(&self) -> usize {
        self.objects.alive()
    }

    /// Takes a message into account. Adds what is wrong with it. What few messages need is called and not inlined, so that
    /// the rest costs little.
    /// `shown` is the version that the client sees of a global, if that is another one.
    pub(crate) fn see(&mut self, record: &Record<'_>, shown: Option<u32>, catalog: &Catalog, faults: &mut Vec<Fault>) {
        let (message, meaning) = (record.message, record.meaning);
        if meaning.is_judged || message.ended || message.version < meaning.since {
            self.judge(record, catalog, faults);
        }
        if meaning.has_serial {
            self.serials.see(record, faults);
        }
        if !record.fds.is_empty() {
            Surfaces::file(record, faults);
        }
        match meaning.known.map(|known| (known, known.topic())) {
            Some((known, Topic::Globals)) => self.registry.see(known, record, shown, faults),
            Some((known, Topic::Windows)) => self.shell.see(known, record, &mut self.waits, faults),
            Some((known, Topic::Surfaces)) => {
                self.surfaces.see(known, record, &self.shell, &mut self.waits, faults);
            }
            Some((known, Topic::Core)) => self.answers(known, record),
            None => {}
        }
        if meaning.changes_objects {
            self.objects.see(record);
        }
    }

    /// Calls and their answers.
    #[inline(never)]
    fn answers(&mut self, known: Known, record: &Record<'_>) {
        match known {
            Known::Sync => {
                if let Some(id) = record.number("callback") {
                    self.waits.arm(record.at, Rule::SyncUnanswered, id);
                }
            }
            Known::Done => {
                self.waits.cancel(Rule::SyncUnanswered, record.object());
                self.waits.cancel(Rule::FrameUnanswered, record.object());
            }
            _ => {}
        }
    }

    /// Faults that every interface has.
    #[cold]
    fn judge(&self, record: &Record<'_>, catalog: &Catalog, faults: &mut Vec<Fault>) {
        let &View { version, ended, .. } = record.message;
        let signature = record.signature();
        let (since, name) = (signature.since, &signature.name);
        let object = || format!("{}#{}", record.interface(), record.object());
        if record.is_request() && ended {
            let how = self.objects.get(record.object()).and_then(|object| object.ended_by.as_ref());
            let how = how.unwrap_or(&objects::End::Deleted);
            faults.push(Rule::DeadObject.fault(format!("{} is dead ({how}), and the client sends .{name}", object())));
        }
        if version < since {
            let (rule, who) = if record.is_request() {
                (Rule::RequestTooNew, "client sends")
            } else {
                (Rule::EventTooNew, "server sends")
            };
            let text = format!("{} has version {version}, the {who} .{name}, which is since {since}", object());
            faults.push(rule.fault(text));
        }
        if let Some(arg) = record.message.padded() {
            let text = format!("{}.{name} has padding behind {} that is not zero", object(), arg.name);
            faults.push(Rule::Padding.fault(text + ": the sender may give away what is in its memory"));
        }
        if record.meaning.known == Some(Known::Error) {
            faults.push(self.protocol_error(record, catalog));
        }
    }

    /// What `wl_display.error` says: the name of the code, and what was asked of the object last.
    fn protocol_error(&self, record: &Record<'_>, catalog: &Catalog) -> Fault {
        let id = record.number("object_id").unwrap_or(0);
        let code = record.number("code").unwrap_or(0);
        let object = self.objects.get(id);
        let interface = if id == 1 { "wl_display" } else { object.map_or("object", objects::Object::interface) };
        let name = catalog.enum_named(interface, "error").map(|one| text::entry(one, code));
        let name = name.filter(|name| *name != code.to_string()).map_or(String::new(), |name| format!("{name}, "));
        let said = match record.value("message") {
            Some(ValueRef::String(Some(said))) => text::quoted(said),
            _ => "nothing".to_owned(),
        };
        let requests = catalog.protocols().get(interface).map(|interface| &interface.requests);
        let last = requests
            .zip(record.message.last_request(id))
            .and_then(|(requests, opcode)| requests.get(usize::from(opcode)));
        let last = last.map(|request| &request.name);
        let last = last.map_or(String::new(), |last| format!("; the last request to it was .{last}"));
        Rule::ProtocolError.fault(format!(
            "the server ends the client (\"Error 71\"): {interface}#{id}, {name}code {code}: {said}{last}"
        ))
    }

    /// When [`Facts::expire`] has something to say.
    pub(crate) fn deadline(&self) -> Option<Micros> {
        self.waits.deadline()
    }

    /// What has waited too long, each with the time when it was so.
    pub(crate) fn expire(&mut self, now: Micros, faults: &mut Vec<(Micros, Fault)>) {
        while let Some((at, rule, id)) = self.waits.expire(now) {
            if rule == Rule::Uncommitted {
                self.surfaces.overdue(id);
            }
            let interface = self.objects.get(id).map_or("object", objects::Object::interface);
            let patience = self.waits.patience();
            faults.push((at, rule.overdue(interface, id, patience)));
        }
    }
}
