//! The wire is Wayland's: unmodified libwayland programs on both ends.

use std::process::{Command, Stdio};

use crate::support::Server;
use wayline_conformance::target::installed;

#[test]
fn wayland_info_lists_the_globals() {
    if !installed("wayland-info") {
        return;
    }
    let server = Server::start(&[]);
    let output = Command::new("wayland-info")
        .env("WAYLAND_DISPLAY", &server.socket)
        .env("XDG_RUNTIME_DIR", server.running.dir())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for interface in ["way_compositor", "way_shm", "way_output", "way_seat", "way_capture_manager", "wl_fixes"] {
        assert!(text.contains(&format!("interface: '{interface}'")), "no {interface} in:\n{text}");
    }
}

#[test]
fn a_libwayland_client_shares_pixels_and_fences() {
    if !["cc", "pkg-config", "wayland-scanner"].iter().all(|program| installed(program)) {
        return;
    }
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let server = Server::start(&[]);
    let dir = server.running.dir();
    for (mode, file) in [("client-header", "wayline-client.h"), ("private-code", "wayline-code.c")] {
        let made = Command::new("wayland-scanner")
            .args(["--strict", mode])
            .arg(format!("{root}/protocol.xml"))
            .arg(dir.join(file))
            .status()
            .unwrap();
        assert!(made.success(), "wayland-scanner does not accept protocol.xml");
    }
    let flags = Command::new("pkg-config").args(["--cflags", "--libs", "wayland-client"]).output().unwrap();
    let flags = String::from_utf8(flags.stdout).unwrap();
    let program = dir.join("client");
    let compiled = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg("-I")
        .arg(dir)
        .arg(format!("{root}/tests/interop/client.c"))
        .arg(dir.join("wayline-code.c"))
        .args(flags.split_whitespace())
        .status()
        .unwrap();
    assert!(compiled.success());
    let output = Command::new(&program).env("WAYLAND_DISPLAY", &server.socket).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text, "formats 5\nconfigured\nframe 1\nframe 2\nreleased\ndone\n");
}

#[test]
fn our_client_lists_the_globals_of_weston() {
    if !installed("weston") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut weston = Command::new("weston")
        .args(["--backend=headless-backend.so", "--use-pixman", "--socket=wl-test", "--idle-time=0"])
        .arg(format!("--log={}", log.display()))
        .env("XDG_RUNTIME_DIR", dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = dir.path().join("wl-test");
    // Weston has no ready line: connecting is how one finds out.
    let mut output = None;
    for _ in 0..500 {
        let info = Command::new(crate::support::SERVER)
            .args(["client", "--socket"])
            .arg(&socket)
            .arg("info")
            .output()
            .unwrap();
        if info.status.success() {
            output = Some(String::from_utf8(info.stdout).unwrap());
            break;
        }
        std::thread::yield_now();
    }
    weston.kill().unwrap();
    weston.wait().unwrap();
    let output = output.unwrap_or_else(|| panic!("no answer; weston says: {:?}", std::fs::read_to_string(&log)));
    for interface in ["wl_compositor", "wl_shm", "xdg_wm_base"] {
        assert!(output.contains(interface), "no {interface} in:\n{output}");
    }
}
