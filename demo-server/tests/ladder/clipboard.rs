//! Text copied in one program and pasted in another.

use std::io::Read;
use std::os::fd::AsFd;

use crate::desk::Desk;
use crate::guest::{Guest, event, request};
use crate::support::installed;

/// With it, programs paste and copy without a window, and so without the keyboard.
const CONTROL: &str = "zwlr_data_control_manager_v1";

fn offers_control(desk: &Desk) -> bool {
    Guest::new(desk).globals.iter().any(|(_, interface, _)| interface == CONTROL)
}

/// A server for each way to the clipboard: with the keyboard, and, if it was built with it, without.
fn desks(name: &str) -> Vec<Desk> {
    let desk = Desk::new(name, &[]);
    if !offers_control(&desk) {
        println!("the server was built without the XML of wlr-data-control");
        return vec![desk];
    }
    let without = format!("{CONTROL}=0");
    vec![Desk::new(name, &["--offer", &without]), desk]
}

/// What `wl-paste` prints once there is something to paste.
fn pasted(desk: &Desk) -> String {
    pasted_by(desk, &["wl-paste", "--no-newline", "--type", "text/plain"])
}

fn pasted_by(desk: &Desk, command: &[&str]) -> String {
    desk.wait_for("clipboard", |_| {
        let output = desk.command(command).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    })
}

#[test]
fn step_10_wl_copy_to_wl_paste() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    for desk in desks("wl-clipboard") {
        let holder = desk.start(&["wl-copy", "--foreground", "a word"]);
        assert_eq!(pasted(&desk), "a word");
        drop(holder);
        desk.finish();
    }
}

/// With the keyboard, and without: the clipboard is another thing.
#[test]
fn ext_wl_copy_to_wl_paste_by_the_primary_selection() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    for desk in desks("wl-clipboard-primary") {
        let other = desk.start(&["wl-copy", "--foreground", "copied"]);
        assert_eq!(pasted(&desk), "copied");
        let holder = desk.start(&["wl-copy", "--primary", "--foreground", "selected"]);
        let primary = ["wl-paste", "--primary", "--no-newline", "--type", "text/plain"];
        assert_eq!(pasted_by(&desk, &primary), "selected");
        assert_eq!(pasted(&desk), "copied");
        drop((holder, other));
        desk.finish();
    }
}

/// Without a window: the client that has the keyboard keeps it, and is told all the same.
#[test]
fn ext_wl_paste_watches_the_clipboard() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    let desk = Desk::new("wl-paste-watch", &[]);
    if !offers_control(&desk) {
        println!("skipped: the server was built without the XML of wlr-data-control");
        return;
    }
    let mut guest = Guest::new(&desk);
    let (manager, seat) = (guest.bind("wl_data_device_manager", 3), guest.bind("wl_seat", 8));
    let device = guest.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    let keyboard = guest.make(seat, request::GET_KEYBOARD, |m| m);
    guest.window(100, 100, 0xff_0000);
    let mut watch = desk.start(&["wl-paste", "--watch", "cat"]);
    for word in ["first;", "second;"] {
        let copied = desk.start(&["wl-copy", "--foreground", word]);
        watch.wait_for_output(&desk, word);
        guest.until(device, event::DATA_OFFER);
        drop(copied);
    }
    guest.sync();
    assert!(!guest.has(keyboard, event::KEYBOARD_LEAVE));
    drop(watch);
    desk.finish();
}

/// Requests and events of wlr-data-control.
mod control {
    pub(super) const CREATE_SOURCE: u16 = 0;
    pub(super) const GET_DEVICE: u16 = 1;
    pub(super) const SET_SELECTION: u16 = 0;
    pub(super) const OFFER: u16 = 0;
    pub(super) const RECEIVE: u16 = 0;
    pub(super) const DATA_OFFER: u16 = 0;
    pub(super) const SELECTION: u16 = 1;
    pub(super) const SEND: u16 = 0;
    pub(super) const CANCELLED: u16 = 1;
}

