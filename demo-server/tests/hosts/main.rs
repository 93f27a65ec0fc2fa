//! Our client side on compositors that nobody here wrote: the apps of demo-client, and the screen of demo-server as a
//! window. What they show is compared, pixel for pixel, with what the compositor's own tool sees on its screen; mutter has
//! none, so there the conversation must do: a window that was configured, whose frames were shown, and no error.
//!
//! Compositors that are not installed are skipped, and the test says so. Pictures go to `WAYLINE_ARTEFACTS`, or else below
//! the target directory.

mod host;
mod picture;
#[path = "../support/mod.rs"]
mod support;
mod user;

use std::path::{Path, PathBuf};

use host::{Host, Kind};
use picture::Picture;
use support::{SERVER, Server, window_example};
use user::User;
use wayline_conformance::target::installed;

/// Frames that an animation must get through.
const FRAMES: usize = 20;

/// Exit code of an app whose compositor does not offer what it needs.
const NOT_OFFERED: i32 = 3;

#[test]
fn weston_shows_our_clients() {
    shows_our_clients(Kind::Weston);
}

#[test]
fn sway_shows_our_clients() {
    shows_our_clients(Kind::Sway);
}

#[test]
fn cage_shows_our_clients() {
    shows_our_clients(Kind::Cage);
}

#[test]
fn phoc_shows_our_clients() {
    shows_our_clients(Kind::Phoc);
}

#[test]
fn mutter_shows_our_clients() {
    shows_our_clients(Kind::Mutter);
}

#[test]
fn kwin_shows_our_clients() {
    shows_our_clients(Kind::Kwin);
}

#[test]
fn weston_shows_our_screen() {
    shows_our_screen(Kind::Weston);
}

#[test]
fn sway_shows_our_screen() {
    shows_our_screen(Kind::Sway);
}

#[test]
fn cage_shows_our_screen() {
    shows_our_screen(Kind::Cage);
}

#[test]
fn phoc_shows_our_screen() {
    shows_our_screen(Kind::Phoc);
}

#[test]
fn kwin_shows_our_screen() {
    shows_our_screen(Kind::Kwin);
}

#[test]
fn our_screen_shows_that_of_weston() {
    is_shown_on_our_screen(Kind::Weston);
}

#[test]
fn our_screen_shows_that_of_phoc() {
    is_shown_on_our_screen(Kind::Phoc);
}

#[test]
fn our_screen_shows_that_of_kwin() {
    is_shown_on_our_screen(Kind::Kwin);
}

#[test]
fn weston_shows_the_example_of_the_toolkit() {
    shows_the_example(Kind::Weston);
}

#[test]
fn sway_shows_the_example_of_the_toolkit() {
    shows_the_example(Kind::Sway);
}

/// The window of sixty lines is on the screen, at the size that the compositor wants, as long as nobody points at it.
fn shows_the_example(kind: Kind) {
    let Some(mut host) = Host::start(kind) else { return };
    let example = window_example();
    let empty = host.until("has no picture of its screen", || host.screenshot());
    let (width, height) = if kind.fills_the_screen() { empty.size() } else { (400, 300) };
    let part = |at: usize, of: usize| (255 * at / of) as u8;
    let known = Picture::from_fn((width, height), |x, y| [0, part(y, height), part(x, width)]);
    host.run(&[&example]);
    let screen = host.until("does not show the window", || host.screenshot().filter(|screen| screen.contains(&known)));
    keep(&screen, &format!("example-on-{kind:?}"));
}

fn shows_our_clients(kind: Kind) {
    let Some(mut host) = Host::start(kind) else { return };
    animates(&host);
    if kind != Kind::Mutter {
        shows_a_picture(&mut host);
    }
    captures(&host);
}

/// An animation runs at the compositor's pace, and ends without an error: each frame was followed by its callback, which
/// surfaces get that are on a screen.
fn animates(host: &Host) {
    let frames = FRAMES.to_string();
    let mut animate = host.client(&["animate", "--frames", &frames]);
    let output = animate.env("WAYLINE_DEBUG", "1").env("NO_COLOR", "1").output().unwrap();
    let (said, trace) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{trace}{}", host.logs());
    assert!(said.contains(&format!("frames={frames} ")), "{said}");
    let sent = |message: &str| trace.lines().filter(|line| line.contains("-> ") && line.contains(message)).count();
    let came = |message: &str| trace.lines().filter(|line| !line.contains("-> ") && line.contains(message)).count();
    assert!(came("xdg_toplevel#") > 0 && came("xdg_surface#") > 0, "{trace}");
    assert_eq!((sent(".frame("), sent(".attach(")), (FRAMES, FRAMES), "{trace}");
    // And those of the registry and of the end.
    assert!(came(".done(") > FRAMES, "{trace}");
}

