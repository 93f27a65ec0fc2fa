//! Pictures of the screen in buffers of clients, by wlr-screencopy.

use std::os::fd::AsFd;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::process::Signal;
use wayline::io::shm::Memory;
use wayline_conformance::wire::Received;
use wayline_protocols::wlr_screencopy::{zwlr_screencopy_frame_v1 as frame, zwlr_screencopy_manager_v1 as manager};

use crate::contracts::AT;
use crate::desk::Desk;
use crate::guest::{Guest, event, request};
use crate::support::installed;

const MANAGER: &str = "zwlr_screencopy_manager_v1";
const DESTROY: u16 = frame::opcode::DESTROY;
const COPY: u16 = frame::opcode::COPY;
const COPY_WITH_DAMAGE: u16 = frame::opcode::COPY_WITH_DAMAGE;
const READY: u16 = frame::opcode::READY;
const FAILED: u16 = frame::opcode::FAILED;
const DAMAGE: u16 = frame::opcode::DAMAGE;

/// Most captures of one client that may wait.
const MAX_WAITING: usize = 16;

/// A part of the screen: left, top, width, height.
type Area = [i32; 4];

const PART: Area = [AT.0 as i32 - 10, AT.1 as i32 - 5, 40, 30];

/// What takes pictures, and of what.
#[derive(Clone, Copy)]
struct Camera {
    manager: u32,
    output: u32,
}

impl Camera {
    fn new(guest: &mut Guest) -> Camera {
        Camera { manager: guest.bind(MANAGER, 3), output: guest.bind("wl_output", 4) }
    }

    /// A frame of a part of the screen.
    fn frame(self, guest: &mut Guest, cursor: i32, area: Area) -> u32 {
        let [x, y, width, height] = area;
        guest.make(self.manager, manager::opcode::CAPTURE_OUTPUT_REGION, |m| {
            m.int(cursor).uint(self.output).int(x).int(y).int(width).int(height)
        })
    }

    /// A picture of a part of the screen, taken now.
    fn take(self, guest: &mut Guest, cursor: i32, area: Area) -> Vec<u32> {
        let frame = self.frame(guest, cursor, area);
        let (memory, buffer) = target(guest, area[2], area[3]);
        guest.send(frame, COPY, |m| m.uint(buffer));
        guest.until(frame, READY);
        guest.send(frame, DESTROY, |m| m);
        pixels(&memory)
    }
}

/// A buffer as frames want it, and its memory.
pub(crate) fn target(guest: &mut Guest, width: i32, height: i32) -> (Memory, u32) {
    let memory = Memory::create("capture", (width * height * 4) as usize).unwrap();
    let pool = guest.pool(&memory, width * height * 4);
    let buffer = guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(width).int(height).int(width * 4).uint(1));
    (memory, buffer)
}

/// The colours in memory, `0xRRGGBB`.
pub(crate) fn pixels(memory: &Memory) -> Vec<u32> {
    let mut bytes = vec![0; memory.size()];
    memory.read(0, &mut bytes).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word) & 0xff_ffff).collect()
}

fn numbers(event: &Received, count: usize) -> Vec<u32> {
    let mut args = event.args();
    (0..count).map(|_| args.uint().unwrap()).collect()
}

/// Waits until a frame of the screen was drawn after all that this client sent.
pub(crate) fn pass_a_frame(desk: &Desk, guest: &mut Guest) {
    guest.sync();
    desk.screen();
    guest.sync();
}

