//! All that looks at messages: facts, filters, lines. Knows nothing of sockets, so that a capture looks the same.

use std::collections::{BTreeMap, HashSet};

use wayline::dynamic::{ArgKind, Direction, ReceiveError, Selection, ValueRef};

use crate::capture::packet::{Body, End, Packet};
use crate::capture::pcapng::Writer;
use crate::catalog::Catalog;
use crate::facts::{Facts, Fault, Rule};
use crate::filter::{Filter, Subject};
use crate::meaning::Known;
use crate::record::{Micros, Record};
use crate::relay::Fate;
use crate::show::text;
use crate::show::top::{Flow, Row, Top};
use crate::show::{Seen, Sink, Who};

/// What is to be seen.
pub(crate) struct Options {
    /// Messages are printed if all of these hold.
    pub(crate) filters: Vec<Filter>,
    /// Messages are held back if all of these hold.
    pub(crate) stop_at: Vec<Filter>,
    /// What is not answered for so long is a fault.
    pub(crate) patience: Micros,
}

pub(crate) struct Watch {
    catalog: Catalog,
    options: Options,
    /// What has to be looked at of connections that are not printed, and of those that are.
    quiet: Selection,
    shown: Selection,
    sink: Box<dyn Sink>,
    capture: Option<Capture>,
    /// If there is a table instead of lines.
    top: Option<Top>,
    connections: BTreeMap<u32, Watched>,
    /// No deadline of any connection is before this.
    next: Option<Micros>,
}

/// A capture that is being written.
struct Capture {
    writer: Writer,
    /// Files that are in it, by their numbers.
    described: HashSet<usize>,
    failed: bool,
}

struct Watched {
    program: String,
    pid: Option<u32>,
    facts: Facts,
    faults: u64,
    /// Whether messages of it may be printed.
    may_show: bool,
}

impl Watched {
    fn who(&self, connection: u32) -> Who<'_> {
        Who { program: &self.program, pid: self.pid, connection }
    }
}

impl Watch {
    pub(crate) fn new(catalog: Catalog, options: Options, sink: Box<dyn Sink>) -> Watch {
        // As if no message of any interface were printed.
        let quiet = catalog.selection(|_| false);
        let shown = catalog.selection(|interface| Filter::may_hold_of(&options.filters, interface));
        let connections = BTreeMap::new();
        Watch { catalog, options, quiet, shown, sink, capture: None, top: None, connections, next: None }
    }

    /// Shows a table instead of lines, whenever [`Watch::table`] is called.
    pub(crate) fn show_top(&mut self) {
        self.top = Some(Top::default());
    }

    pub(crate) fn is_top(&self) -> bool {
        self.top.is_some()
    }

    /// Prints the table. `flows` says what has passed each connection.
    pub(crate) fn table(&mut self, now: Micros, flows: &BTreeMap<u32, Flow>) {
        let Some(top) = &mut self.top else { return };
        let rows = self.connections.iter().map(|(&connection, watched)| Row {
            connection,
            program: &watched.program,
            flow: flows.get(&connection).copied().unwrap_or_default(),
            faults: watched.faults,
            objects: watched.facts.alive(),
        });
        let table = top.table(now, &rows.collect::<Vec<_>>());
        self.sink.table(&table);
    }

    /// Writes everything into a capture too, whatever the filters say.
    pub(crate) fn write_to(&mut self, writer: Writer) {
        self.capture = Some(Capture { writer, described: HashSet::new(), failed: false });
        self.describe("wl_display", 0, 0);
    }

    fn capture(&mut self, at: Micros, connection: u32, body: Body) {
        if let Some(capture) = &mut self.capture {
            capture.writer.packet(&Packet { at, connection, body });
        }
    }

    /// Has the file in the capture that describes an interface.
    fn describe(&mut self, interface: &str, at: Micros, connection: u32) {
        let Some(capture) = &mut self.capture else { return };
        if let Some((number, file)) = self.catalog.file_of(interface)
            && capture.described.insert(number)
        {
            let body = Body::Description { name: file.name.clone(), text: file.text.clone() };
            capture.writer.packet(&Packet { at, connection, body });
        }
    }

