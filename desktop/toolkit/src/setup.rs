//! What a window is made with.

use wayline::Client;
use wayline_pixels::PixelFormat;

/// What a window is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Which program it belongs to, for the compositor's rules and icons. The name of the desktop file without its ending.
    pub app_id: &'a str,
    /// Text for the title bar.
    pub title: &'a str,
    /// [`PixelFormat::ARGB8888`], its colours multiplied with alpha, or [`PixelFormat::XRGB8888`], without transparency.
    /// Both have four bytes for a pixel: blue, green, red, and alpha or nothing.
    pub format: PixelFormat,
}

/// Which protocol to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The native protocol where it is offered, else Wayland.
    #[default]
    Any,
    /// The core protocol of Wayland with xdg-shell, even if the native protocol is offered.
    Wayland,
}

impl Protocol {
    /// Whether the native protocol is spoken to the compositor of this connection.
    #[must_use]
    pub fn is_native<A: wayline::HasClient>(self, client: &Client<A>) -> bool {
        self == Protocol::Any && client.globals().iter().any(|global| global.interface == "way_compositor")
    }
}
