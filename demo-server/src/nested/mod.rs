//! The screen as a window of another server, through our own client side.
//!
//! Knows the two buffers a window needs and what changed in them; how the host
//! is spoken to is in `native` (protocol.xml) and `wayland` (wl_* and xdg-shell).

mod native;
#[cfg(feature = "wayland")]
mod wayland;

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use wayline::Error;
use wayline::io::shm::Memory;

use crate::scene::{Frame, Rect};
use crate::script::Action;

/// Two, so that one can be drawn while the host shows the other.
const BUFFERS: usize = 2;

/// Longest wait for the host's first configure.
const PATIENCE: Duration = Duration::from_secs(5);

/// A window that shows our screen.
#[derive(Debug)]
pub(crate) enum Nested {
    Native(native::Nested),
    #[cfg(feature = "wayland")]
    Wayland(wayland::Nested),
}

/// What the user and the host did.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) input: Vec<Action>,
    /// The host has a buffer free for a frame that was left out.
    pub(crate) redraw: bool,
    pub(crate) closed: bool,
}

impl Nested {
    /// Opens a window of `size` pixels on the server at `host`.
    ///
    /// # Errors
    /// If there is no server, or one that speaks no protocol known here.
    pub(crate) fn open(host: &str, size: (u32, u32)) -> Result<Nested, Error> {
        match native::Nested::open(host, size) {
            #[cfg(feature = "wayland")]
            Err(Error::Bind(wayline::client::BindError::NotOffered { .. })) => {
                wayland::Nested::open(host, size).map(Nested::Wayland)
            }
            result => result.map(Nested::Native),
        }
    }

    /// The connection to the host, for the event loop.
    pub(crate) fn source(&mut self) -> io::Result<wayline::Source> {
        match self {
            Nested::Native(window) => window.source(),
            #[cfg(feature = "wayland")]
            Nested::Wayland(window) => window.source(),
        }
    }

    /// Handles what the host sent.
    ///
    /// # Errors
    /// Once the connection has ended.
    pub(crate) fn turn(&mut self) -> Result<Turn, Error> {
        match self {
            Nested::Native(window) => window.turn(),
            #[cfg(feature = "wayland")]
            Nested::Wayland(window) => window.turn(),
        }
    }

    /// Puts a frame into the window, unless the host still reads both buffers;
    /// then [`Turn::redraw`] asks for it later.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        let shown = match self {
            Nested::Native(window) => window.show(frame, damage),
            #[cfg(feature = "wayland")]
            Nested::Wayland(window) => window.show(frame, damage),
        };
        if let Err(error) = shown {
            tracing::warn!("the host's window: {error}");
        }
    }
}

/// The pixels of a window: two pages of one piece of memory.
#[derive(Debug)]
struct Pages {
    memory: Memory,
    stride: usize,
    /// Bytes of a page.
    size: usize,
    /// Whether the host reads the page.
    busy: [bool; BUFFERS],
    /// What changed since each page was drawn last.
    stale: [Vec<Rect>; BUFFERS],
    /// A frame came while no page was free.
    late: bool,
}

impl Pages {
    fn new((width, height): (u32, u32)) -> Result<Pages, Error> {
        let stride = width as usize * 4;
        let size = stride * height as usize;
        let memory = Memory::create("wayline-nested", size * BUFFERS)?;
        let all = vec![Rect::of_size((width, height))];
        Ok(Pages { memory, stride, size, busy: [false; BUFFERS], stale: [all.clone(), all], late: false })
    }

    /// A descriptor of the memory and its size, for the host.
    fn share(&self) -> Result<(OwnedFd, i32), Error> {
        Ok((self.memory.try_clone_fd()?, (self.size * BUFFERS) as i32))
    }

    /// Notes what changed and picks the page to draw; `None` if the host reads both.
    fn begin(&mut self, damage: &[Rect]) -> Option<usize> {
        for stale in &mut self.stale {
            stale.extend_from_slice(damage);
        }
        let free = self.busy.iter().position(|busy| !busy);
        self.late = free.is_none();
        free
    }

    /// Brings a page up to date. Returns what changed in it; the page is the host's then.
    fn draw(&mut self, page: usize, frame: &Frame) -> Result<Vec<Rect>, Error> {
        let mut bytes = Vec::new();
        let changed: Vec<Rect> =
            std::mem::take(&mut self.stale[page]).into_iter().map(|rect| rect.intersect(frame.bounds())).collect();
        for rect in &changed {
            for y in rect.top()..rect.bottom() {
                bytes.clear();
                bytes.extend(frame.row(y, rect.left(), rect.right()).iter().flat_map(|pixel| pixel.to_le_bytes()));
                let offset = page * self.size + y as usize * self.stride + rect.left() as usize * 4;
                self.memory.write(offset, &bytes)?;
            }
        }
        self.busy[page] = true;
        Ok(changed)
    }

    /// The host has given a page back.
    fn released(&mut self, page: usize) {
        self.busy[page] = false;
    }

    /// Whether a frame was left out that could be shown now; asked once.
    fn is_late(&mut self) -> bool {
        self.busy.contains(&false) && std::mem::take(&mut self.late)
    }
}
