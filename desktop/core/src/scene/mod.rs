//! The scene: what changed of the views on the screen, and the frame that shows them.
//! Knows pixels and rectangles; refuses to know clients, sockets, protocols and outputs.
//!
//! Coordinates are pixels of the frame.

mod background;
mod blend;
mod format;
mod frame;
mod mapped;
mod order;
mod paint;
mod pixels;
mod read;
mod scale;
mod shadow;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use paint::{Broken, Painter};
use wayline_pixels::{Damage, Rect};

pub use frame::Frame;
pub use mapped::{Map, Mapped, Turn};
pub(crate) use order::moved;
pub use paint::Painted;
pub use pixels::{AccessError, LARGE_BLOCK, Pixels, PixelsMut, SMALL_BLOCK};
pub(crate) use view::View;
pub use view::{Content, Decoration};

/// How often an area is drawn at most in one [`Scene::compose`], because views in it turn out to be broken.
const MAX_PASSES: usize = 4;

/// Views over a background, composed on the CPU.
#[derive(Debug)]
pub(crate) struct Scene {
    damage: Damage,
    background: Arc<Frame>,
    frame: Frame,
    painter: Painter,
}

/// What [`Desktop::compose`](crate::Desktop::compose) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// The parts of the frame that were drawn; they may overlap.
    pub damage: Vec<Rect>,
    /// How many pixels were drawn, and how.
    pub painted: Painted,
}

impl Scene {
    /// An empty scene of a size in pixels, wholly damaged.
    pub(crate) fn new(size: (u32, u32)) -> Self {
        let background = background::shared(size);
        let damage = Damage::full(background.bounds());
        Self { damage, frame: Frame::clone(&background), background, painter: Painter::default() }
    }

    /// The picture as of the last [`Scene::compose`].
    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Draw black where nothing else is, or the background again. All of the frame is damaged.
    pub(crate) fn set_blank(&mut self, blank: bool) {
        let size = self.frame.size();
        self.background = if blank { Arc::new(Frame::new(size, format::OPAQUE)) } else { background::shared(size) };
        self.damage = Damage::full(self.frame.bounds());
    }

    /// Change a view. Where it was and where it is then are damaged if that makes a difference, which is returned.
    pub(crate) fn change<P>(&mut self, view: &mut View<P>, change: impl FnOnce(&mut View<P>)) -> bool {
        let areas = |view: &View<P>| [view.outer(), view.bounds(), view.opaque_area()];
        let before = areas(view);
        change(view);
        let is_changed = areas(view) != before;
        if is_changed {
            self.damage.add(before[0]);
            self.damage_view(view);
        }
        is_changed
    }

    /// Show other pixels, or none, and return those before. `damage`, in coordinates of the view, is where they differ;
    /// empty means everywhere, and so does any other size.
    pub(crate) fn set_content<P>(
        &mut self,
        view: &mut View<P>,
        content: Option<Content<P>>,
        damage: &[Rect],
    ) -> Option<P> {
        let mut old = None;
        // A format without alpha makes a view opaque where it was not: other pixels, whatever the client says.
        let is_changed = self.change(view, |view| {
            old = std::mem::replace(&mut view.content, content);
            view.broken = false;
        });
        let ((x, y), bounds) = (view.position, view.bounds());
        if !is_changed && damage.is_empty() {
            self.damage.add(bounds);
        } else if !is_changed {
            damage.iter().for_each(|rect| self.damage.add(rect.translate(x, y).intersect(bounds)));
        }
        old.map(|content| content.pixels)
    }

    /// Draw a view again, and what is around it.
    pub(crate) fn damage_view<P>(&mut self, view: &View<P>) {
        self.damage.add(view.outer());
    }

    /// Whether [`Scene::compose`] has anything to draw.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.damage.is_empty()
    }

    /// Draw what changed of these views, from bottom to top. A view that cannot be read is left out as a whole, and what
    /// is behind it is drawn; if that cannot be read either, and so on, the rest is left for the next time.
    pub(crate) fn compose<P: Pixels>(&mut self, views: &[&View<P>]) -> (Composed, Broken) {
        let (mut composed, mut broken) = (Composed::default(), Broken::new());
        for _ in 0..MAX_PASSES {
            let drawn = composed.damage.len();
            composed.damage.extend(self.damage.drain());
            for area in &composed.damage[drawn..] {
                self.paint(views, *area, &mut broken, &mut composed.painted);
            }
        }
        (composed, broken)
    }
}
