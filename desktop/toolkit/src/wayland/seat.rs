//! Pointer, keyboard and touch by the core protocol of Wlland.

use wayline::client::Module;
use wayline::{HandlerResult, words};

use crate::event::Event;
use crate::host::{Host, Toolkit, WindowId, release_keys};
use crate::input::{Fingers, Keys};
use crate::protocol::wayland::{WlKeyboard, WlPointer, WlSeat, WlTouch, wl_keyboard, wl_pointer, wl_seat, wl_touch};

/// The devices that a seat has. They come and go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Devices {
    pointer: Option<WlPointer>,
    keyboard: Option<WlKeyboard>,
    touch: Option<WlTouch>,
}

impl<A: Host> Module<WlSeat, A> for Toolkit {
    type Data = Devices;

    fn event(app: &mut A, this: WlSeat, event: wl_seat::Event<'_>) -> HandlerResult {
        let wl_seat::Event::Capabilities { capabilities } = event else { return Ok(()) };
        let Devices { mut pointer, mut keyboard, mut touch } = *app.client().data(this)?;
        match (capabilities.contains(wl_seat::Capability::POINTER), pointer) {
            (true, None) => pointer = Some(this.get_pointer(app.client())?),
            (false, Some(gone)) => {
                let window = app.client().data(gone)?.take();
                gone.release(app.client())?;
                pointer = None;
                window.into_iter().for_each(|window| app.event(window, Event::PointerLeft));
            }
            _ => {}
        }
        match (capabilities.contains(wl_seat::Capability::KEYBOARD), keyboard) {
            (true, None) => keyboard = Some(this.get_keyboard(app.client())?),
            (false, Some(gone)) => {
                let keys = app.client().data(gone)?.leave();
                gone.release(app.client())?;
                keyboard = None;
                release_keys(app, keys);
            }
            _ => {}
        }
        match (capabilities.contains(wl_seat::Capability::TOUCH), touch) {
            (true, None) => touch = Some(this.get_touch(app.client())?),
            (false, Some(gone)) => {
                let windows = app.client().data(gone)?.cancel();
                gone.release(app.client())?;
                touch = None;
                windows.into_iter().for_each(|window| app.event(window, Event::TouchCancelled));
            }
            _ => {}
        }
        *app.client().data(this)? = Devices { pointer, keyboard, touch };
        Ok(())
    }
}

impl<A: Host> Module<WlPointer, A> for Toolkit {
    /// Where it is.
    type Data = Option<WindowId>;

    fn event(app: &mut A, this: WlPointer, event: wl_pointer::Event) -> HandlerResult {
        let data = app.client().data(this)?;
        let event = match event {
            wl_pointer::Event::Enter { surface, surface_x: x, surface_y: y, .. } => {
                *data = Some(WindowId::of(surface.handle()));
                Event::Pointer { x: x.to_f64(), y: y.to_f64() }
            }
            wl_pointer::Event::Motion { surface_x: x, surface_y: y, .. } => {
                Event::Pointer { x: x.to_f64(), y: y.to_f64() }
            }
            wl_pointer::Event::Leave { .. } => {
                data.take().into_iter().for_each(|window| app.event(window, Event::PointerLeft));
                return Ok(());
            }
            wl_pointer::Event::Button { button, state, .. } => {
                Event::Button { code: button, pressed: state == wl_pointer::ButtonState::PRESSED }
            }
            wl_pointer::Event::Axis { axis, value, .. } => {
                Event::Scroll { horizontal: axis == wl_pointer::Axis::HORIZONTAL_SCROLL, distance: value.to_f64() }
            }
            // Of versions that are not bound.
            _ => return Ok(()),
        };
        if let Some(window) = *data {
            app.event(window, event);
        }
        Ok(())
    }
}

impl<A: Host> Module<WlKeyboard, A> for Toolkit {
    type Data = Keys;

    fn event(app: &mut A, this: WlKeyboard, event: wl_keyboard::Event<'_>) -> HandlerResult {
        let data = app.client().data(this)?;
        match event {
            wl_keyboard::Event::Key { key: code, state, .. } => {
                let pressed = state == wl_keyboard::KeyState::PRESSED;
                data.key(code, pressed).into_iter().for_each(|window| app.event(window, Event::Key { code, pressed }));
            }
            wl_keyboard::Event::Enter { surface, keys, .. } => {
                let left = data.leave();
                data.enter(WindowId::of(surface.handle()), words(keys));
                release_keys(app, left);
            }
            wl_keyboard::Event::Leave { .. } => {
                let left = data.leave();
                release_keys(app, left);
            }
            wl_keyboard::Event::Modifiers {
                mods_depressed: depressed,
                mods_latched: latched,
                mods_locked: locked,
                group,
                ..
            } => {
                let event = Event::Modifiers { depressed, latched, locked, group };
                data.window().into_iter().for_each(|window| app.event(window, event));
            }
            wl_keyboard::Event::Keymap { format: wl_keyboard::KeymapFormat::XKB_V1, fd, size } => {
                app.keymap(fd, size);
            }
            // Without a keymap, keys are codes.
            wl_keyboard::Event::Keymap { .. } | wl_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}

impl<A: Host> Module<WlTouch, A> for Toolkit {
    type Data = Fingers;

    fn event(app: &mut A, this: WlTouch, event: wl_touch::Event) -> HandlerResult {
        let fingers = app.client().data(this)?;
        let (window, event) = match event {
            wl_touch::Event::Down { surface, id, x, y, .. } => {
                let window = WindowId::of(surface.handle());
                let followed = fingers.down(id, window);
                (followed.then_some(window), Event::TouchDown { id, x: x.to_f64(), y: y.to_f64() })
            }
            wl_touch::Event::Motion { id, x, y, .. } => {
                (fingers.window(id), Event::TouchMoved { id, x: x.to_f64(), y: y.to_f64() })
            }
            wl_touch::Event::Up { id, .. } => (fingers.up(id), Event::TouchUp { id }),
            wl_touch::Event::Cancel => {
                let windows = fingers.cancel();
                windows.into_iter().for_each(|window| app.event(window, Event::TouchCancelled));
                return Ok(());
            }
            // The end of a group, and what versions say that are not bound.
            _ => return Ok(()),
        };
        window.into_iter().for_each(|window| app.event(window, event));
        Ok(())
    }
}
