//! What a compositor may send to a client, and what the application hears of it.

mod support;

use std::os::unix::net::UnixListener;
use std::time::Duration;

use support::{App, Pair};
use wayline::{Disconnect, Fixed, Server};
use wayline_toolkit::{
    Client, Compositor, Configure, Damage, Error, Event, PixelFormat, Protocol, Setup, Size, StandaloneWindow,
};
use wayline_wayland::{WlOutput, wl_keyboard, wl_pointer, wl_seat};

const SIZE: Size = Size::new(100, 50);

fn codes(codes: impl Iterator<Item = u32>) -> Vec<u8> {
    codes.flat_map(u32::to_ne_bytes).collect()
}

fn key(code: u32, pressed: bool) -> Event {
    Event::Key { code, pressed }
}

#[test]
fn an_application_speaks_other_protocols_beside_its_windows() {
    let mut pair = Pair::new(0);
    let _: WlOutput = pair.app.client.bind(4).unwrap();
    let window = pair.open("beside");
    pair.compositor.configure(0, 0, 0);
    assert_eq!(pair.seen(), [(window.id(), Event::Configure(Configure::default()))]);
    assert_eq!(pair.app.screens, ["TEST-1"]);
    // A callback of its own is no frame.
    let (surface, _) = window.wayland().unwrap();
    surface.frame(&mut pair.app.client).unwrap();
    let callback = pair.until(|compositor, _| compositor.callbacks.pop_front());
    callback.done(&mut pair.compositor.server, 7).unwrap();
    assert_eq!(pair.seen(), []);
}

#[test]
fn a_picture_waits_for_a_size_for_the_last_one_and_for_a_buffer() {
    let mut pair = Pair::new(0);
    let mut window = pair.open("paces");
    let draw = |_, _, row: &mut [u8]| row.fill(1);
    assert!(!window.is_ready(&mut pair.app.client), "no size yet");
    let serial = pair.compositor.configure(0, 0, 0);
    pair.settle();
    assert!(window.is_ready(&mut pair.app.client));
    assert!(window.present(&mut pair.app.client, SIZE, &Damage::from(SIZE), draw).unwrap());
    assert!(!window.is_ready(&mut pair.app.client), "it was not shown yet");
    let first = pair.until(|compositor, _| compositor.commits.pop_front());
    assert_eq!(pair.compositor.acknowledged, [serial]);
    let show = |pair: &mut Pair| {
        let callback = pair.compositor.callbacks.pop_front().unwrap();
        callback.done(&mut pair.compositor.server, 0).unwrap();
        pair.settle();
    };
    show(&mut pair);
    assert_eq!(pair.seen().last(), Some(&(window.id(), Event::Frame)));
    assert!(window.present(&mut pair.app.client, SIZE, &Damage::from(SIZE), draw).unwrap());
    pair.until(|compositor, _| compositor.commits.pop_front());
    show(&mut pair);
    assert!(!window.is_ready(&mut pair.app.client), "the compositor has both buffers");
    assert!(!window.present(&mut pair.app.client, SIZE, &Damage::from(SIZE), draw).unwrap());
    first.release(&mut pair.compositor.server).unwrap();
    pair.settle();
    assert!(window.is_ready(&mut pair.app.client));
}

#[test]
fn pools_are_whole_pages_and_rows_start_at_multiples_of_256() {
    let mut pair = Pair::new(0);
    let mut window = pair.open("layout");
    pair.compositor.configure(0, 0, 0);
    pair.settle();
    let pixels = [9; 100 * 50 * 4];
    let shown = window.present_pixels(&mut pair.app.client, SIZE, &Damage::from(SIZE), &pixels, 400).unwrap();
    assert!(shown);
    let short = window.present_pixels(&mut pair.app.client, SIZE, &Damage::from(SIZE), &pixels[1..], 400);
    assert!(matches!(short, Err(Error::Picture { .. })));
    let narrow = window.present_pixels(&mut pair.app.client, SIZE, &Damage::from(SIZE), &pixels, 396);
    assert!(matches!(narrow, Err(Error::Picture { .. })));
    pair.settle();
    let [[pool, offset, width, height, stride]] = pair.compositor.buffers[..] else { panic!("one buffer") };
    assert_eq!((offset, width, height, stride), (0, 100, 50, 512));
    assert!(pool % 4096 == 0 && pool >= 512 * 50, "{pool}");
}

