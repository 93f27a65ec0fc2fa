//! The screen as a window of weston: our picture on a compositor nobody here wrote.

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{SERVER, installed};

/// A picture, row by row.
struct Picture(Vec<Vec<[u8; 3]>>);

impl Picture {
    fn read(path: &Path) -> Option<Picture> {
        let file = std::io::BufReader::new(std::fs::File::open(path).ok()?);
        let mut reader = png::Decoder::new(file).read_info().ok()?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut bytes).ok()?;
        let pixels = bytes.chunks_exact(info.color_type.samples()).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let pixels: Vec<[u8; 3]> = pixels.collect();
        Some(Picture(pixels.chunks_exact(info.width as usize).map(<[_]>::to_vec).collect()))
    }

    /// Whether `part` is somewhere in it, pixel for pixel.
    fn contains(&self, part: &Picture) -> bool {
        let first = &part.0[0];
        (0..self.0.len().saturating_sub(part.0.len())).any(|top| {
            let mut lefts = self.0[top].windows(first.len()).enumerate();
            let left = lefts.find_map(|(left, pixels)| (pixels == first).then_some(left));
            left.is_some_and(|left| {
                self.0[top..].iter().zip(&part.0).all(|(all, row)| all[left..left + row.len()] == row[..])
            })
        })
    }
}

/// Weston's whole screen, by its own tool.
fn screenshot(dir: &Path) -> Option<Picture> {
    let taken = Command::new("weston-screenshooter")
        .current_dir(dir)
        .env("XDG_RUNTIME_DIR", dir)
        .env("WAYLAND_DISPLAY", "wl-host")
        .stderr(Stdio::null())
        .status();
    taken.ok().filter(std::process::ExitStatus::success)?;
    let files = std::fs::read_dir(dir).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let path = files.filter(|path| path.extension().is_some_and(|end| end == "png")).max()?;
    let picture = Picture::read(&path);
    std::fs::remove_file(path).ok()?;
    picture
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn the_screen_appears_as_a_window_of_weston() {
    if !installed("weston") || !installed("weston-screenshooter") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let spawn = |command: &mut Command| {
        let command = command.env("XDG_RUNTIME_DIR", dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    };
    let _weston = spawn(
        Command::new("weston")
            .args(["--backend=headless-backend.so", "--use-pixman", "--socket=wl-host", "--idle-time=0", "--debug"])
            .args(["--width=1024", "--height=768"])
            .arg(format!("--log={}", dir.path().join("log").display())),
    );
    // Weston does not say when it is ready; taking its picture is how one finds out.
    assert!((0..500).any(|_| screenshot(dir.path()).is_some()), "weston does not start");
    let inner = dir.path().join("inner");
    let _server = spawn(
        Command::new(SERVER)
            .args(["--size", "640x480", "--host", "wl-host", "--socket"])
            .arg(&inner)
            .args(["--run", &format!("{SERVER} client view")]),
    );
    let capture = dir.path().join("inner-screen");
    let shown = (0..500).any(|_| {
        let captured = Command::new(SERVER)
            .args(["client", "--socket"])
            .arg(&inner)
            .arg("capture")
            .arg(&capture)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // Two programs draw at their own pace; once both are done, their pictures agree.
        captured.is_ok_and(|status| status.success())
            && Picture::read(&capture)
                .is_some_and(|ours| screenshot(dir.path()).is_some_and(|screen| screen.contains(&ours)))
    });
    assert!(shown, "the screen is not on weston's");
}
