//! Clients: their sockets, their objects, and what is under way.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::os::fd::OwnedFd;

use super::carrier::{Carried, Carrier, table_hash};
use super::{CarryError, Loader, Refusal, Saver};
use crate::endpoint::Baggage;
use crate::error::Resource;
use crate::handle::{ClientId, Handle, Interface};
use crate::io::Socket;
use crate::objects::{Image, State, Taken};
use crate::protocol::WlDisplay;
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
    let indices: BTreeSet<u16> = images.iter().flat_map(|image| &image.taken).map(|taken| taken.interface).collect();
    let name_of = |index| server.core.spec(index).map_or("an unknown interface", |spec| spec.name);
    let mut interfaces: Vec<(&str, u16)> = indices.into_iter().map(|index| (name_of(index), index)).collect();
    // By their names, since their indices are others in each process: what is the same has the same bytes.
    interfaces.sort_unstable();
    saver.word(interfaces.len() as u32);
    for &(name, index) in &interfaces {
        let carried = carrier.of_index(index);
        let spec = carried.ok_or_else(|| Refusal::new(format!("objects of {name} are not carried")))?.spec;
        saver.put_bytes(spec.name.as_bytes())?;
        saver.word(spec.version);
        saver.put(&table_hash(spec, spec.version))?;
    }
    let places: HashMap<u16, u32> = interfaces.iter().map(|(_, index)| *index).zip(0..).collect();
    saver.word(clients.len() as u32);
    for (client, image) in clients.iter().zip(&images) {
        saver.piece(|saver| save_one(server, *client, image, &places, saver))?;
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
    places: &HashMap<u16, u32>,
    saver: &mut Saver,
) -> Result<(), Refusal> {
    let Some(peer) = server.core.peer(client) else { return Err("a client that is none".into()) };
    let socket = peer.link.as_fd().ok_or_else(|| Refusal::new(format!("{client} has no socket")))?;
    saver.put_fd(socket)?;
    saver.put(&peer.tag)?;
    saver.word(peer.listener.map_or(u32::MAX, |listener| listener.index() as u32));
    let (heard, waited) = server.times(client, saver.now());
    saver.put(&heard)?;
    waited.iter().try_for_each(|waited| saver.put(waited))?;
    [peer.blocked, peer.congested, peer.warned].iter().try_for_each(|flag| saver.put(flag))?;
    for amount in server.core.charged(client) {
        saver.put(&amount)?;
    }
    saver.word(image.flat);
    image.reached.iter().for_each(|&reached| saver.word(reached));
    saver.word(image.taken.len() as u32);
    for taken in &image.taken {
        let place = places.get(&taken.interface).copied().unwrap_or(u32::MAX);
        [taken.id, number_of(taken.state), place, taken.version].into_iter().for_each(|word| saver.word(word));
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

/// Loads clients, each if `admit` agrees.
pub(super) fn load<A: HasServer>(
    server: &mut Server<A>,
    carrier: &Carrier<A>,
    loader: &mut Loader<'_>,
    admit: impl Fn(&Server<A>, &Baggage) -> Result<(), CarryError>,
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
        interfaces.push(Known { index: (carried.install)(&mut server.core), version, carried });
    }
    for _ in 0..loader.count(4)? {
        let (baggage, places) = loader.piece(|loader| load_one(loader, &interfaces))?;
        admit(server, &baggage)?;
        let (client, handles) = server.adopt(baggage, loader.now())?;
        let objects = handles.into_iter().zip(places);
        loader.clients.push((client, objects.map(|(handle, place)| (handle, interfaces[place].index)).collect()));
    }
    if loader.format() > 1 {
        load_quotas(server, loader)?;
    }
    for client in 0..loader.clients.len() {
        for object in 0..loader.clients[client].1.len() {
            let (handle, index) = loader.clients[client].1[object];
            let Some(known) = interfaces.iter().find(|known| known.index == index) else { continue };
            loader.piece(|loader| (known.carried.load)(&mut server.core, handle, loader))?;
        }
    }
    Ok(())
}

/// An interface of a state.
struct Known<'a, A> {
    index: u16,
    version: u32,
    carried: &'a Carried<A>,
}

/// What a client brings, and the place of the interface of each live object.
fn load_one<A>(loader: &mut Loader<'_>, interfaces: &[Known<'_, A>]) -> Result<(Baggage, Vec<usize>), CarryError> {
    let link = Box::new(Socket::new(loader.get_fd()?));
    let tag = loader.get()?;
    let listener = Some(loader.word()?).filter(|&place| place != u32::MAX);
    let (mut heard, mut waited, mut flags) = (None, [None; 3], [false; 3]);
    if loader.format() > 1 {
        heard = loader.get()?;
        for waited in &mut waited {
            *waited = loader.get()?;
        }
        for flag in &mut flags {
            *flag = loader.get()?;
        }
    }
    let [blocked, congested, warned] = flags;
    let mut charged = [0; Resource::COUNT];
    for amount in &mut charged {
        *amount = loader.get()?;
    }
    let mut image = Image { flat: loader.word()?, reached: [loader.word()?, loader.word()?], ..Image::default() };
    let mut places = Vec::new();
    for _ in 0..loader.count(16)? {
        let [id, state, place, version] = [loader.word()?, loader.word()?, loader.word()?, loader.word()?];
        let state = state_of(state)?;
        let damaged = |what| CarryError::Damaged { what };
        let interface = interfaces.get(place as usize).ok_or(damaged("an object of no interface"))?;
        if version == 0 || version > interface.version {
            return Err(damaged("an object of a version that there is not"));
        }
        image.taken.push(Taken { id, state, interface: interface.index, version });
        if state != State::Zombie {
            places.push(place as usize);
        }
    }
    let display =
        image.taken.first().zip(places.first()).filter(|(first, _)| (first.id, first.state) == (1, State::Live));
    if display.is_none_or(|(_, &place)| interfaces[place].carried.spec.name != WlDisplay::SPEC.name) {
        return Err(CarryError::Damaged { what: "a client without a display" });
    }
    image.tombstones = loader.get()?;
    let received = loader.get_bytes()?.to_vec();
    let received_fds =
        (0..loader.count(4)?).map(|_| loader.get_fd()).collect::<Result<VecDeque<OwnedFd>, CarryError>>()?;
    let queued = loader.get_bytes()?.to_vec();
    let queued_fds = (0..loader.count(8)?)
        .map(|_| Ok((loader.word()? as usize, loader.get_fd()?)))
        .collect::<Result<Vec<_>, CarryError>>()?;
    let baggage = Baggage {
        link,
        tag,
        listener,
        heard,
        waited,
        blocked,
        congested,
        warned,
        charged,
        image,
        received,
        received_fds,
        queued,
        queued_fds,
    };
    Ok((baggage, places))
}

fn number_of(state: State) -> u32 {
    match state {
        // Ids of a server are never deleted by its clients.
        State::Vacant | State::Deleted => 0,
        State::Live => 1,
        State::Zombie => 3,
    }
}

fn state_of(number: u32) -> Result<State, CarryError> {
    match number {
        1 => Ok(State::Live),
        3 => Ok(State::Zombie),
        _ => Err(CarryError::Damaged { what: "an object that is neither live nor dead" }),
    }
}