#[test]
fn sizes_that_no_window_can_have_are_not_passed_on() {
    let mut pair = Pair::new(0);
    let window = pair.open("sizes");
    for (width, height) in [(i32::MAX, i32::MAX), (i32::MIN, i32::MIN), (16384, 16384)] {
        pair.compositor.configure(0, width, height);
        assert_eq!(pair.seen(), [(window.id(), Event::Configure(Configure::default()))], "{width}x{height}");
    }
    pair.compositor.configure(0, i32::MAX, 10);
    let [(_, Event::Configure(configure))] = pair.seen()[..] else { panic!("one configure") };
    assert_eq!(configure.size(SIZE), Size::new(16384, 10));
}

#[test]
fn events_say_which_window_they_are_for() {
    let mut pair = Pair::new(1);
    let (one, other) = (pair.open("one"), pair.open("other"));
    let pointer = pair.until(|compositor, _| compositor.pointer);
    let surfaces = pair.compositor.surfaces.clone();
    let (server, at) = (&mut pair.compositor.server, Fixed::from_int);
    pointer.enter(server, 1, surfaces[1], at(3), at(4)).unwrap();
    pointer.button(server, 2, 0, 0x110, wl_pointer::ButtonState::PRESSED).unwrap();
    pointer.leave(server, 3, surfaces[1]).unwrap();
    pointer.enter(server, 4, surfaces[0], at(5), at(6)).unwrap();
    pointer.axis(server, 5, wl_pointer::Axis::VERTICAL_SCROLL, at(15)).unwrap();
    let seen = pair.seen();
    let expected = [
        (other.id(), Event::Pointer { x: 3.0, y: 4.0 }),
        (other.id(), Event::Button { code: 0x110, pressed: true }),
        (other.id(), Event::PointerLeft),
        (one.id(), Event::Pointer { x: 5.0, y: 6.0 }),
        (one.id(), Event::Scroll { horizontal: false, distance: 15.0 }),
    ];
    assert_eq!(seen, expected);
    pair.compositor.windows[0].1.close(&mut pair.compositor.server).unwrap();
    assert_eq!(pair.seen(), [(one.id(), Event::Close)]);
}

#[test]
fn keys_are_released_when_the_keyboard_leaves_or_is_unplugged() {
    let mut pair = Pair::new(1);
    let (one, other) = (pair.open("one"), pair.open("other"));
    let surfaces = pair.until(|compositor, _| compositor.keyboard.map(|_| compositor.surfaces.clone()));
    let (keyboard, server) = pair.compositor.keyboard();
    let pressed = wl_keyboard::KeyState::PRESSED;
    keyboard.key(server, 1, 0, 30, pressed).unwrap();
    keyboard.enter(server, 2, surfaces[0], &codes([42].into_iter())).unwrap();
    keyboard.key(server, 3, 0, 30, pressed).unwrap();
    keyboard.enter(server, 4, surfaces[1], &[]).unwrap();
    keyboard.modifiers(server, 5, 1, 2, 3, 0).unwrap();
    keyboard.key(server, 6, 0, 31, pressed).unwrap();
    let modifiers = Event::Modifiers { depressed: 1, latched: 2, locked: 3, group: 0 };
    let expected = [
        (one.id(), key(30, true)),
        (one.id(), key(42, false)),
        (one.id(), key(30, false)),
        (other.id(), modifiers),
        (other.id(), key(31, true)),
    ];
    assert_eq!(pair.seen(), expected);
    let pointer = pair.compositor.pointer.unwrap();
    pointer.enter(&mut pair.compositor.server, 7, surfaces[1], Fixed::from_int(1), Fixed::from_int(1)).unwrap();
    pair.seen();
    pair.compositor.seats[0].capabilities(&mut pair.compositor.server, wl_seat::Capability(0)).unwrap();
    assert_eq!(pair.seen(), [(other.id(), Event::PointerLeft), (other.id(), key(31, false))]);
}

