//! What is generated: the same for the same input, in two forms of one meaning, and nothing at all if anything is wrong.

use std::path::{Path, PathBuf};
use std::process::Command;

use wayline_codegen::model::{Direction, Interface};
use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Error, Sides};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn every_feature() -> Builder {
    Builder::new().protocol(tests().join("every_feature.xml")).extern_path("depot", "crate::foreign::Depot")
}

/// A protocol in memory.
fn xml(name: &str, interfaces: &str) -> Source {
    let text = format!("<protocol name=\"{name}\">{interfaces}</protocol>");
    Source::new(format!("{name}.xml"), text.into_bytes())
}

#[test]
fn every_feature_of_the_format() {
    insta::assert_snapshot!(every_feature().generate_to_string().unwrap());
}

#[test]
fn every_feature_as_the_command_prints_it() {
    insta::assert_snapshot!(both_forms(&[tests().join("every_feature.xml")], Sides::Both).0);
}

#[test]
fn one_side_only() {
    let small = || Builder::new().protocol(tests().join("small.xml"));
    let [client, server] = [Sides::Client, Sides::Server].map(|side| small().sides(side).generate_to_string().unwrap());
    assert!(client.contains("pub fn add<") && client.contains("impl<A> Dispatch<A, ClientRole> for Counter"));
    assert!(!client.contains("pub fn total<") && !client.contains("ServerRole"));
    assert!(server.contains("pub fn total<") && server.contains("impl<A> Dispatch<A, ServerRole<A>> for Counter"));
    assert!(!server.contains("pub fn add<") && !server.contains("ClientRole"));
}

#[test]
fn x41_the_same_input_gives_the_same_output() {
    let first = every_feature().generate_to_string().unwrap();
    assert_eq!(first, every_feature().generate_to_string().unwrap());
    let printed = both_forms(&[tests().join("every_feature.xml")], Sides::Both).0;
    // Another process has another hash seed, another address space and another working directory.
    let runs = [".", "/"].map(|directory| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
        command.arg("generate").arg(tests().join("every_feature.xml")).arg("--extern=depot=crate::foreign::Depot");
        command.current_dir(directory).output().unwrap().stdout
    });
    assert!(runs.iter().all(|run| *run == printed.as_bytes()));
}

#[test]
fn x29_two_new_ids_become_a_pair() {
    let code = Builder::new().protocol(tests().join("good/x29_two_new_ids.xml")).generate_to_string().unwrap();
    assert!(code.contains("-> Result<(Lamp, Lamp), SendError>"), "{code}");
}

#[test]
fn x38_names_are_keywords_with_an_underscore() {
    let code = Builder::new().protocol(tests().join("good/x38_keywords.xml")).generate_to_string().unwrap();
    let expected = [
        "pub struct Type(",
        "pub mod type_ {",
        "pub struct Self_(",
        "pub mod self_ {",
        "pub struct Option_(",
        "pub fn async_<",
        "ref_: &str",
        "pub const STATIC: Enum",
        "pub const _1: Enum",
    ];
    for text in expected {
        assert!(code.contains(text), "{text}");
    }
}

#[test]
fn names_that_become_one_stay_apart() {
    let requests = "<request name=\"a_b\"/><request name=\"aB\"/><event name=\"a_b\"/><event name=\"a_b_event\"/>";
    let enums = "<enum name=\"event\"><entry name=\"a\" value=\"0\"/><entry name=\"A\" value=\"1\"/></enum>";
    let interfaces = format!("<interface name=\"server\" version=\"1\">{requests}{enums}</interface>");
    let code = Builder::new().source(xml("p", &interfaces)).generate_to_string().unwrap();
    let methods = ["pub fn a_b<", "pub fn a_b_<", "pub fn a_b_event<", "pub fn a_b_event_<"];
    let types = ["struct Server_(", "struct Event_(", "const A: Event_", "const A_: Event_"];
    let opcodes = ["A_B: u16 = 0;", "A_B_: u16 = 1;", "A_B_EVENT: u16 = 0;", "A_B_EVENT_: u16 = 1;"];
    for text in methods.into_iter().chain(types).chain(opcodes) {
        assert_eq!(code.matches(text).count(), 1, "{text}\n{code}");
    }
}

/// The file that a command line makes, and what the library makes of the same files.
fn both_forms(files: &[PathBuf], sides: Sides) -> (String, String) {
    let builder = files.iter().fold(Builder::new(), Builder::protocol).extern_path("depot", "crate::foreign::Depot");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline"));
    command.args(["generate", "--quiet", "--extern=depot=crate::foreign::Depot", "--side"]);
    command.arg(format!("{sides:?}").to_lowercase()).args(files);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), builder.sides(sides).generate_to_string().unwrap())
}

