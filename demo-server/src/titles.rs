//! What windows are called, and with that what a nested screen is called on its
//! host: after the window that has the keyboard.
//!
//! Knows texts; who has the keyboard is the seat's, who wants which title the
//! front ends' business.

use crate::app::{App, Target};
use crate::native;
use crate::outputs::Screen;
#[cfg(feature = "wayland")]
use crate::wayland;

/// Longest title kept, in bytes; the wire allows more.
const MAX_TITLE: usize = 256;

/// A title as it is kept.
pub(crate) fn kept(title: &str) -> String {
    title[..title.floor_char_boundary(MAX_TITLE)].to_owned()
}

impl App {
    /// Another window has the keyboard, or the one that has it has another title.
    pub(crate) fn name_screen(&mut self) {
        let Screen::Nested(_) = &self.screen else { return };
        let title = self.keyboard_focus().and_then(|target| match target {
            Target::Native(surface) => native::title(self, surface),
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => wayland::title(self, surface),
        });
        if let Screen::Nested(window) = &mut self.screen {
            window.rename(title.as_deref().unwrap_or_default());
        }
    }
}
