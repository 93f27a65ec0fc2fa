//! The `conform` command: points the kit at an implementation and reports.
//!
//! Knows the command line and nothing else; the exit code is 0 if no must failed, 1 if one did, 2 if the target could not
//! be judged at all.

use std::error::Error;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wayline_conformance::case::{Outcome, Part, Record, Row, Selection};
use wayline_conformance::client;
use wayline_conformance::codec;
use wayline_conformance::growth;
use wayline_conformance::hostile;
use wayline_conformance::matrix::{self, Peers};
use wayline_conformance::report::{Format, Run, Tally, Terminal, write};
use wayline_conformance::scanner;
use wayline_conformance::server::{self, Start};
use wayline_conformance::storm::victim::{self, Kind, Orders};
use wayline_conformance::storm::{self, Plan};
use wayline_conformance::target::Template;

/// Judges an implementation of the Wayland wire, case by case.
///
/// `--list` of each part prints its cases, with the source of each. The exit code is 0 if nothing required failed, 1 if
/// something did, 2 if the implementation could not be judged at all.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    part: Command,
}

#[derive(Subcommand)]
enum Command {
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
    #[command(hide = true, name = server::HAND_OVER)]
    HandOver {
        /// Where.
        path: PathBuf,
    },
    /// Put a server into bad weather: clients killed by the thousand, stops, no fds, a full tmpfs, crowds.
    Storm {
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
    /// Be a client that is killed; a storm starts it.
    #[command(hide = true, name = victim::VICTIM)]
    Victim {
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
struct Options {
    /// Print the cases instead of running them.
    #[arg(long)]
    list: bool,
    /// Run only cases whose id begins so; may be repeated.
    #[arg(long = "case", value_name = "ID")]
    cases: Vec<String>,
    /// Which cases to run.
    #[arg(long, default_value = "should")]
    level: Level,
    /// Write a report: junit, json or html, and the file.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    report: Vec<String>,
    /// How long each answer may take.
    #[arg(long, default_value_t = 2.0, value_name = "SECONDS")]
    patience: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Only what is required.
    Must,
    /// Everything.
    Should,
}

fn main() -> ExitCode {
    match run(Arguments::parse().part) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conform: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs or lists. `false` if a must failed.
fn run(part: Command) -> Result<bool, Box<dyn Error>> {
    match part {
        Command::Server { socket, automatic, activated, guarded, abstract_name, options, command } => {
            let rows: Vec<Row> = server::cases().iter().map(|case| case.row).collect();
            options.judge(Part::Server, &rows, |options, selection, report| {
                let (name, start) = started(socket, command)?;
                let target = server::Target {
                    start,
                    automatic: optional(automatic)?,
                    activated: optional(activated)?,
                    guarded: optional(guarded)?,
                    abstract_name: optional(abstract_name)?,
                    conform: Some(std::env::current_exe()?),
                    patience: options.patience(),
                };
                Ok((name, server::run(&target, selection, report)?))
            })
        }
        Command::HandOver { path } => {
            server::hand_over(&path, std::io::stdin().as_fd().try_clone_to_owned()?)?;
            Ok(true)
        }
        Command::Storm { kills, clients, seed, untimed, client, options, command } => {
            let rows: Vec<Row> = storm::cases().iter().map(|case| case.row).collect();
            let conform = std::env::current_exe()?;
            let plan = Plan { seed, kills, clients, timed: !untimed, conform, client: optional(client)? };
            options.judge(Part::Server, &rows, |options, selection, report| {
                let start = Start::Command(Template::new(command.clone())?);
                let target = server::Target::new(start, options.patience());
                let records = storm::run(&target, &plan, selection, &mut |record, figures| {
                    report(record);
                    if !figures.is_empty() {
                        println!("           {figures}");
                    }
                })?;
                Ok((command.join(" "), records))
            })
        }
        Command::Hostile {
            socket,
            peers,
            only,
            note,
            scale,
            answer,
            answer_elsewhere,
            growth,
            untimed,
            options,
            command,
        } => {
            let plan = hostile::Plan {
                scale,
                answer: Duration::from_millis(answer),
                answer_elsewhere: Duration::from_millis(answer_elsewhere),
                growth: growth << 10,
                timed: !untimed,
            };
            if let Some(output) = peers {
                return attack_peers(&output, &only, &note, &plan, &options);
            }
            options.judge(Part::Server, &hostile::rows(), |options, selection, report| {
                let (name, start) = started(socket, command)?;
                let target = server::Target::new(start, options.patience());
                let found = hostile::run(&target, &plan, selection, &mut |record, figures| {
                    report(record);
                    figures.iter().for_each(|figures| println!("           {figures}"));
                })?;
                Ok((name, found.into_iter().map(|(record, _)| record).collect()))
            })
        }
        Command::Growth { options, command } => {
            if !options.list && !growth::is_installed() {
                println!("skipped: instructions are counted by valgrind, which is not installed");
                return Ok(true);
            }
            options.judge(Part::Server, &growth::rows(), |_, selection, report| {
                let template = Template::new(command)?;
                let records = growth::run(&template, selection, &mut |record, growth| {
                    report(record);
                    growth.iter().for_each(|growth| println!("           {growth}"));
                })?;
                Ok((template.line(), records))
            })
        }
        Command::Victim { socket, kind, rest } => {
            let kind = Kind::named(&kind).ok_or("no such victim")?;
            if rest.iter().any(|word| word == victim::FRAMES) {
                victim::count_frames(&socket)?;
            } else {
                let mut names = rest.iter().map(|word| word.parse().unwrap_or(0));
                let names = std::array::from_fn(|_| names.next().unwrap_or(0));
                victim::be(&Orders { socket, kind, names })?;
            }
            Ok(true)
        }
        Command::Matrix { output, only, options } => matrix(&output, &only, &options),
        Command::Codec { iterations, options, command } => {
            let rows: Vec<Row> = codec::cases().iter().map(|case| case.row).collect();
            options.judge(Part::Codec, &rows, |_, selection, report| {
                let (name, target) = if command.is_empty() {
                    ("reference".to_owned(), codec::Target::Reference)
                } else {
                    let template = Template::new(command)?;
                    (template.line(), codec::Target::Program(template))
                };
                Ok((name, codec::run(&mut target.bench(iterations)?, selection, report)))
            })
        }
        Command::Scanner { generate, options, command } => {
            let rows: Vec<Row> = scanner::cases().iter().map(|case| case.row).collect();
            options.judge(Part::Scanner, &rows, |_, selection, report| {
                let target = scanner::Target { check: Template::new(command)?, generate: optional(generate)? };
                Ok((target.check.line(), scanner::run(&target, selection, report)?))
            })
        }
        Command::Client { options, command } => {
            let rows: Vec<Row> = client::cases().iter().map(|case| case.row).collect();
            options.judge(Part::Client, &rows, |options, selection, report| {
                let target = client::Target { command: Template::new(command)?, patience: options.patience() };
                Ok((target.command.line(), client::run(&target, selection, report)))
            })
        }
    }
}

/// A server that listens at `socket`, or is started by `command`; and its name.
fn started(socket: Option<PathBuf>, command: Vec<String>) -> std::io::Result<(String, Start)> {
    Ok(match socket {
        Some(path) => (path.display().to_string(), Start::Socket(path)),
        None => (command.join(" "), Start::Command(Template::new(command)?)),
    })
}

/// Attacks every server at hand and writes the table. Its exit code says nothing of theirs.
fn attack_peers(
    output: &Path,
    only: &[String],
    note: &str,
    plan: &hostile::Plan,
    options: &Options,
) -> Result<bool, Box<dyn Error>> {
    let peers = Peers::build().inspect_err(|error| eprintln!("conform: no libwayland peers: {error}")).ok();
    let mut columns = hostile::columns(&std::env::current_exe()?, peers.as_ref(), options.patience());
    columns.retain(|column| only.is_empty() || only.contains(&column.name));
    for column in &mut columns {
        eprintln!("{}", column.name);
        column.records = hostile::run(&column.target, plan, &options.selection(), &mut |record, figures| {
            let figures = figures.map(ToString::to_string).unwrap_or_default();
            eprintln!("    {}: {:?}\n        {figures}", record.row.id, record.outcome);
        })?;
        let records: Vec<Record> = column.records.iter().map(|(record, _)| record.clone()).collect();
        println!("{}: {}", column.name, Tally::of(&records));
    }
    std::fs::write(output, hostile::render(&columns, plan, note))?;
    Ok(true)
}

/// Judges every implementation at hand and writes the table. Its exit code says nothing of theirs.
fn matrix(output: &Path, only: &[String], options: &Options) -> Result<bool, Box<dyn Error>> {
    let peers = Peers::build().inspect_err(|error| eprintln!("conform: no libwayland peers: {error}")).ok();
    let conform = std::env::current_exe()?;
    let selection = options.selection();
    let mut judged = Vec::new();
    for column in matrix::columns(&conform, peers.as_ref(), options.patience()) {
        if !only.is_empty() && !only.iter().any(|name| name == column.name) {
            continue;
        }
        eprintln!("{}", column.name);
        let result = matrix::judge(&column, &selection, &mut |record| {
            if let Outcome::Failed(observed) = &record.outcome {
                eprintln!("    {} {}: {observed}", record.part, record.row.id);
            }
        });
        println!("{}: {}", column.name, Tally::of(&result.records));
        judged.push(result);
    }
    std::fs::write(output, matrix::render(&judged))?;
    Ok(true)
}

fn optional(line: Option<String>) -> std::io::Result<Option<Template>> {
    line.map(|line| Template::parse(&line)).transpose()
}

/// What a part of the kit gives back: the target's name and how the cases came out.
type Judged = Result<(String, Vec<Record>), Box<dyn Error>>;

impl Options {
    fn patience(&self) -> Duration {
        Duration::from_secs_f64(self.patience)
    }

    fn selection(&self) -> Selection {
        Selection { ids: self.cases.clone(), musts_only: self.level == Level::Must }
    }

    /// Lists `rows`, or runs them with `judge`, prints and writes the report.
    fn judge(
        self,
        part: Part,
        rows: &[Row],
        judge: impl FnOnce(&Self, &Selection, &mut dyn FnMut(&Record)) -> Judged,
    ) -> Result<bool, Box<dyn Error>> {
        let selection = self.selection();
        let rows = rows.iter().filter(|row| selection.includes(row));
        if self.list {
            rows.for_each(|row| Terminal::list(part, row));
            return Ok(true);
        }
        let mut terminal = Terminal::new(rows.count());
        let (target, records) = judge(&self, &selection, &mut |record| terminal.record(record))?;
        terminal.finish(&records);
        if let [format, file] = self.report.as_slice() {
            write(&Run { target: &target, records: &records }, format.parse::<Format>()?, file.as_ref())?;
        }
        Ok(Tally::of(&records).failed_musts == 0)
    }
}
