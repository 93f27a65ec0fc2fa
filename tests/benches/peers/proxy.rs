//! Programs between a client and a server: what a message costs them if nothing of it is shown.
//!
//! Client and server are the same for all: the floor, and wl-proxy as a server, which speak messages of Wayland that both
//! proxies know.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::count::{Totals, is_installed, valgrind};
use crate::pair::{Failure, Pair, Programs, pinned};
use crate::peer::Library;
use crate::table::{Table, figure};
use crate::work::{Step, Work};

/// What is sent: requests, events, strings, objects.
const WORKS: [Work; 4] = [Work::Calc, Work::Motion, Work::Text, Work::Churn];

/// Messages in the shorter run under callgrind; whole turns.
const COUNTED: u32 = 6400;

/// Messages of a round that is timed.
const TIMED: u32 = 200_000;

const ROUNDS: usize = 7;

/// How long a proxy may take to listen and to connect.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Inspect,
    WlProxy,
}

impl Between {
    fn command(self, programs: &Programs, wayline: &Path, place: &Path, wrapper: &[String]) -> Command {
        let (listen, upstream) = (place.join("wl"), place.join("up"));
        match self {
            Between::Inspect => {
                let mut words: Vec<_> = wrapper.iter().map(Into::into).collect();
                words.push(wayline.as_os_str().to_owned());
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).args(["inspect", "--filter", "interface:none", "--output", "/dev/null"]);
                command.arg("--socket").arg(listen).arg("--upstream").arg(upstream);
                command
            }
            Between::WlProxy => {
                let mut command = programs.command(Library::WlProxy, "forward", wrapper);
                command.args([listen, upstream]);
                command
            }
        }
    }
}

/// A proxy that runs, with a client and a server at its ends.
struct Proxy {
    between: Between,
    process: Child,
    pair: Option<Pair>,
    _place: TempDir,
}

impl Proxy {
    fn start(
        programs: &Programs,
        wayline: &Path,
        between: Between,
        work: Work,
        step: Step,
        wrapper: &[String],
    ) -> Result<Proxy, Failure> {
        let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
        let listener = UnixListener::bind(place.path().join("up")).map_err(Failure::io("listening"))?;
        listener.set_nonblocking(true).map_err(Failure::io("listening"))?;
        let mut command = between.command(programs, wayline, place.path(), wrapper);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let process = pinned(0, || command.spawn()).map_err(Failure::io(format!("starting {command:?}")))?;
        let mut proxy = Proxy { between, process, pair: None, _place: place };
        let socket = proxy._place.path().join("wl");
        let near = proxy.soon(|| UnixStream::connect(&socket))?;
        let (far, _) = proxy.soon(|| listener.accept())?;
        far.set_nonblocking(false).map_err(Failure::io("accepting"))?;
        proxy.pair = Some(Pair::between(programs, work, step, near.into(), far.into())?);
        Ok(proxy)
    }

