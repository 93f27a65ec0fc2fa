//! Surfaces that hold the pointer: where it is, or inside of them.

use super::{Desktop, Effect, Owner, Pixels, Region, Stale, SurfaceId};

/// Steps in which the end of a way is searched for: less than a thousandth of a pixel on any screen.
const STEPS: u32 = 24;

/// Places in a pixel.
const PRECISION: f64 = 256.0;

/// What a surface asks for. It holds the pointer while that is on the surface, and in the region, and the window that the
/// surface belongs to has the keyboard.
#[derive(Clone, Debug, Default)]
pub struct Constraint {
    /// Whether the pointer stays where it is, or else inside of the region.
    pub locks: bool,
    /// Where on the surface; `None` is everywhere.
    pub region: Option<Region>,
    /// Whether it is gone when it has held the pointer.
    pub once: bool,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Says how a surface holds the pointer. Nobody is told of the end of what it replaces.
    pub fn set_constraint(&mut self, id: SurfaceId, constraint: Option<Constraint>) {
        if let Some(surface) = self.surfaces.get_mut(&id) {
            surface.constraint = constraint.map(Box::new);
            self.pointer.held.take_if(|held| *held == id);
            self.mark(Stale::Under);
        }
    }

    /// Says where a surface holds the pointer, if it does.
    pub fn set_constraint_region(&mut self, id: SurfaceId, region: Option<Region>) {
        if let Some(constraint) = self.surfaces.get_mut(&id).and_then(|surface| surface.constraint.as_mut()) {
            constraint.region = region;
            self.mark(Stale::Under);
        }
    }

    /// The surface that holds the pointer.
    pub fn holder(&self) -> Option<SurfaceId> {
        self.pointer.held
    }

    /// Puts the pointer to a place on the surface that it is on. Does nothing if that would take it elsewhere.
    pub fn place_pointer(&mut self, id: SurfaceId, x: f64, y: f64) {
        let (left, top) = self.origin(id);
        let (x, y) = (f64::from(left) + x, f64::from(top) + y);
        if self.pointer_focus() == Some(id) && self.surface_at(x, y).is_some_and(|(at, ..)| at == id) {
            self.pointer.at = (x, y);
            self.mark(Stale::Tree);
        }
    }

    /// Whether the pointer is where a surface may hold it, a lock that holds it already included.
    fn may_hold(&self, id: SurfaceId) -> bool {
        let Some(constraint) = self.surfaces.get(&id).and_then(|surface| surface.constraint.as_ref()) else {
            return false;
        };
        let Some((_, x, y)) = self.pointer.over.filter(|(over, ..)| *over == id) else { return false };
        let has_keyboard = self.keyboard_focus().is_some_and(|focus| self.root(focus) == self.root(id));
        let is_locked = constraint.locks && self.pointer.held == Some(id);
        has_keyboard && (is_locked || constraint.region.as_ref().is_none_or(|region| region.contains(x, y)))
    }

    /// Frees the pointer if what holds it may not any more.
    pub(super) fn drop_constraint(&mut self) {
        if let Some(id) = self.pointer.held
            && !self.may_hold(id)
        {
            self.pointer.held = None;
            if let Some(surface) = self.surfaces.get_mut(&id) {
                surface.constraint.take_if(|constraint| constraint.once);
            }
            self.push(id, Effect::PointerFreed);
        }
    }

    /// Finds out who holds the pointer, and tells those to whom that is new.
    pub(super) fn update_constraint(&mut self) {
        self.drop_constraint();
        if self.pointer.held.is_none()
            && let Some(over) = self.pointer_focus()
            && self.may_hold(over)
        {
            self.pointer.held = Some(over);
            self.push(over, Effect::PointerHeld);
        }
    }

    /// Where the pointer gets to on its way to a place: as far as it can to the side, and from there up or down. `None` if
    /// it does not move.
    pub(super) fn held_back(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let Some(id) = self.pointer.held else { return Some((x, y)) };
        let surface = self.surfaces.get(&id)?;
        let constraint = surface.constraint.as_ref()?;
        if constraint.locks {
            return None;
        }
        let (left, top) = self.origin(id);
        let inside = |x: f64, y: f64| {
            let (x, y) = (x - f64::from(left), y - f64::from(top));
            (0.0..f64::from(surface.size.0)).contains(&x)
                && (0.0..f64::from(surface.size.1)).contains(&y)
                && constraint.region.as_ref().is_none_or(|region| region.contains(x, y))
                && surface.input.as_ref().is_none_or(|region| region.contains(x, y))
        };
        if inside(x, y) {
            return self.is_over((x, y), id).then_some((x, y));
        }
        let from = self.pointer.at;
        let across = reach(from.0, x, |x| inside(x, from.1));
        let down = reach(from.1, y, |y| inside(across, y));
        self.is_over((across, down), id).then_some((across, down))
    }

    /// Whether nothing is above a surface at a point of it, or does not matter because a button is down.
    fn is_over(&self, (x, y): (f64, f64), id: SurfaceId) -> bool {
        !self.pointer.buttons.is_empty() || self.surface_at(x, y).is_some_and(|(at, ..)| at == id)
    }
}

/// How far a way leads inside of something, if it starts there. Edges are at whole pixels; the end is a
/// place that can be told with a precision of 1/256. A gap that the way passes as a whole is no obstacle.
fn reach(from: f64, to: f64, inside: impl Fn(f64) -> bool) -> f64 {
    if inside(to) {
        return to;
    }
    let (mut good, mut bad) = (from, to);
    for _ in 0..STEPS {
        let middle = f64::midpoint(good, bad);
        *(if inside(middle) { &mut good } else { &mut bad }) = middle;
    }
    (good * PRECISION).floor() / PRECISION
}
