//! Pictures of the screen in buffers of clients, by wlr-screencopy.

use std::os::fd::AsFd;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::process::Signal;
use wayline::io::shm::Memory;
use wayline_conformance::wire::Received;
use wayline_protocols::wlr_screencopy::{zwlr_screencopy_frame_v1 as frame, zwlr_screencopy_manager_v1 as manager};

use crate::contracts::AT;
use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

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
    fn new(client: &mut TestClient) -> Camera {
        Camera { manager: client.bind(MANAGER, 3), output: client.bind("wl_output", 4) }
    }

    /// A frame of a part of the screen.
    fn frame(self, client: &mut TestClient, cursor: i32, area: Area) -> u32 {
        let [x, y, width, height] = area;
        client.make(self.manager, manager::opcode::CAPTURE_OUTPUT_REGION, |m| {
            m.int(cursor).uint(self.output).int(x).int(y).int(width).int(height)
        })
    }

    /// A picture of a part of the screen, taken now.
    fn take(self, client: &mut TestClient, cursor: i32, area: Area) -> Vec<u32> {
        let frame = self.frame(client, cursor, area);
        let (memory, buffer) = target(client, area[2], area[3]);
        client.send(frame, COPY, |m| m.uint(buffer));
        client.until(frame, READY);
        client.send(frame, DESTROY, |m| m);
        pixels(&memory)
    }
}

/// A buffer as frames want it, and its memory.
pub(crate) fn target(client: &mut TestClient, width: i32, height: i32) -> (Memory, u32) {
    let memory = Memory::create("capture", (width * height * 4) as usize).unwrap();
    let pool = client.pool(&memory, width * height * 4);
    let buffer = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(width).int(height).int(width * 4).uint(1));
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
pub(crate) fn pass_a_frame(server: &TestServer, client: &mut TestClient) {
    client.sync();
    server.screen();
    client.sync();
}

#[test]
fn a_picture_shows_its_part_of_the_screen() {
    let server = TestServer::new("screencopy", &[]);
    let mut client = TestClient::new(&server);
    client.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut client);
    let screen = server.screen();
    let expected = |[x, y, width, height]: Area| -> Vec<u32> {
        let row = |y: i32| (x..x + width).map(move |x| (x, y));
        (y..y + height).flat_map(row).map(|(x, y)| screen.colour(x as usize, y as usize)).collect()
    };
    for area in [PART, [0, 0, 1024, 768], [1023, 767, 1, 1]] {
        assert_eq!(camera.take(&mut client, 0, area), expected(area), "{area:?}");
    }
    // What is beyond the screen is not in the picture.
    let frame = camera.frame(&mut client, 0, [1000, -10, i32::MAX, 20]);
    let wanted = client.until(frame, frame::opcode::BUFFER);
    assert_eq!(numbers(&wanted, 4), [1, 24, 10, 96]);
    client.until(frame, frame::opcode::BUFFER_DONE);
    // Nothing is left of these.
    for area in [[1024, 0, 10, 10], [-10, 0, 10, 10], [5, 5, 0, 3], [5, 5, 5, -1]] {
        let frame = camera.frame(&mut client, 0, area);
        client.until(frame, FAILED);
        let (_, buffer) = target(&mut client, 5, 5);
        client.send(frame, COPY, |m| m.uint(buffer));
    }
    client.sync();
    server.finish();
}

#[test]
fn a_copy_with_damage_waits_until_something_changes_there_and_says_what() {
    let server = TestServer::new("screencopy-damage", &[]);
    let (mut client, mut painter) = (TestClient::new(&server), TestClient::new(&server));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut client);
    let (memory, buffer) = target(&mut client, PART[2], PART[3]);
    let capture = |client: &mut TestClient| {
        let frame = camera.frame(client, 0, PART);
        client.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
        frame
    };
    let damage = |client: &mut TestClient, frame: u32| {
        client.until(frame, READY);
        let is_damage = |event: &&Received| (event.object, event.opcode) == (frame, DAMAGE);
        let rects: Vec<_> = client.events.iter().filter(is_damage).map(|event| numbers(event, 4)).collect();
        client.events.clear();
        rects
    };
    // The first knows nothing of what was before.
    let frame = capture(&mut client);
    assert_eq!(damage(&mut client, frame), [[0, 0, 40, 30]]);

    let frame = capture(&mut client);
    pass_a_frame(&server, &mut client);
    assert!(!client.has(frame, READY), "nothing has changed");
    // Something changes elsewhere, and then within.
    let change = |painter: &mut TestClient, at: (i32, i32), colour: u32| {
        let buffer = painter.buffer(200, 200, colour);
        painter.send(window.surface, request::ATTACH, |m| m.uint(buffer).int(0).int(0));
        painter.send(window.surface, request::DAMAGE, |m| m.int(at.0).int(at.1).int(3).int(4));
        painter.send(window.surface, request::COMMIT, |m| m);
        painter.sync();
    };
    change(&mut painter, (150, 150), 0x00_ff00);
    pass_a_frame(&server, &mut client);
    assert!(!client.has(frame, READY), "what has changed is not in the picture");
    change(&mut painter, (5, 6), 0x00_00ff);
    assert_eq!(damage(&mut client, frame), [[15, 11, 3, 4]]);
    let at = |x: usize, y: usize| pixels(&memory)[y * 40 + x];
    assert_eq!([at(15, 11), at(17, 14), at(18, 14)], [0x00_00ff, 0x00_00ff, 0xff_0000]);

    // What changed before it was asked for is told at once.
    change(&mut painter, (0, 0), 0xff_ffff);
    pass_a_frame(&server, &mut client);
    let frame = capture(&mut client);
    assert_eq!(damage(&mut client, frame), [[10, 5, 3, 4]]);
    server.finish();
}

