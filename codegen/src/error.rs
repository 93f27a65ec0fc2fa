//! Why code was not generated.

use std::fmt;
use std::path::PathBuf;

use crate::diagnose::Report;

/// Why code was not generated. No file is written, or touched, unless all of it can be.
///
/// `Debug` shows the same text as `Display`, so that `compile().unwrap()` in a build script ends with the positions and
/// the help, not with a dump.
pub enum Error {
    /// The files are not valid protocols; the report says where and why.
    Invalid(Report),
    /// There was no protocol file to work on.
    NoInput,
    /// A version pin for an interface that no file defines.
    UnknownPin {
        /// The interface as it was named.
        interface: String,
    },
    /// State is asked for an interface that no file defines.
    UnknownStateful {
        /// The interface as it was named.
        interface: String,
    },
    /// A version pin of zero.
    ZeroPin {
        /// The interface.
        interface: String,
    },
    /// The XML is older than the pin.
    OldXml {
        /// The interface.
        interface: String,
        /// The version asked for.
        pin: u32,
        /// The version that the file has.
        version: u32,
        /// The file.
        file: String,
    },
    /// A path that is not one of Rust, or whose meaning depends on where it stands.
    BadExternPath {
        /// The interface.
        interface: String,
        /// What was given.
        path: String,
    },
    /// A protocol file whose path has a line break, of which Cargo cannot be told.
    BadPath {
        /// The path.
        path: PathBuf,
    },
    /// `compile` was called outside a build script and without [`Builder::out_dir`](crate::Builder::out_dir).
    NoOutDir,
    /// A file could not be written.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid(report) => report.fmt(f),
            Error::NoInput => f.write_str("no protocol file was given"),
            Error::UnknownPin { interface } => {
                write!(f, "a version is pinned for `{interface}`, which is in none of the files")
            }
            Error::UnknownStateful { interface } => {
                write!(f, "state is asked for objects of `{interface}`, which is in none of the files")
            }
            Error::ZeroPin { interface } => write!(f, "`{interface}` is pinned to version 0; versions count from 1"),
            Error::OldXml { interface, pin, version, file } => write!(
                f,
                "`{interface}` is pinned to version {pin}, but {file} is older and describes only version {version}; \
                 use a newer file or a lower pin"
            ),
            Error::BadExternPath { interface, path } => write!(
                f,
                "`{path}`, given as the type of `{interface}`, is not a path such as `::wayland::WlSurface` or \
                 `crate::wayland::WlSurface`"
            ),
            Error::BadPath { path } => write!(
                f,
                "the path {path:?} has a line break in it, which Cargo's directives cannot have; rename the file"
            ),
            Error::NoOutDir => f.write_str(
                "OUT_DIR is not set: call `compile` from a build script, or choose a directory with `out_dir`",
            ),
            Error::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}\n")
    }
}
