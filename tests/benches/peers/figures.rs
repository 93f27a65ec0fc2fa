//! Everything that is measured, in order.

use std::path::Path;

use crate::compare::{Comparison, Cost, Effort, compare, median, visits};
use crate::count::{Counts, callgrind, is_installed, strace};
use crate::crowd::{Crowd, crowd};
use crate::pair::{Cores, Failure, Pair, Programs};
use crate::peer::Library;
use crate::raw::{CHUNK, Stream};
use crate::trace::Program;
use crate::work::{BULK, Work};

/// The results.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// W1, W2, W4, W5, W6.
    pub(crate) messages: Vec<Comparison>,
    /// W3: on one core, on two.
    pub(crate) trips: Vec<(Cores, Comparison)>,
    /// W3: system calls of client and server for one trip; empty without strace.
    pub(crate) calls: Vec<(Library, [f64; 2])>,
    /// W7: many clients at once.
    pub(crate) crowds: Vec<Crowd>,
    /// W7: connections that come and go.
    pub(crate) visits: Vec<Cost>,
    /// W8, and instructions; empty without valgrind.
    pub(crate) counts: Vec<(Work, Library, Counts)>,
    /// W10.
    pub(crate) frames: Vec<Comparison>,
    /// W11.
    pub(crate) batches: Vec<Comparison>,
    /// W9.
    pub(crate) traces: Vec<Comparison>,
    /// Bytes for each second, and CPU nanoseconds of both sides for each KiB.
    pub(crate) rates: Vec<Rate>,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
}

/// A part of the measurement, in the order of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// W1, W2, W4, W5, W6.
    Messages,
    /// W3.
    Trips,
    /// W11.
    Batches,
    /// W9.
    Traces,
    /// W10.
    Frames,
    /// W7: connections that come and go.
    Visits,
    /// W7: many clients at once.
    Crowds,
    /// Bytes.
    Rates,
    /// W8, and instructions.
    Counts,
}

/// How fast bytes travel.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    pub(crate) way: String,
    /// Bytes for each second.
    pub(crate) speed: f64,
    /// CPU nanoseconds for each KiB: sender, receiver.
    pub(crate) cpu: [f64; 2],
}

/// A picture of the largest common size.
const PICTURE: (u32, u32) = (3840, 2160);

/// Sizes of crowds.
const CROWDS: [usize; 3] = [100, 1_000, 10_000];

impl Figures {
    /// Measures `parts`; `place` is for sockets and other files.
    pub(crate) fn measure(
        programs: &Programs,
        effort: Effort,
        parts: &[Part],
        place: &Path,
    ) -> Result<Figures, Failure> {
        let mut figures = Figures::default();
        for &part in parts {
            figures.part(part, programs, effort, place)?;
        }
        Ok(figures)
    }

    fn part(&mut self, part: Part, programs: &Programs, effort: Effort, place: &Path) -> Result<(), Failure> {
        let all = |works: &[Work]| -> Result<Vec<Comparison>, Failure> {
            works.iter().map(|&work| told(programs, work, Cores::Two, effort)).collect()
        };
        match part {
            Part::Messages => self.messages = all(&Figures::MESSAGES)?,
            Part::Trips => {
                for cores in [Cores::One, Cores::Two] {
                    self.trips.push((cores, told(programs, Work::Trip, cores, effort)?));
                }
                self.calls(programs, place)?;
            }
            Part::Batches => self.batches = all(&[1, 4, 16, 64, 1024].map(Work::Batch))?,
            Part::Traces => self.traces = all(&Program::ALL.map(Work::Trace))?,
            Part::Frames => {
                let (width, height) = PICTURE;
                self.frames = all(&[Work::Frame { width: 64, height: 64 }, Work::Frame { width, height }])?;
            }
            Part::Visits => {
                progress("visits");
                self.visits = visits(programs, place, effort)?;
            }
            Part::Crowds => self.crowds(programs, place)?,
            Part::Rates => self.rates(programs, effort)?,
            Part::Counts => self.counts(programs, place)?,
        }
        Ok(())
    }

    /// The workloads of the first table.
    pub(crate) const MESSAGES: [Work; 6] = [Work::Calc, Work::Motion, Work::Text, Work::Bytes, Work::Open, Work::Churn];

