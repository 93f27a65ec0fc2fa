//! Fingers on the screen. Each belongs to the surface that it came down on until it goes up, wherever it moves in between.

use super::{Desktop, Effect, Lead, Owner, Pixels, SurfaceId, Touch};

/// The fingers that are down.
#[derive(Debug, Default)]
pub(super) struct Fingers {
    pub(super) plugged: bool,
    pub(super) points: Vec<Point>,
}

/// A finger on a surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) id: i32,
    pub(super) surface: SurfaceId,
    /// That of its coming down.
    pub(super) serial: u32,
    /// Where it is on the screen.
    pub(super) at: (f64, f64),
    /// Where it was on the surface when that was last told.
    pub(super) told: (f64, f64),
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Whether there has been a touch screen.
    pub fn has_touch(&self) -> bool {
        self.touch.plugged
    }

    pub(super) fn touch(&mut self, action: Touch) {
        self.touch.plugged = true;
        match action {
            Touch::Plug => {}
            Touch::Down { id, x, y } => self.finger_down(id, x, y),
            Touch::Motion { id, x, y } => {
                let Some(point) = self.touch.points.iter_mut().find(|point| point.id == id) else { return };
                point.at = (x, y);
                if self.leads(Lead::Finger(id)) {
                    self.grab_moved();
                } else {
                    self.follow_fingers();
                }
            }
            Touch::Up { id } => {
                let Some(at) = self.touch.points.iter().position(|point| point.id == id) else { return };
                if self.leads(Lead::Finger(id)) {
                    self.end_grab();
                } else {
                    let point = self.touch.points.remove(at);
                    self.finger_up(point);
                }
            }
            Touch::Cancel => self.cancel_fingers(),
        }
    }

    fn finger_down(&mut self, id: i32, x: f64, y: f64) {
        if self.touch.points.iter().any(|point| point.id == id) {
            return;
        }
        let hit = self.surface_at(x, y);
        let over = hit.map(|(surface, ..)| surface);
        self.dismiss_popups(over);
        self.focus(over);
        let at = (x, y);
        let Some((surface, x, y)) = hit.filter(|(surface, ..)| self.is_shown(*surface)) else { return };
        let serial = self.next_serial();
        self.touch.points.push(Point { id, surface, serial, at, told: (x, y) });
        self.push(surface, Effect::TouchDown { serial, id, x, y });
    }

    fn finger_up(&mut self, point: Point) {
        let serial = self.next_serial();
        self.push(point.surface, Effect::TouchUp { serial, id: point.id });
    }

    /// Tells clients where fingers are on their surfaces now: these moved, or those did.
    pub(super) fn follow_fingers(&mut self) {
        for index in 0..self.touch.points.len() {
            let Point { id, surface, at, told, .. } = self.touch.points[index];
            if self.leads(Lead::Finger(id)) {
                continue;
            }
            let (x, y) = self.local(surface, at);
            if (x, y) != told {
                self.touch.points[index].told = (x, y);
                self.push(surface, Effect::TouchMotion { id, x, y });
            }
        }
    }

    /// Fingers on what is not shown any more touch nothing, but for one that leads a grab.
    pub(super) fn drop_hidden_fingers(&mut self) {
        let stays = |point: &Point| self.is_shown(point.surface) || self.leads(Lead::Finger(point.id));
        let (stay, lifted): (_, Vec<Point>) = self.touch.points.iter().partition(|point| stays(point));
        self.touch.points = stay;
        for point in lifted {
            self.finger_up(point);
        }
    }

    fn cancel_fingers(&mut self) {
        if matches!(self.grab, Some((Lead::Finger(_), _))) {
            self.cancel_grab();
        }
        let points = std::mem::take(&mut self.touch.points);
        let mut told = Vec::new();
        for point in points {
            let client = self.client(point.surface);
            if !told.contains(&client) {
                told.push(client);
                self.push(point.surface, Effect::TouchCancel);
            }
        }
    }
}
