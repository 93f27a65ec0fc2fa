//! What it costs to build a client of core Wayland and xdg-shell: with Wayline,
//! and with wayland-client and wayland-protocols. Each in a crate of its own
//! that is made for the purpose, so that nothing is built yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::pair::Failure;
use crate::table::{Table, figure, sides};

/// A crate to be built.
struct Scratch {
    name: &'static str,
    manifest: String,
    files: [(&'static str, &'static str); 2],
    /// The crates that generated code is in.
    generated: &'static [&'static str],
}

const GENERATE: &str = r#"
use wayline_codegen::{Builder, Package, Sides};

fn main() {
    let wayland = Package::WAYLAND.dir().unwrap().join("wayland.xml");
    let shell = Package::WAYLAND_PROTOCOLS.dir().unwrap().join("stable/xdg-shell/xdg-shell.xml");
    let sides = if std::env::var_os("CARGO_FEATURE_BOTH").is_some() { Sides::Both } else { Sides::Client };
    Builder::new().protocol(wayland).protocol(shell).sides(sides).output("protocol").compile().unwrap();
}
"#;

const WITH_WAYLINE: &str = r#"
#![allow(dead_code)]
mod protocol { wayline::include_protocol!("protocol"); }

struct App { client: wayline::Client<App> }

impl wayline::HasClient for App {
    fn client(&mut self) -> &mut wayline::Client<App> { &mut self.client }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = App { client: wayline::Client::connect()? };
    for global in app.client.globals() { println!("{}", global.interface); }
    Ok(())
}
"#;

const WITH_WAYLAND_RS: &str = r#"
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, QueueHandle};
#[allow(unused_imports)]
use wayland_protocols::xdg::shell::client as _;

struct App;

impl Dispatch<WlRegistry, GlobalListContents> for App {
    fn event(_: &mut App, _: &WlRegistry, _: wl_registry::Event, _: &GlobalListContents, _: &Connection, _: &QueueHandle<App>) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connection = Connection::connect_to_env()?;
    let (globals, _queue) = registry_queue_init::<App>(&connection)?;
    globals.contents().with_list(|list| for global in list { println!("{}", global.interface); });
    Ok(())
}
"#;

/// One run of cargo.
struct Build<'a> {
    scratch: &'a Scratch,
    place: PathBuf,
}

impl Build<'_> {
    /// Runs cargo; returns the seconds that passed and those of CPU, of all it started.
    fn cargo(&self, words: &[&str]) -> Result<[f64; 2], Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(words).current_dir(&self.place).stdout(Stdio::null());
        command.env("CARGO_TARGET_DIR", self.place.join("target"));
        let who = || format!("cargo {} for {}", words.join(" "), self.scratch.name);
        let (start, cpu) = (Instant::now(), cpu_of_children());
        let output = command.output().map_err(Failure::io(who()))?;
        if output.status.success() {
            return Ok([start.elapsed().as_secs_f64(), cpu_of_children() - cpu]);
        }
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        Err(Failure::Ended { who: who(), status: output.status })
    }

    /// Forgets what was made of some crates.
    fn forget(&self, crates: &[&str]) -> Result<(), Failure> {
        let packages = crates.iter().flat_map(|name| ["-p", name]);
        self.cargo(&["clean"].into_iter().chain(packages).collect::<Vec<_>>()).map(drop)
    }
}

/// CPU seconds of all processes that this one has started and waited for.
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may have spaces; user and system time, in ticks.
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(13);
    let ticks: f64 = fields.take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / rustix::param::clock_ticks_per_second() as f64
}

