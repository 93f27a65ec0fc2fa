//! `xdg_positioner`: where a popup goes, and how it gives way where the screen
//! ends. Knows rectangles in coordinates of the parent's geometry.

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::host::{Host, Wayland};
use crate::protocol::xdg_positioner::{ConstraintAdjustment as Adjustment, Error};
use crate::protocol::{XdgPositioner, xdg_positioner};
use wayline_desktop::Rect;

/// State of an `xdg_positioner`: the rules for a popup.
#[derive(Clone, Debug, Default)]
pub struct Positioner {
    size: [i32; 2],
    /// Left and top.
    anchor_rect: [i32; 2],
    anchor_size: [i32; 2],
    /// Which way it points: -1 to the left or up, 1 to the right or down.
    anchor: [i64; 2],
    /// As for the anchor.
    gravity: [i64; 2],
    adjustment: Adjustment,
    offset: [i32; 2],
    /// Whether the popup is placed anew when its parent is moved.
    pub(super) reactive: bool,
    /// Anchor and gravity are given as four bits, one for each side, as in `zxdg_shell_v6`.
    bits: bool,
}

impl Carry for Positioner {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Positioner { size, anchor_rect, anchor_size, anchor, gravity, adjustment, offset, reactive, bits } = self;
        [size, anchor_rect, anchor_size, offset].into_iter().try_for_each(|pair| saver.put(pair))?;
        [anchor, gravity].into_iter().try_for_each(|pair| saver.put(pair))?;
        saver.put(&(*adjustment, *reactive, *bits))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Positioner, CarryError> {
        let [size, anchor_rect, anchor_size, offset] = loader.get()?;
        let [anchor, gravity]: [[i64; 2]; 2] = loader.get()?;
        let (adjustment, reactive, bits) = loader.get()?;
        if !anchor.iter().chain(&gravity).all(|way| (-1..=1).contains(way)) {
            return Err(CarryError::Damaged { what: "an anchor that points nowhere" });
        }
        Ok(Positioner { size, anchor_rect, anchor_size, anchor, gravity, adjustment, offset, reactive, bits })
    }
}

/// The sides that numbers stand for, from 0: as bits, which are 1 for the upper one, 2 for the lower one, 4 for the left
/// one and 8 for the right one.
const SIDES: [u32; 9] = [0, 1, 2, 4, 8, 5, 6, 9, 10];

impl Positioner {
    /// Whether it says enough to place a popup.
    pub(super) fn is_complete(&self) -> bool {
        self.size.iter().chain(&self.anchor_size).all(|length| *length > 0)
    }

    /// From now on anchor and gravity are four bits.
    pub(super) fn sides_are_bits(&mut self) {
        self.bits = true;
    }

    /// Which way the anchor, or gravity, points that a number stands for.
    fn side(&self, number: u32) -> Option<[i64; 2]> {
        let bits = if self.bits { number } else { *SIDES.get(number as usize)? };
        let has = |bit: u32| i64::from(bits & bit != 0);
        SIDES.contains(&bits).then(|| [has(8) - has(4), has(2) - has(1)])
    }

    /// The place of the popup if it is to stay inside of `screen`.
    pub(super) fn place(&self, screen: Rect) -> Rect {
        let fit = |n: i64| n.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        let (x, width) = self.axis(0).place(screen.left().into(), screen.right().into());
        let (y, height) = self.axis(1).place(screen.top().into(), screen.bottom().into());
        Rect::new(fit(x), fit(y), fit(width), fit(height))
    }

    /// The rules for the horizontal axis, which is 0, or the vertical one. The bits of the adjustment for the vertical one
    /// are those next to the others.
    fn axis(&self, n: usize) -> Axis {
        let allows = |adjustment: Adjustment| self.adjustment.intersects(Adjustment(adjustment.0 << n));
        Axis {
            anchor_rect: (self.anchor_rect[n].into(), self.anchor_size[n].into()),
            anchor: self.anchor[n],
            gravity: self.gravity[n],
            size: self.size[n].into(),
            offset: self.offset[n].into(),
            flip: allows(Adjustment::FLIP_X),
            slide: allows(Adjustment::SLIDE_X),
            resize: allows(Adjustment::RESIZE_X),
        }
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
        let size = |least: i32, width: i32, height: i32| {
            let text = || format!("{width}x{height} is no size");
            HandlerError::unless(width >= least && height >= least, this, Error::INVALID_INPUT, text)?;
            Ok::<_, HandlerError>([width, height])
        };
        let unknown = |number: u32| {
            let text = format!("{number} is no anchor, and no gravity");
            HandlerError::protocol(this, Error::INVALID_INPUT, text)
        };
        match request {
            xdg_positioner::Request::SetReactive => state.reactive = true,
            // The parent is where it is, and as large.
            xdg_positioner::Request::Destroy
            | xdg_positioner::Request::SetParentSize { .. }
            | xdg_positioner::Request::SetParentConfigure { .. } => {}
            xdg_positioner::Request::SetSize { width, height } => state.size = size(1, width, height)?,
            xdg_positioner::Request::SetAnchorRect { x, y, width, height } => {
                state.anchor_size = size(0, width, height)?;
                state.anchor_rect = [x, y];
            }
            xdg_positioner::Request::SetAnchor { anchor } => {
                state.anchor = state.side(anchor.0).ok_or_else(|| unknown(anchor.0))?;
            }
            xdg_positioner::Request::SetGravity { gravity } => {
                state.gravity = state.side(gravity.0).ok_or_else(|| unknown(gravity.0))?;
            }
            xdg_positioner::Request::SetConstraintAdjustment { constraint_adjustment } => {
                state.adjustment = constraint_adjustment;
            }
            xdg_positioner::Request::SetOffset { x, y } => state.offset = [x, y],
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Adjustment as Adjust, Positioner, Rect};
    use crate::protocol::xdg_positioner::{Anchor, Gravity};

    const SCREEN: (i32, i32, i32, i32) = (0, 0, 100, 100);

    fn popup(anchor: Anchor, gravity: Gravity, adjust: u32, anchor_rect: (i32, i32, i32, i32)) -> Rect {
        let numbers = Positioner::default();
        let (anchor, gravity) = (numbers.side(anchor.0).unwrap(), numbers.side(gravity.0).unwrap());
        let (left, top, width, height) = anchor_rect;
        let (anchor_rect, anchor_size, adjustment) = ([left, top], [width, height], Adjust(adjust));
        let positioner =
            Positioner { size: [30, 20], anchor_rect, anchor_size, anchor, gravity, adjustment, ..numbers };
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
        assert_eq!([0, 1, 2, 4, 8].map(|number| bits.side(number)), named.map(|anchor| numbers.side(anchor.0)));
        let corners = [Anchor::TOP_LEFT, Anchor::BOTTOM_LEFT, Anchor::TOP_RIGHT, Anchor::BOTTOM_RIGHT];
        assert_eq!([5, 6, 9, 10].map(|number| bits.side(number)), corners.map(|anchor| numbers.side(anchor.0)));
        assert_eq!([bits.side(5), bits.side(10), bits.side(8)], [Some([-1, -1]), Some([1, 1]), Some([1, 0])]);
        for number in [3, 7, 11, 12, 13, 14, 15, 16, u32::MAX] {
            assert_eq!(bits.side(number), None, "{number}");
        }
        assert_eq!((numbers.side(8), numbers.side(9)), (Some([1, 1]), None));
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
