//! Where a server listens, and what it offers.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Carrier, Carry, CarryError, Loader, Refusal, Saver};
use crate::handle::GlobalId;
use crate::io::listener::{Listener, Luggage, Sandbox};
use crate::protocol::WlRegistry;
use crate::server::{HasServer, Listing, Removed, Server};

/// The highest name of a global that a state can have. A server that gives a million names an hour takes 89 days.
const MOST: u32 = i32::MAX as u32;

pub(super) fn save_listeners<A: HasServer>(server: &mut Server<A>, saver: &mut Saver) -> Result<(), Refusal> {
    let listeners = server.listeners();
    saver.word(listeners.len() as u32);
    for listener in listeners {
        let (socket, Luggage { kind, text, lock }) = listener.luggage();
        saver.put_fd(socket)?;
        saver.word(kind);
        saver.put(&text.is_some())?;
        saver.put_bytes(text.unwrap_or_default().as_bytes())?;
        saver.put(&lock.is_some())?;
        lock.map_or(Ok(()), |lock| saver.put_fd(lock))?;
        let sandbox = listener.sandbox().cloned();
        saver.put(&sandbox.map(|Sandbox { engine, app_id, instance_id }| vec![engine, app_id, instance_id]))?;
    }
    Ok(())
}

pub(super) fn load_listeners<A: HasServer>(server: &mut Server<A>, loader: &mut Loader<'_>) -> Result<(), CarryError> {
    for _ in 0..loader.count(8)? {
        let (socket, kind, has_text) = (loader.get_fd()?, loader.word()?, loader.get()?);
        let text = OsString::from_vec(loader.get_bytes()?.to_vec());
        let lock = if loader.get()? { Some(loader.get_fd()?) } else { None };
        let luggage = Luggage { kind, text: Some(text).filter(|_| has_text), lock };
        let mut listener = Listener::of_luggage(socket, luggage)?;
        let sandbox: Option<Vec<String>> = if loader.format() > 1 { loader.get()? } else { None };
        if let Some(names) = sandbox {
            let names = <[String; 3]>::try_from(names);
            let [engine, app_id, instance_id] = names.map_err(|_| CarryError::Damaged { what: "a sandbox" })?;
            listener = listener.for_sandbox(Sandbox { engine, app_id, instance_id });
        }
        server.listen(listener)?;
    }
    Ok(())
}

pub(super) fn save<A: HasServer>(server: &Server<A>, saver: &mut Saver) -> Result<(), Refusal> {
    let (last, globals) = server.global_names();
    saver.word(last);
    saver.word(globals.len() as u32);
    for (id, interface, version) in globals {
        saver.put(&id)?;
        saver.put_bytes(interface.as_bytes())?;
        saver.word(version);
    }
    Ok(())
}

pub(super) fn load<A: HasServer>(server: &mut Server<A>, loader: &mut Loader<'_>) -> Result<(), CarryError> {
    let last = loader.word()?;
    let mut names: Vec<(GlobalId, String, u32)> = Vec::new();
    for _ in 0..loader.count(12)? {
        let id = loader.get()?;
        names.push((id, String::from_utf8_lossy(loader.get_bytes()?).into_owned(), loader.word()?));
    }
    // Names count up from 1, and no server comes near the last one.
    let in_order = names.is_sorted_by(|(one, ..), (next, ..)| one < next);
    let within = |(id, ..): &(GlobalId, String, u32)| (1..=last).contains(&id.name());
    if !in_order || !names.iter().all(within) || last > MOST {
        return Err(CarryError::Damaged { what: "a name that no global has" });
    }
    server.expect_globals(last, names);
    Ok(())
}

/// What a client knows of globals: up to which name it has heard of them, 0 if it has no registry, and those.
pub(super) fn save_known(
    last: u32,
    globals: &[(GlobalId, &'static str, u32)],
    saver: &mut Saver,
) -> Result<(), Refusal> {
    let known = globals.iter().filter(|(id, ..)| id.name() <= last);
    saver.word(last);
    saver.word(known.clone().count() as u32);
    for (id, interface, version) in known {
        saver.put(id)?;
        saver.put_bytes(interface.as_bytes())?;
        saver.word(*version);
    }
    Ok(())
}

/// Whether a server has the globals that a client knows, by their names. Those with higher names the client is told of, so
/// the server must not have such names still to give.
pub(super) fn check_known<A: HasServer>(server: &Server<A>, loader: &mut Loader<'_>) -> Result<(), CarryError> {
    let last = loader.word()?;
    let (given, globals) = server.global_names();
    let mut own = globals.into_iter().filter(|(id, ..)| id.name() <= last);
    for _ in 0..loader.count(12)? {
        let id: GlobalId = loader.get()?;
        let (interface, version) = (loader.get_bytes()?, loader.word()?);
        let same = own
            .next()
            .is_some_and(|(known, name, offered)| known == id && name.as_bytes() == interface && offered == version);
        if !same {
            return Err(CarryError::OtherGlobals { name: id.name() });
        }
    }
    match own.next() {
        Some((id, ..)) => Err(CarryError::OtherGlobals { name: id.name() }),
        None if last > given => Err(CarryError::OtherGlobals { name: last }),
        None => Ok(()),
    }
}

/// Globals that were removed and can still be bound.
pub(super) fn save_removed<A: HasServer>(
    server: &Server<A>,
    carrier: &Carrier<A>,
    saver: &mut Saver,
) -> Result<(), Refusal> {
    let removed = server.removed_globals(saver.now());
    saver.word(removed.len() as u32);
    for Removed { id, interface, version, registries, waited } in removed {
        if carrier.of_name(&interface).is_none() {
            return Err(Refusal::new(format!("a removed {interface} may still be bound, and is not carried")));
        }
        saver.put(&id)?;
        saver.put_bytes(interface.as_bytes())?;
        saver.word(version);
        saver.put(&registries)?;
        saver.put(&waited)?;
    }
    Ok(())
}

pub(super) fn load_removed<A: HasServer>(
    server: &mut Server<A>,
    carrier: &Carrier<A>,
    loader: &mut Loader<'_>,
) -> Result<(), CarryError> {
    for _ in 0..loader.count(20)? {
        let id: GlobalId = loader.get()?;
        let interface = String::from_utf8_lossy(loader.get_bytes()?).into_owned();
        let version = loader.word()?;
        let (registries, waited): (Vec<WlRegistry>, _) = (loader.get()?, loader.get()?);
        let Some(carried) = carrier.of_name(&interface) else { return Err(CarryError::UnknownInterface { interface }) };
        if version == 0 || version > carried.spec.version {
            return Err(CarryError::OtherInterface { interface, version });
        }
        if !server.was_given(id) {
            return Err(CarryError::Damaged { what: "a name that no global has" });
        }
        let registries = registries.into_iter().filter(|registry| server.is_alive(*registry)).collect();
        let removed = Removed { id, interface, version, registries, waited };
        server.restore_removed(removed, carried.spec, carried.bind, loader.now())?;
    }
    Ok(())
}

impl Carry for Listing {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.registry)?;
        saver.put(&self.last)
    }

    fn load(loader: &mut Loader<'_>) -> Result<Listing, CarryError> {
        Ok(Listing { registry: loader.get()?, last: loader.get()? })
    }
}
