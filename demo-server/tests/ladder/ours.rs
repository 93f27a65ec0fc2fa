//! Our own client side, speaking Wayland to our own server: the one compositor here that tests can give input to.

use crate::contracts::AT;
use crate::desk::Desk;
use crate::guest::Guest;
use crate::screen::Screen;
use crate::support::{SERVER, window_example};

/// The paper of `paint`, and its first ink.
const PAPER: u32 = 0xfaf6ec;
const INK: u32 = 0x262836;

#[test]
fn paint_takes_pointer_and_keys() {
    let mut desk = Desk::new("paint", &[]);
    let painting = desk.path().join("painting.png").display().to_string();
    let size = "200x150";
    let command = [SERVER, "client", "--wayland", "paint", "--size", size, "--save", &painting];
    let mut program = desk.start(&command);
    let window = desk.shown(&mut program);
    let (x, y) = window.middle();
    let screen = desk.screen();
    assert_eq!(screen.colour(x, y), PAPER);

    let line = |y: usize| [format!("move {} {y}", x - 40), "button left press".into(), format!("move {} {y}", x + 40)];
    for action in line(y) {
        desk.act(&[&action]);
    }
    desk.act(&["button left release"]);
    desk.wait_for("stroke", |screen| {
        (screen.colour(x - 30, y) == INK && screen.colour(x + 30, y) == INK).then_some(())
    });
    desk.press(&["2"]);
    for action in line(y + 20) {
        desk.act(&[&action]);
    }
    let red = desk.wait_for("second stroke", |screen| {
        Some(screen.colour(x, y + 20)).filter(|colour| *colour != PAPER && *colour != INK)
    });
    assert_eq!(red, 0xd03438);
    desk.keep();
    desk.press(&["q"]);
    let status = program.wait(&desk);
    assert!(status.success(), "{}", program.log());
    // Three pictures at least, and no more than the changes in shared memory.
    assert!(program.log().contains("stats "), "{}", program.log());
    assert!(std::path::Path::new(&painting).exists());
    desk.finish();
}

#[test]
fn the_example_of_the_toolkit_has_sixty_lines_and_follows_pointer_and_keys() {
    let source = include_str!("../../../desktop/toolkit/examples/window.rs");
    assert!(source.lines().count() <= 60);
    let mut desk = Desk::new("toolkit-window", &[]);
    let mut program = desk.start(&[&window_example()]);
    let window = desk.shown(&mut program);
    let (x, y) = window.middle();
    // Blue and green grow with the distance from the pointer, red with the keys: none was pressed.
    for (x, y) in [(x, y), (x - 50, y + 30)] {
        desk.act(&[&format!("move {x} {y}")]);
        let there = |screen: &Screen| (screen.colour(x, y) == 0 && screen.colour(x + 80, y) != 0).then_some(());
        desk.wait_for("gradient around the pointer", there);
    }
    desk.press(&["a", "b"]);
    desk.wait_for("other colour", |screen| (screen.colour(x - 50, y + 30) == 120 << 16).then_some(()));
    desk.keep();
    desk.act(&["close"]);
    let status = program.wait(&desk);
    assert!(status.success(), "{}", program.log());
    desk.finish();
}

#[test]
fn animate_ends_by_itself() {
    let desk = Desk::new("animate", &[]);
    let mut program = desk.start(&[SERVER, "client", "--wayland", "animate", "--frames", "30"]);
    let status = program.wait(&desk);
    let said = program.log();
    assert!(status.success() && said.contains(" frames=30 "), "{said}");
    // Memory for two pages, and nothing more, has crossed.
    assert!(said.contains(" fds_out=2 "), "{said}");
    desk.finish();
}

/// The nested server says in its log what it asks its host for.
#[test]
fn a_nested_screen_is_called_after_the_window_that_has_the_keyboard() {
    for (name, protocol) in [("nested-title", ""), ("nested-title-wayland", "--wayland")] {
        let desk = Desk::new(name, &[]);
        let [inner, host] = [&desk.path().join("inner"), desk.socket()].map(|path| path.display().to_string());
        let run = format!("{SERVER} client {protocol} --socket {inner} animate --title Aurora");
        let mut command = desk.command(&[SERVER, "--host", &host, "--socket", &inner, "--run", &run]);
        command.env("WAYLINE_DEBUG", "1");
        let mut nested = desk.start_command(command);
        nested.wait_for_output(&desk, "\"Aurora – Wayline\"");
        drop(nested);
        desk.finish();
    }
}

/// The native protocol of the same server is left alone if that is asked for.
#[test]
fn capture_works_by_wayland_too_and_says_so_where_that_is_not_offered() {
    let (newer, older) = ("ext_image_copy_capture_manager_v1=0", "zwlr_screencopy_manager_v1=0");
    for missing in [newer, older] {
        let desk = Desk::new("capture", &["--offer", missing]);
        let mut guest = Guest::new(&desk);
        guest.window(200, 100, 0xff_8000);
        let seen = desk.screen();
        let file = desk.path().join("picture.png");
        let capture = ["client", "--wayland", "capture", &file.display().to_string()];
        let mut program = desk.start(&[&[SERVER], &capture[..]].concat());
        assert!(program.wait(&desk).success(), "{}", program.log());
        assert_eq!(Screen::load(&file), seen, "without {missing}");
        // A part of it, which begins in the window.
        let (x, y) = (AT.0 + 190, AT.1 + 90);
        let place = format!("--at={x},{y}");
        let mut program = desk.start(&[&[SERVER], &capture[..], &[&place, "--size=20x30"]].concat());
        assert!(program.wait(&desk).success(), "{}", program.log());
        let part = Screen::load(&file);
        for at in [(0, 0), (9, 9), (10, 9), (19, 29)] {
            assert_eq!(part.colour(at.0, at.1), seen.colour(x + at.0, y + at.1), "without {missing}");
        }
        drop(guest);
        desk.finish();
    }

    let desk = Desk::new("no-capture", &["--offer", newer, "--offer", older]);
    let file = desk.path().join("never.png").display().to_string();
    let mut program = desk.start(&[SERVER, "client", "--wayland", "capture", &file]);
    let status = program.wait(&desk);
    assert_eq!(status.code(), Some(3), "{}", program.log());
    assert!(program.log().contains("offers nothing to capture the screen with"), "{}", program.log());
    desk.finish();
}
