//! The commands of `wayline` about protocol files: check, compare, generate. For a program that has other commands beside
//! them; the crate `wayline-tools` has that program.
//!
//! Arguments, streams and exit codes are handled here; the library does the work.

mod check;
mod diff;
mod doc;
mod output;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, ValueEnum};

use crate::source::STDIN;
use crate::{Builder, Error, Report, Severity, Sides, Style};

/// When to colour what is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also in files and pipes.
    Always,
    /// Not even on a terminal.
    Never,
}

impl Color {
    /// Whether what is written to this stream is coloured.
    #[must_use]
    pub fn is_on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }
}

/// One of the commands, with its arguments. Flatten it into the commands of a program.
#[derive(Debug)]
pub struct Command(Which);

impl Command {
    /// Does it. The exit code is the program's.
    #[must_use]
    pub fn run(self, color: Color) -> ExitCode {
        let style = if color.is_on(&io::stderr()) { Style::Coloured } else { Style::Plain };
        match self.0 {
            Which::Check(check) => check.run(color),
            Which::Diff(diff) => diff.run(color),
            Which::Doc(doc) => doc.run(style),
            Which::Generate { input, output } => match generate(&input, &output, style) {
                Ok(code) => code,
                Err(Error::Invalid(report)) => {
                    show(&report, input.quiet, style);
                    ExitCode::FAILURE
                }
                Err(error) => {
                    say(io::stderr(), &format!("error: {error}\n"));
                    ExitCode::FAILURE
                }
            },
        }
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Which::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        Which::augment_subcommands(command)
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Which::augment_subcommands_for_update(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Which::has_subcommand(name)
    }
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Report what is wrong with protocol files, and what is legal in them and harms their users.
    ///
    /// Each finding is listed as `file:line:column: error: what [rule]`, followed by the line and a hint, on standard error.
    /// The files are checked together: references from one to another are resolved. A comment in front of an element or
    /// inside it allows what a rule says of it: `<!-- wayline: allow RULE: reason -->`.
    ///
    /// The exit code is 1 if there is an error, 2 if a file cannot be read, and 0 otherwise; warnings and notes do not count.
    #[command(after_help = check::EXAMPLES, after_long_help = check::long_help())]
    Check(check::Check),
    /// Report what changed between two versions of protocols, and whom it breaks.
    ///
    /// Each change has a class: `wire` breaks programs that are deployed, `source` breaks code that uses what is generated
    /// (Rust, C or both), `docs` and `compatible` break nothing. It is listed as `file:line:column: class: what [rule]` on
    /// standard output, with its place before and why it matters. Interfaces are matched by name, wherever they stand.
    ///
    /// Compare with the last release, not with the last commit: what was never released may still change.
    ///
    /// The exit code is 1 if there is a change of the class of `--fail-on` or worse, 2 if files cannot be compared, and 0
    /// otherwise.
    #[command(override_usage = diff::USAGE, after_help = diff::EXAMPLES)]
    #[command(after_long_help = diff::long_help())]
    Diff(diff::Diff),
    /// Write a static site, or Markdown, that describes protocols.
    ///
    /// Each protocol gets a page: its interfaces with their messages and enums, what changed in each version, who makes
    /// whom, and how all of it is called in XML, Rust and C. The site has a search, needs no server, loads nothing from
    /// elsewhere and can be read without scripts.
    ///
    /// Nothing is written unless all pages can be: they are first written to a new directory inside DIR, and then each
    /// takes its place in one step. Other files of DIR stay. The exit code is 0, or 2 if a file is no protocol or the
    /// pages cannot be written.
    #[command(after_help = doc::EXAMPLES)]
    Doc(doc::Doc),
    /// Generate Rust from protocol files.
    ///
    /// The files become one Rust file, whose modules belong into a crate that depends on `wayline`. Interfaces that the
    /// files mention but do not define must be named with `--extern`. Nothing is written if anything is wrong with any
    /// file; a file that is up to date is left alone.
    Generate {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
struct Output {
    /// File or directory to write to; `-` is standard output. In a directory the file is called as the first protocol
    /// file, with `.rs`.
    #[arg(long, short, value_name = "DIR|FILE", default_value = "-")]
    output: PathBuf,
    /// Only see whether the file is up to date: the exit code is 1 if not.
    #[arg(long)]
    check: bool,
    /// The side to generate code for.
    #[arg(long, value_name = "SIDE", default_value = "both")]
    side: Side,
    /// Also generate what it takes to keep messages, and to send them as values.
    #[arg(long)]
    message_values: bool,
    /// Generate the interfaces of the runtime, for the runtime.
    #[arg(long, hide = true)]
    bootstrap: bool,
    /// Where the Rust type of an interface is that no file defines, such as `wl_surface=::wayland::WlSurface`.
    #[arg(long = "extern", value_name = "INTERFACE=PATH", value_parser = pair::<String>)]
    externs: Vec<(String, String)>,
    /// Leave out what came after a version of an interface, such as `wl_surface=5`.
    #[arg(long = "pin", value_name = "INTERFACE=VERSION", value_parser = pair::<u32>)]
    pins: Vec<(String, u32)>,
    /// Have the side that receives nothing for an interface handle it all the same, with state for its objects.
    #[arg(long, value_name = "INTERFACE")]
    stateful: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    Both,
    /// Methods for requests, dispatch of events.
    Client,
    /// Methods for events, dispatch of requests.
    Server,
}

/// `key=value`.
fn pair<T: FromStr<Err: Display>>(text: &str) -> Result<(String, T), String> {
    let (key, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((key.to_owned(), value.parse().map_err(|error: T::Err| error.to_string())?))
}

#[derive(Debug, Args)]
struct Input {
    /// Protocol files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Treat as errors what is a warning only because well-known files do it.
    #[arg(long)]
    strict: bool,
    /// Show errors only.
    #[arg(long, short)]
    quiet: bool,
}

impl Input {
    fn builder(&self) -> Builder {
        self.files.iter().fold(Builder::new(), Builder::protocol).strict(self.strict)
    }
}

fn generate(input: &Input, output: &Output, style: Style) -> Result<ExitCode, Error> {
    let builder = input.builder().sides(match output.side {
        Side::Both => Sides::Both,
        Side::Client => Sides::Client,
        Side::Server => Sides::Server,
    });
    let builder = builder.message_values(output.message_values).bootstrap(output.bootstrap);
    let builder = output.externs.iter().fold(builder, |builder, (name, path)| builder.extern_path(name, path));
    let builder = output.pins.iter().fold(builder, |builder, (name, version)| builder.version(name, *version));
    let builder = output.stateful.iter().fold(builder, Builder::stateful);
    let mut generated = builder.generate()?;
    generated.code = well_shaped(&generated.code);
    show(&generated.report, input.quiet, style);
    if output.output.as_os_str() == STDIN && !output.check {
        say(io::stdout(), &generated.code);
        return Ok(ExitCode::SUCCESS);
    }
    let path = if output.output.is_dir() { output.output.join(&generated.file) } else { output.output.clone() };
    if output.check {
        let is_current = generated.is_current(&path);
        if !is_current {
            say(io::stderr(), &format!("{}: not up to date\n", path.display()));
        }
        return Ok(if is_current { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    generated.write_to(&path)?;
    Ok(ExitCode::SUCCESS)
}

/// The code with its lines broken as people are used to. The comments at its head are no part of the syntax tree and are
/// kept beside it; there are no others but documentation.
fn well_shaped(code: &str) -> String {
    let is_comment = |line: &&str| line.trim_end() == "//" || line.starts_with("// ");
    let head: usize = code.split_inclusive('\n').take_while(is_comment).map(str::len).sum();
    let (comments, rust) = code.split_at(head);
    let file = syn::parse_file(rust).expect("generated code is Rust");
    format!("{comments}\n{}", prettyplease::unparse(&file))
}

/// Prints the findings and, if there are errors, how many of what.
fn show(report: &Report, quiet: bool, style: Style) {
    let least = if quiet { Severity::Error } else { Severity::Note };
    let mut text = report.render(style, least);
    if report.has_errors() {
        text.push_str(tally(report, &[Severity::Error, Severity::Warning]).trim_start_matches(", "));
        text.push('\n');
    }
    say(io::stderr(), &text);
}

/// ", 2 errors, 1 warning".
fn tally(report: &Report, severities: &[Severity]) -> String {
    let count = |&severity| match report.count(severity) {
        0 => String::new(),
        1 => format!(", 1 {severity}"),
        number => format!(", {number} {severity}s"),
    };
    severities.iter().map(count).collect()
}

/// Writes as much as the reader wants; one that left (`| head`) is no error.
fn say(mut stream: impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
