//! The screen as a window of another compositor.
//!
//! Knows what of our frames the window has not shown yet; how windows are made,
//! and in which protocol, is the toolkit's business.

use std::os::fd::{AsFd, OwnedFd};
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
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            // The screen keeps its size, whatever the host would like.
            if nested.window.wait(Some(left))?.iter().any(|event| matches!(event, Event::Configure(_))) {
                return Ok(nested);
            }
        }
        Err(wayline::Error::TimedOut.into())
    }

    /// Readable when there is something to do for [`Nested::turn`].
    pub(crate) fn poll_fd(&self) -> std::io::Result<OwnedFd> {
        self.window.as_fd().try_clone_to_owned()
    }

    /// What the user did, since the host sent it; `None` once the window is closed.
    ///
    /// # Errors
    /// Once the connection has ended.
    pub(crate) fn turn(&mut self) -> Result<Option<Vec<Action>>, Error> {
        let mut actions = Vec::new();
        for event in self.window.wait(Some(Duration::ZERO))? {
            match event {
                Event::Pointer { x, y } => actions.push(Action::Move { x, y }),
                Event::Button { code, pressed } => actions.push(Action::Button { code, pressed }),
                Event::Scroll { horizontal, distance } => {
                    actions.push(Action::Scroll(Scroll::wheel(horizontal, distance)));
                }
                Event::Key { code, pressed } => actions.push(Action::Key { code, pressed }),
                Event::Configure(_) => self.window.commit()?,
                Event::Close => return Ok(None),
                // Fingers are not passed on.
                _ => {}
            }
        }
        Ok(Some(actions))
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

    /// Puts a frame into the window, of which `damage` is new. What is left out because the host still reads both buffers
    /// of the window is shown with the next frame, or the same once more.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        self.pending.extend(damage.iter().copied());
        if self.pending.is_empty() {
            return;
        }
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
