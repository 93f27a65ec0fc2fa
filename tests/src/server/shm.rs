//! Shared memory: pools and buffers with sizes that lie and files that change (WIRE.md D).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::fs::SealFlags;

use super::files::{self, NamedMemfd};
use super::peer::{Client, Death};
use super::rig::Rig;
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::protocol::{probe, shm};
use crate::socket::End;
use crate::wire::{Message, Received};

/// Bytes of a 32 x 32 buffer of 32-bit pixels.
const SIZE: i32 = 4096;

pub(super) const CASES: &[Case<Rig>] = &[
    Case::must("M01a", "create_pool of size 0 is wl_shm.invalid_stride on wl_shm.", "wayland-shm.c", |rig| {
        pool_size(rig, 0)
    }),
    Case::must(
        "M01b",
        "create_pool of size -1 is wl_shm.invalid_stride on wl_shm.",
        "WLCS create_pool_with_negative_size_is_an_error",
        |rig| pool_size(rig, -1),
    ),
    Case::must(
        "M02a",
        "A pipe is no pool: wl_shm.invalid_fd.",
        "WLCS create_pool_with_invalid_fd_is_an_error",
        |rig| bad_fd(rig, files::pipe_end()?),
    ),
    Case::must("M02b", "A socket is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |rig| {
        bad_fd(rig, files::socket_end()?)
    }),
    Case::must("M02c", "An eventfd is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |rig| {
        bad_fd(rig, files::eventfd()?)
    }),
    Case::must("M02d", "A directory is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |rig| {
        bad_fd(rig, files::directory()?)
    }),
    Case::must("M02e", "An fd opened with O_PATH is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |rig| {
        bad_fd(rig, files::path_only()?)
    }),
    Case::should(
        "M03",
        "A memfd that can only be read is mapped read-only or refused as invalid_fd.",
        "WIRE.md D.1",
        m03_read_only,
    ),
    Case::should(
        "M04",
        "A memfd sealed against writing is accepted: a server only reads.",
        "WIRE.md D.1, E.22",
        m04_write_sealed,
    ),
    Case::must("M05a", "A buffer that fills its pool exactly is accepted.", "wayland-shm.c", |rig| {
        buffer_ok(rig, SIZE, GOOD)
    }),
    Case::must(
        "M05b",
        "A buffer one byte longer than its pool is invalid_stride on the pool.",
        "wayland-shm.c",
        |rig| buffer_error(rig, SIZE - 1, GOOD, shm::INVALID_STRIDE),
    ),
    Case::must(
        "M05c",
        "A buffer one row longer than its pool is invalid_stride on the pool.",
        "WLCS create_buffer_exceeding_pool_size_is_an_error",
        |rig| buffer_error(rig, SIZE, Shape { height: 33, ..GOOD }, shm::INVALID_STRIDE),
    ),
    Case::must(
        "M05d",
        "A buffer whose offset moves its end past the pool is invalid_stride.",
        "wayland-shm.c",
        |rig| buffer_error(rig, SIZE, Shape { offset: 4, ..GOOD }, shm::INVALID_STRIDE),
    ),
    Case::must("M06a", "Offset -4 is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { offset: -4, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06b", "Width 0 is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { width: 0, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06c", "Height -1 is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { height: -1, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06d", "A stride less than the width is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { stride: 31, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06e", "stride * height = 2^31, which no i32 holds, is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { stride: 1 << 16, height: 1 << 15, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06f", "stride * height = 2^32, which wraps to 0, is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { stride: 1 << 16, height: 1 << 16, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06g", "Height 0 is invalid_stride.", "wayland-shm.c", |rig| {
        buffer_error(rig, SIZE, Shape { height: 0, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must(
        "M07",
        "32 argb pixels in a stride of 40 bytes: refused, or never read past offset + stride * height.",
        "WIRE.md D.2",
        m07_narrow_stride,
    ),
    Case::must(
        "M08",
        "A format that was not advertised is wl_shm.invalid_format on the pool.",
        "wayland-shm.c",
        m08_unknown_format,
    ),
    Case::must(
        "M09",
        "wl_shm advertises argb8888 and xrgb8888 as soon as it is bound.",
        "WLCS advertises_mandatory_formats",
        m09_formats,
    ),
    Case::must("M10a", "resize to less than the size is invalid_fd on the pool.", "wayland-shm.c", |rig| {
        resize_error(rig, SIZE - 1)
    }),
    Case::must("M10b", "resize to 0 is invalid_fd on the pool.", "wayland-shm.c", |rig| resize_error(rig, 0)),
    Case::must("M10c", "resize to a negative size is invalid_fd on the pool.", "wayland-shm.c", |rig| {
        resize_error(rig, -SIZE)
    }),
    Case::must("M10d", "resize to the same size does nothing.", "wayland-shm.c", |rig| resize_ok(rig, SIZE)),
    Case::must("M10e", "resize to twice the size is accepted.", "WLCS pool_can_be_resized_larger", |rig| {
        resize_ok(rig, 2 * SIZE)
    }),
    Case::must("M11a", "After a resize a buffer may lie in the new part.", "wayland-shm.c", |rig| grown(rig).map(drop)),
    Case::must("M11b", "After a resize a buffer in the new part shows the new bytes.", "wayland-shm.c", m11b_new_bytes),
    Case::must(
        "M12a",
        "A pool is destroyed before its buffers: the memory stays until the last of them goes, no longer.",
        "wl_shm_pool.destroy",
        m12a_pool_first,
    ),
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
        "WIRE.md D.5",
        m13b_truncated,
    ),
    Case::must(
        "M13c",
        "The file is sealed against shrinking, resized past its end, and read there: invalid_fd, the server lives.",
        "WIRE.md D.5",
        m13c_past_a_seal,
    ),
    Case::must(
        "M14",
        "The client overwrites pixels while the server copies them: any bytes, no harm.",
        "WIRE.md D.6",
        m14_overwriting,
    ),
    Case::must(
        "M18",
        "A pool of 2^31-1 bytes on an empty memfd is mapped lazily or refused; the server's memory stays flat.",
        "WIRE.md D.1",
        m18_giant,
    ),
];

/// The arguments of `create_buffer`, but for the format.
#[derive(Clone, Copy)]
struct Shape {
    offset: i32,
    width: i32,
    height: i32,
    stride: i32,
}

/// 32 x 32 pixels, densely packed.
const GOOD: Shape = Shape { offset: 0, width: 32, height: 32, stride: 128 };

fn create_pool(client: &mut Client, shm: u32, fd: BorrowedFd<'_>, size: i32) -> Result<u32, Stop> {
    let pool = client.fresh();
    client.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(size).bytes(), &[fd])?;
    Ok(pool)
}

fn create_buffer(client: &mut Client, pool: u32, shape: Shape, format: u32) -> Result<u32, Stop> {
    let buffer = client.fresh();
    let request = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(shape.offset);
    client.send(&request.int(shape.width).int(shape.height).int(shape.stride).uint(format))?;
    Ok(buffer)
}

/// A client with a pool of `size` bytes over a memfd of the same size.
fn pool(rig: &Rig, size: i32) -> Result<(Client, NamedMemfd, u32), Stop> {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(size.unsigned_abs()))?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), size)?;
    client.lives()?;
    Ok((client, file, pool))
}