fn comments(code: &str) -> Vec<&str> {
    code.lines().map(str::trim_start).filter(|line| line.starts_with("//")).collect()
}

#[test]
fn the_command_prints_the_code_of_the_library_through_prettyplease() {
    let mut files: Vec<_> =
        ["every_feature.xml", "small.xml", "../../protocol.xml"].iter().map(|name| tests().join(name)).collect();
    let good = std::fs::read_dir(tests().join("good")).unwrap().map(|entry| entry.unwrap().path());
    files.extend(good.filter(|path| !path.ends_with("x42_foreign.xml")));
    let system = Path::new("/usr/share/wayland/wayland.xml");
    files.extend(system.exists().then(|| system.to_owned()));
    assert!(files.len() > 15);
    for file in files {
        for sides in [Sides::Both, Sides::Client, Sides::Server] {
            let (command, library) = both_forms(std::slice::from_ref(&file), sides);
            // The comments at the head are no part of the syntax tree.
            let start = library.find("\n\n").unwrap() + 2;
            let (head, rust) = library.split_at(start);
            assert!(head.lines().all(|line| line.is_empty() || line == "//" || line.starts_with("// ")), "{file:?}");
            let printed = prettyplease::unparse(&syn::parse_file(rust).unwrap());
            assert!(command == format!("{head}{printed}"), "{file:?}, {sides:?}");
            assert_eq!(comments(&command), comments(&library), "{file:?}, {sides:?}");
        }
    }
}

#[test]
fn comments_of_the_file_head_survive_in_both_forms() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lamp.xml");
    let text = "<protocol name=\"lamp\"><copyright>\n    Nobody, 2025\n\n    /// no doc comment\n  </copyright>\
                <interface name=\"lamp\" version=\"1\"><description summary=\"a lamp\">Shines.</description>\
                <request name=\"shine\"/></interface></protocol>";
    std::fs::write(&file, text).unwrap();
    let (command, library) = both_forms(&[file], Sides::Both);
    for code in [command, library] {
        let head = "// @generated by wayline-codegen from lamp.xml. Do not edit.\n//\n// Nobody, 2025\n//\n\
                    // /// no doc comment\n\n/// A lamp.\n///\n/// Shines.\n";
        assert!(code.starts_with(head), "{code}");
    }
}

/// The comments of a file in which a description and its name say `prose`.
fn with_prose(prose: &str) -> String {
    let text = format!(
        "<protocol name=\"p\"><copyright>{prose}</copyright><interface name=\"lamp\" version=\"1\">\
         <description summary=\"before {prose} after\">Before {prose} after.\n\n      indented {prose} code\n</description>\
         <request name=\"destroy\" type=\"destructor\"/></interface></protocol>"
    );
    Builder::new().source(Source::new(format!("{prose}.xml"), text.into_bytes())).generate_to_string().unwrap()
}

#[test]
fn characters_that_rust_refuses_in_comments_are_left_out() {
    let turning = "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    let code = with_prose(&format!("one{turning}two"));
    assert!(!code.contains(|c| turning.contains(c)), "{code}");
    assert!(code.contains("// onetwo\n") && code.contains("/// Before onetwo after.\n"), "{code}");
    assert!(code.starts_with("// @generated by wayline-codegen from one\\u{202a}\\u{202b}"), "{code}");
}

#[test]
fn line_ends_of_a_file_end_no_comment() {
    for prose in ["one&#13;fn evil() {}", "one&#13;&#10;fn evil() {}", "one&#10;fn evil() {}", "one\rfn evil() {}"] {
        let code = with_prose(prose);
        assert!(!code.contains('\r'), "{code:?}");
        assert!(code.lines().filter(|line| line.contains("evil")).all(|line| line.trim().starts_with("//")), "{code}");
    }
    let name = "a\nfn evil() {}\r\n.xml";
    let source = Source::new(name, b"<protocol name=\"p\"><interface name=\"i\" version=\"1\"/></protocol>".to_vec());
    let code = Builder::new().source(source).generate_to_string().unwrap();
    let first = "// @generated by wayline-codegen from a\\nfn evil() {}\\r\\n.xml. Do not edit.\n";
    assert!(code.starts_with(first), "{code}");
}

