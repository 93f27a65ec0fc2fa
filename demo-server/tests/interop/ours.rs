//! Our own client side, speaking Wayland to our own server: the one compositor here that tests can give input to.

use crate::contracts::AT;
use crate::screen::Screen;
use crate::support::{SERVER, window_example};
use crate::test_client::TestClient;
use crate::test_server::TestServer;

/// The paper of `paint`, and its first ink.
const PAPER: u32 = 0xfaf6ec;
const INK: u32 = 0x262836;

#[test]
fn paint_takes_pointer_and_keys() {
    let mut server = TestServer::new("paint", &[]);
    let painting = server.path().join("painting.png").display().to_string();
    let size = "200x150";
    let command = [SERVER, "client", "--wayland", "paint", "--size", size, "--save", &painting];
    let mut program = server.start(&command);
    let window = server.shown(&mut program);
    let (x, y) = window.middle();
    let screen = server.screen();
    assert_eq!(screen.colour(x, y), PAPER);

    let line = |y: usize| [format!("move {} {y}", x - 40), "button left press".into(), format!("move {} {y}", x + 40)];
    for action in line(y) {
        server.act(&[&action]);
    }
    server.act(&["button left release"]);
    server.wait_for("stroke", |screen| {
        (screen.colour(x - 30, y) == INK && screen.colour(x + 30, y) == INK).then_some(())
    });
    server.press(&["2"]);
    for action in line(y + 20) {
        server.act(&[&action]);
    }
    let red = server.wait_for("second stroke", |screen| {
        Some(screen.colour(x, y + 20)).filter(|colour| *colour != PAPER && *colour != INK)
    });
    assert_eq!(red, 0xd03438);
    server.keep();
    server.press(&["q"]);
    let status = program.wait(&server);
    assert!(status.success(), "{}", program.log());
    // Three pictures at least, and no more than the changes in shared memory.
    assert!(program.log().contains("stats "), "{}", program.log());
    assert!(std::path::Path::new(&painting).exists());
    server.finish();
}

#[test]
fn the_example_of_the_toolkit_has_sixty_lines_and_follows_pointer_and_keys() {
    let source = include_str!("../../../desktop/toolkit/examples/window.rs");
    assert!(source.lines().count() <= 60);
    let mut server = TestServer::new("toolkit-window", &[]);
    let mut program = server.start(&[&window_example()]);
    let window = server.shown(&mut program);
    let (x, y) = window.middle();
    // Blue and green grow with the distance from the pointer, red with the keys: none was pressed.
    for (x, y) in [(x, y), (x - 50, y + 30)] {
        server.act(&[&format!("move {x} {y}")]);
        let there = |screen: &Screen| (screen.colour(x, y) == 0 && screen.colour(x + 80, y) != 0).then_some(());
        server.wait_for("gradient around the pointer", there);
    }
    server.press(&["a", "b"]);
    server.wait_for("other colour", |screen| (screen.colour(x - 50, y + 30) == 120 << 16).then_some(()));
    server.keep();
    server.act(&["close"]);
    let status = program.wait(&server);
    assert!(status.success(), "{}", program.log());
    server.finish();
}

#[test]
fn animate_ends_by_itself() {
    let server = TestServer::new("animate", &[]);
    let mut program = server.start(&[SERVER, "client", "--wayland", "animate", "--frames", "30"]);
    let status = program.wait(&server);
    let said = program.log();
    assert!(status.success() && said.contains(" frames=30 "), "{said}");
    // Memory for two pages, and nothing more, has crossed.
    assert!(said.contains(" fds_out=2 "), "{said}");
    server.finish();
}

/// The nested server says in its log what it asks its host for.
#[test]
fn a_nested_screen_is_called_after_the_window_that_has_the_keyboard() {
    for (name, protocol) in [("nested-title", ""), ("nested-title-wayland", "--wayland")] {
        let server = TestServer::new(name, &[]);
        let [inner, host] = [&server.path().join("inner"), server.socket()].map(|path| path.display().to_string());
        let run = format!("{SERVER} client {protocol} --socket {inner} animate --title Aurora");
        let mut command = server.command(&[SERVER, "--host", &host, "--socket", &inner, "--run", &run]);
        command.env("WAYLINE_DEBUG", "1");
        let mut nested = server.start_command(command);
        nested.wait_for_output(&server, "\"Aurora – Wayline\"");
        drop(nested);
        server.finish();
    }
}

/// The native protocol of the same server is left alone if that is asked for.
#[test]
fn capture_works_by_wayland_too_and_says_so_where_that_is_not_offered() {
    let (newer, older) = ("ext_image_copy_capture_manager_v1=0", "zwlr_screencopy_manager_v1=0");
    for missing in [newer, older] {
        let server = TestServer::new("capture", &["--offer", missing]);
        let mut client = TestClient::new(&server);
        client.window(200, 100, 0xff_8000);
        let seen = server.screen();
        let file = server.path().join("picture.png");
        let capture = ["client", "--wayland", "capture", &file.display().to_string()];
        let mut program = server.start(&[&[SERVER], &capture[..]].concat());
        assert!(program.wait(&server).success(), "{}", program.log());
        assert_eq!(Screen::load(&file), seen, "without {missing}");
        // A part of it, which begins in the window.
        let (x, y) = (AT.0 + 190, AT.1 + 90);
        let place = format!("--at={x},{y}");
        let mut program = server.start(&[&[SERVER], &capture[..], &[&place, "--size=20x30"]].concat());
        assert!(program.wait(&server).success(), "{}", program.log());
        let part = Screen::load(&file);
        for at in [(0, 0), (9, 9), (10, 9), (19, 29)] {
            assert_eq!(part.colour(at.0, at.1), seen.colour(x + at.0, y + at.1), "without {missing}");
        }
        drop(client);
        server.finish();
    }

    let server = TestServer::new("no-capture", &["--offer", newer, "--offer", older]);
    let file = server.path().join("never.png").display().to_string();
    let mut program = server.start(&[SERVER, "client", "--wayland", "capture", &file]);
    let status = program.wait(&server);
    assert_eq!(status.code(), Some(3), "{}", program.log());
    assert!(program.log().contains("offers nothing to capture the screen with"), "{}", program.log());
    server.finish();
}
