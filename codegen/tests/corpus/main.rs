//! Every protocol file that the system and published crates have: it is accepted as `wayland-scanner` accepts it, its code
//! compiles without a warning, alone and with the others, and its tables are those that `wayland-scanner` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::time::Instant;

use wayline_codegen::model::{BOOTSTRAP, Protocol};
use wayline_codegen::{Builder, Error, Report, Severity, Style};

mod files;
mod scanner;
#[path = "../support/mod.rs"]
mod support;

use files::File;
use support::{Project, linter};

/// A file that both generators accept.
struct Accepted {
    file: File,
    protocol: Protocol,
    /// What `wayland-scanner` says about it; nothing if that is not installed.
    rows: Option<Vec<String>>,
}

/// Where the code of an interface is.
struct Home {
    version: u32,
    path: String,
}

/// Shows a figure also when the test passes, which `println!` would not.
fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "corpus: {text}");
}

#[test]
fn every_public_protocol_compiles_and_has_the_tables_of_wayland_scanner() {
    let (files, report) = files::find();
    for line in report {
        tell(line);
    }
    if !scanner::is_installed() {
        tell("no comparison with wayland-scanner: it is not installed");
    }
    let accepted = accept(files);
    if accepted.is_empty() {
        tell("skipped: no protocol files on this machine");
        return;
    }
    let project = Project::new("corpus");
    let program = generate(&project, &accepted);
    project.program("corpus", &program);

    timed_cargo(&project, linter());
    let text = timed_cargo(&project, "run");
    let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, row) in text.lines().map(|line| line.split_once(' ').unwrap()) {
        tables.entry(module).or_default().insert(row);
    }
    compare(&accepted, &tables);
}

/// Runs Cargo on the program, which must succeed; gives what it printed.
fn timed_cargo(project: &Project, command: &str) -> String {
    let start = Instant::now();
    let output = project.cargo(command, "corpus");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    tell(format_args!("cargo {command}: {:.1} s", start.elapsed().as_secs_f32()));
    String::from_utf8(output.stdout).unwrap()
}

/// Sorts out what both generators refuse. Fails where they differ, and at refusals that do not explain themselves.
fn accept(files: Vec<File>) -> Vec<Accepted> {
    let mut accepted = Vec::new();
    let mut wrong = String::new();
    for file in files {
        let rows = scanner::is_installed().then(|| scanner::rows(&file.path));
        match (Builder::new().protocol(&file.path).model(), rows) {
            (Ok(mut protocols), None) => {
                accepted.push(Accepted { file, protocol: protocols.remove(0), rows: None });
            }
            (Ok(mut protocols), Some(Ok(rows))) => {
                accepted.push(Accepted { file, protocol: protocols.remove(0), rows: Some(rows) });
            }
            (Err(Error::Invalid(report)), None | Some(Err(_))) => {
                tell(format_args!("{}: refused, as it should be", file.path.display()));
                assert_explains(&report);
            }
            (Ok(_), Some(Err(said))) => {
                writeln!(wrong, "{}: accepted, but wayland-scanner says {said}", file.path.display()).unwrap();
            }
            (Err(error), _) => writeln!(wrong, "{}: {error}", file.path.display()).unwrap(),
        }
    }
    assert_eq!(wrong, "");
    accepted
}

/// Each error says where, what, by which rule, and what to do.
#[track_caller]
fn assert_explains(report: &Report) {
    for error in report.diagnostics().iter().filter(|finding| report.severity(finding) == Severity::Error) {
        let place = report.position(error);
        let head = format!(
            "{}:{}:{}: error: {} [{}]",
            report.file(error),
            place.line,
            place.column,
            error.message(),
            error.rule()
        );
        let text = report.render(Style::Plain, Severity::Error);
        assert!(text.contains(&head) && error.help_text().is_some(), "{head}\nis not in\n{text}");
    }
}

/// Generates each file into a module of its own, with what it does not define from the module that knows the latest version
/// of it; and into one more module, together, all files that define nothing twice. Gives the program that prints the tables.
fn generate(project: &Project, accepted: &[Accepted]) -> String {
    let homes = homes(accepted);
    let mut program = include_str!("../programs/describe.rs").to_owned();
    let mut calls = String::new();
    let mut lines = 0;
    let mut add = |module: &str, builder: Builder| {
        let generated = project.generate(builder.output(module)).unwrap_or_else(|error| panic!("{module}: {error}"));
        lines += generated.code.lines().count();
        let handles: Vec<_> = generated.handles.iter().map(|(_, handle)| handle.as_str()).collect();
        writeln!(program, "\nmod {module} {{\n    include!(\"../generated/{module}.rs\");\n}}").unwrap();
        writeln!(calls, "    describe(\"{module}\", &[{}]);", specs(&format!("{module}::"), &handles)).unwrap();
    };
    for one in accepted {
        add(&one.file.module, with_externs(one, &homes));
    }
    let together = together(accepted);
    add(
        "together",
        together.iter().fold(Builder::new().message_values(true), |builder, one| builder.protocol(&one.file.path)),
    );
    let runtime = specs("wayline::protocol::", &["WlCallback", "WlDisplay", "WlFixes", "WlRegistry"]);
    tell(format_args!("{} files alone, {} of them together, {lines} lines of code", accepted.len(), together.len()));
    format!("{program}\nfn main() {{\n    describe(\"runtime\", &[{runtime}]);\n{calls}}}\n")
}

