//! The native protocol, `protocol.xml`.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::EventfdFlags;

use super::Script;
use crate::case::{Case, Stop, Verdict};
use crate::hostile::attacker::Attacker;
use crate::hostile::window::{BYTES, memory};
use crate::protocol::native;
use crate::wire::Message;

pub(super) const CASES: &[Case<Script>] = &[
    Case::must("native-surface", "n surfaces, destroyed last to first.", "way_compositor.create_surface", surface),
    Case::must("native-window", "n windows, and the connection closes.", "way_compositor.create_window", window),
    Case::must("native-title", "n titles of a window.", "way_window.set_title", title),
    Case::must("native-state", "n rectangles of damage, opaque regions and callbacks.", "way_surface.damage", state),
    Case::must("native-fenced", "n commits that wait for their fences.", "way_surface.commit_fenced", fenced),
    Case::must("native-pool", "n pools, each destroyed.", "way_shm.create_pool", pool),
    Case::must("native-buffer", "n buffers of a pool, destroyed last to first.", "way_pool.create_buffer", buffer),
    Case::must("native-resize", "A pool with n buffers is resized n times.", "way_pool.resize", resize),
    Case::must("native-output", "n outputs are bound, destroyed first to last.", "way_output.destroy", output),
    Case::must("native-pointer", "n pointers, destroyed first to last.", "way_seat.get_pointer", pointer),
    Case::must("native-keyboard", "n keyboards, and the connection closes.", "way_seat.get_keyboard", keyboard),
];

const SET_TITLE: u16 = 1;
const DESTROY: u16 = 0;

fn done(mut client: Attacker) -> Verdict {
    client.sync();
    Ok(())
}

fn destroy(client: &mut Attacker, object: u32) {
    client.say(Message::new(object, DESTROY));
}

/// A client with the compositor bound.
fn client(script: &Script) -> Result<(Attacker, u32), Stop> {
    let mut client = script.client()?;
    let compositor = client.bind(native::COMPOSITOR, 1)?;
    Ok((client, compositor))
}

/// A surface and its window.
fn create_window(client: &mut Attacker, compositor: u32) -> (u32, u32) {
    let surface = client.create(compositor, native::CREATE_SURFACE);
    let window = client.id();
    client.say(Message::new(compositor, native::CREATE_WINDOW).uint(window).uint(surface));
    (surface, window)
}

fn create_pool(client: &mut Attacker, shm: u32, fd: &OwnedFd, size: i32) -> u32 {
    let pool = client.id();
    client.send_with(&Message::new(shm, native::CREATE_POOL).uint(pool).int(size).bytes(), &[fd.as_fd()]);
    pool
}

fn create_buffer(client: &mut Attacker, pool: u32) -> u32 {
    let buffer = client.id();
    let message = Message::new(pool, native::CREATE_BUFFER).uint(buffer).int(0).int(16).int(16).int(64);
    client.say(message.uint(crate::protocol::shm::XRGB8888));
    buffer
}

/// A buffer of 16x16 pixels in a pool of its own.
fn picture(client: &mut Attacker) -> Result<u32, Stop> {
    let shm = client.bind(native::SHM, 1)?;
    let pool = create_pool(client, shm, &memory(BYTES as u64, true)?, BYTES);
    Ok(create_buffer(client, pool))
}

fn surface(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surfaces: Vec<u32> = (0..script.n).map(|_| client.create(compositor, native::CREATE_SURFACE)).collect();
    surfaces.iter().rev().for_each(|surface| destroy(&mut client, *surface));
    done(client)
}

fn window(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    for _ in 0..script.n {
        create_window(&mut client, compositor);
    }
    done(client)
}

fn title(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let (_, window) = create_window(&mut client, compositor);
    for n in 0..script.n {
        client.say(Message::new(window, SET_TITLE).string(&format!("number {n:8}")));
    }
    done(client)
}

fn state(script: &mut Script) -> Verdict {
    const SET_OPAQUE: u16 = 3;
    let (mut client, compositor) = client(script)?;
    let surface = client.create(compositor, native::CREATE_SURFACE);
    for n in 0..script.n.cast_signed() {
        client.say(Message::new(surface, native::DAMAGE).int(2 * n).int(2 * n).int(1).int(1));
        client.say(Message::new(surface, SET_OPAQUE).int(n).int(0).int(1).int(1));
        client.create(surface, native::FRAME);
        if n % 32 == 31 {
            client.say(Message::new(surface, native::COMMIT));
        }
    }
    done(client)
}

fn fenced(script: &mut Script) -> Verdict {
    const COMMIT_FENCED: u16 = 6;
    let (mut client, compositor) = client(script)?;
    let buffer = picture(&mut client)?;
    let fence = rustix::event::eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
    for _ in 0..script.n {
        let surface = client.create(compositor, native::CREATE_SURFACE);
        client.say(Message::new(surface, native::ATTACH).uint(buffer));
        client.send_with(&Message::new(surface, COMMIT_FENCED).bytes(), &[fence.as_fd(), fence.as_fd()]);
    }
    done(client)
}

fn pool(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let shm = client.bind(native::SHM, 1)?;
    let fd = memory(4096, true)?;
    for _ in 0..script.n {
        let pool = create_pool(&mut client, shm, &fd, 4096);
        destroy(&mut client, pool);
    }
    done(client)
}

fn buffer(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let shm = client.bind(native::SHM, 1)?;
    let pool = create_pool(&mut client, shm, &memory(4096, true)?, 4096);
    let buffers: Vec<u32> = (0..script.n).map(|_| create_buffer(&mut client, pool)).collect();
    buffers.iter().rev().for_each(|buffer| destroy(&mut client, *buffer));
    done(client)
}

fn resize(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let shm = client.bind(native::SHM, 1)?;
    let count = script.n.cast_signed();
    let fd = memory(4096 * (count as u64 + 1), true)?;
    let pool = create_pool(&mut client, shm, &fd, 4096);
    for n in 1..=count {
        create_buffer(&mut client, pool);
        client.say(Message::new(pool, native::RESIZE).int(4096 * (n + 1)));
    }
    done(client)
}

fn output(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let mut outputs = Vec::new();
    for _ in 0..script.n {
        outputs.push(client.bind("way_output", 2)?);
    }
    outputs.iter().for_each(|output| destroy(&mut client, *output));
    done(client)
}

fn pointer(script: &mut Script) -> Verdict {
    const GET_POINTER: u16 = 1;
    let mut client = script.client()?;
    let seat = client.bind("way_seat", 2)?;
    let pointers: Vec<u32> = (0..script.n).map(|_| client.create(seat, GET_POINTER)).collect();
    pointers.iter().for_each(|pointer| destroy(&mut client, *pointer));
    done(client)
}

fn keyboard(script: &mut Script) -> Verdict {
    const GET_KEYBOARD: u16 = 2;
    let mut client = script.client()?;
    let seat = client.bind("way_seat", 2)?;
    for _ in 0..script.n {
        client.create(seat, GET_KEYBOARD);
    }
    done(client)
}
