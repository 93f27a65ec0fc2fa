//! Pictures of the screen by ext-image-copy-capture.

use std::os::fd::AsFd;

use wayline::io::shm::Memory;
use wayline_conformance::wire::Received;
use wayline_protocols::ext_image_capture_source::ext_output_image_capture_source_manager_v1 as sources;
use wayline_protocols::ext_image_copy_capture::{
    ext_image_copy_capture_cursor_session_v1 as cursor_session, ext_image_copy_capture_frame_v1 as frame,
    ext_image_copy_capture_manager_v1 as manager, ext_image_copy_capture_session_v1 as session,
};

use crate::captures::{pass_a_frame, pixels, target};
use crate::contracts::AT;
use crate::test_client::{TestClient, request};
use crate::test_server::TestServer;

const CAPTURE: u16 = frame::opcode::CAPTURE;
const READY: u16 = frame::opcode::READY;
const FAILED: u16 = frame::opcode::FAILED;

const SCREEN: (i32, i32) = (1024, 768);

/// Makes sessions for the screen.
#[derive(Clone, Copy)]
struct Studio {
    manager: u32,
    source: u32,
}

impl Studio {
    fn new(client: &mut TestClient) -> Studio {
        let sources = client.bind("ext_output_image_capture_source_manager_v1", 1);
        let manager = client.bind("ext_image_copy_capture_manager_v1", 1);
        let output = client.bind("wl_output", 4);
        let source = client.make(sources, sources::opcode::CREATE_SOURCE, |m| m.uint(output));
        // Only what it makes is needed.
        client.send(sources, sources::opcode::DESTROY, |m| m);
        Studio { manager, source }
    }

    fn session(self, client: &mut TestClient, options: u32) -> u32 {
        client.make(self.manager, manager::opcode::CREATE_SESSION, |m| m.uint(self.source).uint(options))
    }
}

fn frame(client: &mut TestClient, session: u32) -> u32 {
    client.make(session, session::opcode::CREATE_FRAME, |m| m)
}

/// A frame that is captured into a buffer.
fn capture(client: &mut TestClient, session: u32, buffer: u32) -> u32 {
    let frame = frame(client, session);
    client.send(frame, frame::opcode::ATTACH_BUFFER, |m| m.uint(buffer));
    client.send(frame, frame::opcode::DAMAGE_BUFFER, |m| m.int(0).int(0).int(SCREEN.0).int(SCREEN.1));
    client.send(frame, CAPTURE, |m| m);
    frame
}

fn end(client: &mut TestClient, frame: u32) {
    client.send(frame, frame::opcode::DESTROY, |m| m);
}

/// The damage of a frame that is ready.
fn damage(client: &mut TestClient, frame: u32) -> Vec<[i32; 4]> {
    client.until(frame, READY);
    assert!(client.has(frame, frame::opcode::TRANSFORM) && client.has(frame, frame::opcode::PRESENTATION_TIME));
    let is_damage = |event: &&Received| (event.object, event.opcode) == (frame, frame::opcode::DAMAGE);
    let rect = |event: &Received| {
        let mut args = event.args();
        [(); 4].map(|()| args.int().unwrap())
    };
    let rects = client.events.iter().filter(is_damage).map(rect).collect();
    client.events.clear();
    rects
}

#[test]
fn a_session_says_what_buffers_must_be_like_and_streams_what_changes() {
    let server = TestServer::new("image-copy", &[]);
    let (mut client, mut painter) = (TestClient::new(&server), TestClient::new(&server));
    let window = painter.window(200, 200, 0xff_0000);
    let studio = Studio::new(&mut client);
    let session = studio.session(&mut client, 0);
    client.until(session, session::opcode::DONE);
    let size = client.events.iter().find(|event| event.object == session).unwrap();
    let mut args = size.args();
    assert_eq!((args.uint().unwrap(), args.uint().unwrap()), (1024, 768));
    let formats = client.events.iter().filter(|event| event.opcode == session::opcode::SHM_FORMAT).count();
    assert!(formats >= 2);

    let (memory, buffer) = target(&mut client, SCREEN.0, SCREEN.1);
    let first = capture(&mut client, session, buffer);
    assert_eq!(damage(&mut client, first), [[0, 0, 1024, 768]]);
    let screen = server.screen();
    let picture = pixels(&memory);
    for (x, y) in [(0, 0), AT, (1023, 767)] {
        assert_eq!(picture[y * 1024 + x], screen.colour(x, y));
    }
    end(&mut client, first);
    let second = capture(&mut client, session, buffer);
    pass_a_frame(&server, &mut client);
    assert!(!client.has(second, READY), "nothing has changed");
    let green = painter.buffer(200, 200, 0x00_ff00);
    painter.send(window.surface, request::ATTACH, |m| m.uint(green).int(0).int(0));
    painter.send(window.surface, request::DAMAGE, |m| m.int(1).int(2).int(3).int(4));
    painter.send(window.surface, request::COMMIT, |m| m);
    painter.sync();
    assert_eq!(damage(&mut client, second), [[AT.0 as i32 + 1, AT.1 as i32 + 2, 3, 4]]);
    assert_eq!(pixels(&memory)[(AT.1 + 2) * 1024 + AT.0 + 1], 0x00_ff00);
    // Another session has seen nothing yet. Its frame outlives it.
    end(&mut client, second);
    let other = studio.session(&mut client, 1);
    let frame = frame(&mut client, other);
    client.send(other, session::opcode::DESTROY, |m| m);
    client.send(frame, frame::opcode::ATTACH_BUFFER, |m| m.uint(buffer));
    client.send(frame, CAPTURE, |m| m);
    assert_eq!(damage(&mut client, frame), [[0, 0, 1024, 768]]);
    server.finish();
}

