//! Which window has the keyboard, which also makes it the active and the topmost one; and what becomes of focus when
//! something is hidden.

use super::window_state::Window;
use super::{Desktop, Effect, Keyboard, Owner, Pixels, Stale, SurfaceId, dock};

/// State of the keyboard.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// A window, or a popup that took the keyboard from one.
    pub(super) focus: Option<SurfaceId>,
    /// The window that the focus belongs to.
    pub(super) active: Option<SurfaceId>,
    /// Codes of the keys that are down.
    pub(super) held: Vec<u32>,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Who has the keyboard.
    pub fn keyboard_focus(&self) -> Option<SurfaceId> {
        self.keyboard.focus
    }

    /// The title of the window that has the keyboard.
    pub fn active_title(&self) -> &str {
        self.keyboard.active.and_then(|active| self.window(active)).map_or("", |window| window.title.as_str())
    }

    /// Codes of the keys that are down.
    pub fn held_keys(&self) -> &[u32] {
        &self.keyboard.held
    }

    pub(super) fn key(&mut self, code: u32, pressed: bool) {
        hold(&mut self.keyboard.held, code, pressed);
        if let Some(focus) = self.keyboard.focus {
            let serial = self.next_serial();
            self.push(focus, Effect::Key { serial, code, pressed });
        }
    }

    /// Gives the keyboard to the window that a surface belongs to, or to the popup that took it from there, and raises
    /// the window. What keeps the keyboard for itself goes before.
    pub(super) fn focus(&mut self, target: Option<SurfaceId>) {
        let takes = |root: &SurfaceId| {
            self.is_shown(*root) && self.window(*root).is_some_and(|window| window.keyboard != Keyboard::Never)
        };
        let window = self.exclusive().or(target).map(|target| self.root(target)).filter(takes);
        let focus = window.map(|window| self.keyboard_popup(self.client(window)).unwrap_or(window));
        if let Some(window) = window {
            self.raise(window);
        }
        let active = focus.map(|focus| self.root(focus));
        let (had, was) = (self.keyboard.focus, self.keyboard.active);
        (self.keyboard.focus, self.keyboard.active) = (focus, active);
        let serial = if had == focus { 0 } else { self.next_serial() };
        if had != focus {
            self.mark(Stale::Under);
        }
        if let Some(had) = had.filter(|_| had != focus) {
            self.push(had, Effect::KeyboardLeave { serial });
        }
        if let Some(was) = was.filter(|_| was != active) {
            self.activate(was, false);
        }
        if let Some(focus) = focus.filter(|_| had != focus) {
            self.push(focus, Effect::KeyboardEnter { serial });
        }
        if let Some(active) = active.filter(|_| was != active) {
            self.activate(active, true);
        }
    }

    fn activate(&mut self, id: SurfaceId, activated: bool) {
        self.push(id, Effect::Activated(activated));
        self.configure(id);
    }

    /// Whether a window has the keyboard, or something that belongs to it.
    pub(super) fn is_active(&self, id: SurfaceId) -> bool {
        self.keyboard.active == Some(id)
    }

    /// What keeps the keyboard from all others: what locks the screen, or the topmost dock that wants to.
    fn exclusive(&self) -> Option<SurfaceId> {
        if self.locked {
            return self.stack.values().rev().copied().find(|id| self.is_for_now(*id));
        }
        let keeps = |id: &SurfaceId| {
            let window = self.window(*id)?;
            let keeps = window.keyboard == Keyboard::Exclusive && window.level >= dock::ABOVE && self.is_shown(*id);
            keeps.then_some((window.level, *id))
        };
        self.docks.iter().filter_map(keeps).max_by_key(|(level, _)| *level).map(|(_, id)| id)
    }

    /// Gives the keyboard to the topmost window that takes it.
    pub(super) fn focus_topmost(&mut self) {
        let topmost = |docks: bool| {
            self.stack.values().rev().copied().find(|id| {
                let takes = |window: &Window| window.dock.is_some() == docks && window.keyboard != Keyboard::Never;
                self.window(*id).is_some_and(takes) && self.is_for_now(*id)
            })
        };
        self.focus(topmost(false).or_else(|| topmost(true)));
    }

    /// A surface that its client shows wants the keyboard.
    pub fn request_focus(&mut self, id: SurfaceId) {
        if self.is_shown(id) {
            self.dismiss_popups(None);
            self.focus(Some(id));
        }
    }

    /// A window has appeared: it gets the keyboard if it wants it.
    pub(super) fn window_takes_keyboard(&mut self, id: SurfaceId) {
        let Some(window) = self.window(id).filter(|_| self.is_shown(id)) else { return };
        match window.keyboard {
            Keyboard::Never | Keyboard::Passive => {}
            _ if window.dock.is_none() => self.request_focus(id),
            _ if window.level > 0 => self.focus(Some(id)),
            _ => {}
        }
    }

    /// A window takes the keyboard in another way than before.
    pub(super) fn keyboard_wanted(&mut self, id: SurfaceId) {
        let has_keyboard = self.is_active(id);
        let wants = self.window(id).map(|window| window.keyboard);
        if wants == Some(Keyboard::Never) && has_keyboard {
            self.focus_topmost();
        } else if !has_keyboard && self.exclusive() == Some(id) {
            self.focus(Some(id));
        }
    }

    /// Something may have been hidden: what has the pointer, the keyboard or a finger is something shown.
    pub(super) fn drop_hidden(&mut self) {
        if self.pointer_focus().is_some_and(|over| !self.is_shown(over)) {
            self.pointer.buttons.clear();
            self.pointer.press = None;
            self.leave_pointer();
            self.drop_constraint();
        }
        self.drop_hidden_fingers();
        self.drop_hidden_grab();
        if self.keyboard.focus.is_some_and(|focus| !self.is_shown(focus)) {
            self.focus_topmost();
        }
    }
}

/// A key or button goes down or up: `held` are those that are down.
pub(super) fn hold(held: &mut Vec<u32>, code: u32, pressed: bool) {
    held.retain(|other| *other != code);
    if pressed {
        held.push(code);
    }
}