#[test]
fn a_path_that_would_be_two_directives_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lamp.xml\ncargo::rustc-env=EVIL=1");
    std::fs::copy(tests().join("small.xml"), &file).unwrap();
    let builder = Builder::new().protocol(&file).out_dir(directory.path());
    assert!(matches!(builder.compile(), Err(Error::BadPath { path }) if path == file));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was written");
    // What is shown of it is on one line.
    let report = Builder::new().protocol(directory.path().join("no\nfile.xml")).check().to_string();
    assert!(report.lines().next().unwrap().contains("no\\nfile.xml:1:1: error: "), "{report}");
}

/// The table of the messages of a direction: name, opcode and since.
fn table(interface: &Interface, direction: Direction) -> Vec<(&str, u16, u32)> {
    let messages = interface.messages(direction).iter();
    messages.map(|message| (message.name.as_str(), message.opcode, message.since)).collect()
}

#[test]
fn a_pin_leaves_out_what_is_newer() {
    let builder = every_feature().version("bench", 1);
    let model = builder.model().unwrap();
    let bench = &model[0].interfaces[0];
    assert_eq!(bench.version, 1);
    assert!(table(bench, Direction::Request).iter().chain(&table(bench, Direction::Event)).all(|row| row.2 == 1));
    assert!(bench.enums.iter().flat_map(|one| &one.entries).all(|entry| entry.since == 1));
    let code = builder.generate_to_string().unwrap();
    for gone in ["Split", "split", "Closed", "OILED", "BATTERY", "#[deprecated"] {
        assert!(!code.contains(gone), "{gone}");
    }
    assert!(code.contains("        version: 1,\n"));
}

