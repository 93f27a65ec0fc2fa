//! `--fix`: writes files whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::lint::Report;

use crate::command::output::one_line;

/// Writes the files in which something can be mended. How many findings that are.
pub(super) fn write(report: &Report) -> Result<usize, String> {
    let mut count = 0;
    for fixed in report.fixed() {
        replace(Path::new(&fixed.name), fixed.text.as_bytes()).map_err(|error| {
            format!("error: {} cannot be written, and is as it was: {error}\n", one_line(&fixed.name))
        })?;
        count += fixed.count;
    }
    Ok(count)
}

/// Through a draft beside the file, which then takes its name. Links are followed, permissions kept.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let old = fs::metadata(&path)?;
    if !old.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    // Renaming asks for the directory alone; whoever made the file read-only meant the file.
    File::options().write(true).open(&path)?;
    let mut draft = path.clone().into_os_string();
    draft.push(format!(".{}.tmp", std::process::id()));
    let written = File::create_new(&draft).and_then(|mut file| {
        file.write_all(text)?;
        file.set_permissions(old.permissions())?;
        file.sync_all()?;
        fs::rename(&draft, &path)
    });
    if written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
        // What is left of the draft is of no use to anyone; the error says why there is one.
        let _ = fs::remove_file(&draft);
    }
    written
}