/// A picture of known pixels is on the screen, none of them changed.
fn shows_a_picture(host: &mut Host) {
    let known = view_a_picture(host);
    let screen = host.until("does not show the picture", || host.screenshot().filter(|screen| screen.contains(&known)));
    keep(&screen, &format!("view-on-{:?}", host.kind));
}

/// Starts a program that shows known pixels, as many as it will get.
fn view_a_picture(host: &mut Host) -> Picture {
    let screen = || host.until("has no picture of its screen", || host.screenshot());
    let known = Picture::known(if host.kind.fills_the_screen() { screen().size() } else { (300, 200) });
    let file = host.path().join("known.png");
    known.write(&file);
    host.run(&[SERVER, "client", "view", file.to_str().unwrap()]);
    known
}

/// A capture shows what the compositor's own tool sees, or its exit code says that there is nothing to capture with: the
/// program may have been built without the XML of wlr-screencopy.
fn captures(host: &Host) {
    let file = host.path().join("captured.png");
    let output = host.client(&["capture", file.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let knows_how = host.kind.has_screencopy();
    if knows_how || output.status.success() {
        let captured = Picture::read(&file).unwrap_or_else(|| panic!("{said}"));
        host.until("does not show what was captured", || host.screenshot()?.contains(&captured).then_some(()));
    } else {
        assert_eq!(output.status.code(), Some(NOT_OFFERED), "{said}");
        assert!(said.contains("offers nothing to capture the screen with"), "{said}");
    }
}

/// demo-server shows its screen, with a known picture on it, as a window.
fn shows_our_screen(kind: Kind) {
    let Some(mut host) = Host::start(kind) else { return };
    let known = Picture::known((300, 200));
    let file = host.path().join("known.png");
    known.write(&file);
    let inner = host.path().join("inner").display().to_string();
    let outer = host.socket().display().to_string();
    let view = format!("{SERVER} client view {}", file.display());
    host.run(&[SERVER, "--size", "640x480", "--host", &outer, "--socket", &inner, "--run", &view]);
    let file = host.path().join("inner.png");
    let captured = || {
        let args = ["client", "--socket", &inner, "capture", file.to_str().unwrap()];
        let output = host.command(&[SERVER]).args(args).output().unwrap();
        output.status.success().then(|| Picture::read(&file)).flatten()
    };
    let ours = host.until("has no picture of our screen", || captured().filter(|ours| ours.contains(&known)));
    let screen = host.until("does not show our screen", || host.screenshot().filter(|screen| screen.contains(&ours)));
    keep(&screen, &format!("screen-on-{kind:?}"));
}

/// A compositor shows its screen, with a known picture on it, as a window of demo-server.
fn is_shown_on_our_screen(kind: Kind) {
    let ours = Server::start(&["--size", "1600x1200"]);
    let Some(mut inner) = Host::start_nested(kind, &ours.socket) else { return };
    let known = view_a_picture(&mut inner);
    let file = inner.path().join("ours.png");
    let captured = || {
        let output = ours.client(&["capture", file.to_str().unwrap()]).output().unwrap();
        output.status.success().then(|| Picture::read(&file)).flatten()
    };
    let screen = inner.until("is not shown", || captured().filter(|ours| ours.contains(&known)));
    keep(&screen, &format!("{kind:?}-on-ours"));
}

/// Pointer and keyboard of the compositor reach `paint`. Without devices, the others have no seat at all.
#[test]
fn sway_paints_with_our_brush() {
    if !installed("wayvnc") {
        return;
    }
    let Some(mut host) = Host::start(Kind::Sway) else { return };
    host.run(&[SERVER, "client", "paint"]);
    let paper = [250, 246, 236];
    let ink = [38, 40, 54];
    let colours = |host: &Host, places: [(u16, u16); 2]| {
        let screen = host.screenshot()?;
        Some(places.map(|place| screen.pixel(place)))
    };
    let (from, to) = ((300, 200), (400, 220));
    host.until("shows no paper", || colours(&host, [from, to]).filter(|colours| *colours == [paper; 2]));
    let mut user = User::of(&mut host);
    // A device is new to the compositor, and then to the client: what it does before is lost. It ends where its image
    // hides nothing.
    let away = (10, 10);
    host.until("shows no stroke", || {
        for (pressed, place) in [(false, from), (true, from), (true, to), (false, to), (false, away)] {
            user.point(pressed, place);
        }
        colours(&host, [from, to]).filter(|colours| *colours == [ink; 2])
    });
    host.until("has no picture", || host.screenshot().map(|screen| keep(&screen, "paint-on-sway")));
    host.until("does not end the app", || {
        user.press(b'q');
        colours(&host, [from, to]).filter(|colours| !colours.contains(&ink))
    });
}

/// Puts a picture where it can be looked at.
fn keep(picture: &Picture, name: &str) {
    let dir = std::env::var_os("WAYLINE_ARTEFACTS")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts"), PathBuf::from);
    std::fs::create_dir_all(&dir).unwrap();
    picture.write(&dir.join(format!("{}.png", name.to_lowercase())));
}