#[test]
fn a_picture_shows_its_part_of_the_screen() {
    let desk = Desk::new("screencopy", &[]);
    let mut guest = Guest::new(&desk);
    guest.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut guest);
    let screen = desk.screen();
    let expected = |[x, y, width, height]: Area| -> Vec<u32> {
        let row = |y: i32| (x..x + width).map(move |x| (x, y));
        (y..y + height).flat_map(row).map(|(x, y)| screen.colour(x as usize, y as usize)).collect()
    };
    for area in [PART, [0, 0, 1024, 768], [1023, 767, 1, 1]] {
        assert_eq!(camera.take(&mut guest, 0, area), expected(area), "{area:?}");
    }
    // What is beyond the screen is not in the picture.
    let frame = camera.frame(&mut guest, 0, [1000, -10, i32::MAX, 20]);
    let wanted = guest.until(frame, frame::opcode::BUFFER);
    assert_eq!(numbers(&wanted, 4), [1, 24, 10, 96]);
    guest.until(frame, frame::opcode::BUFFER_DONE);
    // Nothing is left of these.
    for area in [[1024, 0, 10, 10], [-10, 0, 10, 10], [5, 5, 0, 3], [5, 5, 5, -1]] {
        let frame = camera.frame(&mut guest, 0, area);
        guest.until(frame, FAILED);
        let (_, buffer) = target(&mut guest, 5, 5);
        guest.send(frame, COPY, |m| m.uint(buffer));
    }
    guest.sync();
    desk.finish();
}

#[test]
fn a_copy_with_damage_waits_until_something_changes_there_and_says_what() {
    let desk = Desk::new("screencopy-damage", &[]);
    let (mut guest, mut painter) = (Guest::new(&desk), Guest::new(&desk));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut guest);
    let (memory, buffer) = target(&mut guest, PART[2], PART[3]);
    let capture = |guest: &mut Guest| {
        let frame = camera.frame(guest, 0, PART);
        guest.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
        frame
    };
    let damage = |guest: &mut Guest, frame: u32| {
        guest.until(frame, READY);
        let is_damage = |event: &&Received| (event.object, event.opcode) == (frame, DAMAGE);
        let rects: Vec<_> = guest.events.iter().filter(is_damage).map(|event| numbers(event, 4)).collect();
        guest.events.clear();
        rects
    };
    // The first knows nothing of what was before.
    let frame = capture(&mut guest);
    assert_eq!(damage(&mut guest, frame), [[0, 0, 40, 30]]);

    let frame = capture(&mut guest);
    pass_a_frame(&desk, &mut guest);
    assert!(!guest.has(frame, READY), "nothing has changed");
    // Something changes elsewhere, and then within.
    let change = |painter: &mut Guest, at: (i32, i32), colour: u32| {
        let buffer = painter.buffer(200, 200, colour);
        painter.send(window.surface, request::ATTACH, |m| m.uint(buffer).int(0).int(0));
        painter.send(window.surface, request::DAMAGE, |m| m.int(at.0).int(at.1).int(3).int(4));
        painter.send(window.surface, request::COMMIT, |m| m);
        painter.sync();
    };
    change(&mut painter, (150, 150), 0x00_ff00);
    pass_a_frame(&desk, &mut guest);
    assert!(!guest.has(frame, READY), "what has changed is not in the picture");
    change(&mut painter, (5, 6), 0x00_00ff);
    assert_eq!(damage(&mut guest, frame), [[15, 11, 3, 4]]);
    let at = |x: usize, y: usize| pixels(&memory)[y * 40 + x];
    assert_eq!([at(15, 11), at(17, 14), at(18, 14)], [0x00_00ff, 0x00_00ff, 0xff_0000]);

    // What changed before it was asked for is told at once.
    change(&mut painter, (0, 0), 0xff_ffff);
    pass_a_frame(&desk, &mut guest);
    let frame = capture(&mut guest);
    assert_eq!(damage(&mut guest, frame), [[10, 5, 3, 4]]);
    desk.finish();
}

#[test]
fn a_frame_is_used_once_and_wants_a_buffer_as_it_said() {
    let desk = Desk::new("screencopy-violations", &[]);
    let mut guest = Guest::new(&desk);
    let camera = Camera::new(&mut guest);
    let frame = camera.frame(&mut guest, 0, PART);
    let (_memory, buffer) = target(&mut guest, 40, 30);
    guest.send(frame, COPY, |m| m.uint(buffer));
    guest.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
    guest.expect_error(frame, frame::Error::ALREADY_USED.0);

    // Width, height, stride and format.
    for [width, height, stride, format] in [[39, 30, 160, 1], [40, 31, 160, 1], [40, 30, 164, 1], [40, 30, 160, 0]] {
        let mut guest = Guest::new(&desk);
        let camera = Camera::new(&mut guest);
        let frame = camera.frame(&mut guest, 0, PART);
        let memory = Memory::create("capture", 8192).unwrap();
        let pool = guest.pool(&memory, 8192);
        let buffer = guest.make(pool, request::CREATE_BUFFER, |m| {
            m.int(0).int(width).int(height).int(stride).uint(format.cast_unsigned())
        });
        guest.send(frame, COPY, |m| m.uint(buffer));
        guest.expect_error(frame, frame::Error::INVALID_BUFFER.0);
    }
}