    fn capture_message(&mut self, record: &Record<'_>) {
        for (arg, value) in record.message.args() {
            match (&arg.kind, value) {
                (ArgKind::NewId { interface }, _) => self.describe(interface, record.at, record.connection),
                (_, ValueRef::AnyNewId { interface, .. }) => self.describe(interface, record.at, record.connection),
                (_, ValueRef::String(Some(text))) if record.meaning.known == Some(Known::Global) => {
                    self.describe(text, record.at, record.connection);
                }
                _ => {}
            }
        }
        let direction = record.message.direction;
        let body = Body::Message { direction, fds: record.fds.to_vec(), bytes: record.message.bytes.to_vec() };
        self.capture(record.at, record.connection, body);
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// A program connects.
    pub(crate) fn opened(&mut self, at: Micros, connection: u32, program: String, pid: Option<u32>) {
        self.capture(at, connection, Body::Connected { program: program.clone(), pid });
        let facts = Facts::new(self.options.patience);
        let mut watched = Watched { program, pid, facts, faults: 0, may_show: false };
        watched.may_show = self.top.is_none() && Filter::may_hold_for(&self.options.filters, watched.who(connection));
        let who = watched.who(connection);
        if self.top.is_none()
            && Filter::all(&self.options.filters, &subject(who, None, false), || "connected".to_owned())
        {
            let text = who.pid.map_or_else(|| "an unknown process".to_owned(), |pid| format!("process {pid}"));
            self.sink.news(at, who, "connected", &text);
        }
        self.connections.insert(connection, watched);
    }

    /// The messages of a connection that have to be looked at, if that is not all of them.
    pub(crate) fn selection(&self, connection: u32) -> Option<Selection> {
        if self.capture.is_some() || !self.options.stop_at.is_empty() {
            return None;
        }
        let selection = if self.connections.get(&connection)?.may_show { &self.shown } else { &self.quiet };
        Some(selection.clone())
    }

    /// A message is under way. Whether it is to be held back.
    pub(crate) fn message(&mut self, record: &Record<'_>, fate: Fate) -> bool {
        self.pass_time(record.at);
        if self.capture.is_some() {
            self.capture_message(record);
        }
        let Some(watched) = self.connections.get_mut(&record.connection) else { return false };
        // Before the message changes what they say.
        let may_show = watched.may_show && Filter::may_hold_of(&self.options.filters, record.interface());
        let notes = may_show.then(|| watched.facts.notes(record));
        let mut faults = Vec::new();
        if fate != Fate::Hidden {
            let shown = if let Fate::Clamped(version) = fate { Some(version) } else { None };
            watched.facts.see(record, shown, &self.catalog, &mut faults);
        }
        watched.faults += faults.len() as u64;
        let deadline = watched.facts.deadline();
        if let Some(deadline) = deadline {
            self.next = Some(self.next.map_or(deadline, |next| next.min(deadline)));
        }
        if notes.is_none() && self.options.stop_at.is_empty() {
            return false;
        }
        let watched = &*watched;
        let (catalog, options) = (&self.catalog, &self.options);
        let interface_of = |id| watched.facts.interface_of(id);
        let text = || text::message(record, catalog, interface_of);
        let who = watched.who(record.connection);
        let subject = subject(who, Some(record.interface()), !faults.is_empty());
        if let Some(notes) = notes
            && Filter::all(&options.filters, &subject, text)
        {
            let (remark, objects) = (remark(fate), watched.facts.alive());
            let remark = remark.as_deref();
            self.sink.message(&Seen {
                who,
                record,
                notes: &notes,
                remark,
                interface_of: &interface_of,
                objects,
                catalog,
            });
            for fault in &faults {
                self.sink.fault(record.at, who, fault);
            }
        }
        !options.stop_at.is_empty() && Filter::all(&options.stop_at, &subject, text)
    }

    /// Something is wrong that is not one message.
    pub(crate) fn fault(&mut self, at: Micros, connection: u32, fault: &Fault) {
        self.pass_time(at);
        self.capture(at, connection, Body::Fault(fault.clone()));
        self.print_fault(at, connection, fault);
    }

    fn print_fault(&mut self, at: Micros, connection: u32, fault: &Fault) {
        let Some(watched) = self.connections.get_mut(&connection) else { return };
        watched.faults += 1;
        let who = watched.who(connection);
        if self.top.is_none() && Filter::all(&self.options.filters, &subject(who, None, true), || fault.to_string()) {
            self.sink.fault(at, who, fault);
        }
    }

    /// These bytes are a message that was refused, or the beginning of one.
    pub(crate) fn refused(&mut self, at: Micros, connection: u32, direction: Direction, bytes: &[u8]) {
        self.capture(at, connection, Body::Refused { direction, bytes: bytes.to_vec() });
        let Some(watched) = self.connections.get(&connection) else { return };
        let who = watched.who(connection);
        let said = || text::bytes(bytes);
        if self.top.is_none() && Filter::all(&self.options.filters, &subject(who, None, true), said) {
            self.sink.news(at, who, "refused", &said());
        }
    }

    /// The side that messages of this direction come from has ended the connection.
    pub(crate) fn ended(&mut self, at: Micros, connection: u32, direction: Direction, end: &End) {
        self.pass_time(at);
        self.capture(at, connection, Body::Ended { direction, end: end.clone() });
        let side = if direction == Direction::Request { "client" } else { "server" };
        let (fault, text) = match end {
            End::Closed => (None, format!("the {side} has closed the connection")),
            End::Here => (None, "closed here".to_owned()),
            End::Refused(said) => {
                let fault = Rule::Refused.fault(format!("the {side} sends what is not valid: {said}"));
                (Some(fault), format!("the {side} is at fault"))
            }
            End::Broken(said) => {
                (Some(Rule::Broken.fault(format!("the {side}'s connection: {said}"))), format!("the {side} is gone"))
            }
        };
        if let Some(fault) = fault {
            self.print_fault(at, connection, &fault);
        }
        let Some(watched) = self.connections.remove(&connection) else { return };
        let who = watched.who(connection);
        if self.top.is_none() && Filter::all(&self.options.filters, &subject(who, None, false), || "ended".to_owned()) {
            self.sink.news(at, who, "ended", &text);
        }
    }

    /// When [`Watch::pass_time`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Micros> {
        self.next
    }

