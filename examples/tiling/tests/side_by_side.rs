//! Programs are shown side by side.

use std::io::BufReader;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use wayline_conformance::target::{Launch, installed};

/// Longest wait for a program that starts.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the terminal is filled with.
const BLUE: [u8; 3] = [0x33, 0x66, 0x99];

/// Share of the pixels between these edges of the picture that are as wanted, in percent; `None` before there is one.
fn share(path: &PathBuf, columns: [usize; 2], is_wanted: impl Fn([u8; 3]) -> bool) -> Option<usize> {
    let mut reader = png::Decoder::new(BufReader::new(std::fs::File::open(path).ok()?)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let width = reader.next_frame(&mut bytes).unwrap().width as usize;
    let rows = bytes.as_chunks::<3>().0.chunks(width).skip(60).take(600);
    let pixels = rows.flat_map(|row| &row[columns[0]..columns[1]]);
    Some(100 * pixels.clone().filter(|pixel| is_wanted(**pixel)).count() / pixels.count())
}

/// Looks at the picture until it is as wanted.
fn wait_until(what: &str, mut is_so: impl FnMut() -> Option<bool>) {
    let deadline = Instant::now() + PATIENCE;
    while is_so() != Some(true) {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn foot_and_gtk4_demo_share_the_screen_and_the_one_that_stays_gets_all_of_it() {
    if !installed("foot") || !installed("gtk4-demo") {
        return;
    }
    let launch = Launch::prepare().unwrap();
    let dir = launch.dir().to_owned();
    let [path, socket] = ["picture.png", "tiles"].map(|name| dir.join(name));
    std::fs::create_dir(dir.join("foot")).unwrap();
    std::fs::write(dir.join("foot/foot.ini"), "[colors]\nbackground=336699\n").unwrap();
    let prepare = |launch: Launch, words: &[&str]| {
        let mut launch = launch.words(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let command = launch.command();
        command.env_remove("DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS").env("WAYLAND_DISPLAY", &socket);
        command.envs(["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"].map(|name| (name, &dir)));
        command.envs([("LC_ALL", "C.UTF-8"), ("SHELL", "/bin/sh")]);
        command.envs([("GDK_BACKEND", "wayland"), ("GSK_RENDERER", "cairo")]);
        launch
    };
    let start = |program: &str| prepare(launch.another(), &[program]).start().unwrap();
    let [picture, at] = [&path, &socket].map(|path| path.to_str().unwrap());
    let words = [env!("CARGO_BIN_EXE_tiling"), "--picture", picture, "--socket", at];
    let mut server = prepare(launch.another(), &words).start_talking().unwrap();
    assert_eq!(server.ready(PATIENCE).unwrap(), socket);

    let blue = |pixel: [u8; 3]| pixel == BLUE;
    let (left, right) = ([20, 626], [654, 1260]);
    let foot = start("foot");
    wait_until("foot has all of the screen", || Some(share(&path, [20, 1260], blue)? > 90));

    let demo = start("gtk4-demo");
    // Its windows are white and light grey, and the screen behind them is dark.
    let light = |pixel: [u8; 3]| pixel.iter().all(|part| *part > 200);
    wait_until("foot is on the left and gtk4-demo on the right", || {
        Some(share(&path, left, blue)? > 90 && share(&path, right, light)? > 80 && share(&path, right, blue)? == 0)
    });

    drop(foot);
    wait_until("gtk4-demo has all of the screen", || Some(share(&path, [20, 1260], light)? > 80));
    drop(demo);
}
