//! A server under callgrind, asked from outside how many instructions it has executed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PATIENCE;
use crate::server::{LaunchError, NAME, Server};
use crate::target::{Launch, Template};

/// Why instructions cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The server does not come up under valgrind.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// `vgdb`, which is part of valgrind, does not work.
    #[error("vgdb: {0}")]
    Ask(io::Error),
    /// Callgrind wrote no total.
    #[error("there is no total in {}", .0.display())]
    Total(PathBuf),
}

/// Whether valgrind is there.
#[must_use]
pub fn is_installed() -> bool {
    let says = |tool: &str| {
        let mut command = Command::new(tool);
        command.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok()
    };
    says("valgrind") && says("vgdb")
}

/// The server, and what was counted so far.
#[derive(Debug)]
pub(super) struct Counter {
    server: Server,
    file: PathBuf,
    dumps: u32,
}

impl Counter {
    pub(super) fn start(server: &Template) -> Result<Self, CounterError> {
        let launch = Launch::prepare().map_err(LaunchError::Start)?;
        let file = launch.dir().join("callgrind");
        let mut words = vec!["valgrind".to_owned(), "--tool=callgrind".to_owned(), "--quiet".to_owned()];
        words.push(format!("--callgrind-out-file={}", file.display()));
        words.extend(server.fill(&[]));
        let template = Template::new(words).map_err(LaunchError::Start)?;
        let server = Server::launch(launch, &template, NAME, |_| {})?;
        Ok(Self { server, file, dumps: 0 })
    }

    /// Where the server listens.
    pub(super) fn path(&self) -> &Path {
        &self.server.path
    }

    /// Instructions since the last time this was asked.
    pub(super) fn count(&mut self) -> Result<u64, CounterError> {
        // Asked of a process that is gone, vgdb waits for it.
        let process = &self.server.process;
        if !process.alive() {
            return Err(CounterError::Ask(io::Error::other("the server has ended")));
        }
        let words = ["vgdb".to_owned(), format!("--pid={}", process.pid().as_raw_nonzero()), "dump".to_owned()];
        let launch = Launch::prepare().map_err(CounterError::Ask)?.words(&words);
        let mut asked = launch.start().map_err(CounterError::Ask)?;
        match asked.wait(PATIENCE).map_err(CounterError::Ask)? {
            Some(status) if status.success() => {}
            Some(_) => return Err(CounterError::Ask(io::Error::other(asked.last_output()))),
            None => return Err(CounterError::Ask(io::ErrorKind::TimedOut.into())),
        }
        self.dumps += 1;
        let file = PathBuf::from(format!("{}.{}", self.file.display(), self.dumps));
        let text = fs::read_to_string(&file).map_err(CounterError::Ask)?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals:")?.trim().parse().ok());
        total.ok_or(CounterError::Total(file))
    }
}