fn pool_size(rig: &mut Rig, size: i32) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    create_pool(&mut client, shm, NamedMemfd::new(16)?.fd.as_fd(), size)?;
    client.dies(shm, shm::INVALID_STRIDE).map(drop)
}

fn bad_fd(rig: &mut Rig, fd: OwnedFd) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    create_pool(&mut client, shm, fd.as_fd(), SIZE)?;
    drop(fd);
    client.dies(shm, shm::INVALID_FD).map(drop)
}

fn m03_read_only(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    create_pool(&mut client, shm, file.read_only()?.as_fd(), SIZE)?;
    client.lives_or_dies(shm, shm::INVALID_FD)
}

fn m04_write_sealed(rig: &mut Rig) -> Verdict {
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    file.seal(SealFlags::WRITE | SealFlags::SHRINK)?;
    create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    client.lives()
}

fn buffer_ok(rig: &mut Rig, size: i32, shape: Shape) -> Verdict {
    let (mut client, _file, pool) = pool(rig, size)?;
    create_buffer(&mut client, pool, shape, shm::XRGB8888)?;
    client.lives()
}

fn buffer_error(rig: &mut Rig, size: i32, shape: Shape, code: u32) -> Verdict {
    let (mut client, _file, pool) = pool(rig, size)?;
    create_buffer(&mut client, pool, shape, shm::XRGB8888)?;
    client.dies(pool, code).map(drop)
}

