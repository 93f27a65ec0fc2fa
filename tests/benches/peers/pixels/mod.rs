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
    memory: Memory,
}

/// How the pools are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// Sealed against shrinking, as by weston's clients, foot, Qt and our own.
    Sealed,
    /// It may be sealed, but is not, as by Mesa.
    Open,
    /// It cannot be sealed, as by GTK 3.
    Unsealable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    /// Four layers, each pixel half transparent.
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
    pub(crate) const ALL: [Show; 13] = {
        const fn show(picture: Picture, memory: Memory) -> Show {
            Show { picture, memory }
        }
        [
            show(Picture::Blended, Memory::Sealed),
            show(Picture::Blended, Memory::Open),
            show(Picture::Blended, Memory::Unsealable),
            show(Picture::Mixed, Memory::Sealed),
            show(Picture::Mixed, Memory::Open),
            show(Picture::Mixed, Memory::Unsealable),
            show(Picture::Opaque, Memory::Sealed),
            show(Picture::Opaque, Memory::Open),
            show(Picture::Opaque, Memory::Unsealable),
            show(Picture::Patch, Memory::Sealed),
            show(Picture::Patch, Memory::Unsealable),
            show(Picture::Viewport, Memory::Sealed),
            show(Picture::Scaled, Memory::Sealed),
        ]
    };

    /// The name on command lines.
    pub(crate) fn word(self) -> String {
        format!("{:?}-{:?}", self.picture, self.memory).to_lowercase()
    }

    /// What it is called in tables.
    pub(crate) fn title(self) -> String {
        let picture = match self.picture {
            Picture::Blended => "four layers, half clear",
            Picture::Mixed => "four layers, clear or opaque",
            Picture::Opaque => "opaque",
            Picture::Patch => "opaque, 64×64 change",
            Picture::Viewport => "1280×720 scaled to it",
            Picture::Scaled => "3840×2160, scale 2",
        };
        match self.memory {
            Memory::Sealed => picture.to_owned(),
            Memory::Open => format!("{picture}; Mesa's pools"),
            Memory::Unsealable => format!("{picture}; GTK 3's pools"),
        }
    }

    /// How much of weston's and of sway's CPU it may cost.
    fn goals(self) -> [Option<f64>; 2] {
        match (self.picture, self.memory) {
            (Picture::Blended | Picture::Mixed, Memory::Sealed) => [Some(1.0), None],
            (Picture::Blended | Picture::Mixed | Picture::Opaque, Memory::Open | Memory::Unsealable) => {
                [None, Some(1.2)]
            }
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