#[test]
fn each_broken_rule_of_a_capture_has_its_error() {
    let server = TestServer::new("image-copy-violations", &[]);
    type Crime = fn(&mut TestClient, Studio) -> (u32, u32);
    let crimes: [(&str, Crime); 8] = [
        ("an unknown option", |client, studio| {
            studio.session(client, 2);
            (studio.manager, manager::Error::INVALID_OPTION.0)
        }),
        ("two frames at a time", |client, studio| {
            let session = studio.session(client, 0);
            let first = frame(client, session);
            end(client, first);
            frame(client, session);
            frame(client, session);
            (session, session::Error::DUPLICATE_FRAME.0)
        }),
        ("no buffer", |client, studio| {
            let session = studio.session(client, 0);
            let frame = frame(client, session);
            client.send(frame, CAPTURE, |m| m);
            (frame, frame::Error::NO_BUFFER.0)
        }),
        ("damage before the buffer", |client, studio| {
            let session = studio.session(client, 0);
            let frame = frame(client, session);
            client.send(frame, frame::opcode::DAMAGE_BUFFER, |m| m.int(-1).int(0).int(5).int(5));
            (frame, frame::Error::INVALID_BUFFER_DAMAGE.0)
        }),
        ("damage of nothing", |client, studio| {
            let session = studio.session(client, 0);
            let frame = frame(client, session);
            client.send(frame, frame::opcode::DAMAGE_BUFFER, |m| m.int(0).int(0).int(5).int(0));
            (frame, frame::Error::INVALID_BUFFER_DAMAGE.0)
        }),
        ("a second capture", |client, studio| {
            let session = studio.session(client, 0);
            let (_memory, buffer) = target(client, SCREEN.0, SCREEN.1);
            let frame = capture(client, session, buffer);
            client.send(frame, CAPTURE, |m| m);
            (frame, frame::Error::ALREADY_CAPTURED.0)
        }),
        ("a buffer after the capture", |client, studio| {
            let session = studio.session(client, 0);
            let (_memory, buffer) = target(client, 5, 5);
            let frame = capture(client, session, buffer);
            client.send(frame, frame::opcode::ATTACH_BUFFER, |m| m.uint(buffer));
            (frame, frame::Error::ALREADY_CAPTURED.0)
        }),
        ("two sessions of a pointer", |client, studio| {
            let cursor = of_pointer(client, studio);
            client.make(cursor, cursor_session::opcode::GET_CAPTURE_SESSION, |m| m);
            client.make(cursor, cursor_session::opcode::GET_CAPTURE_SESSION, |m| m);
            (cursor, cursor_session::Error::DUPLICATE_SESSION.0)
        }),
    ];
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut client = TestClient::new(&server);
        let studio = Studio::new(&mut client);
        let (object, code) = commit(&mut client, studio);
        client.expect_error(object, code);
    }
}

fn of_pointer(client: &mut TestClient, studio: Studio) -> u32 {
    let seat = client.bind("wl_seat", 8);
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    client.make(studio.manager, manager::opcode::CREATE_POINTER_CURSOR_SESSION, |m| m.uint(studio.source).uint(pointer))
}

#[test]
fn a_buffer_that_does_not_fit_makes_the_frame_fail() {
    const CONSTRAINTS: u32 = frame::FailureReason::BUFFER_CONSTRAINTS.0;
    let server = TestServer::new("image-copy-buffers", &[]);
    let mut client = TestClient::new(&server);
    let studio = Studio::new(&mut client);
    let session = studio.session(&mut client, 0);
    let (_memory, small) = target(&mut client, SCREEN.0 - 1, SCREEN.1);
    let file = rustix::fs::memfd_create("short", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::fs::ftruncate(file.as_fd(), 4096 * 5).unwrap();
    let pool = client.pool_of(file, 4096 * 768);
    let short = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(1024).int(768).int(4096).uint(1));
    for buffer in [small, short] {
        let frame = capture(&mut client, session, buffer);
        assert_eq!(client.until(frame, FAILED).first(), CONSTRAINTS);
        end(&mut client, frame);
    }
    // Any format that is offered, with room between rows.
    let memory = Memory::create("wide", 4096 * 768).unwrap();
    let pool = client.pool(&memory, 4096 * 768);
    let format = u32::from_le_bytes(*b"RG16");
    let wide = client.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(1024).int(768).int(4096).uint(format));
    let frame = capture(&mut client, session, wide);
    client.until(frame, READY);
    server.finish();
}

#[test]
fn of_the_pointer_alone_there_are_no_pictures_and_that_is_said() {
    let server = TestServer::new("image-copy-pointer", &[]);
    let mut client = TestClient::new(&server);
    let studio = Studio::new(&mut client);
    let cursor = of_pointer(&mut client, studio);
    let session = client.make(cursor, cursor_session::opcode::GET_CAPTURE_SESSION, |m| m);
    client.until(session, session::opcode::STOPPED);
    let (_memory, buffer) = target(&mut client, 16, 16);
    let frame = capture(&mut client, session, buffer);
    assert_eq!(client.until(frame, FAILED).first(), frame::FailureReason::STOPPED.0);
    server.finish();
}
