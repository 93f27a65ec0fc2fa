//! `xdg_positioner`: where a popup goes, and how it gives way where the screen
//! ends. Knows rectangles in coordinates of the parent's geometry.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::host::{Host, Wayland};
use crate::protocol::xdg_positioner::{Anchor, ConstraintAdjustment, Gravity};
use crate::protocol::{XdgPositioner, xdg_positioner};
use wayline_desktop::Rect;

/// State of an `xdg_positioner`: the rules for a popup.
#[derive(Clone, Debug)]
pub struct Positioner {
    size: (i32, i32),
    /// Left, top, width, height.
    anchor_rect: (i32, i32, i32, i32),
    anchor: Anchor,
    gravity: Gravity,
    adjustment: ConstraintAdjustment,
    offset: (i32, i32),
    /// Whether the popup is placed anew when its parent is moved.
    pub(super) reactive: bool,
    /// Anchor and gravity are given as four bits, one for each side, as in `zxdg_shell_v6`.
    bits: bool,
}

impl Default for Positioner {
    fn default() -> Self {
        Self {
            size: (0, 0),
            anchor_rect: (0, 0, 0, 0),
            anchor: Anchor::NONE,
            gravity: Gravity::NONE,
            adjustment: ConstraintAdjustment::NONE,
            offset: (0, 0),
            reactive: false,
            bits: false,
        }
    }
}

impl Positioner {
    /// Whether it says enough to place a popup.
    pub(super) fn is_complete(&self) -> bool {
        let (_, _, width, height) = self.anchor_rect;
        self.size.0 > 0 && self.size.1 > 0 && width > 0 && height > 0
    }

    /// From now on anchor and gravity are four bits.
    pub(super) fn sides_are_bits(&mut self) {
        self.bits = true;
    }

    /// The anchor, or gravity, that a number stands for.
    fn side(&self, number: u32) -> Option<u32> {
        let side = match (self.bits, number) {
            (false, number) => Anchor(number),
            (true, 0) => Anchor::NONE,
            (true, 1) => Anchor::TOP,
            (true, 2) => Anchor::BOTTOM,
            (true, 4) => Anchor::LEFT,
            (true, 8) => Anchor::RIGHT,
            (true, 5) => Anchor::TOP_LEFT,
            (true, 6) => Anchor::BOTTOM_LEFT,
            (true, 9) => Anchor::TOP_RIGHT,
            (true, 10) => Anchor::BOTTOM_RIGHT,
            (true, _) => return None,
        };
        (side.0 <= Anchor::BOTTOM_RIGHT.0).then_some(side.0)
    }

    /// The place of the popup if it is to stay inside of `screen`.
    pub(super) fn place(&self, screen: Rect) -> Rect {
        let allows = |adjustment: ConstraintAdjustment| self.adjustment.0 & adjustment.0 != 0;
        let (left, top, width, height) = self.anchor_rect;
        let (anchor, gravity) = (sides(self.anchor.0), sides(self.gravity.0));
        let x = Axis {
            anchor_rect: (left.into(), width.into()),
            anchor: anchor.0,
            gravity: gravity.0,
            size: self.size.0.into(),
            offset: self.offset.0.into(),
            flip: allows(ConstraintAdjustment::FLIP_X),
            slide: allows(ConstraintAdjustment::SLIDE_X),
            resize: allows(ConstraintAdjustment::RESIZE_X),
        };
        let y = Axis {
            anchor_rect: (top.into(), height.into()),
            anchor: anchor.1,
            gravity: gravity.1,
            size: self.size.1.into(),
            offset: self.offset.1.into(),
            flip: allows(ConstraintAdjustment::FLIP_Y),
            slide: allows(ConstraintAdjustment::SLIDE_Y),
            resize: allows(ConstraintAdjustment::RESIZE_Y),
        };
        let (x, width) = x.place(screen.left().into(), screen.right().into());
        let (y, height) = y.place(screen.top().into(), screen.bottom().into());
        let fit = |n: i64| n.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        Rect::new(fit(x), fit(y), fit(width), fit(height))
    }
}

