//! A package made for one test, of programs and generated code. It lies beside the target directory and depends on the
//! runtime. Knows Cargo; knows nothing of what the programs are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wayline_codegen::{Builder, Error, Generated};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A package with programs and generated code.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// A package whose lints and dependencies are those of the workspace.
    pub(crate) fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("src/bin")).unwrap();
        fs::create_dir_all(root.join("src/generated")).unwrap();
        let workspace = fs::read_to_string(here().join("../Cargo.toml")).unwrap();
        let lints: String = workspace
            .split("\n[")
            .filter(|table| table.starts_with("workspace.lints."))
            .fold(String::new(), |text, table| text + "[" + table.trim_start_matches("workspace.") + "\n");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             wayline = {{ path = {:?}, default-features = false }}\n{lints}",
            here().join("../runtime")
        );
        fs::write(root.join("Cargo.toml"), manifest).unwrap();
        for file in ["Cargo.lock", "clippy.toml"] {
            fs::copy(here().join("..").join(file), root.join(file)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn program(&self, name: &str, text: &str) {
        fs::write(self.root.join("src/bin").join(name).with_extension("rs"), text).unwrap();
    }

    /// Generates code into the package.
    pub(crate) fn generate(&self, builder: Builder) -> Result<Generated, Error> {
        let generated = builder.generate()?;
        generated.write_to(&self.root.join("src/generated").join(&generated.file))?;
        Ok(generated)
    }

    /// Runs Cargo on one program, with a target directory that all packages of this test share.
    pub(crate) fn cargo(&self, command: &str, program: &str) -> Output {
        Command::new(env!("CARGO"))
            .args([command, "--quiet", "--offline", "--bin", program])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs"))
            .env("RUSTFLAGS", "-Dwarnings")
            // Nothing is built twice, and what that takes would be a gigabyte for the largest package.
            .env("CARGO_INCREMENTAL", "0")
            .output()
            .unwrap()
    }
}

/// Clippy if it is installed, else the compiler alone.
pub(crate) fn linter() -> &'static str {
    let clippy = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if clippy.is_ok_and(|output| output.status.success()) { "clippy" } else { "check" }
}
