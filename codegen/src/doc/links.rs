//! Where everything stands: pages, ids in them, and what a name in a text refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::read::File;
use crate::model::{Direction, Interface, Message};

/// Pages and ids of all that is described.
pub(super) struct Links<'a> {
    interfaces: BTreeMap<&'a str, Vec<Definition>>,
    members: Vec<Members<'a>>,
    /// The name of each protocol's page, without ending.
    stems: Vec<String>,
    ending: &'static str,
}

/// An interface with the page it is on.
#[derive(Clone, Copy)]
pub(super) struct Definition {
    pub(super) page: usize,
    /// The place of what it has.
    members: usize,
}

/// What an interface has, by name.
#[derive(Default)]
struct Members<'a> {
    requests: BTreeMap<&'a str, &'a Message>,
    events: BTreeMap<&'a str, &'a Message>,
    /// Enums with the names of their entries.
    enums: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// What a reference says it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Request,
    Event,
    Enum,
}

/// Where a text stands: names are first looked for here.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) page: usize,
    pub(super) interface: Option<&'a str>,
}

/// Names of files that are not those of protocols.
const RESERVED: [&str; 3] = ["index", "support", "readme"];

/// The longest name of a file, without ending.
const LONGEST: usize = 80;

pub(super) fn request(interface: &str, message: &str) -> String {
    format!("{interface}:request:{message}")
}

pub(super) fn event(interface: &str, message: &str) -> String {
    format!("{interface}:event:{message}")
}

pub(super) fn message(interface: &str, message: &str, direction: Direction) -> String {
    match direction {
        Direction::Request => request(interface, message),
        Direction::Event => event(interface, message),
    }
}

pub(super) fn enumeration(interface: &str, one: &str) -> String {
    format!("{interface}:enum:{one}")
}

/// The argument of a message.
pub(super) fn argument(message: &str, name: &str) -> String {
    format!("{message}:arg:{name}")
}

/// The entry of an enum.
pub(super) fn entry(one: &str, name: &str) -> String {
    format!("{one}:entry:{name}")
}

/// What changed in a version of an interface.
pub(super) fn version(interface: &str, version: u32) -> String {
    format!("{interface}:version:{version}")
}

impl<'a> Links<'a> {
    pub(super) fn new(files: &'a [File], ending: &'static str) -> Self {
        let mut interfaces = BTreeMap::<_, Vec<_>>::new();
        let mut members = Vec::new();
        let mut taken: BTreeMap<String, usize> = RESERVED.iter().map(|name| ((*name).to_owned(), 1)).collect();
        let mut stems = Vec::new();
        for (page, file) in files.iter().enumerate() {
            stems.push(stem(&file.model.name, &mut taken));
            for interface in &file.model.interfaces {
                let definitions = interfaces.entry(interface.name.as_str()).or_default();
                definitions.push(Definition { page, members: members.len() });
                members.push(Members::new(interface));
            }
        }
        Self { interfaces, members, stems, ending }
    }

    /// The file of a protocol.
    pub(super) fn page(&self, page: usize) -> String {
        format!("{}.{}", self.stems[page], self.ending)
    }

    /// The address of something, from a page or from elsewhere.
    pub(super) fn href(&self, from: Option<usize>, page: usize, id: &str) -> String {
        if from == Some(page) { format!("#{id}") } else { format!("{}#{id}", self.page(page)) }
    }

    /// An interface: that of the page itself, or else the first.
    pub(super) fn interface(&self, page: usize, name: &str) -> Option<Definition> {
        let definitions = self.interfaces.get(name)?;
        definitions.iter().find(|one| one.page == page).or(definitions.first()).copied()
    }

    pub(super) fn interface_href(&self, page: usize, name: &str) -> Option<String> {
        self.interface(page, name).map(|one| self.href(Some(page), one.page, name))
    }

    /// The address of an enum.
    pub(super) fn enum_href(&self, page: usize, interface: &str, name: &str) -> Option<String> {
        let definition = self.interface(page, interface)?;
        self.members[definition.members].enums.get(name)?;
        Some(self.href(Some(page), definition.page, &enumeration(interface, name)))
    }

    /// What the names of a reference such as `wl_surface.attach` mean at a place. `is_marked`: whether the author has
    /// marked them as code; otherwise a name without `_` that stands alone is an ordinary word.
    pub(super) fn resolve(
        &self,
        here: Here<'_>,
        names: &[&str],
        hint: Option<Hint>,
        is_marked: bool,
    ) -> Option<String> {
        let (first, rest) = names.split_first()?;
        if rest.is_empty() && !is_marked && !first.contains('_') {
            return None;
        }
        let foreign = self.interface(here.page, first).and_then(|definition| {
            let id = self.members[definition.members].find(first, rest, hint)?;
            (here.interface != Some(first) || !rest.is_empty())
                .then(|| self.href(Some(here.page), definition.page, &id))
        });
        foreign.or_else(|| {
            let own = here.interface?;
            let definition = self.interface(here.page, own)?;
            (*first != own)
                .then(|| self.members[definition.members].find(own, names, hint))
                .flatten()
                .map(|id| self.href(Some(here.page), definition.page, &id))
        })
    }
}

impl<'a> Members<'a> {
    fn new(interface: &'a Interface) -> Self {
        let messages =
            |messages: &'a [Message]| messages.iter().map(|message| (message.name.as_str(), message)).collect();
        let entries = |one: &'a crate::model::Enum| one.entries.iter().map(|entry| entry.name.as_str()).collect();
        Self {
            requests: messages(&interface.requests),
            events: messages(&interface.events),
            enums: interface.enums.iter().map(|one| (one.name.as_str(), entries(one))).collect(),
        }
    }

    /// The id of what the names mean inside an interface.
    fn find(&self, interface: &str, names: &[&str], hint: Option<Hint>) -> Option<String> {
        let [member, rest @ ..] = names else { return Some(interface.to_owned()) };
        let in_message = |messages: &BTreeMap<&str, &Message>, id: fn(&str, &str) -> String| {
            let message = messages.get(member)?;
            match rest {
                [] => Some(id(interface, member)),
                [arg] => {
                    let found = message.args.iter().find(|one| one.name == *arg)?;
                    Some(argument(&id(interface, member), &found.name))
                }
                _ => None,
            }
        };
        let in_enum = || {
            let entries = self.enums.get(member)?;
            match rest {
                [] => Some(enumeration(interface, member)),
                [one] => entries.get(one).map(|one| entry(&enumeration(interface, member), one)),
                _ => None,
            }
        };
        let (requests, events) = (|| in_message(&self.requests, request), || in_message(&self.events, event));
        match hint {
            Some(Hint::Event) => events().or_else(requests).or_else(in_enum),
            Some(Hint::Enum) => in_enum().or_else(requests).or_else(events),
            Some(Hint::Request) | None => requests().or_else(events).or_else(in_enum),
        }
    }
}

/// A name for a file, which no other has on any file system.
fn stem(protocol: &str, taken: &mut BTreeMap<String, usize>) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = protocol.chars().take(LONGEST).map(safe).collect();
    let mut stem = name.clone();
    loop {
        match taken.get_mut(&stem.to_ascii_lowercase()) {
            None => {
                taken.insert(stem.to_ascii_lowercase(), 1);
                return stem;
            }
            Some(_) => {
                let tried = taken.entry(name.to_ascii_lowercase()).or_insert(1);
                *tried += 1;
                stem = format!("{name}-{tried}");
            }
        }
    }
}
