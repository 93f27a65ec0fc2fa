use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::thread;

use rustix::fs::{
    FallocateFlags, MemfdFlags, Mode, Timespec, Timestamps, fallocate, fcntl_add_seals, fcntl_setfl, ftruncate,
    futimens, memfd_create, open,
};
use rustix::io::pwrite;

use super::*;
use crate::io::shm::{Budget, BufferArgs, Memory, PixelFormat, Quota, WlShmCode};

fn memfd(size: u64, seals: SealFlags) -> OwnedFd {
    let file = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&file, size).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file
}

/// The same file, opened in another way.
fn reopen(file: &OwnedFd, flags: OFlags) -> OwnedFd {
    open(format!("/proc/self/fd/{}", file.as_raw_fd()), flags | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

fn import(file: OwnedFd, size: i32) -> Result<Pool, ShmError> {
    Pool::import(file, size, Access::ReadOnly, &Policy::default())
}

fn code(error: &ShmError) -> u32 {
    error.wl_shm_code().unwrap_or_else(|| panic!("not the client's fault: {error:?}")).into()
}

/// Memory sealed against shrinking, which is mapped, and memory that is not.
fn both_ways(size: u64) -> [OwnedFd; 2] {
    [memfd(size, SealFlags::SHRINK), memfd(size, SealFlags::empty())]
}

#[test]
fn m01_sizes_of_nothing_have_code_1() {
    for size in [0, -1, i32::MIN] {
        assert_eq!(code(&import(memfd(4096, SealFlags::empty()), size).unwrap_err()), 1);
    }
}

#[test]
fn m02_what_is_not_memory_has_code_2() {
    let (socket, _other) = UnixStream::pair().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let strangers = [
        rustix::pipe::pipe().unwrap().0,
        socket.into(),
        rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap(),
        File::open(directory.path()).unwrap().into(),
        File::open("/dev/zero").unwrap().into(),
        reopen(&memfd(4096, SealFlags::SHRINK), OFlags::PATH),
    ];
    let strict = Policy { require_shared_memory: true, ..Policy::default() };
    for stranger in strangers {
        for policy in [&Policy::default(), &strict] {
            let fd = stranger.try_clone().unwrap();
            let error = Pool::import(fd, 4096, Access::ReadOnly, policy).unwrap_err();
            assert!(matches!(error, ShmError::NotSharedMemory), "{error:?}");
            assert_eq!(code(&error), 2);
        }
    }
}

/// A file with this text in the directory for temporary files, and on what it is.
fn ordinary_file(text: &[u8]) -> (tempfile::NamedTempFile, Result<(), String>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    let local = mount::check_local(&mount::look(file.as_file()).unwrap().1);
    (file, local)
}

#[test]
fn ordinary_files_are_read_from_local_file_systems() {
    let (file, local) = ordinary_file(b"pixels");
    let fd = |flags| open(file.path(), flags | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let result = import(fd(OFlags::RDWR), 6);
    match local {
        Ok(()) => {
            let pool = result.unwrap();
            assert_eq!(pool.to_vec().unwrap(), b"pixels");
            assert!(!pool.is_mapped());
            pool.resize(10_000).unwrap();
            assert!(matches!(pool.read(4096, &mut [0]), Err(ShmError::Truncated { .. })));
            file.as_file().set_len(0).unwrap();
            assert!(matches!(pool.read(0, &mut [0]), Err(ShmError::Truncated { .. })), "no signal");
        }
        Err(name) => assert!(matches!(result.unwrap_err(), ShmError::FileSystem { name: found } if found == name)),
    }
    let strict = Policy { require_shared_memory: true, ..Policy::default() };
    if fcntl_get_seals(&file).is_err() {
        let error = Pool::import(fd(OFlags::RDONLY), 6, Access::ReadOnly, &strict).unwrap_err();
        assert!(matches!(error, ShmError::NotSharedMemory), "{error:?}");
    }
    let append = import(fd(OFlags::RDWR | OFlags::APPEND), 6);
    assert!(matches!(append, Err(ShmError::Appending | ShmError::FileSystem { .. })), "{append:?}");
}

#[test]
fn files_of_a_tmpfs_are_read_and_written() {
    let Ok(mut file) = tempfile::NamedTempFile::new_in("/dev/shm") else { return };
    file.write_all(&[1; 64]).unwrap();
    let fd = file.reopen().unwrap().into();
    let strict = Policy { require_shared_memory: true, ..Policy::default() };
    let pool = Pool::import(fd, 64, Access::ReadWrite, &strict).unwrap();
    pool.write(60, &[2; 4]).unwrap();
    assert_eq!(pool.to_vec().unwrap(), [[1; 60].as_slice(), &[2; 4]].concat());
}

#[test]
fn files_on_a_disk_are_not_written() {
    let (file, local) = ordinary_file(b"pixels");
    if local.is_err() || fcntl_get_seals(&file).is_ok() {
        return;
    }
    let error = Pool::import(file.reopen().unwrap().into(), 6, Access::ReadWrite, &Policy::default()).unwrap_err();
    assert!(matches!(error, ShmError::NotWritable), "{error:?}");
}

#[test]
fn files_on_a_disk_are_written_where_the_policy_says_so_and_never_grow() {
    let (file, local) = ordinary_file(&[1; 5000]);
    if local.is_err() {
        return;
    }
    let policy = Policy { write_files: true, ..Policy::default() };
    let import = |fd: OwnedFd, access| Pool::import(fd, 20_000, access, &policy);
    let read_only = open(file.path(), OFlags::RDONLY, Mode::empty()).unwrap();
    let error = import(read_only, Access::ReadWrite).unwrap_err();
    assert!(matches!(error, ShmError::NotWritable), "{error:?}");

    let fd = OwnedFd::from(file.reopen().unwrap());
    let writable = import(fd.try_clone().unwrap(), Access::ReadOnly).unwrap().to_writable().unwrap();
    writable.write(10, &[2; 10]).unwrap();
    // What the peer says of the description afterwards is of no concern: nothing is appended, nothing goes past the cache.
    fcntl_setfl(&fd, OFlags::APPEND | OFlags::DIRECT).unwrap();
    writable.write(4990, &[2; 10]).unwrap();
    for (at, length) in [(4990, 11), (5000, 1), (8192, 1), (19_999, 1)] {
        let error = writable.write(at, &[3; 11][..length]).unwrap_err();
        assert!(matches!(error, ShmError::Truncated { end } if end == at + length), "{error:?}");
    }
    let text = fs::read(file.path()).unwrap();
    assert_eq!((text.len(), text.iter().filter(|&&byte| byte == 2).count()), (5000, 20));
    assert_eq!(text.iter().filter(|&&byte| byte == 3).count(), 0);
    file.as_file().set_len(0).unwrap();
    assert!(matches!(writable.write(0, &[3]), Err(ShmError::Truncated { .. })), "no signal");
}

#[test]
fn files_of_other_file_systems_are_refused_by_name() {
    let file = File::open("/proc/self/status").unwrap();
    let error = import(file.into(), 6).unwrap_err();
    assert!(matches!(&error, ShmError::FileSystem { name } if name == "proc"), "{error:?}");
    assert_eq!(code(&error), 2);
}

/// With the flag, `read` takes the lock of the file, which a peer can hold for
/// ever; it also wants its memory aligned, which shows here whether it is used.
#[test]
fn a_file_on_a_disk_is_not_read_past_its_cache() {
    let (file, local) = ordinary_file(&[7; 8192]);
    let fd = OwnedFd::from(file.reopen().unwrap());
    if local.is_err() || fcntl_setfl(&fd, OFlags::DIRECT).is_err() {
        return;
    }
    let mut out = [0; 1001];
    import(fd, 8192).unwrap().read(3001, &mut out).unwrap();
    assert_eq!(out, [7; 1001]);
}

#[test]
fn m03_a_read_only_memfd_is_mapped_read_only() {
    let file = memfd(4096, SealFlags::SHRINK);
    pwrite(&file, b"pixels", 0).unwrap();
    let read_only = reopen(&file, OFlags::RDONLY);
    let pool = import(read_only.try_clone().unwrap(), 4096).unwrap();
    assert!(pool.is_mapped());
    assert_eq!(&pool.to_vec().unwrap()[..6], b"pixels");
    assert!(matches!(pool.write(0, b"x"), Err(ShmError::NotWritable)));

    let error = Pool::import(read_only, 4096, Access::ReadWrite, &Policy::default()).unwrap_err();
    assert!(matches!(error, ShmError::NotWritable), "{error:?}");
    let error = import(reopen(&file, OFlags::WRONLY), 4096).unwrap_err();
    assert!(matches!(error, ShmError::NotReadable), "{error:?}");
}

#[test]
fn m04_a_write_sealed_memfd_is_accepted_for_reading() {
    for seal in [SealFlags::WRITE, SealFlags::FUTURE_WRITE] {
        let file = memfd(4096, SealFlags::empty());
        pwrite(&file, b"pixels", 4000).unwrap();
        fcntl_add_seals(&file, seal | SealFlags::SHRINK).unwrap();
        let mut text = [0; 6];
        import(file.try_clone().unwrap(), 4096).unwrap().read(4000, &mut text).unwrap();
        assert_eq!(&text, b"pixels");
        let error = Pool::import(file, 4096, Access::ReadWrite, &Policy::default()).unwrap_err();
        assert_eq!(code(&error), 2);
    }
}

#[test]
fn m10_a_pool_only_grows() {
    let pool = import(memfd(4096, SealFlags::SHRINK), 4096).unwrap();
    for size in [4095, 0, -1, i32::MIN] {
        let error = pool.resize(size).unwrap_err();
        assert!(matches!(error, ShmError::Shrinking { current: 4096, .. }), "{error:?}");
        assert_eq!(code(&error), 2);
    }
    pool.resize(4096).unwrap();
    assert_eq!(pool.size(), 4096);
    pool.resize(8192).unwrap();
    assert_eq!(pool.size(), 8192);
}

#[test]
fn m11_the_new_part_of_a_resized_pool_is_read() {
    for file in both_ways(4096) {
        let pool = import(file.try_clone().unwrap(), 4096).unwrap();
        pool.read(0, &mut [0]).unwrap();
        ftruncate(&file, 100_000).unwrap();
        pwrite(&file, b"new", 99_997).unwrap();
        assert!(matches!(pool.read(99_997, &mut [0; 3]), Err(ShmError::OutOfBounds { .. })));
        pool.resize(100_000).unwrap();
        let mut text = [0; 3];
        pool.read(99_997, &mut text).unwrap();
        assert_eq!(&text, b"new");
    }
}

#[test]
fn a_resize_past_a_sealed_end_is_seen_at_use_and_heals_nothing() {
    let file = memfd(4096, SealFlags::SHRINK | SealFlags::GROW);
    let pool = import(file, 4096).unwrap();
    assert!(pool.is_mapped());
    pool.resize(8192).unwrap();
    assert!(!pool.is_mapped());
    pool.read(4095, &mut [0]).unwrap();
    let error = pool.read(4095, &mut [0; 2]).unwrap_err();
    assert!(matches!(error, ShmError::Truncated { end: 4097 }), "{error:?}");
}

#[test]
fn a_resize_does_not_disturb_readers() {
    let file = memfd(1 << 20, SealFlags::SHRINK);
    let pool = import(file.try_clone().unwrap(), 4096).unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| (0..10_000).for_each(|_| pool.clone().read(0, &mut [0; 4096]).unwrap()));
        for size in (8192..=1 << 20).step_by(4096).cycle() {
            if reader.is_finished() {
                break;
            }
            let _ = pool.resize(size);
        }
    });
}

