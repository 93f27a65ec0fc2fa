//! Where results go: standard output, or a file that is there as a whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Prints all of it. A reader that left (`| head`) is no error; a full disk is, lest a part be taken for all.
pub(crate) fn print(text: &[u8]) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

/// A file that is being written. What was at its path stays there until [`OutputFile::finish`].
pub(crate) struct OutputFile {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// Takes the place of what is at the path, in one step.
    New(NamedTempFile),
    /// A device or a pipe, which must not be replaced by a file.
    Existing(File),
}

impl OutputFile {
    pub(crate) fn create(path: &Path) -> Result<OutputFile, String> {
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let target = match std::fs::metadata(path) {
            Ok(data) if !data.is_file() => Target::Existing(File::create(path).map_err(failed)?),
            _ => {
                // Through a link, what it leads to is replaced and the link stays.
                let place = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
                let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty());
                // The mask of the process takes away from it.
                let mode = Permissions::from_mode(0o666);
                let file = Builder::new().permissions(mode).tempfile_in(directory.unwrap_or(Path::new(".")));
                return Ok(OutputFile { path: place, target: Target::New(file.map_err(failed)?) });
            }
        };
        Ok(OutputFile { path: path.to_owned(), target })
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), String> {
        let failed = |error: io::Error| format!("{}: {error}", self.path.display());
        match self.target {
            Target::Existing(_) => Ok(()),
            Target::New(file) => {
                if let Ok(replaced) = std::fs::metadata(&self.path) {
                    file.as_file().set_permissions(replaced.permissions()).map_err(failed)?;
                }
                file.persist(&self.path).map_err(|error| failed(error.error))?;
                Ok(())
            }
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::New(file) => file.as_file_mut().write(bytes),
            Target::Existing(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::New(file) => file.as_file_mut().flush(),
            Target::Existing(file) => file.flush(),
        }
    }
}

/// Writes a file in one step.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_permissions_and_a_device_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        write(&path, b"new").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        std::os::unix::fs::symlink(&path, directory.path().join("link")).unwrap();
        write(&directory.path().join("link"), b"newer").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"newer");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o604);
        assert!(std::fs::symlink_metadata(directory.path().join("link")).unwrap().is_symlink());
        assert!(write(Path::new("/dev/full"), b"x").unwrap_err().starts_with("/dev/full: No space left"));
        assert!(!std::fs::metadata("/dev/full").unwrap().is_file());
    }

    #[test]
    fn what_is_not_finished_leaves_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        write(&path, b"old").unwrap();
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
