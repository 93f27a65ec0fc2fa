//! Surfaces that belong to the screen: wallpapers, panels, selections. Skipped if
//! the server was built without the XML of wlr-layer-shell.

use crate::contracts::AT;
use crate::test_client::{TestClient, request};
use crate::test_server::TestServer;
use wayline_conformance::target::installed;
use wayline_desktop_wayland::protocol::{xdg_toplevel, zwlr_layer_shell_v1, zwlr_layer_surface_v1};

const SHELL: &str = "zwlr_layer_shell_v1";

/// Opcodes.
const GET_LAYER_SURFACE: u16 = zwlr_layer_shell_v1::opcode::GET_LAYER_SURFACE;
const SET_SIZE: u16 = zwlr_layer_surface_v1::opcode::SET_SIZE;
const SET_ANCHOR: u16 = zwlr_layer_surface_v1::opcode::SET_ANCHOR;
pub(crate) const SET_ZONE: u16 = zwlr_layer_surface_v1::opcode::SET_EXCLUSIVE_ZONE;
const ACK: u16 = zwlr_layer_surface_v1::opcode::ACK_CONFIGURE;
const CONFIGURE: u16 = zwlr_layer_surface_v1::opcode::CONFIGURE;

const BACKGROUND: u32 = 0;
pub(crate) const TOP: u32 = 2;

const ALL_EDGES: u32 = 15;
pub(crate) const TOP_EDGE: u32 = 1 | 4 | 8;

/// A server whose server knows layers.
pub(crate) fn start(name: &str) -> Option<TestServer> {
    let server = TestServer::new(name, &[]);
    let known = TestClient::new(&server).globals.iter().any(|global| global.interface == SHELL);
    if !known {
        println!("skipped: the server was built without the XML of wlr-layer-shell");
    }
    known.then_some(server)
}

/// A surface on a layer that was told its size: the surface, what makes it one, and the size.
pub(crate) fn layer(
    client: &mut TestClient,
    level: u32,
    height: u32,
    anchor: u32,
    zone: i32,
) -> (u32, u32, (u32, u32)) {
    let shell = client.bind(SHELL, 4);
    let surface = client.surface();
    let layer = client.make(shell, GET_LAYER_SURFACE, |m| m.uint(surface).uint(0).uint(level).string("test"));
    client.send(layer, SET_SIZE, |m| m.uint(0).uint(height));
    client.send(layer, SET_ANCHOR, |m| m.uint(anchor));
    client.send(layer, SET_ZONE, |m| m.int(zone));
    client.send(surface, request::COMMIT, |m| m);
    let configure = client.until(layer, CONFIGURE);
    let mut args = configure.args();
    let (serial, width, height) = (args.uint().unwrap(), args.uint().unwrap(), args.uint().unwrap());
    client.send(layer, ACK, |m| m.uint(serial));
    (surface, layer, (width, height))
}

#[test]
fn a_wallpaper_is_below_windows_and_a_panel_above() {
    let Some(server) = start("layers") else { return };
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (panel, _, size) = layer(&mut client, TOP, 100, TOP_EDGE, 100);
    assert_eq!(size, (1024, 100));
    let buffer = client.buffer(1024, 100, 0x00_00ff);
    client.show(panel, buffer);
    // What comes later goes around the panel, and does not cover the window.
    let (wallpaper, _, size) = layer(&mut client, BACKGROUND, 0, ALL_EDGES, 0);
    assert_eq!(size, (1024, 668));
    let buffer = client.buffer(1024, 668, 0x00_ff00);
    client.show(wallpaper, buffer);
    client.sync();
    let screen = server.screen();
    assert_eq!(screen.colour(0, 0), 0x00_00ff);
    assert_eq!(screen.colour(AT.0, 99), 0x00_00ff, "above the window");
    assert_eq!(screen.colour(AT.0, 100), 0xff_0000);
    assert_eq!(screen.colour(1023, 767), 0x00_ff00);

    // A new window comes between the two as well.
    let mut other = TestClient::new(&server);
    other.window(900, 700, 0x12_3456);
    let screen = server.screen();
    assert_eq!([screen.colour(512, 50), screen.colour(512, 600)], [0x00_00ff, 0x12_3456]);
    client.send(window.surface, request::SURFACE_DESTROY, |m| m);
}