#[test]
fn m12_a_buffer_keeps_its_pool_alive() {
    let policy = Policy::default();
    let file = memfd(4096, SealFlags::SHRINK);
    pwrite(&file, b"pixels", 0).unwrap();
    let pool = Pool::import(file, 4096, Access::ReadOnly, &policy).unwrap();
    let buffer = pool.clone();
    drop(pool);
    assert_eq!(&buffer.to_vec().unwrap()[..6], b"pixels");
    assert_eq!((policy.quota.bytes_used(), policy.quota.pools_used()), (4096, 1));
    drop(buffer);
    assert_eq!((policy.quota.bytes_used(), policy.quota.pools_used()), (0, 0));
}

#[test]
fn m13_memory_that_may_be_sealed_is_sealed_and_mapped_if_the_policy_says_so() {
    let policy = Policy { add_seal: true, ..Policy::default() };
    let file = memfd(4096, SealFlags::empty());
    pwrite(&file, b"pixels", 0).unwrap();
    let own = reopen(&file, OFlags::RDWR);
    let pool = Pool::import(file, 4096, Access::ReadOnly, &policy).unwrap();
    ftruncate(&own, 8192).unwrap();
    assert!(fcntl_get_seals(&own).unwrap().is_empty(), "nothing is done before it is used");
    assert!(pool.is_mapped());
    assert_eq!(&pool.to_vec().unwrap()[..6], b"pixels");
    assert_eq!(ftruncate(&own, 100), Err(rustix::io::Errno::PERM));
    ftruncate(&own, 16384).unwrap();

    // Too short, not to be sealed, not ours to seal: read by system calls as without the policy.
    let short = memfd(100, SealFlags::empty());
    let final_seals = memfd(4096, SealFlags::SEAL);
    let read_only = reopen(&memfd(4096, SealFlags::empty()), OFlags::RDONLY);
    for file in [short, final_seals, read_only] {
        let pool = Pool::import(file, 4096, Access::ReadOnly, &policy).unwrap();
        assert!(!pool.is_mapped());
        pool.read(0, &mut [0; 100]).unwrap();
    }
    let unasked = memfd(4096, SealFlags::empty());
    let pool = import(reopen(&unasked, OFlags::RDWR), 4096).unwrap();
    assert!(!pool.is_mapped());
    ftruncate(&unasked, 100).unwrap();
}

