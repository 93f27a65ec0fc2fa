//! The `conform` command: points the kit at an implementation and reports.
//!
//! Knows the command line and nothing else; the exit code is 0 if no must failed, 1 if one did, 2 if the target could not
//! be judged at all.

mod arguments;

use std::error::Error;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Command, Level, Options};
use clap::Parser;
use wayline_conformance::case::{Outcome, Part, Record, Row, Selection};
use wayline_conformance::client;
use wayline_conformance::codec;
use wayline_conformance::growth;
use wayline_conformance::hostile;
use wayline_conformance::matrix::{self, Peers};
use wayline_conformance::report::{Format, Run, Tally, Terminal, write};
use wayline_conformance::scanner;
use wayline_conformance::server::{self, Start};
use wayline_conformance::stress::doomed::{self, Kind, Orders};
use wayline_conformance::stress::{self, Plan};
use wayline_conformance::target::Template;

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
            server::pass_fd(&path, std::io::stdin().as_fd().try_clone_to_owned()?)?;
            Ok(true)
        }
        Command::Stress { kills, clients, seed, untimed, client, options, command } => {
            let rows: Vec<Row> = stress::cases().iter().map(|case| case.row).collect();
            let conform = std::env::current_exe()?;
            let plan = Plan { seed, kills, clients, timed: !untimed, conform, client: optional(client)? };
            options.judge(Part::Server, &rows, |options, selection, report| {
                let start = Start::Command(Template::new(command.clone())?);
                let target = server::Target::new(start, options.patience());
                let records = stress::run(&target, &plan, selection, &mut |record, figures| {
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
            fds,
            untimed,
            options,
            command,
        } => {
            let plan = hostile::Plan {
                scale,
                answer: Duration::from_millis(answer),
                answer_elsewhere: Duration::from_millis(answer_elsewhere),
                growth: growth << 10,
                fds,
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
        Command::DoomedClient { socket, kind, rest } => {
            let kind = Kind::named(&kind).ok_or("no such kind of client")?;
            if rest.iter().any(|word| word == doomed::FRAMES) {
                doomed::count_frames(&socket)?;
            } else {
                let mut names = rest.iter().map(|word| word.parse().unwrap_or(0));
                let names = std::array::from_fn(|_| names.next().unwrap_or(0));
                doomed::be(&Orders { socket, kind, names })?;
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
