//! The programs, in the order of what they need.

use crate::test_server::TestServer;
use wayline_conformance::target::installed;

/// Shows a program and closes it.
fn show(name: &str, command: &[&str]) {
    if !installed(command[0]) {
        return;
    }
    let mut server = TestServer::new(name, &[]);
    let mut program = server.start(command);
    server.shown(&mut program);
    server.close(program);
    server.finish();
}

/// Shows a program that does not close its window when it is asked to.
fn show_and_kill(name: &str, command: &[&str], args: &[&str]) {
    if !installed(command[0]) {
        return;
    }
    let server = TestServer::new(name, args);
    let mut program = server.start(command);
    server.shown(&mut program);
    drop(program);
    server.finish();
}

/// Shows a program and clicks where something should happen: in its middle, or
/// from there some pixels to the right and down.
fn show_and_click(name: &str, command: &[&str], offset: (isize, isize)) {
    if !installed(command[0]) {
        return;
    }
    let mut server = TestServer::new(name, &[]);
    let mut program = server.start(command);
    let (x, y) = server.shown(&mut program).middle();
    let before = server.screen();
    server.click((x.checked_add_signed(offset.0).unwrap(), y.checked_add_signed(offset.1).unwrap()));
    server.wait_for("reaction", |screen| (*screen != before).then_some(()));
    server.keep();
    server.close(program);
    server.finish();
}

