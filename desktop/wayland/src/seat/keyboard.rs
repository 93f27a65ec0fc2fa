//! `wl_keyboard`: who is told of keys and modifiers.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::keymap::Modifiers;
use super::keys::Keys;
use crate::data::selection;
use crate::host::{Host, Parts, Wayland, keyboard_focus};
use crate::limits::register;
use crate::protocol::{WlKeyboard, WlSurface, wl_keyboard};
use wayline_desktop::Effect;

/// Key repeats in a second.
const REPEATS: i32 = 25;

/// Milliseconds until the first repeat.
const DELAY: i32 = 400;

/// Sets up a new keyboard: the keymap comes before anything else.
pub(crate) fn begin<A: Host>(app: &mut A, this: WlKeyboard) -> HandlerResult {
    register(&mut app.wayland().client(this).keyboards, this)?;
    if app.wayland().keys.is_none() {
        app.wayland().keys = Some(Keys::new().map_err(HandlerError::internal)?);
    }
    let Some(keys) = &app.wayland().keys else { return Ok(()) };
    let text = &keys.map.text;
    let (fd, size) = (text.try_clone_fd()?, text.size() as u32);
    this.keymap(app.server(), wl_keyboard::KeymapFormat::XKB_V1, fd, size)?;
    if this.version() >= 4 {
        this.repeat_info(app.server(), REPEATS, DELAY)?;
    }
    if let Some(surface) = keyboard_focus(app).filter(|surface| surface.client() == this.client()) {
        let serial = app.desktop().next_serial();
        app.wayland().give_serial(serial, this.client());
        send(app, this, surface, Effect::KeyboardEnter { serial });
    }
    Ok(())
}

/// Tells the keyboards of the surface's client.
pub(crate) fn deliver<A: Host>(app: &mut A, surface: WlSurface, effect: Effect) {
    if let Effect::KeyboardEnter { .. } = effect {
        selection::BOTH.into_iter().for_each(|which| selection::send_selection(app, surface.client(), which));
    }
    for keyboard in app.wayland().client(surface).keyboards.clone() {
        send(app, keyboard, surface, effect);
    }
    if let Some(update) = app.wayland().update_text_inputs
        && !matches!(effect, Effect::Key { .. })
    {
        update(app, surface, matches!(effect, Effect::KeyboardEnter { .. }));
    }
}

/// The modifiers have changed, or who types has: whoever has the keyboard is told.
pub(crate) fn changed<A: Host>(app: &mut A) {
    let Some(surface) = keyboard_focus(app) else { return };
    let serial = app.desktop().next_serial();
    for keyboard in app.wayland().client(surface).keyboards.clone() {
        let is_new = tell_keymap(app, keyboard);
        tell_modifiers(app, keyboard, serial, is_new);
    }
}

fn send<A: Host>(app: &mut A, keyboard: WlKeyboard, surface: WlSurface, effect: Effect) {
    let time = app.time();
    // A client that is gone or does not read misses the event.
    match effect {
        Effect::KeyboardEnter { serial } => {
            tell_keymap(app, keyboard);
            let Parts { server, desktop, .. } = app.parts();
            let held: Vec<u8> = desktop.held_keys().iter().copied().flat_map(u32::to_ne_bytes).collect();
            if keyboard.enter(server, serial, surface, &held).is_ok() {
                tell_modifiers(app, keyboard, serial, true);
            }
        }
        Effect::KeyboardLeave { serial } => drop(keyboard.leave(app.server(), serial, surface)),
        Effect::Key { serial, code, pressed } => {
            if tell_keymap(app, keyboard) {
                tell_modifiers(app, keyboard, serial, true);
            }
            let state = if pressed { wl_keyboard::KeyState::PRESSED } else { wl_keyboard::KeyState::RELEASED };
            if keyboard.key(app.server(), serial, time, code, state).is_ok() {
                tell_modifiers(app, keyboard, serial, false);
            }
        }
        _ => {}
    }
}

/// Tells a keyboard what keys mean, if they mean something else than it was told last. Returns whether they do: then it
/// has forgotten the modifiers.
fn tell_keymap<A: Host>(app: &mut A, keyboard: WlKeyboard) -> bool {
    let Parts { server, wayland, .. } = app.parts();
    let (number, text) = match (&wayland.typist, &wayland.keys) {
        (Some(typist), _) => (typist.keymap.number, &*typist.keymap.text),
        (None, Some(keys)) => (0, &keys.map.text),
        (None, None) => return false,
    };
    let Ok(told) = server.data(keyboard) else { return false };
    if std::mem::replace(&mut told.keymap, number) == number {
        return false;
    }
    match text.try_clone_fd() {
        Ok(fd) => drop(keyboard.keymap(server, wl_keyboard::KeymapFormat::XKB_V1, fd, text.size() as u32)),
        Err(error) => tracing::error!("no descriptor for a keymap: {error}"),
    }
    true
}

/// Tells a keyboard the modifiers, if it was not told them yet, or has to be again.
fn tell_modifiers<A: Host>(app: &mut A, keyboard: WlKeyboard, serial: u32, again: bool) {
    let Parts { server, wayland, .. } = app.parts();
    let now = match (&wayland.typist, &wayland.keys) {
        (Some(typist), _) => typist.modifiers,
        (None, keys) => keys.as_ref().map(Keys::modifiers).unwrap_or_default(),
    };
    let Ok(told) = server.data(keyboard) else { return };
    if std::mem::replace(&mut told.modifiers, now) != now || again {
        let Modifiers { depressed, latched, locked, group } = now;
        let _ = keyboard.modifiers(server, serial, depressed, latched, locked, group);
    }
}

/// What a keyboard was told last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    modifiers: Modifiers,
    /// The number of the keymap of a program; 0 is that of the user.
    keymap: u64,
}

wayline::carry!(struct Told { modifiers, keymap });

impl<A: Host> Module<WlKeyboard, A> for Wayland {
    type Data = Told;

    fn request(_: &mut A, _: WlKeyboard, wl_keyboard::Request::Release: wl_keyboard::Request) -> HandlerResult {
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlKeyboard, _: Told) {
        app.wayland().client(this).keyboards.retain(|other| *other != this);
    }
}
