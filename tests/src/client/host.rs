//! Starting the client under test and opening the door to it.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::tested::TestedClient;
use crate::case::{Stop, fail};
use crate::protocol::driver;
use crate::server::Global;
use crate::socket::{SocketError, accept, listen};
use crate::target::{Launch, Running, Template, ending};

/// The name of the kit's socket.
pub(super) const NAME: &str = "conform-0";

/// Everything the kit has to know of a client under test.
#[derive(Clone, Debug)]
pub struct Target {
    /// The command that starts it.
    pub command: Template,
    /// How long each answer may take.
    pub patience: Duration,
}

/// What a client case gets: the means to start the client, as often as it wants.
#[derive(Debug)]
pub struct Host {
    target: Target,
}

/// A listening socket in a directory of its own, and the client not yet started.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) launch: Launch,
    pub(super) listener: OwnedFd,
    pub(super) path: PathBuf,
}

impl Host {
    /// A host for `target`.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self { target: target.clone() }
    }

    /// How long each answer may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.target.patience
    }

    /// The globals every case offers unless it is about globals.
    #[must_use]
    pub fn globals() -> Vec<Global> {
        let global = |name, interface: &str, version| Global { name, interface: interface.to_owned(), version };
        vec![global(1, "wl_compositor", 4), global(2, "wl_shm", 1), global(3, driver::NAME, driver::VERSION)]
    }

    /// Listens at `name` in a fresh directory.
    pub(super) fn door(&self, name: &str) -> Result<Door, Stop> {
        let launch = Launch::prepare()?;
        let path = launch.dir().join(name);
        let listener = listen(&path)?;
        Ok(Door { launch, listener, path })
    }

    /// Starts the client after `adjust` had its way with the command. Without it there is `XDG_RUNTIME_DIR` and no more.
    pub(super) fn open(&self, launch: Launch, adjust: impl FnOnce(&mut Command)) -> Result<Running, Stop> {
        self.open_under(launch, &[], adjust)
    }

    /// As [`Host::open`], the client's command behind the words of `wrapper`.
    pub(super) fn open_under(
        &self,
        launch: Launch,
        wrapper: &[&str],
        adjust: impl FnOnce(&mut Command),
    ) -> Result<Running, Stop> {
        let wrapper = wrapper.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = wrapper.chain(self.target.command.fill(&[])).collect();
        let mut launch = launch.words(&words);
        adjust(launch.command());
        launch.start_talking().map_err(|error| Stop::Fail(format!("the client cannot be started: {error}")))
    }

    /// Accepts the client and serves it until it has bound the driver.
    pub(super) fn welcome(
        &self,
        mut running: Running,
        listener: &OwnedFd,
        globals: &[Global],
    ) -> Result<TestedClient, Stop> {
        let stream = match accept(listener.as_fd(), self.patience()) {
            Ok(stream) => stream,
            Err(SocketError::Timeout { .. }) => {
                return match running.wait(Duration::ZERO)? {
                    Some(status) => fail(format!("the client ended with {} and never connected", ending(status))),
                    None => fail("the client does not connect"),
                };
            }
            Err(error) => return Err(error.into()),
        };
        TestedClient::greet(running, stream, globals, self.patience())
    }

    /// Starts the client with `WAYLAND_DISPLAY` and serves it, with these globals, until it has bound the driver.
    ///
    /// # Errors
    /// When the client does not get that far.
    pub fn meet_with(&self, globals: &[Global]) -> Result<TestedClient, Stop> {
        let door = self.door(NAME)?;
        let running = self.open(door.launch, |command| {
            command.env("WAYLAND_DISPLAY", NAME);
        })?;
        self.welcome(running, &door.listener, globals)
    }

    /// [`Host::meet_with`] the usual globals.
    ///
    /// # Errors
    /// As [`Host::meet_with`].
    pub fn meet(&self) -> Result<TestedClient, Stop> {
        self.meet_with(&Self::globals())
    }
}