/// Which way an anchor or a gravity points, -1 to the left or up, 1 to the right or down.
fn sides(value: u32) -> (i64, i64) {
    match Anchor(value) {
        Anchor::TOP => (0, -1),
        Anchor::BOTTOM => (0, 1),
        Anchor::LEFT => (-1, 0),
        Anchor::RIGHT => (1, 0),
        Anchor::TOP_LEFT => (-1, -1),
        Anchor::BOTTOM_LEFT => (-1, 1),
        Anchor::TOP_RIGHT => (1, -1),
        Anchor::BOTTOM_RIGHT => (1, 1),
        _ => (0, 0),
    }
}

/// The rules for one axis.
struct Axis {
    /// Start and length.
    anchor_rect: (i64, i64),
    anchor: i64,
    gravity: i64,
    size: i64,
    offset: i64,
    flip: bool,
    slide: bool,
    resize: bool,
}

impl Axis {
    /// Start and size between the limits `low` and `high`, as far as the rules allow.
    fn place(&self, low: i64, high: i64) -> (i64, i64) {
        let fits = |at: i64| at >= low && at + self.size <= high;
        let mut at = self.unconstrained(self.anchor, self.gravity);
        if fits(at) {
            return (at, self.size);
        }
        if self.flip {
            let flipped = self.unconstrained(-self.anchor, -self.gravity);
            if fits(flipped) {
                return (flipped, self.size);
            }
        }
        if self.slide {
            // What does not fit at all keeps the edge that the gravity starts from.
            let (first, last) = (low, high - self.size);
            at = if self.gravity < 0 { at.max(first).min(last) } else { at.min(last).max(first) };
        }
        if self.resize && !fits(at) {
            let (start, end) = (at.max(low), (at + self.size).min(high));
            if start < end {
                return (start, end - start);
            }
        }
        (at, self.size)
    }

    fn unconstrained(&self, anchor: i64, gravity: i64) -> i64 {
        let (start, length) = self.anchor_rect;
        let point = start + (anchor + 1) * length / 2;
        point + self.offset + (gravity - 1) * self.size / 2
    }
}

impl<A: Host> Module<XdgPositioner, A> for Wayland {
    type Data = Positioner;

