//! What a seat's devices have pressed, and in which window. Bounded: a compositor may name as many keys and fingers as it
//! likes, in each message.

use std::mem;

use crate::host::WindowId;

/// Most keys that count as held: more than a keyboard has.
const KEYS: usize = 256;

/// Most fingers on a touch screen.
const POINTS: usize = 32;

/// The state of a keyboard: its window, and the codes of the keys that are held there.
#[derive(Debug, Default)]
pub struct Keys {
    window: Option<WindowId>,
    held: Vec<u32>,
}

impl Keys {
    /// The keyboard comes to a window with these keys held.
    pub(crate) fn enter(&mut self, window: WindowId, codes: impl Iterator<Item = u32>) {
        self.window = Some(window);
        self.held.clear();
        self.held.extend(codes.take(KEYS));
    }

    /// The keyboard is gone. Returns where it was, and what was held there.
    pub(crate) fn leave(&mut self) -> Option<(WindowId, Vec<u32>)> {
        let held = mem::take(&mut self.held);
        self.window.take().map(|window| (window, held))
    }

    /// Returns the window that a key is for.
    pub(crate) fn key(&mut self, code: u32, pressed: bool) -> Option<WindowId> {
        let window = self.window?;
        self.held.retain(|held| *held != code);
        if pressed && self.held.len() < KEYS {
            self.held.push(code);
        }
        Some(window)
    }

    pub(crate) fn window(&self) -> Option<WindowId> {
        self.window
    }
}

/// The state of a touch screen: the fingers on it, each with the window that it came down on.
#[derive(Debug, Default)]
pub struct Fingers(Vec<(i32, WindowId)>);

impl Fingers {
    /// A finger comes down. Returns whether it is followed.
    pub(crate) fn down(&mut self, id: i32, window: WindowId) -> bool {
        self.0.retain(|(known, _)| *known != id);
        let room = self.0.len() < POINTS;
        if room {
            self.0.push((id, window));
        }
        room
    }

    pub(crate) fn window(&self, id: i32) -> Option<WindowId> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, window)| *window)
    }

    pub(crate) fn up(&mut self, id: i32) -> Option<WindowId> {
        let window = self.window(id);
        self.0.retain(|(known, _)| *known != id);
        window
    }

    /// No finger counts any more. Returns the windows that had one, each once.
    pub(crate) fn cancel(&mut self) -> Vec<WindowId> {
        let mut windows: Vec<_> = mem::take(&mut self.0).into_iter().map(|(_, window)| window).collect();
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}