#[test]
fn m13_a_file_shorter_than_its_pool_is_a_typed_error() {
    for file in both_ways(4096) {
        let pool = import(file, 8192).unwrap();
        assert!(!pool.is_mapped());
        pool.read(0, &mut [0; 4096]).unwrap();
        let error = pool.read(0, &mut [0; 8192]).unwrap_err();
        assert!(matches!(error, ShmError::Truncated { end: 8192 }), "{error:?}");
        assert_eq!(error.wl_shm_code(), Some(WlShmCode::Fd));
        assert!(matches!(pool.to_vec(), Err(ShmError::Truncated { .. })));
    }
}

#[test]
fn m13_a_file_that_shrinks_or_loses_pages_later_hurts_nobody() {
    let file = memfd(8192, SealFlags::empty());
    let pool = import(file.try_clone().unwrap(), 8192).unwrap();
    pool.read(0, &mut [0; 8192]).unwrap();
    ftruncate(&file, 0).unwrap();
    assert!(matches!(pool.read(0, &mut [0; 8192]), Err(ShmError::Truncated { .. })));

    let sealed = memfd(8192, SealFlags::SHRINK);
    pwrite(&sealed, &[1; 8192], 0).unwrap();
    let pool = import(sealed.try_clone().unwrap(), 8192).unwrap();
    assert!(pool.is_mapped());
    assert!(ftruncate(&sealed, 0).is_err());
    fallocate(&sealed, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, 4096).unwrap();
    assert_eq!(pool.to_vec().unwrap(), [[0; 4096], [1; 4096]].concat());
}

