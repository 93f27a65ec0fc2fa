//! The compositor: one scene, its clients, and the clock that draws frames.
//!
//! Knows when a frame is due and who is told; how requests become views is the
//! front ends' business, where frames go that of `outputs`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use calloop::LoopHandle;
use calloop::timer::{TimeoutAction, Timer};
use wayline::{Backlog, ClientId, Disconnect, HasServer, Server};

use crate::native::{self, Capture, Devices, Quotas};
use crate::outputs::Screen;
use crate::protocol::WaySurface;
use crate::scene::{AccessError, Pixels, Scene, ViewId};
use crate::seat::Seat;
#[cfg(feature = "wayland")]
use crate::wayland;

/// Rate of the screen, in thousandths of a hertz.
pub(crate) const REFRESH_MILLIHERTZ: i32 = 60_000;

/// Time between two frames.
const PERIOD: Duration = Duration::from_nanos(1_000_000_000_000 / REFRESH_MILLIHERTZ as u64);

/// Who a view belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Native(WaySurface),
    #[cfg(feature = "wayland")]
    Wayland(wayland::WlSurface),
}

impl Target {
    pub(crate) fn client(self) -> ClientId {
        match self {
            Target::Native(surface) => surface.client(),
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => surface.client(),
        }
    }
}

/// What a view shows.
#[derive(Debug)]
pub(crate) enum Picture {
    Native(native::Shown),
    #[cfg(feature = "wayland")]
    Wayland(wayland::Picture),
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match self {
            Picture::Native(shown) => shown.read(offset, into),
            #[cfg(feature = "wayland")]
            Picture::Wayland(picture) => picture.read(offset, into),
        }
    }
}

/// What the demo reports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Buffers shown.
    pub(crate) frames: u64,
    /// Pixels of those buffers: shared, not sent.
    pub(crate) pixels_shared: u64,
    /// Pixels copied into clients' buffers on their request.
    pub(crate) pixels_captured: u64,
    /// Frames of the screen.
    pub(crate) composed: u64,
    /// Clients that ended for another reason than closing the connection.
    pub(crate) failed_clients: u64,
}

/// The state of the loop.
pub(crate) struct App {
    pub(crate) server: Server<App>,
    pub(crate) scene: Scene<Picture>,
    pub(crate) targets: HashMap<ViewId, Target>,
    pub(crate) events: LoopHandle<'static, App>,
    pub(crate) quotas: Quotas,
    pub(crate) devices: Devices,
    pub(crate) seat: Seat,
    #[cfg(feature = "wayland")]
    pub(crate) wayland: wayland::State,
    /// Frame callbacks that the next frame answers.
    pub(crate) frames: Vec<wayline::WlCallback>,
    pub(crate) captures: Vec<Capture>,
    pub(crate) tally: Tally,
    pub(crate) screen: Screen,
    start: Instant,
    last_frame: Instant,
    scheduled: bool,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn caught_up(&mut self, client: ClientId) {
        self.catch_up(client);
        #[cfg(feature = "wayland")]
        wayland::catch_up(self, client);
    }

    fn slow_peer(&mut self, client: ClientId, backlog: Backlog) {
        let Backlog { bytes, fds, stalled, .. } = backlog;
        tracing::warn!("{client:?} has not read for {stalled:.1?}: {bytes} bytes and {fds} fds wait for it");
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        self.quotas.remove(&client);
        match reason {
            // Toolkits leave without reading what is on its way to them: that is a reset.
            Disconnect::Closed | Disconnect::Reset | Disconnect::Local => tracing::info!("{client:?} left"),
            reason => {
                self.tally.failed_clients += 1;
                tracing::warn!("{client:?} dropped: {reason}");
            }
        }
    }
}

impl App {
    pub(crate) fn new(server: Server<App>, size: (u32, u32), events: LoopHandle<'static, App>, screen: Screen) -> App {
        let now = Instant::now();
        App {
            server,
            scene: Scene::new(size),
            targets: HashMap::new(),
            events,
            quotas: Quotas::new(),
            devices: Devices::default(),
            seat: Seat::default(),
            #[cfg(feature = "wayland")]
            wayland: wayland::State::default(),
            frames: Vec::new(),
            captures: Vec::new(),
            tally: Tally::default(),
            screen,
            start: now,
            last_frame: now,
            scheduled: false,
        }
    }

    /// Milliseconds since the start, as events carry them.
    pub(crate) fn time(&self) -> u32 {
        self.start.elapsed().as_millis() as u32
    }

    /// Sees to it that a frame is drawn at the next tick of the screen. Nothing
    /// is drawn, and nobody wakes up, while nothing changes.
    pub(crate) fn schedule(&mut self) {
        if self.scheduled {
            return;
        }
        let due = (self.last_frame + PERIOD).max(Instant::now());
        let inserted = self.events.insert_source(Timer::from_deadline(due), |due, (), app: &mut App| {
            app.scheduled = false;
            app.last_frame = due;
            app.draw();
            TimeoutAction::Drop
        });
        match inserted {
            Ok(_) => self.scheduled = true,
            Err(error) => tracing::error!("no timer for the next frame: {error}"),
        }
    }

    /// Draws what changed and tells everyone who waits for it.
    pub(crate) fn draw(&mut self) {
        let composed = self.scene.compose();
        for (view, error) in composed.broken {
            self.unreadable(view, &error.to_string());
        }
        if !composed.damage.is_empty() {
            self.tally.composed += 1;
            self.screen.show(self.scene.frame(), &composed.damage);
        }
        for capture in std::mem::take(&mut self.captures) {
            capture.serve(self);
        }
        native::present(self);
        #[cfg(feature = "wayland")]
        wayland::present(self);
    }

    /// The memory behind a view could not be read: its client broke the contract
    /// of the buffer.
    fn unreadable(&mut self, view: ViewId, text: &str) {
        match self.targets.get(&view).copied() {
            Some(Target::Native(surface)) => native::unreadable(self, surface, text),
            #[cfg(feature = "wayland")]
            Some(Target::Wayland(surface)) => wayland::unreadable(self, surface, text),
            None => {}
        }
    }

    /// Handles what the host of a nested screen sent. Its end stops the server in
    /// good order.
    pub(crate) fn host_turn(&mut self) {
        let Screen::Nested(window) = &mut self.screen else { return };
        let turn = match window.turn() {
            Ok(turn) => turn,
            Err(error) => {
                tracing::warn!("the window on the host: {error}");
                self.server.stop();
                return;
            }
        };
        if window.is_late() {
            window.show(self.scene.frame(), &[]);
        }
        for action in turn.input {
            self.input(action);
        }
        if turn.closed {
            self.server.stop();
        }
    }
}
