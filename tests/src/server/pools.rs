//! Shared memory as it is handed over: pools and buffers with sizes that lie, fds that are no memory.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::SealFlags;

use super::files::{self, NamedMemfd};
use super::fixture::Fixture;
use super::peer::Client;
use crate::case::{Case, Stop, Verdict, ensure};
use crate::protocol::shm;
use crate::wire::{Message, Received};

/// Bytes of a 32 x 32 buffer of 32-bit pixels.
pub(super) const SIZE: i32 = 4096;

pub(super) const CASES: &[Case<Fixture>] = &[
    Case::must("M01a", "create_pool of size 0 is wl_shm.invalid_stride on wl_shm.", "wayland-shm.c", |fixture| {
        pool_size(fixture, 0)
    }),
    Case::must(
        "M01b",
        "create_pool of size -1 is wl_shm.invalid_stride on wl_shm.",
        "WLCS create_pool_with_negative_size_is_an_error",
        |fixture| pool_size(fixture, -1),
    ),
    Case::must(
        "M02a",
        "A pipe is no pool: wl_shm.invalid_fd.",
        "WLCS create_pool_with_invalid_fd_is_an_error",
        |fixture| bad_fd(fixture, files::pipe_end()?),
    ),
    Case::must("M02b", "A socket is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |fixture| {
        bad_fd(fixture, files::socket_end()?)
    }),
    Case::must("M02c", "An eventfd is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |fixture| {
        bad_fd(fixture, files::eventfd()?)
    }),
    Case::must("M02d", "A directory is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |fixture| {
        bad_fd(fixture, files::directory()?)
    }),
    Case::must("M02e", "An fd opened with O_PATH is no pool: wl_shm.invalid_fd.", "wayland-shm.c", |fixture| {
        bad_fd(fixture, files::path_only()?)
    }),
    Case::should(
        "M03",
        "A memfd that can only be read is mapped read-only or refused as invalid_fd.",
        "wayland-shm.c",
        m03_read_only,
    ),
    Case::should(
        "M04",
        "A memfd sealed against writing is accepted: a server only reads.",
        "fcntl(2), F_SEAL_WRITE",
        m04_write_sealed,
    ),
    Case::must("M05a", "A buffer that fills its pool exactly is accepted.", "wayland-shm.c", |fixture| {
        buffer_ok(fixture, SIZE, GOOD)
    }),
    Case::must(
        "M05b",
        "A buffer one byte longer than its pool is invalid_stride on the pool.",
        "wayland-shm.c",
        |fixture| buffer_error(fixture, SIZE - 1, GOOD, shm::INVALID_STRIDE),
    ),
    Case::must(
        "M05c",
        "A buffer one row longer than its pool is invalid_stride on the pool.",
        "WLCS create_buffer_exceeding_pool_size_is_an_error",
        |fixture| buffer_error(fixture, SIZE, Shape { height: 33, ..GOOD }, shm::INVALID_STRIDE),
    ),
    Case::must(
        "M05d",
        "A buffer whose offset moves its end past the pool is invalid_stride.",
        "wayland-shm.c",
        |fixture| buffer_error(fixture, SIZE, Shape { offset: 4, ..GOOD }, shm::INVALID_STRIDE),
    ),
    Case::must("M06a", "Offset -4 is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { offset: -4, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06b", "Width 0 is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { width: 0, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06c", "Height -1 is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { height: -1, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06d", "A stride less than the width is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { stride: 31, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06e", "stride * height = 2^31, which no i32 holds, is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { stride: 1 << 16, height: 1 << 15, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06f", "stride * height = 2^32, which wraps to 0, is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { stride: 1 << 16, height: 1 << 16, ..GOOD }, shm::INVALID_STRIDE)
    }),
    Case::must("M06g", "Height 0 is invalid_stride.", "wayland-shm.c", |fixture| {
        buffer_error(fixture, SIZE, Shape { height: 0, ..GOOD }, shm::INVALID_STRIDE)
    }),
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
    Case::must("M10a", "resize to less than the size is invalid_fd on the pool.", "wayland-shm.c", |fixture| {
        resize_error(fixture, SIZE - 1)
    }),
    Case::must("M10b", "resize to 0 is invalid_fd on the pool.", "wayland-shm.c", |fixture| resize_error(fixture, 0)),
    Case::must("M10c", "resize to a negative size is invalid_fd on the pool.", "wayland-shm.c", |fixture| {
        resize_error(fixture, -SIZE)
    }),
    Case::must("M10d", "resize to the same size does nothing.", "wayland-shm.c", |fixture| resize_ok(fixture, SIZE)),
    Case::must("M10e", "resize to twice the size is accepted.", "WLCS pool_can_be_resized_larger", |fixture| {
        resize_ok(fixture, 2 * SIZE)
    }),
    Case::must("M11a", "After a resize a buffer may lie in the new part.", "wayland-shm.c", |fixture| {
        grown(fixture).map(drop)
    }),
    Case::must(
        "M12a",
        "A pool is destroyed before its buffers: the memory stays until the last of them goes, no longer.",
        "wl_shm_pool.destroy",
        m12a_pool_first,
    ),
    Case::must(
        "M18",
        "A pool of 2^31-1 bytes on an empty memfd is mapped lazily or refused; the server's memory stays flat.",
        "rule of the kit",
        m18_giant,
    ),
];