#[test]
fn the_keyboard_stays_with_windows() {
    let Some(mut server) = start("layer-keyboard") else { return };
    let mut client = TestClient::new(&server);
    let window = client.window(200, 200, 0xff_0000);
    let (wallpaper, ..) = layer(&mut client, BACKGROUND, 0, ALL_EDGES, -1);
    let buffer = client.buffer(1024, 768, 0x00_ff00);
    client.show(wallpaper, buffer);
    client.sync();
    server.act(&["close"]);
    client.until(window.toplevel, xdg_toplevel::opcode::CLOSE);
}

#[test]
fn layers_that_break_the_rules() {
    let Some(server) = start("layer-violations") else { return };
    let mut client = TestClient::new(&server);
    let (surface, layer, _) = layer(&mut client, TOP, 10, TOP_EDGE, 0);
    client.send(layer, SET_ANCHOR, |m| m.uint(1));
    client.send(surface, request::COMMIT, |m| m);
    client.expect_error(layer, 1);

    let mut client = TestClient::new(&server);
    let (_, layer, _) = self::layer(&mut client, TOP, 10, TOP_EDGE, 0);
    client.send(layer, SET_ANCHOR, |m| m.uint(16));
    client.expect_error(layer, 2);

    let mut client = TestClient::new(&server);
    let (_, layer, _) = self::layer(&mut client, TOP, 10, TOP_EDGE, 0);
    client.send(layer, ACK, |m| m.uint(12_345));
    client.expect_error(layer, 0);

    let mut client = TestClient::new(&server);
    let shell = client.bind(SHELL, 4);
    let surface = client.surface();
    client.make(shell, GET_LAYER_SURFACE, |m| m.uint(surface).uint(0).uint(4).string("test"));
    client.expect_error(shell, 1);

    let mut client = TestClient::new(&server);
    let window = client.window(10, 10, 0);
    let shell = client.bind(SHELL, 4);
    client.make(shell, GET_LAYER_SURFACE, |m| m.uint(window.surface).uint(0).uint(TOP).string("test"));
    client.expect_error(shell, 2);
}

#[test]
fn ext_swaybg_is_behind_everything() {
    if !installed("swaybg") {
        return;
    }
    let Some(server) = start("swaybg") else { return };
    let mut program = server.start(&["swaybg", "--color", "#336699"]);
    server.shown(&mut program);
    server.wait_for("wallpaper", |screen| {
        (screen.colour(0, 0) == 0x33_6699 && screen.colour(1023, 767) == 0x33_6699).then_some(())
    });
    let mut client = TestClient::new(&server);
    client.window(200, 200, 0xff_0000);
    assert_eq!(server.screen().colour(AT.0, AT.1), 0xff_0000);
    drop(program);
    server.finish();
}

#[test]
fn ext_slurp_says_what_was_selected() {
    if !installed("slurp") {
        return;
    }
    let Some(mut server) = start("slurp") else { return };
    let mut program = server.start(&["slurp"]);
    server.shown(&mut program);
    let pointer = |x: i32, y: i32| format!("move {x} {y}");
    server.act(&[&pointer(100, 100), "button left press", &pointer(200, 150)]);
    server.wait_for("selection", |screen| (screen.colour(150, 125) != screen.colour(600, 500)).then_some(()));
    server.keep();
    server.act(&["button left release"]);
    let status = program.wait(&server);
    assert!(status.success(), "{}", program.log());
    assert!(program.log().contains("100,100 10"), "{}", program.log());
    server.finish();
}
