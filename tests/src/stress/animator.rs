//! A client of the native protocol (protocol.xml) that shows one picture after the other.
//!
//! Knows just enough of that protocol for a window and its frames, as numbers of the kit's own.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{MemfdFlags, SealFlags};

use crate::case::{Stop, Verdict, fail, skip};
use crate::protocol::{callback, native, shm};
use crate::server::Client;
use crate::wire::Message;

/// Pixels of each side of the window.
const SIDE: i32 = 64;
/// Bytes of a picture.
const PICTURE: i32 = SIDE * SIDE * 4;

/// A window, shown once it was opened.
#[derive(Debug)]
pub struct Animator {
    /// Its connection.
    pub client: Client,
    surface: u32,
    buffer: u32,
}

impl Animator {
    /// Connects and shows a window over memory that cannot shrink.
    ///
    /// # Errors
    /// [`Stop::Skip`] when the server does not speak the native protocol.
    pub fn open(socket: &Path, patience: Duration) -> Result<Self, Stop> {
        let fd = rustix::fs::memfd_create("animator", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&fd, PICTURE as u64)?;
        rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK)?;
        Self::over(socket, patience, &fd)
    }

    /// As [`Animator::open`], over a file of holes.
    ///
    /// # Errors
    /// As [`Animator::open`], and when the file cannot be made that long.
    pub fn over_file(socket: &Path, patience: Duration, file: &File) -> Result<Self, Stop> {
        file.set_len(PICTURE as u64)?;
        Self::over(socket, patience, &OwnedFd::from(file.try_clone()?))
    }

    fn over(socket: &Path, patience: Duration, fd: &OwnedFd) -> Result<Self, Stop> {
        let mut client = Client::connect(socket, patience)?;
        let (registry, globals) = client.registry()?;
        let bind = |client: &mut Client, interface: &str| match globals.iter().find(|g| g.interface == interface) {
            Some(global) => client.bind(registry, global.name, interface, 1),
            None => skip(format!("the server offers no {interface}")),
        };
        let compositor = bind(&mut client, native::COMPOSITOR)?;
        let memory = bind(&mut client, native::SHM)?;
        let (surface, window) = (client.fresh(), client.fresh());
        client.send(&Message::new(compositor, native::CREATE_SURFACE).uint(surface))?;
        client.send(&Message::new(compositor, native::CREATE_WINDOW).uint(window).uint(surface))?;
        let events = client.sync()?;
        let configure = events.iter().find(|event| (event.object, event.opcode) == (window, native::CONFIGURE));
        let Some(configure) = configure else { return fail("a new window is not configured") };
        client.send(&Message::new(window, native::ACK_CONFIGURE).uint(configure.first()))?;
        let (pool, buffer) = (client.fresh(), client.fresh());
        client.send_with(&Message::new(memory, native::CREATE_POOL).uint(pool).int(PICTURE).bytes(), &[fd.as_fd()])?;
        let create = Message::new(pool, native::CREATE_BUFFER).uint(buffer).int(0).int(SIDE).int(SIDE);
        client.send(&create.int(SIDE * 4).uint(shm::XRGB8888))?;
        let mut animator = Self { client, surface, buffer };
        animator.frame()?;
        Ok(animator)
    }

    /// Shows another picture and waits until the server asks for the next.
    ///
    /// # Errors
    /// When it does not within the patience.
    pub fn frame(&mut self) -> Verdict {
        let callback = self.submit()?;
        self.client.until_done(callback).map(drop)
    }

    /// Shows another picture without waiting. Returns the callback of the frame.
    ///
    /// # Errors
    /// When the server reads nothing within the patience.
    pub fn submit(&mut self) -> Result<u32, Stop> {
        let callback = self.client.fresh();
        let frame = [
            Message::new(self.surface, native::ATTACH).uint(self.buffer).bytes(),
            Message::new(self.surface, native::DAMAGE).int(0).int(0).int(SIDE).int(SIDE).bytes(),
            Message::new(self.surface, native::FRAME).uint(callback).bytes(),
            Message::new(self.surface, native::COMMIT).bytes(),
        ];
        self.client.send_bytes(&frame.concat())?;
        Ok(callback)
    }

    /// Whether that frame was shown by now; takes in all events that are here.
    ///
    /// # Errors
    /// When the connection ended.
    pub fn is_shown(&mut self, frame: u32) -> Result<bool, Stop> {
        while let Some(event) = self.client.stream.receive_ready()? {
            if (event.object, event.opcode) == (frame, callback::DONE) {
                return Ok(true);
            }
        }
        if self.client.stream.end.is_some() { fail("the connection ended between two frames") } else { Ok(false) }
    }
}
