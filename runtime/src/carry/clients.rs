//! Clients: their sockets, their objects, and what is under way.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use super::carrier::{Carrier, table_hash};
use super::{CarryError, Loader, Refusal, Saver};
use crate::endpoint::Baggage;
use crate::error::Resource;
use crate::handle::{ClientId, Handle};
use crate::io::Socket;
use crate::objects::{Image, State, Taken};
use crate::server::{HasServer, Server};

/// The clients that go over: all that are not about to end, in the order in which they came.
pub(super) fn to_save<A: HasServer>(server: &Server<A>) -> Vec<ClientId> {
    let mut clients: Vec<ClientId> = server.core.clients().filter(|client| server.core.is_served(*client)).collect();
    clients.sort_unstable_by_key(|client| client.number());
    clients
}

/// Of the clients that were loaded, those for which something waits.
pub(super) fn behind<A: HasServer>(server: &Server<A>) -> Vec<ClientId> {
    let waits = |client: &ClientId| server.core.peer(*client).is_some_and(|peer| !peer.outbox.is_empty());
    server.core.clients().filter(waits).collect()
}

pub(super) fn save<A: HasServer>(
    server: &Server<A>,
    carrier: &Carrier<A>,
    clients: &[ClientId],
    saver: &mut Saver,
) -> Result<(), Refusal> {
    let peers = clients.iter().filter_map(|client| server.core.peer(*client));
    let images: Vec<Image> = peers.map(|peer| peer.objects.image()).collect();
    let mut interfaces: Vec<u16> = images.iter().flat_map(|image| &image.taken).map(|taken| taken.interface).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    saver.word(interfaces.len() as u32);
    for &index in &interfaces {
        let name = server.core.spec(index).map_or("an unknown interface", |spec| spec.name);
        let carried = carrier.of_index(index);
        let spec = carried.ok_or_else(|| Refusal::new(format!("objects of {name} are not carried")))?.spec;
        saver.put_bytes(spec.name.as_bytes())?;
        saver.word(spec.version);
        saver.put(&table_hash(spec, spec.version))?;
    }
    saver.word(clients.len() as u32);
    for (client, image) in clients.iter().zip(&images) {
        saver.piece(|saver| save_one(server, *client, image, &interfaces, saver))?;
        saver.objects.push(handles(server, *client, image));
    }
    save_quotas(server, clients, saver);
    // Data can name any object, so it comes when all of them are known.
    for (place, image) in images.iter().enumerate() {
        for (at, taken) in live(image).enumerate() {
            let Some(carried) = carrier.of_index(taken.interface) else { continue };
            let object = saver.objects[place][at];
            saver.piece(|saver| (carried.save)(&server.core, object, saver))?;
        }
    }
    Ok(())
}

/// Those that have handles, in the order of ids.
fn live(image: &Image) -> impl Iterator<Item = &Taken> {
    image.taken.iter().filter(|taken| taken.state != State::Zombie)
}

fn handles<A: HasServer>(server: &Server<A>, client: ClientId, image: &Image) -> Vec<Handle> {
    let peer = server.core.peer(client);
    let handle = |taken: &Taken| Some(peer?.objects.entry(taken.id).handle(client, taken.id));
    live(image).filter_map(handle).collect()
}

/// Writes which clients have accounts of memory, which pools that go over belong to.
fn save_quotas<A: HasServer>(server: &Server<A>, clients: &[ClientId], saver: &mut Saver) {
    let quotas = (0..).zip(clients).filter_map(|(place, client)| Some((place, server.core.opened_quota(*client)?)));
    saver.quotas = quotas.collect();
    saver.word(saver.quotas.len() as u32);
    for at in 0..saver.quotas.len() {
        saver.word(saver.quotas[at].0);
    }
}

fn load_quotas<A: HasServer>(server: &mut Server<A>, loader: &mut Loader<'_>) -> Result<(), CarryError> {
    for _ in 0..loader.count(4)? {
        let place = loader.word()?;
        let client = loader.clients.get(place as usize).map(|(client, _)| *client);
        let client = client.ok_or(CarryError::Damaged { what: "an account of no client" })?;
        loader.quotas.push((place, server.core.shm_quota(client)));
    }
    Ok(())
}