#[test]
fn step_00_wayland_info() {
    if !installed("wayland-info") {
        return;
    }
    let server = TestServer::new("wayland-info", &[]);
    let output = server.command(&["wayland-info"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for expected in ["'wl_compositor',", "'xdg_wm_base',", "width: 1024 px, height: 768 px", "pointer keyboard"] {
        assert!(text.contains(expected), "no {expected} in:\n{text}");
    }
    server.finish();
}

#[test]
fn step_01_weston_multi_resource() {
    show_and_kill("weston-multi-resource", &["weston-multi-resource"], &[]);
}

#[test]
fn step_01_weston_simple_touch() {
    show("weston-simple-touch", &["weston-simple-touch"]);
}

#[test]
fn step_02_weston_simple_shm() {
    show("weston-simple-shm", &["weston-simple-shm"]);
}

#[test]
fn step_02_weston_simple_damage() {
    show("weston-simple-damage", &["weston-simple-damage"]);
}

/// Binds whatever version of xdg_wm_base is offered, and aborts at an event that it does not know.
#[test]
fn step_02_weston_presentation_shm() {
    show_and_kill("weston-presentation-shm", &["weston-presentation-shm"], &["--offer", "xdg_wm_base=3"]);
}

#[test]
fn step_03_swayimg() {
    if !installed("swayimg") {
        return;
    }
    let mut server = TestServer::new("swayimg", &[]);
    let picture = server.picture();
    let mut program = server.start(&["swayimg", &picture]);
    server.shown(&mut program);
    server.close(program);
    server.finish();
}

/// OpenGL in software, over shared memory.
#[test]
fn step_03_weston_simple_egl() {
    show("weston-simple-egl", &["weston-simple-egl"]);
}

#[test]
fn step_04_weston_flower() {
    show("weston-flower", &["weston-flower"]);
}

#[test]
fn step_04_weston_smoke_follows_the_pointer() {
    show_and_click("weston-smoke", &["weston-smoke"], (20, 20));
}

#[test]
fn step_04_weston_eventdemo() {
    show("weston-eventdemo", &["weston-eventdemo"]);
}

#[test]
fn step_04_weston_image() {
    if !installed("weston-image") {
        return;
    }
    let mut server = TestServer::new("weston-image", &[]);
    let picture = server.picture();
    let mut program = server.start(&["weston-image", &picture]);
    server.shown(&mut program);
    server.close(program);
    server.finish();
}

#[test]
fn step_04_weston_clickdot_draws_where_it_is_clicked() {
    show_and_click("weston-clickdot", &["weston-clickdot"], (40, 30));
}

#[test]
fn step_04_weston_terminal_runs_commands() {
    type_a_command("weston-terminal", &["weston-terminal"]);
}

#[test]
fn step_04_weston_nested() {
    let command = ["weston", "--backend=wayland-backend.so", "--use-pixman", "--socket=nested", "--idle-time=0"];
    show_and_kill("weston-nested", &[&command[..], &["--width=640", "--height=480"]].concat(), &[]);
}

#[test]
fn step_04_weston_resizor() {
    show("weston-resizor", &["weston-resizor"]);
}

#[test]
fn step_04_weston_cliptest() {
    show("weston-cliptest", &["weston-cliptest"]);
}

/// A window that draws turned and scaled buffers, and fills the screen.
#[test]
fn step_05_weston_fullscreen() {
    if !installed("weston-fullscreen") {
        return;
    }
    let mut server = TestServer::new("weston-fullscreen", &[]);
    let mut program = server.start(&["weston-fullscreen"]);
    let window = server.shown(&mut program);
    for key in ["s", "t"] {
        let before = server.screen();
        server.press(&[key]);
        server.wait_for("other buffer", |screen| (*screen != before).then_some(()));
    }
    server.press(&["f"]);
    server.wait_for("fullscreen", |screen| (server.change(screen).edges == [0, 0, 1023, 767]).then_some(()));
    server.press(&["f"]);
    server.wait_for("window", |screen| (server.change(screen).edges != [0, 0, 1023, 767]).then_some(()));
    assert_ne!(window.edges, [0, 0, 1023, 767]);
    server.close(program);
    server.finish();
}

#[test]
fn step_05_weston_transformed() {
    show("weston-transformed", &["weston-transformed"]);
}

/// Closes its window when asked to, but may then wait for itself for ever: Qt 6.4 stops its two threads that read
/// events one after the other, and if anything arrives in between, the second waits in `wl_display_read_events` for
/// the first.
#[test]
fn step_05_qt6ct() {
    if !installed("qt6ct") {
        return;
    }
    let mut server = TestServer::new("qt6ct", &[]);
    let mut program = server.start(&["qt6ct"]);
    server.shown(&mut program);
    server.close_window();
    drop(program);
    server.finish();
}

#[test]
fn step_06_gtk3_demo() {
    show_and_click("gtk3-demo", &["gtk3-demo"], (-260, 60));
}

#[test]
fn step_06_gtk4_demo() {
    show_and_click("gtk4-demo", &["gtk4-demo"], (-260, 60));
}

#[test]
fn step_06_gtk3_widget_factory() {
    show("gtk3-widget-factory", &["gtk3-widget-factory"]);
}

#[test]
fn step_06_gtk4_widget_factory() {
    show("gtk4-widget-factory", &["gtk4-widget-factory"]);
}

#[test]
fn step_06_gnome_calculator() {
    show("gnome-calculator", &["gnome-calculator"]);
}

#[test]
fn step_06_galculator() {
    show("galculator", &["galculator"]);
}

#[test]
fn step_06_mousepad() {
    show("mousepad", &["mousepad", "--disable-server"]);
}

#[test]
fn step_07_weston_subsurfaces() {
    show("weston-subsurfaces", &["weston-subsurfaces"]);
}

#[test]
fn step_07_weston_scaler() {
    show("weston-scaler", &["weston-scaler"]);
}

/// A popup opens, and a click outside closes it.
#[test]
fn step_07_weston_stacking_opens_a_popup() {
    if !installed("weston-stacking") {
        return;
    }
    let mut server = TestServer::new("weston-stacking", &[]);
    let mut program = server.start(&["weston-stacking"]);
    let window = server.shown(&mut program);
    let (x, y) = window.middle();
    server.act(&[&format!("move {x} {y}")]);
    server.press(&["p"]);
    server.wait_for("popup", |screen| (server.change(screen).edges != window.edges).then_some(()));
    server.keep();
    // Outside of it, on the bare screen.
    server.click((1000, 700));
    server.wait_for("window alone", |screen| (server.change(screen).edges == window.edges).then_some(()));
    server.click((x, y));
    server.close(program);
    server.finish();
}

#[test]
fn step_08_xwayland() {
    show_and_kill("Xwayland", &["Xwayland", ":77", "-retro"], &[]);
}

#[test]
fn step_08_mpv() {
    show("mpv", &["mpv", "--no-config", "--vo=wlshm", "--loop", "av://lavfi:testsrc"]);
}

#[test]
fn step_08_chromium() {
    let mut command = vec!["chromium", "--ozone-platform=wayland", "--disable-gpu", "--no-sandbox"];
    command.extend(["--disable-quic", "--no-first-run", "--disable-background-networking"]);
    command.extend(["--disable-component-update", "--disable-sync", "about:blank"]);
    show("chromium", &command);
}

#[test]
fn step_09_sdl_testdraw2() {
    const PROGRAM: &str = "/usr/libexec/installed-tests/SDL2/testdraw2";
    if !installed(PROGRAM) {
        return;
    }
    let mut server = TestServer::new("sdl-testdraw2", &[]);
    let mut command = server.command(&[PROGRAM]);
    // At its end libdecor destroys the xdg_wm_base before the xdg_surface, which is an error.
    command.env("SDL_VIDEO_WAYLAND_ALLOW_LIBDECOR", "0");
    let mut program = server.start_command(command);
    server.shown(&mut program);
    server.close(program);
    server.finish();
}

/// Says what input it gets, so this looks at the events themselves.
#[test]
fn step_10_wev_hears_all_input() {
    if !installed("wev") || !installed("stdbuf") {
        return;
    }
    let mut server = TestServer::new("wev", &[]);
    let mut program = server.start(&["stdbuf", "-oL", "wev"]);
    let (x, y) = server.shown(&mut program).middle();
    server.click((x, y));
    server.act(&["scroll vertical 30"]);
    server.act(&["key shift press"]);
    server.press(&["q"]);
    server.act(&["key shift release"]);
    for text in ["button: 272 (left), state: 1 (pressed)", "axis: 0 (vertical), value: 30", "sym: Q", "utf8: 'Q'"] {
        program.wait_for_output(&server, text);
    }
    server.close(program);
    server.finish();
}

/// Has items in every second cell of a grid; one is dragged to the empty cell beside it.
#[test]
fn step_11_weston_dnd_drops_what_is_dragged() {
    if !installed("weston-dnd") {
        return;
    }
    let mut server = TestServer::new("weston-dnd", &[]);
    let mut program = server.start(&["weston-dnd"]);
    server.shown(&mut program);
    let (from, to) = ((135, 215), (215, 215));
    let (item, empty) = server.wait_for("items", |screen| {
        let colours = (screen.colour(from.0, from.1), screen.colour(to.0, to.1));
        (colours.0 != colours.1).then_some(colours)
    });
    server.act(&[&format!("move {} {}", from.0, from.1), "button left press"]);
    // The client starts the drag when it has handled the press: its icon appears.
    server.act(&["move 175 215"]);
    server.act(&["move 215 215"]);
    let dragged = |screen: &crate::screen::Screen| (screen.colour(from.0, from.1) != item).then_some(());
    server.wait_for("drag", dragged);
    server.act(&["move 216 216", "move 215 215"]);
    server.keep();
    server.act(&["button left release"]);
    server.wait_for("drop", |screen| {
        let colours = (screen.colour(from.0, from.1), screen.colour(to.0, to.1));
        (colours.0 != item && colours.1 != empty).then_some(())
    });
    server.close(program);
    server.finish();
}

#[test]
fn step_11_foot_runs_commands() {
    type_a_command("foot", &["foot"]);
}

/// Types a command into a terminal and looks for its effect.
fn type_a_command(name: &str, command: &[&str]) {
    if !installed(command[0]) {
        return;
    }
    let mut server = TestServer::new(name, &[]);
    let mut program = server.start(command);
    server.shown(&mut program);
    server.type_text("echo done; touch effect.1\n");
    let effect = server.path().join("effect.1");
    server.wait_for("effect of the command", |_| effect.exists().then_some(()));
    server.keep();
    server.close(program);
    server.finish();
}
