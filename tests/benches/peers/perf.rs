//! PERF.md: the figures between two marks, everything else by people.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::figures::Figures;
use crate::pair::Failure;
use crate::pixels::Pixels;
use crate::table::Table;
use crate::{libwayland, pixels, plot, report};

/// The figures are between these.
const FIGURES: [&str; 2] = ["<!-- figures: written by the benchmark, do not edit -->", "<!-- end of figures -->"];
/// And those of `--build` between these.
const BUILDS: [&str; 2] =
    ["<!-- build costs: written by the benchmark, do not edit -->", "<!-- end of build costs -->"];

/// And those of `memory` between these.
const MEMORY: [&str; 2] = ["<!-- receiving: written by the benchmark, do not edit -->", "<!-- end of receiving -->"];

/// And those of `proxy` between these.
const PROXIES: [&str; 2] = ["<!-- proxies: written by the benchmark, do not edit -->", "<!-- end of proxies -->"];

/// And those of `pixels` between these.
const PIXELS: [&str; 2] = ["<!-- composing: written by the benchmark, do not edit -->", "<!-- end of composing -->"];

/// Writes PERF.md and the plots it shows.
pub(crate) fn write(figures: &Figures) -> Result<(), Failure> {
    for (name, picture) in plot::plots(figures) {
        save(name, &picture)?;
    }
    replace(FIGURES, &section(figures))
}

/// Saves a plot.
fn save(name: &str, picture: &str) -> Result<(), Failure> {
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/plots");
    fs::create_dir_all(&plots).map_err(Failure::io(plots.display().to_string()))?;
    let path = plots.join(name);
    fs::write(&path, picture).map_err(Failure::io(path.display().to_string()))
}

/// Writes what composing costs to its part of PERF.md, and its plot.
pub(crate) fn write_pixels(pixels: &Pixels) -> Result<(), Failure> {
    save("composing.svg", &pixels::plot(pixels))?;
    let head = machine("cargo bench -p wayline-conformance --bench peers -- pixels --write");
    let versions = pixels.versions.join(", ");
    let table = pixels.table().markdown();
    let plot = "![CPU of a frame](tests/benches/plots/composing.svg)";
    let skipped: String = pixels.skipped.iter().map(|skipped| format!("Not measured: {skipped}.\n\n")).collect();
    replace(PIXELS, &format!("{head}Compositors: {versions}.\n\n{table}\n{plot}\n\n{skipped}"))
}

/// Writes what building costs to its part of PERF.md.
pub(crate) fn write_builds(table: &Table) -> Result<(), Failure> {
    let head = machine("cargo bench -p wayline-conformance -- --build --write");
    replace(BUILDS, &format!("{head}{}\n", table.markdown()))
}

/// Writes what receiving costs to its part of PERF.md.
pub(crate) fn write_memory(tables: &[Table], times: bool) -> Result<(), Failure> {
    let only = if times { "" } else { " --no-times" };
    let head = machine(&format!("cargo bench -p wayline-conformance --bench peers -- memory --write{only}"));
    let tables: String = tables.iter().map(|table| format!("{}\n", table.markdown())).collect();
    replace(MEMORY, &format!("{head}{tables}"))
}

/// Writes what proxies cost to its part of PERF.md.
pub(crate) fn write_proxies(table: &Table, times: bool) -> Result<(), Failure> {
    let only = if times { "" } else { " --no-times" };
    let head = machine(&format!("cargo bench -p wayline-conformance --bench peers -- proxy --write{only}"));
    replace(PROXIES, &format!("{head}{}\n", table.markdown()))
}

/// Replaces what is between two marks; puts them at the end if they are not there.
fn replace([start, end]: [&str; 2], text: &str) -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../PERF.md");
    let before = fs::read_to_string(&path).unwrap_or_default();
    let (above, below) = before.split_once(start).unwrap_or((&before, ""));
    let below = below.split_once(end).map_or("\n", |(_, below)| below);
    let text = format!("{above}{start}\n\n{text}{end}{below}");
    fs::write(&path, text).map_err(Failure::io(path.display().to_string()))
}

fn section(figures: &Figures) -> String {
    let mut text = machine("cargo bench -p wayline-conformance -- --write");
    let image = |name: &str, what: &str| format!("![{what}](tests/benches/plots/{name})\n\n");
    for table in report::tables(figures) {
        text.push_str(&table.markdown());
        text.push('\n');
        match table.title.split(':').next() {
            Some("Cost of a message") => text.push_str(&image("messages.svg", "cost of a message")),
            Some("W11") => text.push_str(&image("batches.svg", "cost over batch size")),
            Some("W7") if table.title.contains("many") => {
                text.push_str(&image("memory.svg", "memory over the number of clients"));
                text.push_str(&image("idle.svg", "round trips over the number of idle clients"));
            }
            _ => {}
        }
    }
    for skipped in &figures.skipped {
        text.push_str(&format!("Not measured: {skipped}.\n\n"));
    }
    text
}

/// Where, when and with what it was measured.
fn machine(command: &str) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(tests).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).and_then(|line| line.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let lock = fs::read_to_string(tests.join("../Cargo.lock")).unwrap_or_default();
    let locked = |name: &str| {
        let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
        let version = lines.nth(1).and_then(|line| line.strip_prefix("version = "));
        version.map_or("unknown", |version| version.trim_matches('"')).to_owned()
    };
    format!(
        "Measured on {date} at commit {commit}: {cpu}, {cores} cores, Linux {kernel}; {rustc}; libwayland {libwayland}, \
         wayland-client {client}, wayland-server {server}, wayrs-client {wayrs}, wl-proxy {wl_proxy}, \
         calloop {calloop}. Command: `{command}`.\n\n",
        date = said("date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(unknown),
        commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown),
        cpu = cpu.unwrap_or("unknown processor"),
        kernel = kernel.trim(),
        rustc = said("rustc", &["--version"]).unwrap_or_else(unknown),
        libwayland = libwayland::version().unwrap_or_else(unknown),
        client = locked("wayland-client"),
        server = locked("wayland-server"),
        wayrs = locked("wayrs-client"),
        wl_proxy = locked("wl-proxy"),
        calloop = locked("calloop"),
    )
}
