//! What happens to a window. Plain values, the same in both protocols.

use wayline_pixels::MAX_SIDE;

use crate::size::Size;

/// What happened to a window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The window should have this size. It replaces those before it; the next picture, or [`commit`], answers it.
    ///
    /// [`commit`]: crate::Window::commit
    Configure(Configure),
    /// The user wants the window closed.
    Close,
    /// The last picture was shown, and it is time for another one.
    Frame,
    /// The pointer is at this place, in pixels from the upper left corner.
    Pointer {
        /// To the right.
        x: f64,
        /// Down.
        y: f64,
    },
    /// The pointer has left the window.
    PointerLeft,
    /// A button of the pointer, by its code of linux/input-event-codes.h.
    Button {
        /// The code.
        code: u32,
        /// Pressed or released.
        pressed: bool,
    },
    /// A wheel was turned.
    Scroll {
        /// Sideways, rather than up and down.
        horizontal: bool,
        /// In pixels, to the right or down.
        distance: f64,
    },
    /// A key, by its code of linux/input-event-codes.h. Those that are held when the keyboard leaves count as released.
    Key {
        /// The code.
        code: u32,
        /// Pressed or released.
        pressed: bool,
    },
    /// The modifiers of the keyboard, as bits that the [keymap](crate::Host::keymap) gives a meaning.
    Modifiers {
        /// Held down.
        depressed: u32,
        /// In force for the next key.
        latched: u32,
        /// In force until they are pressed again.
        locked: u32,
        /// Which layout of the keymap is in force.
        group: u32,
    },
    /// A finger has come down.
    TouchDown {
        /// Which finger, until it is lifted.
        id: i32,
        /// To the right.
        x: f64,
        /// Down.
        y: f64,
    },
    /// A finger has moved, maybe out of the window.
    TouchMoved {
        /// Which finger.
        id: i32,
        /// To the right.
        x: f64,
        /// Down.
        y: f64,
    },
    /// A finger was lifted.
    TouchUp {
        /// Which finger.
        id: i32,
    },
    /// The compositor takes all fingers for itself: what they have begun should be undone.
    TouchCancelled,
}

/// A size for a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configure {
    /// `None` leaves it to the application.
    pub width: Option<u32>,
    /// `None` leaves it to the application.
    pub height: Option<u32>,
    /// Whether the size is more than advice: the window is maximized or fullscreen.
    pub obey: bool,
}

impl Configure {
    /// A configuration as both protocols send it: sizes where 0 means none, and states of which `binding` says whether
    /// the size must be obeyed in them.
    pub(crate) fn from_wire(width: i32, height: i32, states: &[u8], binding: impl Fn(u32) -> bool) -> Configure {
        let (width, height) = (side(width), side(height));
        if u64::from(width.unwrap_or(1)) * u64::from(height.unwrap_or(1)) > MAX_PIXELS {
            return Configure::default();
        }
        Configure { width, height, obey: wayline::words(states).any(binding) }
    }

    /// The size to take if the application prefers `own`.
    #[must_use]
    pub fn size(&self, own: Size) -> Size {
        Size::new(self.width.unwrap_or(own.width), self.height.unwrap_or(own.height))
    }
}

/// Most pixels of a window that a compositor may ask for: twice what the largest screens have, and 256 MiB for each page.
const MAX_PIXELS: u64 = 1 << 26;

/// A side of a window, if the compositor gives one.
fn side(length: i32) -> Option<u32> {
    u32::try_from(length).ok().filter(|&length| length > 0).map(|length| length.min(MAX_SIDE))
}

#[cfg(test)]
mod tests {
    use super::Configure;
    use crate::size::Size;

    fn configure(width: i32, height: i32, states: &[u32]) -> Configure {
        let states: Vec<u8> = states.iter().flat_map(|state| state.to_ne_bytes()).collect();
        Configure::from_wire(width, height, &states, |state| state == 2 || state == 3)
    }

    #[test]
    fn zero_and_nonsense_leave_the_size_to_the_app() {
        let own = Size::new(400, 300);
        assert_eq!(configure(0, 0, &[]).size(own), own);
        assert_eq!(configure(-5, 200, &[]).size(own), Size::new(400, 200));
        assert_eq!(configure(800, i32::MAX, &[]).size(own), Size::new(800, 16384));
        assert_eq!(configure(8192, 8192, &[]).size(own), Size::new(8192, 8192));
        assert_eq!(configure(8192, 8193, &[2]), Configure::default());
        assert_eq!(configure(i32::MAX, i32::MAX, &[2]).size(own), own);
    }

    #[test]
    fn maximized_and_fullscreen_windows_obey() {
        assert!(!configure(9, 9, &[]).obey);
        assert!(!configure(9, 9, &[1, 4, 77]).obey);
        assert!(configure(9, 9, &[1, 2]).obey);
        assert!(configure(9, 9, &[3]).obey);
    }
}