fn save_one<A: HasServer>(
    server: &Server<A>,
    client: ClientId,
    image: &Image,
    interfaces: &[u16],
    saver: &mut Saver,
) -> Result<(), Refusal> {
    let Some(peer) = server.core.peer(client) else { return Err("a client that is none".into()) };
    let socket = peer.link.as_fd().ok_or_else(|| Refusal::new(format!("{client} has no socket")))?;
    saver.put_fd(socket)?;
    saver.put(&peer.tag)?;
    saver.word(peer.listener.map_or(u32::MAX, |listener| listener.index() as u32));
    for amount in server.core.charged(client) {
        saver.put(&amount)?;
    }
    saver.word(image.flat);
    image.reached.iter().for_each(|&reached| saver.word(reached));
    saver.word(image.taken.len() as u32);
    for taken in &image.taken {
        let place = interfaces.binary_search(&taken.interface).unwrap_or(usize::MAX);
        [taken.id, number_of(taken.state), place as u32, taken.version].into_iter().for_each(|word| saver.word(word));
    }
    saver.put(&image.tombstones)?;
    let (bytes, fds) = peer.inbox.image();
    saver.put_bytes(bytes)?;
    saver.word(fds.len() as u32);
    fds.iter().try_for_each(|fd| saver.put_fd(fd))?;
    let (bytes, fds) = peer.outbox.image();
    saver.put_bytes(bytes)?;
    saver.word(fds.len() as u32);
    for (start, fd) in fds {
        saver.word(start as u32);
        saver.put_fd(fd)?;
    }
    Ok(())
}

pub(super) fn load<A: HasServer>(
    server: &mut Server<A>,
    carrier: &Carrier<A>,
    loader: &mut Loader<'_>,
) -> Result<(), CarryError> {
    let count = loader.count(16)?;
    let mut interfaces = Vec::with_capacity(count);
    for _ in 0..count {
        let name = String::from_utf8_lossy(loader.get_bytes()?).into_owned();
        let (version, hash): (u32, u64) = (loader.word()?, loader.get()?);
        let carried = carrier.of_name(&name);
        let Some(carried) = carried else { return Err(CarryError::UnknownInterface { interface: name }) };
        if version > carried.spec.version || table_hash(carried.spec, version) != hash {
            return Err(CarryError::OtherInterface { interface: name, version });
        }
        interfaces.push((carried, (carried.install)(&mut server.core)));
    }
    let indices: Vec<u16> = interfaces.iter().map(|(_, index)| *index).collect();
    let mut objects: Vec<(Handle, usize)> = Vec::new();
    for _ in 0..loader.count(4)? {
        let (baggage, places) = loader.piece(|loader| load_one(loader, &indices))?;
        let (client, handles) = server.adopt(baggage)?;
        objects.extend(handles.iter().copied().zip(places));
        loader.clients.push((client, handles));
    }
    load_quotas(server, loader)?;
    for (object, place) in objects {
        let Some((carried, _)) = interfaces.get(place) else { continue };
        loader.piece(|loader| (carried.load)(&mut server.core, object, loader))?;
    }
    Ok(())
}

/// What a client brings, and the place of the interface of each live object.
fn load_one(loader: &mut Loader<'_>, interfaces: &[u16]) -> Result<(Baggage, Vec<usize>), CarryError> {
    let link = Box::new(Socket::new(loader.get_fd()?));
    let tag = loader.get()?;
    let listener = Some(loader.word()?).filter(|&place| place != u32::MAX);
    let mut charged = [0; Resource::COUNT];
    for amount in &mut charged {
        *amount = loader.get()?;
    }
    let mut image = Image { flat: loader.word()?, reached: [loader.word()?, loader.word()?], ..Image::default() };
    let mut places = Vec::new();
    for _ in 0..loader.count(16)? {
        let [id, state, place, version] = [loader.word()?, loader.word()?, loader.word()?, loader.word()?];
        let state = state_of(state)?;
        let interface = interfaces.get(place as usize).copied();
        let interface = interface.ok_or(CarryError::Damaged { what: "an object of no interface" })?;
        image.taken.push(Taken { id, state, interface, version });
        if state != State::Zombie {
            places.push(place as usize);
        }
    }
    image.tombstones = loader.get()?;
    let received = loader.get_bytes()?.to_vec();
    let received_fds =
        (0..loader.count(4)?).map(|_| loader.get_fd()).collect::<Result<VecDeque<OwnedFd>, CarryError>>()?;
    let queued = loader.get_bytes()?.to_vec();
    let queued_fds = (0..loader.count(8)?)
        .map(|_| Ok((loader.word()? as usize, loader.get_fd()?)))
        .collect::<Result<Vec<_>, CarryError>>()?;
    Ok((Baggage { link, tag, listener, charged, image, received, received_fds, queued, queued_fds }, places))
}

fn number_of(state: State) -> u32 {
    match state {
        State::Vacant => 0,
        State::Live => 1,
        State::Deleted => 2,
        State::Zombie => 3,
    }
}

fn state_of(number: u32) -> Result<State, CarryError> {
    match number {
        1 => Ok(State::Live),
        2 => Ok(State::Deleted),
        3 => Ok(State::Zombie),
        _ => Err(CarryError::Damaged { what: "an object that is neither live nor dead" }),
    }
}
