//! `--demo`: a server and three clients for three seconds, and what crossed between them.

use std::collections::VecDeque;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use calloop::timer::{TimeoutAction, Timer};

use crate::app::App;
use crate::app::Failure;
use crate::options::Options;
use crate::run::{self, Running};

/// First argument that makes this program the client of its own demo.
pub(crate) const CLIENT: &str = "client";

/// How long the demo runs.
const LENGTH: Duration = Duration::from_secs(3);

/// When the picture is taken: late, so that all there is to see has been drawn.
const CAPTURE_AT: Duration = Duration::from_millis(2_200);

/// Between two updates of the progress line.
const TICK: Duration = Duration::from_millis(100);

const PICTURE: &str = "demo.png";

/// Runs the demo.
///
/// # Errors
/// If a client fails, or there is no picture at the end.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let dir = tempfile::Builder::new().prefix("wayline-demo-").tempdir()?;
    let socket = dir.path().join("wayline-0").display().to_string();
    let picture = Path::new(PICTURE);
    // An old picture must not pass for the new one.
    match std::fs::remove_file(picture) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let options = Options { socket: Some(socket), headless: true, demo: false, ..clone_screen(options) };
    let mut running = run::start(&options)?;
    println!("compositor at {}", running.path);
    let start = Instant::now();
    let mut clients = vec![DemoClient::start("view", &running.path, &["view"])?];
    let events = running.events.handle();
    run::stop_after(&events, LENGTH)?;
    let progress = std::io::stdout().is_terminal();
    let (clients_started, started) = std::sync::mpsc::channel();
    let path = running.path.clone();
    let mut to_start = VecDeque::from([("animate", vec!["animate"]), ("capture", vec!["capture", PICTURE])]);
    let tick = move |_, _: &mut (), app: &mut App| {
        if progress {
            show_progress(app, start.elapsed());
        }
        // The animation opens above the picture, and all of it is captured.
        let due = match to_start.len() {
            2 => app.tally.frames > 0,
            _ => start.elapsed() >= CAPTURE_AT,
        };
        if due && let Some((name, args)) = to_start.pop_front() {
            // The receiver lives as long as the loop.
            let _ = clients_started.send(DemoClient::start(name, &path, &args));
        }
        TimeoutAction::ToDuration(TICK)
    };
    events.insert_source(Timer::from_duration(TICK), tick).map_err(|e| e.error)?;
    run::serve(&mut running.events, &mut running.app)?;
    if progress {
        println!();
    }
    for client in started.try_iter() {
        clients.push(client?);
    }
    report(running, clients, start.elapsed(), picture)
}

fn clone_screen(options: &Options) -> Options {
    Options {
        size: options.size,
        socket: None,
        headless: true,
        host: None,
        run: Vec::new(),
        screenshot: None,
        frames: None,
        exit_after: None,
        script: None,
        stats: false,
        offer: Vec::new(),
        cursor: false,
        demo: false,
    }
}

fn show_progress(app: &App, elapsed: Duration) {
    let stats = app.server.stats();
    let share = (elapsed.as_secs_f64() / LENGTH.as_secs_f64()).min(1.0);
    let bar = "#".repeat((share * 24.0) as usize);
    let clients = app.server.clients().count();
    print!(
        "\r[{bar:<24}] {:.1} s  {clients} clients  {} frames  {} messages ",
        elapsed.as_secs_f64(),
        app.tally.frames,
        stats.messages_in + stats.messages_out
    );
    // A progress line that cannot be shown is no reason to stop.
    let _ = std::io::stdout().flush();
}

/// Ends the server, waits for the clients, and sums up.
fn report(running: Running, clients: Vec<DemoClient>, elapsed: Duration, picture: &Path) -> Result<(), Failure> {
    let stats = running.app.server.stats();
    let tally = running.app.tally;
    let seconds = elapsed.as_secs_f64();
    // The clients see their connections close, and exit.
    drop(running);
    let mut failed = Vec::new();
    for client in clients {
        let name = client.name;
        match client.finish()? {
            (true, text) => {
                for line in text.lines() {
                    println!("  {name}: {line}");
                }
            }
            (false, text) => failed.push(format!("{name} failed: {text}")),
        }
    }
    let megapixels = |pixels: u64| pixels as f64 / 1e6;
    println!("In {seconds:.1} s there crossed the socket:");
    println!(
        "  {:>10} messages ({} to the compositor, {} back)",
        stats.messages_in + stats.messages_out,
        stats.messages_in,
        stats.messages_out
    );
    println!("  {:>10} bytes", stats.bytes_in + stats.bytes_out);
    println!("  {:>10} file descriptors", stats.fds_in + stats.fds_out);
    println!("Beside it, without a copy through the socket:");
    println!(
        "  {:>10} frames of clients ({:.0} a second), {:.1} megapixels in shared memory",
        tally.frames,
        tally.frames as f64 / seconds,
        megapixels(tally.pixels_shared)
    );
    println!("  {:>10} frames composed, {:.1} megapixels captured", tally.composed, megapixels(tally.pixels_captured));
    if !failed.is_empty() {
        return Err(failed.join("; ").into());
    }
    if !picture.exists() {
        return Err(format!("there is no {}", picture.display()).into());
    }
    println!("The screen is in {}.", picture.display());
    Ok(())
}

/// One client process.
struct DemoClient {
    name: &'static str,
    child: Child,
}

impl DemoClient {
    fn start(name: &'static str, socket: &str, args: &[&str]) -> std::io::Result<DemoClient> {
        let child = Command::new(std::env::current_exe()?)
            .arg(CLIENT)
            .args(["--socket", socket])
            .args(args)
            .env_remove("WAYLAND_SOCKET")
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(DemoClient { name, child })
    }

    /// Waits for the end; whether it was a success, and what it said.
    fn finish(mut self) -> std::io::Result<(bool, String)> {
        let mut text = String::new();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut text)?;
        }
        Ok((self.child.wait()?.success(), text))
    }
}

impl Drop for DemoClient {
    fn drop(&mut self) {
        // Only one that was not waited for is still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
