//! What a server reads of a buffer, and what becomes of it when there is nothing to read.
//!
//! Reading is the probe's: a server without one reads when it likes, and nobody outside can tell.

use std::os::fd::AsFd;
use std::time::Instant;

use rustix::fs::SealFlags;

use super::files::NamedMemfd;
use super::fixture::Fixture;
use super::peer::{Client, Death};
use super::pools::{GOOD, SIZE, Shape, create_buffer, create_pool, grown, pool, resize};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{compositor, probe, shm};
use crate::socket::End;
use crate::wire::Message;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must(
        "M07",
        "32 argb pixels in a stride of 40 bytes: refused, or never read past offset + stride * height.",
        "rule of the kit; libwayland compares pixels with bytes",
        m07_narrow_stride,
    ),
    Case::must("M11b", "After a resize a buffer in the new part shows the new bytes.", "wayland-shm.c", m11b_new_bytes),
    Case::must(
        "M12b",
        "A buffer of a destroyed pool still shows its bytes.",
        "wl_shm_pool.destroy",
        m12b_still_readable,
    ),
    Case::must(
        "M13a",
        "The file is shorter than the pool and the buffer is read: invalid_fd on the buffer, the server lives.",
        "WLCS client_lies_about_buffer_size",
        m13a_short_file,
    ),
    Case::must(
        "M13b",
        "The file is truncated after the buffer was made, then read: invalid_fd on the buffer, the server lives.",
        "wayland-shm.c",
        m13b_truncated,
    ),
    Case::must(
        "M13c",
        "The file is sealed against shrinking, resized past its end, and read there: invalid_fd, the server lives.",
        "wayland-shm.c",
        m13c_past_a_seal,
    ),
    Case::must(
        "M13d",
        "Holes are punched into the file while its buffer is in use, with and without a seal against shrinking: zeros are read.",
        "fcntl(2), F_SEAL_SHRINK",
        |fixture| {
            holes(fixture, SealFlags::empty())?;
            holes(fixture, SealFlags::SHRINK)
        },
    ),
    Case::must(
        "M13e",
        "The file is truncated between attach and commit: invalid_fd on the buffer, or nothing shown; the server lives.",
        "wayland-shm.c",
        m13e_before_commit,
    ),
    Case::must(
        "M14",
        "The client overwrites pixels while the server copies them: any bytes, no harm.",
        "rule of the kit",
        m14_overwriting,
    ),
];

fn m07_narrow_stride(fixture: &mut Fixture) -> Verdict {
    let size = 40 * 32;
    let shape = Shape { stride: 40, ..GOOD };
    let (mut client, _file, pool) = pool(fixture, size)?;
    create_buffer(&mut client, pool, shape, shm::ARGB8888)?;
    match client.answer()? {
        Some(death) if (death.object, death.code) == (pool, shm::INVALID_STRIDE) => return Ok(()),
        Some(death) => return fail(death.describe()),
        None => {}
    }
    // Accepted: then the last row, 128 bytes from 31 * 40 on, must not be read whole.
    let (mut client, _file, probe, buffer) = probed(fixture, size, shape)?;
    let (status, _) = read(&mut client, probe, buffer, 31 * 40, 128)?;
    ensure(status == 1, || "the last row was read past the end of the buffer".to_owned())
}

/// Binds a probe for a client that has something to show it.
fn join_probe(fixture: &Fixture, client: &mut Client) -> Result<u32, Stop> {
    let global = fixture.need(probe::NAME, 1)?;
    let (registry, _) = client.registry()?;
    client.bind(registry, global.name, probe::NAME, 1)
}

/// A pool with one buffer, and a probe. Returns client, file, probe, buffer.
fn probed(fixture: &Fixture, size: i32, shape: Shape) -> Result<(Client, NamedMemfd, u32, u32), Stop> {
    fixture.need(probe::NAME, 1)?;
    let (mut client, file, pool) = pool(fixture, size)?;
    let probe = join_probe(fixture, &mut client)?;
    let buffer = create_buffer(&mut client, pool, shape, shm::ARGB8888)?;
    client.send(&Message::new(pool, shm::DESTROY_POOL))?;
    client.lives()?;
    Ok((client, file, probe, buffer))
}

fn send_read(client: &Client, probe: u32, buffer: u32, offset: u32, length: u32) -> Verdict {
    client.send(&Message::new(probe, probe::READ_BUFFER).uint(buffer).uint(offset).uint(length))
}

/// Has the server copy bytes out of a buffer. Returns the status and the bytes.
fn read(client: &mut Client, probe: u32, buffer: u32, offset: u32, length: u32) -> Result<(u32, Vec<u8>), Stop> {
    send_read(client, probe, buffer, offset, length)?;
    let event = client.expect(probe, probe::PIXELS)?;
    let mut args = event.args();
    Ok((args.uint()?, args.array()?.to_vec()))
}