    /// What waits too long by now is a fault of that time.
    #[inline]
    pub(crate) fn pass_time(&mut self, now: Micros) {
        if self.next.is_some_and(|deadline| deadline <= now) {
            self.expire(now);
        }
    }

    #[cold]
    fn expire(&mut self, now: Micros) {
        let mut overdue = Vec::new();
        for (&connection, watched) in &mut self.connections {
            let mut faults = Vec::new();
            watched.facts.expire(now, &mut faults);
            overdue.extend(faults.into_iter().map(|(at, fault)| (at, connection, fault)));
        }
        self.next = self.connections.values().filter_map(|watched| watched.facts.deadline()).min();
        overdue.sort_by_key(|one| (one.0, one.1));
        for (at, connection, fault) in overdue {
            self.print_fault(at, connection, &fault);
        }
    }

    /// Writes what is kept back. What fails is told once, and left out from then on.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        if let Some(capture) = self.capture.as_mut().filter(|capture| !capture.failed)
            && let Err(error) = capture.writer.flush()
        {
            capture.failed = true;
            return Err(format!("the capture cannot be written: {error}"));
        }
        self.sink.flush()
    }

    /// As [`Watch::flush`]; nothing follows.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        self.flush()?;
        self.sink.finish()
    }
}

/// The end of a connection that gives no more messages.
pub(crate) fn end_of(error: &ReceiveError) -> End {
    use wayline::Disconnect::{Closed, Local, Reset};
    match error {
        ReceiveError::Refused(refusal) => End::Refused(refusal.to_string()),
        ReceiveError::Ended(Closed | Reset) => End::Closed,
        ReceiveError::Ended(Local) => End::Here,
        reason => End::Broken(reason.to_string()),
    }
}

fn subject<'a>(who: Who<'a>, interface: Option<&'a str>, is_fault: bool) -> Subject<'a> {
    Subject { connection: who.connection, program: who.program, interface, is_fault }
}

/// What becomes of a message, for people.
fn remark(fate: Fate) -> Option<String> {
    match fate {
        Fate::Passed => None,
        Fate::Hidden => Some("hidden from the client: no XML describes it, --protocol FILE adds one".to_owned()),
        Fate::Clamped(version) => Some(format!("the client sees version {version}, the highest that XML describes")),
    }
}
