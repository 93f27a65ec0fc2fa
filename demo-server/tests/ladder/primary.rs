//! What is selected in one program and pasted in another, message by message.

use std::io::{Read, Write};
use std::os::fd::AsFd;

use wayline_protocols::primary_selection::zwp_primary_selection_device_manager_v1::opcode as manager;
use wayline_protocols::primary_selection::zwp_primary_selection_device_v1::opcode as device;
use wayline_protocols::primary_selection::zwp_primary_selection_offer_v1::opcode as offer;
use wayline_protocols::primary_selection::zwp_primary_selection_source_v1::opcode as source;

use crate::desk::Desk;
use crate::guest::{Guest, event, request};

/// A client with a keyboard and a device.
struct User {
    guest: Guest,
    manager: u32,
    device: u32,
    keyboard: u32,
}

impl User {
    fn new(desk: &Desk) -> User {
        let mut guest = Guest::new(desk);
        let (manager, seat) = (guest.bind("zwp_primary_selection_device_manager_v1", 1), guest.bind("wl_seat", 8));
        let device = guest.make(manager, manager::GET_DEVICE, |m| m.uint(seat));
        let keyboard = guest.make(seat, request::GET_KEYBOARD, |m| m);
        User { guest, manager, device, keyboard }
    }

    fn select(&mut self, serial: u32) -> u32 {
        let source = self.guest.make(self.manager, manager::CREATE_SOURCE, |m| m);
        self.guest.send(source, source::OFFER, |m| m.string("text/plain"));
        self.guest.send(self.device, device::SET_SELECTION, |m| m.uint(source).uint(serial));
        source
    }
}

#[test]
fn who_has_the_keyboard_is_told_what_is_selected() {
    let desk = Desk::new("primary", &[]);
    let mut owner = User::new(&desk);
    owner.guest.window(100, 100, 0xff_0000);
    assert!(owner.guest.has(owner.device, device::SELECTION), "before the keyboard comes");
    let selected = owner.select(0);
    assert_ne!(owner.guest.until(owner.device, device::SELECTION).first(), 0);

    let mut reader = User::new(&desk);
    reader.guest.sync();
    assert!(!reader.guest.has(reader.device, device::SELECTION), "it has not got the keyboard");
    reader.guest.window(100, 100, 0x00_ff00);
    let at = |opcode| reader.guest.events.iter().position(|e| (e.object, e.opcode) == opcode).unwrap();
    assert!(at((reader.device, device::SELECTION)) < at((reader.keyboard, event::KEYBOARD_ENTER)));
    let offered = reader.guest.events[at((reader.device, device::DATA_OFFER))].first();
    let (mut pipe, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    reader.guest.send_fd(offered, offer::RECEIVE, writer.as_fd(), |m| m.string("text/plain"));
    drop(writer);
    owner.guest.until(selected, source::SEND);
    // Those before it are keymaps.
    let fd = std::iter::from_fn(|| owner.guest.stream.take_fd().ok()).last().unwrap();
    let mut file = std::fs::File::from(fd);
    file.write_all(b"selected").unwrap();
    drop(file);
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    assert_eq!(text, "selected");

    // The next selection ends the one before, and goes with its source.
    let next = reader.select(0);
    owner.guest.until(selected, source::CANCELLED);
    reader.guest.sync();
    reader.guest.events.clear();
    reader.guest.send(next, source::DESTROY, |m| m);
    assert_eq!(reader.guest.until(reader.device, device::SELECTION).first(), 0);
}

#[test]
fn who_never_had_input_cannot_select() {
    let desk = Desk::new("primary-right", &[]);
    let mut owner = User::new(&desk);
    owner.guest.window(100, 100, 0xff_0000);
    let kept = owner.select(0);
    owner.guest.sync();
    let mut other = User::new(&desk);
    for serial in [0, 1, u32::MAX] {
        let refused = other.select(serial);
        other.guest.until(refused, source::CANCELLED);
    }
    owner.guest.sync();
    assert!(!owner.guest.has(kept, source::CANCELLED));
}