#[test]
fn a_clipboard_manager_needs_no_window() {
    let desk = Desk::new("data-control", &[]);
    if !offers_control(&desk) {
        println!("skipped: the server was built without the XML of wlr-data-control");
        return;
    }
    let mut manager = Manager::new(&desk);
    // The first event says that there is nothing to paste.
    assert_eq!(manager.guest.until(manager.device, control::SELECTION).first(), 0);
    let source = manager.copy("text/plain");
    assert_ne!(manager.guest.until(manager.device, control::SELECTION).first(), 0);

    let mut other = Manager::new(&desk);
    let offer = other.guest.until(other.device, control::DATA_OFFER).first();
    other.guest.until(other.device, control::SELECTION);
    let (mut reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    other.guest.send_fd(offer, control::RECEIVE, writer.as_fd(), |m| m.string("text/plain"));
    drop(writer);
    manager.guest.until(source, control::SEND);
    let mut file = std::fs::File::from(manager.guest.stream.take_fd().unwrap());
    std::io::Write::write_all(&mut file, b"copied").unwrap();
    drop(file);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "copied");

    // What is copied next ends it; a source serves once.
    let next = other.copy("text/html");
    manager.guest.until(source, control::CANCELLED);
    let device = other.device;
    other.guest.send(device, control::SET_SELECTION, |m| m.uint(next));
    other.guest.expect_error(device, 1);
    // And it goes with its client.
    while manager.guest.until(manager.device, control::SELECTION).first() != 0 {}
    let source = manager.copy("text/plain");
    manager.guest.send(source, control::OFFER, |m| m.string("text/html"));
    manager.guest.expect_error(source, 1);
}

/// A client that manages the clipboard.
struct Manager {
    guest: Guest,
    manager: u32,
    device: u32,
}

impl Manager {
    fn new(desk: &Desk) -> Manager {
        let mut guest = Guest::new(desk);
        let (manager, seat) = (guest.bind(CONTROL, 2), guest.bind("wl_seat", 8));
        let device = guest.make(manager, control::GET_DEVICE, |m| m.uint(seat));
        Manager { guest, manager, device }
    }

    /// Copies something that can be had as one type.
    fn copy(&mut self, kind: &str) -> u32 {
        let source = self.guest.make(self.manager, control::CREATE_SOURCE, |m| m);
        self.guest.send(source, control::OFFER, |m| m.string(kind));
        self.guest.send(self.device, control::SET_SELECTION, |m| m.uint(source));
        source
    }
}

#[test]
fn step_11_foot_to_wl_paste() {
    if !installed("foot") || !installed("wl-paste") {
        return;
    }
    for desk in desks("foot-copies") {
        foot_to_wl_paste(desk);
    }
}

fn foot_to_wl_paste(mut desk: Desk) {
    let mut program = desk.start(&[
        "foot",
        "--override=pad=0x0",
        "--override=csd.preferred=none",
        "sh",
        "-c",
        "echo uncommonword; exec cat",
    ]);
    let [left, top, ..] = desk.shown(&mut program).edges;
    // A double click on the first word selects it; shadows are around the window.
    let word = (left + 60, top + 20);
    desk.click(word);
    desk.click(word);
    desk.act(&["key ctrl press", "key shift press"]);
    desk.press(&["c"]);
    desk.act(&["key shift release", "key ctrl release"]);
    assert_eq!(pasted(&desk), "uncommonword");
    desk.close(program);
    desk.finish();
}

#[test]
fn step_11_wl_copy_to_foot() {
    if !installed("foot") || !installed("wl-copy") {
        return;
    }
    for desk in desks("foot-pastes") {
        wl_copy_to_foot(desk);
    }
}

fn wl_copy_to_foot(mut desk: Desk) {
    let mut program = desk.start(&["foot", "sh"]);
    desk.shown(&mut program);
    let holder = desk.start(&["wl-copy", "--foreground", "touch pasted.1"]);
    assert_eq!(pasted(&desk), "touch pasted.1");
    let effect = desk.path().join("pasted.1");
    desk.act(&["key ctrl press", "key shift press"]);
    desk.press(&["v"]);
    desk.act(&["key shift release", "key ctrl release"]);
    // The text comes through a pipe, after the keys that follow it: enter is pressed until it is there.
    while !effect.exists() {
        desk.press(&["enter"]);
        desk.screen();
    }
    drop(holder);
    desk.close(program);
    desk.finish();
}
