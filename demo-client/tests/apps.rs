//! The apps as programs, against a compositor that the test plays: what they share, when they wait, how they end.

mod compositor;

/// The server's half of the native protocol.
mod protocol {
    wayline::include_protocol!("server");
}

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use compositor::{Run, Shared, run};
use wayline::io::shm::PixelFormat;
use wayline::{Fixed, Server};

use protocol::{WayCompositor, way_capture, way_keyboard, way_pointer, way_window};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn info_lists_the_globals() {
    let ended = Run::start(&["info"]).end();
    assert!(ended.success, "{}", ended.stderr);
    let lines: Vec<Vec<_>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], ["way_compositor", "version", "1,", "name", "1"]);
    assert_eq!(lines[3], ["way_seat", "version", "2,", "name", "4"]);
    assert_eq!(ended.stat("frames"), 0.0);
    assert!(ended.stat("messages_in") >= 6.0);
}

#[test]
fn a_missing_compositor_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nobody");
    let ended = run(&["info", "--socket", text(&socket)]);
    assert!(!ended.success);
    assert!(ended.stderr.contains(text(&socket)) && ended.stderr.contains("start the server"), "{}", ended.stderr);
}

#[test]
fn a_compositor_that_lacks_something_is_told_from_one_that_is_gone() {
    let ended = Run::with(&["view"], |server: &mut Server<_>| {
        server.add_global::<WayCompositor>(1).unwrap();
    })
    .end();
    assert!(!ended.success);
    assert!(ended.stderr.contains("the server offers no way_shm"), "{}", ended.stderr);
}

#[test]
fn view_shows_its_picture_until_the_window_is_closed() {
    let mut run = Run::start(&["view", "--title", "Dusk"]);
    run.open_window();
    let commit = run.commit();
    assert_eq!(commit.acknowledged, Some(1));
    assert_eq!(run.compositor.format(commit.buffer.unwrap()), PixelFormat::XRGB8888);
    let (width, height, pixels) = run.compositor.pixels(commit.buffer.unwrap());
    assert_eq!((width, height), (640, 420));
    assert!(pixels.iter().all(|pixel| pixel[3] == 255));
    let [blue, green, red, _] = pixels[190 * 640 + 254];
    assert!(red > 250 && green > 235 && blue > 195, "the sun shines");
    assert_eq!(run.compositor.title, "Dusk");

    // The same size again needs no new pixels, only the acknowledgement.
    let serial = run.compositor.configure(0, 0, &[way_window::State::ACTIVATED]);
    let commit = run.commit();
    assert_eq!((commit.acknowledged, commit.buffer), (Some(serial), None));

    run.compositor.close_window();
    run.until(|compositor| compositor.window.is_none().then_some(()));
    let ended = run.end();
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!((ended.stat("frames"), ended.stat("pixels"), ended.stat("fds_out")), (1.0, 640.0 * 420.0, 3.0));
}

#[test]
fn view_scales_a_file_and_puts_bars_where_the_shape_differs() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("halves.png");
    let halves = [[255, 0, 0, 255].repeat(20), [0, 0, 255, 128].repeat(20)].concat().repeat(20);
    let mut encoder = png::Encoder::new(File::create(&file).unwrap(), 40, 20);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&halves).unwrap();
    let mut run = Run::start(&["view", text(&file)]);
    run.until(|compositor| compositor.window);
    run.compositor.configure(20, 20, &[way_window::State::FULLSCREEN]);
    let commit = run.commit();
    let (width, height, pixels) = run.compositor.pixels(commit.buffer.unwrap());
    assert_eq!((width, height), (20, 20));
    assert_eq!(run.compositor.format(commit.buffer.unwrap()), PixelFormat::ARGB8888);
    let at = |x: usize, y: usize| pixels[y * 20 + x];
    assert_eq!(at(10, 2), at(10, 17), "bars above and below");
    assert_eq!(at(3, 10), [0, 0, 255, 255]);
    assert_eq!(at(16, 10), [128, 0, 0, 128], "premultiplied");
    assert!(pixels.iter().all(|[blue, green, red, alpha]| blue.max(green).max(red) <= alpha));
    assert_eq!(run.compositor.title, "halves.png");

    run.compositor.configure(10, 100, &[]);
    let commit = run.commit();
    let (width, height, _) = run.compositor.pixels(commit.buffer.unwrap());
    assert_eq!((width, height), (10, 5), "without a state that demands it, no bars");
    assert!(run.leave().success);
}

