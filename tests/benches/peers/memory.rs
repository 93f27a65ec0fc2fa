//! Messages that come from memory: no sockets and no second process, so that the
//! cost of receiving is all there is.
//!
//! What is measured, and the process that it is measured in. An endpoint reads the same 64 KiB again and again, and what it answers is thrown away.

mod measure;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use wayline::{Link, Received};

use crate::peer::{Control, Library, cpu_time};
use crate::rounds::{Sample, TEXT};
use crate::with_wayline::opcode;
use crate::work::Work;
use crate::{floor, wire, with_wayline};

pub(crate) use measure::tables;

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// The messages.
    pub(crate) work: Work,
    /// For how many objects, in turn.
    pub(crate) objects: u32,
}

/// Bytes of a read, or a little less: whole messages.
const READ: usize = 64 << 10;

/// Id of the first object on the server.
const PEER: u32 = 3;

impl Case {
    /// All, in the order of tables.
    pub(crate) const ALL: [Case; 6] = [
        Case { work: Work::Calc, objects: 1 },
        Case { work: Work::Calc, objects: 8 },
        Case { work: Work::Motion, objects: 1 },
        Case { work: Work::Text, objects: 1 },
        Case { work: Work::Bytes, objects: 1 },
        Case { work: Work::Churn, objects: 1 },
    ];

    /// The name on command lines.
    pub(crate) fn word(self) -> String {
        if self.objects == 1 { self.work.to_string() } else { format!("{}-{}", self.work, self.objects) }
    }

    /// Which side receives: 0 for the client, 1 for the server.
    pub(crate) fn side(self) -> usize {
        usize::from(self.work != Work::Motion)
    }

    /// Messages (or pairs of them) in one read.
    pub(crate) fn messages(self) -> u32 {
        (READ / self.message(PEER, 0).len()) as u32
    }

    /// What a client says to have its objects.
    pub(crate) fn entry(self, global: u32) -> Vec<u8> {
        let binds = (PEER..PEER + self.objects).map(|id| wire::bind(global, id));
        [wire::get_registry()].into_iter().chain(binds).flatten().collect()
    }

    /// One read of a server.
    pub(crate) fn requests(self) -> Vec<u8> {
        (0..self.messages()).flat_map(|number| self.message(PEER + number % self.objects, number)).collect()
    }

    /// One read of a client with this object.
    pub(crate) fn events(self, object: u32) -> Vec<u8> {
        (0..self.messages()).flat_map(|number| self.message(object, number)).collect()
    }

    /// The message with this number, or the pair of them.
    fn message(self, object: u32, number: u32) -> Vec<u8> {
        match self.work {
            Work::Calc => wire::words(object, opcode::CALC, &[number, u32::MAX, 640, 480]),
            Work::Motion => wire::words(object, opcode::MOTION, &[number, 2, 3]),
            Work::Text => wire::field(object, opcode::TEXT, TEXT.len() + 1, TEXT.as_bytes()),
            Work::Bytes => wire::field(object, opcode::BYTES, 64, &[7; 64]),
            Work::Churn => {
                let id = PEER + self.objects + number;
                [wire::words(object, opcode::CREATE, &[id]), wire::words(id, 0, &[])].concat()
            }
            _ => unreachable!("only what is in `Case::ALL` comes from memory"),
        }
    }
}

impl std::str::FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Case, String> {
        Case::ALL.into_iter().find(|case| case.word() == text).ok_or_else(|| format!("`{text}` is not one of them"))
    }
}

/// Is the receiver: `library` on what comes from memory.
pub(crate) fn receive(library: Library, case: Case) {
    let mut read: Box<dyn FnMut()> = match (library, case.work) {
        (Library::Floor, Work::Motion) => Box::new(floor::receive_memory(case)),
        (Library::Floor, _) => Box::new(floor::serve_memory(case)),
        (_, Work::Motion) => Box::new(with_wayline::receive_memory(case)),
        _ => Box::new(with_wayline::serve_memory(case)),
    };
    Control::inherited().obey(|count| {
        let (cpu, start) = (cpu_time(), Instant::now());
        (0..count / case.messages()).for_each(|_| read());
        Sample { client: cpu_time() - cpu, server: 0, wall: start.elapsed().as_nanos() as u64 }
    });
}

/// What each read brings, and a link to nobody.
///
/// Bytes are copied once: readers do not write to their buffer, so what was read is there for the next time too. A copy
/// would be counted as an instruction for each byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed(Arc<Mutex<Bytes>>);

#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    copied: bool,
}

impl Feed {
    /// From now on reads bring these.
    pub(crate) fn set(&self, bytes: Vec<u8>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Bytes { bytes, copied: false };
    }

    /// Returns how many bytes of `buffer` are filled.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> usize {
        let Bytes { bytes, copied } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(copied, true) {
            buffer[..bytes.len()].copy_from_slice(bytes);
        }
        let sample = |bytes: &[u8]| (bytes.first_chunk::<16>().copied(), bytes.last_chunk::<16>().copied());
        assert_eq!(sample(&buffer[..bytes.len()]), sample(bytes), "the reader wrote to its buffer");
        bytes.len()
    }
}

impl Link for Feed {
    fn send(&mut self, bytes: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn receive(&mut self, buffer: &mut [u8], _: &mut std::collections::VecDeque<OwnedFd>) -> io::Result<Received> {
        Ok(Received { bytes: self.read(buffer), fds_lost: false })
    }
}
