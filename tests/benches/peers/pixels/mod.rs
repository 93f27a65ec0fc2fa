//! Composing on the CPU: what a frame costs Wayline's compositor, weston and sway, headless, with the same client.
//!
//! Weston and sway draw with pixman. The client shows a full screen of known pixels again and again, one frame for each
//! frame callback, so all of them compose the same number of frames. Their CPU time is what the kernel counted for them.

mod client;
mod compositor;
mod measure;
mod plot;

use std::str::FromStr;

pub(crate) use client::{copy, draw};
pub(crate) use measure::{Pixels, measure};
pub(crate) use plot::plot;

/// Size of the screen.
pub(crate) const SCREEN: (u32, u32) = (1920, 1080);

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Show {
    picture: Picture,
    /// Whether the memory is sealed against shrinking. Mesa, GTK 3 and Qt do not do that.
    sealed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    /// Four layers of half-transparent pixels.
    Blended,
    /// Four layers that are clear here and opaque there, with soft edges.
    Mixed,
    /// One opaque layer.
    Opaque,
    /// The same; 64 by 64 pixels of it change.
    Patch,
    /// An opaque layer of 1280 by 720 pixels in a viewport.
    Viewport,
    /// An opaque layer of 3840 by 2160 pixels with the scale 2.
    Scaled,
}

impl Show {
    /// All, in the order of the table.
    pub(crate) const ALL: [Show; 11] = {
        const fn show(picture: Picture, sealed: bool) -> Show {
            Show { picture, sealed }
        }
        [
            show(Picture::Blended, true),
            show(Picture::Blended, false),
            show(Picture::Mixed, true),
            show(Picture::Mixed, false),
            show(Picture::Opaque, true),
            show(Picture::Opaque, false),
            show(Picture::Patch, true),
            show(Picture::Patch, false),
            show(Picture::Viewport, true),
            show(Picture::Viewport, false),
            show(Picture::Scaled, true),
        ]
    };

    /// The name on command lines.
    pub(crate) fn word(self) -> String {
        format!("{:?}-{}", self.picture, if self.sealed { "sealed" } else { "unsealed" }).to_lowercase()
    }

    /// What it is called in tables.
    pub(crate) fn title(self) -> String {
        let picture = match self.picture {
            Picture::Blended => "four layers, half transparent",
            Picture::Mixed => "four layers, clear and opaque by turns",
            Picture::Opaque => "opaque",
            Picture::Patch => "opaque, 64×64 change",
            Picture::Viewport => "1280×720 in a viewport",
            Picture::Scaled => "3840×2160, scale 2",
        };
        if self.sealed { picture.to_owned() } else { format!("{picture}, not sealed") }
    }

    /// How much of weston's and of sway's CPU it may cost.
    fn goals(self) -> [Option<f64>; 2] {
        match (self.picture, self.sealed) {
            (Picture::Blended | Picture::Mixed, true) => [Some(1.0), None],
            (Picture::Blended | Picture::Mixed | Picture::Opaque, false) => [None, Some(1.2)],
            _ => [None, None],
        }
    }
}

impl FromStr for Show {
    type Err = String;

    fn from_str(text: &str) -> Result<Show, String> {
        Show::ALL.into_iter().find(|show| show.word() == text).ok_or_else(|| format!("`{text}` is not one of them"))
    }
}