    /// The workloads whose instructions are counted.
    pub(crate) const COUNTED: [Work; 8] = [
        Work::Calc,
        Work::Motion,
        Work::Text,
        Work::Bytes,
        Work::Open,
        Work::Churn,
        Work::Frame { width: 64, height: 64 },
        Work::Frame { width: PICTURE.0, height: PICTURE.1 },
    ];

    fn crowds(&mut self, programs: &Programs, place: &Path) -> Result<(), Failure> {
        for clients in CROWDS {
            for library in programs.libraries().into_iter().filter(|library| library.listens()) {
                // The C library duplicates the socket of each client for its event loop.
                let each = if library == Library::Libwayland { 2 } else { 1 };
                let limit = crate::descriptors();
                if limit < each * clients as u64 + 100 {
                    let name = library.name();
                    self.skipped.push(format!("{clients} clients of {name}: a process may have {limit} descriptors"));
                    continue;
                }
                progress(&format!("{clients} clients of {}", library.name()));
                self.crowds.push(crowd(programs, library, clients, &place.join("crowd"))?);
            }
        }
        Ok(())
    }

    fn rates(&mut self, programs: &Programs, effort: Effort) -> Result<(), Failure> {
        for (stream, way) in
            [(Stream::Tcp, "TCP over loopback, 64 KiB writes"), (Stream::Unix, "Unix stream, 64 KiB writes")]
        {
            progress(way);
            let (near, far) = stream.pair()?;
            let mut pair = Pair::raw(programs, way, near, far)?;
            let count = 8_000 / effort.divisor;
            let mut samples = Vec::new();
            for _ in 0..effort.rounds {
                samples.push(pair.round(count)?);
            }
            pair.finish()?;
            let bytes = f64::from(count) * CHUNK as f64;
            let of =
                |figure: fn(&crate::rounds::Sample) -> u64| median(samples.iter().map(|sample| figure(sample) as f64));
            self.rates.push(Rate {
                way: way.to_owned(),
                speed: bytes / of(|sample| sample.wall) * 1e9,
                cpu: [of(|sample| sample.client), of(|sample| sample.server)].map(|cpu| cpu / bytes * 1024.0),
            });
        }
        let (width, height) = PICTURE;
        let picture = f64::from(width * height * 4);
        let ways = [
            (Work::Bulk, BULK as f64, "in arrays of 4080 bytes"),
            (Work::Pixels { width, height }, picture, "pixels in shared memory"),
        ];
        for (work, bytes, what) in ways {
            for cost in told(programs, work, Cores::Two, effort)?.costs {
                self.rates.push(Rate {
                    way: format!("{}, {what}", cost.library.name()),
                    speed: bytes / cost.wall * 1e9,
                    cpu: cost.cpu.map(|cpu| cpu / bytes * 1024.0),
                });
            }
        }
        Ok(())
    }

    fn counts(&mut self, programs: &Programs, place: &Path) -> Result<(), Failure> {
        if is_installed("valgrind") {
            for work in Figures::COUNTED {
                for library in programs.libraries().into_iter().filter(|library| library.does(work)) {
                    progress(&format!("callgrind: {work}, {}", library.name()));
                    self.counts.push((work, library, callgrind(programs, library, work, place)?));
                }
            }
        } else {
            self.skipped.push("instructions and allocations: valgrind is not installed".to_owned());
        }
        Ok(())
    }

    fn calls(&mut self, programs: &Programs, place: &Path) -> Result<(), Failure> {
        if is_installed("strace") {
            for library in programs.libraries() {
                progress(&format!("strace: {}", library.name()));
                self.calls.push((library, strace(programs, library, Work::Trip, place)?));
            }
        } else {
            self.skipped.push("system calls: strace is not installed".to_owned());
        }
        Ok(())
    }
}

fn told(programs: &Programs, work: Work, cores: Cores, effort: Effort) -> Result<Comparison, Failure> {
    progress(&work.to_string());
    compare(programs, work, cores, effort)
}

/// Says on standard error what is being measured.
pub(crate) fn progress(what: &str) {
    eprintln!("measuring {what}");
}
