//! The client's view of the server's globals.

use super::order::Order;
use super::{Client, ClientRole, HasClient};
use crate::endpoint::{Dispatch, Incoming, string_size};
use crate::error::{BindError, SendError};
use crate::escape::Escaped;
use crate::handle::Interface;
use crate::handler_error::HandlerResult;
use crate::protocol::wl_registry::{opcode, since};
use crate::protocol::{WlFixes, WlRegistry, wl_fixes};
use crate::wire::{DecodeError, HEADER};

/// A global of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// Its name on this connection.
    pub name: u32,
    /// Its interface, by the name that the server gave; [`Escaped`] shows it.
    pub interface: String,
    /// The highest version that can be bound.
    pub version: u32,
}

#[derive(Debug)]
pub(super) struct Registry {
    object: WlRegistry,
    globals: Vec<Global>,
    /// How many of them the application was told of.
    told: usize,
    names: Order<u32>,
    /// Whether the log has it that some are missing.
    left_out: bool,
    /// By what removals are acknowledged, bound at the first one.
    fixes: Option<WlFixes>,
}

impl Registry {
    pub(super) fn new(object: WlRegistry) -> Registry {
        Registry { object, globals: Vec::new(), told: 0, names: Order::new(), left_out: false, fixes: None }
    }

    /// Has another application be told of all globals.
    #[cfg(feature = "io")]
    pub(super) fn tell_again(&mut self) {
        self.told = 0;
    }
}

impl<A: HasClient> Client<A> {
    /// The globals announced and not withdrawn, in the order of their announcement.
    #[must_use]
    pub fn globals(&self) -> &[Global] {
        &self.role.registry.globals
    }

    /// Binds the first global of interface `I`, at the highest version that both sides know.
    ///
    /// # Errors
    /// [`BindError`] if there is none, or one older than version `needed`.
    pub fn bind<I: Dispatch<A, ClientRole>>(&mut self, needed: u32) -> Result<I, BindError> {
        let (name, offered) = self.first_global::<I>()?;
        if offered < needed {
            return Err(BindError::TooOld { interface: I::SPEC.name, offered, needed });
        }
        Ok(self.bind_name(name, offered.min(I::SPEC.version))?)
    }

    /// As [`Client::bind`], at version `most` or the highest below it that both sides know: for an application, or a test,
    /// that is not to get what later versions send.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::{ClientApp, Counter, ServerApp};
    /// # use wayline::{Interface, testing};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut server = ServerApp::new();
    /// # let mut app = ClientApp { client: testing::connect(&mut server.server), total: 0 };
    /// # testing::pump(&mut server, &mut app);
    /// let counter: Counter = app.client.bind_at_most(1)?;
    /// assert_eq!(counter.version(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`BindError`] if there is none.
    pub fn bind_at_most<I: Dispatch<A, ClientRole>>(&mut self, most: u32) -> Result<I, BindError> {
        let (name, offered) = self.first_global::<I>()?;
        // There is no version 0.
        Ok(self.bind_name(name, offered.min(I::SPEC.version).min(most.max(1)))?)
    }

    /// Name and version of the first global of interface `I`.
    fn first_global<I: Interface>(&self) -> Result<(u32, u32), BindError> {
        let interface = I::SPEC.name;
        let found = self.role.registry.globals.iter().find(|global| global.interface == interface);
        found.map(|global| (global.name, global.version)).ok_or(BindError::NotOffered { interface })
    }

    /// Binds all globals of interface `I` that are as new as version `needed`, each at the highest version that both sides
    /// know: outputs, seats, and what else there may be several of. Those that come later are told by
    /// [`HasClient::global`], and bound with [`Client::bind_name`].
    ///
    /// # Errors
    /// [`SendError`] if not all could be queued.
    pub fn bind_all<I: Dispatch<A, ClientRole>>(&mut self, needed: u32) -> Result<Vec<I>, SendError> {
        let globals = self.role.registry.globals.iter();
        let found = globals.filter(|global| global.interface == I::SPEC.name && global.version >= needed);
        let found: Vec<_> = found.map(|global| (global.name, global.version.min(I::SPEC.version))).collect();
        found.into_iter().map(|(name, version)| self.bind_name(name, version)).collect()
    }

