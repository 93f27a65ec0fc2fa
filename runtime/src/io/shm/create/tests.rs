use rustix::fs::{fcntl_get_seals, fstat};
use rustix::io::{FdFlags, fcntl_getfd};

use super::*;
use crate::io::shm::{Access, PixelFormat, Policy, Pool};

fn pool(memory: &Memory) -> Pool {
    let size = memory.size().try_into().unwrap();
    Pool::import(memory.try_clone_fd().unwrap(), size, Access::ReadOnly, &Policy::default()).unwrap()
}

#[test]
fn m17_new_memory_is_sealed_against_shrinking_and_not_executable() {
    let memory = Memory::create("test", 5000).unwrap();
    assert_eq!(fcntl_getfd(&memory).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fcntl_getfd(memory.try_clone_fd().unwrap()).unwrap(), FdFlags::CLOEXEC);
    let seals = fcntl_get_seals(&memory).unwrap();
    assert!(seals.contains(SealFlags::SHRINK) && !seals.contains(SealFlags::SEAL));
    // Since Linux 6.3.
    if seals.contains(SealFlags::EXEC) {
        assert_eq!(fstat(&memory).unwrap().st_mode & 0o111, 0);
    }
    assert_eq!(fstat(&memory).unwrap().st_size, 5000);
    assert!(ftruncate(&memory, 4999).is_err());
}

#[test]
fn memory_of_no_bytes_and_bad_names_are_errors() {
    assert!(matches!(Memory::create("test", 0), Err(ShmError::Size { size: 0 })));
    assert!(matches!(Memory::create("te\0st", 1), Err(ShmError::Io { action: "create", .. })));
    assert!(matches!(Memory::create(&"x".repeat(250), 1), Err(ShmError::Io { action: "create", .. })));
    assert!(matches!(Memory::create("test", usize::MAX), Err(ShmError::Io { action: "create", .. })));
}

#[test]
fn what_is_written_is_read_here_and_by_the_peer() {
    let mut memory = Memory::create("test", 10_000).unwrap();
    memory.write(4093, b"across a page").unwrap();
    memory.fill(9_990..10_000, 7).unwrap();
    let peer = pool(&memory);
    for read in [&|at, out: &mut [u8]| memory.read(at, out) as Result<(), _>, &|at, out: &mut [u8]| peer.read(at, out)]
        as [&dyn Fn(usize, &mut [u8]) -> Result<(), ShmError>; 2]
    {
        let mut text = [0; 15];
        read(4092, &mut text).unwrap();
        assert_eq!(&text, b"\0across a page\0");
        let mut tail = [0; 11];
        read(9_989, &mut tail).unwrap();
        assert_eq!(tail, [0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
    }
    assert!(matches!(memory.write(9_999, b"ab"), Err(ShmError::OutOfBounds { .. })));
    assert!(matches!(memory.read(usize::MAX, &mut [0; 2]), Err(ShmError::OutOfBounds { .. })));
    assert!(matches!(memory.fill(9_999..10_001, 0), Err(ShmError::OutOfBounds { .. })));
}

#[test]
fn growing_keeps_the_contents_and_never_shrinks() {
    let mut memory = Memory::create("test", 100).unwrap();
    memory.write(90, b"0123456789").unwrap();
    memory.grow(100_000).unwrap();
    let mut text = [0; 11];
    memory.read(90, &mut text).unwrap();
    assert_eq!(&text, b"0123456789\0");
    memory.write(99_999, b"x").unwrap();
    memory.grow(100_000).unwrap();
    let error = memory.grow(99_999).unwrap_err();
    assert!(matches!(error, ShmError::Shrinking { current: 100_000, requested: 99_999 }), "{error:?}");

    memory.seal_size().unwrap();
    assert!(matches!(memory.grow(100_001), Err(ShmError::Io { action: "enlarge", .. })));
    assert_eq!(memory.size(), 100_000);
    memory.write(0, b"still").unwrap();
    assert!(matches!(memory.freeze(), Err(ShmError::Io { action: "seal", .. })));
    memory.write(0, b"again").unwrap();
}

#[test]
fn m16_freezing_mapped_memory_is_a_typed_error_and_changes_nothing() {
    let mut memory = Memory::create("test", 4096).unwrap();
    memory.write(0, b"first").unwrap();
    let peer = pool(&memory);
    assert!(peer.is_mapped());
    assert!(matches!(memory.freeze(), Err(ShmError::StillMapped)));
    memory.write(0, b"other").unwrap();

    drop(peer);
    memory.freeze().unwrap();
    assert!(matches!(memory.write(0, b"third"), Err(ShmError::NotWritable)));
    assert!(matches!(memory.fill(0..1, 0), Err(ShmError::NotWritable)));
    let layout = Layout::packed(0, 1, 1, PixelFormat::ARGB8888).unwrap();
    let drawn = memory.draw_rows(&layout, layout.bounds(), |_, _| panic!("nothing to draw on"));
    assert!(matches!(drawn, Err(ShmError::NotWritable)));
    let mut text = [0; 5];
    memory.read(0, &mut text).unwrap();
    assert_eq!(&text, b"other");
}

#[test]
fn immutable_memory_is_sealed_in_every_way() {
    let memory = Memory::immutable("keymap", b"xkb_keymap {}").unwrap();
    let all = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
    assert!(fcntl_get_seals(&memory).unwrap().contains(all));
    assert!(rustix::io::pwrite(&memory, b"!", 0).is_err());
    assert_eq!(pool(&memory).to_vec().unwrap(), b"xkb_keymap {}");
    assert_eq!(Memory::immutable("nothing", b"").unwrap().size(), 0);
}

#[test]
fn rectangles_are_drawn_row_by_row_or_copied() {
    let layout = Layout::packed(8, 4, 3, PixelFormat::XRGB8888).unwrap();
    let mut memory = Memory::create("test", layout.end()).unwrap();
    let rect = Rect::new(1, 1, 2, 2);
    memory.draw_rows(&layout, rect, |y, row| row.fill(y as u8)).unwrap();
    let mut all = vec![0; layout.end()];
    memory.read(0, &mut all).unwrap();
    let row = |n: u8| [[0; 4], [n; 4], [n; 4], [0; 4]].concat();
    assert_eq!(all, [vec![0; 8], vec![0; 16], row(1), row(2)].concat());

    // A source with gaps of 3 bytes between its rows, and none after the last.
    let pixels = [vec![5; 8], vec![9; 3], vec![6; 8]].concat();
    memory.write_rect(&layout, rect, &pixels, 11).unwrap();
    memory.read(0, &mut all).unwrap();
    assert_eq!(all, [vec![0; 8], vec![0; 16], row(5), row(6)].concat());
    memory.write_rect(&layout, layout.bounds(), &[3; 48], 16).unwrap();
    memory.read(0, &mut all).unwrap();
    assert_eq!(all, [vec![0; 8], vec![3; 48]].concat());

    for (pixels, stride) in [(vec![0; 18], 11), (vec![0; 100], 7), (vec![], 0)] {
        let error = memory.write_rect(&layout, rect, &pixels, stride).unwrap_err();
        assert!(matches!(error, ShmError::OutOfBounds { .. }), "{error:?}");
    }
    let wide = Rect::new(1, 1, 4, 2);
    assert!(matches!(memory.draw_rows(&layout, wide, |_, _| ()), Err(ShmError::OutOfBounds { .. })));
    memory.write_rect(&layout, Rect::default(), &[], 0).unwrap();
}
