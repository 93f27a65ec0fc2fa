//! One surface on the screen. Knows where it is and what it shows; refuses to know its neighbours.

use wayline_pixels::{Layout, Rect};

use super::shadow;

/// What the compositor draws around a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoration {
    /// Nothing: a popup, a cursor, or a window that draws its own.
    #[default]
    None,
    /// A thin line and a soft shadow.
    Shadow,
}

/// Pixels and how they lie in their memory.
#[derive(Clone, Debug)]
pub struct Content<P> {
    /// The memory.
    pub pixels: P,
    /// The picture in it. It is black if its format is not one of [`PixelFormat::KNOWN`](crate::PixelFormat::KNOWN).
    pub layout: Layout,
}

#[derive(Debug)]
pub(crate) struct View<P> {
    pub(crate) content: Option<Content<P>>,
    /// Its place among those that are shown, from bottom to top.
    pub(crate) rank: Option<usize>,
    pub(crate) position: (i32, i32),
    /// In coordinates of the view; may reach beyond it.
    pub(crate) opaque: Rect,
    /// In coordinates of the screen: what is black behind it.
    pub(crate) backdrop: Rect,
    pub(crate) decoration: Decoration,
    /// A read of the content failed: not shown until there is a new one.
    pub(crate) broken: bool,
}

impl<P> View<P> {
    pub(crate) fn new() -> Self {
        View {
            content: None,
            rank: None,
            position: (0, 0),
            opaque: Rect::EMPTY,
            backdrop: Rect::EMPTY,
            decoration: Decoration::None,
            broken: false,
        }
    }

    /// The pixels of the view on the screen; empty while it is not shown.
    pub(crate) fn bounds(&self) -> Rect {
        match &self.content {
            Some(content) if self.rank.is_some() && !self.broken => {
                Rect::of_size(content.layout.size()).translate(self.position.0, self.position.1)
            }
            _ => Rect::EMPTY,
        }
    }

    /// With its decoration and its backdrop.
    pub(super) fn outer(&self) -> Rect {
        let decorated = match self.decoration {
            Decoration::None => self.bounds(),
            Decoration::Shadow => shadow::outer(self.bounds()),
        };
        decorated.union(self.black())
    }

    /// What is black behind the view while it is shown.
    pub(super) fn black(&self) -> Rect {
        if self.bounds().is_empty() { Rect::EMPTY } else { self.backdrop }
    }

    /// The part of the screen where its own pixels hide what is below.
    pub(super) fn opaque_area(&self) -> Rect {
        let bounds = self.bounds();
        match &self.content {
            Some(content) if content.layout.format().has_alpha() => {
                self.opaque.translate(self.position.0, self.position.1).intersect(bounds)
            }
            _ => bounds,
        }
    }
}
