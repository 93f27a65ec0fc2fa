//! What a template shows of one protocol.

mod changes;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::context;
use minijinja::value::Value;

use super::links::{self, Here, Links};
use super::prose::Prose;
use super::read::{File, Files};
use super::{Steps, Support, graph};
use crate::ast;
use crate::emit::signatures::{InterfaceSignatures, signatures};
use crate::model::{Arg, ArgKind, Direction, Interface, Message};

/// Everything there is to show.
pub(super) struct View<'a> {
    pub(super) files: &'a Files,
    pub(super) links: &'a Links<'a>,
    pub(super) steps: &'a Steps,
    pub(super) support: &'a [Support],
    pub(super) title: String,
    /// The messages that make an interface's objects, by page and name of the interface.
    makers: BTreeMap<(usize, &'a str), Vec<Place<'a>>>,
    /// The arguments that are values of an enum, by page, interface and enum.
    users: BTreeMap<(usize, &'a str, &'a str), Vec<Place<'a>>>,
}

/// A message, or an argument of it.
#[derive(Clone, Copy)]
struct Place<'a> {
    page: usize,
    interface: &'a Interface,
    message: &'a Message,
    direction: Direction,
    arg: Option<&'a Arg>,
}

/// An interface on its page.
#[derive(Clone, Copy)]
struct Scope<'a> {
    page: usize,
    interface: &'a Interface,
    prose: Prose<'a>,
}

impl Scope<'_> {
    fn id(&self, message: &Message, direction: Direction) -> String {
        links::message(&self.interface.name, &message.name, direction)
    }
}

const DIRECTIONS: [Direction; 2] = [Direction::Request, Direction::Event];

impl<'a> View<'a> {
    pub(super) fn new(
        files: &'a Files,
        links: &'a Links<'a>,
        steps: &'a Steps,
        support: &'a [Support],
        title: String,
    ) -> Self {
        let mut view = Self { files, links, steps, support, title, makers: BTreeMap::new(), users: BTreeMap::new() };
        for (page, file) in files.files.iter().enumerate() {
            for interface in &file.model.interfaces {
                for direction in DIRECTIONS {
                    for message in interface.messages(direction) {
                        view.note(Place { page, interface, message, direction, arg: None });
                    }
                }
            }
        }
        view
    }

    /// Remembers what a message makes and uses.
    fn note(&mut self, place: Place<'a>) {
        let mut made = BTreeSet::new();
        for arg in &place.message.args {
            match &arg.kind {
                ArgKind::NewId { interface: Some(one) } if made.insert(one.name.as_str()) => {
                    let page = self.links.interface(place.page, &one.name).map_or(place.page, |found| found.page);
                    self.makers.entry((page, &one.name)).or_default().push(place);
                }
                ArgKind::Int(Some(named)) | ArgKind::Uint(Some(named)) => {
                    let owner = &named.interface.name;
                    let page = self.links.interface(place.page, owner).map_or(place.page, |found| found.page);
                    let users = self.users.entry((page, owner, &named.name)).or_default();
                    users.push(Place { arg: Some(arg), ..place });
                }
                _ => {}
            }
        }
    }

    /// Whether objects of an interface are bound, as far as these files tell.
    pub(super) fn is_global(&self, page: usize, interface: &str) -> bool {
        !self.makers.contains_key(&(page, interface)) && interface != "wl_display"
    }

