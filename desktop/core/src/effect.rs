//! What comes out of the desktop.

use super::{Desktop, Owner, Pixels, SurfaceId};

/// Pixels to scroll for one step of a wheel.
const STEP: f64 = 15.0;

/// How the user scrolls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scroll {
    /// Whether to the right, or else down.
    pub horizontal: bool,
    /// In pixels; 0 is the end of it.
    pub distance: f64,
    /// Steps of a wheel; 0 if there are none.
    pub steps: f64,
    /// With what.
    pub source: ScrollSource,
}

impl Scroll {
    /// Turns a wheel, whose steps have the usual distance.
    pub fn wheel(horizontal: bool, distance: f64) -> Scroll {
        Scroll { horizontal, distance, steps: distance / STEP, source: ScrollSource::Wheel }
    }
}

/// What the user scrolls with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScrollSource {
    /// A wheel that is turned.
    #[default]
    Wheel,
    /// A finger.
    Finger,
    /// Something else without steps, such as a stick.
    Continuous,
    /// A wheel that is tilted.
    WheelTilt,
}

/// What the owner of a surface is to be told.
///
/// `x` and `y` are places on the surface, in its own coordinates. `serial` is new with each effect that has one; a client
/// names it when it asks for a grab. `id` is a finger, from when it goes down to when it goes up. `code` is that of the
/// device, as Linux has it (`BTN_LEFT`, `KEY_A`).
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields mean the same in all variants, and are explained above")]
pub enum Effect {
    /// The pointer is on the surface now.
    PointerEnter { serial: u32, x: f64, y: f64 },
    /// The pointer is on it no more.
    PointerLeave { serial: u32 },
    /// The pointer is somewhere else on it.
    PointerMotion { x: f64, y: f64 },
    /// The pointer was moved by this, wherever it could go. Only after [`Desktop::report_motion`](crate::Desktop::report_motion).
    PointerMovedBy { dx: f64, dy: f64 },
    /// The pointer is held by the constraint of the surface now.
    PointerHeld,
    /// It is not held by it any more. A constraint that holds once is gone.
    PointerFreed,
    /// A button was pressed or released; the pointer is on the surface, or was when the first one was pressed.
    Button { serial: u32, code: u32, pressed: bool },
    /// The user scrolls.
    Scroll(Scroll),
    /// The surface has the keyboard now.
    KeyboardEnter { serial: u32 },
    /// The surface has the keyboard no more.
    KeyboardLeave { serial: u32 },
    /// A key was pressed or released.
    Key { serial: u32, code: u32, pressed: bool },
    /// A finger was put on the surface.
    TouchDown { serial: u32, id: i32, x: f64, y: f64 },
    /// A finger that was put on the surface moves.
    TouchMotion { id: i32, x: f64, y: f64 },
    /// It was lifted.
    TouchUp { serial: u32, id: i32 },
    /// The finger does something for the compositor now: its client hears no more of it.
    TouchTaken { id: i32 },
    /// All fingers of the client do something for the compositor now.
    TouchCancel,
    /// The window is the active one, or not any more. It is configured after that.
    Activated(bool),
    /// The window is to be something else: see [`Desktop::wanted`](crate::Desktop::wanted).
    Configure,
    /// The window that a reactive popup belongs to was moved.
    Moved,
    /// A popup was closed.
    Dismissed,
    /// The user wants the window closed.
    Close,
    /// What is dragged is over the surface now.
    DragEnter { serial: u32, x: f64, y: f64 },
    /// What is dragged is somewhere else on the surface.
    DragMotion { x: f64, y: f64 },
    /// What is dragged is over the surface no more.
    DragLeave,
    /// What is dragged was let go over the surface.
    DragDrop,
    /// What is dragged was let go over nothing. The surface that the drag came from may be gone.
    DragCancel,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// The next thing to tell the owner of a surface.
    pub fn next_effect(&mut self) -> Option<(O, Effect)> {
        while let Some((surface, owner, effect)) = self.effects.pop_front() {
            let Some(id) = surface else { return Some((owner, effect)) };
            if effect == Effect::Configure
                && let Some(window) = self.window_mut(id)
            {
                window.is_queued = false;
            }
            if self.surfaces.contains_key(&id) {
                return Some((owner, effect));
            }
        }
        None
    }

    /// The next serial of an event.
    pub fn next_serial(&mut self) -> u32 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }

    pub(super) fn push(&mut self, id: SurfaceId, effect: Effect) {
        if let Some(owner) = self.owner(id) {
            self.effects.push_back((Some(id), owner, effect));
        }
    }
}
