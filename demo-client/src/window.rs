//! A window of the native protocol: a surface in that role, and what the compositor wants of it.
//! Knows the messages of `way_compositor` and `way_window`; refuses to know what is drawn.

use wayline::{Client, EventHandler, SendError};

use crate::error::Error;
use crate::protocol::way_window::{self, State};
use crate::protocol::{WayCompositor, WayShm, WaySurface, WayWindow};
use crate::size::{MAX_SIDE, Size};

/// What all apps with a window can be told.
#[derive(clap::Args)]
pub(crate) struct WindowOptions {
    /// Text for the title bar.
    #[arg(long)]
    pub(crate) title: Option<String>,

    /// Size of the window where the compositor leaves it to the app.
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    pub(crate) size: Option<Size>,
}

/// A surface, its role, and the global that its buffers are made with.
pub(crate) struct Window {
    pub(crate) surface: WaySurface,
    pub(crate) shm: WayShm,
    role: WayWindow,
}

impl Window {
    /// Makes a window, which the compositor configures. It appears with its first picture. The globals must be known.
    ///
    /// # Errors
    /// [`Error::Bind`] if this is no Wayline compositor.
    pub(crate) fn open<A>(client: &mut Client<A>, app_id: &str, title: &str) -> Result<Window, Error>
    where
        A: EventHandler<WayWindow> + EventHandler<WayShm>,
    {
        let compositor = client.bind::<WayCompositor>(1)?;
        let shm = client.bind::<WayShm>(1)?;
        let surface = compositor.create_surface(client)?;
        let role = compositor.create_window(client, surface)?;
        role.set_app_id(client, app_id)?;
        role.set_title(client, title)?;
        Ok(Window { surface, shm, role })
    }

    /// Promises that the next commit is made for the configuration with this serial.
    pub(crate) fn acknowledge<A>(&self, client: &mut Client<A>, configure: Configure) -> Result<(), SendError>
    where
        A: EventHandler<WayWindow>,
    {
        self.role.ack_configure(client, configure.serial)
    }

    /// Changes the text of the title bar.
    pub(crate) fn set_title<A: EventHandler<WayWindow>>(
        &self,
        client: &mut Client<A>,
        title: &str,
    ) -> Result<(), SendError> {
        self.role.set_title(client, title)
    }

    /// Takes the window off the screen, and gives its buffers back.
    pub(crate) fn close<A: EventHandler<WayWindow>>(self, client: &mut Client<A>) -> Result<(), SendError> {
        self.role.destroy(client)?;
        self.surface.destroy(client)
    }
}

/// What the compositor has asked of a window and the app has not done yet.
#[derive(Default)]
pub(crate) struct Wishes {
    /// The latest configuration; it replaces those before it.
    pub(crate) configure: Option<Configure>,
    /// The user wants the window closed.
    pub(crate) close: bool,
}

impl Wishes {
    /// Notes an event, for the app to act on when it has read all that came.
    pub(crate) fn note(&mut self, event: &way_window::Event<'_>) {
        match *event {
            way_window::Event::Configure { serial, width, height, states } => {
                let (words, _) = states.as_chunks::<4>();
                let mut states = words.iter().map(|word| State(u32::from_ne_bytes(*word)));
                let obey = states.any(|state| matches!(state, State::MAXIMIZED | State::FULLSCREEN));
                self.configure = Some(Configure { serial, width: side(width), height: side(height), obey });
            }
            way_window::Event::Close => self.close = true,
        }
    }
}

/// A side of a window, if the compositor gives one.
fn side(length: i32) -> Option<u32> {
    u32::try_from(length).ok().filter(|&length| length > 0).map(|length| length.min(MAX_SIDE))
}

/// A size for a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configure {
    serial: u32,
    /// `None` leaves it to the app.
    pub(crate) width: Option<u32>,
    /// `None` leaves it to the app.
    pub(crate) height: Option<u32>,
    /// Whether the size is more than advice.
    pub(crate) obey: bool,
}

impl Configure {
    /// The size to take if the app prefers `own`.
    pub(crate) fn size(&self, own: Size) -> Size {
        Size::new(self.width.unwrap_or(own.width), self.height.unwrap_or(own.height))
    }
}

#[cfg(test)]
mod tests {
    use super::{Configure, Wishes, way_window};
    use crate::size::Size;

    fn configure(width: i32, height: i32, states: &[u32]) -> Configure {
        let states: Vec<u8> = states.iter().flat_map(|state| state.to_ne_bytes()).collect();
        let mut wishes = Wishes::default();
        wishes.note(&way_window::Event::Configure { serial: 7, width, height, states: &states });
        wishes.configure.unwrap()
    }

    #[test]
    fn zero_and_nonsense_leave_the_size_to_the_app() {
        let own = Size::new(400, 300);
        assert_eq!(configure(0, 0, &[]).size(own), own);
        assert_eq!(configure(-5, 200, &[]).size(own), Size::new(400, 200));
        assert_eq!(configure(800, i32::MAX, &[]).size(own), Size::new(800, 16384));
    }

    #[test]
    fn maximized_and_fullscreen_windows_obey() {
        assert!(!configure(9, 9, &[]).obey);
        assert!(!configure(9, 9, &[1, 4, 77]).obey);
        assert!(configure(9, 9, &[1, 2]).obey);
        assert!(configure(9, 9, &[3]).obey);
    }

    #[test]
    fn the_latest_configuration_counts() {
        let mut wishes = Wishes::default();
        for serial in [1, 2] {
            wishes.note(&way_window::Event::Configure { serial, width: 0, height: 0, states: &[] });
        }
        assert_eq!(wishes.configure.map(|configure| configure.serial), Some(2));
        assert!(!wishes.close);
        wishes.note(&way_window::Event::Close);
        assert!(wishes.close);
    }
}
