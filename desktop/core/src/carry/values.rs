//! What goes over of each value of a desktop, and of those that an application keeps.

use std::sync::Arc;

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

use crate::focus::Keys;
use crate::grab::{Grab, Lead};
use crate::pointer::Pointer;
use crate::popup::PopupGrab;
use crate::refresh::Stale;
use crate::region::Parts;
use crate::scene::View;
use crate::surface::{Children, Place, Surface};
use crate::touch::{Fingers, Point};
use crate::window_state::{Wanted, Window};
use crate::{
    Action, Constraint, Content, Decoration, Dock, Edges, Effect, Keyboard, Map, Mapped, Pixels, Region, Scroll,
    ScrollSource, Shape, SurfaceId, Touch, Turn,
};

wayline::carry!(struct SurfaceId(0));
wayline::carry!([O: Carry, P: Carry] struct Surface<O, P> {
    owner, view, place, size, geometry, input, children, reactive, window, constraint,
});
wayline::carry!([P: Carry] struct View<P> { content, rank, position, opaque, backdrop, decoration, broken });
wayline::carry!([P: Carry] struct Content<P> { pixels, layout });
wayline::carry!(enum Decoration { 0 = None, 1 = Shadow });
wayline::carry!(enum Place {
    0 = Nowhere,
    1 = Window,
    2 = Part { parent, offset, listed },
    3 = Popup { parent, offset, transient, dismissed },
    4 = Cursor { hotspot },
    5 = Icon,
});
wayline::carry!(struct Children { below, above, popups, count, height });
wayline::carry!(struct Constraint { locks, region, once });

wayline::carry!(struct Window {
    title, position, placed, parent, children, locks, key, level, keyboard, wanted, tile, min, max, shape, fills, floating,
    edges, dock, docked, is_queued, is_docked,
});
wayline::carry!(struct Wanted { maximised, tiled, fullscreen, resizing, activated, size, fills, usable });
wayline::carry!(enum Shape { 0 = Floating, 1 = Maximised, 2 = Fullscreen });
wayline::carry!(enum Keyboard { 0 = Never, 1 = OnDemand, 2 = Passive, 3 = Exclusive });
wayline::carry!(struct Dock { level, size, anchor, zone, margin });
wayline::carry!(struct Edges(0));

wayline::carry!(struct Pointer { at, device, reports, held, over, buttons, press, cursor, drawn });
wayline::carry!(struct Keys { focus, active, held });
wayline::carry!(struct Fingers { plugged, points });
wayline::carry!(struct Point { id, surface, serial, at, told });
wayline::carry!(struct PopupGrab { popup, keyboard });
wayline::carry!(enum Lead { 0 = Pointer, 1 = Finger(id) });
wayline::carry!([O: Carry] enum Grab<O> {
    0 = Move { window, offset },
    1 = Resize { window, edges, from, size },
    2 = Drag { from, everywhere, icon, over },
});
wayline::carry!(enum Stale { 0 = Nothing, 1 = Under, 2 = Tree, 3 = Docks });

wayline::carry!(enum Effect {
    0 = PointerEnter { serial, x, y },
    1 = PointerLeave { serial },
    2 = PointerMotion { x, y },
    3 = PointerMovedBy { dx, dy },
    4 = PointerHeld,
    5 = PointerFreed,
    6 = Button { serial, code, pressed },
    7 = Scroll(scroll),
    8 = KeyboardEnter { serial },
    9 = KeyboardLeave { serial },
    10 = Key { serial, code, pressed },
    11 = TouchDown { serial, id, x, y },
    12 = TouchMotion { id, x, y },
    13 = TouchUp { serial, id },
    14 = TouchTaken { id },
    15 = TouchCancel,
    16 = Activated(activated),
    17 = Configure,
    18 = Moved,
    19 = Dismissed,
    20 = Close,
    21 = DragEnter { serial, x, y },
    22 = DragMotion { x, y },
    23 = DragLeave,
    24 = DragDrop,
    25 = DragCancel,
});
wayline::carry!(enum Action {
    0 = Move { x, y },
    1 = MoveBy { dx, dy },
    2 = Button { code, pressed },
    3 = Key { code, pressed },
    4 = Scroll(scroll),
    5 = Touch(touch),
    6 = Close,
});
wayline::carry!(enum Touch { 0 = Plug, 1 = Down { id, x, y }, 2 = Motion { id, x, y }, 3 = Up { id }, 4 = Cancel });
wayline::carry!(struct Scroll { horizontal, distance, steps, source });
wayline::carry!(enum ScrollSource { 0 = Wheel, 1 = Finger, 2 = Continuous, 3 = WheelTilt });

wayline::carry!(struct Region(0));

/// What follows from the steps is worked out again.
impl Carry for Parts {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.steps)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Parts, CarryError> {
        let steps: Vec<_> = loader.get()?;
        let mut region = Region::default();
        if !steps.into_iter().all(|(adds, rect)| region.push(adds, rect)) {
            return Err(CarryError::Damaged { what: "a region of too many rectangles" });
        }
        Ok(Arc::unwrap_or_clone(region.0))
    }
}

wayline::carry!(struct Turn { quarters, mirrored });

impl Carry for Map {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Map { source, turn, part, size } = self;
        saver.put(source)?;
        saver.put(turn)?;
        saver.put(part)?;
        saver.put(size)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Map, CarryError> {
        let map = Map { source: loader.get()?, turn: loader.get()?, part: loader.get()?, size: loader.get()? };
        if !map.part.iter().all(|number| number.is_finite()) {
            return Err(CarryError::Damaged { what: "a part of a picture that is nowhere" });
        }
        Ok(map)
    }
}

impl<P: Pixels + Carry> Carry for Mapped<P> {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.pixels)?;
        saver.put(&self.map)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Mapped<P>, CarryError> {
        Ok(Mapped::new(loader.get()?, loader.get()?))
    }
}
