//! The keymap, and what keys do by it.

use std::sync::{Arc, OnceLock};

use kbvm::Components;
use kbvm::Keycode;
use kbvm::state_machine::{Direction, Event, State, StateMachine};
use kbvm::xkb::Context;
use kbvm::xkb::diagnostic::{Diagnostic, DiagnosticHandler};
use wayline::io::shm::Memory;

use crate::protocol::ZwpVirtualKeyboardV1;

/// What the keys do.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(super) map: &'static Keymap,
    state: State,
    components: Components,
}

/// A keymap.
#[derive(Debug)]
pub(crate) struct Keymap {
    /// As text, with a NUL at the end as clients expect it.
    pub(super) text: Memory,
    machine: StateMachine,
}

impl Keymap {
    /// Compiles it, once in a process: that takes longer than all else a compositor does to start.
    fn get() -> Result<&'static Keymap, String> {
        static KEYMAP: OnceLock<Result<Keymap, String>> = OnceLock::new();
        KEYMAP.get_or_init(Keymap::compile).as_ref().map_err(Clone::clone)
    }

    /// The layout that `XKB_DEFAULT_LAYOUT` and its like name, or the usual one.
    fn compile() -> Result<Keymap, String> {
        let keymap = Context::default().keymap_from_names(Log, None, None, None, None);
        // Without the files of xkb-data there is nothing in it.
        if keymap.keys().next().is_none() { Keymap::built_in() } else { Keymap::new(&keymap) }
    }

    /// A keyboard of the United States.
    fn built_in() -> Result<Keymap, String> {
        let keymap = Context::builder().build().keymap_from_bytes(Log, None, include_bytes!("us.xkb"));
        Keymap::new(&keymap.map_err(|error| error.to_string())?)
    }

    fn new(keymap: &kbvm::xkb::Keymap) -> Result<Keymap, String> {
        let text = format!("{}\n\0", keymap.format());
        let text = Memory::immutable("keymap", text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(Keymap { text, machine: keymap.to_builder().build_state_machine() })
    }
}

/// A keymap that a program brought.
#[derive(Clone, Debug)]
pub(crate) struct Brought {
    /// As text, with a NUL at the end. A copy, which the program cannot change.
    pub(super) text: Arc<Memory>,
    /// No other has it, nor is it 0.
    pub(super) number: u64,
}

impl Brought {
    /// Bytes that it takes.
    pub(crate) fn size(&self) -> u64 {
        self.text.size() as u64
    }

    /// Takes the text of one.
    ///
    /// # Errors
    /// If it is none, or there is no memory for it, as text for people.
    pub(crate) fn new(text: &[u8], number: u64) -> Result<Brought, String> {
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        let text = std::str::from_utf8(&text[..end]).map_err(|error| error.to_string())?;
        if !text.contains("xkb_keymap") {
            return Err("not a keymap".to_owned());
        }
        let text = Memory::immutable("keymap", format!("{text}\0").as_bytes()).map_err(|error| error.to_string())?;
        Ok(Brought { text: Arc::new(text), number })
    }
}

/// A program that was the last to use the keyboard.
#[derive(Debug)]
pub(crate) struct Typist {
    pub(crate) keyboard: ZwpVirtualKeyboardV1,
    pub(crate) keymap: Brought,
    pub(crate) modifiers: Modifiers,
}

/// Modifiers as the wire has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Modifiers {
    pub(crate) depressed: u32,
    pub(crate) latched: u32,
    pub(crate) locked: u32,
    pub(crate) group: u32,
}

impl Keys {
    /// All keys are up.
    ///
    /// # Errors
    /// If there is no keymap, as text for people.
    pub(crate) fn new() -> Result<Keys, String> {
        let map = Keymap::get()?;
        Ok(Keys { map, state: map.machine.create_state(), components: Components::default() })
    }

    /// A key goes down or up, whoever has the keyboard.
    pub(crate) fn key(&mut self, code: u32, pressed: bool) {
        let direction = if pressed { Direction::Down } else { Direction::Up };
        let mut events: Vec<Event> = Vec::new();
        self.map.machine.handle_key(&mut self.state, &mut events, Keycode::from_evdev(code), direction);
        for event in events {
            self.components.apply_event(event);
        }
    }

    pub(crate) fn modifiers(&self) -> Modifiers {
        let components = &self.components;
        Modifiers {
            depressed: components.mods_pressed.0,
            latched: components.mods_latched.0,
            locked: components.mods_locked.0,
            group: components.group.0,
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

#[cfg(test)]
mod tests {
    use kbvm::lookup::LookupTable;

    use super::{Context, Keymap, Keys, Log};

    #[test]
    fn the_built_in_keymap_has_letters_shift_and_locks() {
        let keymap = Context::builder().build().keymap_from_bytes(Log, None, include_bytes!("us.xkb")).unwrap();
        let table: LookupTable = keymap.to_builder().build_lookup_table();
        let typed = |code: u32, modifiers: u32| {
            let code = kbvm::Keycode::from_evdev(code);
            let found = table.lookup(Default::default(), kbvm::ModifierMask(modifiers), code);
            found.into_iter().filter_map(|symbol| symbol.char()).collect::<String>()
        };
        let (shift, lock) = (1, 2);
        assert_eq!([typed(30, 0), typed(30, shift), typed(30, lock), typed(3, shift)], ["a", "A", "A", "@"]);

        let map = Box::leak(Box::new(Keymap::built_in().unwrap()));
        let mut keys = Keys { state: map.machine.create_state(), map, components: Default::default() };
        keys.key(42, true);
        assert_eq!(keys.modifiers().depressed, shift);
        keys.key(42, false);
        keys.key(58, true);
        keys.key(58, false);
        assert_eq!((keys.modifiers().depressed, keys.modifiers().locked), (0, lock));
        keys.key(56, true);
        assert_eq!(keys.modifiers().depressed, 8, "Alt is Mod1");
    }
}
