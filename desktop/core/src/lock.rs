//! The locked screen: while it is locked, some surfaces are shown and get input, and no others.

use super::dock::LOCK;
use super::{Desktop, Owner, Pixels, Stale, SurfaceId};

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Whether the screen is locked.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Locks the screen: nothing is shown and gets input but what [`Desktop::make_lock`] makes, on black, until
    /// [`Desktop::unlock`]. Menus close, and nothing is dragged, moved or resized any more. People see it with the next
    /// frame.
    pub fn lock(&mut self) {
        if !std::mem::replace(&mut self.locked, true) {
            self.dismiss_popups(None);
            self.cancel_grab();
            self.set_cursor(None, (0, 0));
            self.lock_changed();
        }
    }

    /// Unlocks the screen. The topmost window gets the keyboard.
    pub fn unlock(&mut self) {
        if std::mem::replace(&mut self.locked, false) {
            self.cancel_grab();
            self.lock_changed();
        }
    }

    /// Makes a surface one that is shown while the screen is locked, and at no other time: at the upper left of the
    /// screen, with the keyboard.
    pub fn make_lock(&mut self, id: SurfaceId) {
        self.make_window(id);
        if let Some(window) = self.window_mut(id) {
            (window.locks, window.placed, window.level) = (true, true, LOCK);
            window.position = (0, 0);
            self.restack(id);
            self.window_takes_keyboard(id);
            self.drop_hidden();
        }
    }

    fn lock_changed(&mut self) {
        self.scene.set_blank(self.locked);
        self.mark(Stale::Tree);
        self.drop_hidden();
        if self.keyboard_focus().is_none() {
            self.focus_topmost();
        }
    }
}
