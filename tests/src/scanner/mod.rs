//! Cases for a scanner: a program that reads protocol XML and accepts it or says what is wrong.
//!
//! Knows how to run the command on a file and what can come of it; the other modules are the cases, by subject. Judged is
//! acceptance, and the line of the complaint where a case names one. A crash is never an answer.

mod arguments;
mod enums;
mod names;
mod structure;
mod versions;

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::case::{Case, Outcome, Part, Record, Selection, Stop, Verdict, fail, in_order, skip};
use crate::target::{Launch, Template, ending};

/// How long a scanner may take for one file.
const PATIENCE: Duration = Duration::from_secs(10);
/// Address space of a scanner in KiB: far more than any protocol needs, far less than a bomb takes.
const MEMORY: u32 = 4 << 20;

/// Everything the kit has to know of a scanner under test.
#[derive(Clone, Debug)]
pub struct Target {
    /// The command that checks `{file}`: exit code 0 accepts it, another refuses it.
    pub check: Template,
    /// The command that generates code from `{file}` into `{out}`, for the cases about what is generated.
    pub generate: Option<Template>,
}

/// What a scanner case gets.
#[derive(Debug)]
pub struct Scanner {
    target: Target,
    dir: TempDir,
}

/// What a scanner made of a file.
#[derive(Clone, Debug)]
enum Attempt {
    /// Exit code 0; the text is what it said nevertheless.
    Accepted(String),
    /// Another exit code; the text is its complaint.
    Refused(String),
    /// Killed by a signal, or too slow.
    Broke(String),
}

/// All scanner cases in the order of reports.
#[must_use]
pub fn cases() -> Vec<&'static Case<Scanner>> {
    in_order(&[names::CASES, versions::CASES, enums::CASES, arguments::CASES, structure::CASES])
}

/// Runs the selected cases against `target`, telling `report` of each as it is over.
///
/// # Errors
/// When no directory for the files can be made.
pub fn run(target: &Target, selection: &Selection, report: &mut dyn FnMut(&Record)) -> std::io::Result<Vec<Record>> {
    let dir = tempfile::Builder::new().prefix("conform-").tempdir()?;
    let mut scanner = Scanner { target: target.clone(), dir };
    let selected = cases().into_iter().filter(|case| selection.includes(&case.row));
    let judge = |case: &'static Case<Scanner>| {
        let began = Instant::now();
        let outcome = Outcome::from((case.run)(&mut scanner));
        let record = Record { row: case.row, part: Part::Scanner, outcome, took: began.elapsed() };
        report(&record);
        record
    };
    Ok(selected.map(judge).collect())
}

impl Scanner {
    /// Requires that `xml` is accepted.
    fn accepts(&self, xml: &str) -> Verdict {
        match self.scan(xml)? {
            Attempt::Accepted(_) => Ok(()),
            Attempt::Refused(text) => fail(format!("it is refused: {}", first_line(&text))),
            Attempt::Broke(how) => fail(how),
        }
    }

    /// Requires that `xml` is refused.
    fn refuses(&self, xml: &str) -> Verdict {
        self.complaint(xml).map(drop)
    }

    /// Requires that `xml` is refused and that the complaint names line `line`.
    fn refuses_at(&self, line: usize, xml: &str) -> Verdict {
        let text = self.complaint(xml)?;
        if names_line(&text, line) { Ok(()) } else { fail(format!("line {line} is not named: {}", first_line(&text))) }
    }

    /// Requires that `xml` is refused, or accepted with a word of warning.
    fn refuses_or_warns(&self, xml: &str) -> Verdict {
        match self.scan(xml)? {
            Attempt::Accepted(text) if text.trim().is_empty() => fail("it is accepted without a word"),
            Attempt::Accepted(_) | Attempt::Refused(_) => Ok(()),
            Attempt::Broke(how) => fail(how),
        }
    }

    /// Requires that `xml` is refused, or accepted without reservation.
    fn refuses_or_supports(&self, xml: &str) -> Verdict {
        match self.scan(xml)? {
            Attempt::Accepted(text) if !text.trim().is_empty() => {
                fail(format!("it is accepted with a warning: {}", first_line(&text)))
            }
            Attempt::Accepted(_) | Attempt::Refused(_) => Ok(()),
            Attempt::Broke(how) => fail(how),
        }
    }

    /// Requires that the scanner comes to any end that is not a crash.
    fn survives(&self, xml: &str) -> Result<String, Stop> {
        match self.scan(xml)? {
            Attempt::Accepted(text) | Attempt::Refused(text) => Ok(text),
            Attempt::Broke(how) => fail(how),
        }
    }

    fn complaint(&self, xml: &str) -> Result<String, Stop> {
        match self.scan(xml)? {
            Attempt::Refused(text) => Ok(text),
            Attempt::Accepted(text) if text.trim().is_empty() => fail("it is accepted"),
            Attempt::Accepted(text) => fail(format!("it is accepted with a warning: {}", first_line(&text))),
            Attempt::Broke(how) => fail(how),
        }
    }

