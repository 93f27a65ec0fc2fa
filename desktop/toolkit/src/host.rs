//! What the toolkit asks of an application, and how the application says that it has it.

use std::os::fd::OwnedFd;

use wayline::client::Delegate;
use wayline::{Handle, HasClient};

use crate::event::Event;
use crate::protocol::{native as way, wayland as wl};

/// Takes the events of all interfaces that a window needs; see [`delegate!`](crate::delegate).
#[derive(Debug)]
pub struct Toolkit;

/// Which window an event is for: compare it with [`Window::id`](crate::Window::id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowId(Handle);

impl WindowId {
    pub(crate) fn of(surface: Handle) -> WindowId {
        WindowId(surface)
    }
}

/// An application that has windows. [`delegate!`](crate::delegate) writes the other bounds.
///
/// All methods are called from the event loop, in the order in which the compositor sent the events.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hands windows to the toolkit, and does not implement `wayline_toolkit::Host`",
    label = "the toolkit asks `{Self}` for `wayline_toolkit::Host`"
)]
pub trait Host:
    HasClient
    + Delegate<wl::WlCallback, To = Toolkit>
    + Delegate<wl::WlShm, To = Toolkit>
    + Delegate<wl::WlBuffer, To = Toolkit>
    + Delegate<wl::WlSurface, To = Toolkit>
    + Delegate<wl::WlSeat, To = Toolkit>
    + Delegate<wl::WlPointer, To = Toolkit>
    + Delegate<wl::WlKeyboard, To = Toolkit>
    + Delegate<wl::WlTouch, To = Toolkit>
    + Delegate<wl::XdgWmBase, To = Toolkit>
    + Delegate<wl::XdgSurface, To = Toolkit>
    + Delegate<wl::XdgToplevel, To = Toolkit>
    + Delegate<wl::ZxdgToplevelDecorationV1, To = Toolkit>
    + Delegate<way::WayWindow, To = Toolkit>
    + Delegate<way::WayShm, To = Toolkit>
    + Delegate<way::WayBuffer, To = Toolkit>
    + Delegate<way::WaySeat, To = Toolkit>
    + Delegate<way::WayPointer, To = Toolkit>
    + Delegate<way::WayKeyboard, To = Toolkit>
{
    /// Something happened to a window. `window` may be one that was destroyed meanwhile.
    fn event(&mut self, window: WindowId, event: Event);

    /// How codes of keys become symbols: `size` bytes of text in the format of XKB, with a NUL at the end. Called before
    /// the first key. Map it privately, or read it with `pread`: other clients have the same file.
    fn keymap(&mut self, keymap: OwnedFd, size: u32) {
        let _ = (keymap, size);
    }

    /// A callback that the application itself has asked for is done.
    fn callback(&mut self, callback: wl::WlCallback, data: u32) {
        let _ = (callback, data);
    }

    /// The compositor does not read a buffer any more that the application itself has made.
    fn released(&mut self, buffer: wl::WlBuffer) {
        let _ = buffer;
    }
}

/// Keys that were held in a window count as released when the keyboard has left it.
pub(crate) fn release_keys<A: Host>(app: &mut A, left: Option<(WindowId, Vec<u32>)>) {
    if let Some((window, codes)) = left {
        codes.into_iter().for_each(|code| app.event(window, Event::Key { code, pressed: false }));
    }
}

/// Which commit a callback belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub enum FrameOf {
    /// None of the toolkit's.
    #[default]
    Nothing,
    /// One of a window of the native protocol.
    Native(way::WayWindow),
    /// One of a window of Wayland.
    Wayland(wl::WlSurface),
}

/// Hands the interfaces that a window needs to the toolkit, for an application that implements [`Host`].
///
/// ```no_run
/// # use wayline_toolkit::{Client, Event, HasClient, Host, WindowId};
/// struct App {
///     client: Client<App>,
/// }
///
/// wayline_toolkit::delegate!(App);
/// # impl HasClient for App { fn client(&mut self) -> &mut Client<App> { &mut self.client } }
/// # impl Host for App { fn event(&mut self, _: WindowId, _: Event) {} }
/// ```
#[macro_export]
macro_rules! delegate {
    ($app:ty) => {
        $crate::delegate!(@wayland $app: WlCallback, WlShm, WlBuffer, WlSurface, WlSeat, WlPointer, WlKeyboard, WlTouch,
            XdgWmBase, XdgSurface, XdgToplevel, ZxdgToplevelDecorationV1);
        $crate::delegate!(@native $app: WayWindow, WayShm, WayBuffer, WaySeat, WayPointer, WayKeyboard);
    };
    (@$protocol:ident $app:ty: $($interface:ident),+) => {
        $(impl $crate::wayline::client::Delegate<$crate::protocol::$protocol::$interface> for $app {
            type To = $crate::Toolkit;
        })+
    };
}
