//! Shared memory of a peer that changes it as it likes: files of any kind, size and seals, cut and grown between imports,
//! resizes and reads. What is read is compared with what the file holds. A read that faults ends the process.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};
use rustix::io::{pread, pwrite};
use wayline::io::shm::{
    Access, BufferArgs, Layout, Memory, PixelFormat, Policy, Pool, Quota, Rect, ShmError, WlShmCode,
};

use super::link::{Fds, Script, tried};

/// Bytes that are copied at most; a pool may claim far more.
const MOST: usize = 1 << 17;
/// Files and pools of one script.
const COUNT: usize = 4;

const FORMATS: [PixelFormat; 4] = [
    PixelFormat::ARGB8888,
    PixelFormat::XRGB8888,
    PixelFormat { code: 2, bytes_per_pixel: 1 },
    PixelFormat { code: 3, bytes_per_pixel: 3 },
];

/// Runs one script.
///
/// # Panics
/// If shared memory holds something else than it should, or costs what it should not.
pub fn run(input: &[u8]) {
    let mut script = Script(input);
    let setting = script.byte();
    let quota = if setting & 1 == 0 { Quota::default() } else { Quota::new(100_000, 3) };
    let policy = Policy {
        require_shared_memory: setting & 2 == 0,
        require_sealed: setting & 4 != 0,
        add_seal: false,
        write_files: false,
        quota: quota.clone(),
    };
    let mut fixture = Fixture { policy, files: Vec::new(), pools: Vec::new(), fds: Fds::default() };
    for _ in 0..64 {
        if script.is_over() {
            break;
        }
        fixture.step(&mut script);
    }
    let Fixture { policy, files, pools, fds } = fixture;
    drop(pools);
    assert_eq!((quota.bytes_used(), quota.pools_used()), (0, 0), "a quota in use by nobody");
    drop(policy);
    for file in files {
        // Fails if it is mapped for writing still.
        if fcntl_get_seals(&file).is_ok_and(|seals| !seals.intersects(SealFlags::SEAL | SealFlags::WRITE)) {
            fcntl_add_seals(&file, SealFlags::WRITE).expect("a mapping is left");
        }
    }
    fds.assert_all_closed();
}

struct Fixture {
    policy: Policy,
    files: Vec<OwnedFd>,
    pools: Vec<Imported>,
    fds: Fds,
}

struct Imported {
    pool: Pool,
    access: Access,
    /// The same memory, to look at it by other means.
    file: OwnedFd,
    size: usize,
}

impl Fixture {
    fn step(&mut self, script: &mut Script<'_>) {
        let op = script.byte();
        let which = usize::from(op >> 4);
        match op & 15 {
            0 => self.make(script),
            1 => self.import(which, script),
            2 => self.with_pool(which, |imported| imported.resize(size(script))),
            3 | 4 => self.spoil(which, script),
            5 | 6 => self.with_pool(which, |imported| imported.read(script)),
            7 => self.with_pool(which, |imported| imported.write(script)),
            8 | 9 => self.with_pool(which, |imported| imported.buffer(script)),
            10 => self.with_pool(which, |imported| imported.everything()),
            11 if !self.pools.is_empty() => drop(self.pools.remove(which % self.pools.len())),
            12 => self.produce(script),
            13 => {
                // What no pool can be made of.
                let file = self.fds.make();
                let result = Pool::import(file, size(script), Access::ReadOnly, &self.policy);
                assert!(result.is_err(), "a pool made of a pipe");
            }
            _ => {}
        }
    }

    fn with_pool(&mut self, which: usize, act: impl FnOnce(&mut Imported)) {
        let count = self.pools.len();
        if count > 0 {
            act(&mut self.pools[which % count]);
        }
    }

    /// A file as a peer could send it.
    fn make(&mut self, script: &mut Script<'_>) {
        let (kind, length, seals) = (script.byte(), size(script), script.byte());
        let flags = if kind & 8 == 0 { MemfdFlags::ALLOW_SEALING } else { MemfdFlags::empty() };
        let file = match kind & 7 {
            6 => File::open("/dev/zero").map(OwnedFd::from).expect("a device"),
            7 => File::open("/").map(OwnedFd::from).expect("a directory"),
            _ => memfd_create("fuzz", flags | MemfdFlags::CLOEXEC).expect("a memfd"),
        };
        if kind & 7 < 6 {
            tried(ftruncate(&file, u64::try_from(length).unwrap_or(0)));
            // Not all zeros, so that a wrong place shows.
            let pattern: Vec<u8> = (0..4096u32).map(|at| (at * 7 + at / 256) as u8).collect();
            let filled = u64::try_from(length).unwrap_or(0).min(4096) as usize;
            tried(pwrite(&file, &pattern[..filled], 0));
        }
        tried(fcntl_add_seals(&file, SealFlags::from_bits_truncate(seals.into())));
        self.files.truncate(COUNT - 1);
        self.files.insert(0, file);
    }

