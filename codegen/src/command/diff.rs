//! `wayline diff`: arguments, streams and exit codes. The library compares.

mod exempt;
pub(crate) mod input;
mod json;
pub(super) mod text;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::diff::{Change, Class, Rule, compare};
use crate::{Error, Severity, Style};
use clap::{Args, ValueEnum};

use super::output::print;
use super::{Color, say};
use exempt::{Exemption, Exemptions, Today};

pub(crate) const USAGE: &str = "\
wayline diff [OPTIONS] OLD NEW
       wayline diff [OPTIONS] --against git:REF FILE...";

pub(crate) const EXAMPLES: &str = "\
Examples:
  wayline diff old/lamp.xml lamp.xml
  wayline diff git:v1.0:protocols protocols
  wayline diff --against git:v1.0 --format sarif protocols/lamp.xml";

/// The examples, and the rules by class.
pub(crate) fn long_help() -> String {
    let mut text = format!("{EXAMPLES}\n\nRules:\n");
    for class in Class::ALL {
        let mut line = format!("  {class}:");
        for rule in Rule::ALL.iter().filter(|rule| rule.class() == class) {
            if line.len() + rule.name().len() >= 100 {
                text += &line;
                line = "\n   ".to_owned();
            }
            line += &format!(" {rule}");
        }
        text += &format!("{line}\n");
    }
    text
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// OLD and NEW, each a file, a directory with all XML files below it, or git:REF:PATH, which is either as it was at a
    /// revision (PATH is as in `git show REF:PATH`). With `--against` any number of files and directories.
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// Compare each file or directory with what it was at a tag, branch or commit of its git repository.
    #[arg(long, value_name = "git:REF")]
    against: Option<String>,
    /// The least change that gives exit code 1.
    #[arg(long, value_name = "CLASS", default_value = "wire")]
    fail_on: FailOn,
    /// Show compatible changes and exempted ones too.
    #[arg(long)]
    all: bool,
    /// Changes that are allowed, one a line: `RULE ITEM until=YYYY-MM-DD REASON`, such as
    /// `message-removed lamp.blink until=2030-06-30 never shipped`. An item covers what is below it. `#` starts a comment.
    #[arg(long, value_name = "FILE")]
    exempt: Option<PathBuf>,
    /// Treat what breaks peers as what breaks code, in interfaces that may be experiments: those whose name starts with
    /// `z`, or whose name or protocol's name ends with `_v1` (any number) or has `unstable` in it.
    #[arg(long)]
    allow_unstable: bool,
    /// How to print the changes.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    /// What breaks deployed peers.
    Wire,
    /// That, and what breaks code.
    Source,
    /// Also changes of the documentation.
    Docs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    /// SARIF 2.1.0, for tools that show findings beside code.
    Sarif,
}

/// A change with what the options make of it.
struct Judged<'e> {
    change: Change,
    class: Class,
    /// The line that allows it, or did until it expired.
    exemption: Option<&'e Exemption>,
    exempt: bool,
}

/// All changes, and which of them are shown.
struct Verdict<'e> {
    changes: Vec<Judged<'e>>,
    fail_on: Class,
    all: bool,
}

impl Verdict<'_> {
    fn shown(&self) -> impl Iterator<Item = &Judged<'_>> {
        self.changes.iter().filter(|one| self.all || !one.exempt && one.class != Class::Compatible)
    }

    fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|one| !one.exempt && one.class == class).count()
    }

    fn exempted(&self) -> usize {
        self.changes.iter().filter(|one| one.exempt).count()
    }

    fn has_failed(&self) -> bool {
        self.changes.iter().any(|one| !one.exempt && one.class <= self.fail_on)
    }
}

/// What stands below the faults of files.
const UNREADABLE: &str = "nothing was compared: both sides must be files that `wayline check` accepts\n";

/// Exit code of input that cannot be compared.
const BAD_INPUT: u8 = 2;

impl Diff {
    pub(crate) fn run(self, color: Color) -> ExitCode {
        self.compare(color).unwrap_or_else(|message| {
            say(io::stderr(), &message);
            ExitCode::from(BAD_INPUT)
        })
    }

    fn compare(&self, color: Color) -> Result<ExitCode, String> {
        let exemptions = match &self.exempt {
            Some(path) => Exemptions::read(path)?,
            None => Exemptions::default(),
        };
        let sides = match &self.against {
            Some(reference) => input::against(reference, &self.inputs)?,
            None => input::two(&self.inputs)?,
        };
        for note in &sides.notes {
            say(io::stderr(), &format!("note: {note}\n"));
        }
        let style = if color.is_on(&io::stderr()) { Style::Coloured } else { Style::Plain };
        let changes = compare(sides.old, sides.new).map_err(|error| match error {
            Error::Invalid(report) => report.render(style, Severity::Error) + UNREADABLE,
            error => format!("error: {error}\n"),
        })?;
        let today = Today::now();
        let mut used = exemptions.unused();
        let changes = changes.into_iter().map(|change| self.judge(change, &exemptions, &mut used, today)).collect();
        let fail_on = match self.fail_on {
            FailOn::Wire => Class::Wire,
            FailOn::Source => Class::Source,
            FailOn::Docs => Class::Docs,
        };
        let verdict = Verdict { changes, fail_on, all: self.all };
        let text = match self.format {
            Format::Text => text::render(&verdict, color.is_on(&io::stdout())),
            Format::Json => json::render(&verdict),
            Format::Sarif => json::sarif(&verdict),
        };
        print(&text, "the changes")?;
        say(io::stderr(), &exemptions.warnings(&used, today));
        Ok(if verdict.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn judge<'e>(&self, change: Change, exemptions: &'e Exemptions, used: &mut [bool], today: Today) -> Judged<'e> {
        let class = match change.class() {
            Class::Wire if self.allow_unstable && change.is_unstable() => Class::Source,
            class => class,
        };
        let exemption = exemptions.find(&change, used);
        let exempt = exemption.is_some_and(|found| !found.has_expired(today));
        Judged { change, class, exemption, exempt }
    }
}
