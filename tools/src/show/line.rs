//! Lines of text and of JSON, and where they go.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};
use wayline::Escaped;
use wayline::dynamic::ValueRef;

use super::color::Paint;
use super::{Seen, Sink, Who, text};
use crate::catalog::Catalog;
use crate::facts::Fault;
use crate::record::{Micros, Record};

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A line for people.
    Text,
    /// A JSON object on a line of its own.
    Json,
}

pub(crate) struct Printer {
    out: Box<dyn Write>,
    format: Format,
    colored: bool,
    /// Why nothing is printed any more.
    failed: Option<io::Error>,
}

impl Printer {
    pub(crate) fn new(out: Box<dyn Write>, format: Format, colored: bool) -> Printer {
        Printer { out, format, colored, failed: None }
    }

    fn head(&self, at: Micros, who: Who<'_>, arrow: &str) -> String {
        let time = format!("{:>4}.{:06}", at / 1_000_000, at % 1_000_000);
        let who = format!("{}-{}", Escaped(who.program), who.connection);
        format!("{} {who} {arrow} ", Paint::Dim.on(self.colored, &time))
    }

    fn line(&mut self, line: &str) {
        if self.failed.is_none()
            && let Err(error) = self.out.write_all(format!("{line}\n").as_bytes())
        {
            self.failed = Some(error);
        }
    }
}

impl Sink for Printer {
    fn message(&mut self, seen: &Seen<'_>) {
        let &Seen { who, record, notes, remark, catalog, .. } = seen;
        let is_request = record.is_request();
        let line = match self.format {
            Format::Text => {
                let text = text::message(record, catalog, seen.interface_of);
                let paint = if is_request { Paint::Request } else { Paint::Event };
                let mut after = String::new();
                if let Some(maker) = &notes.made_by {
                    after += &format!(" from {maker}");
                }
                if let Some(latency) = notes.latency {
                    after += &format!(" after {} ms", millis(latency));
                }
                if let Some(remark) = remark {
                    after += &format!(" ({remark})");
                }
                let head = self.head(record.at, who, if is_request { "->" } else { "<-" });
                format!(
                    "{head}{}{}",
                    paint.on(self.colored, &text),
                    Paint::Dim.on(self.colored && !after.is_empty(), &after)
                )
            }
            Format::Json => {
                let mut line = object(record.at, who, if is_request { "request" } else { "event" });
                line.insert("interface".into(), record.interface().into());
                line.insert("object".into(), record.object().into());
                line.insert("version".into(), record.message.version.into());
                line.insert("message".into(), record.signature().name.clone().into());
                line.insert("arguments".into(), arguments(record, catalog));
                line.extend(notes.made_by.as_ref().map(|maker| ("made_by".to_owned(), maker.to_string().into())));
                line.extend(notes.latency.map(|latency| ("latency_us".to_owned(), latency.into())));
                line.extend(remark.map(|remark| ("remark".to_owned(), remark.into())));
                Json::Object(line).to_string()
            }
        };
        self.line(&line);
    }

    fn fault(&mut self, at: Micros, who: Who<'_>, fault: &Fault) {
        let line = match self.format {
            Format::Text => {
                let head = self.head(at, who, "!!");
                format!("{head}{}", Paint::Fault.on(self.colored, &fault.to_string()))
            }
            Format::Json => {
                let mut line = object(at, who, "fault");
                line.insert("rule".into(), fault.rule.name().into());
                line.insert("text".into(), fault.text.clone().into());
                Json::Object(line).to_string()
            }
        };
        self.line(&line);
    }

    fn news(&mut self, at: Micros, who: Who<'_>, kind: &str, text: &str) {
        let line = match self.format {
            Format::Text => format!("{}{kind}: {text}", self.head(at, who, "--")),
            Format::Json => {
                let mut line = object(at, who, kind);
                line.insert("pid".into(), who.pid.into());
                line.insert("text".into(), text.into());
                Json::Object(line).to_string()
            }
        };
        self.line(&line);
    }

    /// A table in the place of the one before, where there are colours, which is a terminal.
    fn table(&mut self, table: &str) {
        let clear = if self.colored { "\x1b[H\x1b[2J" } else { "" };
        self.line(&format!("{clear}{table}"));
    }

    /// A reader that left is no error.
    fn flush(&mut self) -> Result<(), String> {
        let flushed = match self.failed.take() {
            Some(error) => Err(error),
            None => self.out.flush(),
        };
        let Err(error) = flushed else { return Ok(()) };
        self.out = Box::new(io::sink());
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Ok(());
        }
        Err(format!("messages cannot be printed: {error}"))
    }
}

/// `1.234`
fn millis(time: Micros) -> String {
    format!("{}.{:03}", time / 1000, time % 1000)
}

fn object(at: Micros, who: Who<'_>, kind: &str) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("time_us".into(), at.into());
    line.insert("connection".into(), who.connection.into());
    line.insert("program".into(), who.program.into());
    line.insert("kind".into(), kind.into());
    line
}

/// The arguments by their names: numbers where they are numbers, names of entries beside them.
pub(super) fn arguments(record: &Record<'_>, catalog: &Catalog) -> Json {
    let mut fds = record.fds.iter();
    let message = record.message;
    let mut all = Map::new();
    for (index, (arg, value)) in message.args().enumerate() {
        let listed = catalog.enum_of(record.interface(), message.direction, message.opcode, index);
        let named = |number: u32| listed.map(|one| text::entry(one, number));
        let value = match value {
            ValueRef::Int(value) => named(value as u32).map_or_else(|| json!(value), Json::from),
            ValueRef::Uint(value) => named(value).map_or_else(|| json!(value), Json::from),
            ValueRef::Fixed(value) => json!(value.to_string().parse::<f64>().unwrap_or(0.0)),
            ValueRef::String(string) => json!(string),
            ValueRef::Array(array) => json!({ "bytes": array.len() }),
            ValueRef::Fd(_) => {
                let info = fds.next();
                json!({ "fd": info.map(|info| info.kind.to_string()), "size": info.map(|info| info.size) })
            }
            ValueRef::Object(0) => Json::Null,
            ValueRef::Object(id) | ValueRef::NewId(id) => json!(id),
            ValueRef::AnyNewId { interface, version, id } => {
                json!({ "interface": interface, "version": version, "id": id })
            }
        };
        all.insert(arg.name.clone(), value);
    }
    Json::Object(all)
}
