//! How a client under test ends: by order, unharmed, or with a fatal error that it reports.

use super::tested::{EXIT, TestedClient};
use crate::case::{Stop, Verdict, ensure, fail};
use crate::protocol::driver;
use crate::socket::seconds;
use crate::target::ending;

/// How a client reported its fatal error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A protocol error that the server posted.
    Protocol {
        /// The object, 0 if the client does not know it.
        object: u32,
        /// Its interface, or `unknown`.
        interface: String,
        /// The code.
        code: u32,
        /// The text.
        text: String,
    },
    /// Anything else.
    Fatal {
        /// `malformed`, `closed`, `reset` or `other`.
        kind: String,
        /// For people.
        text: String,
    },
}

impl Ending {
    /// Reads an `error` or a `fatal` line.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        match words.next()? {
            "error" => Some(Self::Protocol {
                object: words.next()?.parse().ok()?,
                interface: words.next()?.to_owned(),
                code: words.next()?.parse().ok()?,
                text: words.next().unwrap_or_default().to_owned(),
            }),
            "fatal" => {
                let kind = words.next()?.to_owned();
                Some(Self::Fatal { kind, text: words.collect::<Vec<_>>().join(" ") })
            }
            _ => None,
        }
    }

    /// For people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Protocol { object, interface, code, text } => {
                format!("the client reports error {code} on {interface}#{object}, \"{text}\"")
            }
            Self::Fatal { kind, text } => format!("the client reports `{kind}`, \"{text}\""),
        }
    }

    /// Requires `fatal malformed`: the client blames the server's bytes.
    ///
    /// # Errors
    /// For any other ending.
    pub fn malformed(&self) -> Verdict {
        match self {
            Self::Fatal { kind, .. } if kind == "malformed" => Ok(()),
            other => fail(other.describe()),
        }
    }
}

impl TestedClient {
    /// Orders the client to leave, and requires exit code 0: nothing that came before has harmed it.
    ///
    /// # Errors
    /// When it reports an error, crashes or stays.
    pub fn finish(&mut self) -> Verdict {
        self.send(&self.order(driver::FINISH))?;
        let lines = self.until_exit()?;
        match self.running.wait(self.patience)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                let said = lines.iter().find(|line| line.starts_with("error") || line.starts_with("fatal"));
                fail(said.map_or_else(|| ending(status), |line| format!("the client gave up: {line}")))
            }
            None => fail("the client does not obey any more"),
        }
    }

    /// Requires that the client reports a fatal error and leaves with code 2.
    ///
    /// # Errors
    /// When it does not notice, crashes, or does not leave.
    pub fn fatal(&mut self) -> Result<Ending, Stop> {
        let (ending, _) = self.fatal_twice()?;
        Ok(ending)
    }

    /// As [`TestedClient::fatal`]; returns also the line it printed for the attempt after the error.
    ///
    /// # Errors
    /// As [`TestedClient::fatal`].
    pub fn fatal_twice(&mut self) -> Result<(Ending, String), Stop> {
        let lines = self.until_exit()?;
        let Some(status) = self.running.wait(EXIT)? else {
            // Shows whether it took notice at all.
            let alive = self.finish();
            let noticed =
                if alive.is_ok() { "and goes on as if nothing had happened" } else { "and does nothing more" };
            return fail(format!("the client reports no error within {} {noticed}", seconds(self.patience)));
        };
        ensure(status.code() == Some(2), || {
            format!("the client ended with {}: {}", ending(status), lines.join(" | "))
        })?;
        let report = lines.iter().find_map(|line| Ending::read(line));
        let again = lines.iter().find_map(|line| line.strip_prefix("again "));
        match (report, again) {
            (Some(report), Some(again)) => Ok((report, again.to_owned())),
            _ => fail(format!("the client ended without its report: {}", lines.join(" | "))),
        }
    }

    /// Requires that the client leaves with code 2, its report maybe read before.
    ///
    /// # Errors
    /// When it crashes or stays.
    pub fn fatal_or_left(&mut self) -> Verdict {
        self.until_exit()?;
        match self.running.wait(EXIT)? {
            Some(status) if status.code() == Some(2) => Ok(()),
            Some(status) => fail(format!("the client ended with {}", ending(status))),
            None => fail("the client neither sends the rest nor gives up"),
        }
    }

    /// Accepts both ways to take an event that is wrong but harmless: go on unharmed, or report it and leave.
    ///
    /// # Errors
    /// When the client crashes or hangs.
    pub fn unharmed(&mut self) -> Verdict {
        self.send(&self.order(driver::FINISH))?;
        let lines = self.until_exit()?;
        match self.running.wait(self.patience)? {
            Some(status) if matches!(status.code(), Some(0 | 2)) => Ok(()),
            Some(status) => fail(format!("the client ended with {}: {}", ending(status), lines.join(" | "))),
            None => fail("the client does not obey any more"),
        }
    }
}
