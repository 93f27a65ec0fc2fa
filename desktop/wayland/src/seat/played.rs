//! Keyboards and pointers that are programs: how many there may be, and what they hold down.

use wayline::{ClientId, HandlerError, HandlerResult};
use wayline_desktop::Action;

use super::keymap::MAX_CODE;
use crate::host::Host;

/// Keyboards and pointers that one client may play.
const MAX_PLAYED: usize = 16;

/// Codes of what is held down. What its program did not press it cannot release.
#[derive(Debug, Default)]
pub(crate) struct Held(Vec<u32>);

wayline::carry!(struct Held(0));

impl Held {
    /// Whether a press, or a release, is one: `state` is 1 or 0.
    pub(crate) fn takes(&mut self, code: u32, state: u32) -> Option<bool> {
        let at = self.0.iter().position(|held| *held == code);
        match (at, state) {
            (None, 1) if code <= MAX_CODE => {
                self.0.push(code);
                Some(true)
            }
            (Some(at), 0) => {
                self.0.remove(at);
                Some(false)
            }
            _ => None,
        }
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

/// A client wants to play another one.
pub(crate) fn begin<A: Host>(app: &mut A, client: ClientId) -> HandlerResult {
    let played = &mut app.wayland().clients.entry(client).or_default().played;
    if *played >= MAX_PLAYED {
        return Err(HandlerError::internal(format!("more than {MAX_PLAYED} keyboards and pointers")));
    }
    *played += 1;
    Ok(())
}

/// One of them is gone.
pub(crate) fn end<A: Host>(app: &mut A, client: ClientId) {
    let played = &mut app.wayland().clients.entry(client).or_default().played;
    *played = played.saturating_sub(1);
}

/// It acts, as the user would.
pub(crate) fn act<A: Host>(app: &mut A, action: Action) {
    app.desktop().input(action);
    app.settle();
}

#[cfg(test)]
mod tests {
    use super::{Held, MAX_CODE};

    #[test]
    fn only_what_is_held_can_be_released() {
        let mut held = Held::default();
        assert_eq!(
            [held.takes(30, 0), held.takes(30, 1), held.takes(30, 1), held.takes(30, 2)],
            [None, Some(true), None, None]
        );
        assert_eq!([held.takes(MAX_CODE, 1), held.takes(MAX_CODE + 1, 1)], [Some(true), None]);
        assert_eq!([held.takes(30, 0), held.takes(30, 0)], [Some(false), None]);
        assert_eq!(held.codes().collect::<Vec<_>>(), [MAX_CODE]);
    }
}
