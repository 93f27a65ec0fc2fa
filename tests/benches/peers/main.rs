//! Wayline beside its peers, on the same messages.
//!
//! `cargo bench -p wayline-conformance` prints tables; with `-- --write` it
//! writes PERF.md and its plots too. Client and server are processes of their
//! own, pinned: this program starts itself in each role.

mod builds;
mod client;
mod compare;
mod count;
mod crowd;
mod figures;
mod floor;
mod instructions;
mod libwayland;
mod memory;
mod pair;
mod peer;
mod perf;
mod pixels;
mod plot;
mod proxy;
mod raw;
mod report;
mod rounds;
mod table;
mod trace;
mod wayland_rs;
mod wayrs;
mod wire;
mod with_wayline;
mod wl_proxy;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::compare::Effort;
use crate::figures::{Figures, Part};
use crate::memory::Case;
use crate::pair::{Failure, Programs};
use crate::peer::Library;
use crate::pixels::Show;
use crate::work::{Step, Work};

/// Measures Wayline beside a hand-written floor, libwayland, wayland-rs, wayrs and wl-proxy.
#[derive(Debug, Parser)]
struct Options {
    /// Fewer and shorter rounds: some minutes in all.
    #[arg(long)]
    quick: bool,
    /// Measure these parts only.
    #[arg(long, value_enum, conflicts_with = "write")]
    only: Vec<Part>,
    /// Measure what building costs instead, in crates made for it: some minutes.
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    build: bool,
    /// Write PERF.md and its plots, too; with --build, its part of PERF.md.
    #[arg(long)]
    write: bool,
    /// Given by cargo.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this process does instead of comparing.
#[derive(Debug, Subcommand)]
enum Role {
    /// Compare the instructions of each message with the checked-in figures.
    Instructions {
        /// Write the figures anew.
        #[arg(long)]
        bless: bool,
        /// Leave callgrind's files of each workload in this directory, for callgrind_annotate.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
    /// Measure what receiving costs, in memory: a minute.
    Memory {
        /// Only what does not depend on time, for a machine that is busy.
        #[arg(long)]
        no_times: bool,
        /// Write its part of PERF.md.
        #[arg(long)]
        write: bool,
    },
    /// Measure what a frame of pixels costs compositors: some minutes.
    Pixels {
        /// Measure these pictures only, such as opaque-sealed.
        #[arg(long, conflicts_with = "write")]
        only: Vec<Show>,
        /// Write its part of PERF.md, and its plot.
        #[arg(long)]
        write: bool,
    },
    /// Measure what a message costs `wayline inspect` and wl-proxy between a client and a server: a minute. Fails if the
    /// instructions of the first are more.
    Proxy {
        /// Only what does not depend on time, for a machine that is busy.
        #[arg(long)]
        no_times: bool,
        /// Write its part of PERF.md.
        #[arg(long)]
        write: bool,
        /// Leave callgrind's files of the proxies in this directory, for callgrind_annotate: of each kind of message one
        /// of a short and one of a long run.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
    /// Be a server.
    #[command(hide = true)]
    Serve { library: Library, path: Option<PathBuf> },
    /// Be a client that sends messages.
    #[command(hide = true)]
    Drive { library: Library, work: Work, step: Step },
    /// Be a proxy, which listens at the first path for a client and connects to the second.
    #[command(hide = true)]
    Forward { library: Library, listen: PathBuf, upstream: PathBuf },
    /// Be a client that comes and goes.
    #[command(hide = true)]
    Visit { library: Library, path: PathBuf },
    /// Be a receiver of messages that come from memory.
    #[command(hide = true)]
    Receive { library: Library, case: Case },
    /// Be a client that shows frames.
    #[command(hide = true)]
    Draw { show: Show, socket: PathBuf, compositor: u32 },
    /// Copy pixels.
    #[command(hide = true)]
    Copy,
    /// Send bytes.
    #[command(hide = true)]
    Pump,
    /// Receive bytes.
    #[command(hide = true)]
    Drain,
}

fn main() -> ExitCode {
    let options = Options::parse();
    raise_descriptors();
    match options.role {
        Some(Role::Serve { library, path }) => peer::serve(library, path),
        Some(Role::Drive { library, work, step }) => peer::drive(library, work, step),
        Some(Role::Forward { library, listen, upstream }) => peer::forward(library, &listen, &upstream),
        Some(Role::Visit { library, path }) => peer::visit(library, &path),
        Some(Role::Receive { library, case }) => memory::receive(library, case),
        Some(Role::Draw { show, socket, compositor }) => pixels::draw(show, &socket, compositor),
        Some(Role::Copy) => pixels::copy(),
        Some(Role::Pixels { only, write }) => return ended(composing(&only, write).map(|()| true)),
        Some(Role::Pump) => raw::pump(),
        Some(Role::Drain) => raw::drain(),
        Some(Role::Instructions { bless, keep }) => return ended(instructions::gate(bless, keep.as_deref())),
        Some(Role::Memory { no_times, write }) => return ended(receiving(!no_times, write).map(|()| true)),
        Some(Role::Proxy { no_times, write, keep }) => return ended(proxies(!no_times, write, keep.as_deref())),
        None if options.build => return ended(build(options.write).map(|()| true)),
        None => {
            let effort = if options.quick { Effort::QUICK } else { Effort::FULL };
            return ended(measure(effort, &options.only, options.write).map(|()| true));
        }
    }
    ExitCode::SUCCESS
}

/// How this process ends: whether something was measured, and whether it was good.
fn ended(result: Result<bool, Failure>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn measure(effort: Effort, only: &[Part], write: bool) -> Result<(), Failure> {
    let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
    let libwayland = libwayland::build(place.path());
    let mut skipped = Vec::new();
    if let Err(missing) = &libwayland {
        skipped.push(format!("libwayland: {missing}"));
    }
    let programs = Programs::new(libwayland.ok())?;
    let parts = if only.is_empty() { Part::value_variants() } else { only };
    let mut figures = Figures::measure(&programs, effort, parts, place.path())?;
    figures.skipped.append(&mut skipped);
    for table in report::tables(&figures) {
        println!("{table}");
    }
    for skipped in &figures.skipped {
        println!("not measured: {skipped}");
    }
    if write {
        perf::write(&figures)?;
    }
    Ok(())
}

fn receiving(times: bool, write: bool) -> Result<(), Failure> {
    let tables = memory::tables(times)?;
    for table in &tables {
        println!("{table}");
    }
    if write { perf::write_memory(&tables, times) } else { Ok(()) }
}

fn proxies(times: bool, write: bool, keep: Option<&Path>) -> Result<bool, Failure> {
    let (table, good) = proxy::measure(times, keep)?;
    println!("{table}");
    if write {
        perf::write_proxies(&table, times)?;
    }
    Ok(good)
}

fn composing(only: &[Show], write: bool) -> Result<(), Failure> {
    let pixels = pixels::measure(only)?;
    println!("{}", pixels.table());
    for skipped in &pixels.skipped {
        println!("not measured: {skipped}");
    }
    if write { perf::write_pixels(&pixels) } else { Ok(()) }
}

fn build(write: bool) -> Result<(), Failure> {
    let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
    let table = builds::measure(place.path())?;
    println!("{table}");
    if write { perf::write_builds(&table) } else { Ok(()) }
}

/// Lets this process, and those it starts, have as many descriptors as they may.
fn raise_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it, workloads that need more fail and say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// How many descriptors a process may have.
fn descriptors() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// An error and what caused it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
