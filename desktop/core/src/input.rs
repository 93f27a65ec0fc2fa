//! What the user's devices do.

use super::{Desktop, Effect, Owner, Pixels, Scroll};

/// What a user can do.
///
/// `x` and `y` are pixels of the screen, from its left and its upper edge; `dx` and `dy` are distances in pixels, to the
/// right and down. `code` is that of the button or key, and `pressed` whether it goes down.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields mean the same in all variants, and are explained above")]
pub enum Action {
    /// Put the pointer somewhere.
    Move { x: f64, y: f64 },
    /// Move the pointer by a distance, as far as the screen goes.
    MoveBy { dx: f64, dy: f64 },
    /// Press or release a button of the pointer.
    Button { code: u32, pressed: bool },
    /// Press or release a key.
    Key { code: u32, pressed: bool },
    /// Scroll.
    Scroll(Scroll),
    /// Use the touch screen.
    Touch(Touch),
    /// Ask the window that has the keyboard to close.
    Close,
}

/// What a touch screen does. A finger is named by `id` from down to up; `x` and `y` are as in [`Action`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields mean the same in all variants, and are explained above")]
pub enum Touch {
    /// It is plugged in, if it was not.
    Plug,
    /// A finger touches the screen.
    Down { id: i32, x: f64, y: f64 },
    /// A finger moves.
    Motion { id: i32, x: f64, y: f64 },
    /// A finger leaves the screen.
    Up { id: i32 },
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
