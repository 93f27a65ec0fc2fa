//! The table of implementations: how each of them is started for each part of the kit.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::peers::{Peers, output};
use crate::server::Start;
use crate::target::Template;
use crate::{client, codec, scanner, server};

/// An implementation, with what of it can be judged.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// Name and version, as it tells them.
    pub version: String,
    pub(super) server: Option<server::Target>,
    pub(super) client: Option<client::Target>,
    pub(super) scanner: Option<scanner::Target>,
    pub(super) codec: Option<codec::Target>,
}

/// The implementations at hand. `conform` is the kit's command, beside which the programs of this workspace are,
/// `peers` the compiled libwayland ones.
#[must_use]
pub fn columns(conform: &Path, peers: Option<&Peers>, patience: Duration) -> Vec<Column> {
    let programs = conform.parent().unwrap_or(Path::new("."));
    let at_hand = |column: &Column| {
        column.server.is_some() || column.client.is_some() || column.scanner.is_some() || column.codec.is_some()
    };
    let mut columns = vec![
        wayline(programs, patience),
        libwayland(peers, patience),
        weston(patience),
        wayland_rs(programs, patience),
        kit(),
    ];
    columns.retain(at_hand);
    for target in columns.iter_mut().filter_map(|column| column.server.as_mut()) {
        target.conform = Some(conform.to_owned());
    }
    columns
}

/// This workspace: the probe programs over the runtime, and the generator.
fn wayline(programs: &Path, patience: Duration) -> Column {
    let mut column = Column::new("wayline", concat!("wayline ", env!("CARGO_PKG_VERSION")));
    column.server = program(programs, "probe-server").and_then(|probe| {
        let mut target = serving(&format!("{probe} --socket {{socket}}"), patience)?;
        target.automatic = template(&probe);
        target.activated = template(&format!("{probe} --activated"));
        target.guarded = template(&format!("{probe} --guarded --socket {{socket}}"));
        target.abstract_name = template(&format!("{probe} --abstract {{name}}"));
        Some(target)
    });
    column.client = program(programs, "probe-client").and_then(|probe| visiting(&probe, patience));
    column.codec = program(programs, "probe-codec").and_then(|probe| template(&probe)).map(codec::Target::Program);
    column.scanner = program(programs, "wayline").and_then(|wayline| {
        scanning(&format!("{wayline} check {{file}}"), &format!("{wayline} generate {{file}} --output {{out}}"))
    });
    column
}

/// libwayland of the system, through the programs in `peers/`, and its scanner.
fn libwayland(peers: Option<&Peers>, patience: Duration) -> Column {
    let Some(version) = said("pkg-config", &["--modversion", "wayland-server"]) else {
        return Column::new("libwayland", "");
    };
    let mut column = Column::new("libwayland", &format!("libwayland {version}"));
    if let Some(peers) = peers {
        let server = peers.server().display().to_string();
        column.server = serving(&format!("{server} {{name}}"), patience).map(|mut target| {
            target.automatic = template(&server);
            target.activated = template(&format!("{server} --activated"));
            target.guarded = template(&format!("{server} --guarded {{name}}"));
            target
        });
        column.client = visiting(&peers.client().display().to_string(), patience);
    }
    column.scanner = scanning(
        "wayland-scanner --strict server-header {file} /dev/null",
        "wayland-scanner private-code {file} {out}",
    );
    column
}

/// A deployed compositor over libwayland.
fn weston(patience: Duration) -> Column {
    const HEADLESS: &str = "weston --backend=headless-backend.so --use-pixman --width=1024 --height=768 --idle-time=0";
    let Some(version) = said("weston", &["--version"]) else { return Column::new("weston", "") };
    let mut column = Column::new("weston", &version);
    column.server = serving(&format!("{HEADLESS} --socket={{name}}"), patience).map(|mut target| {
        target.automatic = template(HEADLESS);
        target
    });
    column
}

/// The peers over wayland-rs, which are examples of this package.
fn wayland_rs(programs: &Path, patience: Duration) -> Column {
    let Some(server) = program(programs, "wayland-rs-server") else { return Column::new("wayland-rs", "") };
    let version = Command::new(&server).arg("--version").output().map(|output| first_line(&output.stdout));
    let mut column = Column::new("wayland-rs", &version.unwrap_or_else(|_| "wayland-rs".to_owned()));
    column.server = serving(&format!("{server} {{name}}"), patience).map(|mut target| {
        target.automatic = template(&server);
        target
    });
    column.client = program(programs, "wayland-rs-client").and_then(|client| visiting(&client, patience));
    column
}

/// The kit's own codec, which shows that the codec cases can be passed.
fn kit() -> Column {
    Column { codec: Some(codec::Target::Reference), ..Column::new("kit", "the kit's reference codec") }
}

impl Column {
    /// How its server is started, if it has one.
    #[must_use]
    pub fn server(&self) -> Option<&server::Target> {
        self.server.as_ref()
    }

    fn new(name: &'static str, version: &str) -> Self {
        Self { name, version: version.to_owned(), server: None, client: None, scanner: None, codec: None }
    }
}

/// A program of the workspace, if it has been built: beside this command, or as an example.
fn program(programs: &Path, name: &str) -> Option<String> {
    let path = [programs.join(name), programs.join("examples").join(name)].into_iter().find(|path| path.exists())?;
    Some(path.display().to_string())
}

fn template(line: &str) -> Option<Template> {
    Template::parse(line).ok()
}

fn serving(line: &str, patience: Duration) -> Option<server::Target> {
    Some(server::Target::new(Start::Command(template(line)?), patience))
}

fn visiting(line: &str, patience: Duration) -> Option<client::Target> {
    Some(client::Target { command: template(line)?, patience })
}

fn scanning(check: &str, generate: &str) -> Option<scanner::Target> {
    Some(scanner::Target { check: template(check)?, generate: template(generate) })
}

/// The first line a tool prints; `None` if it is not there.
fn said(tool: &'static str, words: &[&str]) -> Option<String> {
    output(tool, words, Path::new("/")).ok().map(|text| first_line(text.as_bytes()))
}

fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().next().unwrap_or_default().trim().to_owned()
}