fn m07_narrow_stride(rig: &mut Rig) -> Verdict {
    let size = 40 * 32;
    let shape = Shape { stride: 40, ..GOOD };
    let (mut client, _file, pool) = pool(rig, size)?;
    create_buffer(&mut client, pool, shape, shm::ARGB8888)?;
    match client.answer()? {
        Some(death) if (death.object, death.code) == (pool, shm::INVALID_STRIDE) => return Ok(()),
        Some(death) => return fail(death.describe()),
        None => {}
    }
    // Accepted: then the last row, 128 bytes from 31 * 40 on, must not be read whole.
    let (mut client, _file, probe, buffer) = probed(rig, size, shape)?;
    let (status, _) = read(&mut client, probe, buffer, 31 * 40, 128)?;
    ensure(status == 1, || "the last row was read past the end of the buffer".to_owned())
}

fn m08_unknown_format(rig: &mut Rig) -> Verdict {
    let (mut client, _file, pool) = pool(rig, SIZE)?;
    create_buffer(&mut client, pool, GOOD, 0x7fff_fff0)?;
    client.dies(pool, shm::INVALID_FORMAT).map(drop)
}

fn m09_formats(rig: &mut Rig) -> Verdict {
    let global = rig.need("wl_shm", 1)?;
    let mut client = rig.client()?;
    let (registry, _) = client.registry()?;
    let id = client.bind(registry, global.name, "wl_shm", 1)?;
    let events = client.sync()?;
    let is_format = |event: &&Received| (event.object, event.opcode) == (id, shm::FORMAT);
    let formats: Vec<u32> = events.iter().filter(is_format).map(Received::first).collect();
    ensure(formats.contains(&shm::ARGB8888) && formats.contains(&shm::XRGB8888), || {
        format!("the formats are {formats:?}")
    })
}

fn resize(client: &Client, pool: u32, size: i32) -> Verdict {
    client.send(&Message::new(pool, shm::RESIZE).int(size))
}

fn resize_error(rig: &mut Rig, size: i32) -> Verdict {
    let (mut client, _file, pool) = pool(rig, SIZE)?;
    resize(&client, pool, size)?;
    client.dies(pool, shm::INVALID_FD).map(drop)
}

fn resize_ok(rig: &mut Rig, size: i32) -> Verdict {
    let (mut client, file, pool) = pool(rig, SIZE)?;
    file.resize(size as u64)?;
    resize(&client, pool, size)?;
    client.lives()
}

/// A buffer in the second half of a pool that was grown for it.
fn grown(rig: &Rig) -> Result<(Client, NamedMemfd, u32), Stop> {
    let (mut client, file, pool) = pool(rig, SIZE)?;
    file.resize(2 * SIZE as u64)?;
    resize(&client, pool, 2 * SIZE)?;
    let buffer = create_buffer(&mut client, pool, Shape { offset: SIZE, ..GOOD }, shm::XRGB8888)?;
    client.lives()?;
    Ok((client, file, buffer))
}

/// Binds a probe for a client that has something to show it.
fn join_probe(rig: &Rig, client: &mut Client) -> Result<u32, Stop> {
    let global = rig.need(probe::NAME, 1)?;
    let (registry, _) = client.registry()?;
    client.bind(registry, global.name, probe::NAME, 1)
}

