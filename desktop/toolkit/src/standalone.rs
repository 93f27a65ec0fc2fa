//! A window with a connection and an event loop of its own, whose events are asked for. For programs that speak no other
//! protocol.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use calloop::EventLoop;
use wayline::{Client, Disconnect, HasClient, Stats, client};
use wayline_pixels::{Damage, Rect};

use crate::compositor::Compositor;
use crate::error::Error;
use crate::event::Event;
use crate::host::{Host, WindowId};
use crate::setup::{Protocol, Setup};
use crate::size::Size;
use crate::window::Window;

/// How long a compositor may take to let a window go.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most events that wait for the application, four times what one read can bring. One that does not look, since it waits
/// for something else, must not pay for it in memory.
const EVENTS: usize = 1 << 15;

/// A window, and the connection that belongs to it: an application with a [`Window`] in it and nothing else.
///
/// There is no other way to wait than [`StandaloneWindow::wait`]; an outer loop can poll the window as [`AsFd`].
///
/// ```no_run
/// use wayline_toolkit::{Client, Damage, Event, PixelFormat, Protocol, Setup, Size, StandaloneWindow};
///
/// let setup = Setup { app_id: "org.example.grey", title: "Grey", format: PixelFormat::XRGB8888 };
/// let mut window = StandaloneWindow::open(Client::connect()?, Protocol::Any, &setup)?;
/// loop {
///     for event in window.wait(None)? {
///         match event {
///             Event::Configure(configure) => {
///                 let size = configure.size(Size::new(400, 300));
///                 window.present(size, &Damage::from(size), |_, _, row| row.fill(0x80))?;
///             }
///             Event::Close => return window.close(),
///             _ => {}
///         }
///     }
/// }
/// # #[allow(unreachable_code, reason = "the type of the example's closure")]
/// # Ok::<(), wayline_toolkit::Error>(())
/// ```
pub struct StandaloneWindow {
    events: EventLoop<'static, StandaloneApp>,
    app: StandaloneApp,
    compositor: Compositor<StandaloneApp>,
    window: Window,
}

/// What the connection of a [`StandaloneWindow`] belongs to.
#[derive(Debug)]
pub struct StandaloneApp {
    client: Client<StandaloneApp>,
    /// What the program has not been told yet.
    events: Vec<Event>,
}

impl StandaloneWindow {
    /// Makes a window at the compositor that `client` is connected to. It appears with its first picture, which may be
    /// presented after the first [`Event::Configure`].
    ///
    /// # Errors
    /// [`Error::Bind`] if the compositor does not offer what a window needs, and as [`Compositor::new`].
    pub fn open(
        mut client: Client<StandaloneApp>,
        protocol: Protocol,
        setup: &Setup<'_>,
    ) -> Result<StandaloneWindow, Error> {
        let events = EventLoop::try_new()?;
        let compositor = Compositor::new(&mut client, events.handle(), protocol)?;
        let window = compositor.open(&mut client, setup)?;
        Ok(StandaloneWindow { events, app: StandaloneApp { client, events: Vec::new() }, compositor, window })
    }

    /// Listens to pointers, keyboards and touch screens from now on. To be called once; where there are none, nothing
    /// happens.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn listen_to_input(&mut self) -> Result<(), Error> {
        self.compositor.listen_to_input(&mut self.app.client)
    }

    /// Sends what is queued, waits up to `timeout` (forever if `None`) and returns what came. May also return without any
    /// event, for instance when a buffer has become free.
    ///
    /// # Errors
    /// [`Error::Lost`] once the connection has ended; [`Error::Loop`] if waiting fails.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<Vec<Event>, Error> {
        let waited = self.events.dispatch(timeout, &mut self.app);
        if let Some(reason) = self.app.client.ended() {
            return Err(reason.clone().into());
        }
        waited?;
        Ok(mem::take(&mut self.app.events))
    }

    /// As [`Window::present`].
    ///
    /// # Errors
    /// As there.
    pub fn present(
        &mut self,
        size: Size,
        damage: &Damage,
        draw: impl FnMut(Rect, u32, &mut [u8]),
    ) -> Result<bool, Error> {
        self.window.present(&mut self.app.client, size, damage, draw)
    }

    /// Puts the last [`Event::Configure`] in force without a new picture.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn commit(&mut self) -> Result<(), Error> {
        self.window.commit(&mut self.app.client)?;
        self.app.client.flush();
        Ok(())
    }

    /// Changes the text of the title bar.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn set_title(&mut self, title: &str) -> Result<(), Error> {
        self.window.set_title(&mut self.app.client, title)?;
        self.app.client.flush();
        Ok(())
    }

    /// Takes the window off the screen, and waits until the compositor has done so, for half a minute at most.
    ///
    /// # Errors
    /// [`Error::Lost`] if the connection has ended; [`Error::Wayline`] if the compositor does not answer.
    pub fn close(&mut self) -> Result<(), Error> {
        self.compositor.close(&mut self.app.client, &self.window)?;
        Ok(client::roundtrip_within(&mut self.app, PATIENCE)?)
    }

    /// What crossed the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.app.client.stats()
    }

    /// Why the connection ended; `None` while it lives.
    #[must_use]
    pub fn ended(&self) -> Option<&Disconnect> {
        self.app.client.ended()
    }
}

/// Readable when [`StandaloneWindow::wait`] has something to do.
impl AsFd for StandaloneWindow {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

impl std::fmt::Debug for StandaloneWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StandaloneWindow").field("window", &self.window).finish_non_exhaustive()
    }
}

impl StandaloneApp {
    fn keep(&mut self, event: Event) {
        if self.events.len() < EVENTS {
            self.events.push(event);
        }
    }
}

impl HasClient for StandaloneApp {
    fn client(&mut self) -> &mut Client<StandaloneApp> {
        &mut self.client
    }
}

impl Host for StandaloneApp {
    fn event(&mut self, _: WindowId, event: Event) {
        self.keep(event);
    }
}

crate::delegate!(StandaloneApp);

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_flood_of_events_that_nobody_asks_for_is_not_kept() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let mut app = StandaloneApp { client: Client::from_socket(socket.into()), events: Vec::new() };
        for _ in 0..2 * EVENTS {
            app.keep(Event::Frame);
        }
        assert_eq!(app.events.len(), EVENTS);
    }
}