#[test]
fn view_names_a_file_that_is_no_picture() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "no picture").unwrap();
    for path in [file, dir.path().join("missing.png")] {
        let ended = run(&["view", text(&path)]);
        assert!(!ended.success && ended.stdout.is_empty());
        assert!(ended.stderr.contains(&format!("cannot read the picture `{}`", path.display())), "{}", ended.stderr);
    }
}

#[test]
fn animate_draws_only_into_buffers_that_were_released() {
    let mut run = Run::start(&["animate", "--frames", "3", "--size", "40x30"]);
    run.open_window();
    let first = run.commit();
    let (width, height, pixels) = run.compositor.pixels(first.buffer.unwrap());
    assert_eq!((width, height), (40, 30));
    assert!(pixels.iter().all(|pixel| pixel[3] > 0), "a signalled picture is complete");

    run.compositor.shown(&first);
    let second = run.commit();
    assert_ne!(first.buffer, second.buffer);

    // Both buffers are here, so the next picture has to wait, however often it is wanted.
    run.compositor.shown(&second);
    let serial = run.compositor.configure(0, 0, &[]);
    run.until(|compositor| compositor.acknowledged().filter(|&acknowledged| acknowledged == serial));
    assert!(run.compositor.commits.is_empty());
    first.release();
    let third = run.commit();
    assert_eq!(third.buffer, first.buffer);
    assert_eq!((third.acknowledged, third.callbacks.len()), (Some(serial), 1));

    run.compositor.shown(&third);
    let ended = run.end();
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!((ended.stat("frames"), ended.stat("pixels")), (3.0, 3.0 * 1200.0));
    // Two pools, and two fences for each commit.
    assert_eq!(ended.stat("fds_out"), 8.0);
}

#[test]
fn animate_takes_new_buffers_for_a_new_size_and_ends_with_its_compositor() {
    let mut run = Run::start(&["animate"]);
    run.open_window();
    let first = run.commit();
    run.compositor.configure(50, 20, &[way_window::State::RESIZING]);
    run.compositor.shown(&first);
    let second = run.commit();
    let (width, height, _) = run.compositor.pixels(second.buffer.unwrap());
    assert_eq!((width, height), (50, 20));
    let ended = run.leave();
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stat("frames"), 2.0);
}