#[test]
fn m14_the_producer_may_write_while_the_pool_is_read() {
    let layout = Layout::packed(0, 64, 64, PixelFormat::ARGB8888).unwrap();
    let mut memory = Memory::create("test", layout.end()).unwrap();
    let pool = import(memory.try_clone_fd().unwrap(), layout.end().try_into().unwrap()).unwrap();
    assert!(pool.is_mapped());
    thread::scope(|scope| {
        let writer =
            scope.spawn(|| (0..=255).cycle().take(2_000).for_each(|n| memory.fill(0..layout.end(), n).unwrap()));
        let mut row = Vec::new();
        while !writer.is_finished() {
            let each = |_, pixels: &[u8]| {
                for pixel in pixels.as_chunks::<4>().0 {
                    assert!(pixel.iter().all(|&byte| byte == pixel[0]), "torn within a pixel: {pixel:?}");
                }
            };
            pool.for_each_row(&layout, layout.bounds(), &mut row, each).unwrap();
        }
    });
}

#[test]
fn m15_bytes_without_a_copy_need_seals_against_writing_and_shrinking() {
    let future = SealFlags::FUTURE_WRITE | SealFlags::SHRINK;
    for seals in [SealFlags::empty(), SealFlags::SHRINK, SealFlags::WRITE, future] {
        let pool = import(memfd(4096, seals), 4096).unwrap();
        assert!(pool.immutable().is_none(), "{seals:?}");
    }
    let memory = Memory::immutable("keymap", b"text").unwrap();
    let longer = import(memory.try_clone_fd().unwrap(), 5).unwrap();
    assert!(longer.immutable().is_none(), "longer than the file");

    let pool = import(memory.try_clone_fd().unwrap(), 4).unwrap();
    if let Some(bytes) = pool.immutable() {
        drop((pool, memory));
        assert_eq!(&*bytes, b"text");
    } else {
        // Linux before 6.7 has no such mapping.
        assert_eq!(pool.to_vec().unwrap(), b"text");
    }
}

