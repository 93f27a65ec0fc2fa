//! Generated code compiles, without a warning of the workspace's lints, works, and fails to compile where it should.
//!
//! The programs of `programs/` become a package of their own beside the target directory, which depends on the runtime.

use std::fs;
use std::path::Path;
use std::process::Output;

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Sides};

mod support;

use support::{Project, linter};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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

/// A program without the lines between two comments.
fn without(program: &str, part: &str) -> String {
    let (before, rest) = program.split_once(&format!("// begin {part}\n")).unwrap();
    let (_, after) = rest.split_once(&format!("// end {part}\n")).unwrap();
    format!("{before}{after}")
}

/// Of the compiler's errors what the runtime has it say: message, label and notes, without the lines of the program.
fn explanations(errors: &str) -> String {
    let mut text = String::new();
    let mut helps = false;
    for line in errors.lines() {
        let (error, note) = (line.starts_with("error["), line.trim_start().strip_prefix("= note: "));
        helps = !error && (helps || line.starts_with("help:") || line.starts_with("note:"));
        match (note, line.rsplit_once("^ ")) {
            _ if error => text += &format!("{line}\n"),
            (Some(note), _) if note.starts_with("to ") => text += &format!("  note: {note}\n"),
            (None, Some((_, label))) if !helps => text += &format!("  here: {label}\n"),
            _ => {}
        }
    }
    text
}

fn xml(name: &str) -> Builder {
    Builder::new().protocol(here().join("tests").join(name))
}

/// Characters that rustc refuses in comments, an interface without messages and one that refers to it, and names that
/// differ in case only.
const ODD: &str = "<protocol name=\"odd\"><copyright>one&#13;two \u{202e}three\u{2066}</copyright>
    <interface name=\"odd\" version=\"1\"><description summary=\"before \u{202e} after&#13;\">
    Text with \u{2066}isolated\u{2069} parts.

      indented one&#13;indented two
    </description>
    <request name=\"take\"><arg name=\"what\" type=\"object\" interface=\"empty\" summary=\"\u{202a}a&#13;b\"/></request>
    <event name=\"given\"><arg name=\"what\" type=\"new_id\" interface=\"empty\"/></event>
    <enum name=\"kind\"><entry name=\"value_a\" value=\"0\"/><entry name=\"Value_A\" value=\"1\"/>
    <entry name=\"VALUE_a\" value=\"2\"/><entry name=\"vAlue_a\" value=\"3\"/></enum></interface>
    <interface name=\"empty\" version=\"1\"/></protocol>";

#[test]
fn every_feature_crosses_a_connection() {
    let project = Project::new("meet");
    let every_feature = xml("every_feature.xml").extern_path("depot", "crate::foreign::Depot");
    project.generate(every_feature.message_values(true)).unwrap();
    project.generate(xml("foreign.xml").message_values(true)).unwrap();
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
    project.generate(Builder::new().source(Source::new("odd.xml", ODD.into()))).unwrap();
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
fn objects_that_receive_nothing_have_state_where_that_is_asked_for() {
    let tokens = Source::new(
        "tokens.xml",
        "<protocol name=\"tokens\"><interface name=\"office\" version=\"1\">
        <request name=\"take\"><arg name=\"token\" type=\"new_id\" interface=\"token\"/></request></interface>
        <interface name=\"token\" version=\"1\"><event name=\"called\" type=\"destructor\"/></interface></protocol>"
            .into(),
    );
    let project = Project::new("stateful");
    project.generate(Builder::new().source(tokens.clone()).stateful("token")).unwrap();
    project.program("stateful", &read_program("stateful"));
    passes(&project.cargo("run", "stateful"));
    passes(&project.cargo(linter(), "stateful"));
    let error = Builder::new().source(tokens).stateful("tokens").generate().unwrap_err();
    assert!(error.to_string().contains("`tokens`, which is in none of the files"), "{error}");
}

#[test]
fn what_a_program_lacks_is_a_compile_error() {
    let project = Project::new("incomplete");
    project.generate(xml("small.xml")).unwrap();
    let complete = read_program("complete");
    project.program("complete", &complete);
    passes(&project.cargo("check", "complete"));
    for (part, code) in [("watcher", "E0277"), ("request", "E0046"), ("arm", "E0004")] {
        let name = format!("without_{part}");
        project.program(&name, &without(&complete, part));
        let output = project.cargo("check", &name);
        let errors = text(&output.stderr);
        assert!(!output.status.success() && errors.contains(&format!("error[{code}]")), "{part}: {errors}");
    }
}

#[test]
fn a_missing_delegate_is_a_compile_error_that_says_what_to_write() {
    let project = Project::new("delegates");
    project.generate(xml("small.xml")).unwrap();
    let complete = read_program("delegates");
    project.program("delegates", &complete);
    passes(&project.cargo("run", "delegates"));
    for side in ["requests", "events"] {
        let name = format!("without_delegate_of_{side}");
        project.program(&name, &without(&complete, &format!("delegate of {side}")));
        let output = project.cargo("check", &name);
        assert!(!output.status.success());
        insta::assert_snapshot!(name, explanations(&text(&output.stderr)));
    }
}
