//! What is selected in one program and pasted in another, message by message.

use std::io::{Read, Write};
use std::os::fd::AsFd;

use wayline_protocols::primary_selection::zwp_primary_selection_device_manager_v1::opcode as manager;
use wayline_protocols::primary_selection::zwp_primary_selection_device_v1::opcode as device;
use wayline_protocols::primary_selection::zwp_primary_selection_offer_v1::opcode as offer;
use wayline_protocols::primary_selection::zwp_primary_selection_source_v1::opcode as source;

use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;

/// A client with a keyboard and a device.
struct User {
    client: TestClient,
    manager: u32,
    device: u32,
    keyboard: u32,
}

impl User {
    fn new(server: &TestServer) -> User {
        let mut client = TestClient::new(server);
        let (manager, seat) = (client.bind("zwp_primary_selection_device_manager_v1", 1), client.bind("wl_seat", 8));
        let device = client.make(manager, manager::GET_DEVICE, |m| m.uint(seat));
        let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
        User { client, manager, device, keyboard }
    }

    fn select(&mut self, serial: u32) -> u32 {
        let source = self.client.make(self.manager, manager::CREATE_SOURCE, |m| m);
        self.client.send(source, source::OFFER, |m| m.string("text/plain"));
        self.client.send(self.device, device::SET_SELECTION, |m| m.uint(source).uint(serial));
        source
    }
}

#[test]
fn who_has_the_keyboard_is_told_what_is_selected() {
    let server = TestServer::new("primary", &[]);
    let mut owner = User::new(&server);
    owner.client.window(100, 100, 0xff_0000);
    assert!(owner.client.has(owner.device, device::SELECTION), "before the keyboard comes");
    let selected = owner.select(0);
    assert_ne!(owner.client.until(owner.device, device::SELECTION).first(), 0);

    let mut reader = User::new(&server);
    reader.client.sync();
    assert!(!reader.client.has(reader.device, device::SELECTION), "it has not got the keyboard");
    reader.client.window(100, 100, 0x00_ff00);
    let at = |opcode| reader.client.events.iter().position(|e| (e.object, e.opcode) == opcode).unwrap();
    assert!(at((reader.device, device::SELECTION)) < at((reader.keyboard, event::KEYBOARD_ENTER)));
    let offered = reader.client.events[at((reader.device, device::DATA_OFFER))].first();
    let (mut pipe, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    reader.client.send_fds(offered, offer::RECEIVE, &[writer.as_fd()], |m| m.string("text/plain"));
    drop(writer);
    owner.client.until(selected, source::SEND);
    // Those before it are keymaps.
    let fd = std::iter::from_fn(|| owner.client.raw.stream.take_fd().ok()).last().unwrap();
    let mut file = std::fs::File::from(fd);
    file.write_all(b"selected").unwrap();
    drop(file);
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    assert_eq!(text, "selected");

    // The next selection ends the one before, and goes with its source.
    let next = reader.select(0);
    owner.client.until(selected, source::CANCELLED);
    reader.client.sync();
    reader.client.events.clear();
    reader.client.send(next, source::DESTROY, |m| m);
    assert_eq!(reader.client.until(reader.device, device::SELECTION).first(), 0);
}

#[test]
fn who_never_had_input_cannot_select() {
    let server = TestServer::new("primary-right", &[]);
    let mut owner = User::new(&server);
    owner.client.window(100, 100, 0xff_0000);
    let kept = owner.select(0);
    owner.client.sync();
    let mut other = User::new(&server);
    for serial in [0, 1, u32::MAX] {
        let refused = other.select(serial);
        other.client.until(refused, source::CANCELLED);
    }
    owner.client.sync();
    assert!(!owner.client.has(kept, source::CANCELLED));
}
