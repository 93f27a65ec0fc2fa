//! One connection: an end for the client, an end for the server, and what is passed on between them.

mod offers;

use wayline::Link;
use wayline::dynamic::{Connection, Direction, EncodeError, Message, Protocols, ReceiveError, Received};
use wayline::{Disconnect, SendError};

pub(crate) use offers::Fate;
use offers::Offers;

pub(crate) struct Relay {
    /// Takes requests from the client.
    pub(crate) client: Connection,
    /// Takes events from the server.
    pub(crate) server: Connection,
    offers: Offers,
}

impl Relay {
    pub(crate) fn new(client: impl Link + 'static, server: impl Link + 'static, protocols: &Protocols) -> Relay {
        Relay {
            client: Connection::server(client, protocols).relaying(),
            server: Connection::client(server, protocols).relaying(),
            offers: Offers::default(),
        }
    }

    /// The end that messages of a direction come from, and the one that they go to.
    fn ends(&mut self, direction: Direction) -> (&mut Connection, &mut Connection) {
        match direction {
            Direction::Request => (&mut self.client, &mut self.server),
            Direction::Event => (&mut self.server, &mut self.client),
        }
    }

    /// The next message of a direction. `None` if there is none, or the other side does not read.
    pub(crate) fn receive(&mut self, direction: Direction) -> Result<Option<(Received, Fate)>, ReceiveError> {
        let (from, to) = self.ends(direction);
        if to.is_behind() {
            return Ok(None);
        }
        let Some(received) = from.receive()? else { return Ok(None) };
        let fate = self.offers.judge(&received, self.client.protocols());
        Ok(Some((received, fate)))
    }

    /// The bytes of the message of a direction that was received last, or that was refused.
    pub(crate) fn last_received(&self, direction: Direction) -> &[u8] {
        match direction {
            Direction::Request => &self.client,
            Direction::Event => &self.server,
        }
        .last_received()
    }

    /// Passes on the message that was received last.
    pub(crate) fn send(&mut self, direction: Direction, message: Message, fate: Fate) -> Result<(), EncodeError> {
        if fate == Fate::Hidden {
            return Ok(());
        }
        let (from, to) = self.ends(direction);
        let sent = match fate {
            Fate::Clamped(_) => to.send(fate.apply(message)),
            _ => to.pass_on(message, from.last_received()),
        };
        match sent {
            // It reads no more. What it has still said comes first, then its end.
            Err(EncodeError::Send(SendError::Gone)) => Ok(()),
            sent => sent,
        }
    }

    /// Sends what is queued. Whether all is gone; what is for a side that has ended is gone too.
    pub(crate) fn flush(&mut self) -> bool {
        let done = |flushed: Result<bool, Disconnect>| flushed.unwrap_or(true);
        let client = done(self.client.flush());
        done(self.server.flush()) && client
    }

    /// Tells the client why it is disconnected.
    pub(crate) fn refuse(&mut self, error: &ReceiveError) {
        if let ReceiveError::Refused(refusal) = error {
            // One that takes nothing any more is not told.
            let _ = self.client.send(refusal.to_event());
        }
    }
}
