//! A window on a compositor: what the apps, and demo-server when it is nested, know of either protocol.
//! Knows pages, damage and when a picture can be shown; refuses to know what is drawn, and by which messages it travels:
//! that is in `native` (protocol.xml) and `wayland` (wl_* and xdg-shell).
//!
//! A window is two pages of shared memory that take turns. [`Window::present`] brings one of them up to date and shows it,
//! [`Window::wait`] says what came from the compositor. There is no other way to wait: the connection and, in the native
//! protocol, the fences of the pages are sources of one event loop, which an outer loop can poll as [`AsFd`].

mod damage;
mod event;
mod native;
mod page;
mod wayland;

use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use calloop::EventLoop;
use wayline::io::shm::{Layout, PixelFormat, Rect};
use wayline::protocol::{WlCallback, wl_callback};
use wayline::{Client, Disconnect, EventHandler, Handled, HasClient, SendError, Stats, client};

pub use crate::error::Error;
pub use crate::session::Host;
pub use crate::size::Size;
pub use damage::Damage;
pub use event::{Configure, Event};
use page::Page;

/// Two, so that one can be drawn while the compositor shows the other.
const PAGES: usize = 2;

/// How long a compositor may take to let a window go.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most keys that count as held: more than a keyboard has. A compositor may name as many as it likes, in each message.
const KEYS: usize = 256;

/// Most events that wait for the application, four times what one read can bring. One that does not look, since it waits
/// for something else, must not pay for it in memory.
const EVENTS: usize = 1 << 15;

/// What a window is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Which program it belongs to, for the compositor's rules and icons.
    pub app_id: &'a str,
    /// Text for the title bar.
    pub title: &'a str,
    /// [`PixelFormat::ARGB8888`], its colours multiplied with alpha, or [`PixelFormat::XRGB8888`].
    pub format: PixelFormat,
    /// Whether pointer and keyboard are of interest. A compositor without them shows the window all the same.
    pub input: bool,
}

/// A window, and the connection that belongs to it.
pub struct Window {
    events: EventLoop<'static, State>,
    state: State,
    surface: Box<dyn Surface>,
    format: PixelFormat,
    pages: [Page; PAGES],
    /// The size of the last picture.
    size: Option<Size>,
}

/// A surface in the role of a window, in one of the protocols. Its buffers have the numbers of the pages.
trait Surface {
    fn set_title(&self, client: &mut Client<State>, title: &str) -> Result<(), SendError>;

    /// Makes the memory behind `fd` the buffer of a page that nobody reads; the buffer that it had is destroyed.
    fn share(&mut self, client: &mut Client<State>, page: usize, fd: OwnedFd, layout: &Layout) -> Result<(), Error>;

    /// Shows a page, and asks for [`Event::Shown`]. The pixels are complete when `draw` has returned, which is called once.
    fn present(
        &mut self,
        client: &mut Client<State>,
        page: usize,
        damage: &[Rect],
        draw: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Commits without a new picture.
    fn commit(&self, client: &mut Client<State>) -> Result<(), SendError>;

    fn destroy(&self, client: &mut Client<State>) -> Result<(), SendError>;
}

/// What the handlers of both protocols write into.
struct State {
    client: Client<State>,
    /// What the application has not been told yet.
    events: Vec<Event>,
    /// Which pages are ours: the compositor reads the others.
    free: [bool; PAGES],
    /// Codes of the keys that are held down.
    keys: Vec<u32>,
    wayland: wayland::State,
}

impl Window {
    /// Connects to a compositor and makes a window there. It appears with its first picture, which may be presented after
    /// the first [`Event::Configure`].
    ///
    /// # Errors
    /// [`Error::Connect`], whose text says what to do; [`Error::Bind`] if the compositor does not offer what a window
    /// needs.
    pub fn open(host: Host<'_>, setup: &Setup<'_>) -> Result<Window, Error> {
        let events = EventLoop::try_new()?;
        let mut state = State {
            client: host.connect()?,
            events: Vec::new(),
            free: [true; PAGES],
            keys: Vec::new(),
            wayland: wayland::State::default(),
        };
        let turn = |(), (): &mut (), state: &mut State| {
            // Why a connection ended is asked for in `wait`, by its type.
            let _ = client::turn(state);
            Ok(())
        };
        events.handle().insert_source(state.client.source()?, turn).map_err(|error| error.error)?;
        let surface: Box<dyn Surface> = if host.is_native(&state.client) {
            Box::new(native::Surface::new(&mut state.client, &events.handle(), setup)?)
        } else {
            Box::new(wayland::Surface::new(&mut state.client, setup)?)
        };
        let pages = [Page::default(), Page::default()];
        Ok(Window { events, state, surface, format: setup.format, pages, size: None })
    }

    /// Sends what is queued, waits up to `timeout` (forever if `None`) and returns what came. May also return without any
    /// event, for instance when a page has become free.
    ///
    /// # Errors
    /// [`Error::Lost`] once the connection has ended; [`Error::Loop`] if waiting fails.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<Vec<Event>, Error> {
        self.events.dispatch(timeout, &mut self.state)?;
        match self.state.client.ended() {
            Some(reason) => Err(reason.clone().into()),
            None => Ok(mem::take(&mut self.state.events)),
        }
    }

