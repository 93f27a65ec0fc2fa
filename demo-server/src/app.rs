//! The compositor: the desktop, its clients, and the clock that draws frames.
//!
//! Knows when a frame is due and who is told; how requests become windows is the
//! front ends' business, where frames go that of `outputs`.

use std::time::{Duration, Instant};

use calloop::LoopHandle;
use calloop::timer::{TimeoutAction, Timer};
use wayline::{Backlog, ClientId, Disconnect, HasServer, Server};

use crate::buffers::Quotas;
use crate::native::state::{AttachedBuffer, State as NativeState};
use crate::outputs::Screen;
use crate::protocol::WaySurface;
use crate::wayland::picture::Picture as WaylandPicture;
use crate::wayland::protocol::WlSurface;
use crate::wayland::state::State as WaylandState;
use wayline_desktop::{AccessError, Action, Desktop, Effect, Pixels, Touch};

/// What ends the program early: the text for people.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Rate of the screen, in thousandths of a hertz.
pub(crate) const REFRESH_MILLIHERTZ: i32 = 60_000;

/// Time between two frames.
pub(crate) const PERIOD: Duration = Duration::from_nanos(1_000_000_000_000 / REFRESH_MILLIHERTZ as u64);

/// Who a surface belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Native(WaySurface),
    Wayland(WlSurface),
}

impl wayline_desktop::Owner for Owner {
    type Client = ClientId;

    fn client(self) -> ClientId {
        match self {
            Owner::Native(surface) => surface.client(),
            Owner::Wayland(surface) => surface.client(),
        }
    }
}

/// What a surface shows.
#[derive(Debug)]
pub(crate) enum Picture {
    Native(AttachedBuffer),
    Wayland(WaylandPicture),
}

impl Pixels for Picture {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        match self {
            Picture::Native(buffer) => buffer.read(offset, into),
            Picture::Wayland(picture) => picture.read(offset, into),
        }
    }

    fn reads_across_rows(&self) -> bool {
        match self {
            Picture::Native(buffer) => buffer.reads_across_rows(),
            Picture::Wayland(picture) => picture.reads_across_rows(),
        }
    }
}

/// When a frame of the screen was due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    pub(crate) due: Instant,
    /// Periods of the screen from the start until then.
    pub(crate) retrace: u64,
}

/// A front end: it serves clients that speak one family of protocols.
pub(crate) trait FrontEnd: Sync {
    /// Tells the owner of a surface what has happened, if it is a client of this front end.
    fn deliver(&self, app: &mut App, owner: Owner, effect: Effect);

    /// A frame was drawn.
    fn presented(&self, app: &mut App, tick: Tick);

    /// The memory behind a surface could not be read: its client broke the contract of the buffer.
    fn unreadable(&self, app: &mut App, owner: Owner, text: &str);

    /// A client that was behind reads again.
    fn caught_up(&self, app: &mut App, client: ClientId);

    /// A client is gone, and its objects are.
    fn disconnected(&self, app: &mut App, client: ClientId);

    /// A key goes down or up, whoever has the keyboard.
    fn key(&self, app: &mut App, code: u32, pressed: bool) {
        let _ = (app, code, pressed);
    }

    /// There is a touch screen now.
    fn touch_plugged(&self, app: &mut App) {
        let _ = app;
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
    pub(crate) desktop: Desktop<Owner, Picture>,
    pub(crate) events: LoopHandle<'static, App>,
    pub(crate) quotas: Quotas,
    pub(crate) native: NativeState,
    pub(crate) wayland: WaylandState,
    /// Frame callbacks that the next frame answers.
    pub(crate) frames: Vec<wayline::WlCallback>,
    pub(crate) tally: Tally,
    pub(crate) screen: Screen,
    front_ends: &'static [&'static dyn FrontEnd],
    start: Instant,
    /// Periods of the screen from the start to the latest frame.
    retrace: u64,
    scheduled: bool,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn caught_up(&mut self, client: ClientId) {
        self.each_front_end(|front_end, app| front_end.caught_up(app, client));
    }

