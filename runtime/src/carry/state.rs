//! A state as bytes: what it is, how long, and whether it is still what was written.
//!
//! Whoever changes what a state has, raises [`FORMAT`], and reads the format before it as well: whatever asks
//! [`Loader::format`](super::Loader::format) for an older one goes when `FORMAT` is raised again. The golden states of
//! `tests/carry/golden` show that both are read; `WAYLINE_GOLDEN=write cargo test -p wayline --test carry` writes that of a
//! new format.

use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::CarryError;

/// Begins the state of a server, of a client, and of one value.
pub(super) const SERVER: [u8; 8] = *b"waylineS";
pub(super) const CLIENT: [u8; 8] = *b"waylineC";
pub(super) const VALUE: [u8; 8] = *b"waylineV";

/// The format that this program writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 2;

/// The oldest format that this program reads.
pub(super) const OLDEST: u32 = FORMAT - 1;

/// Magic, format, nothing, length, checksum.
const HEADER: usize = 32;

/// All that goes over, of a server or of one client: bytes, and the descriptors that they name.
#[derive(Debug)]
pub struct State {
    pub(super) bytes: Vec<u8>,
    pub(super) fds: Vec<OwnedFd>,
}

impl State {
    /// A state of bytes and descriptors that [`State::into_parts`] gave. Nothing is looked at before it is loaded.
    #[must_use]
    pub fn from_parts(bytes: Vec<u8>, fds: Vec<OwnedFd>) -> State {
        State { bytes, fds }
    }

    /// Its bytes and its descriptors.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<OwnedFd>) {
        (self.bytes, self.fds)
    }

    /// The same once more, with descriptors of its own.
    pub(super) fn try_clone(&self) -> io::Result<State> {
        let fds = self.fds.iter().map(OwnedFd::try_clone).collect::<io::Result<_>>()?;
        Ok(State { bytes: self.bytes.clone(), fds })
    }

    /// Its bytes in memory that nobody can change.
    pub(super) fn to_memory(&self) -> io::Result<OwnedFd> {
        let memory = memfd_create("wayline-state", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let mut file = std::fs::File::from(memory);
        file.write_all(&self.bytes)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        Ok(file.into())
    }

    /// The bytes that a predecessor wrote to such memory.
    pub(super) fn read(memory: OwnedFd, fds: Vec<OwnedFd>) -> io::Result<State> {
        let mut file = std::fs::File::from(memory);
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(State { bytes, fds })
    }
}

/// Puts in front of a body what tells that it is one.
pub(super) fn seal(magic: [u8; 8], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&magic);
    bytes.extend_from_slice(&u64::from(FORMAT).to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&checksum(body).to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The format of a state, and its body.
pub(super) fn body(magic: [u8; 8], bytes: &[u8]) -> Result<(u32, &[u8]), CarryError> {
    let damaged = |what| CarryError::Damaged { what };
    let (header, body) = bytes.split_at_checked(HEADER).ok_or(damaged("it ends too early"))?;
    let (found, numbers) = header.split_at(magic.len());
    if found != magic {
        return Err(damaged("it does not begin as one"));
    }
    let mut numbers = numbers.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().unwrap_or_default()));
    let (format, length, sum) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let format = u32::try_from(format).unwrap_or(u32::MAX);
    if !(OLDEST..=FORMAT).contains(&format) {
        return Err(CarryError::Format { found: format, known: FORMAT });
    }
    if length != body.len() as u64 {
        return Err(damaged("its length is another one"));
    }
    if sum != checksum(body) {
        return Err(damaged("its checksum is another one"));
    }
    Ok((format, body))
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = Sum::default();
    sum.add(bytes);
    sum.0
}

/// FNV-1a of 64 bits: finds damage and differences, not malice.
pub(super) struct Sum(pub(super) u64);

impl Default for Sum {
    fn default() -> Sum {
        Sum(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