fn specs(prefix: &str, handles: &[&str]) -> String {
    handles.iter().map(|handle| format!("<{prefix}{handle} as wayline::Interface>::SPEC, ")).collect()
}

/// For each interface the file that knows its latest version.
fn homes(accepted: &[Accepted]) -> BTreeMap<&str, Home> {
    let mut homes: BTreeMap<&str, Home> = BTreeMap::new();
    for one in accepted {
        // Only the names are wanted here, so what the file does not define may be anywhere.
        let others = accepted.iter().flat_map(|other| &other.protocol.interfaces);
        let builder = others
            .filter(|interface| !one.defines(&interface.name))
            .fold(Builder::new().protocol(&one.file.path), |builder, interface| {
                builder.extern_path(&interface.name, "crate::Elsewhere")
            });
        let generated = builder.generate().unwrap_or_else(|error| panic!("{}: {error}", one.file.path.display()));
        let handles: BTreeMap<_, _> = generated.handles.into_iter().collect();
        for interface in &one.protocol.interfaces {
            let Some(handle) = handles.get(&interface.name) else { continue };
            let path = format!("crate::{}::{handle}", one.file.module);
            let home = Home { version: interface.version, path };
            if homes.get(interface.name.as_str()).is_none_or(|known| known.version < home.version) {
                homes.insert(&interface.name, home);
            }
        }
    }
    homes
}

fn with_externs(one: &Accepted, homes: &BTreeMap<&str, Home>) -> Builder {
    let foreign = homes.iter().filter(|(interface, _)| !one.defines(interface));
    foreign.fold(Builder::new().protocol(&one.file.path), |builder, (interface, home)| {
        builder.extern_path(*interface, &home.path)
    })
}

/// As many files as define no interface twice, the latest first.
fn together(accepted: &[Accepted]) -> Vec<&Accepted> {
    let versions = |one: &&Accepted| one.protocol.interfaces.iter().map(|interface| interface.version).sum::<u32>();
    let mut files: Vec<_> = accepted.iter().collect();
    files.sort_by_key(|one| std::cmp::Reverse(versions(one)));
    let mut taken = BTreeSet::new();
    files.retain(|one| {
        let names: Vec<_> = one.protocol.interfaces.iter().map(|interface| &interface.name).collect();
        let is_new = names.iter().all(|name| !taken.contains(name));
        if is_new {
            taken.extend(names);
        }
        is_new
    });
    files
}

/// Holds the printed tables against those of `wayland-scanner`.
fn compare(accepted: &[Accepted], tables: &BTreeMap<&str, BTreeSet<&str>>) {
    let mut wrong = String::new();
    let mut compared = 0;
    for one in accepted {
        let Some(rows) = &one.rows else { continue };
        let (bootstrap, rows): (BTreeSet<_>, BTreeSet<_>) =
            rows.iter().map(String::as_str).partition(|row| BOOTSTRAP.contains(&row.split(' ').next().unwrap()));
        compared += rows.len();
        let ours = tables.get(one.file.module.as_str()).cloned().unwrap_or_default();
        for row in ours.symmetric_difference(&rows) {
            let side = if ours.contains(row) { "only here" } else { "only wayland-scanner" };
            writeln!(wrong, "{}: {side}: {row}", one.file.module).unwrap();
        }
        // The runtime's own may know less than a file, or more, but nothing else.
        for row in bootstrap.iter().filter(|row| !row.contains(" version ")) {
            if !tables["runtime"].contains(row) && !is_later_than_ours(row) {
                writeln!(wrong, "{}: not in the runtime: {row}", one.file.module).unwrap();
            }
        }
    }
    for one in together(accepted) {
        let rows = tables.get(one.file.module.as_str()).into_iter().flatten();
        for row in rows.filter(|row| !tables["together"].contains(*row)) {
            writeln!(wrong, "together: lost: {row}").unwrap();
        }
    }
    let first: Vec<_> = wrong.lines().take(20).collect();
    assert!(wrong.is_empty(), "{} differences, such as\n{}", wrong.lines().count(), first.join("\n"));
    tell(format_args!("{compared} interfaces and messages as wayland-scanner has them"));
}

/// Whether the row is a message of a bootstrap interface that came after the version the runtime speaks, which is 1 for
/// all of them.
fn is_later_than_ours(row: &str) -> bool {
    let signature = row.split(' ').nth(4).unwrap_or_default();
    signature.starts_with(|c: char| c.is_ascii_digit())
}

impl Accepted {
    fn defines(&self, interface: &str) -> bool {
        self.protocol.interfaces.iter().any(|own| own.name == interface)
    }
}
