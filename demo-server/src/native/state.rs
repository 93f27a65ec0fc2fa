//! What the native front end keeps of its clients, beside the state of their objects.

use std::collections::HashMap;
use std::ops::Range;

use wayline::ClientId;
use wayline::io::fence::Fence;

use super::rounds::Rounds;
use crate::protocol::{WayBuffer, WayCapture, WayKeyboard, WayPointer, WaySurface};
use wayline::WlCallback;
use wayline_desktop::{AccessError, Pixels};
use wayline_desktop_wayland::Shared;

/// Most pointers, and most keyboards, of one client.
pub(super) const MAX_DEVICES: usize = 256;

/// State of the front end.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) clients: HashMap<ClientId, Client>,
    pub(super) captures: Rounds<ClientId, Capture>,
    /// Fences that are to be signalled when the turn ends, and whose they are.
    pub(super) done: Vec<(ClientId, Fence)>,
    /// Frame callbacks that the next frame answers.
    pub(super) frames: Vec<WlCallback>,
}

/// The input devices that a client has asked for.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) pointers: Vec<WayPointer>,
    pub(super) keyboards: Vec<WayKeyboard>,
    /// The latest motion that it was not told, because it is behind.
    pub(super) pending_motion: Option<(WaySurface, f64, f64)>,
}

/// A capture that waits for the next frame.
#[derive(Debug)]
pub(super) struct Capture {
    pub(super) this: WayCapture,
    pub(super) at: (i32, i32),
    pub(super) into: Option<Shared>,
    pub(super) fence: Fence,
    /// Rows that are to be copied still; `None` before the first are.
    pub(super) rows: Option<Vec<Range<u32>>>,
}

/// A buffer on the screen, and how its client learns that it is free again.
#[derive(Debug)]
pub(crate) struct AttachedBuffer {
    pub(super) shared: Shared,
    pub(super) buffer: WayBuffer,
    pub(super) release: Release,
}

#[derive(Debug)]
pub(super) enum Release {
    Event,
    Fence(Fence),
}

impl Pixels for AttachedBuffer {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
        self.shared.memory.read(offset, into)
    }

    fn block(&self) -> usize {
        self.shared.memory.block()
    }
}
