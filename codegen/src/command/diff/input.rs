//! The files to compare: from the file system, or as they were in a git repository.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::source::{MAX_INPUT, Source};

use crate::command::output::one_line;

/// What is compared.
#[derive(Default)]
pub(super) struct Sides {
    pub(super) old: Vec<Source>,
    pub(super) new: Vec<Source>,
    /// What the user should know of how they were found.
    pub(super) notes: Vec<String>,
}

/// The most files of one directory, below it included; the largest collection known has a hundred.
const MAX_FILES: usize = 10_000;

/// The most directories within each other.
const MAX_DEPTH: usize = 64;

/// What stands in front of a revision.
const GIT: &str = "git:";

/// The old side and the new one, as they were named.
pub(super) fn two(inputs: &[PathBuf]) -> Result<Sides, String> {
    let [old, new] = inputs else {
        return Err(format!(
            "error: {} given; `wayline diff OLD NEW` compares two, `wayline diff --against git:REF FILE...` any number\n",
            if inputs.len() == 1 { "one file is".to_owned() } else { format!("{} files are", inputs.len()) }
        ));
    };
    Ok(Sides { old: one(old)?, new: one(new)?, notes: Vec::new() })
}

/// Each input as it was at a revision, and as it is.
pub(super) fn against(reference: &str, inputs: &[PathBuf]) -> Result<Sides, String> {
    let revision = reference.strip_prefix(GIT).filter(|revision| !revision.contains(':'));
    let revision = revision.ok_or_else(|| format!("error: `--against {}` is not `git:REF`\n", one_line(reference)))?;
    check_revision(revision)?;
    let mut sides = Sides::default();
    for path in inputs {
        let shown = one_line(&path.display().to_string());
        if path.to_str().is_some_and(|path| path.starts_with(GIT)) {
            return Err(format!("error: `--against` compares files and directories, and {shown} is a revision\n"));
        }
        path.metadata().map_err(|error| format!("error: {shown} cannot be read: {error}\n"))?;
        sides.new.extend(one(path)?);
        // The repository is that of the file, whatever the current directory is.
        let (directory, name) = match path.is_dir() {
            true => (path.as_path(), OsStr::new("")),
            false => (path.parent().unwrap_or(Path::new("")), path.file_name().unwrap_or_default()),
        };
        let repository =
            Repository { directory: if directory.as_os_str().is_empty() { Path::new(".") } else { directory } };
        repository.resolve(format!("{revision}^{{tree}}").as_ref())?;
        let mut object = OsString::from(format!("{revision}:./"));
        object.push(name);
        match repository.resolve(&object) {
            Ok(id) => sides.old.extend(repository.sources(&id, &format!("{GIT}{revision}:{}", path.display()))?),
            Err(_) => sides.notes.push(format!("{shown} is not in {revision}: everything in it is new")),
        }
    }
    Ok(sides)
}

/// The protocols of one input.
pub(crate) fn one(path: &Path) -> Result<Vec<Source>, String> {
    if let Some(object) = path.to_str().and_then(|path| path.strip_prefix(GIT)) {
        let (revision, _) = object
            .split_once(':')
            .ok_or_else(|| format!("error: `{}` is not `git:REF:PATH`\n", one_line(&path.display().to_string())))?;
        check_revision(revision)?;
        let repository = Repository { directory: Path::new(".") };
        let id = repository.resolve(object.as_ref())?;
        return repository.sources(&id, &path.display().to_string());
    }
    if !path.is_dir() {
        return Ok(vec![Source::read(path)]);
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files)
        .map_err(|error| format!("error: {} cannot be read: {error}\n", one_line(&path.display().to_string())))?;
    let files: Vec<_> = files.iter().map(|file| Source::read(file)).collect();
    not_empty(files, &path.display().to_string())
}

/// The XML files below a directory, in the order of their names. Links to directories are not followed.
fn collect(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if depth == MAX_DEPTH {
                return Err(io::Error::other(format!("there are more than {MAX_DEPTH} directories within each other")));
            }
            collect(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|ending| ending == "xml") && path.is_file() {
            if files.len() == MAX_FILES {
                return Err(io::Error::other(format!("there are more than {MAX_FILES} XML files")));
            }
            files.push(path);
        }
    }
    Ok(())
}

