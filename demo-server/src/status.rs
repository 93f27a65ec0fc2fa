//! `--status`, `--trace` and `--upgrade`: asks a running server about its clients, or to be replaced.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use wayline::io::inherit::Environment;
use wayline::io::path::Address;
use wayline::{Client, Escaped, EventHandler, HandlerResult, HasClient, client};

use crate::app::Failure;
use crate::control::SUFFIX;
use crate::protocol::control::{DemoControl, demo_control};
use demo_control::Amount;

/// How long the server has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an upgrade may take: the new process has its time to start, and then the two to meet.
const UPGRADE: Duration = Duration::from_secs(60);

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// All clients, as a table or as JSON.
    List { json: bool },
    /// The messages of a client are to be traced, or no more.
    Trace { number: u32, on: bool },
    /// It is to be replaced by this program, or by a newer one of its own.
    Upgrade { program: Option<PathBuf> },
}

/// A client of the server.
#[derive(Debug, Default)]
struct Row {
    number: u32,
    pid: u32,
    uid: u32,
    program: String,
    traced: bool,
    amounts: Vec<(Amount, u64)>,
}

struct Asker {
    client: Client<Asker>,
    rows: Vec<Row>,
    /// How many clients the answer was about, once it is complete.
    done: Option<u32>,
    /// What became of the upgrade.
    upgraded: Option<Result<String, String>>,
}

impl HasClient for Asker {
    fn client(&mut self) -> &mut Client<Asker> {
        &mut self.client
    }
}

impl EventHandler<DemoControl> for Asker {
    type Data = ();

    fn event(&mut self, _: DemoControl, event: demo_control::Event<'_>) -> HandlerResult {
        match event {
            demo_control::Event::Client { number, pid, uid, program, traced } => {
                let (program, traced) = (program.to_owned(), traced != 0);
                self.rows.push(Row { number, pid, uid, program, traced, amounts: Vec::new() });
            }
            demo_control::Event::Amount { kind, high, low } => {
                if let Some(row) = self.rows.last_mut() {
                    row.amounts.push((kind, u64::from(high) << 32 | u64::from(low)));
                }
            }
            demo_control::Event::Done { clients } => self.done = Some(clients),
            demo_control::Event::Upgraded { pid, clients, waited_us, bytes } => {
                let waited = f64::from(waited_us) / 1000.0;
                let text =
                    format!("process {pid} serves now: {clients} clients waited {waited:.1} ms, {bytes} bytes\n");
                self.upgraded = Some(Ok(text));
            }
            demo_control::Event::UpgradeFailed { reason } => self.upgraded = Some(Err(reason.to_owned())),
        }
        Ok(())
    }
}

/// Asks the server at `socket`, or at `WAYLAND_DISPLAY`, and returns what to print.
///
/// # Errors
/// If there is none, it does not answer, or there is no such client.
pub(crate) fn ask(socket: Option<&str>, question: Question) -> Result<String, Failure> {
    let environment = Environment::of_process();
    let address = match socket {
        Some(name) => Address::named(name, &environment)?,
        None => Address::of_display(&environment)?,
    };
    let path = format!("{address}{SUFFIX}");
    let client = Client::connect_to_within(&path, PATIENCE)?;
    let mut asker = Asker { client, rows: Vec::new(), done: None, upgraded: None };
    let control: DemoControl = asker.client.bind(1)?;
    let no_answer = || format!("{path}: no answer");
    match question {
        Question::List { json } => {
            while asker.done != Some(0) {
                asker.done = None;
                control.list(&mut asker.client, asker.rows.last().map_or(0, |row| row.number))?;
                client::roundtrip_within(&mut asker, PATIENCE)?;
                asker.done.ok_or_else(no_answer)?;
            }
            Ok(if json { self::json(&asker.rows) } else { table(&asker.rows) })
        }
        Question::Trace { number, on } => {
            control.trace(&mut asker.client, number, on.into())?;
            client::roundtrip_within(&mut asker, PATIENCE)?;
            let found = asker.done.ok_or_else(no_answer)? > 0;
            if found { Ok(String::new()) } else { Err(format!("there is no client {number}").into()) }
        }
        Question::Upgrade { program } => {
            if control.version() < 2 {
                return Err("this server is of a version that cannot be replaced".into());
            }
            let program = program.map(std::path::absolute).transpose()?;
            let unknown = || "the path of the program is not UTF-8";
            let program = program.as_deref().map(|path| path.to_str().ok_or_else(unknown)).transpose()?;
            control.upgrade(&mut asker.client, program)?;
            let deadline = Instant::now() + UPGRADE;
            while asker.upgraded.is_none() {
                let left = deadline.checked_duration_since(Instant::now()).ok_or_else(no_answer)?;
                client::dispatch(&mut asker, Some(left))?;
            }
            Ok(asker.upgraded.unwrap_or_else(|| Err(no_answer()))?)
        }
    }
}