#[test]
fn m18_a_huge_claim_costs_nothing_and_counts_against_the_quota() {
    let file = || memfd(0, SealFlags::empty());
    let policy = Policy { quota: Quota::new(i32::MAX as usize, 2), ..Policy::default() };
    let before = virtual_size();
    let pool = Pool::import(file(), i32::MAX, Access::ReadOnly, &policy).unwrap();
    assert!(matches!(pool.read(0, &mut [0]), Err(ShmError::Truncated { .. })));
    assert!(pool.to_vec().is_err());
    assert!(virtual_size() < before + (1 << 30), "it was mapped, or memory was allocated");

    let error = Pool::import(file(), 1, Access::ReadOnly, &policy).unwrap_err();
    assert!(matches!(error, ShmError::Quota { requested: 1, .. }), "{error:?}");
    assert_eq!(error.wl_shm_code(), None);
    drop(pool);
    let first = Pool::import(file(), 1, Access::ReadOnly, &policy).unwrap();
    let _second = Pool::import(file(), 1, Access::ReadOnly, &policy).unwrap();
    let third = Pool::import(file(), 1, Access::ReadOnly, &policy);
    assert!(matches!(third, Err(ShmError::Quota { pools: 2, .. })), "{third:?}");
    first.resize(i32::MAX - 1).unwrap();
    assert!(matches!(first.resize(i32::MAX), Err(ShmError::Quota { requested: 1, .. })));
    assert_eq!(first.size(), i32::MAX as usize - 1);
}

/// Bytes that a file takes of the memory.
fn taken(file: &OwnedFd) -> i128 {
    i128::from(fstat(file).unwrap().st_blocks) * 512
}

fn within(budget: &Budget) -> Policy {
    Policy { quota: Quota::within(budget, Quota::BYTES, Quota::POOLS), ..Policy::default() }
}

#[test]
fn holes_beyond_the_budget_are_read_and_stay_holes() {
    const BUDGET: usize = 16 << 20;
    let budget = Budget::new(4 * BUDGET);
    let mut out = vec![1; 1 << 20];
    for (size, is_mapped) in [(BUDGET, true), (BUDGET + 1, false), (8 * BUDGET, false)] {
        let file = memfd(size as u64, SealFlags::SHRINK);
        let pool =
            Pool::import(file.try_clone().unwrap(), size.try_into().unwrap(), Access::ReadOnly, &within(&budget))
                .unwrap();
        for start in (0..size - out.len()).step_by(out.len()) {
            pool.read(start, &mut out).unwrap();
            assert!(out.iter().all(|&byte| byte == 0));
        }
        assert_eq!(pool.is_mapped(), is_mapped, "{size}");
        assert_eq!(budget.bytes_used(), if is_mapped { size } else { 0 });
        assert!(is_mapped || taken(&file) == 0, "{} bytes of {size} became ours", taken(&file));
        drop(pool);
        assert_eq!(budget.bytes_used(), 0);
    }
}

#[test]
fn one_budget_binds_all_clients_and_a_quarter_of_it_each() {
    let budget = Budget::new(16 * 4096);
    let import = |policy: &Policy| {
        let file = memfd(4096, SealFlags::SHRINK);
        Pool::import(file, 4096, Access::ReadOnly, policy).unwrap()
    };
    let clients: Vec<_> = (0..5).map(|_| within(&budget)).collect();
    let mut pools = Vec::new();
    for client in &clients[..4] {
        for number in 0..5 {
            let pool = import(client);
            assert_eq!(pool.is_mapped(), number < 4);
            pool.read(0, &mut [0]).unwrap();
            pools.push(pool);
        }
    }
    assert_eq!(budget.bytes_used(), budget.bytes());
    assert!(!import(&clients[4]).is_mapped());
    pools.clear();
    assert!(import(&clients[4]).is_mapped());
}

