//! What the native front end keeps of its clients, beside the state of their objects.

use std::collections::HashMap;

use wayline::ClientId;
use wayline::io::fence::Fence;

use super::rounds::Rounds;
use crate::protocol::{WayCapture, WayKeyboard, WayPointer, WaySurface};
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
    pub(super) into: Shared,
    pub(super) fence: Fence,
    /// How many rows outside of the frame are done.
    pub(super) rows: u32,
}
