//! Which messages carry the workloads: those of bench.xml, or those of core
//! Wayland and xdg-shell of the same shape, for servers that know no others.

use super::opcode::{event, request};
use super::word;

/// An object that never changes, and an opcode.
pub(super) type Key = (u32, u32);

/// Writes a message: object, opcode, words.
pub(super) type Say<'a> = &'a mut dyn FnMut(u32, u32, &[u32]);

/// Objects and opcodes of one protocol.
pub(crate) trait Language {
    const CALC: Key;
    const TEXT: Key;
    const CREATE: Key;
    const PING: Key;
    const BURST: Key;
    const MARK: Key;
    const MARKED: Key;
    const PONG: Key;
    const MOTION: Key;
    const PRESENTED: Key;
    /// What has the requests that only bench.xml has.
    const PEER: u32;
    const BUFFER: u32;
    /// The first id for items.
    const FIRST: u32;
    /// The global that must be there, with its NUL.
    const GLOBAL: &[u8];

    /// Binds and makes all objects that never change.
    fn enter(name: u32, say: impl FnMut(u32, u32, &[u32]));

    /// Makes an item of a file, and destroys it.
    fn open(id: u32, say: impl FnMut(u32, u32, &[u32]));
}

/// The registry, whose requests are the same in all.
const REGISTRY: u32 = 2;

/// bench.xml.
pub(crate) struct Bench;

impl Language for Bench {
    const CALC: Key = (Self::PEER, request::CALC);
    const TEXT: Key = (Self::PEER, request::TEXT);
    const CREATE: Key = (Self::PEER, request::CREATE);
    const PING: Key = (Self::PEER, request::PING);
    const BURST: Key = (Self::PEER, request::BURST);
    const MARK: Key = (Self::PEER, request::MARK);
    const MARKED: Key = (Self::PEER, event::MARKED);
    const PONG: Key = (Self::PEER, event::PONG);
    const MOTION: Key = (Self::PEER, event::MOTION);
    const PRESENTED: Key = (Self::PEER, event::PRESENTED);
    const PEER: u32 = 4;
    const BUFFER: u32 = 5;
    const FIRST: u32 = 6;
    const GLOBAL: &[u8] = b"wlbench_peer\0";

    fn enter(name: u32, mut say: impl FnMut(u32, u32, &[u32])) {
        bind(&mut say, name, "wlbench_peer", 1, Self::PEER);
    }

    #[inline]
    fn open(id: u32, mut say: impl FnMut(u32, u32, &[u32])) {
        say(Self::PEER, request::OPEN, &[id]);
        say(id, 0, &[]);
    }
}

/// Core Wayland and xdg-shell.
pub(crate) struct Core;

// In the order in which they are made, without gaps.
const COMPOSITOR: u32 = 4;
const SHM: u32 = 5;
const MANAGER: u32 = 6;
const SEAT: u32 = 7;
const WM_BASE: u32 = 8;
const SURFACE: u32 = 9;
const SOURCE: u32 = 10;
const POINTER: u32 = 11;
const KEYBOARD: u32 = 12;

/// Never met: frames need fences, which core Wayland has not.
const NEVER: Key = (0, 0);

impl Language for Core {
    /// wl_surface.damage
    const CALC: Key = (SURFACE, 2);
    /// wl_data_source.offer
    const TEXT: Key = (SOURCE, 0);
    /// wl_compositor.create_region
    const CREATE: Key = (COMPOSITOR, 1);
    /// xdg_wm_base.pong
    const PING: Key = (WM_BASE, 3);
    /// wl_surface.set_buffer_scale
    const BURST: Key = (SURFACE, 8);
    /// wl_surface.commit
    const MARK: Key = (SURFACE, 6);
    /// wl_keyboard.repeat_info
    const MARKED: Key = (KEYBOARD, 5);
    /// xdg_wm_base.ping
    const PONG: Key = (WM_BASE, 0);
    /// wl_pointer.motion
    const MOTION: Key = (POINTER, 2);
    const PRESENTED: Key = NEVER;
    const PEER: u32 = NEVER.0;
    const BUFFER: u32 = NEVER.0;
    const FIRST: u32 = 13;
    const GLOBAL: &[u8] = b"wl_compositor\0";

    fn enter(name: u32, mut say: impl FnMut(u32, u32, &[u32])) {
        bind(&mut say, name, "wl_compositor", 4, COMPOSITOR);
        bind(&mut say, name + 1, "wl_shm", 1, SHM);
        bind(&mut say, name + 2, "wl_data_device_manager", 3, MANAGER);
        bind(&mut say, name + 3, "wl_seat", 5, SEAT);
        bind(&mut say, name + 4, "xdg_wm_base", 1, WM_BASE);
        say(COMPOSITOR, 0, &[SURFACE]);
        say(MANAGER, 0, &[SOURCE]);
        say(SEAT, 0, &[POINTER]);
        say(SEAT, 1, &[KEYBOARD]);
    }

    /// wl_shm.create_pool, which has one word more, and wl_shm_pool.destroy.
    #[inline]
    fn open(id: u32, mut say: impl FnMut(u32, u32, &[u32])) {
        say(SHM, 0, &[id, 4096]);
        say(id, 1, &[]);
    }
}

/// wl_registry.bind
fn bind(say: Say<'_>, name: u32, interface: &str, version: u32, id: u32) {
    let length = interface.len() + 1;
    let mut text = interface.as_bytes().to_vec();
    text.resize(length.next_multiple_of(4), 0);
    let mut words = vec![name, length as u32];
    words.extend((0..text.len() / 4).map(|index| word(&text, index)));
    words.extend([version, id]);
    say(REGISTRY, 0, &words);
}