    fn slow_peer(&mut self, client: ClientId, backlog: Backlog) {
        let Backlog { bytes, fds, stalled, .. } = backlog;
        tracing::warn!("{client:?} has not read for {stalled:.1?}: {bytes} bytes and {fds} fds wait for it");
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        self.quotas.remove(&client);
        self.each_front_end(|front_end, app| front_end.disconnected(app, client));
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
    pub(crate) fn new(
        server: Server<App>,
        size: (u32, u32),
        events: LoopHandle<'static, App>,
        screen: Screen,
        front_ends: &'static [&'static dyn FrontEnd],
    ) -> App {
        App {
            server,
            desktop: Desktop::new(size),
            events,
            quotas: Quotas::new(),
            native: NativeState::default(),
            wayland: WaylandState::default(),
            frames: Vec::new(),
            tally: Tally::default(),
            screen,
            front_ends,
            start: Instant::now(),
            retrace: 0,
            scheduled: false,
        }
    }

    fn each_front_end(&mut self, mut act: impl FnMut(&'static dyn FrontEnd, &mut App)) {
        for front_end in self.front_ends {
            act(*front_end, self);
        }
    }

    /// Milliseconds since the start, as events carry them.
    pub(crate) fn time(&self) -> u32 {
        self.start.elapsed().as_millis() as u32
    }

    /// Lets a device of the user act.
    pub(crate) fn input(&mut self, action: Action) {
        match action {
            Action::Key { code, pressed } => self.each_front_end(|front_end, app| front_end.key(app, code, pressed)),
            Action::Touch(_) if !self.desktop.has_touch() => {
                self.desktop.input(Action::Touch(Touch::Plug));
                self.each_front_end(FrontEnd::touch_plugged);
            }
            _ => {}
        }
        self.desktop.input(action);
        self.settle();
    }

    /// Tells clients what has become of what was asked of the desktop. To be called before a handler sends what must
    /// come after that, and at its end.
    pub(crate) fn settle(&mut self) {
        self.desktop.refresh_early();
        while let Some((owner, effect)) = self.desktop.next_effect() {
            self.each_front_end(|front_end, app| front_end.deliver(app, owner, effect));
        }
        if let Screen::Nested(window) = &mut self.screen {
            window.rename(self.desktop.active_title());
        }
        if self.desktop.is_changed() {
            self.schedule();
        }
    }

    /// Sees to it that a frame is drawn at the next tick of the screen. Nothing
    /// is drawn, and nobody wakes up, while nothing changes.
    pub(crate) fn schedule(&mut self) {
        if self.scheduled {
            return;
        }
        let passed = self.start.elapsed().as_nanos() / PERIOD.as_nanos();
        let retrace = (passed as u64).max(self.retrace) + 1;
        let due = self.start + periods(retrace);
        let inserted = self.events.insert_source(Timer::from_deadline(due), move |_, (), app: &mut App| {
            app.scheduled = false;
            app.retrace = retrace;
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
        let (composed, broken) = self.desktop.compose();
        for (owner, error) in broken {
            let text = error.to_string();
            self.each_front_end(|front_end, app| front_end.unreadable(app, owner, &text));
        }
        if !composed.damage.is_empty() {
            self.tally.composed += 1;
            self.screen.show(self.desktop.frame(), &composed.damage);
        }
        let tick = Tick { due: self.start + periods(self.retrace), retrace: self.retrace };
        self.each_front_end(|front_end, app| front_end.presented(app, tick));
        let frames = std::mem::take(&mut self.frames);
        self.answer_frames(frames);
        self.settle();
    }

    /// Answers frame callbacks.
    pub(crate) fn answer_frames(&mut self, frames: impl IntoIterator<Item = wayline::WlCallback>) {
        let time = self.time();
        for callback in frames {
            // The client may be gone.
            let _ = callback.done(&mut self.server, time);
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
            window.show(self.desktop.frame(), &[]);
        }
        for action in turn.input {
            self.input(action);
        }
        if turn.closed {
            self.server.stop();
        }
    }
}

/// So many periods of the screen.
fn periods(count: u64) -> Duration {
    Duration::from_nanos(PERIOD.as_nanos() as u64 * count)
}