/// A pool with one buffer, and a probe. Returns client, file, probe, buffer.
fn probed(rig: &Rig, size: i32, shape: Shape) -> Result<(Client, NamedMemfd, u32, u32), Stop> {
    rig.need(probe::NAME, 1)?;
    let (mut client, file, pool) = pool(rig, size)?;
    let probe = join_probe(rig, &mut client)?;
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

fn m11b_new_bytes(rig: &mut Rig) -> Verdict {
    rig.need(probe::NAME, 1)?;
    let (mut client, file, buffer) = grown(rig)?;
    let probe = join_probe(rig, &mut client)?;
    file.write(b"fresh", SIZE as u64)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, b"fresh"), || format!("status {status}, bytes {bytes:?}"))
}

fn m12a_pool_first(rig: &mut Rig) -> Verdict {
    let (mut client, file, pool) = pool(rig, 2 * SIZE)?;
    let buffers = [
        create_buffer(&mut client, pool, GOOD, shm::XRGB8888)?,
        create_buffer(&mut client, pool, Shape { offset: SIZE, ..GOOD }, shm::XRGB8888)?,
    ];
    client.send(&Message::new(pool, shm::DESTROY_POOL))?;
    for buffer in buffers {
        client.lives()?;
        let held = rig.process().holds_memfd(&file.name)?;
        ensure(held, || format!("the memory is gone while buffer {buffer} lives"))?;
        client.send(&Message::new(buffer, shm::DESTROY_BUFFER))?;
    }
    client.lives()?;
    ensure(!rig.process().holds_memfd(&file.name)?, || "the memory stays after the last buffer".to_owned())
}

fn m12b_still_readable(rig: &mut Rig) -> Verdict {
    let (mut client, file, probe, buffer) = probed(rig, SIZE, GOOD)?;
    file.write(b"still", 0)?;
    let (status, bytes) = read(&mut client, probe, buffer, 0, 5)?;
    ensure((status, bytes.as_slice()) == (0, b"still"), || format!("status {status}, bytes {bytes:?}"))
}

fn m13a_short_file(rig: &mut Rig) -> Verdict {
    rig.need(probe::NAME, 1)?;
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(0)?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    let buffer = create_buffer(&mut client, pool, GOOD, shm::XRGB8888)?;
    read_beyond(rig, client, buffer)
}

/// Has the server read a buffer that lies where no memory is. Refusing the buffer itself is better still.
fn read_beyond(rig: &Rig, mut client: Client, buffer: u32) -> Verdict {
    match client.answer()? {
        Some(death) if death.code == shm::INVALID_FD => Ok(()),
        Some(death) => fail(death.describe()),
        None => {
            let probe = join_probe(rig, &mut client)?;
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

fn m13b_truncated(rig: &mut Rig) -> Verdict {
    let (mut client, file, probe, buffer) = probed(rig, SIZE, GOOD)?;
    let (status, _) = read(&mut client, probe, buffer, 0, 64)?;
    ensure(status == 0, || format!("the untouched buffer is read with status {status}"))?;
    file.resize(0)?;
    faulty_read(&mut client, probe, buffer)
}

fn m13c_past_a_seal(rig: &mut Rig) -> Verdict {
    rig.need(probe::NAME, 1)?;
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    file.seal(SealFlags::SHRINK)?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    client.lives()?;
    // The proof that the seal gave at creation says nothing of what is beyond the file.
    resize(&client, pool, 4 * SIZE)?;
    let buffer = create_buffer(&mut client, pool, Shape { offset: 2 * SIZE, ..GOOD }, shm::XRGB8888)?;
    read_beyond(rig, client, buffer)
}

fn m14_overwriting(rig: &mut Rig) -> Verdict {
    let (mut client, file, probe, buffer) = probed(rig, SIZE, GOOD)?;
    let writer = NamedMemfd { fd: file.fd.try_clone()?, name: file.name.clone() };
    let until = Instant::now() + rig.patience() / 4;
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

fn m18_giant(rig: &mut Rig) -> Verdict {
    let before = rig.resident()?;
    let (mut client, shm) = rig.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(0)?;
    create_pool(&mut client, shm, file.fd.as_fd(), i32::MAX)?;
    let answer = client.answer();
    let after = rig.resident()?;
    ensure(after < before + (16 << 20), || format!("the server has grown by {} MiB", (after - before) >> 20))?;
    answer.map(drop)
}
