//! The pointer: where it is, and which surface it is over.

use super::focus::hold;
use super::{Desktop, Effect, Lead, Owner, Pixels, Place, Stale, SurfaceId};

/// State of the pointer.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    pub(super) at: (f64, f64),
    /// Where the device that says places was last, which is elsewhere while the pointer is held. The first place that it
    /// says is no distance from anywhere.
    pub(super) device: Option<(f64, f64)>,
    /// Whether distances are told.
    pub(super) reports: bool,
    /// The surface that holds it.
    pub(super) held: Option<SurfaceId>,
    /// What it is over, and where in it.
    pub(super) over: Option<(SurfaceId, f64, f64)>,
    /// Codes of the buttons that are down.
    pub(super) buttons: Vec<u32>,
    /// Serial of the press that began while no button was down.
    pub(super) press: Option<u32>,
    /// Its picture.
    pub(super) cursor: Option<SurfaceId>,
    /// Whether pictures of it are drawn.
    pub(super) drawn: bool,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Whether pictures of the pointer are drawn.
    pub fn draws_cursors(&self) -> bool {
        self.pointer.drawn
    }

    /// From now on surfaces are told how far the pointer was moved as well. Few clients want to know, and most desktops
    /// never have one.
    pub fn report_motion(&mut self) {
        self.pointer.reports = true;
    }

    /// Says whether pictures of the pointer are drawn.
    pub fn draw_cursors(&mut self, drawn: bool) {
        self.pointer.drawn = drawn;
        self.mark(Stale::Tree);
        self.drop_hidden();
    }

    /// Makes a surface, or none, the picture of the pointer; the hotspot is the point in it that points.
    pub fn set_cursor(&mut self, id: Option<SurfaceId>, hotspot: (i32, i32)) {
        if let Some(id) = id {
            match self.surfaces.get_mut(&id).map(|surface| &mut surface.place) {
                Some(Place::Cursor { hotspot: at }) => *at = hotspot,
                _ => self.put(id, Place::Cursor { hotspot }),
            }
        }
        self.pointer.cursor = id;
        self.mark(Stale::Tree);
        self.drop_hidden();
    }

    /// The surface that is the picture of the pointer, and its hotspot.
    pub fn cursor(&self) -> Option<(SurfaceId, (i32, i32))> {
        let id = self.pointer.cursor?;
        match self.place(id) {
            Place::Cursor { hotspot } => Some((id, hotspot)),
            _ => None,
        }
    }

    /// What the pointer is over.
    pub fn pointer_focus(&self) -> Option<SurfaceId> {
        self.pointer.over.map(|(id, ..)| id)
    }

    pub(super) fn pointer_moved_by(&mut self, dx: f64, dy: f64) {
        let (x, y) = self.pointer.at;
        let (width, height) = self.frame().size();
        let along = |at: f64, length: u32| at.min(f64::from(length) - 1.0).max(0.0);
        self.carry((along(x + dx, width), along(y + dy, height)), (dx, dy));
        self.pointer.device = Some(self.pointer.at);
    }

    pub(super) fn pointer_moved(&mut self, x: f64, y: f64) {
        let before = self.pointer.device.replace((x, y)).unwrap_or((x, y));
        self.carry((x, y), (x - before.0, y - before.1));
    }

    /// The pointer is moved by a distance, to a place if nothing holds it.
    fn carry(&mut self, to: (f64, f64), (dx, dy): (f64, f64)) {
        if self.pointer.reports
            && let Some(over) = self.pointer_focus()
            && (dx, dy) != (0.0, 0.0)
        {
            self.push(over, Effect::PointerMovedBy { dx, dy });
        }
        let Some(to) = self.held_back(to) else { return };
        self.pointer.at = to;
        if self.pointer.cursor.is_some() && self.pointer.drawn {
            self.mark(Stale::Tree);
        }
        if self.leads(Lead::Pointer) {
            self.grab_moved();
            return;
        }
        let before = self.pointer_focus();
        self.update_pointer_focus();
        // Some clients draw where the pointer moves, and not where it enters.
        if let Some((over, x, y)) = self.pointer.over
            && before != Some(over)
        {
            self.push(over, Effect::PointerMotion { x, y });
        }
        self.update_constraint();
    }

    pub(super) fn button(&mut self, code: u32, pressed: bool) {
        if pressed && self.pointer.buttons.is_empty() {
            let over = self.pointer_focus();
            self.dismiss_popups(over);
            self.focus(over);
        }
        hold(&mut self.pointer.buttons, code, pressed);
        let is_pressed = !self.pointer.buttons.is_empty();
        if !is_pressed {
            self.pointer.press = None;
        }
        if self.leads(Lead::Pointer) {
            if !is_pressed {
                self.end_grab();
            }
        } else if let Some(over) = self.pointer_focus() {
            let serial = self.next_serial();
            if pressed && self.pointer.buttons.len() == 1 {
                self.pointer.press = Some(serial);
            }
            self.push(over, Effect::Button { serial, code, pressed });
        }
        self.mark(Stale::Under);
    }

    /// The topmost surface at a point that takes input there, and where in it that is.
    pub(super) fn surface_at(&self, x: f64, y: f64) -> Option<(SurfaceId, f64, f64)> {
        let (column, row) = (x.floor() as i32, y.floor() as i32);
        self.shown.iter().rev().filter(|(_, bounds)| bounds.contains(column, row)).find_map(|(id, bounds)| {
            let (x, y) = (x - f64::from(bounds.left()), y - f64::from(bounds.top()));
            let takes = self.surfaces.get(id)?.input.as_ref().is_none_or(|region| region.contains(x, y))
                && !matches!(self.place(self.root(*id)), Place::Cursor { .. } | Place::Icon);
            takes.then_some((*id, x, y))
        })
    }

    /// A point of the screen in coordinates of a surface.
    pub(super) fn local(&self, id: SurfaceId, (x, y): (f64, f64)) -> (f64, f64) {
        let (left, top) = self.origin(id);
        (x - f64::from(left), y - f64::from(top))
    }

    /// Finds out what is under the pointer, and tells those to whom that is new: the pointer moved, or something moved
    /// under it. While a button is down, the surface that got it keeps the pointer.
    pub(super) fn update_pointer_focus(&mut self) {
        if self.leads(Lead::Pointer) {
            return;
        }
        let now = match self.pointer.over.filter(|_| !self.pointer.buttons.is_empty()) {
            Some((held, ..)) => {
                let (x, y) = self.local(held, self.pointer.at);
                Some((held, x, y))
            }
            None => self.surface_at(self.pointer.at.0, self.pointer.at.1),
        };
        let before = std::mem::replace(&mut self.pointer.over, now);
        if before == now {
            return;
        }
        match (before, now) {
            (Some((old, ..)), Some((new, x, y))) if old == new => self.push(new, Effect::PointerMotion { x, y }),
            _ => {
                let serial = self.next_serial();
                if let Some((old, ..)) = before {
                    self.push(old, Effect::PointerLeave { serial });
                }
                if let Some((new, x, y)) = now {
                    self.push(new, Effect::PointerEnter { serial, x, y });
                }
            }
        }
    }

    /// Takes the pointer from the surface it is over, if any, until the next [`Desktop::refresh`]: its client has got
    /// another device to be told by.
    pub fn enter_again(&mut self, client: O::Client) {
        if self.pointer_focus().is_some_and(|over| self.client(over) == Some(client)) {
            self.leave_pointer();
        }
        self.mark(Stale::Under);
    }

    /// Takes the pointer from the surface it is over.
    pub(super) fn leave_pointer(&mut self) {
        if let Some((over, ..)) = self.pointer.over.take() {
            let serial = self.next_serial();
            self.push(over, Effect::PointerLeave { serial });
        }
    }
}
