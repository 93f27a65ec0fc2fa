//! `wayline inspect`: arguments, and what is made of them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline_codegen::command::Color;

use crate::capture::pcapng::Writer;
use crate::catalog::Catalog;
use crate::filter::Filter;
use crate::proxy::child::Child;
use crate::proxy::{Proxy, Signals};
use crate::show::Sink;
use crate::show::line::{Format, Printer};
use crate::watch::{Options, Watch};

/// Exit code of a proxy that could not start, and that of shells for a program that cannot.
const NOT_STARTED: u8 = 125;
const NO_PROGRAM: u8 = 127;

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The program to look at, with its arguments. It gets a socket of its own as `WAYLAND_DISPLAY`; its exit code is that
    /// of this command.
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "socket")]
    command: Vec<OsString>,
    /// Listen there for clients, and go on until SIGINT. A name lies in `XDG_RUNTIME_DIR`.
    #[arg(long, value_name = "NAME|PATH", conflicts_with = "command")]
    socket: Option<OsString>,
    /// The server. By default what `WAYLAND_DISPLAY` says.
    #[arg(long, value_name = "NAME|PATH")]
    upstream: Option<OsString>,
    #[command(flatten)]
    show: Show,
    /// Hold a message back if it fits this filter, until a line on standard input: an empty one passes it on and stops at
    /// the next message, `c` goes on to the next that fits. Given several times, all must fit.
    #[arg(long, value_name = "FILTER")]
    stop_at: Vec<Filter>,
    /// Show a table of connections each second instead of messages: rates, objects, descriptors passed, bytes that wait,
    /// faults.
    #[arg(long)]
    top: bool,
    /// Write a capture too: everything, whatever the filters say. `wayline decode` prints it, Wireshark reads it.
    #[arg(long, value_name = "FILE.pcapng")]
    write: Option<PathBuf>,
    /// Protocol files, beside those of the system and those that are built in.
    #[arg(long = "protocol", value_name = "FILE")]
    protocols: Vec<PathBuf>,
}

/// What is printed, and how.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Print what fits: `interface:NAME,…`, `client:NAME|NUMBER,…` (the program, or the number of its connection), `errors`
    /// (what is wrong), or a regular expression for the text of messages. Given several times, all must fit.
    #[arg(long, short, value_name = "FILTER")]
    filter: Vec<Filter>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print into a file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What is not answered for so long is a fault.
    #[arg(long, value_name = "MILLISECONDS", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
}

impl Show {
    /// Whether lines go to a terminal.
    pub(crate) fn is_on_terminal(&self) -> bool {
        self.output.is_none() && io::stdout().is_terminal()
    }

    /// Watches, and prints lines.
    pub(crate) fn watch(&self, catalog: Catalog, stop_at: Vec<Filter>, color: Color) -> Result<Watch, String> {
        let (out, colored): (Box<dyn Write>, bool) = match &self.output {
            None => (Box::new(BufWriter::new(io::stdout())), color.is_on(&io::stdout())),
            Some(path) => {
                let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
                (Box::new(BufWriter::new(file)), matches!(color, Color::Always))
            }
        };
        Ok(self.watch_for(catalog, stop_at, Box::new(Printer::new(out, self.format, colored))))
    }

    /// Watches for what shows it otherwise.
    pub(crate) fn watch_for(&self, catalog: Catalog, stop_at: Vec<Filter>, sink: Box<dyn Sink>) -> Watch {
        let patience = u64::from(self.patience) * 1000;
        Watch::new(catalog, Options { filters: self.filter.clone(), stop_at, patience }, sink)
    }
}

impl Inspect {
    pub(crate) fn run(&self, color: Color) -> ExitCode {
        self.inspect(color).unwrap_or_else(|(code, error)| {
            eprintln!("error: {error}");
            ExitCode::from(code)
        })
    }

    fn inspect(&self, color: Color) -> Result<ExitCode, (u8, String)> {
        let failed = |error: String| (NOT_STARTED, error);
        let environment = Environment::of_process();
        let catalog = Catalog::find(&self.protocols).map_err(failed)?;
        let mut watch = self.show.watch(catalog, self.stop_at.clone(), color).map_err(failed)?;
        if self.top {
            watch.show_top();
        }
        if let Some(path) = &self.write {
            let file = File::create(path).map_err(|error| failed(format!("{}: {error}", path.display())))?;
            watch.write_to(Writer::new(file));
        }
        let upstream = match &self.upstream {
            Some(name) => Address::named(name, &environment),
            None => Address::of_display(&environment),
        };
        let upstream = upstream.map_err(|error| failed(error.to_string()))?;
        // Removed with everything in it when this returns.
        let private = tempfile::tempdir().map_err(|error| failed(format!("no directory for a socket: {error}")))?;
        let address = match &self.socket {
            Some(name) => Address::named(name, &environment),
            None => Address::at_path(private.path().join("wayland-0")),
        };
        let address = address.map_err(|error| failed(error.to_string()))?;
        let listener = Listener::at(&address).map_err(|error| failed(error.to_string()))?;
        let stepping = !self.stop_at.is_empty();
        let proxy = Proxy::new(listener, upstream, watch, stepping).map_err(failed)?;
        let child = match (&self.command[..], address.path()) {
            ([], _) | (_, None) => None,
            (words, Some(socket)) => Some(Child::start(words, socket, stepping).map_err(|error| (NO_PROGRAM, error))?),
        };
        // After the program has started, which would otherwise not hear these signals either.
        let mut signals = Signals::new().map_err(failed)?;
        proxy.run(child, &mut signals).map_err(failed)
    }
}
