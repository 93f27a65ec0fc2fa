//! `wayline doc`: arguments, streams and exit codes. The library writes the pages.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::doc::{self, Site, Support};
use crate::source::MAX_INPUT;
use crate::{Error, Severity, Style};
use clap::Args;

use super::diff::input::{one, read_limited};
use super::output::one_line;
use super::say;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wayline doc lamp.xml --output site
  wayline doc protocols --output site --previous git:v1.0:protocols --previous git:v1.1:protocols
  wayline doc protocols --markdown --output docs/protocols
  wayline doc protocols --output site --support weston.json --support sway.json";

#[derive(Debug, Args)]
pub(crate) struct Doc {
    /// Protocol files, directories with all XML files below them, or git:REF:PATH, which is either as it was at a revision.
    #[arg(required = true, value_name = "FILE|DIR")]
    inputs: Vec<PathBuf>,
    /// Directory to write to; it is made if it is not there.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Write Markdown, for forges, instead of HTML.
    #[arg(long)]
    markdown: bool,
    /// What the first page is called.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// An earlier release: a file, a directory, or git:REF:PATH; the oldest first. What `wayline diff` finds from each to
    /// the next is shown with the version that it came with.
    #[arg(long, value_name = "FILE|DIR")]
    previous: Vec<PathBuf>,
    /// What a compositor offers, as `wayline info --json` tells it; shown with each interface, and in a table.
    #[arg(long, value_name = "FILE.json")]
    support: Vec<PathBuf>,
}

/// What stands below the faults of files.
const UNREADABLE: &str = "nothing was written: all files must be such that `wayline check` accepts them\n";

/// Exit code of input that cannot be described, and of output that cannot be written.
const FAILED: u8 = 2;

impl Doc {
    pub(crate) fn run(&self, style: Style) -> ExitCode {
        match self.write(style) {
            Ok(message) => {
                say(io::stdout(), &message);
                ExitCode::SUCCESS
            }
            Err(message) => {
                say(io::stderr(), &message);
                ExitCode::from(FAILED)
            }
        }
    }

    fn write(&self, style: Style) -> Result<String, String> {
        let shown = one_line(&self.output.display().to_string());
        if self.output.exists() && !self.output.is_dir() {
            return Err(format!("error: {shown} is not a directory\n"));
        }
        let mut sources = Vec::new();
        for path in &self.inputs {
            sources.extend(one(path)?);
        }
        let mut site = Site::new(sources);
        if let Some(title) = &self.title {
            site = site.title(title);
        }
        for path in &self.previous {
            site = site.previous(path.display().to_string(), one(path)?);
        }
        for path in &self.support {
            site = site.support(support(path)?);
        }
        let pages = if self.markdown { site.markdown() } else { site.html() };
        let pages = pages.map_err(|error| match error {
            Error::Invalid(report) => report.render(style, Severity::Error) + UNREADABLE,
            error => format!("error: {error}\n"),
        })?;
        doc::write(&pages, &self.output).map_err(|error| format!("error: {}\n", one_line(&error.to_string())))?;
        let first = self.output.join(if self.markdown { "README.md" } else { "index.html" });
        Ok(format!("{} files written, {} is the first\n", pages.len(), one_line(&first.display().to_string())))
    }
}

fn support(path: &Path) -> Result<Support, String> {
    let shown = path.display().to_string();
    let bytes = File::open(path).and_then(read_limited);
    let bytes = bytes.map_err(|error| format!("error: {} cannot be read: {error}\n", one_line(&shown)))?;
    if bytes.len() > MAX_INPUT {
        return Err(format!("error: {} is larger than {} MiB\n", one_line(&shown), MAX_INPUT >> 20));
    }
    Support::read(&shown, &bytes).map_err(|error| format!("error: {}: {}\n", one_line(&shown), one_line(&error)))
}