#[test]
fn memory_that_cannot_be_written_to_makes_a_picture_fail_and_nothing_else() {
    let desk = Desk::new("screencopy-memory", &[]);
    let (mut guest, mut painter) = (Guest::new(&desk), Guest::new(&desk));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut guest);
    let file = |size: u64| {
        let file = rustix::fs::memfd_create("capture", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(file.as_fd(), size).unwrap();
        file
    };
    let frame_of = |guest: &mut Guest, file: std::os::fd::OwnedFd, opcode: u16| {
        let pool = guest.pool_of(file, 4800);
        let buffer = guest.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(40).int(30).int(160).uint(1));
        let frame = camera.frame(guest, 0, PART);
        guest.send(frame, opcode, |m| m.uint(buffer));
        frame
    };
    let sealed = file(4800);
    rustix::fs::fcntl_add_seals(&sealed, SealFlags::WRITE).unwrap();
    let frame = frame_of(&mut guest, sealed, COPY);
    guest.until(frame, FAILED);
    // Shorter than it was said to be.
    let frame = frame_of(&mut guest, file(100), COPY);
    guest.until(frame, FAILED);
    // Cut while it waits.
    camera.take(&mut guest, 0, PART);
    let whole = file(4800);
    let frame = frame_of(&mut guest, whole.try_clone().unwrap(), COPY_WITH_DAMAGE);
    guest.sync();
    rustix::fs::ftruncate(&whole, 10).unwrap();
    let buffer = painter.buffer(200, 200, 0x00_ff00);
    painter.show(window.surface, buffer);
    guest.until(frame, FAILED);
    assert_eq!(camera.take(&mut guest, 0, PART).last(), Some(&0x00_ff00));
    desk.finish();
}

#[test]
fn a_client_has_a_limited_number_of_captures_that_wait_and_can_give_them_up() {
    let desk = Desk::new("screencopy-limit", &[]);
    let (mut guest, mut other, mut painter) = (Guest::new(&desk), Guest::new(&desk), Guest::new(&desk));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut guest);
    let (memory, buffer) = target(&mut guest, 40, 30);
    let wait = |guest: &mut Guest| {
        let frame = camera.frame(guest, 0, PART);
        guest.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
        frame
    };
    let frame = wait(&mut guest);
    guest.until(frame, READY);
    let waiting: Vec<u32> = (0..MAX_WAITING).map(|_| wait(&mut guest)).collect();
    let frame = wait(&mut guest);
    guest.until(frame, FAILED);
    // One that is given up makes room for another one, and for itself there is no picture any more.
    for frame in &waiting {
        guest.send(*frame, DESTROY, |m| m);
    }
    guest.sync();
    let before = pixels(&memory);
    let buffer = painter.buffer(200, 200, 0x00_ff00);
    painter.show(window.surface, buffer);
    pass_a_frame(&desk, &mut guest);
    assert_eq!(pixels(&memory), before);
    assert!(waiting.iter().all(|frame| !guest.has(*frame, READY)));
    let frame = wait(&mut guest);
    guest.until(frame, READY);
    assert_ne!(pixels(&memory), before);
    // One client's limit is not another one's, and a client that goes takes what waits with it.
    for _ in 0..MAX_WAITING {
        wait(&mut guest);
    }
    guest.sync();
    let camera = Camera::new(&mut other);
    camera.take(&mut other, 0, PART);
    drop(guest);
    let buffer = painter.buffer(200, 200, 0xff_0000);
    painter.show(window.surface, buffer);
    assert_eq!(camera.take(&mut other, 0, PART).last(), Some(&0xff_0000));
    desk.finish();
}

