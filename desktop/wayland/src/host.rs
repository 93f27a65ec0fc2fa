//! What the front end asks of an application.

use std::time::Instant;

use calloop::timer::{TimeoutAction, Timer};
use wayline::server::Delegate;
use wayline::{ClientId, HasServer, Server};
use wayline_desktop::{Desktop, Effect, Owner, Pixels, SurfaceId};

use crate::picture::Picture;
use crate::protocol::{
    WlBuffer, WlCompositor, WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, WlKeyboard, WlOutput,
    WlPointer, WlRegion, WlSeat, WlShm, WlShmPool, WlSubcompositor, WlSubsurface, WlSurface, WlTouch, XdgPopup,
    XdgPositioner, XdgSurface, XdgToplevel, XdgWmBase, ZxdgShellV6,
};
use crate::state::State;

/// Answers the requests of all interfaces of this crate; see [`delegate!`](crate::delegate).
#[derive(Debug)]
pub struct Wayland;

/// The owner of a surface, for a compositor that has no other front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaylandOwner(pub WlSurface);

wayline::carry!(struct WaylandOwner(0));

impl Owner for WaylandOwner {
    type Client = ClientId;

    fn client(self) -> ClientId {
        self.0.client()
    }
}

impl From<WlSurface> for WaylandOwner {
    fn from(surface: WlSurface) -> WaylandOwner {
        WaylandOwner(surface)
    }
}

impl From<WaylandOwner> for Option<WlSurface> {
    fn from(owner: WaylandOwner) -> Option<WlSurface> {
        Some(owner.0)
    }
}

/// The parts of an application that the front end works on.
pub struct Parts<'a, A: Host> {
    /// Where the messages go.
    pub server: &'a mut Server<A>,
    /// What is on the screen.
    pub desktop: &'a mut Desktop<A::Owner, A::Picture>,
    /// The state of the front end.
    pub wayland: &'a mut State<A>,
}

/// Something that a client asks for its window, and that a compositor may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To fill the part of the screen where windows are put, or to stop that.
    Maximise(bool),
    /// To fill the screen, or to stop that.
    Fullscreen(bool),
    /// To follow the pointer or finger that is down on it.
    Move,
    /// To have an edge follow the pointer or finger that is down on it.
    Resize,
}

