//! Whatever `wayland-scanner` accepts can be generated from, but for a short list of files, each with its reason. Its
//! default is meant, which goes on where the DTD of the format is violated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "support/mod.rs"]
mod support;

use support::{Project, linter};
use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Severity};

/// Files that `wayland-scanner` accepts and that are refused here, by name, each with the rule that it breaks and why no
/// code can be generated from it.
const REFUSED: &[(&str, &str, &str)] = &[
    ("x15_duplicate_event", "duplicate-message", "two functions of one name; the C does not compile either"),
    ("x15_duplicate_request", "duplicate-message", "two functions of one name; the C does not compile either"),
    ("x16_duplicate_argument", "duplicate-argument", "two parameters of one name; the C does not compile either"),
    ("x17_duplicate_entry", "duplicate-name", "two constants of one name; the C does not compile either"),
    ("x17_duplicate_enum", "duplicate-name", "two types of one name; the C silently loses the second"),
    ("x17_duplicate_interface", "duplicate-name", "two types of one name; the C does not compile either"),
    ("x19_value_empty", "invalid-value", "no value; the C does not compile either"),
    ("x19_value_too_large", "invalid-value", "no such value can be sent"),
    ("x19_value_word", "invalid-value", "a name of C, which Rust does not have"),
    ("x28_allow_null_on_new_id", "allow-null-not-allowed", "an object that may not be made has no handle"),
    ("x30_untyped_new_id_in_event", "untyped-new-id-in-event", "no side can know what the object is"),
    ("x35_root", "wrong-root", "no protocol; the C header is made for `(null)`"),
    ("x35_request_in_unknown_element", "misplaced-element", "a request or none? The C has one, the DTD forbids both"),
    ("x35_request_in_request", "misplaced-element", "nested, the C counts messages as if they were not"),
    ("x37_too_many_arguments", "too-many-arguments", "libwayland ends programs that send or receive it"),
    ("x37_untyped_new_id_counts_three", "too-many-arguments", "libwayland ends programs that send or receive it"),
    ("x39_external_entity", "entity", "a part of the text is in another file, which is not read"),
    ("x40_latin_1", "not-utf8", "only UTF-8 is read"),
];

