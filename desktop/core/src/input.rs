//! What the user's devices do.

use super::{Desktop, Effect, Owner, Pixels, Scroll};

/// What a user can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Put the pointer somewhere, in pixels of the screen.
    Move {
        /// From the left edge.
        x: f64,
        /// From the upper edge.
        y: f64,
    },
    /// Move the pointer by a distance, in pixels, as far as the screen goes.
    MoveBy {
        /// To the right.
        dx: f64,
        /// Down.
        dy: f64,
    },
    /// Press or release a button of the pointer.
    Button {
        /// Its code.
        code: u32,
        /// Whether it goes down.
        pressed: bool,
    },
    /// Press or release a key.
    Key {
        /// Its code.
        code: u32,
        /// Whether it goes down.
        pressed: bool,
    },
    /// Scroll.
    Scroll(Scroll),
    /// Use the touch screen.
    Touch(Touch),
    /// Ask the window that has the keyboard to close.
    Close,
}

/// What a touch screen does. A finger is named by `id` from down to up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Touch {
    /// It is plugged in, if it was not.
    Plug,
    /// A finger touches the screen.
    Down {
        /// The finger.
        id: i32,
        /// From the left edge.
        x: f64,
        /// From the upper edge.
        y: f64,
    },
    /// A finger moves.
    Motion {
        /// The finger.
        id: i32,
        /// From the left edge.
        x: f64,
        /// From the upper edge.
        y: f64,
    },
    /// A finger leaves the screen.
    Up {
        /// The finger.
        id: i32,
    },
    /// What all fingers did since they touched the screen meant nothing.
    Cancel,
}

impl<O: Owner, P: Pixels> Desktop<O, P> {
    /// Lets a device of the user act.
    pub fn input(&mut self, action: Action) {
        self.refresh();
        match action {
            Action::Move { x, y } => self.pointer_moved(x, y),
            Action::MoveBy { dx, dy } => self.pointer_moved_by(dx, dy),
            Action::Button { code, pressed } => self.button(code, pressed),
            Action::Scroll(scroll) => {
                if let Some(over) = self.pointer_focus() {
                    self.push(over, Effect::Scroll(scroll));
                }
            }
            Action::Key { code, pressed } => self.key(code, pressed),
            Action::Touch(action) => self.touch(action),
            Action::Close => {
                if let Some(focus) = self.keyboard_focus() {
                    self.push(self.root(focus), Effect::Close);
                }
            }
        }
        self.refresh();
    }
}
