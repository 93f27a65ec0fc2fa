//! The command `wayline`: checks protocol files, and generates Rust from them. Knows arguments, streams and exit codes; the
//! work is the library's.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wayline_codegen::{Builder, Report, Severity, Style};

/// Checks Wayland-style protocol XML and generates Rust from it.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour messages.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report everything that is wrong with protocol files.
    ///
    /// Every fault is listed as `file:line:column: error: what [rule]`, followed by the line and a hint, on standard error.
    /// The files are checked together: references from one to another are resolved. Nothing is written. The exit code is 0
    /// if all files are valid and 1 if not; warnings and notes do not count.
    Check {
        #[command(flatten)]
        input: Input,
    },
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    let coloured = match cli.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let style = if coloured { Style::Coloured } else { Style::Plain };
    match cli.command {
        Command::Check { input } => check(&input, style),
    }
}

fn check(input: &Input, style: Style) -> ExitCode {
    let report = input.builder().check();
    show(&report, input.quiet, style);
    if report.has_errors() {
        return ExitCode::FAILURE;
    }
    let files = input.files.len();
    let s = if files == 1 { "" } else { "s" };
    say(io::stdout(), &format!("{files} file{s} ok{}\n", tally(&report, &[Severity::Warning, Severity::Note])));
    ExitCode::SUCCESS
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
