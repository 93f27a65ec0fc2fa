//! How what happens is shown: as lines, as a table, or as a trace.

pub(crate) mod color;
pub(crate) mod line;
pub(crate) mod perfetto;
pub(crate) mod text;
pub(crate) mod top;

use crate::catalog::Catalog;
use crate::facts::{Fault, Notes};
use crate::record::{Micros, Record};

/// Whose connection it is.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) program: &'a str,
    pub(crate) pid: Option<u32>,
    pub(crate) connection: u32,
}

/// A message, and what is known beside it.
pub(crate) struct Seen<'a> {
    pub(crate) who: Who<'a>,
    pub(crate) record: &'a Record<'a>,
    pub(crate) notes: &'a Notes,
    /// What becomes of it, if it is not passed on as it is.
    pub(crate) remark: Option<&'a str>,
    /// The interfaces of objects.
    pub(crate) interface_of: &'a dyn Fn(u32) -> Option<String>,
    /// How many objects there are now.
    pub(crate) objects: usize,
    pub(crate) catalog: &'a Catalog,
}

/// Where what happens is shown.
pub(crate) trait Sink {
    fn message(&mut self, seen: &Seen<'_>);

    fn fault(&mut self, at: Micros, who: Who<'_>, fault: &Fault);

    /// Something that is no message: a connection begins or ends.
    fn news(&mut self, at: Micros, who: Who<'_>, kind: &str, text: &str);

    /// A table in the place of the one before. Only lines have any.
    fn table(&mut self, _table: &str) {}

    /// Writes what is kept. An error is told once.
    fn flush(&mut self) -> Result<(), String>;

    /// Nothing follows.
    fn finish(&mut self) -> Result<(), String> {
        self.flush()
    }
}
