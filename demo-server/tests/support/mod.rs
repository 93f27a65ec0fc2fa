//! Starts demo-server for tests and knows when it can be connected to.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use wayline_conformance::target::{Launch, Running, example};

/// How long anything may take. Nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The programs under test.
pub(crate) const SERVER: &str = env!("CARGO_BIN_EXE_demo-server");

/// The window of `wayline-toolkit`'s example, a program that cargo does not build for a test of another package.
pub(crate) fn window_example() -> String {
    example(env!("CARGO_TARGET_TMPDIR"), "wayline-toolkit", "window").display().to_string()
}

/// A headless demo-server in a private directory, which listens there at `wayland-t`; ended when dropped.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) socket: PathBuf,
}

impl Server {
    /// Starts it and waits for its ready line.
    pub(crate) fn start(args: &[&str]) -> Server {
        Server::start_with(SERVER, args, &[])
    }

    /// Starts it from this file, with these variables.
    pub(crate) fn start_with(program: &str, args: &[&str], variables: &[(&str, &str)]) -> Server {
        let launch = Launch::prepare().unwrap();
        let socket = launch.dir().join("wayland-t");
        let words = [&[program, "--headless", "--socket", socket.to_str().unwrap()], args].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let mut launch = launch.words(&words);
        let dir = launch.dir().to_owned();
        launch.command().current_dir(dir).envs(variables.iter().copied());
        let mut running = launch.start_talking().unwrap();
        assert_eq!(running.ready(PATIENCE).unwrap(), socket);
        Server { running, socket }
    }

    /// A command that will find this server, and nothing else of this machine's session.
    pub(crate) fn command(&self, command: &[&str]) -> Command {
        let dir = self.running.dir();
        let mut made = Command::new(command[0]);
        made.args(&command[1..])
            .current_dir(dir)
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("WAYLAND_SOCKET")
            .env("WAYLAND_DISPLAY", &self.socket)
            .env("XDG_RUNTIME_DIR", dir)
            .env("XDG_CONFIG_HOME", dir)
            .env("XDG_CACHE_HOME", dir)
            .env("HOME", dir)
            .env("LC_ALL", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .env("GDK_BACKEND", "wayland")
            .env("GSK_RENDERER", "cairo")
            .env("NO_AT_BRIDGE", "1")
            .env("QT_QPA_PLATFORM", "wayland")
            .env("SDL_VIDEODRIVER", "wayland");
        made
    }

    /// A picture to look at: a file with rings.
    pub(crate) fn picture(&self) -> String {
        let path = self.running.path("picture.png");
        let (width, height) = (320_u32, 240_u32);
        let mut encoder = png::Encoder::new(File::create(&path).unwrap(), width, height);
        encoder.set_color(png::ColorType::Grayscale);
        let ring = |x: u32, y: u32| f64::from(x.abs_diff(width / 2).pow(2) + y.abs_diff(height / 2).pow(2));
        let pixels: Vec<u8> =
            (0..height).flat_map(|y| (0..width).map(move |x| (ring(x, y).sqrt() * 4.0) as u32 as u8)).collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        path.display().to_string()
    }

    /// A client command of demo-client, by way of the server's own program.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        let mut command = Command::new(SERVER);
        command.arg("client").arg("--socket").arg(&self.socket).args(args);
        command
    }

    /// Open descriptors of the server.
    pub(crate) fn fds(&self) -> usize {
        self.running.process().fd_count().unwrap()
    }
}
