//! The fixture every server case runs on: one server, its registry as known beforehand, and the innocent client.
//!
//! The innocent client is a second, well-behaved client that stays connected from case to case. Whatever a case does to its own
//! connections, the innocent client has to be answered in time; that, the server's fds and its CPU are checked after each case.

use std::path::Path;
use std::time::{Duration, Instant};

use super::launch::{LaunchError, Server, Start, Target};
use super::peer::{Client, Global};
use crate::case::{Stop, Verdict, ensure, fail, skip};
use crate::protocol::{compositor, probe};
use crate::socket::seconds;
use crate::target::{Process, Template};
use crate::wire::Message;

/// The window in which a server's CPU is measured after a case.
const WINDOW: Duration = Duration::from_millis(100);
/// Ticks (10 ms) a server may use in that window beyond what it uses with no case running.
const BUSY: u64 = 2;
/// How often a busy window is measured again: work still under way ends, a spin does not.
const WINDOWS: usize = 4;

/// What a server case gets.
#[derive(Debug)]
pub struct Fixture {
    /// The server under test.
    pub server: Server,
    /// Where it came from.
    pub target: Target,
    innocent: Client,
    offered: Vec<Global>,
    idle_ticks: u64,
}

impl Fixture {
    /// Brings the target up, waits until it has settled, and connects the innocent client.
    ///
    /// # Errors
    /// When the target does not come up or does not answer the innocent client.
    pub fn new(target: &Target) -> Result<Self, FixtureError> {
        let server = Server::start(&target.start)?;
        let mut innocent = Client::connect(&server.path, target.patience).map_err(LaunchError::Socket)?;
        let (_, offered) = innocent.registry()?;
        let mut fixture = Self { server, target: target.clone(), innocent, offered, idle_ticks: 0 };
        fixture.settle()?;
        Ok(fixture)
    }

    /// The globals of the server, as they were at the start.
    #[must_use]
    pub fn offered(&self) -> &[Global] {
        &self.offered
    }