    /// Tries until it can be done.
    fn soon<T>(&mut self, mut attempt: impl FnMut() -> io::Result<T>) -> Result<T, Failure> {
        let who = || "the proxy".to_owned();
        let deadline = Instant::now() + PATIENCE;
        loop {
            match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => {
                    if let Some(status) = self.process.try_wait().map_err(Failure::io(who()))? {
                        return Err(Failure::Ended { who: who(), status });
                    }
                    let waits = [ErrorKind::WouldBlock, ErrorKind::NotFound, ErrorKind::ConnectionRefused];
                    if !waits.contains(&error.kind()) || Instant::now() > deadline {
                        return Err(Failure::Io { what: who(), source: error });
                    }
                    std::thread::yield_now();
                }
            }
        }
    }

    /// A round: nanoseconds of CPU of the proxy, and of time that passed.
    fn round(&mut self, count: u32) -> Result<(u64, u64), Failure> {
        let before = self.cpu()?;
        let Some(pair) = &mut self.pair else { return Ok((0, 0)) };
        let wall = pair.round(count)?.wall;
        Ok((self.cpu()? - before, wall))
    }

    /// CPU time so far, in nanoseconds, the kernel's part included.
    fn cpu(&self) -> Result<u64, Failure> {
        let path = format!("/proc/{}/schedstat", self.process.id());
        let text = fs::read_to_string(&path).map_err(Failure::io(path))?;
        Ok(text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0))
    }

    fn finish(mut self) -> Result<(), Failure> {
        if let Some(pair) = self.pair.take() {
            pair.finish()?;
        }
        if self.between == Between::Inspect {
            let killed = kill_process(Pid::from_child(&self.process), Signal::INT);
            killed.map_err(|error| Failure::Io { what: "ending the proxy".to_owned(), source: error.into() })?;
        }
        let who = "the proxy".to_owned();
        let status = self.process.wait().map_err(Failure::io(who.clone()))?;
        if status.success() { Ok(()) } else { Err(Failure::Ended { who, status }) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It has ended already unless something failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Instructions for each message, in user mode. Callgrind's files are left in `keep`.
fn instructions(
    programs: &Programs,
    wayline: &Path,
    between: Between,
    work: Work,
    keep: Option<&Path>,
) -> Result<f64, Failure> {
    let place = tempfile::tempdir().map_err(Failure::io("making a directory"))?;
    let run = |count| {
        let file = keep.unwrap_or(place.path()).join(format!("{between:?}-{work}-{count}"));
        let mut proxy = Proxy::start(programs, wayline, between, work, Step::Lock, &valgrind(&file))?;
        proxy.round(count)?;
        proxy.finish()?;
        Totals::read(&file)
    };
    Ok(Totals::difference(&run(COUNTED)?, &run(2 * COUNTED)?, COUNTED).instructions)
}

/// Nanoseconds for each message: CPU of the proxy, and time that passed; medians.
fn times(programs: &Programs, wayline: &Path, between: Between, work: Work) -> Result<[f64; 2], Failure> {
    let mut proxy = Proxy::start(programs, wayline, between, work, Step::Stream, &[])?;
    let rounds = (0..ROUNDS).map(|_| proxy.round(TIMED)).collect::<Result<Vec<_>, _>>()?;
    proxy.finish()?;
    let each = |figure: fn(&(u64, u64)) -> u64| {
        let mut all: Vec<u64> = rounds.iter().map(figure).collect();
        all.sort_unstable();
        all[ROUNDS / 2] as f64 / f64::from(TIMED)
    };
    Ok([each(|round| round.0), each(|round| round.1)])
}

/// The time that passes for each message without a proxy.
fn direct(programs: &Programs, work: Work) -> Result<f64, Failure> {
    let (near, far) = UnixStream::pair().map_err(Failure::io("making a socket pair"))?;
    let mut pair = Pair::between(programs, work, Step::Stream, OwnedFd::from(near), far.into())?;
    let walls = (0..ROUNDS).map(|_| Ok(pair.round(TIMED)?.wall)).collect::<Result<Vec<u64>, Failure>>();
    let mut walls = walls?;
    pair.finish()?;
    walls.sort_unstable();
    Ok(walls[ROUNDS / 2] as f64 / f64::from(TIMED))
}

/// The table, and whether `wayline inspect` takes no more instructions for any message than wl-proxy.
pub(crate) fn measure(timed: bool, keep: Option<&Path>) -> Result<(Table, bool), Failure> {
    let programs = Programs::new(None)?;
    let wayline = build()?;
    let head = [
        "message",
        "instructions, inspect",
        "wl-proxy",
        "÷ wl-proxy",
        "CPU ns, inspect",
        "wl-proxy",
        "time ns, no proxy",
        "inspect",
        "wl-proxy",
    ];
    let note = "For each message: user instructions and CPU of the proxy's process, and the time that passes. Inspect: `wayline \
                inspect --filter interface:none`, which looks for faults and prints nothing; wl-proxy: a program that passes \
                everything on. **Bold**: the goal, at most as many instructions as wl-proxy, is missed.";
    let mut table = Table::new("Proxies", &head, note);
    let mut good = true;
    if !is_installed("valgrind") {
        println!("not counted: valgrind, which counts instructions, is not installed");
    }
    for work in WORKS {
        let mut cells = vec![f64::NAN; 2];
        if is_installed("valgrind") {
            for (cell, between) in cells.iter_mut().zip([Between::Inspect, Between::WlProxy]) {
                *cell = instructions(&programs, &wayline, between, work, keep)?;
            }
        }
        let ratio = cells[0] / cells[1];
        good &= ratio.is_nan() || ratio <= 1.0;
        let ratio = if ratio > 1.0 { format!("**{ratio:.2}**") } else { format!("{ratio:.2}") };
        let mut row: Vec<String> = cells.into_iter().map(figure).chain([ratio]).collect();
        let ([own, own_time], [other, other_time], none) = if timed {
            let of = |between| times(&programs, &wayline, between, work);
            (of(Between::Inspect)?, of(Between::WlProxy)?, direct(&programs, work)?)
        } else {
            ([f64::NAN; 2], [f64::NAN; 2], f64::NAN)
        };
        row.extend([own, other, none, own_time, other_time].map(figure));
        table.row(work.to_string(), row);
    }
    Ok((table, good))
}

/// Builds the command with the profile of benchmarks, which wl-proxy has too, and says where it is.
fn build() -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--profile", "bench", "-p", "wayline-tools"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let status = command.status().map_err(Failure::io("starting cargo"))?;
    if !status.success() {
        return Err(Failure::Ended { who: "building wayline".to_owned(), status });
    }
    // This program is in target/release/deps.
    let this = std::env::current_exe().map_err(Failure::io("finding this program"))?;
    Ok(this.ancestors().nth(2).unwrap_or(Path::new(".")).join("wayline"))
}
