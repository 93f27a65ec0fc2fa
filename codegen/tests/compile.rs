//! Generated code compiles, without a warning of the workspace's lints, works, and fails to compile where it should.
//!
//! The programs of `programs/` become a package of their own beside the target directory, which depends on the runtime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wayline_codegen::{Builder, Error, Sides};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A package with programs and generated code.
struct Project {
    root: PathBuf,
}

impl Project {
    /// A package whose lints and dependencies are those of the workspace.
    fn new(name: &str) -> Self {
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

    fn program(&self, name: &str, text: &str) {
        fs::write(self.root.join("src/bin").join(name).with_extension("rs"), text).unwrap();
    }

    fn generate(&self, builder: Builder) -> Result<(), Error> {
        builder.out_dir(self.root.join("src/generated")).compile()
    }

    /// Runs Cargo on one program, with a target directory that all packages of this test share.
    fn cargo(&self, command: &str, program: &str) -> Output {
        Command::new(env!("CARGO"))
            .args([command, "--quiet", "--offline", "--bin", program])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs"))
            .env("RUSTFLAGS", "-Dwarnings")
            .output()
            .unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn passes(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn read_program(name: &str) -> String {
    fs::read_to_string(here().join("tests/programs").join(name).with_extension("rs")).unwrap()
}

fn xml(name: &str) -> Builder {
    Builder::new().protocol(here().join("tests").join(name))
}

/// Clippy if it is installed, else the compiler alone.
fn linter() -> &'static str {
    let clippy = Command::new(env!("CARGO")).args(["clippy", "--version"]).output();
    if clippy.is_ok_and(|output| output.status.success()) { "clippy" } else { "check" }
}

#[test]
fn every_feature_crosses_a_connection() {
    let project = Project::new("meet");
    project.generate(xml("every_feature.xml").extern_path("depot", "crate::foreign::Depot")).unwrap();
    project.generate(xml("foreign.xml")).unwrap();
    project.program("meet", &read_program("meet"));
    let output = project.cargo("run", "meet");
    passes(&output);
    insta::assert_snapshot!("meet", text(&output.stdout));
    passes(&project.cargo(linter(), "meet"));
}

#[test]
fn unused_protocols_in_private_modules_give_no_warning() {
    let project = Project::new("native");
    let native = || Builder::new().protocol(here().join("../protocol.xml"));
    project.generate(native()).unwrap();
    project.generate(native().sides(Sides::Client).output("protocol_client")).unwrap();
    project.generate(native().sides(Sides::Server).output("protocol_server")).unwrap();
    project.generate(xml("good/x38_keywords.xml")).unwrap();
    project.program("native", &read_program("native"));
    passes(&project.cargo(linter(), "native"));
}

#[test]
fn wayland_itself_compiles_pinned_to_old_versions() {
    let wayland = Path::new("/usr/share/wayland/wayland.xml");
    let shell = Path::new("/usr/share/wayland-protocols/stable/xdg-shell/xdg-shell.xml");
    if !wayland.exists() || !shell.exists() {
        eprintln!("skipped: libwayland-dev and wayland-protocols are not installed");
        return;
    }
    let project = Project::new("wayland");
    let builder = Builder::new().protocol(wayland).protocol(shell).version("wl_seat", 1).version("wl_surface", 4);
    project.generate(builder).unwrap();
    project.program("wayland", &read_program("wayland"));
    passes(&project.cargo("run", "wayland"));
    passes(&project.cargo(linter(), "wayland"));
}

#[test]
fn what_a_program_lacks_is_a_compile_error() {
    let project = Project::new("incomplete");
    project.generate(xml("small.xml")).unwrap();
    let complete = read_program("complete");
    project.program("complete", &complete);
    passes(&project.cargo("check", "complete"));
    for (part, code) in [("watcher", "E0277"), ("request", "E0046"), ("arm", "E0004")] {
        let (before, rest) = complete.split_once(&format!("// begin {part}\n")).unwrap();
        let (_, after) = rest.split_once(&format!("// end {part}\n")).unwrap();
        let name = format!("without_{part}");
        project.program(&name, &format!("{before}{after}"));
        let output = project.cargo("check", &name);
        let errors = text(&output.stderr);
        assert!(!output.status.success() && errors.contains(&format!("error[{code}]")), "{part}: {errors}");
    }
}