/// The arguments of `create_buffer`, but for the format.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) offset: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) stride: i32,
}

/// 32 x 32 pixels, densely packed.
pub(super) const GOOD: Shape = Shape { offset: 0, width: 32, height: 32, stride: 128 };

pub(super) fn create_pool(client: &mut Client, shm: u32, fd: BorrowedFd<'_>, size: i32) -> Result<u32, Stop> {
    let pool = client.fresh();
    client.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(size).bytes(), &[fd])?;
    Ok(pool)
}

pub(super) fn create_buffer(client: &mut Client, pool: u32, shape: Shape, format: u32) -> Result<u32, Stop> {
    let buffer = client.fresh();
    let request = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(shape.offset);
    client.send(&request.int(shape.width).int(shape.height).int(shape.stride).uint(format))?;
    Ok(buffer)
}

/// A client with a pool of `size` bytes over a memfd of the same size.
pub(super) fn pool(fixture: &Fixture, size: i32) -> Result<(Client, NamedMemfd, u32), Stop> {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(u64::from(size.unsigned_abs()))?;
    let pool = create_pool(&mut client, shm, file.fd.as_fd(), size)?;
    client.lives()?;
    Ok((client, file, pool))
}

fn pool_size(fixture: &mut Fixture, size: i32) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    create_pool(&mut client, shm, NamedMemfd::new(16)?.fd.as_fd(), size)?;
    client.dies(shm, shm::INVALID_STRIDE).map(drop)
}

fn bad_fd(fixture: &mut Fixture, fd: OwnedFd) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    create_pool(&mut client, shm, fd.as_fd(), SIZE)?;
    drop(fd);
    client.dies(shm, shm::INVALID_FD).map(drop)
}

fn m03_read_only(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    create_pool(&mut client, shm, file.read_only()?.as_fd(), SIZE)?;
    client.lives_or_dies(shm, shm::INVALID_FD)
}

fn m04_write_sealed(fixture: &mut Fixture) -> Verdict {
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(SIZE as u64)?;
    file.seal(SealFlags::WRITE | SealFlags::SHRINK)?;
    create_pool(&mut client, shm, file.fd.as_fd(), SIZE)?;
    client.lives()
}

fn buffer_ok(fixture: &mut Fixture, size: i32, shape: Shape) -> Verdict {
    let (mut client, _file, pool) = pool(fixture, size)?;
    create_buffer(&mut client, pool, shape, shm::XRGB8888)?;
    client.lives()
}