    pub(super) fn file(&self, page: usize) -> &'a File {
        &self.files.files[page]
    }

    /// The page of a protocol.
    pub(super) fn protocol(&self, page: usize) -> Value {
        let File { spec, model } = self.file(page);
        let names = signatures(model, &self.files.externs);
        let prose = Prose { links: self.links, here: Here { page, interface: None }, own: None };
        let interfaces = model.interfaces.iter().zip(&spec.interfaces).map(|(interface, spec)| {
            let here = Here { page, interface: Some(interface.name.as_str()) };
            let scope = Scope { page, interface, prose: Prose { here, ..prose } };
            self.interface(&scope, spec, names.get(interface.name.as_str()), &model.name)
        });
        let count = |of: fn(&Interface) -> usize| model.interfaces.iter().map(of).sum::<usize>();
        context! {
            site => &self.title,
            title => &model.name,
            unstable => is_unstable("", &model.name),
            summary => model.docs.summary.as_deref().map(|text| prose.line(text)),
            plain_summary => model.docs.summary.as_deref(),
            description => prose.blocks(&model.docs.text),
            copyright => model.copyright.as_deref(),
            requests => count(|one| one.requests.len()),
            events => count(|one| one.events.len()),
            enums => count(|one| one.enums.len()),
            interfaces => interfaces.collect::<Vec<_>>(),
            graph => self.graph(page),
        }
    }

    fn interface(
        &self,
        scope: &Scope<'a>,
        spec: &ast::Interface,
        names: Option<&InterfaceSignatures>,
        protocol: &str,
    ) -> Value {
        let Scope { page, interface, prose } = *scope;
        let name = interface.name.as_str();
        let messages = |direction: Direction| -> Vec<_> {
            let names =
                names.map(|names| if direction == Direction::Request { &names.requests } else { &names.events });
            let messages = interface.messages(direction).iter().enumerate();
            messages
                .map(|(at, message)| self.message(scope, message, direction, names.and_then(|names| names.get(at))))
                .collect()
        };
        let enums = interface.enums.iter().zip(&spec.enums).enumerate();
        let enums =
            enums.map(|(at, (one, spec))| self.enumeration(scope, one, spec, names.map(|names| &names.enums[at])));
        let made_by = self.makers.get(&(page, name)).into_iter().flatten();
        let support = self.offers(page, name);
        context! {
            name,
            id => name,
            version => interface.version,
            frozen => interface.frozen,
            unstable => is_unstable(name, protocol),
            global => self.is_global(page, name),
            rust => names.map(|names| context! { handle => &names.handle, module => &names.module }),
            summary => interface.docs.summary.as_deref().map(|text| prose.line(text)),
            blocks => prose.blocks(&interface.docs.text),
            made_by => made_by.map(|place| self.place(page, place)).collect::<Vec<_>>(),
            makes => self.makes(scope),
            support,
            requests => messages(Direction::Request),
            events => messages(Direction::Event),
            enums => enums.collect::<Vec<_>>(),
            history => self.history(scope),
        }
    }

    /// A message or argument as a link.
    fn place(&self, from: usize, place: &Place<'_>) -> Value {
        let Place { page, interface, message, direction, arg } = *place;
        let id = links::message(&interface.name, &message.name, direction);
        let (id, text) = match arg {
            Some(arg) => (links::argument(&id, &arg.name), format!("{}.{}.{}", interface.name, message.name, arg.name)),
            None => (id, format!("{}.{}", interface.name, message.name)),
        };
        context! { text, href => self.links.href(Some(from), page, &id), kind => kind(direction) }
    }

    /// What messages of an interface make: each interface once, with the messages that make it.
    fn makes(&self, scope: &Scope<'a>) -> Vec<Value> {
        let mut made: Vec<(Option<&str>, Vec<Value>)> = Vec::new();
        let mut places = BTreeMap::new();
        for direction in DIRECTIONS {
            for message in scope.interface.messages(direction) {
                let mut seen = BTreeSet::new();
                for arg in &message.args {
                    let ArgKind::NewId { interface } = &arg.kind else { continue };
                    let of = interface.as_ref().map(|one| one.name.as_str());
                    if !seen.insert(of) {
                        continue;
                    }
                    let at = *places.entry(of).or_insert_with(|| {
                        made.push((of, Vec::new()));
                        made.len() - 1
                    });
                    let href = format!("#{}", scope.id(message, direction));
                    made[at].1.push(context! { text => &message.name, href, kind => kind(direction) });
                }
            }
        }
        let made = made.into_iter().map(|(of, by)| {
            context! { of => of.map(|name| self.interface_link(scope.page, name)), by }
        });
        made.collect()
    }

    fn interface_link(&self, page: usize, name: &str) -> Value {
        context! { text => name, href => self.links.interface_href(page, name) }
    }

    /// What each compositor has of an interface; nothing if it is no global.
    pub(super) fn offers(&self, page: usize, name: &str) -> Vec<Value> {
        let is_offered = self.support.iter().any(|one| one.version(name).is_some());
        if !is_offered && !self.is_global(page, name) {
            return Vec::new();
        }
        let offers = self.support.iter();
        offers.map(|one| context! { compositor => one.compositor(), version => one.version(name) }).collect()
    }

    fn graph(&self, page: usize) -> Value {
        let drawn = graph::draw(&self.file(page).model.interfaces);
        let cut = |name: &str| match name.len() > graph::LONGEST {
            true => format!("{}…", &name[..graph::LONGEST]),
            false => name.to_owned(),
        };
        let boxes = drawn.boxes.iter().map(|node| {
            let rows = node.rows.iter().map(|row| {
                let id = links::message(node.name, row.name, row.direction);
                context! { text => cut(row.name), href => format!("#{id}"), y => row.y, any => row.makes_any() }
            });
            context! {
                text => cut(node.name),
                href => self.links.interface_href(page, node.name),
                foreign => node.foreign,
                x => node.x,
                y => node.y,
                width => node.width,
                height => node.height,
                title => graph::TITLE,
                rows => rows.collect::<Vec<_>>(),
            }
        });
        let lines = drawn.lines.iter().map(|line| {
            context! { from => line.from, message => line.message, to => line.to, path => &line.path }
        });
        context! {
            width => drawn.width,
            height => drawn.height,
            boxes => boxes.collect::<Vec<_>>(),
            lines => lines.collect::<Vec<_>>(),
            is_empty => drawn.lines.is_empty(),
        }
    }
}

/// Whether the name of an interface or its protocol says that it is an experiment. A `v1` alone does not: since protocols
/// are staged, those that stay have it too.
pub(super) fn is_unstable(interface: &str, protocol: &str) -> bool {
    interface.starts_with('z') || [interface, protocol].iter().any(|name| name.contains("unstable"))
}

fn kind(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Event => "event",
    }
}