#[test]
fn a_frame_is_used_once_and_wants_a_buffer_as_it_said() {
    let server = TestServer::new("screencopy-violations", &[]);
    let mut client = TestClient::new(&server);
    let camera = Camera::new(&mut client);
    let frame = camera.frame(&mut client, 0, PART);
    let (_memory, buffer) = target(&mut client, 40, 30);
    client.send(frame, COPY, |m| m.uint(buffer));
    client.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
    client.expect_error(frame, frame::Error::ALREADY_USED.0);

    // Width, height, stride and format.
    for [width, height, stride, format] in [[39, 30, 160, 1], [40, 31, 160, 1], [40, 30, 164, 1], [40, 30, 160, 0]] {
        let mut client = TestClient::new(&server);
        let camera = Camera::new(&mut client);
        let frame = camera.frame(&mut client, 0, PART);
        let memory = Memory::create("capture", 8192).unwrap();
        let pool = client.pool(&memory, 8192);
        let buffer = client.make(pool, request::CREATE_BUFFER, |m| {
            m.int(0).int(width).int(height).int(stride).uint(format.cast_unsigned())
        });
        client.send(frame, COPY, |m| m.uint(buffer));
        client.expect_error(frame, frame::Error::INVALID_BUFFER.0);
    }
}

#[test]
fn memory_that_cannot_be_written_to_makes_a_picture_fail_and_nothing_else() {
    let server = TestServer::new("screencopy-memory", &[]);
    let (mut client, mut painter) = (TestClient::new(&server), TestClient::new(&server));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut client);
    let file = |size: u64| {
        let file = rustix::fs::memfd_create("capture", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(file.as_fd(), size).unwrap();
        file
    };
    let frame_of = |client: &mut TestClient, file: std::os::fd::OwnedFd, opcode: u16| {
        let pool = client.pool_of(file, 4800);
        let buffer = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(40).int(30).int(160).uint(1));
        let frame = camera.frame(client, 0, PART);
        client.send(frame, opcode, |m| m.uint(buffer));
        frame
    };
    let sealed = file(4800);
    rustix::fs::fcntl_add_seals(&sealed, SealFlags::WRITE).unwrap();
    let frame = frame_of(&mut client, sealed, COPY);
    client.until(frame, FAILED);
    // Shorter than it was said to be.
    let frame = frame_of(&mut client, file(100), COPY);
    client.until(frame, FAILED);
    // Cut while it waits.
    camera.take(&mut client, 0, PART);
    let whole = file(4800);
    let frame = frame_of(&mut client, whole.try_clone().unwrap(), COPY_WITH_DAMAGE);
    client.sync();
    rustix::fs::ftruncate(&whole, 10).unwrap();
    let buffer = painter.buffer(200, 200, 0x00_ff00);
    painter.show(window.surface, buffer);
    client.until(frame, FAILED);
    assert_eq!(camera.take(&mut client, 0, PART).last(), Some(&0x00_ff00));
    server.finish();
}

#[test]
fn a_client_has_a_limited_number_of_captures_that_wait_and_can_give_them_up() {
    let server = TestServer::new("screencopy-limit", &[]);
    let (mut client, mut other, mut painter) =
        (TestClient::new(&server), TestClient::new(&server), TestClient::new(&server));
    let window = painter.window(200, 200, 0xff_0000);
    let camera = Camera::new(&mut client);
    let (memory, buffer) = target(&mut client, 40, 30);
    let wait = |client: &mut TestClient| {
        let frame = camera.frame(client, 0, PART);
        client.send(frame, COPY_WITH_DAMAGE, |m| m.uint(buffer));
        frame
    };
    let frame = wait(&mut client);
    client.until(frame, READY);
    let waiting: Vec<u32> = (0..MAX_WAITING).map(|_| wait(&mut client)).collect();
    let frame = wait(&mut client);
    client.until(frame, FAILED);
    // One that is given up makes room for another one, and for itself there is no picture any more.
    for frame in &waiting {
        client.send(*frame, DESTROY, |m| m);
    }
    client.sync();
    let before = pixels(&memory);
    let buffer = painter.buffer(200, 200, 0x00_ff00);
    painter.show(window.surface, buffer);
    pass_a_frame(&server, &mut client);
    assert_eq!(pixels(&memory), before);
    assert!(waiting.iter().all(|frame| !client.has(*frame, READY)));
    let frame = wait(&mut client);
    client.until(frame, READY);
    assert_ne!(pixels(&memory), before);
    // One client's limit is not another one's, and a client that goes takes what waits with it.
    for _ in 0..MAX_WAITING {
        wait(&mut client);
    }
    client.sync();
    let camera = Camera::new(&mut other);
    camera.take(&mut other, 0, PART);
    drop(client);
    let buffer = painter.buffer(200, 200, 0xff_0000);
    painter.show(window.surface, buffer);
    assert_eq!(camera.take(&mut other, 0, PART).last(), Some(&0xff_0000));
    server.finish();
}

