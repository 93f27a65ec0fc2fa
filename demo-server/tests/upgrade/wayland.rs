//! Clients of Wayland that look at each message.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Command;

use wayline_wayland::{wl_data_device, wl_pointer};

use crate::servers::Servers;
use crate::support::SERVER;
use crate::test_client::{TestClient, event, request};

const UPGRADES: usize = 5;

#[test]
fn every_frame_callback_is_answered_and_the_screen_is_the_same() {
    let mut servers = Servers::start(&[]);
    let mut clients: Vec<TestClient> = (0..5).map(|_| servers.client()).collect();
    let mut surfaces = Vec::new();
    for (at, client) in clients.iter_mut().enumerate() {
        surfaces.push(client.window(100, 80, 0x0020_3040 * (at as u32 + 1)).surface);
    }
    let mut fds = None;
    let before = servers.screen();
    for _ in 0..UPGRADES {
        let asked = |client: &mut TestClient, surface: u32| {
            let callback = client.make(surface, request::FRAME, |m| m);
            client.send(surface, request::COMMIT, |m| m);
            callback
        };
        let waiting: Vec<u32> =
            clients.iter_mut().zip(&surfaces).map(|(client, surface)| asked(client, *surface)).collect();
        servers.upgrade();
        for (client, callback) in clients.iter_mut().zip(waiting) {
            client.until(callback, event::DONE);
        }
        assert!(servers.screen() == before, "the screen is another one");
        servers.must_have(&mut fds);
    }
    // Windows still come and go.
    let more = servers.client().window(300, 300, 0x00ff_ffff);
    assert!(more.surface > 0);
    servers.wait_for_screen(|screen| *screen == before);
}

#[test]
fn no_motion_of_the_pointer_is_lost_or_told_twice_while_servers_change() {
    let mut servers = Servers::start(&["--script", "-"]);
    let mut client = servers.client();
    client.window(400, 400, 0x0012_3456);
    let (_, pointer) = client.pointer();
    servers.act("move 190 190");
    client.until(pointer, event::POINTER_ENTER);
    client.sync();
    client.events.clear();
    let mut expected = 0;
    for _ in 0..UPGRADES {
        let mut command = Command::new(SERVER);
        let mut asked = command.arg("--socket").arg(&servers.first.socket).arg("--upgrade").spawn().unwrap();
        while asked.try_wait().unwrap().is_none() {
            // In the middle of the window, a pixel to and fro, so that each move is one.
            for _ in 0..10 {
                expected += 1;
                servers.act(&format!("move {} 190", 200 + expected % 7));
            }
            client.sync();
        }
        assert!(asked.wait().unwrap().success(), "{}", servers.log());
        servers.follow_any();
    }
    servers.act("button left press");
    client.until(pointer, event::BUTTON);
    let places: Vec<u32> = client
        .events
        .iter()
        .filter_map(|event| {
            let is_motion = (event.object, event.opcode) == (pointer, wl_pointer::opcode::MOTION);
            // After the time, in 256ths of a pixel.
            is_motion.then(|| {
                let mut args = event.args();
                args.uint().unwrap();
                args.uint().unwrap() / 256
            })
        })
        .collect();
    let first = places[0];
    assert_eq!(places.len(), expected, "all of them, once");
    for (at, place) in places.iter().enumerate() {
        assert_eq!((place + 7 - first) % 7, (at as u32) % 7, "in their order");
    }
}

#[test]
fn what_was_copied_can_be_pasted_and_a_key_that_is_down_goes_up_later() {
    let mut servers = Servers::start(&["--script", "-"]);
    let mut from = servers.client();
    from.window(200, 200, 0x0012_3456);
    let seat = from.bind("wl_seat", 8);
    let keyboard = from.make(seat, request::GET_KEYBOARD, |m| m);
    from.until(keyboard, event::KEYMAP);
    drop(from.raw.stream.take_fd().unwrap());
    servers.act("key a press");
    let serial = from.until(keyboard, wayline_wayland::wl_keyboard::opcode::KEY).first();
    let manager = from.bind("wl_data_device_manager", 3);
    let source = from.make(manager, request::CREATE_SOURCE, |m| m);
    from.send(source, request::SOURCE_OFFER, |m| m.string("text/plain"));
    let device = from.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    from.send(device, request::SET_SELECTION, |m| m.uint(source).uint(serial));
    from.sync();
    for round in 0..UPGRADES {
        servers.upgrade();
        // The one that has the keyboard pastes what is its own.
        let offer = from
            .events
            .iter()
            .rev()
            .find(|event| (event.object, event.opcode) == (device, wl_data_device::opcode::SELECTION));
        let offer = offer.expect("an offer").first();
        let (reader, writer) = std::io::pipe().unwrap();
        from.send_fds(offer, request::RECEIVE, &[writer.as_fd()], |m| m.string("text/plain"));
        drop(writer);
        from.until(source, event::SEND);
        let text = format!("text {round}");
        File::from(from.raw.stream.take_fd().unwrap()).write_all(text.as_bytes()).unwrap();
        let mut pasted = String::new();
        File::from(std::os::fd::OwnedFd::from(reader)).read_to_string(&mut pasted).unwrap();
        assert_eq!(pasted, text);
    }
    servers.act("key a release");
    from.until(keyboard, wayline_wayland::wl_keyboard::opcode::KEY);
}
