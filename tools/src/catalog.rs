//! What is known of interfaces at run time: from XML files of the system, files that the user names, and those that are
//! part of the program.
//!
//! Of two files that describe one interface, one is taken as a whole, so that the interfaces of a file always fit each
//! other: a file that the user names comes before all others, one that is unstable after them, and of the rest the one
//! with the higher versions.

mod builtin;
mod convert;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use wayline::dynamic::{Direction, Protocols, Selection, View};
use wayline_codegen::model::{self, EnumRef, Protocol};
use wayline_codegen::source::Source;
use wayline_codegen::{Builder, Error, Severity, Style};

use crate::meaning::Meaning;

/// Where systems have protocol files. Directories below are looked at too.
const PLACES: [&str; 5] = [
    "/usr/share/wayland",
    "/usr/share/wayland-protocols",
    "/usr/share/wlr-protocols",
    "/usr/share/plasma-wayland-protocols",
    "/usr/local/share/wayland-protocols",
];

/// How deep directories of protocol files are.
const DEPTH: usize = 4;

/// The interfaces, and what the wire does not need: names of enum entries.
pub(crate) struct Catalog {
    protocols: Protocols,
    /// Of requests and events, in the order of `protocols`.
    meanings: Vec<[Vec<Meaning>; 2]>,
    interfaces: HashMap<String, Known>,
    files: Vec<File>,
}

/// A protocol file that is in use.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Vec<u8>,
}

struct Known {
    requests: Vec<Vec<Option<EnumRef>>>,
    events: Vec<Vec<Option<EnumRef>>>,
    enums: Vec<model::Enum>,
    /// Index of the file that describes it.
    file: usize,
}

struct Candidate {
    rank: Rank,
    file: File,
    protocol: Protocol,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    Usual,
    Unstable,
}

impl Catalog {
    /// All that can be found. Files that cannot be understood are left out, but for those that the user names.
    pub(crate) fn find(named: &[PathBuf]) -> Result<Catalog, String> {
        let mut candidates = Vec::new();
        for path in named {
            let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            candidates.push(Candidate::new(Rank::Named, path.display().to_string(), text)?);
        }
        let mut paths = Vec::new();
        for place in PLACES {
            xml_files(Path::new(place), DEPTH, &mut paths);
        }
        for path in paths {
            let unstable = path.components().any(|part| part.as_os_str() == "unstable");
            let rank = if unstable { Rank::Unstable } else { Rank::Usual };
            let Ok(text) = std::fs::read(&path) else { continue };
            candidates.extend(Candidate::new(rank, path.display().to_string(), text));
        }
        candidates.extend(Catalog::builtin());
        Catalog::of(candidates)
    }

    /// Of these files and no others, the first in case of doubt.
    pub(crate) fn of_files(files: Vec<(String, Vec<u8>)>) -> Result<Catalog, String> {
        let candidates = files.into_iter().map(|(name, text)| Candidate::new(Rank::Named, name, text));
        Catalog::of(candidates.collect::<Result<_, _>>()?)
    }

    /// Of the files that are built in.
    #[cfg(test)]
    pub(crate) fn of_builtin() -> Catalog {
        Catalog::of(Catalog::builtin().collect()).unwrap()
    }

    fn builtin() -> impl Iterator<Item = Candidate> {
        let files = builtin::FILES.iter();
        files.filter_map(|(name, text)| Candidate::new(Rank::Usual, (*name).to_owned(), text.as_bytes().to_vec()).ok())
    }

    fn of(mut candidates: Vec<Candidate>) -> Result<Catalog, String> {
        // Stable: of equal ones the first that was found.
        candidates.sort_by_key(|one| (one.rank, Reverse(one.versions())));
        let mut taken = HashSet::new();
        let mut kept: Vec<Candidate> = Vec::new();
        for one in candidates {
            let names = || one.protocol.interfaces.iter().map(|interface| &interface.name);
            if names().any(|name| taken.contains(name)) {
                continue;
            }
            taken.extend(names().cloned());
            kept.push(one);
        }
        let described = kept.iter().flat_map(|one| &one.protocol.interfaces).map(convert::interface);
        let protocols = Protocols::new(described).map_err(|error| error.to_string())?;
        let meanings = protocols.iter().map(|interface| {
            [Direction::Request, Direction::Event].map(|direction| {
                let messages = interface.messages(direction).iter();
                messages.map(|signature| Meaning::of(&interface.name, direction, signature)).collect()
            })
        });
        let meanings = meanings.collect();
        let mut interfaces = HashMap::new();
        let mut files = Vec::new();
        for one in kept {
            for interface in one.protocol.interfaces {
                let enums = |messages: &[model::Message]| messages.iter().map(convert::enums).collect();
                let known = Known {
                    requests: enums(&interface.requests),
                    events: enums(&interface.events),
                    enums: interface.enums,
                    file: files.len(),
                };
                interfaces.insert(interface.name, known);
            }
            files.push(one.file);
        }
        Ok(Catalog { protocols, meanings, interfaces, files })
    }

    /// The interfaces as connections need them.
    pub(crate) fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    /// What rules have to do with a message.
    #[inline]
    pub(crate) fn meaning(&self, message: &View<'_>) -> &Meaning {
        let meanings = self.meanings.get(message.index);
        let meanings = meanings.map(|[requests, events]| match message.direction {
            Direction::Request => requests,
            Direction::Event => events,
        });
        meanings.and_then(|meanings| meanings.get(usize::from(message.opcode))).unwrap_or(&Meaning::NONE)
    }

