//! The keys of the user, and what they do by the keymap.

use std::sync::Arc;

use kbvm::Components;
use kbvm::Keycode;
use kbvm::state_machine::{Direction, Event, State};

use super::keymap::{Effects, Keymap, MAX_CODE, Modifiers};

/// What the keys do.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(super) map: Arc<Keymap>,
    state: State,
    components: Components,
    /// Those that are down, in the order in which they went down.
    held: Vec<Down>,
    /// Whether anything came after that.
    moved_on: bool,
}

/// A key that is down.
#[derive(Debug)]
struct Down {
    code: u32,
    /// How often it was pressed: several keyboards may have it.
    times: u8,
    /// What was in effect before.
    before: Effects,
}

impl Keys {
    /// All keys are up.
    ///
    /// # Errors
    /// If there is no keymap, as text for people.
    pub(crate) fn new() -> Result<Keys, String> {
        Ok(Keys::of(Keymap::get()?))
    }

    fn of(map: Arc<Keymap>) -> Keys {
        let state = map.machine.create_state();
        Keys { map, state, components: Components::default(), held: Vec::new(), moved_on: true }
    }

    /// A key goes down or up, whoever has the keyboard.
    pub(crate) fn key(&mut self, code: u32, pressed: bool) {
        if code > MAX_CODE {
            return;
        }
        self.note(code, pressed);
        self.turn(code, pressed);
    }

    fn turn(&mut self, code: u32, pressed: bool) {
        let direction = if pressed { Direction::Down } else { Direction::Up };
        let mut events: Vec<Event> = Vec::new();
        self.map.machine.handle_key(&mut self.state, &mut events, Keycode::from_evdev(code), direction);
        for event in events {
            self.components.apply_event(event);
        }
    }

    /// Remembers which keys are down.
    fn note(&mut self, code: u32, pressed: bool) {
        self.moved_on = true;
        match self.held.iter().position(|down| down.code == code) {
            Some(at) if pressed => self.held[at].times = self.held[at].times.saturating_add(1),
            Some(at) if self.held[at].times > 1 => self.held[at].times -= 1,
            Some(at) => drop(self.held.remove(at)),
            None if pressed => {
                self.held.push(Down { code, times: 1, before: self.effects() });
                self.moved_on = false;
            }
            None => {}
        }
    }

    fn effects(&self) -> Effects {
        let Components { mods_pressed, mods_latched, mods_locked, .. } = self.components;
        let Components { group_pressed, group_latched, group_locked, controls, .. } = self.components;
        let groups = [group_pressed.0, group_latched.0, group_locked.0];
        [mods_pressed.0, mods_latched.0, mods_locked.0, groups[0], groups[1], groups[2], controls.0]
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

mod carry {
    //! Nobody can write down what a keyboard is in the middle of. So it is put there again: by keys of its own, each of
    //! which puts something in effect, and by those that are down.

    use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};

    use super::{Down, Keymap, Keys, MAX_CODE};

    wayline::carry!(struct Down { code, times, before });

    impl Carry for Keys {
        fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
            saver.put_bytes(&self.map.text()?)?;
            saver.put(&self.held)?;
            saver.put(&self.moved_on)?;
            saver.put(&self.effects())
        }

        fn load(loader: &mut Loader<'_>) -> Result<Keys, CarryError> {
            let text = loader.get_bytes()?;
            let held: Vec<Down> = loader.get()?;
            let (moved_on, now) = (loader.get()?, loader.get()?);
            let is_held = |(at, down): (usize, &Down)| {
                down.code <= MAX_CODE && held[..at].iter().all(|earlier| earlier.code != down.code)
            };
            if !held.iter().enumerate().all(is_held) {
                return Err(CarryError::Damaged { what: "a key that is down twice" });
            }
            let effects: Vec<_> = held.iter().map(|down| down.before).chain([now]).collect();
            let map = Keymap::of_text(text, MAX_CODE + 1, &effects);
            let mut keys = Keys::of(map.map_err(|_| CarryError::Damaged { what: "a keymap that is none" })?);
            let put_in_effect = |keys: &mut Keys, at: usize| {
                let code = MAX_CODE + 1 + at as u32;
                keys.turn(code, true);
                keys.turn(code, false);
            };
            for (at, down) in held.iter().enumerate() {
                put_in_effect(&mut keys, at);
                (0..down.times).for_each(|_| keys.turn(down.code, true));
            }
            if moved_on {
                put_in_effect(&mut keys, held.len());
            }
            (keys.held, keys.moved_on) = (held, moved_on);
            Ok(keys)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::keymap::Keymap;
    use super::Keys;

    const SHIFT: u32 = 42;
    const CAPS: u32 = 58;

    fn keys() -> Keys {
        Keys::of(Arc::new(Keymap::built_in().unwrap()))
    }

    #[test]
    fn the_built_in_keymap_has_modifiers_and_locks() {
        let mut keys = keys();
        keys.key(SHIFT, true);
        assert_eq!(keys.modifiers().depressed, 1);
        keys.key(SHIFT, false);
        keys.key(CAPS, true);
        keys.key(CAPS, false);
        assert_eq!((keys.modifiers().depressed, keys.modifiers().locked), (0, 2));
        keys.key(56, true);
        assert_eq!(keys.modifiers().depressed, 8, "Alt is Mod1");
    }

    /// Whatever was pressed, and whatever is pressed then: a keyboard that goes over does the same as one that stays.
    #[test]
    fn a_keyboard_that_goes_over_is_in_the_middle_of_the_same() {
        let mut random = 0x1234_5678_9abc_def0_u64;
        let mut next = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        // Shift, Caps, Control, Alt, two letters, and a key that means nothing.
        let codes = [SHIFT, CAPS, 29, 56, 30, 31, 250];
        for _ in 0..40 {
            let mut stays = keys();
            for _ in 0..next(12) {
                stays.key(codes[next(7) as usize], next(2) == 0);
            }
            let mut goes: Keys = wayline::carry::from_state(wayline::carry::to_state(&stays).unwrap()).unwrap();
            assert_eq!(goes.modifiers(), stays.modifiers());
            for _ in 0..12 {
                let (code, pressed) = (codes[next(7) as usize], next(2) == 0);
                stays.key(code, pressed);
                goes.key(code, pressed);
                assert_eq!(goes.modifiers(), stays.modifiers(), "{code} {pressed}");
            }
        }
    }
}