/// What else may be in files: the body of an interface `lamp` of version 3, by a name.
const BODIES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("x19_value_empty", r#"<enum name="e"><entry name="a" value=""/></enum>"#),
    ("x35_request_in_request", r#"<request name="a"><request name="b"/></request>"#),
    ("flags that are false", r#"<enum name="e" bitfield="false"><entry name="a" value="0"/></enum>"#),
    ("an enum of no name", r#"<request name="a"><arg name="b" type="uint" enum=""/></request>"#),
    ("an enum of nobody", r#"<request name="a"><arg name="b" type="uint" enum="wall.paint"/></request>"#),
    ("an enum of a name too many", r#"<request name="a"><arg name="b" type="uint" enum="lamp.e.f"/></request>"#),
    (
        "an argument of another protocol",
        r#"<request name="a"><arg name="b" type="object" interface="wall"/></request>"#,
    ),
    (
        "a new id that is not null",
        r#"<event name="a"><arg name="b" type="new_id" interface="lamp" allow-null="false"/></event>"#,
    ),
    ("a null array in an event", r#"<event name="a"><arg name="b" type="array" allow-null="true"/></event>"#),
    ("any object", r#"<event name="a"><arg name="b" type="object" allow-null="true"/></event>"#),
    (
        "two new ids",
        r#"<event name="a"><arg name="b" type="new_id" interface="lamp"/><arg name="c" type="new_id" interface="lamp"/></event>"#,
    ),
    ("any new id", r#"<request name="a"><arg name="b" type="new_id"/></request>"#),
    (
        "names of Rust",
        r#"<request name="fn"><arg name="self" type="uint"/><arg name="match" type="int"/></request><event name="crate"/>"#,
    ),
    (
        "names of one letter",
        r#"<request name="_"><arg name="_" type="uint"/><arg name="__" type="int"/></request><event name="_"/>"#,
    ),
    (
        "names that begin with digits",
        r#"<enum name="2"><entry name="4" value="4"/><entry name="_4" value="5"/></enum>"#,
    ),
    ("names in other case", r#"<request name="Light"/><request name="light"/><event name="LIGHT"/>"#),
    (
        "an argument with a description",
        r#"<request name="a"><arg name="b" type="uint"><description summary="s">t</description></arg></request>"#,
    ),
    (
        "an argument with two",
        r#"<request name="a"><arg name="b" type="uint"><description summary="s"/><description summary="t"/></arg></request>"#,
    ),
    (
        "markup in a description",
        r#"<request name="a"><description summary="s">one <b>two</b> three</description></request>"#,
    ),
    ("a copyright of an interface", "<copyright>nobody</copyright>"),
    ("character data", "<![CDATA[ lamp ]]><?wayline check?><!-- lamp -->"),
    ("a namespace", r#"<x:note xmlns:x="u" x:name="n">text</x:note><request name="a" xml:lang="en"/>"#),
    ("version where since is meant", r#"<request name="a" version="2"/><event name="b" version="2"/>"#),
    ("a message of another type", r#"<request name="a" type=""/><event name="b" type="Destructor"/>"#),
    ("versions up and down", r#"<request name="a" since="3"/><request name="b" since="2"/><request name="c"/>"#),
    ("a version with space", r#"<request name="a" since=" 02"/>"#),
    ("no version", r#"<request name="a" since="0"/>"#),
    ("an enum later than all", r#"<enum name="e" since="never"><entry name="a" value="1"/></enum>"#),
    (
        "entries of versions",
        r#"<enum name="e"><entry name="a" value="1" since="2"/><entry name="b" value="2"/></enum>"#,
    ),
    ("equal values", r#"<enum name="e"><entry name="a" value="1"/><entry name="b" value="0x1"/></enum>"#),
    (
        "expressions",
        r#"<enum name="e"><entry name="a" value="(1 &lt;&lt; 2) | 1u"/><entry name="b" value="~0"/></enum>"#,
    ),
    ("deprecated", r#"<request name="a" deprecated-since="never"/><event name="b" deprecated-since="7"/>"#),
    ("deprecated entries", r#"<enum name="e"><entry name="a" value="1" deprecated-since="1"/></enum>"#),
    (
        "attributes of others",
        r#"<request name="a" destructor="true" opcode="7"/><enum name="e" type="uint"><entry name="a" value="1" v="2"/></enum>"#,
    ),
];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// All small files of the tests, and those above, by name.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for directory in ["bad", "lenient", "good"].map(|kind| tests().join(kind)) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            files.insert(path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap());
        }
    }
    for (name, body) in BODIES {
        let text =
            format!("<protocol name=\"p\">\n<interface name=\"lamp\" version=\"3\">{body}</interface>\n</protocol>");
        files.insert((*name).to_owned(), text.into_bytes());
    }
    let text = |text: &str| format!("<?xml version=\"1.0\"?>\n{text}").into_bytes();
    let lamp = "<interface name=\"lamp\" version=\"1\"><request name=\"a\"/></interface>";
    files
        .insert("a default namespace".into(), text(&format!("<protocol name=\"p\" xmlns=\"urn:p\">{lamp}</protocol>")));
    files.insert("a promise".into(), text(&format!("<protocol name=\"p\" frozen=\"1\">{lamp}</protocol>")));
    files.insert("a late copyright".into(), text(&format!("<protocol name=\"p\">{lamp}<copyright/></protocol>")));
    files.insert("a mark in front".into(), format!("\u{feff}<protocol name=\"p\">{lamp}</protocol>").into_bytes());
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><protocol name=\"p\"><copyright>";
    files.insert(
        "x40_latin_1".into(),
        [latin.as_bytes(), b"\xe9</copyright>", lamp.as_bytes(), b"</protocol>"].concat(),
    );
    files
}

/// Whether the scanner accepts a file for everything that it can write.
fn scanner_accepts(file: &Path, directory: &Path) -> bool {
    ["private-code", "client-header", "server-header"].iter().all(|kind| {
        let mut command = Command::new("wayland-scanner");
        command.arg(kind).arg(file).arg(directory.join("out"));
        command.stderr(Stdio::null()).status().unwrap().success()
    })
}

/// Generates, with the interfaces of others at some place. The rules that are broken, if that cannot be done.
fn generate(name: &str, bytes: &[u8]) -> Result<(), Vec<String>> {
    let builder = || {
        let elsewhere = ["wall", "wall_socket", "plug"];
        let builder = Builder::new().source(Source::new(format!("{name}.xml"), bytes.to_vec()));
        elsewhere.iter().fold(builder, |builder, foreign| builder.extern_path(*foreign, "crate::Elsewhere"))
    };
    let report = match builder().generate_to_string() {
        Ok(_) => return Ok(()),
        Err(wayline_codegen::Error::Invalid(report)) => report,
        Err(error) => panic!("{name}: {error}"),
    };
    let errors = report.diagnostics().iter().filter(|found| report.severity(found) == Severity::Error);
    Err(errors.map(|found| found.rule().name().to_owned()).collect())
}

#[test]
fn what_wayland_scanner_accepts_can_be_generated_from() {
    if Command::new("wayland-scanner").arg("--version").output().is_err() {
        eprintln!("skipped: wayland-scanner is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut wrong, mut accepted) = (String::new(), 0);
    for (name, bytes) in files() {
        let file = directory.path().join("file.xml");
        std::fs::write(&file, &bytes).unwrap();
        if !scanner_accepts(&file, directory.path()) {
            continue;
        }
        accepted += 1;
        let is_listed = REFUSED.iter().any(|(known, ..)| *known == name);
        if let Err(rules) = generate(&name, &bytes)
            && !is_listed
        {
            wrong += &format!("{name}: {rules:?}\n");
        }
    }
    assert!(wrong.is_empty(), "accepted by wayland-scanner and refused here:\n{wrong}");
    assert!(accepted > 60, "{accepted} files are accepted");
    eprintln!("{accepted} files accepted by wayland-scanner, {} of them refused here", REFUSED.len());
}

/// Alone, and so that the compiler and its lints have nothing to say.
#[test]
fn the_code_of_files_that_only_deserve_warnings_compiles() {
    let project = Project::new("scanner");
    let mut program = String::from("//! Code of small files.\n\nfn main() {}\n");
    let files = files().into_iter().filter(|(name, _)| !REFUSED.iter().any(|(refused, ..)| refused == name));
    for (number, (name, bytes)) in files.enumerate() {
        let builder = Builder::new().source(Source::new(name, bytes)).output(format!("m{number}")).message_values(true);
        if project.generate(builder).is_ok() {
            program += &format!("mod m{number} {{\n    include!(\"../generated/m{number}.rs\");\n}}\n");
        }
    }
    assert!(program.matches("mod ").count() > 60, "{program}");
    project.program("scanner", &program);
    let output = project.cargo(linter(), "scanner");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Needs no scanner: what stands in the list is refused for the reason given, and nothing stands there in vain.
#[test]
fn the_files_of_the_list_are_refused_by_the_rules_of_the_list() {
    let files = files();
    for (name, rule, why) in REFUSED {
        let refused = generate(name, &files[*name]);
        assert!(refused.as_ref().is_err_and(|rules| rules.iter().any(|one| one == rule)), "{name} {why}: {refused:?}");
    }
}

/// That the C does not compile is a fact, not an excuse.
#[test]
fn the_c_of_files_with_duplicates_does_not_compile() {
    let has =
        |program: &str, arg: &str| Command::new(program).arg(arg).output().is_ok_and(|output| output.status.success());
    if !has("wayland-scanner", "--version")
        || !has("cc", "--version")
        || !Path::new("/usr/include/wayland-util.h").exists()
    {
        eprintln!("skipped: wayland-scanner, a C compiler or libwayland's headers are not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let compiles = |bytes: &[u8]| {
        let path = |name: &str| directory.path().join(name);
        // A keyword of C is no name that C can have.
        let text = String::from_utf8_lossy(bytes).replace("\"switch\"", "\"swap\"");
        std::fs::write(path("file.xml"), text).unwrap();
        ["client-header", "server-header", "private-code"].iter().all(|kind| {
            let mut command = Command::new("wayland-scanner");
            assert!(
                command
                    .arg(kind)
                    .arg(path("file.xml"))
                    .arg(path("out.c"))
                    .stderr(Stdio::null())
                    .status()
                    .unwrap()
                    .success()
            );
            let mut command = Command::new("cc");
            command.args(["-fsyntax-only", "-x", "c"]).arg(path("out.c")).stderr(Stdio::null());
            command.status().unwrap().success()
        })
    };
    let files = files();
    assert!(compiles(&files["x15_request_and_event_of_one_name"]));
    for (name, _, _) in REFUSED.iter().filter(|(_, _, why)| why.contains("the C does not compile")) {
        assert!(!compiles(&files[*name]), "{name}");
    }
}
