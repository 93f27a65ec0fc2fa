//! The flight recorder: what a peer sent last, for whoever asks why its connection ended.
//!
//! The receive buffer still has it when a message is refused, so nothing is kept for it while all goes well.

use std::collections::{HashMap, VecDeque};

use super::Core;
use crate::escape::shortened;
use crate::handle::ClientId;
use crate::objects::Objects;
use crate::spec::{ArgKind, Message, Spec};
use crate::trace::describe;
use crate::wire::{HEADER, Header, Reader};

/// Messages that are told.
const TOLD: usize = 16;

/// Bytes of the text of each.
const LINE: usize = 256;

/// The end of a connection.
#[derive(Debug)]
pub(crate) struct End {
    pub(super) reason: crate::error::Disconnect,
    /// The last messages, oldest first.
    pub(super) last: Vec<String>,
}

/// The last messages of a peer. In two parts, so that none has to be looked at to forget the oldest.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    before: Vec<u8>,
    latest: Vec<u8>,
}

impl End {
    pub(super) fn new(reason: crate::error::Disconnect) -> Box<End> {
        Box::new(End { reason, last: Vec::new() })
    }
}

/// A message that was sent to `id`.
struct Sent<'a> {
    id: u32,
    opcode: u16,
    body: &'a [u8],
    spec: Option<&'static Spec>,
}

impl<A> Core<A> {
    /// Notes what a peer sent last, if its connection ends. `bytes` are the messages of a read, up to the one for which it
    /// ends.
    #[cold]
    #[inline(never)]
    pub(super) fn note_last(&mut self, client: ClientId, bytes: &[u8]) {
        let Some(peer) = self.peer(client) else { return };
        let recent = peer.recent.as_ref().map(|recent| [&recent.before[..], &recent.latest]).unwrap_or_default();
        let bytes = [recent[0], recent[1], bytes].concat();
        let last: Vec<String> = self.last_of(&peer.objects, &bytes).iter().map(|sent| self.text(sent)).collect();
        let end = self.peer_mut(client).and_then(|peer| peer.closing.as_mut().or(peer.ending.as_mut()));
        if let Some(end) = end {
            end.last = last;
        }
    }

    /// Keeps so many bytes of each peer from now on.
    pub(super) fn set_recorded(&mut self, bytes: usize) {
        self.recorded = bytes;
        let clients: Vec<ClientId> = self.clients().collect();
        for client in clients {
            if let Some(peer) = self.peer_mut(client) {
                peer.recent = None;
            }
        }
    }

    /// Keeps messages of a peer for [`Core::note_last`].
    #[cold]
    #[inline(never)]
    pub(super) fn record(&mut self, client: ClientId, bytes: &[u8]) {
        let most = self.recorded;
        let Some(peer) = self.peer_mut(client) else { return };
        let Recent { before, latest } = &mut **peer.recent.get_or_insert_default();
        let kept = &bytes[beyond(bytes, most)..];
        if latest.len() + kept.len() > most {
            std::mem::swap(before, latest);
            latest.clear();
        }
        latest.extend_from_slice(kept);
    }

    fn last_of<'a>(&self, objects: &Objects, mut bytes: &'a [u8]) -> VecDeque<Sent<'a>> {
        let mut last: VecDeque<Sent<'a>> = VecDeque::with_capacity(TOLD);
        // What these messages have made of ids; objects that are older than all of them are still in the table.
        let mut seen: HashMap<u32, Option<&'static Spec>> = HashMap::new();
        while let Some((header, behind)) = bytes.split_first_chunk::<HEADER>() {
            let Header { object: id, opcode, size } = Header::from_bytes(*header);
            let length = usize::from(size).saturating_sub(HEADER).min(behind.len());
            let (body, rest) = behind.split_at(length);
            bytes = rest;
            let spec = seen.get(&id).copied().unwrap_or_else(|| self.spec(objects.entry(id).known_interface()));
            if last.len() == TOLD {
                last.pop_front();
            }
            last.push_back(Sent { id, opcode, body, spec });
            let Some(message) = spec.and_then(|spec| self.received(spec).get(usize::from(opcode))) else { continue };
            if message.destructor {
                seen.insert(id, None);
            }
            for (id, made) in made_by(message, body) {
                let before = seen.insert(id, made);
                if before.is_none() {
                    // The table has only the object that has this id now.
                    last.iter_mut().filter(|sent| sent.id == id).for_each(|sent| sent.spec = None);
                }
            }
        }
        last
    }

    fn text(&self, sent: &Sent<'_>) -> String {
        let Sent { id, opcode, body, spec } = *sent;
        let message = spec.and_then(|spec| Some((spec, self.received(spec).get(usize::from(opcode))?)));
        let text = match (message, spec) {
            (Some((spec, message)), _) => describe(spec.name, id, message, body, &[]),
            (None, Some(spec)) => format!("{}#{id}, opcode {opcode}, {} bytes", spec.name, body.len()),
            (None, None) => format!("object {id} that is no more, opcode {opcode}, {} bytes", body.len()),
        };
        shortened(&text, LINE).to_owned()
    }
}

/// Where the messages begin that are to be kept of these: no more than `most` bytes.
fn beyond(bytes: &[u8], most: usize) -> usize {
    let mut rest = bytes;
    while rest.len() > most {
        let size = rest.first_chunk::<HEADER>().map_or(0, |header| Header::from_bytes(*header).size);
        rest = rest.get(usize::from(size).max(HEADER)..).unwrap_or_default();
    }
    bytes.len() - rest.len()
}

/// The objects that a message makes: the interface of each, if its signature has it.
fn made_by(message: &'static Message, body: &[u8]) -> Vec<(u32, Option<&'static Spec>)> {
    let mut reader = Reader::new(body);
    let mut made = Vec::new();
    for arg in message.args {
        let read = match arg.kind {
            ArgKind::Int | ArgKind::Uint | ArgKind::Fixed | ArgKind::Object { .. } => reader.word().map(drop),
            ArgKind::String { .. } | ArgKind::Array => reader.array().map(drop),
            ArgKind::Fd => Ok(()),
            ArgKind::NewId { interface } => reader.word().map(|id| made.push((id, Some(interface)))),
            // Of these the table knows: they were bound by name.
            ArgKind::AnyNewId => break,
        };
        if read.is_err() {
            break;
        }
    }
    made
}
