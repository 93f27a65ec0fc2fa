//! What real clients rely on: each of these, broken, crashed one.

use std::io::Read;
use std::os::fd::AsFd;

use rustix::fs::{SealFlags, fcntl_get_seals};

use crate::test_client::{TestClient, Window, event, request};
use crate::test_server::TestServer;

fn events_of(client: &TestClient, object: u32) -> Vec<u16> {
    client.events.iter().filter(|event| event.object == object).map(|event| event.opcode).collect()
}

#[test]
fn contract_1_the_keymap_comes_before_enter_and_modifiers() {
    let server = TestServer::new("contract-1", &[]);
    let mut client = TestClient::new(&server);
    client.window(100, 100, 0xff_0000);
    let seat = client.bind("wl_seat", 8);
    let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
    client.sync();
    const REPEAT: u16 = wayline_wayland::wl_keyboard::opcode::REPEAT_INFO;
    let expected = [event::KEYMAP, REPEAT, event::KEYBOARD_ENTER, event::MODIFIERS];
    assert_eq!(events_of(&client, keyboard), expected);

    let keymap = client.events.iter().find(|event| event.object == keyboard).unwrap();
    let mut args = keymap.args();
    let (format, size) = (args.uint().unwrap(), args.uint().unwrap());
    assert_eq!(format, 1, "an xkb keymap");
    let fd = client.raw.stream.take_fd().unwrap();
    let seals = fcntl_get_seals(fd.as_fd()).unwrap();
    assert!(seals.contains(SealFlags::WRITE | SealFlags::SHRINK), "{seals:?}");
    let mut text = String::new();
    std::fs::File::from(fd).read_to_string(&mut text).unwrap();
    assert_eq!(text.len(), size as usize);
    assert!(text.starts_with("xkb_keymap {") && text.ends_with('\0'));
    assert!(text.contains("<AC01> = 38;"), "the key a has its code of evdev");
}

#[test]
fn contract_2_the_old_buffer_is_released_before_the_frame_callback() {
    let server = TestServer::new("contract-2", &[]);
    let mut client = TestClient::new(&server);
    let window = client.toplevel();
    client.configure(window.surface, window.xdg);
    let buffers = [client.buffer(50, 50, 0xff), client.buffer(50, 50, 0xff00)];
    for turn in 0..6 {
        let frame = client.make(window.surface, request::FRAME, |m| m);
        client.show(window.surface, buffers[turn % 2]);
        client.events.clear();
        client.until(frame, event::DONE);
        let free = client.has(buffers[(turn + 1) % 2], event::RELEASE);
        assert_eq!(free, turn > 0, "turn {turn}");
    }
}

#[test]
fn contract_3_nothing_that_needs_a_seat_is_offered_without_one() {
    let server = TestServer::new("contract-3", &[]);
    let place =
        |client: &TestClient, interface: &str| client.globals.iter().position(|global| global.interface == interface);
    let client = TestClient::new(&server);
    assert!(place(&client, "wl_seat").unwrap() < place(&client, "wl_data_device_manager").unwrap());
    let server = TestServer::new("contract-3b", &["--offer", "wl_seat=0"]);
    let client = TestClient::new(&server);
    assert_eq!((place(&client, "wl_seat"), place(&client, "wl_data_device_manager")), (None, None));
}

#[test]
fn contract_4_outputs_say_when_they_are_done() {
    let server = TestServer::new("contract-4", &[]);
    let mut client = TestClient::new(&server);
    for (version, last) in [(1, 1), (2, event::OUTPUT_DONE), (4, event::OUTPUT_DONE)] {
        let output = client.bind("wl_output", version);
        client.sync();
        assert_eq!(events_of(&client, output).last(), Some(&last), "version {version}");
    }
    assert!(client.globals.iter().any(|global| global.interface == "wl_output" && global.version >= 2));
}

#[test]
fn contract_5_set_buffer_scale_needs_version_3() {
    let server = TestServer::new("contract-5", &[]);
    let mut client = TestClient::new(&server);
    let compositor = client.bind("wl_compositor", 1);
    let surface = client.make(compositor, request::CREATE_SURFACE, |m| m);
    client.send(surface, request::SET_SCALE, |m| m.int(1));
    let text = client.expect_error(1, 1);
    assert!(text.contains("invalid method 8 (since 1 < 3), object wl_surface"), "{text}");
}