fn not_empty(files: Vec<Source>, name: &str) -> Result<Vec<Source>, String> {
    if files.is_empty() { Err(format!("error: there is no XML file in {}\n", one_line(name))) } else { Ok(files) }
}

/// Refuses what git would take for an option, or for a file of the index.
fn check_revision(revision: &str) -> Result<(), String> {
    if revision.is_empty() || revision.starts_with('-') {
        return Err(format!("error: `{}` is no revision of git\n", one_line(revision)));
    }
    Ok(())
}

/// At most a byte more than a file may have.
pub(crate) fn read_limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_INPUT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A repository that git finds from a directory.
struct Repository<'a> {
    directory: &'a Path,
}

impl Repository<'_> {
    /// What git says, up to the limit of a file. Nothing goes through a shell, and git neither writes nor fetches.
    fn git(&self, args: &[&OsStr]) -> Result<Vec<u8>, String> {
        let failed = |error: io::Error| format!("error: git cannot be run: {error}\n");
        let mut command = Command::new("git");
        if self.directory != Path::new(".") {
            // Hooks of git have these for the current directory's repository.
            for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
                command.env_remove(variable);
            }
        }
        let mut child = command
            .args(["--no-optional-locks", "--literal-pathspecs"])
            .args(args)
            .current_dir(self.directory)
            .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("LC_ALL", "C")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // One thread reads what git complains about, so that neither pipe is full while the other is waited for.
        let complaint = std::thread::spawn(move || stderr.map(read_limited).transpose());
        let output = stdout.map(read_limited).transpose();
        let status = child.wait().map_err(failed)?;
        let complaint = complaint.join().ok().and_then(Result::ok).flatten().unwrap_or_default();
        let output = output.map_err(failed)?.unwrap_or_default();
        // One that has more to say than is read is ended by that.
        if status.success() || output.len() > MAX_INPUT {
            return Ok(output);
        }
        let complaint = String::from_utf8_lossy(&complaint);
        let line = complaint.lines().next().unwrap_or("it does not say why").trim_start_matches("fatal: ");
        Err(format!("error: git: {}\n", one_line(line)))
    }

    /// The id of an object.
    fn resolve(&self, object: &OsStr) -> Result<String, String> {
        let output =
            self.git(&["rev-parse", "--verify"].map(OsStr::new).into_iter().chain([object]).collect::<Vec<_>>())?;
        let id = String::from_utf8_lossy(&output).trim().to_owned();
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { Ok(id) } else { Err(format!("error: git: `{}` is no object\n", one_line(&id))) }
    }

    /// A file, or the XML files below a directory.
    fn sources(&self, id: &str, name: &str) -> Result<Vec<Source>, String> {
        let output = self.git(&["cat-file", "-t", id].map(OsStr::new))?;
        if output.trim_ascii() != b"tree" {
            return Ok(vec![self.source(id, name)?]);
        }
        let list = self.git(&["ls-tree", "-r", "-z", "--full-tree", id].map(OsStr::new))?;
        if list.len() > MAX_INPUT {
            return Err(format!("error: {} has too many files\n", one_line(name)));
        }
        let mut files = Vec::new();
        for line in list.split(|&byte| byte == 0) {
            // `mode type id<TAB>path`
            let Some(tab) = line.iter().position(|&byte| byte == b'\t') else { continue };
            let (about, path) = (String::from_utf8_lossy(&line[..tab]), String::from_utf8_lossy(&line[tab + 1..]));
            let mut words = about.split(' ').skip(1);
            let (Some("blob"), Some(blob)) = (words.next(), words.next()) else { continue };
            if Path::new(&*path).extension().is_none_or(|ending| ending != "xml") {
                continue;
            }
            if files.len() == MAX_FILES {
                return Err(format!("error: there are more than {MAX_FILES} XML files in {}\n", one_line(name)));
            }
            let slash = if name.ends_with(['/', ':']) { "" } else { "/" };
            files.push(self.source(blob, &format!("{name}{slash}{path}"))?);
        }
        not_empty(files, name)
    }

    fn source(&self, id: &str, name: &str) -> Result<Source, String> {
        Ok(Source::new(name, self.git(&["cat-file", "blob", id].map(OsStr::new))?))
    }
}