    fn scan(&self, xml: &str) -> Result<Attempt, Stop> {
        let file = self.dir.path().join("protocol.xml");
        fs::write(&file, xml)?;
        self.attempt(&self.target.check.fill(&[("{file}", &file.to_string_lossy())]), None)
    }

    /// Has the scanner read `xml` from a pipe.
    fn scan_pipe(&self, xml: &str) -> Result<Attempt, Stop> {
        self.attempt(&self.target.check.fill(&[("{file}", "/dev/stdin")]), Some(xml))
    }

    /// Generates from `xml` and returns what was written.
    fn generate(&self, xml: &str) -> Result<Vec<u8>, Stop> {
        let Some(template) = &self.target.generate else { return skip("no command was given that generates") };
        let (file, out) = (self.dir.path().join("protocol.xml"), self.dir.path().join("generated"));
        fs::write(&file, xml)?;
        // Nothing may be left of an earlier run.
        let _ = fs::remove_file(&out);
        let words = template.fill(&[("{file}", &file.to_string_lossy()), ("{out}", &out.to_string_lossy())]);
        match self.attempt(&words, None)? {
            Attempt::Accepted(_) => Ok(fs::read(&out)?),
            Attempt::Refused(text) => fail(format!("it is refused: {}", first_line(&text))),
            Attempt::Broke(how) => fail(how),
        }
    }

    /// Runs the command in the directory of the files, with bounded memory, and gives it `input`.
    fn attempt(&self, words: &[String], input: Option<&str>) -> Result<Attempt, Stop> {
        let limited = format!("ulimit -v {MEMORY}; exec \"$@\"");
        let mut launch =
            Launch::prepare()?.words(&[String::from("sh"), String::from("-c"), limited, String::from("sh")]);
        launch.command().args(words);
        let mut running = launch.start_talking()?;
        if let (Some(mut stdin), Some(input)) = (running.stdin.take(), input) {
            // A scanner that refuses before it has read everything breaks the pipe, which is its right.
            let _ = stdin.write_all(input.as_bytes());
        }
        // What it prints is read to its end, or it would block on a full pipe.
        let reader = running
            .stdout
            .take()
            .map(|mut stdout| std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink())));
        let status = running.wait(PATIENCE)?;
        let Some(status) = status else {
            return Ok(Attempt::Broke(format!("it is not done after {} s", PATIENCE.as_secs())));
        };
        if let Some(reader) = reader {
            let _ = reader.join();
        }
        // Where the kit put the file says nothing about the scanner.
        let text = running.log().replace(&format!("{}/", self.dir.path().display()), "");
        Ok(match status.code() {
            Some(0) => Attempt::Accepted(text),
            // 101 is how a Rust program panics; 128 and above is how a shell reports a signal.
            Some(code) if code == 101 || code >= 128 => Attempt::Broke(format!("it crashes: {}", first_line(&text))),
            Some(_) => Attempt::Refused(text),
            None => Attempt::Broke(format!("it crashes ({})", ending(status))),
        })
    }
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("without a word").trim()
}

/// Whether `text` names that line, as `file:3: ...`, `file:3:5` or `line 3`.
fn names_line(text: &str, line: usize) -> bool {
    [format!(":{line}"), format!("line {line}")].iter().any(|mark| {
        text.match_indices(mark)
            .any(|(at, _)| !text[at + mark.len()..].starts_with(|letter: char| letter.is_ascii_digit()))
    })
}

/// A protocol file with `body` from line 3 on.
fn protocol(body: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<protocol name=\"test\">\n{body}\n</protocol>\n")
}

/// A protocol with one interface of version 3 on line 3, its description on 4 and 5, `body` from line 6 on.
fn interface(body: &str) -> String {
    protocol(&format!(
        "<interface name=\"thing\" version=\"3\">\n<description summary=\"what the case is about\">\n</description>\n{body}\n</interface>"
    ))
}

/// A protocol with one request that has these arguments, from line 7 on.
fn request(arguments: &str) -> String {
    interface(&format!("<request name=\"act\">\n{arguments}\n</request>"))
}

/// A protocol with one event that has these arguments, from line 7 on.
fn event(arguments: &str) -> String {
    interface(&format!("<event name=\"happened\">\n{arguments}\n</event>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_named_only_by_its_whole_number() {
        assert!(names_line("a.xml:3: error", 3) && names_line("error on line 3", 3) && names_line("--> a.xml:3:7", 3));
        assert!(!names_line("a.xml:33: error", 3) && !names_line("a.xml:7:13", 3) && !names_line("3 errors", 3));
    }

    #[test]
    fn the_helpers_put_things_on_the_lines_they_promise() {
        assert_eq!(interface("HERE").lines().nth(5), Some("HERE"));
        assert_eq!(request("HERE").lines().nth(6), Some("HERE"));
    }
}
