//! Generated code on its way into a file: whole or not at all, and untouched if nothing changed.

use std::io::Write;
use std::path::Path;
use std::{fs, io};

use crate::diagnose::Report;
use crate::error::Error;

/// Generated code.
#[derive(Debug)]
pub struct Generated {
    /// The name that belongs to it, such as `counter.rs`.
    pub file: String,
    /// The code.
    pub code: String,
    /// The interfaces in it and the names of their handles, for the [`extern_path`](crate::Builder::extern_path) of code
    /// that refers to them.
    pub handles: Vec<(String, String)>,
    /// Warnings and notes about the protocols.
    pub report: Report,
}

impl Generated {
    /// Writes the code. A file that has it already keeps its time stamp, so that nothing is built again; another one is
    /// replaced in one step, so that no reader sees half of it.
    pub fn write_to(&self, path: &Path) -> Result<(), Error> {
        if self.is_current(path) {
            return Ok(());
        }
        self.replace(path).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// Whether the file has exactly this code.
    pub fn is_current(&self, path: &Path) -> bool {
        fs::read(path).is_ok_and(|old| old == self.code.as_bytes())
    }

    fn replace(&self, path: &Path) -> io::Result<()> {
        if !path.metadata().map_or(true, |old| old.is_file()) {
            // A pipe or a device is written to, not replaced.
            return fs::OpenOptions::new().write(true).open(path)?.write_all(self.code.as_bytes());
        }
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}.tmp", std::process::id()));
        let written = fs::write(&draft, &self.code).and_then(|()| fs::rename(&draft, path));
        if written.is_err() {
            // What is left of the draft is of no use to anyone; the error says why there is one.
            let _ = fs::remove_file(&draft);
        }
        written
    }
}
