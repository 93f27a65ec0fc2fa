//! `wl_keyboard`: the keymap, the modifiers, and who is told of keys.

use std::sync::OnceLock;

use kbvm::Components;
use kbvm::Keycode;
use kbvm::state_machine::{Direction, Event, State, StateMachine};
use kbvm::xkb::Context;
use kbvm::xkb::diagnostic::{Diagnostic, DiagnosticHandler};
use wayline::io::shm::Memory;
use wayline::{Fault, Handled, RequestHandler};

use super::protocol::{WlKeyboard, WlSurface, wl_keyboard};
use crate::app::App;
use crate::native::KeyboardEvent;

/// Key repeats in a second.
const REPEATS: i32 = 25;

/// Milliseconds until the first repeat.
const DELAY: i32 = 400;

/// What the keys do, from when a client first asked for a keyboard.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    keys: Option<Keys>,
}

#[derive(Debug)]
struct Keys {
    map: &'static Keymap,
    state: State,
    components: Components,
}

/// The keymap of the system's default layout.
#[derive(Debug)]
struct Keymap {
    /// As text, with a NUL at the end as clients expect it.
    text: Memory,
    machine: StateMachine,
}

impl Keymap {
    /// Compiles it, once in a process: that takes longer than all else a compositor does to start.
    fn get() -> Result<&'static Keymap, Fault> {
        static KEYMAP: OnceLock<Result<Keymap, String>> = OnceLock::new();
        KEYMAP.get_or_init(Keymap::compile).as_ref().map_err(|error| Fault::internal(error.clone()))
    }

    fn compile() -> Result<Keymap, String> {
        let keymap = Context::default().keymap_from_names(Log, None, None, None, None);
        if keymap.keys().next().is_none() {
            return Err("no keymap: is the package xkb-data installed?".to_owned());
        }
        let text = format!("{}\n\0", keymap.format());
        let text = Memory::immutable("keymap", text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(Keymap { text, machine: keymap.to_builder().build_state_machine() })
    }
}

/// Modifiers as the wire has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modifiers {
    depressed: u32,
    latched: u32,
    locked: u32,
    group: u32,
}

impl Keyboard {
    /// A key goes down or up, whoever has the keyboard.
    pub(crate) fn key(&mut self, code: u32, pressed: bool) {
        let Some(Keys { map, state, components }) = &mut self.keys else { return };
        let direction = if pressed { Direction::Down } else { Direction::Up };
        let mut events: Vec<Event> = Vec::new();
        map.machine.handle_key(state, &mut events, Keycode::from_evdev(code), direction);
        for event in events {
            components.apply_event(event);
        }
    }

    fn modifiers(&self) -> Modifiers {
        self.keys.as_ref().map_or(Modifiers::default(), |Keys { components, .. }| Modifiers {
            depressed: components.mods_pressed.0,
            latched: components.mods_latched.0,
            locked: components.mods_locked.0,
            group: components.group.0,
        })
    }
}

/// Sets up a new keyboard: the keymap comes before anything else.
pub(super) fn begin(app: &mut App, this: WlKeyboard) -> Handled {
    let map = Keymap::get()?;
    app.wayland.keyboard.keys.get_or_insert_with(|| {
        let components = Components::default();
        Keys { map, state: map.machine.create_state(), components }
    });
    let fd = map.text.try_clone_fd().map_err(|error| Fault::internal(error.to_string()))?;
    let size = map.text.size() as u32;
    this.keymap(&mut app.server, wl_keyboard::KeymapFormat::XKB_V1, fd, size)?;
    if this.version() >= 4 {
        this.repeat_info(&mut app.server, REPEATS, DELAY)?;
    }
    app.wayland.keyboards.push(this);
    if let Some(crate::app::Target::Wayland(surface)) = app.keyboard_focus()
        && surface.client() == this.client()
    {
        let serial = app.serial();
        app.wayland.serials.give(serial, this.client());
        press_one(app, this, surface, KeyboardEvent::Enter { serial });
    }
    Ok(())
}

/// Tells the keyboards of the surface's client.
pub(crate) fn press(app: &mut App, surface: WlSurface, event: KeyboardEvent) {
    match event {
        KeyboardEvent::Enter { serial } => {
            app.wayland.serials.give(serial, surface.client());
            super::data_device::focus(app, surface.client());
        }
        KeyboardEvent::Key { serial, .. } | KeyboardEvent::Leave { serial } => {
            app.wayland.serials.give(serial, surface.client());
        }
    }
    let keyboards: Vec<_> =
        app.wayland.keyboards.iter().copied().filter(|keyboard| keyboard.client() == surface.client()).collect();
    for keyboard in keyboards {
        press_one(app, keyboard, surface, event);
    }
}

fn press_one(app: &mut App, keyboard: WlKeyboard, surface: WlSurface, event: KeyboardEvent) {
    let time = app.time();
    let held: Vec<u8> = app.held_keys().flat_map(u32::to_ne_bytes).collect();
    let now = app.wayland.keyboard.modifiers();
    let Ok(told) = app.server.data(keyboard).copied() else { return };
    let server = &mut app.server;
    // A client that is gone or does not read misses the event.
    let (serial, sent, enters) = match event {
        KeyboardEvent::Enter { serial } => (serial, keyboard.enter(server, serial, surface, &held), true),
        KeyboardEvent::Leave { serial } => (serial, keyboard.leave(server, serial, surface), false),
        KeyboardEvent::Key { serial, code, pressed } => {
            let state = if pressed { wl_keyboard::KeyState::PRESSED } else { wl_keyboard::KeyState::RELEASED };
            (serial, keyboard.key(server, serial, time, code, state), false)
        }
    };
    let leaves = matches!(event, KeyboardEvent::Leave { .. });
    if sent.is_ok() && (enters || (now != told.0 && !leaves)) {
        let Modifiers { depressed, latched, locked, group } = now;
        let _ = keyboard.modifiers(server, serial, depressed, latched, locked, group);
        if let Ok(told) = server.data(keyboard) {
            told.0 = now;
        }
    }
}

/// What the keymap compiler has to say is for those who look for a fault.
struct Log;

impl DiagnosticHandler for Log {
    fn handle(&mut self, diagnostic: Diagnostic) {
        tracing::debug!("keymap: {diagnostic}");
    }
}

/// The modifiers that a keyboard was told last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told(Modifiers);

impl RequestHandler<WlKeyboard> for App {
    type Data = Told;

    fn request(&mut self, _: WlKeyboard, request: wl_keyboard::Request) -> Handled {
        match request {
            wl_keyboard::Request::Release => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WlKeyboard, _: Told) {
        self.wayland.keyboards.retain(|keyboard| *keyboard != this);
    }
}
