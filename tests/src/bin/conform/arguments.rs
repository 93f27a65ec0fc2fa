//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wayline_conformance::server;
use wayline_conformance::stress::doomed;

/// Judges an implementation of the Wayland wire, case by case.
///
/// `--list` of each part prints its cases, with the source of each. The exit code is 0 if nothing required failed, 1 if
/// something did, 2 if the implementation could not be judged at all.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) part: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Judge a server.
    Server {
        /// Where it listens already.
        #[arg(long, value_name = "PATH", conflicts_with = "command")]
        socket: Option<PathBuf>,
        /// A command that lets it choose wayland-N itself; split at spaces.
        #[arg(long, value_name = "COMMAND")]
        automatic: Option<String>,
        /// A command that lets it take sockets from `LISTEN_FDS`; split at spaces.
        #[arg(long, value_name = "COMMAND")]
        activated: Option<String>,
        /// A command that lets it refuse clients of other users; split at spaces.
        #[arg(long, value_name = "COMMAND")]
        guarded: Option<String>,
        /// A command that lets it listen at `{name}` in the abstract namespace; split at spaces.
        #[arg(long = "abstract", value_name = "COMMAND")]
        abstract_name: Option<String>,
        #[command(flatten)]
        options: Options,
        /// The command that starts it. `{socket}` becomes the path of its socket, `{name}` the name in `XDG_RUNTIME_DIR`.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Connect to PATH and send the connection through standard input; a case uses it.
    #[command(hide = true, name = server::PASS_FD)]
    HandOver {
        /// Where.
        path: PathBuf,
    },
    /// Put a server into bad weather: clients killed by the thousand, stops, no fds, a full tmpfs, crowds.
    Stress {
        /// Processes to kill.
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        kills: u32,
        /// Clients that are there at once.
        #[arg(long, default_value_t = 1000, value_name = "N")]
        clients: u32,
        /// What the moments of death are drawn from.
        #[arg(long, default_value_t = 1, value_name = "N")]
        seed: u64,
        /// Tell times, but do not judge by them: for machines that are busy.
        #[arg(long)]
        untimed: bool,
        /// A client to kill as well, for instance `demo-client --socket {socket} animate`; split at spaces.
        #[arg(long, value_name = "COMMAND")]
        client: Option<String>,
        #[command(flatten)]
        options: Options,
        /// The command that starts the server; `{socket}` becomes the path of its socket.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Attack a server as clients can, beside one that is innocent: what it costs, and who pays.
    Hostile {
        /// Where it listens already; one that an attack ends stays away.
        #[arg(long, value_name = "PATH", conflicts_with_all = ["command", "peers"])]
        socket: Option<PathBuf>,
        /// Attack every server at hand instead and write the table of all of them into FILE.
        #[arg(long, value_name = "FILE", conflicts_with = "command")]
        peers: Option<PathBuf>,
        /// Only these servers of the table; may be repeated.
        #[arg(long = "only", value_name = "NAME")]
        only: Vec<String>,
        /// A sentence for the table, on the conditions of the run.
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
        /// What every count is multiplied by.
        #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
        scale: f64,
        /// The longest that an answer to the innocent may take during attacks through core interfaces.
        #[arg(long, default_value_t = 20, value_name = "MILLISECONDS")]
        answer: u64,
        /// The same during attacks through other interfaces.
        #[arg(long, default_value_t = 50, value_name = "MILLISECONDS")]
        answer_elsewhere: u64,
        /// The most memory that may stay.
        #[arg(long, default_value_t = 1024, value_name = "KIB")]
        growth: u64,
        /// The most descriptors that may stay: for a server that others use meanwhile.
        #[arg(long, default_value_t = 0, value_name = "N")]
        fds: usize,
        /// Tell times, but do not judge by them: for machines that are busy.
        #[arg(long)]
        untimed: bool,
        #[command(flatten)]
        options: Options,
        /// The command that starts the server; `{socket}` becomes the path of its socket, `{name}` the name in
        /// `XDG_RUNTIME_DIR`.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Count what requests cost a server with n objects and with four times as many: by valgrind, so on any machine.
    Growth {
        #[command(flatten)]
        options: Options,
        /// The command that starts the server, as for `hostile`. Nothing is judged where valgrind is missing.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Be a client that is killed; `stress` starts it.
    #[command(hide = true, name = doomed::DOOMED)]
    DoomedClient {
        /// Where the server listens.
        socket: PathBuf,
        /// What to be in the middle of.
        kind: String,
        /// Names of globals, or `frames`.
        rest: Vec<String>,
    },
    /// Judge every implementation at hand and write the table of all of them.
    Matrix {
        /// Where to write it.
        #[arg(long, default_value = "tests/CONFORMANCE.md", value_name = "FILE")]
        output: PathBuf,
        /// Only these columns; may be repeated.
        #[arg(long = "only", value_name = "NAME")]
        only: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Judge a codec: a program that encodes and decodes on request, or else the kit's own.
    Codec {
        /// Rounds of the random cases.
        #[arg(long, default_value_t = 200_000, value_name = "N")]
        iterations: u32,
        #[command(flatten)]
        options: Options,
        /// The command that starts it; what it is asked is told in the kit's documentation (`codec::remote`). Without
        /// one the kit's own codec is judged, against which the cases are validated.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Judge a scanner: a generator that reads protocol XML.
    Scanner {
        /// A command that generates code from `{file}` into `{out}`; split at spaces.
        #[arg(long, value_name = "COMMAND")]
        generate: Option<String>,
        #[command(flatten)]
        options: Options,
        /// The command that checks `{file}`: exit code 0 accepts it.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Judge a client.
    Client {
        #[command(flatten)]
        options: Options,
        /// The command that starts it, once for each case.
        #[arg(last = true)]
        command: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct Options {
    /// Print the cases instead of running them.
    #[arg(long)]
    pub(crate) list: bool,
    /// Run only cases whose id begins so; may be repeated.
    #[arg(long = "case", value_name = "ID")]
    pub(crate) cases: Vec<String>,
    /// Which cases to run.
    #[arg(long, default_value = "should")]
    pub(crate) level: Level,
    /// Write a report: junit, json or html, and the file.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    pub(crate) report: Vec<String>,
    /// How long each answer may take.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    pub(crate) patience: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Only what is required.
    Must,
    /// Everything.
    Should,
}
