//! The messages of a client, from what it takes for live: what the server knows before it has read them, and what they make.

use super::model::{Client, Interface, Message, Model};
use super::script::{Id, Send};

impl Model {
    /// The messages that a client sends, as far as it knows what there is.
    pub(crate) fn compose(&mut self, client: usize, sends: &[Send]) -> Vec<Message> {
        let Client { objects, next, waiting, .. } = &mut self.clients[client];
        let mut messages = std::mem::take(waiting);
        let mut known: Vec<(u32, Interface)> = objects.iter().map(|(id, object)| (*id, object.interface)).collect();
        let mut next = *next;
        if !messages.is_empty() {
            known.extend([(2, Interface::Registry), (3, Interface::Probe), (4, Interface::Child)]);
            next = 5;
        }
        for send in sends {
            let of = |interface: Option<Interface>, n: usize| {
                let fits = |(_, other): &&(u32, Interface)| match interface {
                    Some(interface) => interface == *other,
                    None => matches!(other, Interface::Probe | Interface::Child),
                };
                let fitting: Vec<_> = known.iter().filter(fits).collect();
                fitting.get(n % fitting.len().max(1)).map_or((3, Interface::Probe), |found| **found)
            };
            let (probe, child) = (|n| of(Some(Interface::Probe), n).0, |n| of(Some(Interface::Child), n).0);
            let vacant = || (2..next).find(|id| known.iter().all(|(known, _)| known != id));
            let new = |id: Id| match id {
                Id::Next => next,
                Id::Vacant => vacant().unwrap_or(next),
                Id::Any(id) => id,
            };
            let (message, made) = match send {
                Send::Act(n, acts) => {
                    self.acts.push(acts.clone());
                    let act = self.acts.len() as u32 - 1;
                    let message = match of(None, *n) {
                        (id, Interface::Child) => (id, 1, vec![act]),
                        (id, _) => (id, 1, vec![0, act, 0, 0]),
                    };
                    (message, None)
                }
                Send::Destroy(n) => ((of(None, *n).0, 0, vec![]), None),
                Send::Create(n, id) => ((probe(*n), 4, vec![new(*id)]), Some((new(*id), Interface::Child))),
                Send::Take(n, m) => ((probe(*n), 5, vec![if m % 4 == 0 { 0 } else { child(*m) }]), None),
                Send::Fail(n) => ((probe(*n), 6, vec![8]), None),
                Send::Finish(n) => ((child(*n), 2, vec![]), None),
                Send::Offer(n) => ((probe(*n), 7, vec![]), None),
                Send::Recent(n) => ((probe(*n), 8, vec![]), None),
                Send::Sync(id) => ((1, 0, vec![new(*id)]), None),
                Send::Bind(id, version) => (bind(new(*id), *version), Some((new(*id), Interface::Probe))),
                // Those that take descriptors or acts are left out.
                Send::Raw(n, opcode @ 1..=3, _) => ((of(None, *n).0, opcode + 20, vec![]), None),
                Send::Raw(n, opcode, words) => ((*n as u32 % 12, *opcode, vec![1; *words]), None),
            };
            if let Some((id, interface)) = made {
                known.retain(|(known, _)| *known != id);
                known.push((id, interface));
                next = next.max(id + 1);
            } else if let (1, 0, words) = &message
                && words.first() == Some(&next)
            {
                next += 1;
            }
            messages.push(message);
        }
        messages
    }
}

/// Binds the one global.
pub(crate) fn bind(id: u32, version: u32) -> Message {
    let [a, b] = [*b"prob", *b"e\0\0\0"].map(u32::from_ne_bytes);
    (2, 0, vec![1, 6, a, b, version, id])
}