    /// How long each answer may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.target.patience
    }

    /// The socket of the server.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.server.path
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> Process {
        self.server.process
    }

    /// A new client that has done nothing yet.
    ///
    /// # Errors
    /// When the server cannot be connected to.
    pub fn client(&self) -> Result<Client, Stop> {
        Ok(Client::connect(self.path(), self.patience())?)
    }

    /// The command that starts a server like this one.
    ///
    /// # Errors
    /// [`Stop::Skip`] when the kit did not start it.
    pub fn template(&self) -> Result<Template, Stop> {
        match &self.target.start {
            Start::Command(template) => Ok(template.clone()),
            Start::Socket(_) => skip("the kit did not start this server"),
        }
    }

    /// The same, for cases about the name of its socket.
    ///
    /// # Errors
    /// [`Stop::Skip`] also when the command does not take a name.
    pub fn named_template(&self) -> Result<Template, Stop> {
        let template = self.template()?;
        if template.mentions("{socket}") || template.mentions("{name}") {
            Ok(template)
        } else {
            skip("the command names no socket")
        }
    }

    /// Requires that a client of the server at `path`, whichever that is, is answered.
    ///
    /// # Errors
    /// When it is not.
    pub fn serves(&self, path: &Path) -> Verdict {
        Client::connect(path, self.patience())?.lives()
    }

    /// The global of that interface in at least that version.
    ///
    /// # Errors
    /// [`Stop::Skip`] when the server does not offer it.
    pub fn need(&self, interface: &str, version: u32) -> Result<Global, Stop> {
        let found = self.offered.iter().find(|global| global.interface == interface);
        match found {
            None => skip(format!("the server offers no {interface}")),
            Some(global) if global.version < version => {
                skip(format!("the server offers {interface} in version {} only", global.version))
            }
            Some(global) => Ok(global.clone()),
        }
    }

    /// A new client with `interface` bound at `version`. Returns the object's id.
    ///
    /// # Errors
    /// [`Stop::Skip`] when the server does not offer it, [`Stop::Fail`] when it refuses.
    pub fn bound(&self, interface: &str, version: u32) -> Result<(Client, u32), Stop> {
        self.need(interface, version)?;
        let mut client = self.client()?;
        let (registry, globals) = client.registry()?;
        let Some(global) = globals.iter().find(|global| global.interface == interface) else {
            return fail(format!("{interface} has left the registry"));
        };
        let id = client.bind(registry, global.name, interface, version)?;
        client.lives()?;
        Ok((client, id))
    }

    /// A new client with a probe bound at `version`.
    ///
    /// # Errors
    /// As [`Fixture::bound`].
    pub fn probe(&self, version: u32) -> Result<(Client, u32), Stop> {
        self.bound(probe::NAME, version)
    }

    /// A new client with a `wl_surface`, made by a `wl_compositor` bound at `version`.
    ///
    /// # Errors
    /// As [`Fixture::bound`].
    pub fn surface(&self, version: u32) -> Result<(Client, u32), Stop> {
        let (mut client, compositor) = self.bound("wl_compositor", version)?;
        let surface = client.fresh();
        client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(surface))?;
        client.lives()?;
        Ok((client, surface))
    }

    /// Asks the innocent client to sync and returns how long the answer took.
    ///
    /// # Errors
    /// When it is not answered in time, or its connection has ended.
    pub fn check_liveness(&mut self) -> Result<Duration, Stop> {
        let asked = Instant::now();
        match self.innocent.sync() {
            Ok(_) => Ok(asked.elapsed()),
            Err(Stop::Fail(observed)) => fail(format!("the innocent client: {observed}")),
            Err(skip) => Err(skip),
        }
    }

    /// How many fds the server has open now.
    ///
    /// # Errors
    /// When it is gone.
    pub fn fds(&self) -> Result<usize, Stop> {
        self.process().fd_count().map_err(|error| Stop::Fail(format!("the server cannot be looked at: {error}")))
    }

    /// Resident memory of the server in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn resident(&self) -> Result<u64, Stop> {
        self.process().resident().map_err(|error| Stop::Fail(format!("the server cannot be looked at: {error}")))
    }

    /// Lets the innocent client sync until `condition` holds. Each round proves that the server has looked at all its sockets
    /// once more, so no time is waited away.
    ///
    /// # Errors
    /// When it does not hold within the patience (`what` says what was waited for), or the innocent client dies.
    pub fn until(
        &mut self,
        what: impl FnOnce() -> String,
        mut condition: impl FnMut(&Self) -> Result<bool, Stop>,
    ) -> Verdict {
        let deadline = Instant::now() + self.patience();
        while !condition(self)? {
            if Instant::now() > deadline {
                return fail(format!("{} not within {}", what(), seconds(self.patience())));
            }
            self.check_liveness()?;
        }
        Ok(())
    }

    /// What has to hold after every case: the server lives, the innocent client is answered, the fds are back at `fds`, the CPU
    /// is idle.
    ///
    /// # Errors
    /// [`Stop::Fail`] naming what does not hold.
    pub fn aftermath(&mut self, fds: usize) -> Verdict {
        if let Err(stop) = self.check_liveness() {
            return match self.server.exit_report(self.patience()) {
                Some(exit_report) => fail(format!("the server has ended: {exit_report}")),
                None => Err(stop),
            };
        }
        let mut now = fds;
        let back = self.until(String::new, |fixture| {
            now = fixture.fds()?;
            Ok(now <= fds)
        });
        if now > fds {
            return fail(format!("{} fds are left in the server", now - fds));
        }
        back?;
        self.idle()
    }

    /// Requires that the server's CPU comes to rest.
    ///
    /// # Errors
    /// When it does not.
    pub fn idle(&self) -> Verdict {
        let mut ticks = 0;
        for _ in 0..WINDOWS {
            ticks = self.process().cpu_ticks_during(WINDOW)?;
            if ticks <= self.idle_ticks + BUSY {
                return Ok(());
            }
        }
        fail(format!("the server is busy: {} ms of CPU in {}", ticks * 10, seconds(WINDOW)))
    }

    /// Waits until the server has stopped opening fds and using CPU, and notes what it uses at rest.
    fn settle(&mut self) -> Verdict {
        let mut quiet = 0;
        let mut fds = self.fds()?;
        for _ in 0..50 {
            self.idle_ticks = self.process().cpu_ticks_during(WINDOW)?;
            let now = self.fds()?;
            quiet = if now == fds && self.idle_ticks <= BUSY { quiet + 1 } else { 0 };
            fds = now;
            if quiet == 3 {
                return Ok(());
            }
        }
        // A server that animates by itself never gets quiet; what it used last is its rest.
        ensure(self.idle_ticks < 9, || "the server is busy before any case has run".to_owned())
    }
}

/// Why there is no fixture.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// The server does not come up.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// It comes up but does not serve the innocent client.
    #[error("the target does not serve a first client: {observed}")]
    LivenessCheck {
        /// What it did.
        observed: String,
    },
}

impl From<Stop> for FixtureError {
    fn from(stop: Stop) -> Self {
        let (Stop::Fail(observed) | Stop::Skip(observed)) = stop;
        Self::LivenessCheck { observed }
    }
}
