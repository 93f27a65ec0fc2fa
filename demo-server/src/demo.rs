//! `--demo`: a server and three clients for three seconds, and what crossed between them.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::app::{App, Failure};
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

/// What the clients are told to do, in the order of their starts.
const CLIENTS: [&[&str]; 3] = [&["view"], &["animate"], &["capture", PICTURE]];

/// Runs the demo.
///
/// # Errors
/// If a client fails, or there is no picture at the end.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let dir = tempfile::Builder::new().prefix("wayline-demo-").tempdir()?;
    let socket = dir.path().join("wayline-0").display().to_string();
    // An old picture must not pass for the new one.
    match std::fs::remove_file(PICTURE) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut running = run::start(&Options { socket: Some(socket), headless: true, ..options })?;
    println!("compositor at {}", running.path);
    let progress = std::io::stdout().is_terminal();
    let (start, mut shown, mut clients) = (Instant::now(), Duration::ZERO, Vec::new());
    while !running.app.server.is_stopped() && start.elapsed() < LENGTH {
        let elapsed = start.elapsed();
        // The animation opens above the picture, and all of it is captured.
        let is_due = [true, running.app.tally.frames > 0, elapsed >= CAPTURE_AT];
        if let Some((args, true)) = CLIENTS.get(clients.len()).zip(is_due.get(clients.len()).copied()) {
            clients.push(start_client(&running.path, args)?);
        }
        if progress && elapsed >= shown + TICK {
            show_progress(&running.app, elapsed);
            shown = elapsed;
        }
        running.turn(Some(TICK))?;
    }
    if progress {
        println!();
    }
    report(running, clients, start.elapsed())
}

fn start_client(socket: &str, args: &[&str]) -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([CLIENT, "--socket", socket]).args(args).env_remove("WAYLAND_SOCKET").stdout(Stdio::piped()).spawn()
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
fn report(running: Running, clients: Vec<Child>, elapsed: Duration) -> Result<(), Failure> {
    let stats = running.app.server.stats();
    let tally = running.app.tally;
    let seconds = elapsed.as_secs_f64();
    // The clients see their connections close, and exit.
    drop(running);
    let mut failed = Vec::new();
    for (args, client) in CLIENTS.into_iter().zip(clients) {
        let name = args[0];
        let output = client.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if output.status.success() {
            text.lines().for_each(|line| println!("  {name}: {line}"));
        } else {
            failed.push(format!("{name} failed: {text}"));
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
    if !Path::new(PICTURE).exists() {
        return Err(format!("there is no {PICTURE}").into());
    }
    println!("The screen is in {PICTURE}.");
    Ok(())
}
