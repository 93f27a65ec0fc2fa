//! From figures to tables.

use crate::compare::{Comparison, Cost};
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
        Work::Trip => "W3 round trip".to_owned(),
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
    let mut tables = vec![ratios(figures), messages(figures)];
    tables.push(trips(figures));
    tables.push(batches(figures));
    tables.push(traces(figures));
    if !figures.counts.is_empty() {
        tables.push(instructions(figures));
        tables.push(allocations(figures));
    }
    tables.push(frames(figures));
    tables.push(crowds(figures));
    tables.push(visits(figures));
    tables.push(rates(figures));
    tables
}

/// Names of the measured libraries as column heads.
fn heads<'a>(first: &'a str, costs: &[Cost]) -> Vec<&'a str> {
    [first].into_iter().chain(costs.iter().map(|cost| cost.library.name())).collect()
}

fn any(figures: &Figures) -> &[Cost] {
    figures.messages.first().map_or(&[], |comparison| &comparison.costs)
}

fn ratios(figures: &Figures) -> Table {
    let head = ["client / server", "÷ floor", "allowed", "libwayland ÷ it", "wanted", "wayland-rs ÷ it", "wanted"];
    let note = "CPU time of Wayline inside calloop, against the others in the same rounds. **Bold**: missed.";
    let mut table = Table::new("Ratios", &head, note);
    for comparison in figures.messages.iter().chain(&figures.batches) {
        let Some(own) = comparison.of(Library::WaylineCalloop) else { continue };
        let aim = aim(comparison.work);
        let against = |library, wanted: Option<f64>| {
            let Some(other) = comparison.of(library) else { return "–".to_owned() };
            judged([0, 1].map(|side| other.cpu[side] / own.cpu[side]), [0, 1].map(|_| wanted), |value, wanted| {
                value >= wanted
            })
        };
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
                against(Library::Libwayland, aim.libwayland),
                or_none(aim.libwayland),
                against(Library::WaylandRs, aim.wayland_rs),
                or_none(aim.wayland_rs),
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
    let note = "CPU nanoseconds for each message, client / server; medians.";
    let mut table = Table::new("Cost of a message", &heads("client / server", any(figures)), note);
    for comparison in &figures.messages {
        table.row(title(comparison.work), comparison.costs.iter().map(|cost| sides(cost.cpu)));
    }
    table
}

fn trips(figures: &Figures) -> Table {
    let note = "One request and its answer at a time.";
    let mut table = Table::new("W3: round trips", &heads("", any(figures)), note);
    let rows: [(&str, Cell); 2] = [
        ("mean time, µs", |cost| figure(cost.wall / 1e3)),
        ("CPU, µs, client / server", |cost| sides(cost.cpu.map(|cpu| cpu / 1e3))),
    ];
    for (cores, comparison) in &figures.trips {
        let place = if *cores == Cores::One { "one core" } else { "two cores" };
        for (what, value) in rows {
            table.row(format!("{place}: {what}"), comparison.costs.iter().map(value));
        }
    }
    if !figures.calls.is_empty() {
        table.row("system calls, client / server", figures.calls.iter().map(|(_, calls)| sides(*calls)));
    }
    table
}

fn batches(figures: &Figures) -> Table {
    let note = "CPU nanoseconds for each request of 24 bytes, flushed after so many, client / server.";
    let mut table = Table::new("W11: batches", &heads("requests in a batch", any(figures)), note);
    for comparison in &figures.batches {
        table.row(title(comparison.work), comparison.costs.iter().map(|cost| sides(cost.cpu)));
    }
    table
}

fn traces(figures: &Figures) -> Table {
    let note = "CPU microseconds of the connection for all that the program sent and heard, client / server.";
    let mut table = Table::new("W9: real programs, replayed", &heads("", any(figures)), note);
    for comparison in &figures.traces {
        table.row(title(comparison.work), comparison.costs.iter().map(|cost| sides(cost.cpu.map(|cpu| cpu / 1e3))));
    }
    table
}

fn instructions(figures: &Figures) -> Table {
    let note = "User-mode instructions for each message in turns of 256, client / server (callgrind).";
    let mut table = Table::new("Instructions", &heads("client / server", any(figures)), note);
    for work in Figures::COUNTED {
        let of_work = figures.counts.iter().filter(|(other, ..)| *other == work);
        table.row(title(work), of_work.map(|(.., counts)| sides(counts.instructions)));
    }
    table
}

fn allocations(figures: &Figures) -> Table {
    let note = "Calls of malloc and its kin for each message, client / server (callgrind).";
    let mut table = Table::new("W8: heap allocations", &heads("client / server", any(figures)), note);
    for work in Figures::COUNTED {
        let of_work = figures.counts.iter().filter(|(other, ..)| *other == work);
        table.row(title(work), of_work.map(|(.., counts)| sides(counts.allocations.map(f64::abs))));
    }
    table
}

fn frames(figures: &Figures) -> Table {
    let note = "A commit with an acquire and a release fence; the server looks at one pixel. Sleeps are voluntary context switches.";
    let mut table = Table::new("W10: frames", &heads("", any(figures)), note);
    let row = |comparison: &Comparison, value: Cell| -> Vec<String> { comparison.costs.iter().map(value).collect() };
    for comparison in &figures.frames {
        let name = title(comparison.work);
        table.row(format!("{name}: CPU, µs"), row(comparison, |cost| sides(cost.cpu.map(|cpu| cpu / 1e3))));
        table.row(format!("{name}: sleeps"), row(comparison, |cost| sides(cost.sleeps)));
    }
    table
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
    let mut table = Table::new("W7: connections that come and go", &heads("", any(figures)), note);
    table.row("CPU, µs, client / server", figures.visits.iter().map(|cost| sides(cost.cpu.map(|cpu| cpu / 1e3))));
    table
}

fn rates(figures: &Figures) -> Table {
    let note = "Delivered into the receiver's own memory; for pixels this is the receiver's copy out of shared memory.";
    let mut table = Table::new("Bytes", &["", "GB/s", "CPU ns for each KiB, sender / receiver"], note);
    for rate in &figures.rates {
        table.row(&*rate.way, [figure(rate.speed / 1e9), sides(rate.cpu)]);
    }
    table
}
