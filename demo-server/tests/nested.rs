//! The screen as a window of weston: pixels of a client of ours on a compositor nobody here wrote.

mod support;

use std::process::{Command, Stdio};

use support::{SERVER, installed};

/// Bytes of a picture that weston took of its whole screen.
fn screenshot(dir: &std::path::Path) -> Option<Vec<u8>> {
    let taken = Command::new("weston-screenshooter")
        .current_dir(dir)
        .env("XDG_RUNTIME_DIR", dir)
        .env("WAYLAND_DISPLAY", "wl-host")
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let pictures = std::fs::read_dir(dir).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let path = pictures.filter(|path| path.extension().is_some_and(|end| end == "png")).max()?;
    let bytes = std::fs::read(&path).ok()?;
    std::fs::remove_file(path).ok()?;
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    taken.success().then_some(pixels)
}

#[test]
fn the_screen_appears_as_a_window_of_weston() {
    if !installed("weston") || !installed("weston-screenshooter") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut weston = Command::new("weston")
        .args(["--backend=headless-backend.so", "--use-pixman", "--socket=wl-host", "--idle-time=0", "--debug"])
        .args(["--width=1024", "--height=768"])
        .arg(format!("--log={}", dir.path().join("log").display()))
        .env("XDG_RUNTIME_DIR", dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let inner = dir.path().join("inner");
    let mut server = None;
    let mut shown = false;
    let mut before: Option<Vec<u8>> = None;
    // Neither weston nor its shell says when it is ready; taking its picture is how one finds out.
    for _ in 0..500 {
        let Some(picture) = screenshot(dir.path()) else { continue };
        let empty = before.get_or_insert_with(|| picture.clone());
        let differ = empty.chunks_exact(4).zip(picture.chunks_exact(4)).filter(|(a, b)| a != b).count();
        if server.is_some() {
            // The window and no more: the desktop behind it stays.
            shown = (250_000..400_000).contains(&differ);
            if shown {
                break;
            }
        } else if differ == 0 && picture.chunks_exact(4).any(|pixel| pixel != &picture[..4]) {
            // The desktop is complete.
            server = Command::new(SERVER)
                .args(["--size", "640x480", "--socket"])
                .arg(&inner)
                .env("XDG_RUNTIME_DIR", dir.path())
                .env("WAYLAND_DISPLAY", "wl-host")
                .stdout(Stdio::null())
                .spawn()
                .ok();
        } else {
            before = Some(picture);
        }
    }
    if let Some(mut server) = server {
        server.kill().unwrap();
        server.wait().unwrap();
    }
    weston.kill().unwrap();
    weston.wait().unwrap();
    assert!(shown, "no window on weston's screen");
}