/// Builds everything and tells what it cost.
pub(crate) fn measure(place: &Path) -> Result<Table, Failure> {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let head = "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[profile.release]\nstrip = true\n\n[workspace]\n";
    let wayline = Scratch {
        name: "wayline",
        manifest: format!(
            "{head}\n[features]\ndefault = [\"wayline/default\"]\nboth = []\n\n[dependencies]\n\
             wayline = {{ path = \"{project}/runtime\", default-features = false, features = [\"io\"] }}\n\n\
             [build-dependencies]\nwayline-codegen = {{ path = \"{project}/codegen\", default-features = false }}\n"
        ),
        files: [("build.rs", GENERATE), ("src/main.rs", WITH_WAYLINE)],
        generated: &["scratch"],
    };
    let wayland_rs = Scratch {
        name: "wayland-client and wayland-protocols",
        manifest: format!(
            "{head}\n[dependencies]\nwayland-client = \"0.31\"\n\
             wayland-protocols = {{ version = \"0.32\", features = [\"client\"] }}\n"
        ),
        files: [("src/lib.rs", ""), ("src/main.rs", WITH_WAYLAND_RS)],
        generated: &["wayland-client", "wayland-protocols"],
    };
    let title = "Build costs";
    let note = "A client of wayland.xml and xdg-shell that lists the globals: seconds on this machine / seconds of CPU, \
                downloads not counted. Generated code alone: its crates again, with all they need at hand; for wayland-rs these are \
                wayland-client and wayland-protocols, which have more in them. Where a macro writes the code, its lines \
                cannot be counted.";
    let head = ["", wayline.name, "wayline, both sides", "wayline without calloop", wayland_rs.name];
    let mut table = Table::new(title, &head, note);
    let columns = [
        costs(&wayline, &[], &place.join("wayline"))?,
        costs(&wayline, &["--features", "both"], &place.join("both"))?,
        costs(&wayline, &["--no-default-features"], &place.join("io"))?,
        costs(&wayland_rs, &[], &place.join("wayland-rs"))?,
    ];
    let names = [
        "clean `cargo build`",
        "clean `cargo check`",
        "`cargo check` of generated code alone",
        "crates built",
        "lines generated",
        "program, release, stripped, kB",
    ];
    for (index, name) in names.into_iter().enumerate() {
        table.row(name, columns.iter().map(|(_, column)| column[index].clone()));
    }
    let theirs = columns[columns.len() - 1].0;
    table.row(
        "CPU of a clean `cargo build`, times that of the last",
        columns.iter().map(|(cpu, _)| figure(cpu / theirs)),
    );
    Ok(table)
}

/// The CPU seconds of a clean build, and all figures as text.
fn costs(scratch: &Scratch, features: &[&str], place: &Path) -> Result<(f64, [String; 6]), Failure> {
    eprintln!("building with {} {}", scratch.name, features.join(" "));
    let write = |name: &str, text: &str| {
        let path = place.join(name);
        fs::write(&path, text).map_err(Failure::io(path.display().to_string()))
    };
    fs::create_dir_all(place.join("src")).map_err(Failure::io(place.display().to_string()))?;
    write("Cargo.toml", &scratch.manifest)?;
    for (name, text) in scratch.files {
        write(name, text)?;
    }
    let build = Build { scratch, place: place.to_owned() };
    let run = |words: &[&str]| build.cargo(&[words, features].concat());
    // Downloads.
    build.cargo(&["fetch"])?;
    let built = run(&["build"])?;
    let crates = count_crates(place)?;
    let lines = lines_generated(place)?;
    build.cargo(&["clean"])?;
    let checked = run(&["check"])?;
    build.forget(scratch.generated)?;
    let again = run(&["check"])?;
    run(&["build", "--release"])?;
    let program = place.join("target/release/scratch");
    let size = fs::metadata(&program).map_err(Failure::io(program.display().to_string()))?.len();
    let counts = [crates, lines, size as f64 / 1e3].map(figure);
    let [crates, lines, size] = counts;
    Ok((built[1], [sides(built), sides(checked), sides(again), crates, lines, size]))
}

/// How many crates were built.
fn count_crates(place: &Path) -> Result<f64, Failure> {
    let path = place.join("target/debug/.fingerprint");
    let entries = fs::read_dir(&path).map_err(Failure::io(path.display().to_string()))?;
    Ok(entries.count() as f64)
}

/// Lines of Rust that the build script wrote; not a number if there is none.
fn lines_generated(place: &Path) -> Result<f64, Failure> {
    let path = place.join("target/debug/build");
    let entries = fs::read_dir(&path).map_err(Failure::io(path.display().to_string()))?;
    let ours = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("scratch-"));
    let texts = ours.filter_map(|entry| fs::read_to_string(entry.path().join("out/protocol.rs")).ok());
    let lines: usize = texts.map(|text| text.lines().count()).sum();
    Ok(if lines == 0 { f64::NAN } else { lines as f64 })
}
