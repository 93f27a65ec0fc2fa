//! Where finished frames go: nowhere, into files, or onto a window of another server.

use std::path::PathBuf;

use crate::nested::Nested;
use crate::png;
use wayline_desktop::{Frame, Rect};

/// The screen of the compositor.
#[derive(Debug)]
pub(crate) enum Screen {
    /// Frames stay in memory.
    Headless,
    /// Frames are written to numbered files.
    Files {
        /// Where.
        dir: PathBuf,
        /// How many there are.
        count: u32,
    },
    /// Frames appear in a window.
    Nested(Box<Nested>),
}

impl Screen {
    /// Shows a frame of which `damage` is new.
    pub(crate) fn show(&mut self, frame: &Frame, damage: &[Rect]) {
        match self {
            Screen::Headless => {}
            Screen::Files { dir, count } => {
                *count += 1;
                let path = dir.join(format!("frame-{count:06}.png"));
                if let Err(error) = png::save(frame, &path) {
                    tracing::error!("{error}");
                }
            }
            Screen::Nested(window) => window.show(frame, damage),
        }
    }
}