    /// The messages that facts depend on, and all of some interfaces.
    pub(crate) fn selection(&self, has_interface: impl Fn(&str) -> bool) -> Selection {
        let mut meanings = self.meanings.iter().flatten().flatten();
        // They are in the same order.
        Selection::new(&self.protocols, |interface, _, _| {
            meanings.next().is_none_or(Meaning::matters) || has_interface(&interface.name)
        })
    }

    /// The file that describes an interface, and its number.
    pub(crate) fn file_of(&self, interface: &str) -> Option<(usize, &File)> {
        let number = self.interfaces.get(interface)?.file;
        Some((number, self.files.get(number)?))
    }

    /// The enum that an argument is of.
    pub(crate) fn enum_of(
        &self,
        interface: &str,
        direction: Direction,
        opcode: u16,
        arg: usize,
    ) -> Option<&model::Enum> {
        let known = self.interfaces.get(interface)?;
        let messages = match direction {
            Direction::Request => &known.requests,
            Direction::Event => &known.events,
        };
        let name = messages.get(usize::from(opcode))?.get(arg)?.as_ref()?;
        self.enum_named(&name.interface.name, &name.name)
    }

    pub(crate) fn enum_named(&self, interface: &str, name: &str) -> Option<&model::Enum> {
        self.interfaces.get(interface)?.enums.iter().find(|one| one.name == name)
    }
}

impl Candidate {
    fn new(rank: Rank, name: String, text: Vec<u8>) -> Result<Candidate, String> {
        let source = Source::new(name.clone(), text.clone());
        let protocols = Builder::new().source(source).model().map_err(|error| one_report(&error))?;
        let protocol = protocols.into_iter().next().ok_or_else(|| format!("{name}: no protocol"))?;
        // Alone, so that one strange file is not the end of all.
        let described = Protocols::new(protocol.interfaces.iter().map(convert::interface));
        described.map_err(|error| format!("{name}: {error}"))?;
        Ok(Candidate { rank, file: File { name, text }, protocol })
    }

    /// The higher, the newer.
    fn versions(&self) -> u64 {
        self.protocol.interfaces.iter().map(|interface| u64::from(interface.version)).sum()
    }
}

/// What is wrong with a file.
pub(crate) fn one_report(error: &Error) -> String {
    match error {
        Error::Invalid(report) => report.render(Style::Plain, Severity::Error).trim_end().to_owned(),
        error => error.to_string(),
    }
}

/// The interfaces of every connection.
pub(crate) fn bootstrap() -> Vec<Protocol> {
    let text = builtin::FILES.iter().find(|(name, _)| *name == "bootstrap.xml").map(|(_, text)| *text);
    let source = Source::new("bootstrap.xml", text.unwrap_or_default().as_bytes().to_vec());
    Builder::new().source(source).model().unwrap_or_default()
}

/// Adds the XML files of a directory, in the order of their names.
fn xml_files(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                xml_files(&path, depth - 1, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(protocol: &str, interface: &str, version: u32) -> (String, Vec<u8>) {
        let text = format!(
            "<protocol name=\"{protocol}\"><interface name=\"{interface}\" version=\"{version}\">\
             <request name=\"a\"/></interface></protocol>"
        );
        (format!("{protocol}.xml"), text.into_bytes())
    }

    fn candidate(rank: Rank, file: (String, Vec<u8>)) -> Candidate {
        Candidate::new(rank, file.0, file.1).unwrap()
    }

    #[test]
    fn all_built_in_files_are_understood_and_in_use() {
        let catalog = Catalog::of_builtin();
        assert_eq!(catalog.files.len(), builtin::FILES.len());
        for name in ["wl_display", "wl_fixes", "wl_surface", "xdg_wm_base", "zwlr_layer_shell_v1", "way_compositor"] {
            assert!(catalog.protocols.get(name).is_some() && catalog.file_of(name).is_some(), "{name}");
        }
    }

    #[test]
    fn all_files_of_the_protocol_crates_are_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/protocols/xml");
        let mut found = Vec::new();
        xml_files(&folder, 0, &mut found);
        for path in found {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(builtin::FILES.iter().any(|(builtin, _)| *builtin == name), "{name}");
        }
    }

    #[test]
    fn the_newer_of_two_descriptions_is_taken_and_that_of_the_user_before_all() {
        let version = |candidates| Catalog::of(candidates).unwrap().protocols.get("lamp").unwrap().version;
        let usual = |version| candidate(Rank::Usual, xml("lamp", "lamp", version));
        assert_eq!(version(vec![usual(2), usual(3)]), 3);
        assert_eq!(version(vec![usual(3), candidate(Rank::Unstable, xml("old", "lamp", 9))]), 3);
        assert_eq!(version(vec![usual(3), candidate(Rank::Named, xml("mine", "lamp", 1))]), 1);
    }

    #[test]
    fn a_file_that_is_not_understood_is_an_error_with_its_place() {
        let error = Catalog::of_files(vec![("bad.xml".into(), b"<protocol>".to_vec())]).err().unwrap();
        assert!(error.starts_with("bad.xml:1:"), "{error}");
    }
}
