//! What the pointer does for the compositor while a button is down, or a finger while it is, because a client asked for
//! it: moves and resizes windows, or drags data.

use super::{Desktop, Edges, Effect, Owner, Pixels, Place, Stale, SurfaceId};

/// What leads a grab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    Pointer,
    Finger(i32),
}

/// What it does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grab<O> {
    /// Moves a window; where the lead is in it.
    Move { window: SurfaceId, offset: (f64, f64) },
    /// Moves edges of a window; where the lead was, and the size then.
    Resize { window: SurfaceId, edges: Edges, from: (f64, f64), size: (i32, i32) },
    /// Drags data.
    Drag {
        from: O,
        /// Whether it may be dropped on surfaces of other clients.
        everywhere: bool,
        /// What is drawn at the lead.
        icon: Option<SurfaceId>,
        /// What the data is over.
        over: Option<SurfaceId>,
    },
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// What may lead a grab that a client asks for: what is pressed, if `serial` is that of the press; on what, and where on
    /// the screen it is.
    fn pressed(&self, serial: u32) -> Option<(Lead, SurfaceId, (f64, f64))> {
        if self.grab.is_some() {
            return None;
        }
        if self.pointer.press == Some(serial)
            && let Some(over) = self.pointer_focus()
        {
            return Some((Lead::Pointer, over, self.pointer.at));
        }
        let point = self.touch.points.iter().find(|point| point.serial == serial)?;
        Some((Lead::Finger(point.id), point.surface, point.at))
    }

    /// Starts to move a window. Returns false if `serial` is not that of a press on it that goes on.
    pub fn start_move(&mut self, window: SurfaceId, serial: u32) -> bool {
        let pressed = self.pressed(serial).filter(|(_, on, _)| self.root(*on) == window);
        let (Some((lead, _, (x, y))), Some(at)) = (pressed, self.position(window)) else { return false };
        let offset = (x - f64::from(at.0), y - f64::from(at.1));
        self.start_grab(lead, Grab::Move { window, offset });
        true
    }

    /// Starts to move edges of a window; returns as [`Desktop::start_move`].
    pub fn start_resize(&mut self, window: SurfaceId, serial: u32, edges: Edges) -> bool {
        let pressed = self.pressed(serial).filter(|(_, on, _)| self.root(*on) == window && edges.0 & Edges::ALL != 0);
        let Some((lead, _, from)) = pressed else { return false };
        let geometry = self.geometry(window);
        let size = (geometry.width(), geometry.height());
        if let Some(window) = self.window_mut(window) {
            window.edges = Some((edges, size));
        }
        self.start_grab(lead, Grab::Resize { window, edges, from, size: (size.0 as i32, size.1 as i32) });
        true
    }

    /// Starts to drag data, with an icon. Returns false if `serial` is not that of a press on a surface of the client
    /// that goes on.
    pub fn start_drag(&mut self, from: O, serial: u32, everywhere: bool, icon: Option<SurfaceId>) -> bool {
        let pressed = self.pressed(serial).filter(|(_, on, _)| self.client(*on) == Some(from.client()));
        let Some((lead, ..)) = pressed else { return false };
        if let Some(icon) = icon {
            self.put(icon, Place::Icon);
        }
        self.start_grab(lead, Grab::Drag { from, everywhere, icon, over: None });
        self.grab_moved();
        true
    }

    /// Ends the drag that goes on, if any; nothing is dropped, and only what it is over is told.
    pub fn stop_drag(&mut self) {
        if matches!(self.grab, Some((_, Grab::Drag { .. }))) {
            self.leave_drag();
            self.release_lead();
        }
    }

    /// Starts a grab; what leads it is of no concern to clients from now on.
    fn start_grab(&mut self, lead: Lead, grab: Grab<O>) {
        match lead {
            Lead::Pointer => {
                self.leave_pointer();
                self.drop_constraint();
            }
            Lead::Finger(id) => {
                if let Some(point) = self.touch.points.iter().find(|point| point.id == id) {
                    self.push(point.surface, Effect::TouchTaken { id });
                }
            }
        }
        self.grab = Some((lead, grab));
    }

    /// Whether this leads the grab that goes on.
    pub(super) fn leads(&self, lead: Lead) -> bool {
        self.grab.is_some_and(|(by, _)| by == lead)
    }

    /// Where what leads the grab is on the screen.
    pub(super) fn lead_position(&self) -> (f64, f64) {
        let Some((Lead::Finger(id), _)) = self.grab else { return self.pointer.at };
        self.touch.points.iter().find(|point| point.id == id).map(|point| point.at).unwrap_or_default()
    }

    /// What leads the grab moved.
    pub(super) fn grab_moved(&mut self) {
        let (x, y) = self.lead_position();
        match self.grab {
            None => {}
            Some((_, Grab::Move { window, offset })) => {
                self.move_window(window, ((x - offset.0) as i32, (y - offset.1) as i32));
            }
            Some((_, Grab::Resize { window, edges, from, size })) => {
                let along = |low, high, size: i32, moved: f64| match (edges.contains(low), edges.contains(high)) {
                    (true, _) => size.saturating_sub(moved as i32),
                    (false, true) => size.saturating_add(moved as i32),
                    (false, false) => size,
                };
                let width = along(Edges::LEFT, Edges::RIGHT, size.0, x - from.0);
                let height = along(Edges::TOP, Edges::BOTTOM, size.1, y - from.1);
                self.want_size(window, Some((width, height)));
            }
            Some((_, Grab::Drag { .. })) => self.drag_moved(x, y),
        }
    }

    fn drag_moved(&mut self, x: f64, y: f64) {
        self.mark(Stale::Tree);
        let hit = self.surface_at(x, y);
        let Some((_, Grab::Drag { from, everywhere, over, .. })) = &mut self.grab else { return };
        let (from, everywhere, before) = (*from, *everywhere, *over);
        let now = hit.filter(|(id, ..)| everywhere || self.client(*id) == Some(from.client()));
        if let Some((id, x, y)) = now
            && before == Some(id)
        {
            self.push(id, Effect::DragMotion { x, y });
            return;
        }
        self.leave_drag();
        if let Some((id, x, y)) = now {
            let serial = self.next_serial();
            self.push(id, Effect::DragEnter { serial, x, y });
            if let Some((_, Grab::Drag { over, .. })) = &mut self.grab {
                *over = Some(id);
            }
        }
    }

    fn leave_drag(&mut self) {
        if let Some((_, Grab::Drag { over, .. })) = &mut self.grab
            && let Some(over) = over.take()
        {
            self.push(over, Effect::DragLeave);
        }
    }

    /// What leads the grab was released: what is dragged is dropped there.
    pub(super) fn end_grab(&mut self) {
        match self.release_lead() {
            Some(Grab::Resize { window, .. }) => self.want_size(window, None),
            Some(Grab::Drag { over: Some(over), .. }) => self.push(over, Effect::DragDrop),
            Some(Grab::Drag { from, over: None, .. }) => self.effects.push_back((None, from, Effect::DragCancel)),
            Some(Grab::Move { .. }) | None => {}
        }
    }

    /// Ends a grab; a finger that led it touches nothing any more.
    fn release_lead(&mut self) -> Option<Grab<O>> {
        let (lead, grab) = self.grab.take()?;
        self.touch.points.retain(|point| lead != Lead::Finger(point.id));
        self.mark(Stale::Tree);
        // With the icon all that belongs to it is hidden.
        self.drop_hidden();
        Some(grab)
    }

    /// What leads the grab is gone: nothing is dropped.
    pub(super) fn cancel_grab(&mut self) {
        self.leave_drag();
        self.end_grab();
    }

    /// A grab ends with the window that it moves. A drag goes on without what it came from.
    pub(super) fn drop_hidden_grab(&mut self) {
        match self.grab {
            Some((_, Grab::Move { window, .. } | Grab::Resize { window, .. })) if !self.is_shown(window) => {
                self.end_grab();
            }
            Some((_, Grab::Drag { over: Some(over), .. })) if !self.is_shown(over) => self.leave_drag(),
            _ => {}
        }
    }
}
