//! Pointer and keyboard by the native protocol, which has no touch.

use wayline::client::Module;
use wayline::{HandlerResult, words};

use crate::event::Event;
use crate::host::{Host, Toolkit, WindowId, release_keys};
use crate::input::Keys;
use crate::protocol::native::{WayKeyboard, WayPointer, WaySeat, way_keyboard, way_pointer, way_seat};

/// The devices that a seat has. They come and go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Devices {
    pointer: Option<WayPointer>,
    keyboard: Option<WayKeyboard>,
}

impl<A: Host> Module<WaySeat, A> for Toolkit {
    type Data = Devices;

    fn event(app: &mut A, this: WaySeat, event: way_seat::Event<'_>) -> HandlerResult {
        let way_seat::Event::Capabilities { capabilities } = event else { return Ok(()) };
        let Devices { mut pointer, mut keyboard } = *app.client().data(this)?;
        match (capabilities.contains(way_seat::Capability::POINTER), pointer) {
            (true, None) => pointer = Some(this.get_pointer(app.client())?),
            (false, Some(gone)) => {
                let window = app.client().data(gone)?.take();
                gone.destroy(app.client())?;
                pointer = None;
                window.into_iter().for_each(|window| app.event(window, Event::PointerLeft));
            }
            _ => {}
        }
        match (capabilities.contains(way_seat::Capability::KEYBOARD), keyboard) {
            (true, None) => keyboard = Some(this.get_keyboard(app.client())?),
            (false, Some(gone)) => {
                let keys = app.client().data(gone)?.leave();
                gone.destroy(app.client())?;
                keyboard = None;
                release_keys(app, keys);
            }
            _ => {}
        }
        *app.client().data(this)? = Devices { pointer, keyboard };
        Ok(())
    }
}

impl<A: Host> Module<WayPointer, A> for Toolkit {
    /// Where it is.
    type Data = Option<WindowId>;

    fn event(app: &mut A, this: WayPointer, event: way_pointer::Event) -> HandlerResult {
        let data = app.client().data(this)?;
        let event = match event {
            way_pointer::Event::Enter { surface, x, y, .. } => {
                *data = Some(WindowId::of(surface.handle()));
                Event::Pointer { x: x.to_f64(), y: y.to_f64() }
            }
            way_pointer::Event::Motion { x, y, .. } => Event::Pointer { x: x.to_f64(), y: y.to_f64() },
            way_pointer::Event::Leave { .. } => {
                data.take().into_iter().for_each(|window| app.event(window, Event::PointerLeft));
                return Ok(());
            }
            way_pointer::Event::Button { button, state, .. } => {
                Event::Button { code: button, pressed: state == way_pointer::ButtonState::PRESSED }
            }
            way_pointer::Event::Axis { axis, value, .. } => {
                Event::Scroll { horizontal: axis == way_pointer::Axis::HORIZONTAL, distance: value.to_f64() }
            }
            way_pointer::Event::Frame => return Ok(()),
        };
        if let Some(window) = *data {
            app.event(window, event);
        }
        Ok(())
    }
}

impl<A: Host> Module<WayKeyboard, A> for Toolkit {
    type Data = Keys;

    fn event(app: &mut A, this: WayKeyboard, event: way_keyboard::Event<'_>) -> HandlerResult {
        let data = app.client().data(this)?;
        match event {
            way_keyboard::Event::Key { key: code, state, .. } => {
                let pressed = state == way_keyboard::KeyState::PRESSED;
                data.key(code, pressed).into_iter().for_each(|window| app.event(window, Event::Key { code, pressed }));
            }
            way_keyboard::Event::Enter { surface, keys, .. } => {
                let left = data.leave();
                data.enter(WindowId::of(surface.handle()), words(keys));
                release_keys(app, left);
            }
            way_keyboard::Event::Leave { .. } => {
                let left = data.leave();
                release_keys(app, left);
            }
            way_keyboard::Event::Modifiers { depressed, latched, locked, group, .. } => {
                let event = Event::Modifiers { depressed, latched, locked, group };
                data.window().into_iter().for_each(|window| app.event(window, event));
            }
            way_keyboard::Event::Keymap { format: way_keyboard::KeymapFormat::XKB_V1, fd, size } => {
                app.keymap(fd, size);
            }
            // Without a keymap, keys are codes.
            way_keyboard::Event::Keymap { .. } | way_keyboard::Event::RepeatInfo { .. } => {}
        }
        Ok(())
    }
}
