//! The public builder: reads files, runs the stages with the choices that were made, writes the result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::diagnose::Report;
use crate::emit::{self, Choices, Sides};
use crate::error::Error;
use crate::model::Protocol;
use crate::output::Generated;
use crate::rule::{Policy, Severity};
use crate::source::{STDIN, Source};
use crate::text::one_line;
use crate::{check, parse, pin};

/// Compiles protocol files together: references resolve from any of them to any other.
///
/// ```no_run
/// // build.rs; the code is included by `wayline::include_protocol!("counter");`
/// wayline_codegen::Builder::new().protocol("counter.xml").compile().unwrap();
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens before `compile`, `generate` or `check`"]
pub struct Builder {
    inputs: Vec<Input>,
    externs: BTreeMap<String, String>,
    pins: BTreeMap<String, u32>,
    stateful: BTreeSet<String>,
    strict: bool,
    choices: Choices,
    name: Option<String>,
    out_dir: Option<PathBuf>,
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
    /// `extern_path("wl_surface", "::wayland::WlSurface")`. The path starts with `::` or `crate::`. Code of another builder
    /// has its enums in a module beside the type, here `::wayland::wl_surface`, and that is where they are looked for.
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

    /// Has a side that receives nothing for an interface handle it all the same, so that its objects have `Data` there and
    /// `destroyed` is called. `request` or `event` of such a handler is never called: `match request {}` is its body.
    /// Without this the objects have no state: a callback, say, that a server only makes, answers and ends.
    ///
    /// An interface that none of the files has is an error.
    pub fn stateful(mut self, interface: impl Into<String>) -> Self {
        self.stateful.insert(interface.into());
        self
    }

    /// For which side of connections code is generated; both by default.
    pub fn sides(mut self, sides: Sides) -> Self {
        self.choices.sides = sides;
        self
    }

    /// Whether messages are values that can be kept and sent: `into_owned` makes an `OwnedRequest` or `OwnedEvent`, which
    /// borrows nothing, and `send` does what the message's method would. A message that makes an object cannot be sent as
    /// a value. For tests, recorders and queues; off by default, since it makes generated code a tenth slower to build.
    pub fn message_values(mut self, values: bool) -> Self {
        self.choices.values = values;
        self
    }

    /// Generates the interfaces of the runtime itself, which all others leave out: handles, enums and tables, for code
    /// inside the runtime that sends and answers their messages.
    #[doc(hidden)]
    pub fn bootstrap(mut self, bootstrap: bool) -> Self {
        self.choices.bootstrap = bootstrap;
        self
    }

    /// The name of the generated file, without `.rs`; by default that of the first protocol file.
    pub fn output(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The directory for [`Self::compile`]; by default `OUT_DIR`, which Cargo sets for build scripts.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
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

    /// The generated code and the name of the file that [`Self::compile`] would write it to.
    pub fn generate(&self) -> Result<Generated, Error> {
        for (interface, path) in &self.externs {
            if !is_absolute_path(path) {
                return Err(Error::BadExternPath { interface: interface.clone(), path: path.clone() });
            }
        }
        let (report, protocols) = self.read(true);
        let (report, protocols) = self.pinned(report, protocols)?;
        let name = self.name.clone().unwrap_or_else(|| match &self.inputs[0] {
            Input::File(path) if path.as_os_str() != STDIN => stem(path),
            Input::File(_) => protocols[0].name.clone(),
            Input::Memory(source) => stem(Path::new(source.name())),
        });
        let files: Vec<_> = report.sources().iter().map(|source| base_name(source.name())).collect();
        let emit::Emitted { code, handles } =
            emit::emit(&protocols, &files, &self.externs, &self.stateful, self.choices);
        Ok(Generated { file: format!("{name}.rs"), code, handles, report })
    }

    /// The generated code.
    pub fn generate_to_string(&self) -> Result<String, Error> {
        self.generate().map(|generated| generated.code)
    }

    /// Generates code into a file of the output directory, for a build script: tells Cargo which files the code depends
    /// on, and shows warnings. Nothing is written if anything is wrong.
    pub fn compile(&self) -> Result<(), Error> {
        let files =
            || self.inputs.iter().filter_map(|input| if let Input::File(path) = input { Some(path) } else { None });
        for path in files() {
            // Cargo knows no escapes: the rest of such a path would be a directive of its own.
            if path.to_string_lossy().contains(['\n', '\r']) {
                return Err(Error::BadPath { path: path.clone() });
            }
        }
        for path in files() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let directory = self.out_dir.clone().or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from));
        let directory = directory.ok_or(Error::NoOutDir)?;
        let generated = self.generate()?;
        for warning in generated.report.diagnostics() {
            if generated.report.severity(warning) == Severity::Warning {
                let place = generated.report.position(warning);
                let (file, message) = (one_line(generated.report.file(warning)), warning.message());
                println!("cargo::warning={file}:{}:{}: {message}", place.line, place.column);
            }
        }
        generated.write_to(&directory.join(&generated.file))
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
        let known: BTreeSet<_> =
            protocols.iter().flat_map(|protocol| &protocol.interfaces).map(|known| &known.name).collect();
        if let Some(unknown) = self.stateful.iter().find(|name| !known.contains(name)) {
            return Err(Error::UnknownStateful { interface: unknown.clone() });
        }
        Ok((report, protocols))
    }
}

/// `name` of `directory/name.xml`, as far as it can be a file name and an argument of `include_protocol!`.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "protocol".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn base_name(name: &str) -> &str {
    Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name)
}

/// Whether a path of Rust means the same in every module.
fn is_absolute_path(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    let segments = path.strip_prefix("::").or_else(|| path.strip_prefix("crate::"));
    segments.is_some_and(|rest| rest.split("::").all(|name| !name.is_empty() && is_name(name)))
}
