//! From figures to tables.

use crate::compare::Cost;
use crate::count::Counts;
use crate::figures::Figures;
use crate::pair::Cores;
use crate::peer::Library;
use crate::table::{Table, figure, sides};
use crate::trace::Program;
use crate::work::Work;

/// What a workload is called in tables.
pub(crate) fn title(work: Work) -> String {
    match work {
        Work::Calc => "W1 request, four ints (24 B)".to_owned(),
        Work::Motion => "W2 event, three words (20 B)".to_owned(),
        Work::Trip => "W3 round trip on one core".to_owned(),
        Work::Text => "W4 request, 64-byte string".to_owned(),
        Work::Bytes => "W4 request, 64-byte array".to_owned(),
        Work::Open => "W5 object of one fd, destroyed again".to_owned(),
        Work::Churn => "W6 object made and destroyed".to_owned(),
        Work::Frame { width, height } => format!("W10 frame of {width}×{height} with fences"),
        Work::Pixels { width, height } => format!("{width}×{height} pixels"),
        Work::Bulk => "array of 4080 bytes".to_owned(),
        Work::Trace(Program::Gtk) => "W9 start of a GTK program".to_owned(),
        Work::Trace(Program::Terminal) => "W9 a minute of a terminal".to_owned(),
        Work::Batch(size) => format!("W11 batch of {size}"),
    }
}

/// How much of the floor's CPU Wayline may use, and how many times less than
/// the others it shall use: client, server.
struct Aim {
    over_floor: [Option<f64>; 2],
    libwayland: Option<f64>,
    wayland_rs: Option<f64>,
}

fn aim(work: Work) -> Aim {
    let none = Aim { over_floor: [None, None], libwayland: None, wayland_rs: None };
    match work {
        Work::Calc | Work::Motion => Aim { over_floor: [Some(1.6); 2], libwayland: Some(12.0), wayland_rs: Some(10.0) },
        Work::Text | Work::Bytes => Aim { over_floor: [Some(1.6); 2], ..none },
        Work::Trip => Aim { over_floor: [Some(1.05); 2], ..none },
        Work::Open => Aim { over_floor: [None, Some(1.5)], ..none },
        Work::Churn => Aim { over_floor: [Some(1.4); 2], ..none },
        Work::Batch(1) => Aim { libwayland: Some(1.0), ..none },
        Work::Batch(4) => Aim { libwayland: Some(1.5), ..none },
        _ => none,
    }
}

/// What a cell says of a cost.
type Cell = fn(&Cost) -> String;

