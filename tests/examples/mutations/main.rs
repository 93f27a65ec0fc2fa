//! Builds the probes over a runtime that is broken on purpose, once for each entry of `list`, and has the kit judge them.
//!
//! `tests/mutations` runs it and writes `tests/MUTATIONS.md`. The sources are copied to a temporary directory, so the
//! tree is left alone. Fails if a broken build passes.

mod list;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use list::{MUTATIONS, Mutation};
use wayline_conformance::case::{Outcome, Record, Selection};
use wayline_conformance::server::{self, Start};
use wayline_conformance::target::Template;
use wayline_conformance::{client, matrix};

/// Groups of cases about messages. Those about files and the names of sockets are about other code.
const GROUPS: [&str; 7] = ["W", "O", "V", "D", "P", "S", "B"];
/// How long the kit waits for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Ids in one cell of the table.
const SHOWN: usize = 12;

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

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let copy = Copy::make()?;
    eprintln!("as it is ...");
    copy.build()?;
    let caught = copy.judge();
    if !caught.is_empty() {
        return Err(format!("cases fail already: {}", caught.join(" ")).into());
    }
    let (mut rows, mut all_well) = (Vec::new(), true);
    let wanted = |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|part| name.contains(part));
    for mutation in MUTATIONS.iter().filter(|mutation| wanted(mutation.name)) {
        eprintln!("{} ...", mutation.name);
        match copy.with(mutation, Copy::judge) {
            Ok(caught) => {
                println!("{}: {} caught it: {}", mutation.name, caught.len(), caught.join(" "));
                rows.push((mutation.name, caught));
            }
            Err(error) => {
                println!("{}: {error}", mutation.name);
                all_well = false;
            }
        }
    }
    if let Some(output) = arguments.output {
        fs::write(output, page(&rows))?;
    }
    all_well &= rows.iter().all(|(_, caught)| !caught.is_empty());
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
        let built = Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--example", "probe-client", "--target-dir"])
            .arg(&self.target)
            // It is built far more often than it is run.
            .envs([("CARGO_PROFILE_DEV_OPT_LEVEL", "0"), ("CARGO_PROFILE_DEV_DEBUG", "0")])
            .current_dir(self.root.path())
            .output()?;
        let said = String::from_utf8_lossy(&built.stderr);
        if built.status.success() { Ok(()) } else { Err(format!("it does not compile:\n{said}").into()) }
    }

    /// What `act` says of a build with `mutation`. The sources are as before afterwards.
    fn with<T>(&self, mutation: &Mutation, act: impl FnOnce(&Copy) -> T) -> Result<T> {
        let mut before = Vec::new();
        for edit in mutation.edits {
            let path = self.root.path().join(edit.file);
            before.push((path.clone(), fs::read_to_string(path)?));
            edit.apply(self.root.path())?;
        }
        let result = self.build().map(|()| act(self));
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

/// The table as a page.
fn page(rows: &[(&str, Vec<String>)]) -> String {
    let mut page = format!(
        "# Broken on purpose\n\n\
         Each row is a build of the runtime with one mistake, and the cases of the kit that fail with it. Written by\n\
         `tests/mutations` on {}; `tests/examples/mutations/list.rs` has the mistakes word for word.\n\n\
         | the runtime | failing cases | which |\n|---|---|---|\n",
        matrix::today()
    );
    for (name, caught) in rows {
        let shown = caught.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" ");
        let more = if caught.len() > SHOWN { " …" } else { "" };
        page += &format!("| {name} | {} | {shown}{more} |\n", caught.len());
    }
    page
}