/// The colour at a point as `0xRRGGBB`.
fn colour(server: &TestServer, x: usize, y: usize) -> u32 {
    server.screen().colour(x, y)
}

/// Where the upper left corner of the first window is.
pub(crate) const AT: (usize, usize) = (80, 60);

pub(crate) fn subsurface(client: &mut TestClient, parent: u32, at: (i32, i32)) -> (u32, u32) {
    let subcompositor = client.bind("wl_subcompositor", 1);
    let surface = client.surface();
    let sub = client.make(subcompositor, request::GET_SUBSURFACE, |m| m.uint(surface).uint(parent));
    client.send(sub, request::SUB_SET_POSITION, |m| m.int(at.0).int(at.1));
    (surface, sub)
}

/// A window of red and on it a subsurface of green that was not shown by its parent yet.
fn with_subsurface(client: &mut TestClient) -> (Window, u32, u32) {
    let window = client.window(200, 200, 0xff_0000);
    let (child, sub) = subsurface(client, window.surface, (50, 50));
    let green = client.buffer(20, 20, 0x00_ff00);
    client.show(child, green);
    client.sync();
    (window, child, sub)
}

#[test]
fn a_synchronised_subsurface_waits_for_its_parent() {
    let server = TestServer::new("subsurface-sync", &[]);
    let mut client = TestClient::new(&server);
    let (window, child, sub) = with_subsurface(&mut client);
    let (x, y) = (AT.0 + 60, AT.1 + 60);
    assert_eq!(colour(&server, x, y), 0xff_0000);
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(colour(&server, x, y), 0x00_ff00);

    let blue = client.buffer(20, 20, 0x00_00ff);
    client.show(child, blue);
    client.sync();
    assert_eq!(colour(&server, x, y), 0x00_ff00, "still waiting");
    client.send(sub, request::SUB_SET_DESYNC, |m| m);
    client.sync();
    assert_eq!(colour(&server, x, y), 0x00_00ff, "what waited is shown");
    let white = client.buffer(20, 20, 0xff_ffff);
    client.show(child, white);
    client.sync();
    assert_eq!(colour(&server, x, y), 0xff_ffff, "and later commits at once");

    // Position and order are the parent's to commit.
    client.send(sub, request::SUB_SET_POSITION, |m| m.int(100).int(100));
    client.send(child, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(colour(&server, x, y), 0xff_ffff);
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!([colour(&server, x, y), colour(&server, AT.0 + 110, AT.1 + 110)], [0xff_0000, 0xff_ffff]);
    client.send(sub, request::SUB_PLACE_BELOW, |m| m.uint(window.surface));
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(colour(&server, AT.0 + 110, AT.1 + 110), 0xff_0000);
}

#[test]
fn a_child_of_a_synchronised_subsurface_waits_too() {
    let server = TestServer::new("subsurface-nested", &[]);
    let mut client = TestClient::new(&server);
    let (window, child, _) = with_subsurface(&mut client);
    client.send(window.surface, request::COMMIT, |m| m);
    let (grandchild, sub) = subsurface(&mut client, child, (5, 5));
    client.send(sub, request::SUB_SET_DESYNC, |m| m);
    let blue = client.buffer(5, 5, 0x00_00ff);
    client.show(grandchild, blue);
    client.send(child, request::COMMIT, |m| m);
    client.sync();
    let at = (AT.0 + 57, AT.1 + 57);
    assert_eq!(colour(&server, at.0, at.1), 0x00_ff00, "its parent waits, so it does");
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(colour(&server, at.0, at.1), 0x00_00ff);
}

#[test]
fn input_outside_of_the_input_region_goes_elsewhere() {
    let mut server = TestServer::new("input-region", &[]);
    let mut below = TestClient::new(&server);
    let under = below.window(300, 300, 0xff_0000);
    let mut above = TestClient::new(&server);
    let window = above.window(300, 300, 0x00_ff00);
    let [left, top, ..] = server.change(&server.screen()).edges;
    let pointers = [&mut below, &mut above].map(|client| {
        let (_, pointer) = client.pointer();
        pointer
    });
    // Where the windows overlap.
    assert!(left < 100 && top < 100);
    server.act(&["move 330 310"]);
    above.until(pointers[1], event::POINTER_ENTER);
    let compositor = above.bind("wl_compositor", 5);
    let region = above.make(compositor, request::CREATE_REGION, |m| m);
    above.send(region, request::REGION_ADD, |m| m.int(200).int(200).int(10).int(10));
    above.send(window.surface, request::SET_INPUT_REGION, |m| m.uint(region));
    above.send(window.surface, request::COMMIT, |m| m);
    // The pointer is where it was; the window is not there for it any more.
    above.until(pointers[1], event::POINTER_LEAVE);
    let enter = below.until(pointers[0], event::POINTER_ENTER);
    let mut args = enter.args();
    let _serial = args.uint();
    assert_eq!(args.uint().unwrap(), under.surface);
}

#[test]
fn a_maximised_window_fills_the_screen_and_comes_back() {
    let server = TestServer::new("maximised", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 100, 0xff_0000);
    let mut ask = |opcode, size: (i32, i32)| {
        client.sync();
        client.events.clear();
        client.send(window.toplevel, opcode, |m| m);
        let configure = client.until(window.toplevel, event::CONFIGURE);
        let mut args = configure.args();
        assert_eq!((args.int().unwrap(), args.int().unwrap()), size);
        let serial = client.until(window.xdg, event::CONFIGURE).first();
        client.send(window.xdg, request::ACK, |m| m.uint(serial));
        let buffer = client.buffer(size.0, size.1, 0x00_ff00);
        client.show(window.surface, buffer);
        client.sync();
    };
    ask(request::SET_MAXIMIZED, (1024, 768));
    assert_eq!([colour(&server, 0, 0), colour(&server, 1023, 767)], [0x00_ff00; 2]);
    ask(request::UNSET_MAXIMIZED, (200, 100));
    assert_eq!(colour(&server, AT.0, AT.1), 0x00_ff00);
    assert_ne!(colour(&server, 0, 0), 0x00_ff00);
}

#[test]
fn a_window_can_be_taken_away_and_shown_again() {
    let server = TestServer::new("unmapped", &[]);
    let mut client = TestClient::new(&server);
    let empty = server.screen();
    let window = client.window(200, 100, 0xff_0000);
    let shown = server.screen();
    assert_ne!(shown, empty);
    client.send(window.surface, request::ATTACH, |m| m.uint(0).int(0).int(0));
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(server.screen(), empty);
    client.configure(window.surface, window.xdg);
    let buffer = client.buffer(200, 100, 0xff_0000);
    client.show(window.surface, buffer);
    client.sync();
    assert_eq!(server.screen(), shown);
}

#[test]
fn a_popup_that_grabs_is_dismissed_by_a_click_elsewhere() {
    let mut server = TestServer::new("popup-grab", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (seat, pointer) = client.pointer();
    server.click((AT.0 + 100, AT.1 + 100));
    let serial = client.until(pointer, event::BUTTON).first();
    let (surface, xdg, popup) = popup(&mut client, window.xdg);
    client.send(popup, request::POPUP_GRAB, |m| m.uint(seat).uint(serial));
    client.configure(surface, xdg);
    let buffer = client.buffer(30, 30, 0x00_ff00);
    client.show(surface, buffer);
    client.sync();
    assert_eq!(colour(&server, AT.0 + 10, AT.1 + 10), 0x00_ff00);
    server.click((AT.0 + 100, AT.1 + 100));
    client.sync();
    server.screen();
    client.sync();
    assert!(!client.has(popup, event::POPUP_DONE), "its own client may be clicked");
    server.click((900, 700));
    client.until(popup, event::POPUP_DONE);
    assert_eq!(colour(&server, AT.0 + 10, AT.1 + 10), 0xff_0000);
}

/// A popup of 30x30 in the upper left corner of a window, not committed yet.
pub(crate) fn popup(client: &mut TestClient, parent: u32) -> (u32, u32, u32) {
    let surface = client.surface();
    let base = client.bind("xdg_wm_base", 5);
    let xdg = client.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
    let positioner = client.make(base, request::CREATE_POSITIONER, |m| m);
    client.send(positioner, request::POSITIONER_SIZE, |m| m.int(30).int(30));
    client.send(positioner, request::POSITIONER_ANCHOR_RECT, |m| m.int(14).int(14).int(2).int(2));
    let popup = client.make(xdg, request::GET_POPUP, |m| m.uint(parent).uint(positioner));
    (surface, xdg, popup)
}

/// A client with a window and a data device, pressed with the left button.
fn pressed(server: &mut TestServer, at: (usize, usize)) -> (TestClient, u32, u32, u32) {
    let mut client = TestClient::new(server);
    let window = client.window(200, 200, 0xff_0000);
    let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
    let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    let pointer = client.make(seat, request::GET_POINTER, |m| m);
    let source = client.make(manager, request::CREATE_SOURCE, |m| m);
    client.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
    client.send(source, request::SOURCE_ACTIONS, |m| m.uint(1 | 2));
    client.sync();
    server.act(&[&format!("move {} {}", at.0, at.1), "button left press"]);
    let serial = client.until(pointer, event::BUTTON).first();
    client.send(device, request::START_DRAG, |m| m.uint(source).uint(window.surface).uint(0).uint(serial));
    client.sync();
    (client, device, source, window.surface)
}

#[test]
fn what_is_dragged_arrives_where_it_is_dropped() {
    let mut server = TestServer::new("drag", &[]);
    // The second window goes where the first one is not.
    let mut target = TestClient::new(&server);
    let onto = target.window(200, 200, 0x00_ff00);
    let (manager, seat) = (target.bind("wl_data_device_manager", 3), target.bind("wl_seat", 8));
    let device = target.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    target.sync();
    let [.., right, bottom] = server.change(&server.screen()).edges;
    let (mut client, _, source, _) = pressed(&mut server, (right - 20, bottom - 20));

    server.act(&[&format!("move {} {}", AT.0 + 10, AT.1 + 10)]);
    let enter = target.until(device, event::DRAG_ENTER);
    let mut args = enter.args();
    let (serial, surface, _, _) = (args.uint().unwrap(), args.uint().unwrap(), args.uint(), args.uint());
    let offer = args.uint().unwrap();
    assert_eq!(surface, onto.surface);
    assert!(offer != 0 && target.has(device, event::DATA_OFFER), "the offer comes first");
    target.send(offer, request::ACCEPT, |m| m.uint(serial).string("text/plain"));
    const MOVE: u32 = 2;
    target.send(offer, request::OFFER_ACTIONS, |m| m.uint(1 | MOVE).uint(MOVE));
    target.sync();
    assert_eq!(client.until(source, event::ACTION).first(), MOVE);

    server.act(&["button left release"]);
    target.until(device, event::DROP);
    client.until(source, event::DROP_PERFORMED);
    let (mut reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    target.send_fds(offer, request::RECEIVE, &[writer.as_fd()], |m| m.string("text/plain"));
    drop(writer);
    client.until(source, event::SEND);
    let mut file = std::fs::File::from(client.raw.stream.take_fd().unwrap());
    std::io::Write::write_all(&mut file, b"dropped").unwrap();
    drop(file);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "dropped");
    target.send(offer, request::FINISH, |m| m);
    client.until(source, event::FINISHED);
}

#[test]
fn what_is_dropped_on_nothing_is_cancelled() {
    let mut server = TestServer::new("drag-cancelled", &[]);
    let (mut client, device, source, _) = pressed(&mut server, (AT.0 + 50, AT.1 + 50));
    server.act(&["move 1000 700", "button left release"]);
    client.until(device, event::DRAG_LEAVE);
    client.until(source, event::CANCELLED);
}

#[test]
fn a_viewport_scales_and_crops() {
    let server = TestServer::new("viewport", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(10, 10, 0xff_0000);
    let viewporter = client.bind("wp_viewporter", 1);
    let viewport = client.make(viewporter, request::GET_VIEWPORT, |m| m.uint(window.surface));
    client.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(300).int(200));
    client.send(window.surface, request::COMMIT, |m| m);
    client.sync();
    assert_eq!(colour(&server, AT.0 + 299, AT.1 + 199), 0xff_0000);
    assert_ne!(colour(&server, AT.0 + 300, AT.1 + 200), 0xff_0000);
}

#[test]
fn a_buffer_of_one_pixel_fills_a_surface() {
    let server = TestServer::new("single-pixel", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(10, 10, 0xff_0000);
    let viewporter = client.bind("wp_viewporter", 1);
    let viewport = client.make(viewporter, request::GET_VIEWPORT, |m| m.uint(window.surface));
    client.send(viewport, request::VIEWPORT_DESTINATION, |m| m.int(300).int(200));
    let manager = client.bind("wp_single_pixel_buffer_manager_v1", 1);
    let full = u32::MAX;
    let cyan = client.make(manager, request::CREATE_PIXEL, |m| m.uint(0).uint(full).uint(full).uint(full));
    client.show(window.surface, cyan);
    client.sync();
    assert_eq!([colour(&server, AT.0, AT.1), colour(&server, AT.0 + 299, AT.1 + 199)], [0x00_ffff; 2]);

    // What does not cover is blended; the buffer before is free again.
    let nothing = client.make(manager, request::CREATE_PIXEL, |m| m.uint(0).uint(0).uint(0).uint(0));
    let below = client.surface();
    client.show(window.surface, nothing);
    client.until(cyan, event::RELEASE);
    assert_ne!(colour(&server, AT.0 + 100, AT.1 + 100), 0x00_ffff);
    // Without a role and a viewport it is one pixel.
    client.show(below, cyan);
    client.sync();
}

#[test]
fn feedback_says_when_a_commit_was_shown() {
    let server = TestServer::new("presentation", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(10, 10, 0xff_0000);
    let presentation = client.bind("wp_presentation", 1);
    let feedback = client.id();
    client.send(presentation, request::FEEDBACK, |m| m.uint(window.surface).uint(feedback));
    let buffer = client.buffer(10, 10, 0xff);
    client.show(window.surface, buffer);
    let presented = client.until(feedback, event::PRESENTED);
    let mut args = presented.args();
    let (_, seconds, nanos, refresh) =
        (args.uint().unwrap(), args.uint().unwrap(), args.uint().unwrap(), args.uint().unwrap());
    assert!(seconds > 0 && nanos < 1_000_000_000);
    assert_eq!(refresh, 16_666_666);
}

#[test]
fn frames_are_shown_at_whole_periods_of_the_screen_and_counted_by_them() {
    const PERIOD: u64 = 16_666_666;
    let server = TestServer::new("periods", &[]);
    let mut client = TestClient::new(&server);
    let window = client.window(10, 10, 0xff_0000);
    let presentation = client.bind("wp_presentation", 2);
    // The screen is idle in between, for as long as a picture of it takes.
    let shown: Vec<(u64, u64)> = (1..5)
        .map(|colour| {
            let feedback = client.id();
            client.send(presentation, request::FEEDBACK, |m| m.uint(window.surface).uint(feedback));
            let buffer = client.buffer(10, 10, colour);
            client.show(window.surface, buffer);
            let presented = client.until(feedback, event::PRESENTED);
            server.screen();
            let mut args = presented.args();
            let [_, seconds, nanos, _, high, low] = std::array::from_fn(|_| u64::from(args.uint().unwrap()));
            (seconds * 1_000_000_000 + nanos, high << 32 | low)
        })
        .collect();
    for pair in shown.windows(2) {
        let (time, retraces) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        assert!(retraces > 0 && time == retraces * PERIOD, "{shown:?}");
    }
}

#[test]
fn an_event_to_a_client_that_left_with_a_window_hurts_nobody() {
    let mut server = TestServer::new("gone", &[]);
    let mut stays = TestClient::new(&server);
    stays.window(200, 200, 0xff_0000);
    let mut leaves = TestClient::new(&server);
    let window = leaves.window(200, 200, 0x00_ff00);
    let (surface, xdg, popup) = popup(&mut leaves, window.xdg);
    leaves.configure(surface, xdg);
    let _ = popup;
    leaves.sync();
    drop(leaves);
    server.click((100, 100));
    server.press(&["a"]);
    stays.sync();
}
