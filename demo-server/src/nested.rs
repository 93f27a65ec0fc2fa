//! The screen as a window of another compositor.
//!
//! Knows what of our frames the window has not shown yet; how windows are made,
//! and in which protocol, is the toolkit's business.

use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use wayline::Client;
use wayline_toolkit::{Damage, Error, Event, PixelFormat, Protocol, Setup, Size, StandaloneWindow};

use wayline_desktop::{Action, Frame, Rect, Scroll};

/// Longest wait for the host's first word about the window.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the window is called while nothing in it has a title.
const NAME: &str = "Wayline";

/// A window that shows our screen.
#[derive(Debug)]
pub(crate) struct Nested {
    window: StandaloneWindow,
    /// What has changed since the last frame that was shown.
    pending: Damage,
    /// The title of what has the keyboard in it.
    title: String,
}

/// What the user and the host did.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) input: Vec<Action>,
    pub(crate) closed: bool,
}

impl Nested {
    /// Opens a window on the server at `host`.
    ///
    /// # Errors
    /// If there is no server, or one that speaks no protocol known here.
    pub(crate) fn open(host: &str) -> Result<Nested, Error> {
        let setup = Setup { app_id: "wayline.demo-server", title: NAME, format: PixelFormat::XRGB8888 };
        let mut window = StandaloneWindow::open(Client::connect_to(host)?, Protocol::Any, &setup)?;
        window.listen_to_input()?;
        let mut nested = Nested { window, pending: Damage::default(), title: String::new() };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(wayline::Error::TimedOut.into());
            }
            // The screen keeps its size, whatever the host would like.
            if nested.window.wait(Some(left))?.iter().any(|event| matches!(event, Event::Configure(_))) {
                return Ok(nested);
            }
        }
    }

    /// Readable when there is something to do for [`Nested::turn`].
    pub(crate) fn poll_fd(&self) -> std::io::Result<OwnedFd> {
        self.window.as_fd().try_clone_to_owned()
    }

    /// Handles what the host sent.
    ///
    /// # Errors
    /// Once the connection has ended.
    pub(crate) fn turn(&mut self) -> Result<Turn, Error> {
        let mut turn = Turn::default();
        for event in self.window.wait(Some(Duration::ZERO))? {
            turn.input.push(match event {
                Event::Pointer { x, y } => Action::Move { x, y },
                Event::Button { code, pressed } => Action::Button { code, pressed },
                Event::Scroll { horizontal, distance } => Action::Scroll(Scroll::wheel(horizontal, distance)),
                Event::Key { code, pressed } => Action::Key { code, pressed },
                Event::Close => {
                    turn.closed = true;
                    continue;
                }
                Event::Configure(_) => {
                    self.window.commit()?;
                    continue;
                }
                // Fingers are not passed on.
                _ => continue,
            });
        }
        Ok(turn)
    }

    /// Names the window after one inside, or after itself if that has no title.
    pub(crate) fn rename(&mut self, title: &str) {
        if self.title == title {
            return;
        }
        title.clone_into(&mut self.title);
        let text = if title.is_empty() { NAME.to_owned() } else { format!("{title} – {NAME}") };
        // The host may be gone, which the next turn finds out.
        let _ = self.window.set_title(&text);
    }

    /// Whether a frame, or a part of one, was left out because the host had both
    /// buffers of the window.
    pub(crate) fn is_late(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Puts a frame into the window, of which `damage` is new, unless the host
    /// still reads both buffers; [`Nested::is_late`] then.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        self.pending.extend(damage.iter().copied());
        let (width, height) = frame.size();
        let draw = |rect: Rect, y: u32, row: &mut [u8]| {
            let pixels = frame.row(y.cast_signed(), rect.left(), rect.right());
            for (bytes, pixel) in row.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                *bytes = pixel.to_le_bytes();
            }
        };
        match self.window.present(Size::new(width, height), &self.pending, draw) {
            Ok(true) => self.pending = Damage::default(),
            Ok(false) => {}
            Err(error) => tracing::warn!("the host's window: {error}"),
        }
    }
}
