//! What the suite can do to a compositor, in its terms: sockets by their
//! numbers, coordinates in pixels, one pointer, one finger.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use demo_server::embedded::{Action, Compositor, Setup, Touch};
use wayline::ClientId;

/// The one finger there is.
const FINGER: i32 = 0;

/// Obsolete interfaces that the suite asks for.
const OFFER: [(&str, u32); 2] = [("wl_shell", 1), ("zxdg_shell_v6", 1)];

fn setup() -> Setup {
    let offer = OFFER.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect();
    Setup { size: (1024, 768), offer, early_buffers: true, touch: true }
}

/// The interfaces that clients find, with their versions.
pub(crate) fn offered() -> Vec<(&'static str, u32)> {
    demo_server::embedded::offered(&setup()).unwrap_or_default()
}

/// A compositor, between start and stop.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    compositor: Option<Compositor>,
    /// By the descriptor of the client's end, which lives in this process.
    clients: HashMap<RawFd, ClientId>,
    pointer: (f64, f64),
}

impl Instance {
    fn state(&self) -> MutexGuard<'_, State> {
        // What is in there is whole between any two lines of this file.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn start(&self) {
        match Compositor::start(setup()) {
            Ok(compositor) => self.state().compositor = Some(compositor),
            Err(error) => eprintln!("the compositor does not start: {error}"),
        }
    }

    pub(crate) fn stop(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn connect(&self) -> io::Result<OwnedFd> {
        let mut state = self.state();
        let compositor = state.compositor.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let (socket, client) = compositor.connect()?;
        // A number that was used before belongs to a client that is gone.
        state.clients.insert(socket.as_raw_fd(), client);
        Ok(socket)
    }

    pub(crate) fn place(&self, socket: RawFd, surface: u32, position: (i32, i32)) {
        let state = self.state();
        if let (Some(compositor), Some(client)) = (&state.compositor, state.clients.get(&socket)) {
            compositor.place(*client, surface, position);
        }
    }

    pub(crate) fn point(&self, x: f64, y: f64) {
        self.state().pointer = (x, y);
        self.act(Action::Move { x, y });
    }

    pub(crate) fn point_by(&self, dx: f64, dy: f64) {
        let (x, y) = self.state().pointer;
        self.point(x + dx, y + dy);
    }

    pub(crate) fn button(&self, code: u32, pressed: bool) {
        self.act(Action::Button { code, pressed });
    }

    pub(crate) fn touch_down(&self, x: f64, y: f64) {
        self.act(Action::Touch(Touch::Down { id: FINGER, x, y }));
    }

    pub(crate) fn touch_move(&self, x: f64, y: f64) {
        self.act(Action::Touch(Touch::Motion { id: FINGER, x, y }));
    }

    pub(crate) fn touch_up(&self) {
        self.act(Action::Touch(Touch::Up { id: FINGER }));
    }

    fn act(&self, action: Action) {
        if let Some(compositor) = &self.state().compositor {
            compositor.act(action);
        }
    }
}
