//! Text copied in one program and pasted in another.

use std::io::Read;
use std::os::fd::AsFd;

use crate::test_client::{TestClient, event, request};
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

/// With it, programs paste and copy without a window, and so without the keyboard.
const CONTROL: &str = "zwlr_data_control_manager_v1";

fn offers_control(server: &TestServer) -> bool {
    TestClient::new(server).globals.iter().any(|global| global.interface == CONTROL)
}

/// A server for each way to the clipboard: with the keyboard, and, if it was built with it, without.
fn servers(name: &str) -> Vec<TestServer> {
    let server = TestServer::new(name, &[]);
    if !offers_control(&server) {
        println!("the server was built without the XML of wlr-data-control");
        return vec![server];
    }
    let without = format!("{CONTROL}=0");
    vec![TestServer::new(name, &["--offer", &without]), server]
}

/// What `wl-paste` prints once there is something to paste.
fn pasted(server: &TestServer) -> String {
    pasted_by(server, &["wl-paste", "--no-newline", "--type", "text/plain"])
}

fn pasted_by(server: &TestServer, command: &[&str]) -> String {
    server.wait_for("clipboard", |_| {
        let output = server.command(command).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    })
}

#[test]
fn step_10_wl_copy_to_wl_paste() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    for server in servers("wl-clipboard") {
        let holder = server.start(&["wl-copy", "--foreground", "a word"]);
        assert_eq!(pasted(&server), "a word");
        drop(holder);
        server.finish();
    }
}

/// With the keyboard, and without: the clipboard is another thing.
#[test]
fn ext_wl_copy_to_wl_paste_by_the_primary_selection() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    for server in servers("wl-clipboard-primary") {
        let other = server.start(&["wl-copy", "--foreground", "copied"]);
        assert_eq!(pasted(&server), "copied");
        let holder = server.start(&["wl-copy", "--primary", "--foreground", "selected"]);
        let primary = ["wl-paste", "--primary", "--no-newline", "--type", "text/plain"];
        assert_eq!(pasted_by(&server, &primary), "selected");
        assert_eq!(pasted(&server), "copied");
        drop((holder, other));
        server.finish();
    }
}

/// Without a window: the client that has the keyboard keeps it, and is told all the same.
#[test]
fn ext_wl_paste_watches_the_clipboard() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    let server = TestServer::new("wl-paste-watch", &[]);
    if !offers_control(&server) {
        println!("skipped: the server was built without the XML of wlr-data-control");
        return;
    }
    let mut client = TestClient::new(&server);
    let (manager, seat) = (client.bind("wl_data_device_manager", 3), client.bind("wl_seat", 8));
    let device = client.make(manager, request::GET_DATA_DEVICE, |m| m.uint(seat));
    let keyboard = client.make(seat, request::GET_KEYBOARD, |m| m);
    client.window(100, 100, 0xff_0000);
    let mut watch = server.start(&["wl-paste", "--watch", "cat"]);
    for word in ["first;", "second;"] {
        let copied = server.start(&["wl-copy", "--foreground", word]);
        watch.wait_for_output(&server, word);
        client.until(device, event::DATA_OFFER);
        drop(copied);
    }
    client.sync();
    assert!(!client.has(keyboard, event::KEYBOARD_LEAVE));
    drop(watch);
    server.finish();
}

/// Requests and events of wlr-data-control.
mod control {
    use wayline_desktop_wayland::protocol::{
        zwlr_data_control_device_v1, zwlr_data_control_manager_v1, zwlr_data_control_offer_v1,
        zwlr_data_control_source_v1,
    };

    pub(super) const CREATE_SOURCE: u16 = zwlr_data_control_manager_v1::opcode::CREATE_DATA_SOURCE;
    pub(super) const GET_DEVICE: u16 = zwlr_data_control_manager_v1::opcode::GET_DATA_DEVICE;
    pub(super) const SET_SELECTION: u16 = zwlr_data_control_device_v1::opcode::SET_SELECTION;
    pub(super) const OFFER: u16 = zwlr_data_control_source_v1::opcode::OFFER;
    pub(super) const RECEIVE: u16 = zwlr_data_control_offer_v1::opcode::RECEIVE;
    pub(super) const DATA_OFFER: u16 = zwlr_data_control_device_v1::opcode::DATA_OFFER;
    pub(super) const SELECTION: u16 = zwlr_data_control_device_v1::opcode::SELECTION;
    pub(super) const SEND: u16 = zwlr_data_control_source_v1::opcode::SEND;
    pub(super) const CANCELLED: u16 = zwlr_data_control_source_v1::opcode::CANCELLED;
}

