//! Sources as checked models. Each file is checked alone, so that a collection may have several files with interfaces of
//! one name, such as an experiment and what became of it.

use std::collections::BTreeMap;

use crate::ast::{self, Text};
use crate::check;
use crate::diagnose::{Report, Sink};
use crate::emit::signatures;
use crate::error::Error;
use crate::model::{BOOTSTRAP, Protocol};
use crate::parse;
use crate::rule::{Policy, Rule};
use crate::source::Source;
use crate::text::quote;

/// A protocol file.
pub(super) struct File {
    /// What it says, for what the model has in another form.
    pub(super) spec: ast::Protocol,
    pub(super) model: Protocol,
}

/// The files, and where the Rust types of all interfaces may be that any of them mentions.
pub(super) struct Files {
    pub(super) files: Vec<File>,
    pub(super) externs: BTreeMap<String, String>,
}

/// Reads and checks files.
pub(super) fn read(sources: &[Source]) -> Result<Files, Error> {
    if sources.is_empty() {
        return Err(Error::NoInput);
    }
    let mut findings = Vec::new();
    let mut specs: Vec<_> =
        sources.iter().enumerate().map(|(file, source)| parse::parse(file, source, &mut findings)).collect();
    for (file, spec) in specs.iter().enumerate() {
        let mut sink = Sink { file, list: &mut findings };
        spec.iter().flat_map(names).for_each(|name| check_length(name, &mut sink));
    }
    let externs = externs(specs.iter().flatten());
    let mut files = Vec::new();
    for (file, spec) in specs.iter_mut().enumerate() {
        let known = findings.len();
        let checked = check::check(std::slice::from_ref(spec), &externs, &mut findings);
        for found in &mut findings[known..] {
            found.remark.file = file;
        }
        files.extend(spec.take().zip(checked.into_iter().next()).map(|(spec, model)| File { spec, model }));
    }
    let report = Report::new(sources.to_vec(), findings, Policy::default());
    if report.has_errors() { Err(Error::Invalid(report)) } else { Ok(Files { files, externs }) }
}

/// The longest name that is described, in bytes: ids of all that an interface has repeat its name.
const LONGEST: usize = 200;

fn check_length(name: &Text, sink: &mut Sink<'_>) {
    if name.value.len() > LONGEST {
        let message = format!("the name {} has {} bytes", quote(&name.value), name.value.len());
        sink.report(Rule::InvalidName, name.span, message)
            .help(format!("names of at most {LONGEST} bytes are described"));
    }
}

/// All names that a file gives and mentions.
fn names(spec: &ast::Protocol) -> Vec<&Text> {
    let mut names = Vec::from_iter(&spec.name);
    for interface in &spec.interfaces {
        names.extend(&interface.name);
        for message in interface.requests.iter().chain(&interface.events) {
            names.extend(&message.name);
            names.extend(message.args.iter().flat_map(|arg| [&arg.name, &arg.interface, &arg.enumeration]).flatten());
        }
        for one in &interface.enums {
            names.extend(&one.name);
            names.extend(one.entries.iter().flat_map(|entry| [&entry.name, &entry.value]).flatten());
        }
    }
    names
}

/// A path for each interface that is defined or mentioned, but those of the runtime.
fn externs<'a>(specs: impl Iterator<Item = &'a ast::Protocol>) -> BTreeMap<String, String> {
    let mut externs = BTreeMap::new();
    let mut add = |name: &str| {
        if !BOOTSTRAP.contains(&name) && !externs.contains_key(name) {
            externs.insert(name.to_owned(), signatures::extern_path(name));
        }
    };
    for interface in specs.flat_map(|spec| &spec.interfaces) {
        interface.name.iter().for_each(|name| add(&name.value));
        for arg in interface.requests.iter().chain(&interface.events).flat_map(|message| &message.args) {
            arg.interface.iter().for_each(|name| add(&name.value));
            let owner = arg.enumeration.as_ref().and_then(|named| named.value.split_once('.'));
            owner.into_iter().for_each(|(owner, _)| add(owner));
        }
    }
    externs
}