#[test]
fn a_protocol_error_is_told_and_is_a_failure() {
    let mut run = Run::start(&["animate"]);
    run.open_window();
    run.commit();
    let window = run.compositor.window.unwrap();
    run.compositor.server.post_error(window, way_window::Error::INVALID_SERIAL, "that serial is stale");
    let ended = run.end();
    assert!(!ended.success);
    for part in ["lost the compositor: protocol error: way_window#", "error 0: that serial is stale"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    assert_eq!(ended.stat("frames"), 1.0);
}

const INK: [u8; 4] = [54, 40, 38, 255];
const RED: [u8; 4] = [56, 52, 208, 255];
const PAPER: [u8; 4] = [236, 246, 250, 255];
const LEFT: u32 = 0x110;

#[test]
fn paint_damages_only_what_changed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("painting.png");
    let mut run = Run::start(&["paint", "--size", "100x80", "--save", text(&file)]);
    run.open_window();
    let first = run.commit();
    assert_eq!(first.damage, [[0, 0, 100, 80]]);
    let (pointer, keyboard) = run.until(|compositor| compositor.pointer.zip(compositor.keyboard));
    let surface = run.compositor.surface.unwrap();
    let (pressed, released) = (way_pointer::ButtonState::PRESSED, way_pointer::ButtonState::RELEASED);
    let at = Fixed::from_int;

    // All input before the callback: so it is one commit, wherever the socket cuts the bytes.
    let server = &mut run.compositor.server;
    pointer.enter(server, 1, surface, at(20), at(20)).unwrap();
    pointer.button(server, 2, 0, LEFT, pressed).unwrap();
    pointer.motion(server, 1, at(50), at(20)).unwrap();
    pointer.button(server, 3, 2, LEFT, released).unwrap();
    pointer.motion(server, 3, at(50), at(70)).unwrap();
    pointer.frame(server).unwrap();
    run.compositor.shown(&first);
    let second = run.commit();
    assert_ne!(second.buffer, first.buffer, "the first is not released");
    for [x, y, width, height] in &second.damage {
        assert!(*x >= 15 && *y >= 15 && x + width <= 55 && y + height <= 25, "{:?}", second.damage);
    }
    let (_, _, pixels) = run.compositor.pixels(second.buffer.unwrap());
    let pixel = |pixels: &[[u8; 4]], x: usize, y: usize| pixels[y * 100 + x];
    assert_eq!((pixel(&pixels, 35, 20), pixel(&pixels, 50, 50)), (INK, PAPER));
    assert_eq!(run.compositor.title, "Paint with ink");

    // The first buffer catches up with what it has missed.
    first.release();
    let server = &mut run.compositor.server;
    keyboard.enter(server, 4, surface, &[]).unwrap();
    keyboard.key(server, 4, 4, 3, way_keyboard::KeyState::PRESSED).unwrap();
    pointer.button(server, 5, 5, LEFT, pressed).unwrap();
    pointer.button(server, 6, 6, LEFT, released).unwrap();
    run.compositor.shown(&second);
    let third = run.commit();
    assert_eq!((third.buffer, third.damage.len()), (first.buffer, 1));
    let (_, _, pixels) = run.compositor.pixels(third.buffer.unwrap());
    assert_eq!((pixel(&pixels, 35, 20), pixel(&pixels, 50, 70)), (INK, RED));
    assert_eq!(run.compositor.title, "Paint with red");

    // A smaller window, and the end.
    second.release();
    run.compositor.configure(60, 100, &[]);
    run.compositor.shown(&third);
    let fourth = run.commit();
    assert_eq!(fourth.damage, [[0, 0, 60, 100]]);
    let (width, height, pixels) = run.compositor.pixels(fourth.buffer.unwrap());
    assert_eq!((width, height, pixels[20 * 60 + 35], pixels[90 * 60 + 30]), (60, 100, INK, PAPER));
    keyboard.key(&mut run.compositor.server, 7, 7, 16, way_keyboard::KeyState::PRESSED).unwrap();
    let ended = run.end();
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stat("frames"), 4.0);
    let (size, pixels) = saved(&file);
    assert_eq!((size, pixels[20 * 60 + 35]), ((60, 100), [38, 40, 54]));
}

#[test]
fn paint_clears_the_paper_and_keeps_its_picture_when_the_compositor_goes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("painting.png");
    let mut run = Run::start(&["paint", "--size", "30x30", "--title", "Mine", "--save", text(&file)]);
    run.open_window();
    let first = run.commit();
    let (pointer, keyboard) = run.until(|compositor| compositor.pointer.zip(compositor.keyboard));
    let (surface, at) = (run.compositor.surface.unwrap(), Fixed::from_int);
    let server = &mut run.compositor.server;
    pointer.enter(server, 1, surface, at(5), at(5)).unwrap();
    pointer.button(server, 2, 0, LEFT, way_pointer::ButtonState::PRESSED).unwrap();
    keyboard.enter(server, 3, surface, &[]).unwrap();
    keyboard.key(server, 3, 0, 46, way_keyboard::KeyState::PRESSED).unwrap();
    pointer.motion(server, 4, at(5), at(25)).unwrap();
    run.compositor.shown(&first);
    let second = run.commit();
    let (_, _, pixels) = run.compositor.pixels(second.buffer.unwrap());
    assert_eq!((pixels[15 * 30 + 5], pixels[15 * 30 + 20]), (INK, PAPER));
    assert_eq!(run.compositor.title, "Mine");
    assert!(run.leave().success);
    assert_eq!(saved(&file).1[15 * 30 + 5], [38, 40, 54]);
}

