//! Small apps that share pixels with a compositor, each in a file that can be read in one sitting: `view`, `animate`,
//! `paint`, `capture` and `info`. Their windows are those of `wayline-toolkit`, so they speak the native protocol of
//! Wayline or that of other people's compositors.
//!
//! A library, so that demo-server can run the apps from its own program, where [`main`] is all there is to call.

mod animate;
mod animation;
mod bitmap_font;
mod canvas;
mod capture;
mod error;
mod files;
mod info;
mod options;
mod paint;
mod paint_model;
mod picture;
mod rate;
mod session;
mod size;
mod view;

use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use session::Host;

/// How the program exits if another compositor might do.
const NOT_OFFERED: u8 = 3;

/// Small apps that draw into memory which they share with the compositor: one of Wayline, or any
/// other.
///
/// Every app that got as far as a window ends with a line `stats ...` on standard output: what crossed its socket, and how
/// many frames and pixels it shared without copying. It exits with 0 when it is done, its window is closed, or the
/// compositor goes away; with 3 and a message if the compositor does not offer what it needs, with 1 and a message if
/// anything else fails.
#[derive(Parser)]
#[command(name = "demo-client", bin_name = "demo-client", version, about, after_help = AFTER_HELP)]
struct Options {
    #[arg(long, value_name = "NAME|PATH", global = true, help = SOCKET_HELP)]
    socket: Option<String>,

    /// Speak Wayland even if the compositor offers the native protocol. Through a proxy that passes on only the
    /// descriptors of interfaces it knows, nothing else works.
    #[arg(long, global = true)]
    wayland: bool,

    #[command(subcommand)]
    app: App,
}

// Not doc comments, where names of variables would be in backticks.
const SOCKET_HELP: &str = "Where the compositor listens: a name in XDG_RUNTIME_DIR, or an absolute path. \
    Without it, WAYLAND_SOCKET, WAYLAND_DISPLAY and wayland-0 are tried, in this order";
const AFTER_HELP: &str = "With WAYLINE_DEBUG=1 in the environment, every message is shown.";

#[derive(Subcommand)]
enum App {
    /// Show a picture from a PNG or JPEG file, scaled to the window.
    View(view::Options),
    /// Show moving lights at the pace of the screen, with the frame rate.
    Animate(animate::Options),
    /// Draw with the left button: keys 1 to 0 choose a colour, the wheel the width, c clears, q quits.
    Paint(paint::Options),
    /// Write what is on a screen to a PNG file.
    Capture(capture::Options),
    /// List what the compositor offers. Works with every Wayland compositor.
    Info,
}

/// Runs the app that the arguments name, the first of which is the name of the program. Ends the process at once if they
/// make no sense, or ask for help.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let options = Options::parse_from(args);
    let host = Host { socket: options.socket.as_deref(), wayland: options.wayland };
    let result = match &options.app {
        App::View(options) => view::run(host, options),
        App::Animate(options) => animate::run(host, options),
        App::Paint(options) => paint::run(host, options),
        App::Capture(options) => capture::run(host, options),
        App::Info => info::run(host),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    let mut line = format!("demo-client: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        line += &format!(": {cause}");
        source = cause.source();
    }
    // What the compositor gave as a reason is in it.
    eprintln!("{}", wayline::Escaped(&line));
    if error.is_not_offered() { ExitCode::from(NOT_OFFERED) } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_socket_can_be_named_before_and_after_the_app() {
        for args in [["demo-client", "--socket", "a", "info"], ["demo-client", "info", "--socket", "a"]] {
            assert_eq!(Options::try_parse_from(args).unwrap().socket.as_deref(), Some("a"));
        }
    }
}
