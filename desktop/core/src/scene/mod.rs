//! The scene: views, their order, what changed, and the frame that shows them.
//! Knows pixels and rectangles; refuses to know clients, sockets, protocols and outputs.
//!
//! Coordinates are pixels of the frame. A method that names a view which was removed does nothing.

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

use std::collections::HashMap;

use paint::Painter;
use view::View;
use wayline_pixels::{Damage, Rect};

pub use frame::Frame;
pub use mapped::{Map, Mapped, Turn};
pub use paint::Painted;
pub use pixels::{AccessError, LARGE_BLOCK, Pixels, PixelsMut, SMALL_BLOCK};
pub(crate) use view::ViewId;
pub use view::{Content, Decoration};

/// How often an area is drawn at most in one [`Scene::compose`], because views in it turn out to be broken.
const MAX_PASSES: usize = 4;

/// Views over a background, composed on the CPU. `P` is the memory of their pixels.
#[derive(Debug)]
pub(crate) struct Scene<P> {
    /// From bottom to top. Removed ones stay, without content, until the next [`Scene::arrange`].
    views: Vec<View<P>>,
    index: HashMap<ViewId, usize>,
    next_id: u64,
    damage: Damage,
    background: Frame,
    frame: Frame,
    painter: Painter,
    areas: Vec<Rect>,
}

/// What [`Desktop::compose`](crate::Desktop::compose) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// The parts of the frame that were drawn; they may overlap.
    pub damage: Vec<Rect>,
    /// Views whose memory could not be read. They are not in the frame, and not shown until they get new content.
    pub(crate) broken: Vec<(ViewId, AccessError)>,
    /// How many pixels were drawn, and how.
    pub painted: Painted,
}

/// A view under a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    /// Which one.
    pub view: ViewId,
    /// The point in coordinates of the view.
    pub x: f64,
    /// The point in coordinates of the view.
    pub y: f64,
}

impl<P: Pixels> Scene<P> {
    /// An empty scene of a size in pixels, wholly damaged.
    pub(crate) fn new(size: (u32, u32)) -> Self {
        let background = background::draw(size);
        Self {
            views: Vec::new(),
            index: HashMap::new(),
            next_id: 0,
            damage: Damage::full(background.bounds()),
            frame: background.clone(),
            background,
            painter: Painter::default(),
            areas: Vec::new(),
        }
    }

    /// The picture as of the last [`Scene::compose`].
    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Draw black where nothing else is, or the background again. All of the frame is damaged.
    pub(crate) fn set_blank(&mut self, blank: bool) {
        let size = self.frame.size();
        self.background = if blank { Frame::new(size, format::OPAQUE) } else { background::draw(size) };
        self.damage = Damage::full(self.frame.bounds());
    }

    /// Give the frame another size. All of it is damaged; views stay where they are.
    #[cfg(test)]
    pub(crate) fn resize(&mut self, size: (u32, u32)) {
        if size != self.frame.size() {
            self.background = background::draw(size);
            self.frame = self.background.clone();
            self.damage = Damage::full(self.frame.bounds());
        }
    }

    /// Add a view on top of the others. It is seen as soon as it has content.
    pub(crate) fn add(&mut self, position: (i32, i32), decoration: Decoration) -> ViewId {
        let id = ViewId(self.next_id);
        self.next_id += 1;
        let view = View {
            id,
            position,
            content: None,
            opaque: Rect::EMPTY,
            backdrop: Rect::EMPTY,
            decoration,
            hidden: false,
            broken: false,
        };
        self.index.insert(id, self.views.len());
        self.views.push(view);
        id
    }

    /// Remove a view and return the pixels it showed.
    pub(crate) fn remove(&mut self, id: ViewId) -> Option<P> {
        let view = &mut self.views[self.index.remove(&id)?];
        self.damage.add(view.outer());
        view.hidden = true;
        view.content.take().map(|content| content.pixels)
    }

    /// Hide a view until it is arranged.
    pub(crate) fn hide(&mut self, id: ViewId) {
        self.change(id, |view| view.hidden = true);
    }

    /// Show other pixels, or none. `damage`, in coordinates of the view, is where they differ from those before;
    /// empty means everywhere, and so does any other size.
    ///
    /// Returns the pixels that the scene does not hold any more: those before, or the given ones if the view is gone.
    pub(crate) fn set_content(&mut self, id: ViewId, content: Option<Content<P>>, damage: &[Rect]) -> Option<P> {
        let Some(index) = self.index(id) else { return content.map(|c| c.pixels) };
        let view = &mut self.views[index];
        let before = (view.outer(), view.bounds(), view.opaque_area());
        let old = std::mem::replace(&mut view.content, content);
        view.broken = false;
        let after = (view.outer(), view.bounds(), view.opaque_area());
        let (x, y) = view.position;
        if before != after {
            // A format without alpha makes a view opaque where it was not: other pixels, whatever the client says.
            self.damage.add(before.0);
            self.damage.add(after.0);
        } else if damage.is_empty() {
            self.damage.add(after.1);
        } else {
            damage.iter().for_each(|rect| self.damage.add(rect.translate(x, y).intersect(after.1)));
        }
        old.map(|content| content.pixels)
    }