#[test]
fn opcodes_survive_a_pin_that_leaves_a_gap() {
    let body =
        "<request name=\"a\"/><request name=\"b\" since=\"2\"/><request name=\"c\"/><request name=\"d\" since=\"2\"/>";
    let source = xml("p", &format!("<interface name=\"i\" version=\"2\">{body}</interface>"));
    let builder = Builder::new().source(source).version("i", 1);
    assert_eq!(table(&builder.model().unwrap()[0].interfaces[0], Direction::Request), [("a", 0, 1), ("c", 2, 1)]);
    let code = builder.generate_to_string().unwrap();
    assert!(code.contains("pub const C: u16 = 2;") && !code.contains("pub const B: u16"), "{code}");
    assert!(code.contains("client.send(self, opcode::C, since::C)?") && code.contains("opcode::C => {"), "{code}");
    // The place in the table is kept, by a message that no object is new enough for.
    let names: Vec<_> = code.split("name: \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(names, ["i", "a", "b", "c"]);
}

#[test]
fn every_message_has_a_named_opcode_and_first_version() {
    let body = "<request name=\"frame\"/><request name=\"type\" since=\"2\"/>\
                <event name=\"enter\"/><event name=\"frame\" since=\"3\"/>";
    let source = xml("p", &format!("<interface name=\"i\" version=\"3\">{body}</interface>"));
    let expected = [("FRAME", 0, 1), ("TYPE_", 1, 2), ("ENTER", 0, 1), ("FRAME_EVENT", 1, 3)];
    for sides in [Sides::Both, Sides::Client, Sides::Server] {
        let code = Builder::new().source(source.clone()).sides(sides).generate_to_string().unwrap();
        let (_, opcodes) = code.split_once("pub mod opcode {").unwrap();
        let (opcodes, since) = opcodes.split_once("pub mod since {").unwrap();
        for (name, opcode, version) in expected {
            assert!(opcodes.contains(&format!("pub const {name}: u16 = {opcode};")), "{name}: {opcodes}");
            assert!(since.contains(&format!("pub const {name}: u32 = {version};")), "{name}: {since}");
        }
    }
}

#[test]
fn a_message_takes_the_name_of_a_handle_method() {
    let interface =
        |messages: &str| xml("p", &format!("<interface name=\"lamp\" version=\"1\">{messages}</interface>"));
    for sides in [Sides::Both, Sides::Client, Sides::Server] {
        let methods = |messages: &str| {
            let code = Builder::new().source(interface(messages)).sides(sides).generate_to_string().unwrap();
            code.split_once("::wayline::handle!(Lamp").unwrap().1.split_once(')').unwrap().0.to_owned()
        };
        assert_eq!(methods("<request name=\"destroy\" type=\"destructor\"/>"), ", handle, id, version, client");
        assert_eq!(methods("<request name=\"handle\"/><event name=\"id\"/>"), ", version, client");
    }
}

#[test]
fn messages_are_values_only_on_request_and_where_one_can_be_sent() {
    let make = "<request name=\"make\"><arg name=\"id\" type=\"new_id\" interface=\"lamp\"/></request>";
    let code = |messages: &str, values: bool| {
        let source = xml("p", &format!("<interface name=\"lamp\" version=\"1\">{messages}</interface>"));
        Builder::new().source(source).message_values(values).generate_to_string().unwrap()
    };
    let both = format!("{make}<request name=\"name\"><arg name=\"name\" type=\"string\"/></request>");
    let without = code(&both, false);
    assert!(!without.contains("fn send<") && !without.contains("Owned"), "{without}");
    let with = code(&both, true);
    for text in [
        "Request::Name { name } => this.name(client, name),",
        "OwnedRequest::Name { name } => this.name(client, &name),",
        "Request::Make { .. } => Err(SendError::MakesObject),",
        "Request::Name { name } => OwnedRequest::Name { name: name.to_owned() },",
    ] {
        assert!(with.contains(text), "{text}\n{with}");
    }
    let only_makes = code(make, true);
    assert!(!only_makes.contains("fn send<") && only_makes.contains("pub fn into_owned(self)"), "{only_makes}");
}

#[test]
fn an_enum_newer_than_the_pin_leaves_a_plain_number() {
    let message = "<request name=\"a\"><arg name=\"x\" type=\"uint\" enum=\"e\"/></request>";
    let source = xml(
        "p",
        &format!(
            "<interface name=\"i\" version=\"2\">{message}<enum name=\"e\" since=\"2\"><entry name=\"o\" value=\"1\"/></enum></interface>"
        ),
    );
    let builder = Builder::new().source(source);
    assert!(builder.generate_to_string().unwrap().contains("x: E,"));
    assert!(builder.version("i", 1).generate_to_string().unwrap().contains("x: u32,"));
}

#[test]
fn pins_that_no_file_fits_are_errors() {
    let message = |builder: Builder| builder.generate_to_string().unwrap_err().to_string();
    let old = message(every_feature().version("bench", 4));
    assert!(old.contains("pinned to version 4") && old.contains("every_feature.xml is older"), "{old}");
    assert!(
        matches!(every_feature().version("bank", 1).generate(), Err(Error::UnknownPin { interface }) if interface == "bank")
    );
    assert!(matches!(every_feature().version("bench", 0).generate(), Err(Error::ZeroPin { .. })));
}

#[test]
fn x42_a_foreign_interface_needs_a_path() {
    let file = tests().join("good/x42_foreign.xml");
    let error = Builder::new().protocol(&file).generate_to_string().unwrap_err();
    let text = error.to_string();
    assert!(text.contains(":5:51: error: interface `wall_socket` is not in these files"), "{text}");
    assert!(format!("{error:?}").contains(&text), "a build script that unwraps shows the same");
    let builder = Builder::new().protocol(file);
    let builder = builder.extern_path("wall_socket", "::wall::Socket").extern_path("plug", "crate::Plug");
    let generated = builder.generate().unwrap();
    assert_eq!((generated.file.as_str(), generated.handles), ("x42_foreign.rs", vec![("lamp".into(), "Lamp".into())]));
    let code = generated.code;
    for text in ["use wall::Socket;", "Plug: Dispatch<A, ClientRole>", "kind: ::wall::wall_socket::Kind"] {
        assert!(code.contains(text), "{text}\n{code}");
    }
    assert!(matches!(
        every_feature().extern_path("depot", "foreign::Depot").generate(),
        Err(Error::BadExternPath { path, .. }) if path == "foreign::Depot"
    ));
}

#[test]
fn one_interface_in_two_files_is_refused() {
    let one = || xml("p", "<interface name=\"i\" version=\"1\"><request name=\"a\"/></interface>");
    let builder = Builder::new().source(one()).source(one());
    assert!(!builder.check().has_errors());
    let error = builder.generate_to_string().unwrap_err().to_string();
    assert!(error.contains("interface `i` is in an earlier file too [interface-in-two-files]"), "{error}");
}

#[test]
fn nothing_is_written_if_anything_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let builder = Builder::new().protocol(tests().join("small.xml")).out_dir(directory.path());
    let output = directory.path().join("small.rs");
    let wrong = builder.clone().protocol(tests().join("bad/x03_request_name.xml")).output("small");
    assert!(matches!(wrong.compile(), Err(Error::Invalid(_))));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    builder.compile().unwrap();
    let made = std::fs::metadata(&output).unwrap().modified().unwrap();
    builder.compile().unwrap();
    assert_eq!(std::fs::metadata(&output).unwrap().modified().unwrap(), made, "an unchanged file keeps its time");
    std::fs::write(&output, "old").unwrap();
    assert!(wrong.compile().is_err());
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
    builder.compile().unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), builder.generate_to_string().unwrap());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(matches!(builder.out_dir(directory.path().join("none")).compile(), Err(Error::Write { .. })));
}