#[test]
fn a_write_beyond_the_budget_is_refused_before_it_costs_anything() {
    for size in [4096, 8192] {
        for file in both_ways(size) {
            let budget = Budget::new(4 * 4096);
            let whole = i32::try_from(size).unwrap();
            let pool = Pool::import(file.try_clone().unwrap(), whole, Access::ReadWrite, &within(&budget)).unwrap();
            let result = pool.write(0, &[1; 4096]);
            if size == 4096 {
                result.unwrap();
                assert_eq!(budget.bytes_used(), 4096);
            } else {
                let error = result.unwrap_err();
                assert!(matches!(error, ShmError::Budget { requested: 8192, bytes: 4096 }), "{error:?}");
                assert_eq!(error.wl_shm_code(), None);
                assert_eq!((taken(&file), budget.bytes_used()), (0, 0));
            }
            pool.read(0, &mut [0; 4096]).unwrap();
        }
    }
}

#[test]
fn a_resize_counts_the_new_size() {
    let budget = Budget::new(4 * 8192);
    let file = memfd(1 << 20, SealFlags::SHRINK);
    let pool = Pool::import(file, 4096, Access::ReadOnly, &within(&budget)).unwrap();
    for (size, used) in [(4096, 4096), (8192, 8192), (8193, 0)] {
        pool.resize(size).unwrap();
        pool.read(0, &mut [0]).unwrap();
        assert_eq!(budget.bytes_used(), used);
    }
}

/// Address space of this process in bytes.
fn virtual_size() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn a_strict_policy_wants_sealed_memory_of_full_length() {
    let policy = Policy { require_sealed: true, ..Policy::default() };
    let import = |file| Pool::import(file, 4096, Access::ReadOnly, &policy);
    assert!(matches!(import(memfd(4096, SealFlags::GROW)), Err(ShmError::NotSealed)));
    assert!(matches!(import(memfd(4095, SealFlags::SHRINK)), Err(ShmError::Truncated { .. })));
    let file = memfd(4096, SealFlags::SHRINK);
    let pool = import(file.try_clone().unwrap()).unwrap();
    assert!(matches!(pool.resize(4097), Err(ShmError::Truncated { .. })));
    ftruncate(&file, 4097).unwrap();
    pool.resize(4097).unwrap();
    assert!(pool.is_mapped());
    assert_eq!(policy.quota.bytes_used(), 4097);
}

#[test]
fn a_writable_pool_is_written_both_ways_and_never_enlarges_the_file() {
    let layout = Layout::check(
        BufferArgs { offset: 4, width: 2, height: 2, stride: 12, format: 0 },
        64,
        &[PixelFormat::ARGB8888],
    );
    let layout = layout.unwrap();
    for file in both_ways(64) {
        let pool = Pool::import(file.try_clone().unwrap(), 64, Access::ReadWrite, &Policy::default()).unwrap();
        pool.write(60, b"tail").unwrap();
        pool.write_rect(&layout, layout.bounds(), &[7; 16], 8).unwrap();
        let expected = [vec![0; 4], vec![7; 8], vec![0; 4], vec![7; 8], vec![0; 36], b"tail".to_vec()].concat();
        assert_eq!(pool.to_vec().unwrap(), expected);
        let mut pixels = [1; 20];
        pool.read_rect(&layout, layout.bounds(), &mut pixels, 12).unwrap();
        assert_eq!(pixels[..], [vec![7; 8], vec![1; 4], vec![7; 8]].concat());

        pool.resize(128).unwrap();
        assert!(matches!(pool.write(60, &[0; 8]), Err(ShmError::Truncated { .. })));
        assert_eq!(fstat(&file).unwrap().st_size, 64);
    }
}

#[test]
fn a_descriptor_that_appends_is_refused() {
    for file in both_ways(4096) {
        let appending = reopen(&file, OFlags::RDWR | OFlags::APPEND);
        let error = Pool::import(appending, 4096, Access::ReadWrite, &Policy::default()).unwrap_err();
        assert!(matches!(error, ShmError::Appending), "{error:?}");
        assert_eq!(code(&error), 2);
    }
}