    /// Shows a picture of `size`, which differs from the one shown before by `damage`; all of it counts as damaged if there
    /// was none, or one of another size. `draw` gets a rectangle, the number of a row that crosses it, and the pixels to be
    /// filled; it is called for all rows of what this page has missed, which may be more than the damage.
    ///
    /// Returns `false`, and does nothing, if the compositor still reads both pages. It makes sense to try again after any
    /// [`Window::wait`], with the damage of both times.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or that requests cannot be sent or memory cannot be had.
    pub fn present(
        &mut self,
        size: Size,
        damage: &Damage,
        mut draw: impl FnMut(Rect, u32, &mut [u8]),
    ) -> Result<bool, Error> {
        let Some(index) = self.state.free.iter().position(|free| *free) else { return Ok(false) };
        let all = Damage::from(size);
        let mut damage = damage;
        if self.size != Some(size) {
            self.size = Some(size);
            self.pages = [Page::default(), Page::default()];
            damage = &all;
        }
        for page in &mut self.pages {
            page.miss(damage);
        }
        let client = &mut self.state.client;
        let page = &mut self.pages[index];
        if let Some((fd, layout)) = page.renew(size, self.format)? {
            self.surface.share(client, index, fd, &layout)?;
        }
        self.state.free[index] = false;
        self.surface.present(client, index, damage.rects(), &mut || page.catch_up(&mut draw))?;
        client.flush();
        Ok(true)
    }

    /// Puts the last [`Event::Configure`] in force without a new picture.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn commit(&mut self) -> Result<(), Error> {
        self.surface.commit(&mut self.state.client)?;
        self.state.client.flush();
        Ok(())
    }

    /// Changes the text of the title bar.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn set_title(&mut self, title: &str) -> Result<(), Error> {
        self.surface.set_title(&mut self.state.client, title)?;
        self.state.client.flush();
        Ok(())
    }

    /// Takes the window off the screen, and waits until the compositor has done so, for half a minute at most.
    ///
    /// # Errors
    /// [`Error::Lost`] if the connection has ended; [`Error::Wayline`] if the compositor does not answer.
    pub fn close(&mut self) -> Result<(), Error> {
        self.surface.destroy(&mut self.state.client)?;
        Ok(client::roundtrip_within(&mut self.state, PATIENCE)?)
    }

    /// What crossed the connection so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.state.client.stats()
    }

    /// Why the connection ended; `None` while it lives.
    #[must_use]
    pub fn ended(&self) -> Option<&Disconnect> {
        self.state.client.ended()
    }
}

/// Readable when [`Window::wait`] has something to do.
impl AsFd for Window {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").field("size", &self.size).field("free", &self.state.free).finish_non_exhaustive()
    }
}

impl State {
    fn key(&mut self, code: u32, pressed: bool) {
        self.keys.retain(|held| *held != code);
        if pressed && self.keys.len() < KEYS {
            self.keys.push(code);
        }
        self.tell(Event::Key { code, pressed });
    }

    /// The keyboard has come to the window, with these keys held down. What was known before is no longer true.
    fn hold_keys(&mut self, codes: impl Iterator<Item = u32>) {
        self.release_keys();
        self.keys.extend(codes.take(KEYS));
    }

    /// Leaves word for the application.
    fn tell(&mut self, event: Event) {
        if self.events.len() < EVENTS {
            self.events.push(event);
        }
    }

    /// The keyboard has left the window: all keys count as released.
    fn release_keys(&mut self) {
        for code in mem::take(&mut self.keys) {
            self.tell(Event::Key { code, pressed: false });
        }
    }
}

impl HasClient for State {
    fn client(&mut self) -> &mut Client<State> {
        &mut self.client
    }
}

impl EventHandler<WlCallback> for State {
    type Data = ();

    /// The frame callback of a commit.
    fn event(&mut self, _: WlCallback, _: wl_callback::Event) -> Handled {
        self.tell(Event::Shown);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_flood_of_keys_and_events_is_not_kept() {
        let (socket, _peer) = UnixStream::pair().unwrap();
        let mut state = State {
            client: Client::from_socket(socket.into()),
            events: Vec::new(),
            free: [true; PAGES],
            keys: Vec::new(),
            wayland: wayland::State::default(),
        };
        for _ in 0..1000 {
            state.hold_keys(0..1000);
        }
        (0..1000).for_each(|code| state.key(code, true));
        assert_eq!(state.keys.len(), KEYS);
        for _ in 0..2 * EVENTS {
            state.tell(Event::Shown);
        }
        assert_eq!(state.events.len(), EVENTS);
        state.events.clear();
        state.hold_keys([3, 4].into_iter());
        state.events.clear();
        state.release_keys();
        assert_eq!(state.events, [3, 4].map(|code| Event::Key { code, pressed: false }));
    }
}