/// An application with a screen for Wayland clients. Three methods have to be written;
/// [`delegate!`](crate::delegate) writes the other bounds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hands Wayland to `wayline_desktop_wayland`, and does not implement its `Host`",
    label = "the front end asks `{Self}` for `wayline_desktop_wayland::Host`"
)]
pub trait Host:
    HasServer
    + Delegate<WlCompositor, To = Wayland>
    + Delegate<WlRegion, To = Wayland>
    + Delegate<WlSurface, To = Wayland>
    + Delegate<WlSubcompositor, To = Wayland>
    + Delegate<WlSubsurface, To = Wayland>
    + Delegate<WlShm, To = Wayland>
    + Delegate<WlShmPool, To = Wayland>
    + Delegate<WlBuffer, To = Wayland>
    + Delegate<WlOutput, To = Wayland>
    + Delegate<WlSeat, To = Wayland>
    + Delegate<WlPointer, To = Wayland>
    + Delegate<WlKeyboard, To = Wayland>
    + Delegate<WlTouch, To = Wayland>
    + Delegate<WlDataDeviceManager, To = Wayland>
    + Delegate<WlDataDevice, To = Wayland>
    + Delegate<WlDataSource, To = Wayland>
    + Delegate<WlDataOffer, To = Wayland>
    + Delegate<XdgWmBase, To = Wayland>
    + Delegate<XdgPositioner, To = Wayland>
    + Delegate<XdgSurface, To = Wayland>
    + Delegate<XdgToplevel, To = Wayland>
    + Delegate<XdgPopup, To = Wayland>
    + Delegate<ZxdgShellV6, To = Wayland>
{
    /// Whose a surface is: [`WaylandOwner`], unless there are other front ends beside this one.
    type Owner: Owner<Client = ClientId> + From<WlSurface> + Into<Option<WlSurface>>;

    /// What a surface shows: [`Picture`], unless there are other front ends beside this one.
    type Picture: Pixels + From<Picture>;

    /// The parts that the front end works on.
    fn parts(&mut self) -> Parts<'_, Self>;

    /// Tells the owner of a surface what has happened: by [`deliver`](crate::deliver), if it is a Wayland client.
    fn deliver(&mut self, owner: Self::Owner, effect: Effect);

    /// Draws a frame, by [`draw`](crate::draw), and shows it to people. Called by the event loop when something has
    /// changed, at most once in a period of the screen.
    fn draw(&mut self);

    /// A client of xdg-shell opens a window. It is about to be told its size for the first time, so this is the
    /// place to [tile](Desktop::set_tile) it.
    fn window_added(&mut self, window: SurfaceId) {
        let _ = window;
    }

    /// A window that was [added](Host::window_added) is closed, or hidden by its client.
    fn window_removed(&mut self, window: SurfaceId) {
        let _ = window;
    }

    /// Whether a client of xdg-shell gets what it asks for its window.
    fn permits(&mut self, window: SurfaceId, ask: Ask) -> bool {
        let _ = (window, ask);
        true
    }

    /// Whether a client may act as the user's keyboard and pointer, which reach whatever the user's would.
    fn permits_input(&mut self, client: ClientId) -> bool {
        let _ = client;
        true
    }

    /// Whether a client may have pictures of the screen, and so of what all others show. It is asked for each picture,
    /// or each series of them, and told that there is none if not.
    fn permits_capture(&mut self, client: ClientId) -> bool {
        let _ = client;
        true
    }

    /// Whether a client may lock the session, and so unlock it: also one that another client has locked which is gone.
    fn permits_lock(&mut self, client: ClientId) -> bool {
        let _ = client;
        true
    }

    /// The [text field](crate::text_input::field) of the client that has the keyboard is there now, was changed, or is gone.
    fn text_field_changed(&mut self) {}

    /// A client has shown a buffer of this size, in pixels.
    fn buffer_shown(&mut self, size: (u32, u32)) {
        let _ = size;
    }

    /// The memory behind a surface of another front end could not be read: its client broke the contract of the buffer.
    fn unreadable(&mut self, owner: Self::Owner, text: &str) {
        let _ = (owner, text);
    }

    /// Something may have been asked of the desktop, and clients are about to be told what has become of it. The place to
    /// ask for what follows from that.
    fn settling(&mut self) {}

    /// What is on the screen.
    fn desktop(&mut self) -> &mut Desktop<Self::Owner, Self::Picture> {
        self.parts().desktop
    }

    /// The state of the front end.
    fn wayland(&mut self) -> &mut State<Self> {
        self.parts().wayland
    }

    /// Milliseconds since the start, as events carry them.
    fn time(&mut self) -> u32 {
        self.wayland().clock.time()
    }

    /// Tells clients what has become of what was asked of the desktop, and sees to it that it is drawn. A handler calls it
    /// before it sends what must come after that, and at its end; so does whatever else calls the desktop.
    fn settle(&mut self) {
        self.desktop().refresh_early();
        self.settling();
        while let Some((owner, effect)) = self.desktop().next_effect() {
            self.deliver(owner, effect);
        }
        if self.desktop().is_changed() {
            self.schedule();
        }
    }

    /// Sees to it that a frame is drawn at the next tick of the screen. Nothing is drawn, and nobody wakes up, while
    /// nothing changes.
    fn schedule(&mut self) {
        let state = self.wayland();
        let Some(tick) = state.clock.next_frame() else { return };
        let draw = move |_: Instant, (): &mut (), app: &mut Self| {
            app.wayland().clock.begin_frame(tick);
            app.draw();
            TimeoutAction::Drop
        };
        match state.events.insert_source(Timer::from_duration(tick.left()), draw) {
            Ok(_) => state.clock.scheduled = true,
            Err(error) => tracing::error!("no timer for the next frame: {error}"),
        }
    }
}

/// The surface that has the keyboard, if it is one of this front end.
pub(crate) fn keyboard_focus<A: Host>(app: &mut A) -> Option<WlSurface> {
    let desktop = app.desktop();
    desktop.owner(desktop.keyboard_focus()?)?.into()
}

/// Hands the interfaces that every compositor has, and xdg-shell, to this crate, for an application that implements
/// [`Host`](crate::Host). What a compositor may leave out has macros of its own: see the modules.
#[macro_export]
macro_rules! delegate {
    ($app:ty) => {
        $crate::delegate!(@ $app: WlCompositor, WlRegion, WlSurface, WlSubcompositor, WlSubsurface, WlShm, WlShmPool,
            WlBuffer, WlOutput, WlSeat, WlPointer, WlKeyboard, WlTouch, WlDataDeviceManager, WlDataDevice, WlDataSource,
            WlDataOffer, XdgWmBase, XdgPositioner, XdgSurface, XdgToplevel, XdgPopup, ZxdgShellV6);
    };
    (@ $app:ty: $($interface:ident),+) => {
        $(impl $crate::wayline::server::Delegate<$crate::protocol::$interface> for $app {
            type To = $crate::Wayland;
        })+
    };
}