    /// Binds the global called `name` as an `I` of exactly `version`. The
    /// server ends the connection if it has no such global.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued.
    pub fn bind_name<I: Dispatch<A, ClientRole>>(&mut self, name: u32, version: u32) -> Result<I, SendError> {
        let registry = self.role.registry.object;
        let length = string_size(I::SPEC.name)?;
        self.construct_versioned(registry.client(), version, |client, id| {
            let message = client.send(registry, opcode::BIND, since::BIND)?.open(HEADER + 4 + length + 8, [])?;
            message.word(name).string(I::SPEC.name).word(version).word(id).finish();
            Ok(())
        })
    }
}

/// Tells the application of the globals that it has not heard of.
#[inline]
pub(super) fn tell_globals<A: HasClient>(app: &mut A) {
    loop {
        let Registry { globals, told, .. } = &mut app.client().role.registry;
        let Some(global) = globals.get(*told).cloned() else { return };
        *told += 1;
        app.global(&global);
    }
}

/// Tells the server that a removed global is bound no more, if it offers the means. Others take their time.
fn acknowledge<A: HasClient>(client: &mut Client<A>, name: u32) -> Result<(), BindError> {
    let fixes = match client.role.registry.fixes {
        Some(fixes) => fixes,
        None => client.bind(wl_fixes::since::ACK_GLOBAL_REMOVE)?,
    };
    client.role.registry.fixes = Some(fixes);
    let registry = client.reference(fixes, client.role.registry.object)?;
    let (opcode, since) = (wl_fixes::opcode::ACK_GLOBAL_REMOVE, wl_fixes::since::ACK_GLOBAL_REMOVE);
    Ok(client.send(fixes, opcode, since)?.words([registry, name])?)
}

/// There are no events.
impl<A: HasClient> Dispatch<A, ClientRole> for WlFixes {
    type Data = ();
    type Child = Self;

    fn message(_: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        Err(DecodeError::UnknownOpcode(message.opcode()).into())
    }
}

impl<A: HasClient> Dispatch<A, ClientRole> for WlRegistry {
    type Data = ();
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        match message.opcode() {
            opcode::GLOBAL => {
                let mut reader = message.reader()?;
                let (name, interface, version) = (reader.word()?, reader.string()?, reader.word()?);
                reader.finish()?;
                let client = app.client();
                let most = client.core.limits.globals;
                let Registry { globals, names, left_out, .. } = &mut client.role.registry;
                // A version of 0 cannot be bound, a name twice cannot be told apart (V17): left out.
                if version == 0 || names.contains(&name) {
                    return Ok(());
                }
                if globals.len() >= most {
                    if !std::mem::replace(left_out, true) {
                        let interface = Escaped(interface);
                        tracing::warn!(
                            "{interface} and others are left out: the server offers more than {most} globals"
                        );
                    }
                    return Ok(());
                }
                names.add(name);
                globals.push(Global { name, interface: interface.to_owned(), version });
                tell_globals(app);
            }
            opcode::GLOBAL_REMOVE => {
                let [name] = message.words()?;
                tell_globals(app);
                let Registry { globals, names, told, .. } = &mut app.client().role.registry;
                if let Some(place) = names.remove(&name) {
                    let global = globals.remove(place);
                    *told -= 1;
                    app.global_removed(&global);
                    // A server that cannot be told destroys it in time.
                    let _: Result<(), BindError> = acknowledge(app.client(), name);
                }
            }
            unknown => return Err(DecodeError::UnknownOpcode(unknown).into()),
        }
        Ok(())
    }
}