#[test]
fn the_pointer_is_in_pictures_that_ask_for_it_whether_the_screen_shows_it_or_not() {
    const CURSOR: u32 = 0x00_00ff;
    for args in [&[][..], &["--cursor"]] {
        let mut server = TestServer::new("screencopy-cursor", args);
        let mut client = TestClient::new(&server);
        client.window(200, 200, 0xff_0000);
        let (_, pointer) = client.pointer();
        server.act(&[&format!("move {} {}", AT.0 + 10, AT.1 + 10)]);
        let serial = client.until(pointer, event::POINTER_ENTER).first();
        let surface = client.surface();
        let buffer = client.buffer(4, 4, CURSOR);
        client.show(surface, buffer);
        client.send(pointer, request::SET_CURSOR, |m| m.uint(serial).uint(surface).int(0).int(0));
        client.sync();
        let before = server.screen();
        let camera = Camera::new(&mut client);
        let count = |picture: &[u32]| picture.iter().filter(|colour| **colour == CURSOR).count();
        // More than one of each, so that one cannot be left of the other.
        for cursor in [1, 0, 1, 1, 0, 0] {
            let picture = camera.take(&mut client, cursor, PART);
            assert_eq!(count(&picture), if cursor == 1 { 16 } else { 0 }, "{args:?}");
        }
        assert_eq!(server.screen(), before);
        server.finish();
    }
}

#[test]
fn ext_grim_takes_a_picture() {
    if !installed("grim") {
        return;
    }
    let server = TestServer::new("grim", &[]);
    let mut client = TestClient::new(&server);
    client.window(200, 200, 0xff_0000);
    let file = server.path().join("grim.png");
    let name = file.display().to_string();
    for (args, size) in [(&[][..], 1024), (&["-g", "100,80 300x200"], 300), (&["-c", "-o", "WAYLINE-1"], 1024)] {
        let output = server.command(&[&["grim"], args, &[&name]].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let picture = crate::screen::Screen::load(&file);
        assert_eq!(picture.width, size);
        if size == 1024 {
            assert_eq!(picture, server.screen());
        }
    }
    server.finish();
}

/// wf-recorder has its buffers in files of `/tmp`, which may be on a disk.
#[test]
fn ext_wf_recorder_records_what_changes() {
    if !installed("wf-recorder") {
        return;
    }
    let server = TestServer::new("wf-recorder", &[]);
    record(server, &["wf-recorder", "-c", "mjpeg", "-f", "film.mkv"]);
}

/// The same with a `/tmp` of its own, in memory.
#[test]
fn ext_wf_recorder_records_into_memory() {
    const PRIVATE: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];
    if !installed("wf-recorder") || !installed(PRIVATE[0]) {
        return;
    }
    let server = TestServer::new("wf-recorder-memory", &[]);
    let possible =
        server.command(&[&PRIVATE[..], &["mount", "-t", "tmpfs", "none", "/tmp"]].concat()).output().unwrap();
    if !possible.status.success() {
        println!("skipped: no file systems of one's own here");
        return;
    }
    let script = "mount --bind . /mnt && mount -t tmpfs none /tmp && cd /mnt && \
        WAYLAND_DISPLAY=/mnt/wayland-t exec wf-recorder -c mjpeg -f film.mkv";
    record(server, &[&PRIVATE[..], &["sh", "-c", script]].concat());
}

/// Records `film.mkv` while the screen changes.
fn record(server: TestServer, command: &[&str]) {
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let film = server.path().join("film.mkv");
    let mut program = server.start(command);
    // The screen changes as long as it takes until there is a film, and some times more.
    let buffers = [0x00_ff00, 0x00_00ff].map(|colour| client.buffer(200, 200, colour));
    let mut changes = 0;
    program.wait_while(&server, || {
        client.show(window.surface, buffers[changes % 2]);
        client.sync();
        changes += usize::from(changes < 1 || film.exists());
        changes == 20
    });
    let status = program.signal(&server, Signal::INT);
    assert!(status.success(), "{status}\n{}", program.log());
    assert!(std::fs::metadata(&film).unwrap().len() > 1000);
    server.finish();
}
