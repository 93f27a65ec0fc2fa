//! All that looks at messages: facts, filters, lines. Knows nothing of sockets, so that a capture looks the same.

mod look;

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use wayline::dynamic::{Direction, ReceiveError, Selection};

use crate::capture::packet::{Body, End, Packet};
use crate::capture::pcapng::Writer;
use crate::catalog::Catalog;
use crate::facts::{Facts, Fault, Rule};
use crate::filter::{Filter, Subject};
use crate::record::Micros;
use crate::show::text;
use crate::show::top::{Flow, Row, Top};
use crate::show::{Sink, Who};
pub(crate) use look::Look;

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
    catalog: Rc<Catalog>,
    options: Options,
    /// Whether messages of an interface may be printed, by its index.
    printed: Vec<bool>,
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
pub(crate) struct Capture {
    writer: Writer,
    /// Files that are in it, by their numbers.
    described: HashSet<usize>,
    failed: bool,
}

pub(crate) struct Watched {
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
        let is_printed = |interface: &str| Filter::may_hold_of(&options.filters, interface);
        let printed = catalog.protocols().iter().map(|interface| is_printed(&interface.name)).collect();
        // What is at fault is looked at in any case.
        let only_faults = options.filters.iter().any(|filter| matches!(filter, Filter::Errors));
        let shown = catalog.selection(|interface| !only_faults && is_printed(interface));
        let (catalog, connections) = (Rc::new(catalog), BTreeMap::new());
        Watch { catalog, options, printed, quiet, shown, sink, capture: None, top: None, connections, next: None }
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
        let mut capture = Capture { writer, described: HashSet::new(), failed: false };
        capture.describe(&self.catalog, "wl_display", 0, 0);
        self.capture = Some(capture);
    }

    fn capture(&mut self, at: Micros, connection: u32, body: Body) {
        if let Some(capture) = &mut self.capture {
            capture.writer.packet(&Packet { at, connection, body });
        }
    }

    pub(crate) fn catalog(&self) -> Rc<Catalog> {
        Rc::clone(&self.catalog)
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
        if self.keeps_all() {
            return None;
        }
        let selection = if self.connections.get(&connection)?.may_show { &self.shown } else { &self.quiet };
        Some(selection.clone())
    }

    fn keeps_all(&self) -> bool {
        self.capture.is_some() || !self.options.stop_at.is_empty()
    }

    /// Looks at messages of a connection that have arrived at this time.
    pub(crate) fn look(&mut self, at: Micros, connection: u32) -> Option<Look<'_>> {
        self.pass_time(at);
        let keeps_all = self.keeps_all();
        Some(Look {
            watched: self.connections.get_mut(&connection)?,
            catalog: &self.catalog,
            options: &self.options,
            printed: &self.printed,
            sink: &mut *self.sink,
            keeps_all,
            capture: self.capture.as_mut(),
            next: &mut self.next,
            faults: Vec::new(),
        })
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
