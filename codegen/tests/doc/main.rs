//! `wayline doc`: what it writes of protocols, and what it says of input that it cannot describe.

mod browser;
mod colours;
mod hostile;
mod names;
mod pages;
mod releases;
mod sites;

use std::path::{Path, PathBuf};

use wayline_codegen::doc::{Page, Site};
use wayline_codegen::source::Source;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_string_lossy();
    Source::new(name, std::fs::read(path).unwrap())
}

fn lamp() -> Source {
    source(&here("doc/lamp.xml"))
}

/// A source of one interface `lamp`.
fn one(version: u32, body: &str) -> Source {
    let interface = format!("<interface name=\"lamp\" version=\"{version}\">{body}</interface>");
    Source::new("lamp.xml", format!("<protocol name=\"lamps\">{interface}</protocol>").into_bytes())
}

fn html(sources: Vec<Source>) -> Vec<Page> {
    Site::new(sources).html().unwrap()
}

fn text<'a>(pages: &'a [Page], path: &str) -> &'a str {
    &pages.iter().find(|page| page.path == path).unwrap_or_else(|| panic!("there is no {path}")).text
}

/// The text of an element and all in it, with single spaces.
fn words(node: roxmltree::Node<'_, '_>) -> String {
    let texts = node.descendants().filter_map(|node| if node.is_text() { node.text() } else { None });
    texts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parse(text: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(text, options).unwrap()
}

fn by_id<'a>(document: &'a roxmltree::Document<'_>, id: &str) -> roxmltree::Node<'a, 'a> {
    let mut nodes = document.descendants();
    nodes.find(|node| node.attribute("id") == Some(id)).unwrap_or_else(|| panic!("there is no id {id}"))
}
