//! The compositor: the desktop, its clients, and where frames go. How requests become windows is the front ends'
//! business; `host` puts all of it together.

use calloop::{EventLoop, LoopHandle};
use wayline::{ClientId, GlobalId, ListenerId, Server};
use wayline_desktop::Desktop;
use wayline_desktop_wayland::protocol::WlSurface;
use wayline_desktop_wayland::{Picture, State as WaylandState};

use crate::native::state::State as NativeState;
use crate::outputs::Screen;
use crate::process::Process;
use crate::protocol::WaySurface;

/// What ends the program early: the text for people.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Who a surface belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Native(WaySurface),
    Wayland(WlSurface),
}

wayline::carry!(enum Owner { 0 = Native(surface), 1 = Wayland(surface) });

impl wayline_desktop::Owner for Owner {
    type Client = ClientId;

    fn client(self) -> ClientId {
        match self {
            Owner::Native(surface) => surface.client(),
            Owner::Wayland(surface) => surface.client(),
        }
    }
}

impl From<WlSurface> for Owner {
    fn from(surface: WlSurface) -> Owner {
        Owner::Wayland(surface)
    }
}

impl From<Owner> for Option<WlSurface> {
    fn from(owner: Owner) -> Option<WlSurface> {
        match owner {
            Owner::Native(_) => None,
            Owner::Wayland(surface) => Some(surface),
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
}

wayline::carry!(struct Tally { frames, pixels_shared, pixels_captured, composed });

/// Where others may ask what clients do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControlSocket {
    pub(crate) listener: ListenerId,
    /// What is bound there, and seen by nobody else.
    pub(crate) global: GlobalId,
}

/// A loop that serves the clients of a server.
///
/// # Errors
/// If this process has no descriptor left.
pub(crate) fn serving(server: &mut Server<App>) -> Result<EventLoop<'static, App>, Failure> {
    let events = EventLoop::try_new()?;
    events.handle().insert_source(server.source()?, |(), (), app| wayline::server::turn(app))?;
    Ok(events)
}

/// The state of the loop.
pub(crate) struct App {
    pub(crate) server: Server<App>,
    pub(crate) desktop: Desktop<Owner, Picture>,
    pub(crate) events: LoopHandle<'static, App>,
    /// The loop, until it runs.
    pub(crate) unstarted: Option<EventLoop<'static, App>>,
    pub(crate) native: NativeState,
    pub(crate) wayland: WaylandState<App>,
    pub(crate) tally: Tally,
    pub(crate) screen: Screen,
    pub(crate) control: Option<ControlSocket>,
    // The last to be dropped: with the directory that the sockets are in.
    pub(crate) process: Process,
}
