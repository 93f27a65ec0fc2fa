//! The innocent: a client with a window and a keyboard that asks at a steady pace, on a thread of its own.
//!
//! It reads everything, answers pings, and acknowledges configures; all that it asks for is to be answered.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::window;
use crate::case::{Stop, Verdict, fail};
use crate::protocol::{callback, data, display, seat, xdg};
use crate::server::Client;
use crate::socket::wait_fd;
use crate::wire::{DISPLAY, Message};

/// Time between two questions.
const PACE: Duration = Duration::from_millis(4);
/// How long an answer may take before it counts as none.
const LOST: Duration = Duration::from_secs(60);

/// How the innocent client was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) worst: Duration,
    pub(super) count: u64,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    /// Of the worst answer, in microseconds.
    worst: AtomicU64,
    count: AtomicU64,
}

/// The thread.
#[derive(Debug)]
pub(super) struct LivenessCheck {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<(Client, Verdict)>>,
    /// Its connection once it asks no more: its window stays, so that the server is the same as before the attack.
    client: Option<Client>,
}

impl LivenessCheck {
    /// Connects, shows a window if the server has xdg-shell, and begins to ask.
    pub(super) fn start(path: &Path, patience: Duration) -> Result<Self, Stop> {
        let mut client = Client::connect(path, patience)?;
        let shell = open(&mut client)?;
        let shared = Arc::new(Shared::default());
        let asking = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("innocent".to_owned()).spawn(move || {
            let verdict = ask(&mut client, shell, &asking);
            (client, verdict)
        })?;
        Ok(Self { shared, thread: Some(thread), client: None })
    }

    /// Begins to measure anew.
    pub(super) fn forget(&self) {
        self.shared.worst.store(0, Ordering::Relaxed);
        self.shared.count.store(0, Ordering::Relaxed);
    }

    /// Waits for the last answer and tells how it went.
    pub(super) fn stop(&mut self) -> Result<Answered, Stop> {
        self.shared.over.store(true, Ordering::Relaxed);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok((_, Err(Stop::Fail(observed))))) => {
                return fail(format!("the innocent client: {observed}"));
            }
            Some(Ok((client, _))) => self.client = Some(client),
            Some(Err(_)) => return fail("the innocent client's thread has panicked"),
            None => {}
        }
        let worst = Duration::from_micros(self.shared.worst.load(Ordering::Relaxed));
        Ok(Answered { worst, count: self.shared.count.load(Ordering::Relaxed) })
    }
}

impl Drop for LivenessCheck {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // How it went has been told, or nobody asks.
            let _ = thread.join();
        }
    }
}

/// The objects whose events want an answer; 0 for those that are not there.
#[derive(Clone, Copy, Debug, Default)]
struct Shell {
    base: u32,
    surface: u32,
}

fn open(client: &mut Client) -> Result<Shell, Stop> {
    let (registry, globals) = client.registry()?;
    let mut bind = |interface: &str, version: u32| -> Result<u32, Stop> {
        match globals.iter().find(|global| global.interface == interface) {
            Some(global) => client.bind(registry, global.name, interface, version.min(global.version)),
            None => Ok(0),
        }
    };
    let (compositor, shm) = (bind("wl_compositor", 4)?, bind("wl_shm", 1)?);
    let (base, seat) = (bind("xdg_wm_base", 1)?, bind("wl_seat", 1)?);
    let devices = bind("wl_data_device_manager", 3)?;
    if seat != 0 {
        let keyboard = client.fresh();
        client.send(&Message::new(seat, seat::GET_KEYBOARD).uint(keyboard))?;
        if devices != 0 {
            let device = client.fresh();
            client.send(&Message::new(devices, data::GET_DEVICE).uint(device).uint(seat))?;
        }
    }
    if [compositor, shm, base].contains(&0) {
        return Ok(Shell { base, surface: 0 });
    }
    let surface = window::show(client, compositor, shm, base)?;
    Ok(Shell { base, surface })
}

fn ask(client: &mut Client, shell: Shell, shared: &Shared) -> Result<(), Stop> {
    loop {
        // Before the look at the flag, so that the answer after the attack counts.
        let last = shared.over.load(Ordering::Relaxed);
        let asked = Instant::now();
        let id = client.fresh();
        client.send(&Message::new(DISPLAY, display::SYNC).uint(id))?;
        let deadline = asked + LOST;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = match client.stream.receive(left) {
                Ok(Some(event)) => event,
                Ok(None) => return fail("its connection was ended"),
                Err(error) => return fail(error.to_string()),
            };
            match (event.object, event.opcode) {
                (object, callback::DONE) if object == id => break,
                (DISPLAY, display::ERROR) => return fail("it was told of an error"),
                (object, xdg::PING) if object == shell.base && object != 0 => {
                    client.send(&Message::new(object, xdg::PONG).uint(event.first()))?;
                }
                (object, xdg::CONFIGURE) if object == shell.surface && object != 0 => {
                    client.send(&Message::new(object, xdg::ACK_CONFIGURE).uint(event.first()))?;
                }
                _ => {}
            }
        }
        while client.stream.take_fd().is_ok() {}
        shared.worst.fetch_max(asked.elapsed().as_micros() as u64, Ordering::Relaxed);
        shared.count.fetch_add(1, Ordering::Relaxed);
        if last {
            return Ok(());
        }
        // Sooner if something comes.
        wait_fd(client.as_fd(), PollFlags::IN, asked + PACE)?;
    }
}
