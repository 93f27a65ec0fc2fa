//! Which window has the keyboard, which also makes it the active and the topmost one.

use crate::app::{App, Target};
use crate::native::{self, KeyboardEvent};
use crate::protocol::WayKeyboard;
#[cfg(feature = "wayland")]
use crate::wayland;

impl App {
    /// Codes of the keys that are down.
    pub(crate) fn held_keys(&self) -> impl Iterator<Item = u32> + '_ {
        self.seat.keys.iter().copied()
    }

    /// Gives the keyboard to a window and raises it.
    pub(crate) fn focus(&mut self, target: Option<Target>) {
        #[cfg(feature = "wayland")]
        let target = wayland::keyboard_target(self, target);
        if let Some(target) = target {
            self.raise(target);
        }
        if self.seat.focus == target {
            return;
        }
        let serial = self.serial();
        if let Some(old) = std::mem::replace(&mut self.seat.focus, target) {
            self.press(old, KeyboardEvent::Leave { serial });
            self.activate(old, false);
        }
        if let Some(new) = target {
            self.press(new, KeyboardEvent::Enter { serial });
            self.activate(new, true);
        }
        self.name_screen();
    }

    /// Gives the keyboard to the latest of the windows that take it.
    pub(crate) fn focus_latest(&mut self) {
        let mut left: Vec<_> = self.targets.iter().map(|(view, target)| (*view, *target)).collect();
        #[cfg(feature = "wayland")]
        left.retain(|(_, target)| wayland::takes_keyboard(self, *target));
        left.sort_unstable_by_key(|(view, _)| *view);
        self.focus(left.last().map(|(_, target)| *target));
        self.name_screen();
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

    /// Who has the keyboard.
    pub(crate) fn keyboard_focus(&self) -> Option<Target> {
        self.seat.focus
    }

    fn raise(&mut self, target: Target) {
        match target {
            Target::Native(_) => {
                #[cfg(feature = "wayland")]
                wayland::cover_panels(self, None);
                if let Some(view) = self.view_of(target) {
                    self.scene.raise(view);
                }
            }
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => wayland::raise(self, surface),
        }
        self.schedule();
    }

    fn activate(&mut self, target: Target, activated: bool) {
        match target {
            Target::Native(surface) => native::activate(self, surface, activated),
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => wayland::activate(self, surface, activated),
        }
    }

    pub(super) fn press(&mut self, target: Target, event: KeyboardEvent) {
        match target {
            Target::Native(surface) => native::press(self, surface, event),
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => wayland::press(self, surface, event),
        }
    }
}
