//! The interfaces whose objects go over.

use std::collections::BTreeSet;

use super::state::Sum;
use super::{Carry, CarryError, Loader, Refusal, Saver};
use crate::endpoint::{Core, Dispatch};
use crate::handle::Handle;
use crate::protocol::{WlCallback, WlDisplay, WlFixes, WlRegistry};
use crate::server::{Bind, HasServer, Server, ServerRole, bind_new};
use crate::spec::{ArgKind, Message, Spec};

/// The interfaces that an application carries: all of which it has objects, with data that can go over.
///
/// Those of every connection, such as `wl_registry`, are among them.
pub struct Carrier<A> {
    known: Vec<Carried<A>>,
    /// What is done with the application that was loaded, in this order.
    pub(super) then: Vec<Act<A>>,
}

/// Does something with an application.
type Act<A> = fn(&mut A) -> Result<(), CarryError>;

/// How objects of one interface go over.
pub(super) struct Carried<A> {
    pub(super) spec: &'static Spec,
    pub(super) install: fn(&mut Core<A>) -> u16,
    pub(super) bind: Bind<A>,
    pub(super) save: fn(&Core<A>, Handle, &mut Saver) -> Result<(), Refusal>,
    pub(super) load: fn(&mut Core<A>, Handle, &mut Loader<'_>) -> Result<(), CarryError>,
}

impl<A> std::fmt::Debug for Carrier<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.known.iter().map(|carried| carried.spec.name)).finish()
    }
}

impl<A: HasServer> Default for Carrier<A> {
    fn default() -> Carrier<A> {
        Carrier::new()
    }
}

impl<A: HasServer> Carrier<A> {
    /// A carrier of the interfaces that every connection has.
    #[must_use]
    pub fn new() -> Carrier<A> {
        let carrier = Carrier { known: Vec::new(), then: Vec::new() };
        carrier.with::<WlDisplay>().with::<WlRegistry>().with::<WlCallback>().with::<WlFixes>()
    }

    /// The carrier, of this interface as well.
    #[must_use]
    pub fn with<I>(mut self) -> Carrier<A>
    where
        I: Dispatch<A, ServerRole<A>>,
        I::Data: Carry,
    {
        self.known.push(Carried {
            spec: I::SPEC,
            install: |core| core.install::<ServerRole<A>, I>(),
            bind: bind_new::<A, I>,
            save: |core, object, saver| {
                let data = core.data_ref::<I, I::Data>(I::from_handle(object));
                data.map_err(|error| Refusal::new(error.to_string()))?.save(saver)
            },
            load: |core, object, loader| {
                let loaded = I::Data::load(loader)?;
                let data = core.data::<I, I::Data>(I::from_handle(object));
                *data.map_err(|_| CarryError::Damaged { what: "data of no object" })? = loaded;
                Ok(())
            },
        });
        self
    }

    /// The carrier, with something that is done with the application that was loaded, before it serves anybody: a library
    /// looks at what its state says of others, and puts back what cannot be written down, such as functions.
    #[must_use]
    pub fn then(mut self, act: fn(&mut A) -> Result<(), CarryError>) -> Carrier<A> {
        self.then.push(act);
        self
    }

    /// Looks whether all is carried that clients can make of the globals that a server offers now: their interfaces, and
    /// those of all objects that messages of these make. Called when a program starts, it says at its first start what its
    /// first upgrade would be refused for.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::{Counter, ServerApp};
    /// use wayline::carry::Carrier;
    ///
    /// let app = ServerApp::new();
    /// assert!(Carrier::new().with::<Counter>().check(&app.server).is_ok());
    /// let error = Carrier::new().check(&app.server).unwrap_err();
    /// assert_eq!(error.to_string(), "objects of counter are not carried: it is a global");
    /// ```
    ///
    /// # Errors
    /// [`Refusal`] names the first interface that is missing, and where its objects come from.
    pub fn check(&self, server: &Server<A>) -> Result<(), Refusal> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<(&Spec, String)> =
            server.global_specs().map(|spec| (spec, "it is a global".to_owned())).collect();
        while let Some((spec, reason)) = waiting.pop() {
            if !seen.insert(spec.name) {
                continue;
            }
            if self.of_name(spec.name).is_none() {
                return Err(Refusal::new(format!("objects of {} are not carried: {reason}", spec.name)));
            }
            for message in spec.requests.iter().chain(spec.events) {
                let made = message.args.iter().filter_map(|arg| match arg.kind {
                    ArgKind::NewId { interface } => Some(interface),
                    _ => None,
                });
                waiting.extend(made.map(|made| (made, format!("{}.{} makes them", spec.name, message.name))));
            }
        }
        Ok(())
    }

    pub(super) fn of_index(&self, index: u16) -> Option<&Carried<A>> {
        self.known.iter().find(|carried| carried.spec.index.known() == u32::from(index))
    }

    pub(super) fn of_name(&self, name: &str) -> Option<&Carried<A>> {
        self.known.iter().find(|carried| carried.spec.name == name)
    }
}

/// What tells whether two programs have the same messages of an interface, up to a version.
pub(super) fn table_hash(spec: &Spec, version: u32) -> u64 {
    let mut hash = Sum::default();
    for (side, messages) in [(0, spec.requests), (1, spec.events)] {
        for message in messages.iter().filter(|message| message.since <= version) {
            number(&mut hash, side);
            add(&mut hash, message);
        }
    }
    hash.0
}

/// With its length in front, so that two in a row are not another two.
fn text(hash: &mut Sum, text: &str) {
    number(hash, text.len() as u32);
    hash.add(text.as_bytes());
}

fn number(hash: &mut Sum, number: u32) {
    hash.add(&number.to_le_bytes());
}

fn add(hash: &mut Sum, message: &Message) {
    text(hash, message.name);
    number(hash, message.since);
    number(hash, message.destructor.into());
    for arg in message.args {
        let (kind, interface) = match arg.kind {
            ArgKind::Int => (1, None),
            ArgKind::Uint => (2, None),
            ArgKind::Fixed => (3, None),
            ArgKind::String { nullable } => (4 + u32::from(nullable), None),
            ArgKind::Array => (6, None),
            ArgKind::Fd => (7, None),
            ArgKind::Object { interface, nullable } => (8 + u32::from(nullable), interface),
            ArgKind::NewId { interface } => (10, Some(interface)),
            ArgKind::AnyNewId => (11, None),
        };
        number(hash, kind);
        text(hash, interface.map_or("", |interface| interface.name));
    }
}