    fn request(app: &mut A, this: XdgPositioner, request: xdg_positioner::Request) -> HandlerResult {
        let state = app.server().data(this)?;
        let invalid = |text: String| Err(HandlerError::protocol(this, xdg_positioner::Error::INVALID_INPUT, text));
        match request {
            xdg_positioner::Request::SetReactive => state.reactive = true,
            // The parent is where it is, and as large.
            xdg_positioner::Request::Destroy
            | xdg_positioner::Request::SetParentSize { .. }
            | xdg_positioner::Request::SetParentConfigure { .. } => {}
            xdg_positioner::Request::SetSize { width, height } => {
                if width < 1 || height < 1 {
                    return invalid(format!("{width}x{height} is no size"));
                }
                state.size = (width, height);
            }
            xdg_positioner::Request::SetAnchorRect { x, y, width, height } => {
                if width < 0 || height < 0 {
                    return invalid(format!("{width}x{height} is no size"));
                }
                state.anchor_rect = (x, y, width, height);
            }
            xdg_positioner::Request::SetAnchor { anchor } => {
                let Some(side) = state.side(anchor.0) else {
                    return invalid(format!("{} is no anchor", anchor.0));
                };
                state.anchor = Anchor(side);
            }
            xdg_positioner::Request::SetGravity { gravity } => {
                let Some(side) = state.side(gravity.0) else {
                    return invalid(format!("{} is no gravity", gravity.0));
                };
                state.gravity = Gravity(side);
            }
            xdg_positioner::Request::SetConstraintAdjustment { constraint_adjustment } => {
                state.adjustment = constraint_adjustment;
            }
            xdg_positioner::Request::SetOffset { x, y } => state.offset = (x, y),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Anchor, ConstraintAdjustment as Adjust, Gravity, Positioner, Rect};

    const SCREEN: (i32, i32, i32, i32) = (0, 0, 100, 100);

    fn popup(anchor: Anchor, gravity: Gravity, adjust: u32, anchor_rect: (i32, i32, i32, i32)) -> Rect {
        let adjustment = Adjust(adjust);
        let positioner =
            Positioner { size: (30, 20), anchor_rect, anchor, gravity, adjustment, ..Positioner::default() };
        let (x, y, width, height) = SCREEN;
        positioner.place(Rect::new(x, y, width, height))
    }

    #[test]
    fn anchor_and_gravity_place_a_popup_that_fits() {
        let rect = (40, 40, 10, 10);
        assert_eq!(popup(Anchor::BOTTOM_LEFT, Gravity::BOTTOM_RIGHT, 0, rect), Rect::new(40, 50, 30, 20));
        assert_eq!(popup(Anchor::TOP_RIGHT, Gravity::TOP_LEFT, 0, rect), Rect::new(20, 20, 30, 20));
        assert_eq!(popup(Anchor::NONE, Gravity::NONE, 0, rect), Rect::new(30, 35, 30, 20));
        assert_eq!(popup(Anchor::RIGHT, Gravity::RIGHT, 0, rect), Rect::new(50, 35, 30, 20));
    }

    #[test]
    fn the_sides_of_the_forerunner_are_bits() {
        let (mut bits, numbers) = (Positioner::default(), Positioner::default());
        bits.sides_are_bits();
        let named = [Anchor::NONE, Anchor::TOP, Anchor::BOTTOM, Anchor::LEFT, Anchor::RIGHT];
        assert_eq!([0, 1, 2, 4, 8].map(|number| bits.side(number)), named.map(|anchor| Some(anchor.0)));
        let corners = [Anchor::TOP_LEFT, Anchor::BOTTOM_LEFT, Anchor::TOP_RIGHT, Anchor::BOTTOM_RIGHT];
        assert_eq!([5, 6, 9, 10].map(|number| bits.side(number)), corners.map(|anchor| Some(anchor.0)));
        for number in [3, 7, 11, 12, 13, 14, 15, 16, u32::MAX] {
            assert_eq!(bits.side(number), None, "{number}");
        }
        assert_eq!((numbers.side(8), numbers.side(9)), (Some(8), None));
    }

    #[test]
    fn without_adjustment_it_may_leave_the_screen() {
        let rect = (90, 90, 10, 10);
        assert_eq!(popup(Anchor::BOTTOM_RIGHT, Gravity::BOTTOM_RIGHT, 0, rect), Rect::new(100, 100, 30, 20));
    }

    #[test]
    fn flip_is_tried_first_and_only_taken_if_it_fits() {
        let all = Adjust::FLIP_X.0 | Adjust::FLIP_Y.0 | Adjust::SLIDE_X.0 | Adjust::SLIDE_Y.0;
        let rect = (90, 90, 10, 10);
        assert_eq!(popup(Anchor::BOTTOM_RIGHT, Gravity::BOTTOM_RIGHT, all, rect), Rect::new(60, 70, 30, 20));
        let wide = (5, 40, 90, 10);
        assert_eq!(popup(Anchor::RIGHT, Gravity::RIGHT, all, wide), Rect::new(70, 35, 30, 20));
    }

    #[test]
    fn slide_stops_at_the_edge() {
        let slide = Adjust::SLIDE_X.0 | Adjust::SLIDE_Y.0;
        assert_eq!(popup(Anchor::TOP_LEFT, Gravity::TOP_LEFT, slide, (10, 10, 5, 5)), Rect::new(0, 0, 30, 20));
        let low = (80, 95, 10, 10);
        assert_eq!(popup(Anchor::BOTTOM_LEFT, Gravity::BOTTOM_RIGHT, slide, low), Rect::new(70, 80, 30, 20));
    }

    #[test]
    fn resize_cuts_what_is_outside() {
        let resize = Adjust::RESIZE_X.0 | Adjust::RESIZE_Y.0;
        let rect = (80, 85, 5, 5);
        assert_eq!(popup(Anchor::BOTTOM_RIGHT, Gravity::BOTTOM_RIGHT, resize, rect), Rect::new(85, 90, 15, 10));
    }

    #[test]
    fn extreme_numbers_do_not_overflow() {
        let far = (i32::MAX, i32::MIN, i32::MAX, i32::MAX);
        let all = 63;
        let _ = popup(Anchor::BOTTOM_RIGHT, Gravity::BOTTOM_RIGHT, all, far);
    }
}
