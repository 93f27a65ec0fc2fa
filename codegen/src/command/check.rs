//! `wayline check`: arguments, streams and exit codes. The library looks.

mod fix;
mod json;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::lint::{Id, Level, Levels, Report, Rule, lint};
use crate::source::Source;
use crate::{Severity, Style};
use clap::{Args, ValueEnum};

use super::diff::input;
use super::output::print;
use super::{Color, say};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wayline check lamp.xml
  wayline check --deny all --allow keyword --format sarif protocols
  wayline check --explain destructor-event
  wayline check --fix lamp.xml";

/// The examples, and the lints by level.
pub(crate) fn long_help() -> String {
    let mut text = format!("{EXAMPLES}\n\nLints (`--explain all` has what each finds, and the rules of the format):\n");
    for (level, word) in [(Level::Error, "error"), (Level::Warn, "warn"), (Level::Allow, "allow")] {
        let mut line = format!("  {word}:");
        for rule in Rule::ALL.iter().filter(|rule| rule.level() == level) {
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
pub(crate) struct Check {
    /// Protocol files, directories with all XML files below them, or git:REF:PATH, which is either as it was at a revision;
    /// `-` is standard input.
    #[arg(required_unless_present = "explain", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Treat as errors what is a warning only because well-known files do it.
    #[arg(long)]
    strict: bool,
    /// Show errors only.
    #[arg(long, short)]
    quiet: bool,
    /// Make findings of a rule errors; `all` is every lint. A rule that is named itself keeps its own level.
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Make findings of a rule warnings.
    #[arg(long, value_name = "RULE")]
    warn: Vec<String>,
    /// Do not show findings of a rule.
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// How to print the findings. JSON and SARIF go to standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Mend what can be mended mechanically, in the files, and report the rest. All else in them stays as it is.
    #[arg(long)]
    fix: bool,
    /// Say what a rule finds and why it matters; `all` is every rule.
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    /// SARIF 2.1.0, for tools that show findings beside code.
    Sarif,
}

/// Exit code of input that cannot be read.
const BAD_INPUT: u8 = 2;

impl Check {
    pub(crate) fn run(self, color: Color) -> ExitCode {
        let result = match &self.explain {
            Some(name) => explain(name),
            None => self.check(color),
        };
        result.unwrap_or_else(|message| {
            say(io::stderr(), &message);
            ExitCode::from(BAD_INPUT)
        })
    }

    fn check(&self, color: Color) -> Result<ExitCode, String> {
        let levels = self.levels()?;
        let mut report = self.look(&levels)?;
        let mut fixed = 0;
        if self.fix {
            // What one round moves the next one may mend too; four are more than any rule needs.
            for _ in 0..4 {
                match fix::write(&report)? {
                    0 => break,
                    count => fixed += count,
                }
                report = self.look(&levels)?;
            }
        }
        match self.format {
            Format::Text => self.show(&report, fixed, color)?,
            Format::Json => print(&json::render(&report, fixed, self.least()), "the findings")?,
            Format::Sarif => print(&json::sarif(&report, self.least()), "the findings")?,
        }
        Ok(match (report.is_complete(), report.count(Severity::Error)) {
            (false, _) => ExitCode::from(BAD_INPUT),
            (true, 0) => ExitCode::SUCCESS,
            (true, _) => ExitCode::FAILURE,
        })
    }

    fn levels(&self) -> Result<Levels, String> {
        let mut levels = Levels::default();
        levels.set_strict(self.strict);
        let asked = [(&self.deny, Level::Error), (&self.warn, Level::Warn), (&self.allow, Level::Allow)];
        for (names, level) in asked {
            for name in names {
                levels
                    .set(name, level)
                    .map_err(|error| format!("error: {error}; `--explain all` lists the rules\n"))?;
            }
        }
        Ok(levels)
    }

    fn look(&self, levels: &Levels) -> Result<Report, String> {
        let mut sources: Vec<Source> = Vec::new();
        for path in &self.files {
            if self.fix && (path.as_os_str() == "-" || path.to_str().is_some_and(|path| path.starts_with("git:"))) {
                return Err(format!("error: `--fix` is for files, and {} is none\n", path.display()));
            }
            sources.append(&mut input::one(path)?);
        }
        Ok(lint(sources, levels))
    }

    fn least(&self) -> Severity {
        if self.quiet { Severity::Error } else { Severity::Note }
    }

    fn show(&self, report: &Report, fixed: usize, color: Color) -> Result<(), String> {
        let style = if color.is_on(&io::stderr()) { Style::Coloured } else { Style::Plain };
        let counts =
            [Severity::Error, Severity::Warning, Severity::Note].map(|severity| match report.count(severity) {
                0 => String::new(),
                1 => format!(", 1 {severity}"),
                number => format!(", {number} {severity}s"),
            });
        let mut tally = counts.concat();
        let others = [("allowed", report.allowed()), ("fixed", fixed)];
        tally
            .extend(others.iter().filter(|(_, number)| *number > 0).map(|(what, number)| format!(", {number} {what}")));
        let mut text = report.render(style, self.least());
        if report.count(Severity::Error) > 0 || !report.is_complete() {
            text.push_str(tally.trim_start_matches(", "));
            text.push('\n');
            say(io::stderr(), &text);
            return Ok(());
        }
        say(io::stderr(), &text);
        let files = report.files();
        let s = if files == 1 { "" } else { "s" };
        print(&format!("{files} file{s} ok{tally}\n"), "the findings")
    }
}

/// Prints what is to know of a rule, or of all.
fn explain(name: &str) -> Result<ExitCode, String> {
    let ids: Vec<_> = Id::all().filter(|id| name == "all" || id.name() == name).collect();
    if ids.is_empty() {
        return Err(format!(
            "error: there is no rule `{}`; `--explain all` lists them\n",
            super::output::one_line(name)
        ));
    }
    let text: String = ids.into_iter().map(explanation).collect();
    print(&text, "the explanation")?;
    Ok(ExitCode::SUCCESS)
}

fn explanation(id: Id) -> String {
    match id {
        Id::Lint(rule) => {
            let level = match rule.level() {
                Level::Error => "error",
                Level::Warn => "warn",
                Level::Allow => "allow",
            };
            format!("{rule} (lint, {level})\n  {}\n  Why: {}\n\n", rule.explanation(), rule.why())
        }
        Id::Format(rule) => {
            let level = if rule.is_hard() { "error always" } else { "can be allowed" };
            format!("{rule} (format, {level})\n  {}\n\n", rule.explanation())
        }
    }
}
