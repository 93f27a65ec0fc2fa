//! What the native front end keeps of its clients, beside the state of their objects.

use std::collections::HashMap;

use calloop::RegistrationToken;
use wayline::ClientId;
use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
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
    /// Surfaces that wait for a fence, and what waits in the loop.
    pub(super) waiting: HashMap<WaySurface, RegistrationToken>,
    /// Those that waited in the process before, which wait no more.
    pub(super) waited: Vec<WaySurface>,
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

wayline::carry!(struct Client { pointers, keyboards, pending_motion });
wayline::carry!(struct Capture { this, at, into, fence, rows });

impl Carry for State {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let State { clients, captures, done, waiting, waited: _ } = self;
        saver.put(&clients.len())?;
        for (client, known) in clients {
            saver.put(client)?;
            saver.put(known)?;
        }
        saver.put(captures)?;
        saver.put(done)?;
        saver.put(&waiting.keys().copied().collect::<Vec<_>>())
    }

    fn load(loader: &mut Loader<'_>) -> Result<State, CarryError> {
        let mut state = State::default();
        for _ in 0..loader.get::<usize>()? {
            let (client, known): (ClientId, Client) = loader.get()?;
            // Some have ended meanwhile, and are all nobody.
            if client.number() != 0 {
                state.clients.insert(client, known);
            }
        }
        state.captures = loader.get()?;
        state.done = loader.get()?;
        state.waited = loader.get()?;
        Ok(state)
    }
}