#[test]
fn a_flood_of_held_keys_is_not_kept() {
    let mut pair = Pair::new(1);
    let window = pair.open("keys");
    let surface = pair.compositor.surfaces[0];
    pair.until(|compositor, _| compositor.keyboard);
    // As many as fit into a message.
    let held = codes(0..1000);
    for _ in 0..50 {
        let (keyboard, server) = pair.compositor.keyboard();
        keyboard.enter(server, 1, surface, &held).unwrap();
        pair.settle();
        pair.app.seen.clear();
    }
    let (keyboard, server) = pair.compositor.keyboard();
    keyboard.leave(server, 2, surface).unwrap();
    let released = pair.seen();
    assert_eq!(released.len(), 256);
    assert_eq!(released[255], (window.id(), key(255, false)));
}

#[test]
fn fingers_are_followed_to_the_window_that_they_came_down_on() {
    let mut pair = Pair::new(1);
    let window = pair.open("touch");
    let surface = pair.compositor.surfaces[0];
    let touch = pair.until(|compositor, _| compositor.touch);
    let (server, at) = (&mut pair.compositor.server, Fixed::from_int);
    touch.down(server, 1, 0, surface, 5, at(1), at(2)).unwrap();
    touch.motion(server, 1, 5, at(3), at(4)).unwrap();
    touch.motion(server, 1, 6, at(3), at(4)).unwrap();
    touch.up(server, 2, 3, 5).unwrap();
    touch.motion(server, 3, 5, at(9), at(9)).unwrap();
    let expected = [
        Event::TouchDown { id: 5, x: 1.0, y: 2.0 },
        Event::TouchMoved { id: 5, x: 3.0, y: 4.0 },
        Event::TouchUp { id: 5 },
    ];
    assert_eq!(pair.seen(), expected.map(|event| (window.id(), event)));

    // More than a hand has: those beyond the limit are not followed, and all end at once.
    for id in 0..1000 {
        touch.down(&mut pair.compositor.server, 4, 0, surface, id, at(1), at(2)).unwrap();
    }
    assert_eq!(pair.seen().len(), 32);
    touch.cancel(&mut pair.compositor.server).unwrap();
    assert_eq!(pair.seen(), [(window.id(), Event::TouchCancelled)]);
}

#[test]
fn no_more_than_sixteen_seats_are_listened_to() {
    let mut pair = Pair::new(300);
    pair.settle();
    assert_eq!(pair.compositor.seats.len(), 16);
}

#[test]
fn a_closed_window_leaves_no_objects_behind() {
    let mut pair = Pair::new(0);
    let mut count = |windows: usize| {
        for _ in 0..windows {
            let mut window = pair.open("brief");
            let last = pair.compositor.windows.len() - 1;
            pair.compositor.configure(last, 0, 0);
            pair.settle();
            window.present(&mut pair.app.client, SIZE, &Damage::from(SIZE), |_, _, row| row.fill(1)).unwrap();
            let callback = pair.until(|compositor, _| compositor.callbacks.pop_front());
            callback.done(&mut pair.compositor.server, 0).unwrap();
            pair.app.compositor.as_ref().unwrap().close(&mut pair.app.client, &window).unwrap();
            pair.settle();
            assert!(window.commit(&mut pair.app.client).is_err(), "it is gone");
        }
        pair.compositor.server.object_count(pair.compositor.client)
    };
    assert_eq!(count(1), count(8));
}

#[test]
fn the_end_of_the_connection_ends_the_loop_with_its_reason() {
    let mut pair = Pair::new(0);
    pair.open("ends");
    pair.compositor.server = Server::new();
    let error = loop {
        match pair.events.dispatch(Some(Duration::from_secs(60)), &mut pair.app) {
            Ok(()) => {}
            Err(error) => break Error::from(error),
        }
    };
    assert!(matches!(error, Error::Lost(Disconnect::Closed | Disconnect::Reset)), "{error:?}");
    let again = Compositor::<App>::new(&mut pair.app.client, pair.events.handle(), Protocol::Any);
    assert!(matches!(again, Err(Error::Lost(_))));
}

#[test]
fn a_compositor_that_never_answers_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("mute");
    let _listener = UnixListener::bind(&socket).unwrap();
    let setup = Setup { app_id: "test", title: "mute", format: PixelFormat::ARGB8888 };
    let opened = Client::connect_to_within(socket.to_str().unwrap(), Duration::from_millis(20))
        .map_err(Error::from)
        .and_then(|client| StandaloneWindow::open(client, Protocol::Any, &setup));
    assert!(matches!(opened, Err(Error::Wayline(wayline::Error::TimedOut))), "{opened:?}");
}
