//! The seat: what its devices do, and which window the pointer is over. Which one
//! has the keyboard is in `keyboard`.
//!
//! Knows positions, buttons and keys; how a client is told is the front ends' business.

mod keyboard;

use wayline::ClientId;

use crate::app::{App, Target};
use crate::native::{self, KeyboardEvent, PointerEvent};
use crate::script::Action;
#[cfg(feature = "wayland")]
use crate::wayland;

/// State of the one seat.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    position: (f64, f64),
    /// What the pointer is over, and where in it.
    over: Option<(Target, f64, f64)>,
    /// The latest motion that a client which is behind was not told.
    late: Option<(Target, f64, f64)>,
    focus: Option<Target>,
    buttons: Vec<u32>,
    /// Serial of the press that began while no button was down.
    #[cfg(feature = "wayland")]
    press: Option<u32>,
    keys: Vec<u32>,
    serial: u32,
}

impl App {
    /// Lets a device of the user act.
    pub(crate) fn input(&mut self, action: Action) {
        match action {
            Action::Move { x, y } => {
                self.seat.position = (x, y);
                #[cfg(feature = "wayland")]
                wayland::follow_pointer(self);
                #[cfg(feature = "wayland")]
                if wayland::grab_motion(self, x, y) {
                    return;
                }
                let before = self.seat.over.map(|(target, ..)| target);
                self.repoint();
                // Some clients draw where the pointer moves, and not where it enters.
                if let Some((target, x, y)) = self.seat.over
                    && before != Some(target)
                {
                    self.point(target, PointerEvent::Motion { x, y });
                }
            }
            Action::Button { code, pressed } => {
                if pressed && self.seat.buttons.is_empty() {
                    let over = self.seat.over.map(|(target, ..)| target);
                    #[cfg(feature = "wayland")]
                    wayland::dismiss_popups(self, over);
                    self.focus(over);
                }
                self.seat.buttons.retain(|held| *held != code);
                if pressed {
                    self.seat.buttons.push(code);
                }
                #[cfg(feature = "wayland")]
                if self.seat.buttons.is_empty() {
                    self.seat.press = None;
                }
                #[cfg(feature = "wayland")]
                if wayland::grab_button(self) {
                    self.repoint();
                    return;
                }
                if let Some((target, ..)) = self.seat.over {
                    let serial = self.serial();
                    #[cfg(feature = "wayland")]
                    if pressed && self.seat.buttons.len() == 1 {
                        self.seat.press = Some(serial);
                    }
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
                #[cfg(feature = "wayland")]
                self.wayland.keyboard.key(code, pressed);
                if let Some(target) = self.seat.focus {
                    let serial = self.serial();
                    self.press(target, KeyboardEvent::Key { serial, code, pressed });
                }
            }
            #[cfg(feature = "wayland")]
            Action::Touch(action) => wayland::touch(self, action),
            // The native protocol has no touch screen.
            #[cfg(not(feature = "wayland"))]
            Action::Touch(_) => {}
            Action::Close => match self.seat.focus {
                Some(Target::Native(surface)) => native::close(self, surface),
                #[cfg(feature = "wayland")]
                Some(Target::Wayland(surface)) => wayland::close(self, surface),
                None => {}
            },
        }
    }

    /// A window is gone: the one below gets the keyboard. Its client is told, if
    /// there is a surface left to be told of.
    pub(crate) fn vanished(&mut self, target: Target) {
        if self.seat.over.take_if(|(over, ..)| *over == target).is_some() {
            self.seat.buttons.clear();
            #[cfg(feature = "wayland")]
            {
                self.seat.press = None;
                wayland::pointer_entered(self, None);
            }
            let serial = self.serial();
            self.point(target, PointerEvent::Leave { serial });
        }
        if self.seat.focus.take_if(|focus| *focus == target).is_some() {
            let serial = self.serial();
            self.press(target, KeyboardEvent::Leave { serial });
            self.focus_latest();
        }
        self.repoint();
    }

    /// A client has got a pointer: it may be over one of its windows already.
    pub(crate) fn pointer_added(&mut self, client: ClientId) {
        if let Some((target, ..)) = self.seat.over
            && target.client() == client
        {
            let serial = self.serial();
            self.point(target, PointerEvent::Leave { serial });
            self.seat.over = None;
        }
        self.repoint();
    }

    /// Finds out what is under the pointer, and tells those to whom that is new:
    /// the pointer moved, or something moved under it. While a button is down, the
    /// window that got it keeps the pointer.
    pub(crate) fn repoint(&mut self) {
        #[cfg(feature = "wayland")]
        if self.wayland.is_grabbed() {
            return;
        }
        let (x, y) = self.seat.position;
        let hit = self.target_at(x, y);
        let grabbed = self.seat.over.filter(|_| !self.seat.buttons.is_empty());
        let now = match grabbed {
            Some((target, ..)) => {
                let origin = self.view_of(target).and_then(|view| self.scene.position(view));
                origin.map(|(left, top)| (target, x - f64::from(left), y - f64::from(top)))
            }
            None => hit,
        };
        let before = std::mem::replace(&mut self.seat.over, now);
        if before == now {
            return;
        }
        if let (Some((old, ..)), Some((new, x, y))) = (before, now)
            && old == new
        {
            self.point(new, PointerEvent::Motion { x, y });
            return;
        }
        let serial = self.serial();
        if let Some((old, ..)) = before {
            self.point(old, PointerEvent::Leave { serial });
        }
        if let Some((new, x, y)) = now {
            self.point(new, PointerEvent::Enter { serial, x, y });
        }
    }

    /// The topmost window at a point that takes input there, and where in it that is.
    pub(crate) fn target_at(&mut self, x: f64, y: f64) -> Option<(Target, f64, f64)> {
        let App { scene, targets, .. } = self;
        let mut hits = scene.views_at(x, y).filter_map(|hit| Some((*targets.get(&hit.view)?, hit.x, hit.y)));
        #[cfg(feature = "wayland")]
        let server = &mut self.server;
        #[cfg(feature = "wayland")]
        return hits.find(|(target, x, y)| wayland::takes_input(server, *target, *x, *y));
        #[cfg(not(feature = "wayland"))]
        return hits.next();
    }

    /// Takes the pointer from the window it is over, until [`App::repoint`].
    #[cfg(feature = "wayland")]
    pub(crate) fn take_pointer(&mut self) {
        if let Some((target, ..)) = self.seat.over.take() {
            let serial = self.serial();
            self.point(target, PointerEvent::Leave { serial });
        }
    }

    /// Where the pointer is on the screen.
    #[cfg(feature = "wayland")]
    pub(crate) fn pointer(&self) -> (f64, f64) {
        self.seat.position
    }

    /// What the pointer is over.
    #[cfg(feature = "wayland")]
    pub(crate) fn pointer_focus(&self) -> Option<Target> {
        self.seat.over.map(|(target, ..)| target)
    }

    /// Serial of the press that goes on, however many buttons are down by now.
    #[cfg(feature = "wayland")]
    pub(crate) fn press_serial(&self) -> Option<u32> {
        self.seat.press
    }

    /// Whether any button is down.
    #[cfg(feature = "wayland")]
    pub(crate) fn is_pressed(&self) -> bool {
        !self.seat.buttons.is_empty()
    }

    fn view_of(&self, target: Target) -> Option<crate::scene::ViewId> {
        self.targets.iter().find(|(_, owner)| **owner == target).map(|(view, _)| *view)
    }

    /// The next serial of an event.
    pub(crate) fn serial(&mut self) -> u32 {
        self.seat.serial = self.seat.serial.wrapping_add(1);
        self.seat.serial
    }

    /// Tells a client that reads again where the pointer is.
    pub(crate) fn catch_up(&mut self, client: ClientId) {
        if let Some((target, x, y)) = self.seat.late.take_if(|(target, ..)| target.client() == client) {
            self.tell(target, PointerEvent::Motion { x, y });
        }
    }

    /// Tells a client what the pointer does, but for motion that it is too far
    /// behind to see: of that it gets the latest, before anything else happens
    /// there, each time as a whole frame.
    fn point(&mut self, target: Target, event: PointerEvent) {
        if let PointerEvent::Motion { x, y } = event
            && self.server.is_behind(target.client())
        {
            self.seat.late = Some((target, x, y));
            return;
        }
        self.catch_up(target.client());
        self.tell(target, event);
    }

    fn tell(&mut self, target: Target, event: PointerEvent) {
        match target {
            Target::Native(surface) => native::point(self, surface, event),
            #[cfg(feature = "wayland")]
            Target::Wayland(surface) => wayland::point(self, surface, event),
        }
    }
}