#[test]
fn the_pointer_is_in_pictures_that_ask_for_it_whether_the_screen_shows_it_or_not() {
    const CURSOR: u32 = 0x00_00ff;
    for args in [&[][..], &["--cursor"]] {
        let mut desk = Desk::new("screencopy-cursor", args);
        let mut guest = Guest::new(&desk);
        guest.window(200, 200, 0xff_0000);
        let seat = guest.bind("wl_seat", 8);
        let pointer = guest.make(seat, request::GET_POINTER, |m| m);
        guest.sync();
        desk.act(&[&format!("move {} {}", AT.0 + 10, AT.1 + 10)]);
        let serial = guest.until(pointer, event::POINTER_ENTER).first();
        let surface = guest.surface();
        let buffer = guest.buffer(4, 4, CURSOR);
        guest.show(surface, buffer);
        guest.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(0).int(0));
        guest.sync();
        let before = desk.screen();
        let camera = Camera::new(&mut guest);
        let count = |picture: &[u32]| picture.iter().filter(|colour| **colour == CURSOR).count();
        // More than one of each, so that one cannot be left of the other.
        for cursor in [1, 0, 1, 1, 0, 0] {
            let picture = camera.take(&mut guest, cursor, PART);
            assert_eq!(count(&picture), if cursor == 1 { 16 } else { 0 }, "{args:?}");
        }
        assert_eq!(desk.screen(), before);
        desk.finish();
    }
}

#[test]
fn ext_grim_takes_a_picture() {
    if !installed("grim") {
        return;
    }
    let desk = Desk::new("grim", &[]);
    let mut guest = Guest::new(&desk);
    guest.window(200, 200, 0xff_0000);
    let file = desk.path().join("grim.png");
    let name = file.display().to_string();
    for (args, size) in [(&[][..], 1024), (&["-g", "100,80 300x200"], 300), (&["-c", "-o", "WAYLINE-1"], 1024)] {
        let output = desk.command(&[&["grim"], args, &[&name]].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let picture = crate::screen::Screen::load(&file);
        assert_eq!(picture.width, size);
        if size == 1024 {
            assert_eq!(picture, desk.screen());
        }
    }
    desk.finish();
}

/// wf-recorder has its buffers in files of `/tmp`, which may be on a disk.
#[test]
fn ext_wf_recorder_records_what_changes() {
    if !installed("wf-recorder") {
        return;
    }
    let desk = Desk::new("wf-recorder", &[]);
    record(desk, &["wf-recorder", "-c", "mjpeg", "-f", "film.mkv"]);
}

/// The same with a `/tmp` of its own, in memory.
#[test]
fn ext_wf_recorder_records_into_memory() {
    const PRIVATE: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];
    if !installed("wf-recorder") || !installed(PRIVATE[0]) {
        return;
    }
    let desk = Desk::new("wf-recorder-memory", &[]);
    let possible = desk.command(&[&PRIVATE[..], &["mount", "-t", "tmpfs", "none", "/tmp"]].concat()).output().unwrap();
    if !possible.status.success() {
        println!("skipped: no file systems of one's own here");
        return;
    }
    let script = "mount --bind . /mnt && mount -t tmpfs none /tmp && cd /mnt && \
        WAYLAND_DISPLAY=/mnt/wayland-t exec wf-recorder -c mjpeg -f film.mkv";
    record(desk, &[&PRIVATE[..], &["sh", "-c", script]].concat());
}

/// Records `film.mkv` while the screen changes.
fn record(desk: Desk, command: &[&str]) {
    let mut guest = Guest::new(&desk);
    let window = guest.window(200, 200, 0xff_0000);
    let film = desk.path().join("film.mkv");
    let mut program = desk.start(command);
    // The screen changes as long as it takes until there is a film, and some times more.
    let buffers = [0x00_ff00, 0x00_00ff].map(|colour| guest.buffer(200, 200, colour));
    let mut changes = 0;
    program.wait_while(&desk, || {
        guest.show(window.surface, buffers[changes % 2]);
        guest.sync();
        changes += usize::from(changes < 1 || film.exists());
        changes == 20
    });
    let status = program.signal(&desk, Signal::INT);
    assert!(status.success(), "{status}\n{}", program.log());
    assert!(std::fs::metadata(&film).unwrap().len() > 1000);
    desk.finish();
}