#[test]
fn a_flag_set_later_makes_no_write_append() {
    for size in [4096, 1 << 20] {
        for file in both_ways(size) {
            let whole = i32::try_from(size).unwrap();
            let pool = Pool::import(file.try_clone().unwrap(), whole, Access::ReadWrite, &Policy::default()).unwrap();
            fcntl_setfl(&file, OFlags::APPEND).unwrap();
            pool.write(0, &[7; 4096]).unwrap();
            pool.write(size as usize - 4, b"tail").unwrap();
            assert_eq!(fstat(&file).unwrap().st_size, i64::try_from(size).unwrap());
            let mut text = [0; 4];
            pool.read(size as usize - 4, &mut text).unwrap();
            assert_eq!(&text, b"tail");
        }
    }
}

/// A peer can hold the lock of a file for ever that `pwrite` takes: it writes to
/// it from memory that it never delivers. A call that takes it changes the times.
#[test]
fn no_write_takes_the_lock_of_the_file() {
    for file in both_ways(8192) {
        let pool = Pool::import(file.try_clone().unwrap(), 8192, Access::ReadWrite, &Policy::default()).unwrap();
        // The first store to a page counts as a write in any case.
        pool.write(0, &[0; 8192]).unwrap();
        let old = Timespec { tv_sec: 1, tv_nsec: 0 };
        futimens(&file, &Timestamps { last_access: old, last_modification: old }).unwrap();
        pool.write(4000, &[1; 200]).unwrap();
        let stat = fstat(&file).unwrap();
        assert_eq!((stat.st_mtime, stat.st_size), (1, 8192));
        assert_eq!(pool.to_vec().unwrap().iter().filter(|&&byte| byte == 1).count(), 200);
    }
}

#[test]
fn an_imported_descriptor_is_closed_with_the_pool_and_on_errors() {
    let memory = Memory::create("closed-after-import", 64).unwrap();
    let open = || {
        let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        links.filter(|link| link.to_string_lossy().contains("closed-after-import")).count()
    };
    assert!(import(memory.try_clone_fd().unwrap(), -1).is_err());
    let pool = import(memory.try_clone_fd().unwrap(), 64).unwrap();
    pool.read(0, &mut [0]).unwrap();
    assert_eq!(open(), 2);
    drop(pool);
    assert_eq!(open(), 1);
}

#[test]
fn a_pool_is_written_to_by_way_of_a_second_one_only_if_the_peer_left_it_writable() {
    let quota = Quota::new(10_000, 2);
    let policy = Policy { quota: quota.clone(), ..Policy::default() };
    let import = |file| Pool::import(file, 4096, Access::ReadOnly, &policy).unwrap();
    for file in both_ways(4096) {
        let pool = import(file);
        assert!(matches!(pool.write(0, &[1]), Err(ShmError::NotWritable)));
        let writable = pool.to_writable().unwrap();
        assert_eq!((quota.pools_used(), quota.bytes_used()), (2, 8192));
        assert!(matches!(pool.to_writable(), Err(ShmError::Quota { .. })));
        writable.write(4095, &[7]).unwrap();
        let mut last = [0];
        pool.read(4095, &mut last).unwrap();
        assert_eq!(last, [7]);
    }
    let readable = reopen(&memfd(4096, SealFlags::empty()), OFlags::RDONLY);
    let sealed = memfd(4096, SealFlags::WRITE | SealFlags::SHRINK);
    for file in [readable, sealed] {
        assert!(matches!(import(file).to_writable(), Err(ShmError::NotWritable)));
    }
    let (file, local) = ordinary_file(&[0; 4096]);
    if local.is_ok() {
        let file = file.reopen().unwrap();
        // Where temporary files are memory they are written to as such.
        let is_memory = fcntl_get_seals(&file).is_ok();
        match import(file.into()).to_writable() {
            Ok(_) => assert!(is_memory),
            Err(error) => assert!(!is_memory && matches!(error, ShmError::NotWritable), "{error:?}"),
        }
    }
    assert_eq!((quota.pools_used(), quota.bytes_used()), (0, 0));
}