    fn import(&mut self, which: usize, script: &mut Script<'_>) {
        let claimed = size(script);
        let Some(file) = self.files.get(which % self.files.len().max(1)) else { return };
        let access = if script.byte() & 1 == 0 { Access::ReadOnly } else { Access::ReadWrite };
        let (file, other) = (file.try_clone().expect("a descriptor"), file.try_clone().expect("a descriptor"));
        let used = (self.policy.quota.bytes_used(), self.policy.quota.pools_used());
        match Pool::import(file, claimed, access, &self.policy) {
            Ok(pool) => {
                assert!(claimed > 0, "a pool of {claimed} bytes");
                let size = claimed as usize;
                assert_eq!(pool.size(), size);
                assert_eq!(self.policy.quota.bytes_used(), used.0 + size);
                self.pools.truncate(COUNT - 1);
                self.pools.insert(0, Imported { pool, access, file: other, size });
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                let _: Option<WlShmCode> = error.wl_shm_code();
                assert_eq!((self.policy.quota.bytes_used(), self.policy.quota.pools_used()), used);
            }
        }
    }

    /// The peer changes the file behind our back.
    fn spoil(&mut self, which: usize, script: &mut Script<'_>) {
        let (how, length) = (script.byte(), size(script));
        let Some(file) = self.files.get(which % self.files.len().max(1)) else { return };
        let length = u64::try_from(length).unwrap_or(0);
        match how & 3 {
            0 | 1 => tried(ftruncate(file, length)),
            2 => tried(fcntl_add_seals(file, SealFlags::from_bits_truncate((how >> 2).into()))),
            _ => {
                let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                tried(fallocate(file, hole, length, 1 + u64::from(how) * 64));
            }
        }
    }

    /// Memory made by this library, and used as a peer's.
    fn produce(&mut self, script: &mut Script<'_>) {
        let (length, how) = (usize::from(script.half()), script.byte());
        let Ok(mut memory) = Memory::create("fuzz", length) else {
            assert_eq!(length, 0);
            return;
        };
        if how & 1 != 0 {
            memory.grow(length + usize::from(script.half())).expect("more memory");
        }
        let at = usize::from(script.half());
        let written = memory.write(at, &[how; 100]);
        assert_eq!(written.is_ok(), at + 100 <= memory.size());
        if how & 2 != 0 {
            memory.seal_size().expect("a seal");
            assert!(memory.grow(memory.size() + 1).is_err());
        } else if how & 4 != 0 {
            memory.freeze().expect("a seal");
            assert!(memory.fill(0..1, 1).is_err());
        }
        let mut out = [0; 100];
        if memory.read(at, &mut out).is_ok() {
            assert_eq!(out, [how; 100]);
        }
        self.files.truncate(COUNT - 1);
        self.files.insert(0, memory.try_clone_fd().expect("a descriptor"));
    }
}

/// Small sizes, the borders of pages, and now and then any number at all.
fn size(script: &mut Script<'_>) -> i32 {
    let kind = script.byte();
    let number = i32::from(script.half());
    match kind {
        0..100 => number,
        100..200 => (number & 7) * 4096 + i32::from(kind & 3) - 1,
        200..230 => number & 0xff,
        230..245 => number << 16 | number,
        _ => -number,
    }
}

impl Imported {
    fn actual(&self) -> usize {
        fstat(&self.file).expect("a size").st_size as usize
    }

    /// What the file holds there, if there is so much of it.
    fn truth(&self, at: usize, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut done = 0;
        while done < length {
            match pread(&self.file, &mut bytes[done..], (at + done) as u64) {
                Ok(count) if count > 0 => done += count,
                _ => return None,
            }
        }
        Some(bytes)
    }

