//! A process seen through `/proc`: its fds, its memory, its CPU time.
//!
//! Everything is read-only but [`Process::leave_free_fds`], [`Process::signal`] and [`Process::pause`]. Works for
//! processes of the same user, and for all as root. A process that is gone gives an error, never a number.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};

/// One process, by pid. Copies of it do not keep the pid from being reused: the owner of a started process does.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pid: Pid,
}

impl Process {
    /// The process with that pid.
    #[must_use]
    pub fn new(pid: Pid) -> Self {
        Self { pid }
    }

    /// Its pid.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether it still runs. A zombie does not.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.stat().is_ok_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"))
    }

    /// How many fds it has open.
    ///
    /// # Errors
    /// When `/proc/PID/fd` cannot be read.
    pub fn fd_count(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.proc("fd"))?.count())
    }

    /// What its fds point at, sorted, as readlink gives it.
    ///
    /// # Errors
    /// When `/proc/PID/fd` cannot be read.
    pub fn fd_links(&self) -> io::Result<Vec<String>> {
        let mut links: Vec<String> = fs::read_dir(self.proc("fd"))?
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .map(|link| link.to_string_lossy().into_owned())
            .collect();
        links.sort();
        Ok(links)
    }

    /// Whether it holds the memfd called `name`, as an fd or as a mapping.
    ///
    /// # Errors
    /// When `/proc/PID` cannot be read.
    pub fn holds_memfd(&self, name: &str) -> io::Result<bool> {
        let link = format!("/memfd:{name} (deleted)");
        let mapped = fs::read_to_string(self.proc("maps"))?.lines().any(|line| line.ends_with(&link));
        Ok(mapped || self.fd_links()?.contains(&link))
    }

    /// Whether its fd for the memfd called `name` has `FD_CLOEXEC`; `None` if it has no such fd.
    ///
    /// # Errors
    /// When `/proc/PID` cannot be read.
    pub fn memfd_is_cloexec(&self, name: &str) -> io::Result<Option<bool>> {
        let wanted = format!("/memfd:{name} (deleted)");
        self.cloexec_where(|link| link == wanted)
    }

    /// Whether its first fd whose link satisfies `wanted` has `FD_CLOEXEC`; `None` if there is none.
    ///
    /// # Errors
    /// When `/proc/PID` cannot be read.
    pub fn cloexec_where(&self, wanted: impl Fn(&str) -> bool) -> io::Result<Option<bool>> {
        for entry in fs::read_dir(self.proc("fd"))?.flatten() {
            let matches = fs::read_link(entry.path()).is_ok_and(|link| wanted(&link.to_string_lossy()));
            if matches {
                let info = fs::read_to_string(self.proc("fdinfo").join(entry.file_name()))?;
                let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("0").trim();
                let flags = u32::from_str_radix(flags, 8).map_err(io::Error::other)?;
                return Ok(Some(rustix::fs::OFlags::from_bits_retain(flags).contains(rustix::fs::OFlags::CLOEXEC)));
            }
        }
        Ok(None)
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// When `/proc/PID/statm` cannot be read.
    pub fn resident(&self) -> io::Result<u64> {
        let statm = fs::read_to_string(self.proc("statm"))?;
        let pages: u64 = statm.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
        Ok(pages * rustix::param::page_size() as u64)
    }

    /// Memory that is this process's alone, in bytes: what it would give back if it ended.
    ///
    /// # Errors
    /// When `/proc/PID/smaps_rollup` cannot be read.
    pub fn private(&self) -> io::Result<u64> {
        let rollup = fs::read_to_string(self.proc("smaps_rollup"))?;
        let private = rollup.lines().filter(|line| line.starts_with("Private_"));
        let kilobytes = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        Ok(kilobytes.sum::<u64>() << 10)
    }

    /// Memory that is in no file, its own and its share of what it maps with others, in bytes. What it maps of programs and
    /// libraries is left out: whether that is shared depends on who else runs.
    ///
    /// # Errors
    /// When `/proc/PID/smaps_rollup` cannot be read.
    pub fn allocated(&self) -> io::Result<u64> {
        let rollup = fs::read_to_string(self.proc("smaps_rollup"))?;
        let parts = rollup.lines().filter(|line| line.starts_with("Pss_Anon:") || line.starts_with("Pss_Shmem:"));
        let kilobytes = parts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        Ok(kilobytes.sum::<u64>() << 10)
    }

    /// User and system CPU time used so far, in clock ticks of 10 ms.
    ///
    /// # Errors
    /// When `/proc/PID/stat` cannot be read.
    pub fn cpu_ticks(&self) -> io::Result<u64> {
        let fields = self.stat()?;
        let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        Ok(number(11) + number(12))
    }

    /// CPU time that its threads have used so far, those that have ended left out.
    ///
    /// # Errors
    /// When `/proc/PID/task` cannot be read.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        let threads = fs::read_dir(self.proc("task"))?.flatten();
        let ran = threads.filter_map(|thread| {
            let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            schedstat.split_whitespace().next()?.parse::<u64>().ok()
        });
        Ok(Duration::from_nanos(ran.sum()))
    }

    /// Measures how many ticks of CPU it uses during `window`. The one place of the kit that sleeps: it *is* the
    /// measurement.
    ///
    /// # Errors
    /// As [`Process::cpu_ticks`].
    pub fn cpu_ticks_during(&self, window: Duration) -> io::Result<u64> {
        let before = self.cpu_ticks()?;
        std::thread::sleep(window);
        Ok(self.cpu_ticks()?.saturating_sub(before))
    }

    /// Sets its soft `RLIMIT_NOFILE` so that exactly `free` more fds can be opened. Returns the limit to restore.
    ///
    /// # Errors
    /// When the process cannot be looked at, or may not be limited.
    pub fn leave_free_fds(&self, free: usize) -> io::Result<Rlimit> {
        let mut used = Vec::new();
        for entry in fs::read_dir(self.proc("fd"))?.flatten() {
            used.extend(entry.file_name().to_string_lossy().parse::<u64>());
        }
        // The limit is on the number, not the count: the holes below it are free as well.
        let limit = (0..).filter(|number| !used.contains(number)).nth(free).expect("an endless range");
        self.set_fd_limit(limit)
    }

    /// Sets its soft `RLIMIT_NOFILE`. Returns what it was.
    ///
    /// # Errors
    /// When the process is gone, or may not be limited.
    pub fn set_fd_limit(&self, soft: u64) -> io::Result<Rlimit> {
        let now = self.fd_limit()?;
        self.restore_fd_limit(Rlimit { current: Some(soft), maximum: now.maximum.map(|hard| hard.max(soft)) })?;
        Ok(now)
    }

    /// Puts back what [`Process::leave_free_fds`] returned.
    ///
    /// # Errors
    /// When the process is gone, or may not be limited.
    pub fn restore_fd_limit(&self, limit: Rlimit) -> io::Result<()> {
        rustix::process::prlimit(Some(self.pid), Resource::Nofile, limit)?;
        Ok(())
    }

    fn fd_limit(&self) -> io::Result<Rlimit> {
        let limits = fs::read_to_string(self.proc("limits"))?;
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
        let mut numbers = line.split_whitespace().skip(3).map(|field| field.parse::<u64>().ok());
        Ok(Rlimit { current: numbers.next().flatten(), maximum: numbers.next().flatten() })
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it is gone or belongs to somebody else.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(rustix::process::kill_process(self.pid, signal)?)
    }

    /// Stops it with SIGSTOP and returns when it *has* stopped.
    ///
    /// # Errors
    /// When it is gone, or does not stop within `patience`.
    pub fn pause(&self, patience: Duration) -> io::Result<()> {
        self.signal(Signal::STOP)?;
        let deadline = Instant::now() + patience;
        while !matches!(self.stat()?[0].as_str(), "T" | "t") {
            if Instant::now() > deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the process did not stop"));
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// As [`Process::signal`].
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// `/proc/PID/stat` from the state (field 3) on.
    fn stat(&self) -> io::Result<Vec<String>> {
        let stat = fs::read_to_string(self.proc("stat"))?;
        // The command name in parentheses may hold anything; the fields begin after the last parenthesis.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
        Ok(fields.split_whitespace().map(str::to_owned).collect())
    }

    fn proc(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero())).join(file)
    }
}
