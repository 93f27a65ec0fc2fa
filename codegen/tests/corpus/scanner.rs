//! What libwayland's generator says about a file: the tables in the C that `wayland-scanner private-code` writes, as rows
//! of text. Knows the layout of that C and nothing else of the language.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::str::Lines;

/// Whether the program is there.
pub(crate) fn is_installed() -> bool {
    Command::new("wayland-scanner").arg("--version").output().is_ok()
}

/// The rows of a file, in the form that `describe.rs` prints; or what the program said against the file.
pub(crate) fn rows(file: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("wayland-scanner").arg("private-code").arg(file).arg("/dev/stdout").output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(parse(&String::from_utf8(output.stdout).unwrap()))
}

/// A table of messages, each with its name, its signature, and where its types start.
type Messages<'a> = Vec<(&'a str, &'a str, usize)>;

fn parse(code: &str) -> Vec<String> {
    let mut lines = code.lines();
    let mut types: Vec<&str> = Vec::new();
    let mut tables: BTreeMap<&str, Messages<'_>> = BTreeMap::new();
    let mut rows = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("static const struct wl_interface *") {
            types = body(&mut lines).map(interface).collect();
        } else if let Some(rest) = line.strip_prefix("static const struct wl_message ") {
            let name = rest.split('[').next().unwrap();
            tables.insert(name, body(&mut lines).map(message).collect());
        } else if line.contains("const struct wl_interface ") && line.ends_with("= {") {
            let fields: Vec<_> = body(&mut lines).flat_map(|line| line.split(',')).map(str::trim).collect();
            let [name, version, _, _, requests, _, _, events, _] = fields[..] else { panic!("{line}") };
            let name = name.trim_matches('"');
            rows.push(format!("{name} version {version}"));
            for (direction, table) in [("request", requests), ("event", events)] {
                for (opcode, message) in tables.get(table).into_iter().flatten().enumerate() {
                    rows.push(row(name, direction, opcode, message, &types));
                }
            }
        }
    }
    rows
}

/// The lines of a table.
fn body<'a>(lines: &mut Lines<'a>) -> impl Iterator<Item = &'a str> {
    lines.map(str::trim).take_while(|&line| line != "};")
}

fn row(name: &str, direction: &str, opcode: usize, message: &(&str, &str, usize), types: &[&str]) -> String {
    let (message, signature, first) = *message;
    let mut row = format!("{name} {direction} {opcode} {message} {signature}");
    // The types of a message with an untyped new id are counted in another way than its arguments.
    if !signature.contains("sun") {
        let args = signature.chars().filter(char::is_ascii_alphabetic);
        for (_, interface) in args.zip(&types[first..]).filter(|(_, interface)| **interface != "-") {
            row = row + " " + interface;
        }
    }
    row
}

/// `wl_surface` of `&wl_surface_interface,`, `-` of `NULL,`.
fn interface(line: &str) -> &str {
    match line.trim_end_matches(',') {
        "NULL" => "-",
        interface => interface.trim_start_matches('&').strip_suffix("_interface").unwrap(),
    }
}

/// `{ "bind", "usun", wayland_types + 0 },`
fn message(line: &str) -> (&str, &str, usize) {
    let quoted: Vec<_> = line.split('"').collect();
    let [_, name, _, signature, rest] = quoted[..] else { panic!("{line}") };
    let first = rest.split('+').nth(1).unwrap().trim_matches(|c: char| !c.is_ascii_digit());
    (name, signature, first.parse().unwrap())
}
