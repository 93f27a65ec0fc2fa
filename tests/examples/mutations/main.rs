//! Breaks the sources on purpose. For each entry of `list` the kit judges the probes over the broken runtime; for each of
//! `costs` the tests of the broken crate judge it.
//!
//! `tests/mutations` runs it and writes `tests/MUTATIONS.md`. The sources are copied to a temporary directory, so the
//! tree is left alone. Fails if a broken build passes.

mod costs;
mod list;
mod own;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use costs::COSTS;
use list::{MUTATIONS, Mutation};
use wayline_conformance::case::{Outcome, Record, Selection};
use wayline_conformance::server::{self, Start};
use wayline_conformance::target::Template;
use wayline_conformance::{client, matrix};

/// Groups of cases about messages. Those about files and the names of sockets are about other code.
const GROUPS: [&str; 7] = ["W", "O", "V", "D", "P", "S", "B"];
/// How long the kit waits for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Ids in one cell of the table, and names of tests.
const SHOWN: usize = 12;
const SHOWN_TESTS: usize = 3;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Breaks the runtime on purpose and counts the cases that notice.
#[derive(Parser)]
struct Arguments {
    /// Only the mutations whose names contain one of these.
    names: Vec<String>,
    /// Write the table here as well.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What one way of judging found: the mistake and what failed, a row each.
type Rows = Vec<(&'static str, Vec<String>)>;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let copy = Copy::make()?;
    let kit = arguments.judge(&copy, MUTATIONS, Copy::build, |copy| Ok(copy.judge()))?;
    let mut own = Rows::new();
    let mut all_well = kit.1;
    for (package, mutations) in COSTS {
        let build = |copy: &Copy| own::build(copy.root.path(), &copy.target, package);
        let judge = |copy: &Copy| own::judge(copy.root.path(), &copy.target, package);
        let (rows, well) = arguments.judge(&copy, mutations, build, judge)?;
        own.extend(rows);
        all_well &= well;
    }
    if let Some(output) = arguments.output {
        fs::write(output, page(&kit.0, &own))?;
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// Makes each of the `mutations` that are wanted, and tells and returns what failed, and whether something did each time.
    fn judge(
        &self,
        copy: &Copy,
        mutations: &'static [Mutation],
        build: impl Fn(&Copy) -> Result<()>,
        judge: impl Fn(&Copy) -> Result<Vec<String>>,
    ) -> Result<(Rows, bool)> {
        let wanted = |name: &str| self.names.is_empty() || self.names.iter().any(|part| name.contains(part));
        let mutations: Vec<&Mutation> = mutations.iter().filter(|mutation| wanted(mutation.name)).collect();
        let (mut rows, mut all_well) = (Rows::new(), true);
        if mutations.is_empty() {
            return Ok((rows, all_well));
        }
        eprintln!("as it is ...");
        build(copy)?;
        let caught = judge(copy)?;
        if !caught.is_empty() {
            return Err(format!("some fail already: {}", caught.join(" ")).into());
        }
        for mutation in mutations {
            eprintln!("{} ...", mutation.name);
            match copy.with(mutation, &build, &judge) {
                Ok(caught) => {
                    println!("{}: {} caught it: {}", mutation.name, caught.len(), caught.join(" "));
                    all_well &= !caught.is_empty();
                    rows.push((mutation.name, caught));
                }
                Err(error) => {
                    println!("{}: {error}", mutation.name);
                    all_well = false;
                }
            }
        }
        Ok((rows, all_well))
    }
}

/// It is built far more often than it is run.
fn cheap(command: &mut Command) -> &mut Command {
    command.envs([("CARGO_PROFILE_DEV_OPT_LEVEL", "0"), ("CARGO_PROFILE_DEV_DEBUG", "0")])
}

/// A copy of the workspace, and where it is built.
struct Copy {
    root: tempfile::TempDir,
    target: PathBuf,
}

impl Copy {
    /// Copies all files that git knows or would.
    fn make() -> Result<Copy> {
        let origin = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
        let root = tempfile::tempdir()?;
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").args(list).current_dir(origin).output()?;
        if !output.status.success() {
            return Err("git does not list the files of this tree".into());
        }
        for name in String::from_utf8(output.stdout)?.split_terminator('\0') {
            let (from, to) = (origin.join(name), root.path().join(name));
            // One that was deleted and not yet committed.
            if from.exists() {
                fs::create_dir_all(to.parent().ok_or("a file without a directory")?)?;
                fs::copy(from, to)?;
            }
        }
        // Kept from run to run: the dependencies stay the same.
        let target = std::env::current_exe()?.ancestors().nth(3).ok_or("no target directory")?.join("mutations");
        Ok(Copy { root, target })
    }

    /// Builds the probes.
    fn build(&self) -> Result<()> {
        let arguments = ["build", "--quiet", "--package", "wayline-conformance", "--example", "probe-server"];
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).args(["--example", "probe-client", "--target-dir"]).arg(&self.target);
        let built = cheap(&mut command).current_dir(self.root.path()).output()?;
        let said = String::from_utf8_lossy(&built.stderr);
        if built.status.success() { Ok(()) } else { Err(format!("it does not compile:\n{said}").into()) }
    }

    /// What `judge` says of a build with `mutation`. The sources are as before afterwards.
    fn with<T>(
        &self,
        mutation: &Mutation,
        build: impl Fn(&Copy) -> Result<()>,
        judge: impl Fn(&Copy) -> Result<T>,
    ) -> Result<T> {
        let mut before = Vec::new();
        for edit in mutation.edits {
            let path = self.root.path().join(edit.file);
            before.push((path.clone(), fs::read_to_string(path)?));
            edit.apply(self.root.path())?;
        }
        let result = build(self).and_then(|()| judge(self));
        for (path, text) in before.into_iter().rev() {
            fs::write(path, text)?;
        }
        result
    }

    /// The cases that fail, the client's behind those of the server.
    fn judge(&self) -> Vec<String> {
        let ids = GROUPS.map(str::to_owned).to_vec();
        let selection = Selection { ids, musts_only: false };
        let program = |name: &str| self.target.join("debug/examples").join(name).to_string_lossy().into_owned();
        let template = |words: &[String]| Template::new(words.to_vec()).expect("a command");
        let server = template(&[program("probe-server"), "--socket".to_owned(), "{socket}".to_owned()]);
        let mut caught = Vec::new();
        let mut note = |record: &Record| {
            if let Outcome::Failed(_) = record.outcome {
                caught.push(record.row.id.to_owned());
            }
        };
        let server = server::Target::new(Start::Command(server), PATIENCE);
        if let Err(error) = server::run(&server, &selection, &mut note) {
            caught.push(format!("(a server that serves nobody: {error})"));
        }
        let client = client::Target { command: template(&[program("probe-client")]), patience: PATIENCE };
        let mut note = |record: &Record| {
            if let Outcome::Failed(_) = record.outcome {
                caught.push(record.row.id.to_owned());
            }
        };
        client::run(&client, &selection, &mut note);
        caught
    }
}

/// The tables as a page.
fn page(kit: &Rows, own: &Rows) -> String {
    let mut page = format!(
        "# Broken on purpose\n\n\
         Each row is a build with one mistake, and what failed with it. Written by `tests/mutations` on {};\n\
         `tests/examples/mutations` has the mistakes word for word.\n\n\
         ## Judged by the kit\n\n\
         | the runtime | failing cases | which |\n|---|---|---|\n",
        matrix::today()
    );
    table(&mut page, kit, SHOWN);
    page += "\n## Judged by the tests of the crate\n\n| the runtime, or the desktop | failing tests | which |\n|---|---|---|\n";
    table(&mut page, own, SHOWN_TESTS);
    page
}

fn table(page: &mut String, rows: &Rows, most: usize) {
    for (name, caught) in rows {
        let shown = caught.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(" ");
        let more = if caught.len() > most { " …" } else { "" };
        *page += &format!("| {name} | {} | {shown}{more} |\n", caught.len());
    }
}
