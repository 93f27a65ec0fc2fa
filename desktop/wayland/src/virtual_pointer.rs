//! `zwlr_virtual_pointer_manager_v1`: pointers that are programs. There is one pointer, which they move as the user does;
//! [`Host::permits_input`](crate::Host::permits_input) says who may.

use wayline::server::Module;
use wayline::{ClientId, HandlerError, HandlerResult};
use wayline_desktop::{Action, Scroll, ScrollSource};

use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{
    ZwlrVirtualPointerManagerV1, ZwlrVirtualPointerV1, wl_pointer, zwlr_virtual_pointer_manager_v1,
    zwlr_virtual_pointer_v1,
};
use crate::seat::played;

/// Most that a program may ask for in one frame.
const MAX_ACTIONS: usize = 256;

/// State of a `zwlr_virtual_pointer_v1`.
#[derive(Debug, Default)]
pub struct Pointer {
    held: played::Held,
    /// What happens with the frame.
    actions: Vec<Action>,
    /// How far it scrolls then, down and to the right.
    scrolls: [Option<Scroll>; 2],
    source: ScrollSource,
}

wayline::carry!(struct Pointer { held, actions, scrolls, source });

impl Pointer {
    fn push(&mut self, action: Action) -> HandlerResult {
        if self.actions.len() == MAX_ACTIONS {
            return Err(HandlerError::internal(format!("more than {MAX_ACTIONS} actions in a frame")));
        }
        self.actions.push(action);
        Ok(())
    }

    /// Adds to what it scrolls. Without steps those of a wheel follow from the distance.
    fn scroll(&mut self, horizontal: bool, distance: f64, steps: f64) {
        let none = Scroll { horizontal, distance: 0.0, steps: 0.0, source: ScrollSource::Wheel };
        let scroll = self.scrolls[usize::from(horizontal)].get_or_insert(none);
        scroll.distance += distance;
        scroll.steps += steps;
    }

    /// What happens with the frame that ends.
    fn frame(&mut self) -> Vec<Action> {
        let Pointer { held, actions, scrolls, source } = self;
        let mut actions = std::mem::take(actions);
        actions.retain(|action| match *action {
            Action::Button { code, pressed } => held.takes(code, pressed.into()).is_some(),
            _ => true,
        });
        let source = std::mem::take(source);
        for scroll in std::mem::take(scrolls).into_iter().flatten() {
            let is_plain = source == ScrollSource::Wheel && scroll.steps == 0.0;
            let steps = if is_plain { Scroll::wheel(false, scroll.distance).steps } else { scroll.steps };
            actions.push(Action::Scroll(Scroll { steps, source, ..scroll }));
        }
        actions
    }
}

module! { ($) delegate_virtual_pointer; seat_global ZwlrVirtualPointerManagerV1 2; ZwlrVirtualPointerV1 }

impl<A: Hosts> Module<ZwlrVirtualPointerManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwlrVirtualPointerManagerV1,
        request: zwlr_virtual_pointer_manager_v1::Request,
    ) -> HandlerResult {
        use zwlr_virtual_pointer_manager_v1::Request;

        match request {
            Request::Destroy => Ok(()),
            // There is one seat, and one screen.
            Request::CreateVirtualPointer { .. } | Request::CreateVirtualPointerWithOutput { .. } => {
                begin(app, this.client())
            }
        }
    }
}

/// The protocol has no error for who may not.
fn begin<A: Hosts>(app: &mut A, client: ClientId) -> HandlerResult {
    if !app.permits_input(client) {
        return Err(HandlerError::internal("this client may not move the pointer"));
    }
    played::begin(app, client)
}

impl<A: Hosts> Module<ZwlrVirtualPointerV1, A> for Wayland {
    type Data = Pointer;

    fn request(app: &mut A, this: ZwlrVirtualPointerV1, request: zwlr_virtual_pointer_v1::Request) -> HandlerResult {
        use zwlr_virtual_pointer_v1::Request;

        let (width, height) = app.desktop().frame().size();
        let pointer = app.server().data(this)?;
        match request {
            Request::Destroy => {}
            Request::Motion { dx, dy, .. } => pointer.push(Action::MoveBy { dx: dx.to_f64(), dy: dy.to_f64() })?,
            Request::MotionAbsolute { x, y, x_extent, y_extent, .. } => {
                if let (Some(x), Some(y)) = (place(x, x_extent, width), place(y, y_extent, height)) {
                    pointer.push(Action::Move { x, y })?;
                }
            }
            Request::Button { button: code, state, .. } => match state {
                wl_pointer::ButtonState::PRESSED => pointer.push(Action::Button { code, pressed: true })?,
                wl_pointer::ButtonState::RELEASED => pointer.push(Action::Button { code, pressed: false })?,
                _ => {}
            },
            Request::Axis { axis, value, .. } => pointer.scroll(is_horizontal(this, axis)?, value.to_f64(), 0.0),
            Request::AxisDiscrete { axis, value, discrete, .. } => {
                pointer.scroll(is_horizontal(this, axis)?, value.to_f64(), discrete.into());
            }
            Request::AxisStop { axis, .. } => pointer.scroll(is_horizontal(this, axis)?, 0.0, 0.0),
            Request::AxisSource { axis_source } => pointer.source = source(this, axis_source)?,
            Request::Frame => {
                for action in pointer.frame() {
                    played::act(app, action);
                }
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrVirtualPointerV1, pointer: Pointer) {
        for code in pointer.held.codes() {
            played::act(app, Action::Button { code, pressed: false });
        }
        played::end(app, this.client());
    }
}

/// Where a part of an extent is on the screen; `None` if there is no extent.
fn place(part: u32, extent: u32, length: u32) -> Option<f64> {
    let at = f64::from(part) / f64::from(extent) * f64::from(length);
    (extent > 0).then_some(at.min(f64::from(length) - 1.0))
}

fn is_horizontal(this: ZwlrVirtualPointerV1, axis: wl_pointer::Axis) -> Result<bool, HandlerError> {
    let text = || format!("{} is no axis", axis.0);
    HandlerError::unless(axis.is_valid(1), this, zwlr_virtual_pointer_v1::Error::INVALID_AXIS, text)?;
    Ok(axis == wl_pointer::Axis::HORIZONTAL_SCROLL)
}

fn source(this: ZwlrVirtualPointerV1, source: wl_pointer::AxisSource) -> Result<ScrollSource, HandlerError> {
    use wl_pointer::AxisSource;

    Ok(match source {
        AxisSource::WHEEL => ScrollSource::Wheel,
        AxisSource::FINGER => ScrollSource::Finger,
        AxisSource::CONTINUOUS => ScrollSource::Continuous,
        AxisSource::WHEEL_TILT => ScrollSource::WheelTilt,
        other => {
            let text = format!("{} is no source of scrolling", other.0);
            return Err(HandlerError::protocol(this, zwlr_virtual_pointer_v1::Error::INVALID_AXIS_SOURCE, text));
        }
    })
}
