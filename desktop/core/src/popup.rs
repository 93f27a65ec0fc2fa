//! Popups: menus and the like, above their parents, with or without a grab of the input.

use super::{Desktop, Effect, MAX_PARTS, Owner, Pixels, Place, SurfaceId, TreeError};

/// Most popups that grab the input at a time.
const MAX_GRABS: usize = 64;

/// A popup that has grabbed the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct PopupGrab {
    pub(super) popup: SurfaceId,
    /// Whether it has the keyboard.
    pub(super) keyboard: bool,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Puts a surface above another one, which it belongs to. A popup closes when its parent is not shown any more; a
    /// transient is hidden with it.
    pub fn make_popup(&mut self, id: SurfaceId, parent: SurfaceId, transient: bool) -> Result<(), TreeError> {
        self.check_depth(id, parent)?;
        if self.surfaces.get(&parent).is_some_and(|surface| surface.children().popups.len() >= MAX_PARTS) {
            return Err(TreeError::Full);
        }
        self.put(id, Place::Popup { parent, offset: (0, 0), transient, dismissed: false });
        Ok(())
    }

    /// Says whether a popup wants to know that its window was moved.
    pub fn set_reactive(&mut self, id: SurfaceId, reactive: bool) {
        if let Some(surface) = self.surfaces.get_mut(&id) {
            surface.reactive = reactive;
        }
    }

    fn popups_of(&self, id: SurfaceId) -> Vec<SurfaceId> {
        self.surfaces.get(&id).map(|surface| surface.children().popups.clone()).unwrap_or_default()
    }

    /// A window was moved.
    pub(super) fn tell_popups(&mut self, id: SurfaceId) {
        for popup in self.popups_of(id) {
            if self.surfaces.get(&popup).is_some_and(|surface| surface.reactive) && self.is_shown(popup) {
                self.push(popup, Effect::Moved);
            }
            self.tell_popups(popup);
        }
    }

    /// Whether a popup may grab the input: its parent is no popup, or the one with the latest grab.
    pub fn may_grab(&self, id: SurfaceId) -> bool {
        let Place::Popup { parent, .. } = self.place(id) else { return false };
        let latest = self.popups.last().map(|grab| grab.popup).filter(|popup| self.client(*popup) == self.client(id));
        !matches!(self.place(parent), Place::Popup { transient: false, .. }) || latest == Some(parent)
    }

    /// Gives a popup the input of its client's surfaces: a press elsewhere closes it. With `keyboard` it gets the keys
    /// as well. If there are too many, it is closed.
    pub fn grab_popup(&mut self, id: SurfaceId, keyboard: bool) {
        if self.popups.last().is_some_and(|grab| self.client(grab.popup) != self.client(id)) {
            self.dismiss_popups(None);
        }
        self.release_popup(id);
        if self.popups.len() == MAX_GRABS {
            self.dismiss(id);
            return;
        }
        self.popups.push(PopupGrab { popup: id, keyboard });
    }

    pub(super) fn release_popup(&mut self, id: SurfaceId) {
        self.popups.retain(|grab| grab.popup != id);
    }

    /// The topmost shown popup of a client that has the keyboard.
    pub(super) fn keyboard_popup(&self, client: Option<O::Client>) -> Option<SurfaceId> {
        let grab = self.popups.iter().rev().find(|grab| grab.keyboard)?;
        (self.client(grab.popup) == client && self.is_shown(grab.popup)).then_some(grab.popup)
    }

    /// Closes a popup.
    pub fn dismiss(&mut self, id: SurfaceId) {
        let Some(surface) = self.surfaces.get_mut(&id) else { return };
        let Place::Popup { parent, transient, dismissed, .. } = &mut surface.place else { return };
        let (parent, stays) = (*parent, *transient && !self.popups.iter().any(|grab| grab.popup == id));
        if stays {
            self.hide_popups(id);
        } else if !std::mem::replace(dismissed, true) {
            self.release_popup(id);
            self.push(id, Effect::Dismissed);
            self.moved(id);
            self.hide_popups(id);
            self.refocus_below(id, parent);
            self.drop_hidden();
        }
    }

    /// Something was pressed: popups of other clients that grab the input close.
    pub fn dismiss_popups(&mut self, over: Option<SurfaceId>) {
        let client = over.and_then(|over| self.client(over));
        let first = self.popups.first().and_then(|grab| self.client(grab.popup));
        if first.is_none() || first == client {
            return;
        }
        while let Some(popup) = self.popups.last().map(|grab| grab.popup) {
            self.dismiss(popup);
            self.release_popup(popup);
        }
    }

    /// A surface is not shown any more: its popups close.
    pub(super) fn hide_popups(&mut self, id: SurfaceId) {
        for popup in self.popups_of(id).into_iter().rev() {
            self.dismiss(popup);
        }
    }

    pub(super) fn popup_appeared(&mut self, id: SurfaceId, parent: SurfaceId) {
        if !self.is_shown(parent) {
            self.dismiss(id);
        } else if self.popups.iter().any(|grab| grab.popup == id && grab.keyboard) {
            self.focus(Some(id));
        }
    }

    /// A popup is not shown any more: what is below it gets its keyboard.
    pub(super) fn refocus_below(&mut self, id: SurfaceId, parent: SurfaceId) {
        if self.keyboard.focus == Some(id) && self.is_shown(parent) {
            self.focus(Some(parent));
        }
    }
}
