//! Focus: which window the pointer is over, which one has the keyboard.
//!
//! Knows positions, buttons and keys; how a client is told is the front ends' business.

use wayline::{ClientId, Interface};

use crate::app::{App, Target};
use crate::native::{self, KeyboardEvent, PointerEvent};
use crate::protocol::WayKeyboard;
use crate::script::Action;

/// State of the one seat.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    position: (f64, f64),
    /// What the pointer is over, and where in it.
    over: Option<(Target, f64, f64)>,
    focus: Option<Target>,
    buttons: Vec<u32>,
    keys: Vec<u32>,
    serial: u32,
}

impl App {
    /// Lets a device of the user act.
    pub(crate) fn input(&mut self, action: Action) {
        match action {
            Action::Move { x, y } => {
                self.seat.position = (x, y);
                self.repoint();
                if let Some((target, x, y)) = self.seat.over {
                    self.point(target, PointerEvent::Motion { x, y });
                }
            }
            Action::Button { code, pressed } => {
                if pressed && self.seat.buttons.is_empty() {
                    self.focus(self.seat.over.map(|(target, ..)| target));
                }
                self.seat.buttons.retain(|held| *held != code);
                if pressed {
                    self.seat.buttons.push(code);
                }
                if let Some((target, ..)) = self.seat.over {
                    let serial = self.serial();
                    self.point(target, PointerEvent::Button { serial, code, pressed });
                }
                self.repoint();
            }
            Action::Scroll { horizontal, distance } => {
                if let Some((target, ..)) = self.seat.over {
                    self.point(target, PointerEvent::Scroll { horizontal, distance });
                }
            }
            Action::Key { code, pressed } => {
                self.seat.keys.retain(|held| *held != code);
                if pressed {
                    self.seat.keys.push(code);
                }
                if let Some(target) = self.seat.focus {
                    let serial = self.serial();
                    self.press(target, KeyboardEvent::Key { serial, code, pressed });
                }
            }
        }
    }

    /// Codes of the keys that are down.
    pub(crate) fn held_keys(&self) -> impl Iterator<Item = u32> + '_ {
        self.seat.keys.iter().copied()
    }

    /// Gives the keyboard to a window and raises it.
    pub(crate) fn focus(&mut self, target: Option<Target>) {
        if let Some(view) = target.and_then(|target| self.view_of(target)) {
            self.scene.raise(view);
            self.schedule();
        }
        if self.seat.focus == target {
            return;
        }
        let serial = self.serial();
        if let Some(old) = std::mem::replace(&mut self.seat.focus, target) {
            self.press(old, KeyboardEvent::Leave { serial });
            native::activate(self, old, false);
        }
        if let Some(new) = target {
            self.press(new, KeyboardEvent::Enter { serial });
            native::activate(self, new, true);
        }
    }

    /// A window is gone: the one below gets the keyboard.
    pub(crate) fn vanished(&mut self, target: Target) {
        if self.seat.over.is_some_and(|(over, ..)| over == target) {
            self.seat.over = None;
            self.seat.buttons.clear();
        }
        if self.seat.focus == Some(target) {
            self.seat.focus = None;
            let next = self.targets.iter().max_by_key(|(view, _)| **view).map(|(_, target)| *target);
            self.focus(next);
        }
        self.repoint();
    }

    /// A client has got a pointer: it may be over one of its windows already.
    pub(crate) fn pointer_added(&mut self, client: ClientId) {
        if let Some((target @ Target::Native(surface), ..)) = self.seat.over
            && surface.client() == client
        {
            let serial = self.serial();
            self.point(target, PointerEvent::Leave { serial });
            self.seat.over = None;
        }
        self.repoint();
    }

    /// A client has got a keyboard: one of its windows may have the focus already.
    pub(crate) fn keyboard_added(&mut self, keyboard: WayKeyboard) {
        if let Some(Target::Native(surface)) = self.seat.focus
            && surface.client() == keyboard.client()
        {
            let serial = self.serial();
            native::press_one(self, keyboard, surface, KeyboardEvent::Enter { serial });
        }
    }

    /// Finds out what is under the pointer. While a button is down, the window
    /// that got it keeps the pointer.
    fn repoint(&mut self) {
        let (x, y) = self.seat.position;
        let hit = self.scene.view_at(x, y).and_then(|hit| {
            let target = self.targets.get(&hit.view)?;
            Some((*target, hit.x, hit.y))
        });
        let grabbed = self.seat.over.filter(|_| !self.seat.buttons.is_empty());
        let now = match grabbed {
            Some((target, ..)) => {
                let origin = self.view_of(target).and_then(|view| self.scene.position(view));
                origin.map(|(left, top)| (target, x - f64::from(left), y - f64::from(top)))
            }
            None => hit,
        };
        let before = std::mem::replace(&mut self.seat.over, now);
        let (old, new) = (before.map(|(target, ..)| target), now.map(|(target, ..)| target));
        if old == new {
            return;
        }
        let serial = self.serial();
        if let Some(old) = old {
            self.point(old, PointerEvent::Leave { serial });
        }
        if let Some((new, x, y)) = now {
            self.point(new, PointerEvent::Enter { serial, x, y });
        }
    }

    fn view_of(&self, target: Target) -> Option<crate::scene::ViewId> {
        self.targets.iter().find(|(_, owner)| **owner == target).map(|(view, _)| *view)
    }

    fn serial(&mut self) -> u32 {
        self.seat.serial = self.seat.serial.wrapping_add(1);
        self.seat.serial
    }

    fn point(&mut self, target: Target, event: PointerEvent) {
        let Target::Native(surface) = target;
        native::point(self, surface, event);
    }

    fn press(&mut self, target: Target, event: KeyboardEvent) {
        let Target::Native(surface) = target;
        native::press(self, surface, event);
    }
}