/// Size and pixels of a picture that an app has written.
fn saved(file: &Path) -> ((u32, u32), Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(file).unwrap())).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    ((info.width, info.height), bytes.as_chunks().0.to_vec())
}

/// Starts a capture, and fills its buffer with a pattern when it is asked for.
fn capture(args: &[&str]) -> (Run, compositor::Capture) {
    let mut run = Run::start(args);
    let capture = run.until(|compositor| compositor.captures.pop_front());
    let Shared { pool, layout } = run.compositor.shared(capture.buffer);
    let pattern: Vec<u8> = (0..layout.end()).map(|index| index as u8).collect();
    pool.write_rect(&layout, layout.bounds(), &pattern, layout.stride()).unwrap();
    (run, capture)
}

#[test]
fn capture_waits_for_the_event_and_for_the_fence_in_any_order() {
    for fence_first in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("screen.png");
        let (mut run, capture) = capture(&["capture", text(&file)]);
        assert_eq!(capture.at, [0, 0]);
        if fence_first {
            capture.fence.signal().unwrap();
        }
        capture.this.done(&mut run.compositor.server, 0).unwrap();
        if !fence_first {
            wayline::server::finish_turn(&mut run.compositor);
            capture.fence.signal().unwrap();
        }
        let ended = run.end();
        assert!(ended.success, "{}", ended.stderr);
        assert!(ended.stdout.contains("6x4 pixels of TEST-1"), "{}", ended.stdout);
        assert_eq!((ended.stat("frames"), ended.stat("pixels")), (1.0, 24.0));
        let expected: Vec<_> = (0..6 * 4).map(|n| [4 * n + 2, 4 * n + 1, 4 * n]).collect();
        assert_eq!(saved(&file), ((6, 4), expected));
    }
}

#[test]
fn capture_takes_a_part_of_a_screen_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("part.png");
    let (mut run, capture) = capture(&["capture", text(&file), "--output", "TEST-1", "--at", "2,1"]);
    assert_eq!(capture.at, [2, 1]);
    capture.fence.signal().unwrap();
    capture.this.done(&mut run.compositor.server, 0).unwrap();
    assert!(run.end().success);
    assert_eq!(saved(&file).0, (4, 3));

    let ended = Run::start(&["capture", text(&file), "--output", "TEST-2"]).end();
    assert!(ended.stderr.contains("there is no screen `TEST-2`; the compositor has TEST-1"), "{}", ended.stderr);
    let ended = Run::start(&["capture", text(&file), "--at", "6,0"]).end();
    assert!(ended.stderr.contains("outside of the screen, which has 6x4 pixels"), "{}", ended.stderr);
}

#[test]
fn capture_without_a_picture_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("none.png");
    let (mut run, refused) = capture(&["capture", text(&file)]);
    refused.fence.signal().unwrap();
    refused.this.failed(&mut run.compositor.server, way_capture::Reason::DENIED).unwrap();
    let ended = run.end();
    assert!(!ended.success && ended.stderr.contains("does not allow it"), "{}", ended.stderr);

    let (run, _) = capture(&["capture", text(&file)]);
    let ended = run.leave();
    assert!(!ended.success && ended.stderr.contains("lost the compositor"), "{}", ended.stderr);
    assert_eq!(ended.stat("frames"), 0.0);
    assert!(!file.exists());
}