fn buffer_error(fixture: &mut Fixture, size: i32, shape: Shape, code: u32) -> Verdict {
    let (mut client, _file, pool) = pool(fixture, size)?;
    create_buffer(&mut client, pool, shape, shm::XRGB8888)?;
    client.dies(pool, code).map(drop)
}

fn m08_unknown_format(fixture: &mut Fixture) -> Verdict {
    let (mut client, _file, pool) = pool(fixture, SIZE)?;
    create_buffer(&mut client, pool, GOOD, 0x7fff_fff0)?;
    client.dies(pool, shm::INVALID_FORMAT).map(drop)
}

fn m09_formats(fixture: &mut Fixture) -> Verdict {
    let global = fixture.need("wl_shm", 1)?;
    let mut client = fixture.client()?;
    let (registry, _) = client.registry()?;
    let id = client.bind(registry, global.name, "wl_shm", 1)?;
    let events = client.sync()?;
    let is_format = |event: &&Received| (event.object, event.opcode) == (id, shm::FORMAT);
    let formats: Vec<u32> = events.iter().filter(is_format).map(Received::first).collect();
    ensure(formats.contains(&shm::ARGB8888) && formats.contains(&shm::XRGB8888), || {
        format!("the formats are {formats:?}")
    })
}

pub(super) fn resize(client: &Client, pool: u32, size: i32) -> Verdict {
    client.send(&Message::new(pool, shm::RESIZE).int(size))
}

fn resize_error(fixture: &mut Fixture, size: i32) -> Verdict {
    let (mut client, _file, pool) = pool(fixture, SIZE)?;
    resize(&client, pool, size)?;
    client.dies(pool, shm::INVALID_FD).map(drop)
}

fn resize_ok(fixture: &mut Fixture, size: i32) -> Verdict {
    let (mut client, file, pool) = pool(fixture, SIZE)?;
    file.resize(size as u64)?;
    resize(&client, pool, size)?;
    client.lives()
}

/// A buffer in the second half of a pool that was grown for it.
pub(super) fn grown(fixture: &Fixture) -> Result<(Client, NamedMemfd, u32), Stop> {
    let (mut client, file, pool) = pool(fixture, SIZE)?;
    file.resize(2 * SIZE as u64)?;
    resize(&client, pool, 2 * SIZE)?;
    let buffer = create_buffer(&mut client, pool, Shape { offset: SIZE, ..GOOD }, shm::XRGB8888)?;
    client.lives()?;
    Ok((client, file, buffer))
}

fn m12a_pool_first(fixture: &mut Fixture) -> Verdict {
    let (mut client, file, pool) = pool(fixture, 2 * SIZE)?;
    let buffers = [
        create_buffer(&mut client, pool, GOOD, shm::XRGB8888)?,
        create_buffer(&mut client, pool, Shape { offset: SIZE, ..GOOD }, shm::XRGB8888)?,
    ];
    client.send(&Message::new(pool, shm::DESTROY_POOL))?;
    for buffer in buffers {
        client.lives()?;
        let held = fixture.process().holds_memfd(&file.name)?;
        ensure(held, || format!("the memory is gone while buffer {buffer} lives"))?;
        client.send(&Message::new(buffer, shm::DESTROY_BUFFER))?;
    }
    client.lives()?;
    ensure(!fixture.process().holds_memfd(&file.name)?, || "the memory stays after the last buffer".to_owned())
}

fn m18_giant(fixture: &mut Fixture) -> Verdict {
    let before = fixture.resident()?;
    let (mut client, shm) = fixture.bound("wl_shm", 1)?;
    let file = NamedMemfd::new(0)?;
    create_pool(&mut client, shm, file.fd.as_fd(), i32::MAX)?;
    let answer = client.answer();
    let after = fixture.resident()?;
    ensure(after < before + (16 << 20), || format!("the server has grown by {} MiB", (after - before) >> 20))?;
    answer.map(drop)
}