/// What is shown of each client: the name in JSON, and the heading in the table.
const COLUMNS: [(Amount, &str, &str); 13] = [
    (Amount::MESSAGES_IN, "messages_in", "requests"),
    (Amount::MESSAGES_OUT, "messages_out", "events"),
    (Amount::BYTES_IN, "bytes_in", "bytes in"),
    (Amount::BYTES_OUT, "bytes_out", "bytes out"),
    (Amount::FDS_IN, "fds_in", "fds in"),
    (Amount::FDS_OUT, "fds_out", "fds out"),
    (Amount::OBJECTS, "objects", "objects"),
    (Amount::QUEUED_BYTES, "queued_bytes", "queued"),
    (Amount::UNREAD_BYTES, "unread_bytes", "unread"),
    (Amount::FDS, "fds", "fds held"),
    (Amount::MAPPED_BYTES, "mapped_bytes", "mapped"),
    (Amount::STORED_BYTES, "stored_bytes", "stored"),
    (Amount::IDLE_MS, "idle_ms", "idle ms"),
];

fn table(rows: &[Row]) -> String {
    let heads = ["client", "program", "pid", "uid"].into_iter().chain(COLUMNS.map(|(.., head)| head));
    let mut lines: Vec<Vec<String>> = vec![heads.map(str::to_owned).collect()];
    for row in rows {
        let number = format!("{}{}", row.number, if row.traced { " (traced)" } else { "" });
        let who = [number, Escaped(&row.program).to_string(), row.pid.to_string(), row.uid.to_string()];
        lines.push(who.into_iter().chain(row.shown().map(|(_, amount)| amount.to_string())).collect());
    }
    let count = lines[0].len();
    let widths: Vec<usize> =
        (0..count).map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let gap = if at == 0 { "" } else { "  " };
            // Writing to a String cannot fail.
            let _ = if at == 1 { write!(text, "{gap}{cell:<width$}") } else { write!(text, "{gap}{cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

fn json(rows: &[Row]) -> String {
    let mut text = String::from("[");
    for (at, row) in rows.iter().enumerate() {
        let gap = if at == 0 { "" } else { "," };
        let Row { number, pid, uid, program, traced, .. } = row;
        // Writing to a String cannot fail.
        let _ = write!(text, "{gap}\n  {{\"client\": {number}, \"program\": {}", quoted(program));
        let _ = write!(text, ", \"pid\": {pid}, \"uid\": {uid}, \"traced\": {traced}");
        for (name, amount) in row.shown() {
            let _ = write!(text, ", \"{name}\": {amount}");
        }
        text.push('}');
    }
    text.push_str(if rows.is_empty() { "]\n" } else { "\n]\n" });
    text
}

/// A string of JSON (RFC 8259).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

impl Row {
    /// The amounts in the order of the columns; 0 for those that the server does not know.
    fn shown(&self) -> impl Iterator<Item = (&'static str, u64)> {
        COLUMNS.into_iter().map(|(kind, name, _)| {
            let known = self.amounts.iter().find(|(known, _)| *known == kind);
            (name, known.map_or(0, |(_, amount)| *amount))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let amounts = vec![(Amount::MESSAGES_IN, 12), (Amount::MAPPED_BYTES, 5 << 32)];
        let program = "a \"b\"\u{1b}[31m".to_owned();
        vec![
            Row { number: 3, pid: 40, uid: 1000, program, traced: true, amounts },
            Row { number: 12, program: "foot".into(), ..Row::default() },
        ]
    }

    #[test]
    fn the_table_is_aligned_and_says_nothing_to_a_terminal() {
        let text = table(&rows());
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert_eq!((widths.len(), widths[0], widths[0]), (3, widths[1], widths[2]), "{text}");
        assert!(text.contains("3 (traced)  a \"b\"\\u{1b}[31m"), "{text}");
        assert!(text.contains("21474836480"), "{text}");
    }

    #[test]
    fn json_escapes_what_a_string_may_not_have() {
        let text = json(&rows());
        assert!(
            text.contains(r#""client": 3, "program": "a \"b\"\u001b[31m", "pid": 40, "uid": 1000, "traced": true"#)
        );
        assert!(text.contains(r#""messages_in": 12, "messages_out": 0"#), "{text}");
        assert_eq!(json(&[]), "[]\n");
    }
}
