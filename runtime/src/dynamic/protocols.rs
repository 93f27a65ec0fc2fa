//! All interfaces that a program knows at run time, by name and by number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::error::DescriptionError;
use super::interface::{ArgKind, Direction, Interface, Signature};
use super::plan::Plan;
use crate::protocol::{wl_callback, wl_display, wl_registry};

/// Most arguments of a message, as in libwayland.
const MAX_ARGS: usize = 20;

/// The interfaces that connections speak. Cheap to clone: all clones share one set, which is freed with the last of
/// them.
#[derive(Clone, Debug)]
pub struct Protocols(Arc<Set>);

#[derive(Debug)]
struct Set {
    interfaces: Vec<Arc<Interface>>,
    /// Index in `interfaces`.
    names: HashMap<String, u16>,
    /// How to judge requests and events, in the order of `interfaces`.
    plans: Vec<[Vec<Plan>; 2]>,
}

impl Protocols {
    /// Checks descriptions and makes a set of them.
    ///
    /// `wl_display`, from which every connection starts, is always the runtime's own. `wl_registry` and `wl_callback`
    /// are the runtime's own unless they are described.
    ///
    /// # Errors
    /// [`DescriptionError`] says which interface or message is wrong.
    pub fn new(interfaces: impl IntoIterator<Item = Interface>) -> Result<Protocols, DescriptionError> {
        let mut set = Set { interfaces: Vec::new(), names: HashMap::new(), plans: Vec::new() };
        set.add(Interface::from(&wl_display::SPEC))?;
        for interface in interfaces {
            if interface.name != wl_display::SPEC.name {
                set.add(interface)?;
            }
        }
        for spec in [&wl_registry::SPEC, &wl_callback::SPEC] {
            if !set.names.contains_key(spec.name) {
                set.add(Interface::from(spec))?;
            }
        }
        set.plan();
        Ok(Protocols(Arc::new(set)))
    }

    /// The interface with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Interface>> {
        self.0.interfaces.get(usize::from(*self.0.names.get(name)?))
    }

    /// All interfaces, in the order of [`View::index`](super::View::index).
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Interface>> {
        self.0.interfaces.iter()
    }

    /// The number of an interface in object tables, from 1.
    pub(super) fn number(&self, name: &str) -> Option<u16> {
        self.0.names.get(name).map(|index| index + 1)
    }

    /// How to judge a message of the interface with this number.
    #[inline]
    pub(super) fn plan(&self, number: u16, direction: Direction, opcode: u16) -> Option<&Plan> {
        let [requests, events] = self.0.plans.get(usize::from(number).checked_sub(1)?)?;
        let plans = if direction == Direction::Request { requests } else { events };
        plans.get(usize::from(opcode))
    }

    /// Describes a message of the interface with this number.
    pub(super) fn signature(&self, number: u16, direction: Direction, opcode: u16) -> Option<&Signature> {
        self.numbered(number)?.messages(direction).get(usize::from(opcode))
    }

    /// Number and version of an interface.
    pub(super) fn find(&self, name: &str) -> Option<(u16, u32)> {
        self.0.find(name)
    }

    /// The interface with this number; none has 0.
    pub(super) fn numbered(&self, number: u16) -> Option<&Arc<Interface>> {
        self.0.interfaces.get(usize::from(number).checked_sub(1)?)
    }
}

impl Set {
    fn find(&self, name: &str) -> Option<(u16, u32)> {
        let index = *self.names.get(name)?;
        Some((index + 1, self.interfaces.get(usize::from(index))?.version))
    }

    /// Works out the plans, when all interfaces are known.
    fn plan(&mut self) {
        let plans = self.interfaces.iter().map(|interface| {
            let is_display = interface.name == wl_display::SPEC.name;
            [Direction::Request, Direction::Event].map(|direction| {
                let messages = interface.messages(direction).iter();
                messages.map(|signature| Plan::new(signature, is_display, |name| self.find(name))).collect()
            })
        });
        self.plans = plans.collect();
    }

    fn add(&mut self, interface: Interface) -> Result<(), DescriptionError> {
        check(&interface)?;
        let index = u16::try_from(self.interfaces.len()).ok().filter(|&index| index < u16::MAX - 1);
        let index = index.ok_or(DescriptionError::TooMany)?;
        match self.names.entry(interface.name.clone()) {
            Entry::Occupied(taken) => return Err(DescriptionError::Duplicate(taken.key().clone())),
            Entry::Vacant(vacant) => vacant.insert(index),
        };
        self.interfaces.push(Arc::new(interface));
        Ok(())
    }
}

fn check(interface: &Interface) -> Result<(), DescriptionError> {
    check_name(&interface.name)?;
    if interface.version == 0 {
        return Err(DescriptionError::Version(interface.name.clone()));
    }
    for direction in [Direction::Request, Direction::Event] {
        let messages = interface.messages(direction);
        if messages.len() > usize::from(u16::MAX) + 1 {
            return Err(DescriptionError::TooMany);
        }
        for message in messages {
            check_name(&message.name)?;
            let place = || format!("{}.{}", interface.name, message.name);
            if message.since == 0 {
                return Err(DescriptionError::Version(place()));
            }
            let weight = |kind: &ArgKind| if *kind == ArgKind::AnyNewId { 3 } else { 1 };
            if message.args.iter().map(|arg| weight(&arg.kind)).sum::<usize>() > MAX_ARGS {
                return Err(DescriptionError::TooManyArgs(place()));
            }
            for arg in &message.args {
                check_name(&arg.name)?;
                match &arg.kind {
                    ArgKind::NewId { interface } | ArgKind::Object { interface: Some(interface), .. } => {
                        check_name(interface)?;
                    }
                    ArgKind::AnyNewId if direction == Direction::Event => {
                        return Err(DescriptionError::UntypedNewId(place()));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), DescriptionError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(DescriptionError::Name(name.to_owned()));
    }
    Ok(())
}