    /// Promise that a rectangle of the view, in its coordinates, is opaque: its alpha is then not looked at.
    pub(crate) fn set_opaque(&mut self, id: ViewId, opaque: Rect) {
        self.change(id, |view| view.opaque = opaque);
    }

    /// Draw black behind a view, in this part of the screen. Nothing below that is seen.
    pub(crate) fn set_backdrop(&mut self, id: ViewId, backdrop: Rect) {
        self.change(id, |view| view.backdrop = backdrop);
    }

    /// Draw something else around a view.
    pub(crate) fn set_decoration(&mut self, id: ViewId, decoration: Decoration) {
        self.change(id, |view| view.decoration = decoration);
    }

    /// Show these views, from bottom to top, at these places, and no others.
    pub(crate) fn arrange(&mut self, order: &[(ViewId, (i32, i32))]) {
        let mut old: Vec<_> = std::mem::take(&mut self.views).into_iter().map(Some).collect();
        let mut shown = Vec::with_capacity(order.len());
        for (id, position) in order {
            let Some(index) = self.index.get(id).copied() else { continue };
            let Some(mut view) = old[index].take() else { continue };
            let before = (view.outer(), view.opaque_area());
            (view.position, view.hidden) = (*position, false);
            let changed = before != (view.outer(), view.opaque_area());
            if changed {
                self.damage.add(before.0);
                self.damage.add(view.outer());
            }
            shown.push((index, view, changed));
        }
        for view in old.into_iter().flatten() {
            if self.index.contains_key(&view.id) {
                self.damage.add(view.outer());
                self.views.push(View { hidden: true, ..view });
            }
        }
        let places: Vec<_> = shown.iter().map(|(index, ..)| *index).collect();
        for at in order::moved(&places) {
            if !shown[at].2 {
                self.damage.add(shown[at].1.outer());
            }
        }
        self.views.extend(shown.into_iter().map(|(_, view, _)| view));
        self.index = self.views.iter().enumerate().map(|(index, view)| (view.id, index)).collect();
    }

    /// The views that are shown at this point, the topmost first.
    pub(crate) fn views_at(&self, x: f64, y: f64) -> impl Iterator<Item = Hit> {
        let there = move |view: &&View<P>| view.bounds().contains(x.floor() as i32, y.floor() as i32);
        let hit = move |view: &View<P>| {
            let (left, top) = view.position;
            Hit { view: view.id, x: x - f64::from(left), y: y - f64::from(top) }
        };
        self.views.iter().rev().filter(there).map(hit)
    }

    /// Whether any pixel of a view is on the screen and not under an opaque one.
    #[cfg(test)]
    pub(crate) fn is_visible(&self, id: ViewId) -> bool {
        let Some(index) = self.index(id) else { return false };
        let mut rest = vec![self.views[index].bounds().intersect(self.frame.bounds())];
        rest.retain(|r| !r.is_empty());
        let mut spare = Vec::new();
        for view in &self.views[index + 1..] {
            paint::uncover(&mut rest, &mut spare, view.opaque_area());
        }
        !rest.is_empty()
    }

    /// Whether [`Scene::compose`] has anything to draw.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.damage.is_empty()
    }

    /// Draw what changed. A view that cannot be read is left out as a whole, and what is behind it is drawn; if that
    /// cannot be read either, and so on, the rest is left for the next time.
    pub(crate) fn compose(&mut self) -> Composed {
        let mut composed = Composed::default();
        for _ in 0..MAX_PASSES {
            if self.damage.is_empty() {
                break;
            }
            self.areas.extend(self.damage.drain());
            let mut broken = paint::Broken::new();
            for area in &self.areas {
                composed.painted +=
                    self.painter.paint(&mut self.frame, &self.background, &self.views, *area, &mut broken);
            }
            composed.damage.append(&mut self.areas);
            for (index, error) in broken {
                let view = &mut self.views[index];
                self.damage.add(view.outer());
                view.broken = true;
                composed.broken.push((view.id, error));
            }
        }
        composed
    }

    /// Change a view; where it was and where it is then are damaged if that makes a difference.
    fn change(&mut self, id: ViewId, change: impl FnOnce(&mut View<P>)) {
        let Some(index) = self.index(id) else { return };
        let view = &mut self.views[index];
        let before = (view.outer(), view.opaque_area());
        change(view);
        if before != (view.outer(), view.opaque_area()) {
            self.damage.add(before.0);
            self.damage.add(view.outer());
        }
    }

    fn index(&self, id: ViewId) -> Option<usize> {
        self.index.get(&id).copied()
    }
}