#[test]
fn a_clipboard_manager_needs_no_window() {
    let server = TestServer::new("data-control", &[]);
    if !offers_control(&server) {
        println!("skipped: the server was built without the XML of wlr-data-control");
        return;
    }
    let mut manager = Manager::new(&server);
    // The first event says that there is nothing to paste.
    assert_eq!(manager.client.until(manager.device, control::SELECTION).first(), 0);
    let source = manager.copy("text/plain");
    assert_ne!(manager.client.until(manager.device, control::SELECTION).first(), 0);

    let mut other = Manager::new(&server);
    let offer = other.client.until(other.device, control::DATA_OFFER).first();
    other.client.until(other.device, control::SELECTION);
    let (mut reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    other.client.send_fds(offer, control::RECEIVE, &[writer.as_fd()], |m| m.string("text/plain"));
    drop(writer);
    manager.client.until(source, control::SEND);
    let mut file = std::fs::File::from(manager.client.raw.stream.take_fd().unwrap());
    std::io::Write::write_all(&mut file, b"copied").unwrap();
    drop(file);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "copied");

    // What is copied next ends it; a source serves once.
    let next = other.copy("text/html");
    manager.client.until(source, control::CANCELLED);
    let device = other.device;
    other.client.send(device, control::SET_SELECTION, |m| m.uint(next));
    other.client.expect_error(device, 1);
    // And it goes with its client.
    while manager.client.until(manager.device, control::SELECTION).first() != 0 {}
    let source = manager.copy("text/plain");
    manager.client.send(source, control::OFFER, |m| m.string("text/html"));
    manager.client.expect_error(source, 1);
}

/// A client that manages the clipboard.
struct Manager {
    client: TestClient,
    manager: u32,
    device: u32,
}

impl Manager {
    fn new(server: &TestServer) -> Manager {
        let mut client = TestClient::new(server);
        let (manager, seat) = (client.bind(CONTROL, 2), client.bind("wl_seat", 8));
        let device = client.make(manager, control::GET_DEVICE, |m| m.uint(seat));
        Manager { client, manager, device }
    }

    /// Copies something that can be had as one type.
    fn copy(&mut self, kind: &str) -> u32 {
        let source = self.client.make(self.manager, control::CREATE_SOURCE, |m| m);
        self.client.send(source, control::OFFER, |m| m.string(kind));
        self.client.send(self.device, control::SET_SELECTION, |m| m.uint(source));
        source
    }
}

#[test]
fn step_11_foot_to_wl_paste() {
    if !installed("foot") || !installed("wl-paste") {
        return;
    }
    for server in servers("foot-copies") {
        foot_to_wl_paste(server);
    }
}

fn foot_to_wl_paste(mut server: TestServer) {
    let mut program = server.start(&[
        "foot",
        "--override=pad=0x0",
        "--override=csd.preferred=none",
        "sh",
        "-c",
        "echo uncommonword; exec cat",
    ]);
    let [left, top, ..] = server.shown(&mut program).edges;
    // A double click on the first word selects it; shadows are around the window.
    let word = (left + 60, top + 20);
    server.click(word);
    server.click(word);
    server.act(&["key ctrl press", "key shift press"]);
    server.press(&["c"]);
    server.act(&["key shift release", "key ctrl release"]);
    assert_eq!(pasted(&server), "uncommonword");
    server.close(program);
    server.finish();
}

#[test]
fn step_11_wl_copy_to_foot() {
    if !installed("foot") || !installed("wl-copy") {
        return;
    }
    for server in servers("foot-pastes") {
        wl_copy_to_foot(server);
    }
}

fn wl_copy_to_foot(mut server: TestServer) {
    let mut program = server.start(&["foot", "sh"]);
    server.shown(&mut program);
    let holder = server.start(&["wl-copy", "--foreground", "touch pasted.1"]);
    assert_eq!(pasted(&server), "touch pasted.1");
    let effect = server.path().join("pasted.1");
    server.act(&["key ctrl press", "key shift press"]);
    server.press(&["v"]);
    server.act(&["key shift release", "key ctrl release"]);
    // The text comes through a pipe, after the keys that follow it: enter is pressed until it is there.
    while !effect.exists() {
        server.press(&["enter"]);
        server.screen();
    }
    drop(holder);
    server.close(program);
    server.finish();
}
