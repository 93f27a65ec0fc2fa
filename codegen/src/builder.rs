//! The library's face: which files, which choices, what to do with the result. Knows files and environment variables, and
//! nothing of XML or of how Rust is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::diagnose::Report;
use crate::error::Error;
use crate::model::Protocol;
use crate::rule::Policy;
use crate::source::Source;
use crate::{check, parse, pin};

/// Compiles protocol files together: references resolve from any of them to any other.
///
/// ```
/// let report = wayline_codegen::Builder::new().protocol("no_such_file.xml").check();
/// assert!(report.to_string().starts_with("no_such_file.xml:1:1: error: the file cannot be read"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `check` or `model`"]
pub struct Builder {
    inputs: Vec<Input>,
    externs: BTreeMap<String, String>,
    pins: BTreeMap<String, u32>,
    strict: bool,
}

#[derive(Debug, Clone)]
enum Input {
    File(PathBuf),
    Memory(Source),
}

impl Builder {
    /// A builder without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a protocol file; `-` is standard input. It is read when the work starts.
    pub fn protocol(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Input::File(path.into()));
        self
    }

    /// Adds a protocol that is in memory already.
    pub fn source(mut self, source: Source) -> Self {
        self.inputs.push(Input::Memory(source));
        self
    }

    /// Says where the Rust type of an interface is that these files mention but do not define, such as
    /// `extern_path("wl_surface", "::wayland::WlSurface")`.
    pub fn extern_path(mut self, interface: impl Into<String>, path: impl Into<String>) -> Self {
        self.externs.insert(interface.into(), path.into());
        self
    }

    /// Pins an interface to a version: messages and entries that came later are left out, and the pin is the version that
    /// is offered. So a newer file on another machine changes nothing. A file older than the pin is an error.
    pub fn version(mut self, interface: impl Into<String>, version: u32) -> Self {
        self.pins.insert(interface.into(), version);
        self
    }

    /// Whether rules that well-known files break are errors, not warnings. Off by default.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Checks the files and reports everything there is to say about them. Files that cannot be read are among that.
    pub fn check(&self) -> Report {
        self.read(false).0
    }

    /// The checked model of the files, one protocol each, with the version pins applied. Interfaces of other files may be
    /// unresolved.
    pub fn model(&self) -> Result<Vec<Protocol>, Error> {
        let (report, protocols) = self.read(false);
        self.pinned(report, protocols).map(|(_, protocols)| protocols)
    }

    fn read(&self, generate: bool) -> (Report, Vec<Protocol>) {
        let sources: Vec<_> = self
            .inputs
            .iter()
            .map(|input| match input {
                Input::File(path) => Source::read(path),
                Input::Memory(source) => source.clone(),
            })
            .collect();
        let mut findings = Vec::new();
        let files: Vec<_> =
            sources.iter().enumerate().map(|(file, source)| parse::parse(file, source, &mut findings)).collect();
        let protocols = check::check(&files, &self.externs, &mut findings);
        (Report::new(sources, findings, Policy { strict: self.strict, generate }), protocols)
    }

    fn pinned(&self, report: Report, mut protocols: Vec<Protocol>) -> Result<(Report, Vec<Protocol>), Error> {
        if self.inputs.is_empty() {
            return Err(Error::NoInput);
        }
        if report.has_errors() {
            return Err(Error::Invalid(report));
        }
        pin::apply(&mut protocols, &self.pins, report.sources())?;
        Ok((report, protocols))
    }
}
