//! A capture as if it happened now: through the same connections, to the same [`Watch`].

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::AsFd;

use wayline::dynamic::Direction;
use wayline::{Link, MemoryLink};

use super::packet::{Body, Packet};
use crate::record::Record;
use crate::relay::{Failure, Relay};
use crate::watch::{Watch, end_of};

pub(crate) struct Replay {
    watch: Watch,
    connections: BTreeMap<u32, Ends>,
    /// What all descriptors are here.
    null: File,
}

/// A connection, and the far ends of its links.
struct Ends {
    relay: Relay,
    client: MemoryLink,
    server: MemoryLink,
}

impl Replay {
    pub(crate) fn new(watch: Watch) -> Result<Replay, String> {
        let null = File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
        Ok(Replay { watch, connections: BTreeMap::new(), null })
    }

    pub(crate) fn packet(&mut self, packet: &Packet) {
        let Packet { at, connection, body } = packet;
        match body {
            Body::Connected { program, pid } => {
                self.watch.opened(*at, *connection, program.clone(), *pid);
                let ((client, here), (server, there)) = (MemoryLink::pair(), MemoryLink::pair());
                let relay =
                    Relay::new(here, there, self.watch.catalog().protocols(), self.watch.selection(*connection));
                self.connections.insert(*connection, Ends { relay, client, server });
            }
            Body::Message { direction, bytes, .. } => self.message(packet, *direction, bytes),
            Body::Ended { direction, end } => {
                self.connections.remove(connection);
                self.watch.ended(*at, *connection, *direction, end);
            }
            Body::Refused { direction, bytes } => self.watch.refused(*at, *connection, *direction, bytes),
            Body::Fault(fault) => self.watch.fault(*at, *connection, fault),
            Body::Description { .. } => {}
        }
    }

    fn message(&mut self, packet: &Packet, direction: Direction, bytes: &[u8]) {
        let Body::Message { fds, .. } = &packet.body else { return };
        let Some(ends) = self.connections.get_mut(&packet.connection) else { return };
        let (from, to) = match direction {
            Direction::Request => (&mut ends.client, &mut ends.server),
            Direction::Event => (&mut ends.server, &mut ends.client),
        };
        let nulls = vec![self.null.as_fd(); fds.len()];
        // A link in memory takes everything.
        let _ = from.send(bytes, &nulls);
        let (at, connection, catalog) = (packet.at, packet.connection, self.watch.catalog());
        let Some(mut look) = self.watch.look(at, connection) else { return };
        let passed = ends.relay.visit(direction, &catalog, |message, meaning, fate| {
            look.message(&Record { at, connection, message, meaning, fds }, fate);
            false
        });
        look.done();
        // No message that was refused is in a capture: this is no true one.
        let refused = if let Err(Failure::Receive(error)) = passed { Some(end_of(&error)) } else { None };
        ends.relay.flush();
        // Nobody reads it; it must not pile up.
        let mut buffer = [0; 4096];
        while to.receive(&mut buffer, &mut VecDeque::new()).is_ok_and(|received| received.bytes > 0) {}
        if let Some(end) = refused {
            self.connections.remove(&packet.connection);
            self.watch.ended(packet.at, packet.connection, direction, &end);
        }
    }

    /// Writes what is kept back.
    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.watch.finish()
    }
}
