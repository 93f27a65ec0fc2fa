//! Looks at the messages of one connection that have arrived together.

use wayline::dynamic::{ArgKind, ValueRef};

use super::{Capture, Options, Watched, subject};
use crate::capture::packet::{Body, Packet};
use crate::catalog::Catalog;
use crate::facts::Fault;
use crate::filter::Filter;
use crate::meaning::Known;
use crate::record::{Micros, Record};
use crate::relay::Fate;
use crate::show::text;
use crate::show::{Seen, Sink};

pub(crate) struct Look<'a> {
    pub(super) watched: &'a mut Watched,
    pub(super) catalog: &'a Catalog,
    pub(super) options: &'a Options,
    /// Whether messages of an interface may be printed, by its index.
    pub(super) printed: &'a [bool],
    pub(super) sink: &'a mut dyn Sink,
    pub(super) capture: Option<&'a mut Capture>,
    /// Whether messages that are not printed matter too, for the capture or to be held back.
    pub(super) keeps_all: bool,
    /// No deadline of any connection is before this.
    pub(super) next: &'a mut Option<Micros>,
    /// Those of the last message.
    pub(super) faults: Vec<Fault>,
}

impl Look<'_> {
    /// A message is under way. Whether it is to be held back.
    #[inline]
    pub(crate) fn message(&mut self, record: &Record<'_>, fate: Fate) -> bool {
        let may_show = self.watched.may_show && self.printed.get(record.message.index).is_none_or(|&printed| printed);
        if may_show || self.keeps_all || fate != Fate::Passed {
            return self.show(record, fate, may_show);
        }
        self.watched.facts.see(record, None, self.catalog, &mut self.faults);
        if !self.faults.is_empty() {
            self.watched.faults += self.faults.len() as u64;
            self.faults.clear();
        }
        false
    }

    /// Shows it if the filters say so.
    fn show(&mut self, record: &Record<'_>, fate: Fate, may_show: bool) -> bool {
        if let Some(capture) = &mut self.capture {
            capture.message(self.catalog, record);
        }
        let (watched, options) = (&mut *self.watched, self.options);
        // Before the message changes what they say.
        let notes = may_show.then(|| watched.facts.notes(record));
        if fate != Fate::Hidden {
            let shown = if let Fate::Clamped(version) = fate { Some(version) } else { None };
            watched.facts.see(record, shown, self.catalog, &mut self.faults);
        }
        let is_fault = !self.faults.is_empty();
        watched.faults += self.faults.len() as u64;
        let watched = &*watched;
        let catalog = self.catalog;
        let interface_of = |id| watched.facts.interface_of(id);
        let text = || text::message(record, catalog, interface_of);
        let who = watched.who(record.connection);
        let subject = subject(who, Some(record.interface()), is_fault);
        if let Some(notes) = notes
            && Filter::all(&options.filters, &subject, text)
        {
            let (remark, objects) = (remark(fate), watched.facts.alive());
            let remark = remark.as_deref();
            let interface_of = &interface_of;
            self.sink.message(&Seen { who, record, notes: &notes, remark, interface_of, objects, catalog });
            for fault in &self.faults {
                self.sink.fault(record.at, who, fault);
            }
        }
        self.faults.clear();
        !options.stop_at.is_empty() && Filter::all(&options.stop_at, &subject, text)
    }

    /// There are no more.
    pub(crate) fn done(self) {
        if let Some(deadline) = self.watched.facts.deadline() {
            *self.next = Some(self.next.map_or(deadline, |next| next.min(deadline)));
        }
    }
}

impl Capture {
    /// Has the file in the capture that describes an interface.
    pub(super) fn describe(&mut self, catalog: &Catalog, interface: &str, at: Micros, connection: u32) {
        if let Some((number, file)) = catalog.file_of(interface)
            && self.described.insert(number)
        {
            let body = Body::Description { name: file.name.clone(), text: file.text.clone() };
            self.writer.packet(&Packet { at, connection, body });
        }
    }

    fn message(&mut self, catalog: &Catalog, record: &Record<'_>) {
        let (at, connection) = (record.at, record.connection);
        for (arg, value) in record.message.args() {
            match (&arg.kind, value) {
                (ArgKind::NewId { interface }, _) => self.describe(catalog, interface, at, connection),
                (_, ValueRef::AnyNewId { interface, .. }) => self.describe(catalog, interface, at, connection),
                (_, ValueRef::String(Some(text))) if record.meaning.known == Some(Known::Global) => {
                    self.describe(catalog, text, at, connection);
                }
                _ => {}
            }
        }
        let direction = record.message.direction;
        let body = Body::Message { direction, fds: record.fds.to_vec(), bytes: record.message.bytes.to_vec() };
        self.writer.packet(&Packet { at, connection, body });
    }
}

/// What becomes of a message, for people.
fn remark(fate: Fate) -> Option<String> {
    match fate {
        Fate::Passed => None,
        Fate::Hidden => Some("hidden from the client: no XML describes it, --protocol FILE adds one".to_owned()),
        Fate::Clamped(version) => Some(format!("the client sees version {version}, the highest that XML describes")),
    }
}
