//! The keymap, and what keys do by it.

use std::sync::{Arc, OnceLock};

use kbvm::builder::{GroupBuilder, KeyBuilder, LevelBuilder};
use kbvm::routine::{Routine, RoutineBuilder};
use kbvm::state_machine::StateMachine;
use kbvm::xkb::Context;
use kbvm::xkb::diagnostic::{Diagnostic, DiagnosticHandler};
use kbvm::{GroupType, Keycode, ModifierMask};
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline::io::shm::Memory;

use crate::protocol::ZwpVirtualKeyboardV1;

/// The highest code of a key or button that Linux knows.
pub(super) const MAX_CODE: u32 = 0x2ff;

/// Modifiers, groups and controls that are in effect, as numbers.
pub(super) type Effects = [u32; 7];

/// A keymap.
#[derive(Debug)]
pub(crate) struct Keymap {
    /// As text, with a NUL at the end as clients expect it.
    pub(super) text: Memory,
    pub(super) machine: StateMachine,
}

/// The keymap of this process.
struct Compiled {
    source: kbvm::xkb::Keymap,
    keymap: Arc<Keymap>,
}

static COMPILED: OnceLock<Result<Compiled, String>> = OnceLock::new();

/// Compiles the keymap, once in a process. That takes longer than everything else a compositor does to start, and happens at
/// the latest when the first client wants to have a keyboard.
///
/// A process that [takes over](mod@wayline::carry) from another one calls this before: if both have the same keymap, as they
/// have it from the same environment, clients do not wait for it.
pub fn compile_keymap() {
    // Who wants to have a keyboard hears of an error.
    let _ = Keymap::get();
}

impl Keymap {
    /// That of this process.
    pub(super) fn get() -> Result<Arc<Keymap>, String> {
        let compiled = COMPILED.get_or_init(Compiled::new).as_ref();
        compiled.map(|compiled| Arc::clone(&compiled.keymap)).map_err(String::clone)
    }

    /// A keyboard of the United States.
    #[cfg(test)]
    pub(super) fn built_in() -> Result<Keymap, String> {
        Keymap::new(&built_in()?)
    }

    fn new(keymap: &kbvm::xkb::Keymap) -> Result<Keymap, String> {
        let text = seal(&format!("{}\n", keymap.format()))?;
        Ok(Keymap { text, machine: keymap.to_builder().build_state_machine() })
    }

    /// Its text, without the NUL.
    pub(super) fn text(&self) -> Result<Vec<u8>, Refusal> {
        text_of(&self.text)
    }

    /// The keymap that has this text, with keys beside its own, from this code on: each puts something in effect. If the
    /// only one would put nothing in effect, it may be missing.
    pub(super) fn of_text(text: &[u8], first: u32, effects: &[Effects]) -> Result<Arc<Keymap>, String> {
        let compiled = COMPILED.get().and_then(|compiled| compiled.as_ref().ok());
        let compiled = compiled.filter(|compiled| compiled.keymap.text().is_ok_and(|own| own == text));
        let mut builder = match compiled {
            Some(Compiled { keymap, .. }) if effects == [Effects::default()] => return Ok(Arc::clone(keymap)),
            Some(Compiled { source, .. }) => source.to_builder(),
            None => parse(text)?.to_builder(),
        };
        let every = GroupType::builder(ModifierMask::default()).build();
        for (code, effects) in (first..).zip(effects) {
            let mut level = LevelBuilder::new(0);
            level.routine(&routine(*effects));
            let mut group = GroupBuilder::new(0, &every);
            group.add_level(level);
            let mut key = KeyBuilder::new(Keycode::from_evdev(code));
            key.add_group(group);
            builder.add_key(key);
        }
        let text = seal(std::str::from_utf8(text).map_err(|error| error.to_string())?)?;
        Ok(Arc::new(Keymap { text, machine: builder.build_state_machine() }))
    }
}

impl Compiled {
    /// The layout that `XKB_DEFAULT_LAYOUT` and its like name, or the usual one.
    fn new() -> Result<Compiled, String> {
        let source = Context::default().keymap_from_names(Log, None, None, None, None);
        // Without the files of xkb-data there is nothing in it.
        let source = if source.keys().next().is_none() { built_in()? } else { source };
        let keymap = Arc::new(Keymap::new(&source)?);
        Ok(Compiled { source, keymap })
    }
}

/// A keyboard of the United States.
fn built_in() -> Result<kbvm::xkb::Keymap, String> {
    parse(include_bytes!("us.xkb"))
}

fn parse(text: &[u8]) -> Result<kbvm::xkb::Keymap, String> {
    let keymap = Context::builder().build().keymap_from_bytes(Log, None, text);
    keymap.map_err(|error| error.to_string())
}

/// What a key does that puts something in effect.
fn routine(effects: Effects) -> Routine {
    let mut routine = Routine::builder();
    let stores = [
        RoutineBuilder::mods_pressed_store,
        RoutineBuilder::mods_latched_store,
        RoutineBuilder::mods_locked_store,
        RoutineBuilder::group_pressed_store,
        RoutineBuilder::group_latched_store,
        RoutineBuilder::group_locked_store,
        RoutineBuilder::controls_store,
    ];
    for (store, effect) in stores.into_iter().zip(effects) {
        let value = routine.allocate_var();
        store(routine.load_lit(value, effect), value);
    }
    routine.build()
}

/// Memory with the text of a keymap, for clients, which expect a NUL at the end.
fn seal(text: &str) -> Result<Memory, String> {
    Memory::immutable("keymap", format!("{text}\0").as_bytes()).map_err(|error| error.to_string())
}

/// The text that is in such memory.
fn text_of(memory: &Memory) -> Result<Vec<u8>, Refusal> {
    let mut text = vec![0; memory.size().saturating_sub(1)];
    memory.read(0, &mut text).map_err(|error| Refusal::new(error.to_string()))?;
    Ok(text)
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
        Ok(Brought { text: Arc::new(seal(text)?), number })
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

wayline::carry!(struct Modifiers { depressed, latched, locked, group });
wayline::carry!(struct Typist { keyboard, keymap, modifiers });

impl Carry for Brought {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.number)?;
        saver.put_bytes(&text_of(&self.text)?)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Brought, CarryError> {
        let (number, text) = (loader.get()?, loader.get_bytes()?);
        Brought::new(text, number).map_err(|_| CarryError::Damaged { what: "a keymap that is none" })
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

    #[test]
    fn the_built_in_keymap_has_letters_and_shift() {
        let table: LookupTable = super::parse(include_bytes!("us.xkb")).unwrap().to_builder().build_lookup_table();
        let typed = |code: u32, modifiers: u32| {
            let code = kbvm::Keycode::from_evdev(code);
            let found = table.lookup(Default::default(), kbvm::ModifierMask(modifiers), code);
            found.into_iter().filter_map(|symbol| symbol.char()).collect::<String>()
        };
        let (shift, lock) = (1, 2);
        assert_eq!([typed(30, 0), typed(30, shift), typed(30, lock), typed(3, shift)], ["a", "A", "A", "@"]);
    }
}
