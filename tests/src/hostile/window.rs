//! Windows: a surface of xdg-shell with a buffer, for the innocent and for attackers.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags};

use super::attacker::{Attacker, ROUNDS};
use crate::case::{Stop, fail};
use crate::protocol::{compositor, shm, xdg};
use crate::server::Client;
use crate::wire::{Message, Received};

/// Pixels of each side of a window.
const SIDE: i32 = 16;
/// Bytes of a window's buffer.
pub(crate) const BYTES: i32 = SIDE * SIDE * 4;

/// Memory of `size` bytes, which cannot shrink if `sealed`.
pub(crate) fn memory(size: u64, sealed: bool) -> Result<OwnedFd, Stop> {
    // What its owner may seal a server may seal, too.
    let flags = if sealed { MemfdFlags::ALLOW_SEALING } else { MemfdFlags::empty() };
    let fd = rustix::fs::memfd_create("hostile", MemfdFlags::CLOEXEC | flags)?;
    rustix::fs::ftruncate(&fd, size)?;
    if sealed {
        rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK)?;
    }
    Ok(fd)
}

/// Shows a window of an innocent client. Returns its `xdg_surface`.
pub(crate) fn show(client: &mut Client, compositor: u32, shm: u32, base: u32) -> Result<u32, Stop> {
    let [surface, shell, toplevel] = std::array::from_fn(|_| client.fresh());
    client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(surface))?;
    client.send(&Message::new(base, xdg::GET_SURFACE).uint(shell).uint(surface))?;
    client.send(&Message::new(shell, xdg::GET_TOPLEVEL).uint(toplevel))?;
    client.send(&Message::new(surface, compositor::COMMIT))?;
    // Servers configure when they are idle, so one round trip may not be enough.
    let mut serial = None;
    for _ in 0..ROUNDS {
        serial = configured(&client.sync()?, shell);
        if serial.is_some() {
            break;
        }
    }
    let Some(serial) = serial else { return fail("a new window is not configured") };
    client.send(&Message::new(shell, xdg::ACK_CONFIGURE).uint(serial))?;
    let fd = memory(BYTES as u64, true)?;
    let (pool, buffer) = (client.fresh(), client.fresh());
    client.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(BYTES).bytes(), &[fd.as_fd()])?;
    client.send(&create_buffer(pool, buffer, 0))?;
    client.send(&Message::new(surface, compositor::ATTACH).uint(buffer).int(0).int(0))?;
    client.send(&Message::new(surface, compositor::COMMIT))?;
    client.lives()?;
    Ok(shell)
}

/// The serial of the last configure of an `xdg_surface` among `events`.
fn configured(events: &[Received], shell: u32) -> Option<u32> {
    let configure = events.iter().rfind(|event| (event.object, event.opcode) == (shell, xdg::CONFIGURE))?;
    Some(configure.first())
}

fn create_buffer(pool: u32, buffer: u32, offset: i32) -> Message {
    let message = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(offset);
    message.int(SIDE).int(SIDE).int(SIDE * 4).uint(shm::XRGB8888)
}

/// What an attacker needs for windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tools {
    pub(crate) compositor: u32,
    pub(crate) shm: u32,
    pub(crate) base: u32,
}

impl Tools {
    pub(crate) fn new(attacker: &mut Attacker) -> Result<Self, Stop> {
        Ok(Self {
            compositor: attacker.bind("wl_compositor", 4)?,
            shm: attacker.bind("wl_shm", 1)?,
            base: attacker.bind(xdg::BASE, 3)?,
        })
    }

    /// A pool over `fd` of `size` bytes.
    pub(crate) fn pool(self, attacker: &mut Attacker, fd: &OwnedFd, size: i32) -> u32 {
        let pool = attacker.id();
        attacker.send_with(&Message::new(self.shm, shm::CREATE_POOL).uint(pool).int(size).bytes(), &[fd.as_fd()]);
        pool
    }

    /// A toplevel that has asked to be configured.
    pub(crate) fn toplevel(self, attacker: &mut Attacker) -> Toplevel {
        let surface = attacker.create(self.compositor, compositor::CREATE_SURFACE);
        let shell = attacker.id();
        attacker.say(Message::new(self.base, xdg::GET_SURFACE).uint(shell).uint(surface));
        attacker.watch(shell);
        let toplevel = attacker.create(shell, xdg::GET_TOPLEVEL);
        attacker.say(Message::new(surface, compositor::COMMIT));
        Toplevel { surface, shell, toplevel }
    }

    /// A window that is shown, from a pool of its own.
    pub(crate) fn window(self, attacker: &mut Attacker) -> Result<(Toplevel, u32), Stop> {
        let fd = memory(BYTES as u64, true)?;
        let pool = self.pool(attacker, &fd, BYTES);
        let buffer = buffer(attacker, pool, 0);
        let toplevel = self.toplevel(attacker);
        toplevel.show(attacker, buffer);
        Ok((toplevel, buffer))
    }
}

/// A buffer of a window's size in `pool`.
pub(crate) fn buffer(attacker: &mut Attacker, pool: u32, offset: i32) -> u32 {
    let buffer = attacker.id();
    attacker.say(create_buffer(pool, buffer, offset));
    buffer
}

/// One window of an attacker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Toplevel {
    pub(crate) surface: u32,
    pub(crate) shell: u32,
    pub(crate) toplevel: u32,
}

impl Toplevel {
    /// Acknowledges what it was told, and shows `buffer`.
    pub(crate) fn show(self, attacker: &mut Attacker, buffer: u32) {
        if let Some(serial) = attacker.configured(self.shell) {
            attacker.say(Message::new(self.shell, xdg::ACK_CONFIGURE).uint(serial));
        }
        self.attach(attacker, buffer);
    }

    /// Shows `buffer`, or nothing if that is 0.
    pub(crate) fn attach(self, attacker: &mut Attacker, buffer: u32) {
        attacker.say(Message::new(self.surface, compositor::ATTACH).uint(buffer).int(0).int(0));
        let damage = Message::new(self.surface, compositor::DAMAGE).int(0).int(0).int(SIDE).int(SIDE);
        attacker.say(damage);
        attacker.say(Message::new(self.surface, compositor::COMMIT));
    }

    /// Hides it and asks for another configure, so that it can be shown again.
    pub(crate) fn hide(self, attacker: &mut Attacker) {
        attacker.sync();
        attacker.watch(self.shell);
        self.attach(attacker, 0);
        attacker.say(Message::new(self.surface, compositor::COMMIT));
    }
}
