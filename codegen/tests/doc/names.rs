//! Names in Rust and C are those of the generated code.

use std::path::Path;
use std::process::Command;

use wayline_codegen::source::Source;
use wayline_codegen::{Builder, doc::Page};

use crate::{here, html, lamp, parse, source, words};

/// What stands on the pages behind these words.
fn signatures(pages: &[Page], term: &str) -> Vec<String> {
    let mut found = Vec::new();
    for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
        let document = parse(&page.text);
        let terms = document.descendants().filter(|node| node.has_tag_name("dt") && words(*node) == term);
        found.extend(terms.map(|node| words(node.next_sibling_element().unwrap())));
    }
    found
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn methods_of_rust_are_those_that_are_generated() {
    for source in [lamp(), source(&here("every_feature.xml")), source(&here("../../protocol.xml"))] {
        let builder = Builder::new().source(source.clone()).extern_path("depot", "crate::Depot");
        let code = builder.generate_to_string().unwrap().replace("crate::", "").replace("super::", "");
        let found = signatures(&html(vec![source]), "Rust, to send");
        assert!(found.len() > 4);
        for signature in found {
            assert!(code.contains(&signature), "{signature}");
        }
    }
}

#[test]
fn variants_of_rust_are_those_that_are_generated() {
    let code = squeezed(&Builder::new().source(lamp()).generate_to_string().unwrap());
    for signature in signatures(&html(vec![lamp()]), "Rust, to receive") {
        let (path, fields) = signature.split_once(" { ").unwrap_or((&signature, ""));
        let variant = path.rsplit("::").next().unwrap();
        let mut rest = &code[code.find(&format!(" {variant}")).unwrap()..];
        for field in fields.trim_end_matches(" }").split(", ").filter(|field| !field.is_empty()) {
            rest = &rest[rest.find(&format!("{field},")).unwrap_or_else(|| panic!("{signature}: {field}"))..];
        }
    }
}

#[test]
fn functions_of_c_are_those_of_wayland_scanner() {
    if Command::new("wayland-scanner").arg("--version").output().is_err() {
        eprintln!("skipped: wayland-scanner is not installed");
        return;
    }
    let header = |kind: &str, path: &Path| {
        let output = Command::new("wayland-scanner").arg(kind).arg(path).arg("/dev/stdout").output().unwrap();
        // Comments stand among the members of structs.
        let text = String::from_utf8(output.stdout).unwrap();
        let mut code = String::new();
        let mut rest = text.as_str();
        while let Some((before, comment)) = rest.split_once("/*") {
            code += before;
            rest = comment.split_once("*/").unwrap().1;
        }
        squeezed(&(code + rest)).replace("void * ", "void *").replace("struct (null) *", "void *")
    };
    for path in ["doc/lamp.xml", "every_feature.xml", "../../protocol.xml", "../../protocols/wayland/wayland.xml"] {
        let path = here(path);
        let code = header("client-header", &path) + &header("server-header", &path);
        let pages = html(vec![Source::new("a.xml", std::fs::read(&path).unwrap())]);
        let sent = signatures(&pages, "C, to send");
        for signature in sent.iter().filter(|signature| !signature.starts_with("wayland-scanner writes no")) {
            // The result stands on a line of its own.
            let split = signature.split_once('*').filter(|(kind, _)| !kind.contains('('));
            let spaced =
                split.map_or(signature.clone(), |(kind, rest)| format!("{kind}* {rest}").replace("void * ", "void *"));
            assert!(code.contains(&format!("static inline {spaced}")), "{signature}");
        }
        let received = signatures(&pages, "C, to receive");
        assert!(received.len() > 4 && sent.len() == received.len());
        for signature in received {
            let (holder, member) = signature.split_once(" { ").unwrap();
            let body = &code[code.find(&format!("{holder} {{")).unwrap_or_else(|| panic!("{signature}"))..];
            let member = member.trim_end_matches(" }");
            assert!(body[..body.find(" };").unwrap()].contains(member), "{signature}");
        }
    }
}