    fn resize(&mut self, size: i32) {
        match self.pool.resize(size) {
            Ok(()) => {
                assert!(size >= 0 && size as usize >= self.size, "from {} to {size} bytes", self.size);
                self.size = size as usize;
            }
            Err(error) => assert!(size < 0 || size as usize != self.size, "{error}"),
        }
        assert_eq!(self.pool.size(), self.size);
    }

    fn read(&self, script: &mut Script<'_>) {
        let (at, length) = (size(script).unsigned_abs() as usize, usize::from(script.half()));
        let mut out = vec![0xa5; length];
        match (self.pool.read(at, &mut out), self.truth(at, length)) {
            (Ok(()), truth) => {
                assert!(at + length <= self.size, "bytes past the end of the pool");
                assert_eq!(Some(out), truth);
            }
            (Err(ShmError::OutOfBounds { .. }), _) => assert!(at + length > self.size),
            (Err(error), truth) => assert!(truth.is_none(), "{error}, but it is there"),
        }
    }

    fn write(&self, script: &mut Script<'_>) {
        let (at, length, byte) = (size(script).unsigned_abs() as usize, usize::from(script.byte()), script.byte());
        let before = self.actual();
        match self.pool.write(at, &vec![byte; length]) {
            Ok(()) => {
                assert!(self.access == Access::ReadWrite && at + length <= self.size);
                assert_eq!(self.truth(at, length), Some(vec![byte; length]));
            }
            Err(ShmError::OutOfBounds { .. }) => assert!(at + length > self.size),
            // The whole pool counts against the budget of the process, however little is written.
            Err(ShmError::NotWritable | ShmError::Truncated { .. } | ShmError::Budget { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(self.actual(), before, "a write made the file of a peer longer");
    }

    fn buffer(&self, script: &mut Script<'_>) {
        let (offset, stride, format) = (size(script), size(script), u32::from(script.byte() % 5));
        let (width, height) = (i32::from(script.half()) >> 4, i32::from(script.half()) >> 4);
        let args = BufferArgs { offset, width, height, stride, format };
        let layout = match Layout::check(args, self.pool.size(), &FORMATS) {
            Ok(layout) => layout,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        };
        assert_eq!(layout.args(), args);
        assert!(layout.end() <= self.size, "a buffer past the end of its pool");
        let mut side = || i32::from(script.half().cast_signed()) >> 4;
        let rect = layout.bounds().intersect(Rect::new(side(), side(), side(), side()));
        let row = rect.width() as usize * layout.bytes_per_pixel();
        if row * rect.height() as usize > MOST {
            return;
        }
        // The rows lie apart in private memory, too, and nothing between them is touched.
        let gap = 5;
        let mut out = vec![0xa5; (row + gap) * rect.height() as usize];
        let result = self.pool.read_rect(&layout, rect, &mut out, row + gap);
        let mut rows = Vec::new();
        let each = self.pool.for_each_row(&layout, rect, &mut Vec::new(), |_, row| rows.push(row.to_vec()));
        assert_eq!(result.is_ok(), each.is_ok());
        for index in 0..rect.height() {
            let (pixels, between) = out[index as usize * (row + gap)..][..row + gap].split_at(row);
            assert!(between == [0xa5; 5], "written between the rows");
            if result.is_ok() {
                let [x, y] = [rect.left(), rect.top()].map(i32::cast_unsigned);
                let place = layout.row(x, y + index, rect.width()).expect("a row of the buffer");
                assert_eq!(Some(pixels), self.truth(place.start, row).as_deref());
                assert_eq!(pixels, rows[index as usize]);
            }
        }
        tried(self.pool.write_rect(&layout, rect, &out, row + gap));
        let beyond = rect.union(rect.translate(layout.width().cast_signed(), 0));
        assert!(rect.is_empty() || self.pool.read_rect(&layout, beyond, &mut out, MOST).is_err());
    }

    fn everything(&self) {
        if self.size > MOST {
            return;
        }
        let truth = self.truth(0, self.size);
        assert_eq!(self.pool.to_vec().ok(), truth);
        if let Some(view) = self.pool.immutable() {
            let seals = fcntl_get_seals(self.file.as_fd()).expect("a memfd");
            assert!(seals.contains(SealFlags::WRITE | SealFlags::SHRINK), "a view of what can change");
            assert_eq!(Some(view.to_vec()), truth);
        }
        let _: bool = self.pool.is_mapped();
    }
}