fn m11b_new_bytes(fixture: &mut Fixture) -> Verdict {
    fixture.need(probe::NAME, 1)?;
    let (mut client, file, buffer) = grown(fixture)?;
    let probe = join_probe(fixture, &mut client)?;
    file.write(b"fresh", SIZE as u64)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, b"fresh"), || format!("status {status}, bytes {bytes:?}"))
}

fn m12b_still_readable(fixture: &mut Fixture) -> Verdict {
    let (mut client, file, probe, buffer) = probed(fixture, SIZE, GOOD)?;
    file.write(b"still", 0)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, b"still"), || format!("status {status}, bytes {bytes:?}"))
}

fn m13a_short_file(fixture: &mut Fixture) -> Verdict {
    fixture.need(probe::NAME, 1)?;
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(0)?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    let buffer = create_buffer(&mut client, pool, GOOD, shm::XRGB8888)?;
    read_beyond(fixture, client, buffer)
}

/// Has the server read a buffer that lies where no memory is. Refusing the buffer itself is better still.
fn read_beyond(fixture: &Fixture, mut client: Client, buffer: u32) -> Verdict {
    match client.answer()? {
        Some(death) if death.code == shm::INVALID_FD => Ok(()),
        Some(death) => fail(death.describe()),
        None => {
            let probe = join_probe(fixture, &mut client)?;
            faulty_read(&mut client, probe, buffer)
        }
    }
}

/// Has the server read where there is no memory: the buffer dies of it.
fn faulty_read(client: &mut Client, probe: u32, buffer: u32) -> Verdict {
    send_read(client, probe, buffer, 0, 64)?;
    match client.ends()? {
        Some(Death { object, code: shm::INVALID_FD, .. }) if object == buffer => Ok(()),
        Some(death) => fail(format!("{} instead of invalid_fd on the buffer", death.describe())),
        None if client.stream.end == Some(End::Reset) => fail("the connection was reset"),
        None => fail("the connection was closed without an error event"),
    }
}

fn m13b_truncated(fixture: &mut Fixture) -> Verdict {
    let (mut client, file, probe, buffer) = probed(fixture, SIZE, GOOD)?;
    let (status, _) = read(&mut client, probe, buffer, 0, 64)?;
    ensure(status == 0, || format!("the untouched buffer is read with status {status}"))?;
    file.resize(0)?;
    faulty_read(&mut client, probe, buffer)
}

fn m13c_past_a_seal(fixture: &mut Fixture) -> Verdict {
    fixture.need(probe::NAME, 1)?;
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    file.seal(SealFlags::SHRINK)?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    client.lives()?;
    // The proof that the seal gave at creation says nothing of what is beyond the file.
    resize(&client, pool, 4 * SIZE)?;
    let buffer = create_buffer(&mut client, pool, Shape { offset: 2 * SIZE, ..GOOD }, shm::XRGB8888)?;
    read_beyond(fixture, client, buffer)
}

fn holes(fixture: &mut Fixture, seals: SealFlags) -> Verdict {
    let (mut client, file, probe, buffer) = probed(fixture, SIZE, GOOD)?;
    if !seals.is_empty() {
        file.seal(seals)?;
    }
    file.write(b"there", 0)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, b"there"), || format!("status {status}, bytes {bytes:?}"))?;
    file.punch(SIZE as u64)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, &[0; 5]), || format!("of a hole, status {status}, bytes {bytes:?}"))
}

fn m13e_before_commit(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need("wl_compositor", 1)?;
    let (mut client, file, pool) = pool(fixture, SIZE)?;
    let (registry, _) = client.registry()?;
    let compositor = client.bind(registry, global.name, "wl_compositor", 1)?;
    let surface = client.fresh();
    client.send(&Message::new(compositor, compositor::CREATE_SURFACE).uint(surface))?;
    let buffer = create_buffer(&mut client, pool, GOOD, shm::XRGB8888)?;
    client.send(&Message::new(surface, compositor::ATTACH).uint(buffer).int(0).int(0))?;
    client.lives()?;
    file.resize(0)?;
    client.send(&Message::new(surface, compositor::COMMIT))?;
    client.lives_or_dies(buffer, shm::INVALID_FD)
}

fn m14_overwriting(fixture: &mut Fixture) -> Verdict {
    let (mut client, file, probe, buffer) = probed(fixture, SIZE, GOOD)?;
    let writer = NamedMemfd { fd: file.fd.try_clone()?, name: file.name.clone() };
    let until = Instant::now() + fixture.patience() / 4;
    let scribble = std::thread::spawn(move || {
        let mut value = 0u8;
        while Instant::now() < until {
            value = value.wrapping_add(1);
            // The kit's own write cannot fail on a memfd of that size.
            let _ = writer.write(&[value; SIZE as usize], 0);
        }
    });
    let mut verdict = Ok(());
    while Instant::now() < until && verdict.is_ok() {
        verdict = read(&mut client, probe, buffer, 0, 1024).and_then(|(status, bytes)| {
            ensure(status == 0 && bytes.len() == 1024, || format!("status {status} and {} bytes", bytes.len()))
        });
    }
    ensure(scribble.join().is_ok(), || "the kit's writer failed".to_owned())?;
    verdict
}
