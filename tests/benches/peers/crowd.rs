//! W7: a server with very many clients.
//!
//! The clients are raw sockets of this process, the same for all libraries;
//! only the server is measured. Each client has 8 objects: display, registry,
//! the global and five items.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::compare::median;
use crate::pair::{Failure, Listening, Programs};
use crate::peer::{Library, dial};
use crate::wire::{REGISTRY, bind, get_registry, word, words};

/// What a crowd costs one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
    pub(crate) library: Library,
    pub(crate) clients: usize,
    /// Private memory for each client, in bytes.
    pub(crate) memory: f64,
    /// CPU nanoseconds for connecting, registry, sync, bind and five items.
    pub(crate) entry: f64,
    /// CPU nanoseconds for each event of a fan-out.
    pub(crate) fan_out: f64,
    /// CPU nanoseconds of a round trip with one client while the others idle.
    pub(crate) trip: f64,
}

/// Ids of the raw clients.
const SYNC: u32 = 3;
const PEER: u32 = 4;
const FIRST_ITEM: u32 = 5;
const ITEMS: u32 = 5;

/// Lets `clients` connect to a server of `library` that listens at `path`.
pub(crate) fn crowd(programs: &Programs, library: Library, clients: usize, path: &Path) -> Result<Crowd, Failure> {
    let server = programs.listen(library, path)?;
    measure(&server, library, clients, path)
}

fn measure(server: &Listening, library: Library, clients: usize, path: &Path) -> Result<Crowd, Failure> {
    let failed = || Failure::io(format!("clients of {}", library.name()));
    // What the first clients make the server set up is not counted.
    let mut streams = Vec::with_capacity(clients);
    for _ in 0..WARM {
        streams.push(enter(path).map_err(failed())?);
    }
    let (memory, cpu) = (private_memory(server), server_cpu(&mut streams[0]).map_err(failed())?);
    for _ in 0..clients {
        streams.push(enter(path).map_err(failed())?);
    }
    let entry = server_cpu(&mut streams[0]).map_err(failed())? - cpu;
    let memory = private_memory(server) - memory;

    let mut rounds = Vec::new();
    for _ in 0..FAN_OUTS {
        let before = server_cpu(&mut streams[0]).map_err(failed())?;
        streams[0].write_all(&words(PEER, 9, &[])).map_err(failed())?;
        trip(&mut streams[0]).map_err(failed())?;
        for stream in &mut streams[1..] {
            read_until(stream, |_, opcode, _| opcode == 2).map_err(failed())?;
        }
        rounds.push((server_cpu(&mut streams[0]).map_err(failed())? - before) / streams.len() as f64);
    }
    let fan_out = median(rounds.into_iter());

    let mut rounds = Vec::new();
    for _ in 0..TRIP_ROUNDS {
        let before = server_cpu(&mut streams[0]).map_err(failed())?;
        for _ in 0..TRIPS {
            trip(&mut streams[0]).map_err(failed())?;
        }
        rounds.push((server_cpu(&mut streams[0]).map_err(failed())? - before) / f64::from(TRIPS));
    }
    let trip = median(rounds.into_iter());
    let each = |total: f64| total / clients as f64;
    Ok(Crowd { library, clients, memory: each(memory), entry: each(entry), fan_out, trip })
}

/// How long a server may take to answer before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// Clients before the first measurement.
const WARM: usize = 20;
const FAN_OUTS: usize = 9;
const TRIP_ROUNDS: usize = 9;
const TRIPS: u32 = 200;

/// Connects, and makes eight objects.
fn enter(path: &Path) -> std::io::Result<UnixStream> {
    let mut stream = UnixStream::from(dial(path));
    stream.set_read_timeout(Some(PATIENCE))?;
    let hello = [get_registry(), words(1, 0, &[SYNC])].concat();
    stream.write_all(&hello)?;
    let mut name = None;
    // The sync is answered by `done`, which may be followed by `delete_id`.
    read_until(&mut stream, |object, opcode, body| {
        if object == REGISTRY && opcode == 0 && body[8..].starts_with(b"wlbench_peer\0") {
            name = Some(word(body));
        }
        object == SYNC
    })?;
    let name = name.ok_or(std::io::ErrorKind::NotFound)?;
    stream.write_all(&bind(name, PEER))?;
    for id in [SYNC].into_iter().chain(FIRST_ITEM..).take(ITEMS as usize) {
        stream.write_all(&words(PEER, 6, &[id]))?;
    }
    trip(&mut stream)?;
    Ok(stream)
}

/// A ping and its answer, whatever comes before.
fn trip(stream: &mut UnixStream) -> std::io::Result<()> {
    stream.write_all(&words(PEER, 2, &[1]))?;
    read_until(stream, |object, opcode, _| object == PEER && opcode == 1)
}

/// CPU nanoseconds of the server so far.
fn server_cpu(stream: &mut UnixStream) -> std::io::Result<f64> {
    stream.write_all(&words(PEER, 1, &[]))?;
    let mut time = [0; 2];
    read_until(stream, |object, opcode, body| {
        let marked = object == PEER && opcode == 0;
        if marked {
            time = [word(body), word(&body[4..])];
        }
        marked
    })?;
    Ok((u64::from(time[0]) << 32 | u64::from(time[1])) as f64)
}

/// Reads messages until `last` says that one was the last.
fn read_until(stream: &mut UnixStream, mut last: impl FnMut(u32, u32, &[u8]) -> bool) -> std::io::Result<()> {
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header)?;
        let second = word(&header[4..]);
        let mut body = vec![0; (second >> 16) as usize - header.len()];
        stream.read_exact(&mut body)?;
        if last(word(&header), second & 0xffff, &body) {
            return Ok(());
        }
    }
}

/// Bytes that no other process shares.
fn private_memory(process: &Listening) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id())).unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).sum::<f64>() * 1024.0
}
