//! The matrix: every implementation at hand under every case, written to `CONFORMANCE.md`.
//!
//! [`columns`] is the table of implementations. One that is not installed, or a program of this workspace that has not
//! been built, leaves its column out.

mod markdown;
mod peers;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use markdown::render;
pub use peers::{BuildError, PROTOCOL, Peers};

use crate::case::{Outcome, Record, Row, Selection};
use crate::codec::{self, Bench, Reference};
use crate::server::Start;
use crate::target::Template;
use crate::{client, scanner, server};

/// An implementation, with what of it can be judged.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// Name and version, as it tells them.
    pub version: String,
    server: Option<server::Target>,
    client: Option<client::Target>,
    scanner: Option<scanner::Target>,
    reference: bool,
}

/// A judged column.
#[derive(Debug)]
pub struct Judged {
    /// Its heading.
    pub name: &'static str,
    /// Name and version.
    pub version: String,
    /// How every case came out that was run.
    pub records: Vec<Record>,
}

/// The rows of one part of the kit.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// The cases, in order.
    pub rows: fn() -> Vec<Row>,
}

/// All parts, in the order of WIRE.md F.
pub const SECTIONS: &[Section] = &[
    Section { title: "Codec", rows: || codec::cases().iter().map(|case| case.row).collect() },
    Section { title: "Scanner", rows: || scanner::cases().iter().map(|case| case.row).collect() },
    Section { title: "Server", rows: || server::cases().iter().map(|case| case.row).collect() },
    Section { title: "Client", rows: || client::cases().iter().map(|case| case.row).collect() },
];

/// The implementations at hand. `programs` is where this workspace's own are, `peers` the compiled libwayland ones.
#[must_use]
pub fn columns(programs: &Path, peers: Option<&Peers>, patience: Duration) -> Vec<Column> {
    let program = |name: &str| Some(programs.join(name)).filter(|path| path.exists());
    let shown = |path: &PathBuf, arguments: &str| format!("{} {arguments}", path.display());
    let serving = |command: String, automatic: Option<String>, activated: Option<String>| {
        let template = |line: String| Template::parse(&line).ok();
        Some(server::Target {
            start: Start::Command(template(command)?),
            automatic: automatic.and_then(template),
            activated: activated.and_then(template),
            patience,
        })
    };
    let visiting = |command: String| Some(client::Target { command: Template::parse(&command).ok()?, patience });
    let scanning = |check: String, generate: String| {
        Some(scanner::Target { check: Template::parse(&check).ok()?, generate: Template::parse(&generate).ok() })
    };
    let weston = "weston --backend=headless-backend.so --use-pixman --width=1024 --height=768 --idle-time=0";
    let libwayland = said("pkg-config", &["--modversion", "wayland-server"]);

    let own_server = program("probe-server");
    let wayline = Column {
        name: "wayline",
        version: format!("wayline {}", env!("CARGO_PKG_VERSION")),
        server: own_server.as_ref().and_then(|path| {
            serving(shown(path, "--socket {socket}"), Some(shown(path, "")), Some(shown(path, "--activated")))
        }),
        client: program("probe-client").and_then(|path| visiting(shown(&path, ""))),
        scanner: program("wayline")
            .and_then(|path| scanning(shown(&path, "check {file}"), shown(&path, "generate {file} --output {out}"))),
        reference: false,
    };
    let libwayland_column = Column {
        name: "libwayland",
        version: format!("libwayland {}", libwayland.as_deref().unwrap_or("?")),
        server: peers
            .and_then(|peers| serving(shown(&peers.server(), "{name}"), Some(shown(&peers.server(), "")), None)),
        client: peers.and_then(|peers| visiting(shown(&peers.client(), ""))),
        scanner: libwayland.as_ref().and_then(|_| {
            scanning(
                "wayland-scanner --strict server-header {file} /dev/null".to_owned(),
                "wayland-scanner private-code {file} {out}".to_owned(),
            )
        }),
        reference: false,
    };
    let weston_version = said("weston", &["--version"]);
    let weston_column = Column {
        name: "weston",
        version: weston_version.clone().unwrap_or_default(),
        server: weston_version
            .and_then(|_| serving(format!("{weston} --socket={{name}}"), Some(weston.to_owned()), None)),
        client: None,
        scanner: None,
        reference: false,
    };
    let wayland_rs = Column {
        name: "wayland-rs",
        version: program("wayland-rs-server").and_then(|path| said_by(&path)).unwrap_or_default(),
        server: program("wayland-rs-server")
            .and_then(|path| serving(shown(&path, "{name}"), Some(shown(&path, "")), None)),
        client: program("wayland-rs-client").and_then(|path| visiting(shown(&path, ""))),
        scanner: None,
        reference: false,
    };
    let reference = Column {
        name: "kit",
        version: "the kit's own reference codec".to_owned(),
        server: None,
        client: None,
        scanner: None,
        reference: true,
    };
    let at_hand = |column: &Column| {
        column.server.is_some() || column.client.is_some() || column.scanner.is_some() || column.reference
    };
    [wayline, libwayland_column, weston_column, wayland_rs, reference].into_iter().filter(at_hand).collect()
}

/// Runs everything that `column` offers, telling `report` of each case as it is over.
pub fn judge(column: &Column, selection: &Selection, report: &mut dyn FnMut(&Record)) -> Judged {
    let mut records = Vec::new();
    if column.reference {
        let mut bench = Bench::new(Box::new(|| Box::new(Reference::default())), 200_000);
        records.extend(codec::run(&mut bench, selection, report));
    }
    if let Some(target) = &column.scanner {
        records.extend(scanner::run(target, selection, report).unwrap_or_default());
    }
    if let Some(target) = &column.server {
        match server::run(target, selection, report) {
            Ok(run) => records.extend(run),
            Err(error) => records.extend(unjudged(&error.to_string(), selection)),
        }
    }
    if let Some(target) = &column.client {
        records.extend(client::run(target, selection, report));
    }
    Judged { name: column.name, version: column.version.clone(), records }
}

/// Records that say why no server case could be run.
fn unjudged(reason: &str, selection: &Selection) -> Vec<Record> {
    let rows = server::cases().into_iter().map(|case| case.row).filter(|row| selection.includes(row));
    let skipped = |row| Record {
        row,
        part: crate::case::Part::Server,
        outcome: Outcome::Skipped(reason.to_owned()),
        took: Duration::ZERO,
    };
    rows.map(skipped).collect()
}

/// The first line a tool prints; `None` if it is not there.
fn said(tool: &'static str, words: &[&str]) -> Option<String> {
    let text = peers::output(tool, words, Path::new("/")).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The first line a program of the workspace prints when asked for its version.
fn said_by(path: &Path) -> Option<String> {
    let output = std::process::Command::new(path).arg("--version").output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(|line| line.trim().to_owned())
}