/// The tables, the most important first.
pub(crate) fn tables(figures: &Figures) -> Vec<Table> {
    let all = [
        ratios(figures),
        messages(figures),
        trips(figures),
        batches(figures),
        traces(figures),
        instructions(figures),
        allocations(figures),
        frames(figures),
        crowds(figures),
        visits(figures),
        rates(figures),
    ];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// Something about each library; nothing where it has no figure.
type Row = (String, Vec<(Library, String)>);

/// A table of one column for each library that any row knows.
fn grid(title: &str, first: &str, rows: Vec<Row>, note: &str) -> Table {
    let known = |library: &Library| rows.iter().any(|(_, cells)| cells.iter().any(|(other, _)| other == library));
    let libraries: Vec<Library> = Library::ALL.into_iter().filter(known).collect();
    let head: Vec<&str> = [first].into_iter().chain(libraries.iter().map(|library| library.name())).collect();
    let mut table = Table::new(title, &head, note);
    for (name, cells) in rows {
        let cell = |library: &Library| cells.iter().find(|(other, _)| other == library).map(|(_, cell)| cell.clone());
        table.row(name, libraries.iter().map(|library| cell(library).unwrap_or_else(|| "–".to_owned())));
    }
    table
}

/// One row of costs.
fn row(name: impl Into<String>, costs: &[Cost], value: Cell) -> Row {
    (name.into(), costs.iter().map(|cost| (cost.library, value(cost))).collect())
}

const NANOSECONDS: Cell = |cost| sides(cost.cpu);
const MICROSECONDS: Cell = |cost| sides(cost.cpu.map(|cpu| cpu / 1e3));

fn ratios(figures: &Figures) -> Table {
    let head = [
        "client / server",
        "÷ floor",
        "goal",
        "÷ floor in calloop",
        "libwayland ÷ it",
        "goal",
        "wayland-rs ÷ it",
        "goal",
        "wayrs / wl-proxy ÷ it",
    ];
    let note = "CPU time of Wayline inside calloop, against the others in the same rounds. **Bold**: missed. \
                The floor in calloop is the floor that sleeps in calloop's loop, so what is above it is ours.";
    let mut table = Table::new("Ratios", &head, note);
    let trips = figures.trips.iter().filter(|(cores, _)| *cores == Cores::One).map(|(_, comparison)| comparison);
    for comparison in figures.messages.iter().chain(trips).chain(&figures.batches) {
        let Some(own) = comparison.of(Library::WaylineCalloop) else { continue };
        let aim = aim(comparison.work);
        let against = |library, wanted: Option<f64>| {
            let Some(other) = comparison.of(library) else { return "–".to_owned() };
            judged([0, 1].map(|side| other.cpu[side] / own.cpu[side]), [0, 1].map(|_| wanted), |value, wanted| {
                value >= wanted
            })
        };
        let times =
            |side: usize, library| comparison.of(library).map_or(f64::NAN, |cost| cost.cpu[side] / own.cpu[side]);
        let inside = judged([0, 1].map(|side| 1.0 / times(side, Library::FloorCalloop)), [None; 2], |_, _| true);
        let peers = [times(0, Library::Wayrs), times(1, Library::WlProxy)];
        let or_none = |aim: Option<f64>| aim.map_or(String::new(), figure);
        let allowed = match aim.over_floor {
            [None, None] => String::new(),
            [client, server] if client == server => or_none(client),
            [client, server] => format!("{} / {}", or_none(client), or_none(server)),
        };
        table.row(
            title(comparison.work),
            [
                judged(own.over_floor, aim.over_floor, |value, allowed| value <= allowed),
                allowed,
                inside,
                against(Library::Libwayland, aim.libwayland),
                or_none(aim.libwayland),
                against(Library::WaylandRs, aim.wayland_rs),
                or_none(aim.wayland_rs),
                judged(peers, [None; 2], |_, _| true),
            ],
        );
    }
    table
}

/// Both sides, bold where an aim was missed.
fn judged(values: [f64; 2], aims: [Option<f64>; 2], met: impl Fn(f64, f64) -> bool) -> String {
    let side = |side: usize| {
        let text = figure(values[side]);
        if aims[side].is_none_or(|aim| met(values[side], aim)) { text } else { format!("**{text}**") }
    };
    format!("{} / {}", side(0), side(1))
}

fn messages(figures: &Figures) -> Table {
    let note =
        "CPU nanoseconds for each message, client / server; medians. wayrs is a client only, wl-proxy a server only.";
    let rows = figures.messages.iter().map(|comparison| row(title(comparison.work), &comparison.costs, NANOSECONDS));
    grid("Cost of a message", "client / server", rows.collect(), note)
}

fn trips(figures: &Figures) -> Table {
    let note = "One request and its answer at a time.";
    let mut rows = Vec::new();
    for (cores, comparison) in &figures.trips {
        let place = if *cores == Cores::One { "one core" } else { "two cores" };
        let both = |cost: &Cost| cost.library.roles() == [true, true];
        let whole: Vec<Cost> = comparison.costs.iter().copied().filter(both).collect();
        rows.push(row(format!("{place}: mean time, µs"), &whole, |cost| figure(cost.wall / 1e3)));
        rows.push(row(format!("{place}: CPU, µs, client / server"), &comparison.costs, MICROSECONDS));
    }
    if !figures.calls.is_empty() {
        let calls = figures.calls.iter().map(|(library, calls)| (*library, sides(*calls)));
        rows.push(("system calls, client / server".to_owned(), calls.collect()));
    }
    grid("W3: round trips", "", rows, note)
}

fn batches(figures: &Figures) -> Table {
    let note = "CPU nanoseconds for each request of 24 bytes, flushed after so many, client / server.";
    let rows = figures.batches.iter().map(|comparison| row(title(comparison.work), &comparison.costs, NANOSECONDS));
    grid("W11: batches", "requests in a batch", rows.collect(), note)
}

fn traces(figures: &Figures) -> Table {
    let note = "CPU microseconds of the connection for all that the program sent and heard, client / server.";
    let rows = figures.traces.iter().map(|comparison| row(title(comparison.work), &comparison.costs, MICROSECONDS));
    grid("W9: real programs, replayed", "", rows.collect(), note)
}

fn instructions(figures: &Figures) -> Table {
    let note = "User-mode instructions for each message in turns of 256, client / server (callgrind).";
    counted(figures, "Instructions", note, |counts| sides(counts.instructions))
}

fn allocations(figures: &Figures) -> Table {
    let note = "Calls of malloc and its kin for each message, client / server (callgrind). calloop itself allocates \
                a list of events each time it wakes up.";
    counted(figures, "W8: heap allocations", note, |counts| sides(counts.allocations.map(f64::abs)))
}

fn counted(figures: &Figures, name: &str, note: &str, value: fn(&Counts) -> String) -> Table {
    let of = |work: Work| {
        let counts = figures.counts.iter().filter(move |(other, ..)| *other == work);
        (title(work), counts.map(|(_, library, counts)| (*library, value(counts))).collect::<Vec<_>>())
    };
    let rows = Figures::COUNTED.into_iter().map(of).filter(|(_, cells)| !cells.is_empty());
    grid(name, "client / server", rows.collect(), note)
}

fn frames(figures: &Figures) -> Table {
    let note = "A commit with an acquire and a release fence; the server looks at one pixel. Sleeps are voluntary context switches.";
    let mut rows = Vec::new();
    for comparison in &figures.frames {
        let name = title(comparison.work);
        rows.push(row(format!("{name}: CPU, µs"), &comparison.costs, MICROSECONDS));
        rows.push(row(format!("{name}: sleeps"), &comparison.costs, |cost| sides(cost.sleeps)));
    }
    grid("W10: frames", "", rows, note)
}

fn crowds(figures: &Figures) -> Table {
    let head =
        ["server", "clients", "private bytes each", "entry, µs", "fan-out, ns an event", "trip beside idle ones, µs"];
    let note =
        "Each client has 8 objects; entry is connect, registry, sync, bind and five items. CPU of the server alone.";
    let mut table = Table::new("W7: many clients", &head, note);
    for crowd in &figures.crowds {
        let cells = [
            crowd.clients.to_string(),
            figure(crowd.memory),
            figure(crowd.entry / 1e3),
            figure(crowd.fan_out),
            figure(crowd.trip / 1e3),
        ];
        table.row(crowd.library.name(), cells);
    }
    table
}

fn visits(figures: &Figures) -> Table {
    let note = "Connect, registry, round trip, bind, disconnect; the library on both sides.";
    let rows = if figures.visits.is_empty() {
        vec![]
    } else {
        vec![row("CPU, µs, client / server", &figures.visits, MICROSECONDS)]
    };
    grid("W7: connections that come and go", "", rows, note)
}

fn rates(figures: &Figures) -> Table {
    let note = "Delivered into the receiver's own memory; for pixels this is the receiver's copy out of shared memory.";
    let mut table = Table::new("Bytes", &["", "GB/s", "CPU ns for each KiB, sender / receiver"], note);
    for rate in &figures.rates {
        table.row(&*rate.way, [figure(rate.speed / 1e9), sides(rate.cpu)]);
    }
    table
}
