//! One connection: an end for the client, an end for the server, and what is passed on between them.

mod offers;

use wayline::Link;
use wayline::dynamic::{Connection, Direction, EncodeError, Protocols, ReceiveError, View};
use wayline::{Disconnect, SendError};

pub(crate) use offers::Fate;
use offers::{Offer, Offers};

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

    /// The end that messages of a direction come from.
    fn source(&self, direction: Direction) -> &Connection {
        match direction {
            Direction::Request => &self.client,
            Direction::Event => &self.server,
        }
    }

    /// Whether all that was read of a direction has been passed on, so that what follows arrives later.
    pub(crate) fn is_drained(&self, direction: Direction) -> bool {
        self.source(direction).unread().0 == 0
    }

    /// Takes the next message of a direction. `None` if there is none, or the other side does not read.
    pub(crate) fn advance(&mut self, direction: Direction) -> Result<Option<Fate>, ReceiveError> {
        let (from, to) = self.ends(direction);
        if to.is_behind() || !from.advance()? {
            return Ok(None);
        }
        let Relay { client, server, offers } = self;
        let offer = if direction == Direction::Event { server.message().and_then(Offer::of) } else { None };
        Ok(Some(offer.map_or(Fate::Passed, |offer| offers.judge(offer, client.protocols()))))
    }

    /// The message of the last [`Relay::advance`].
    pub(crate) fn message(&self, direction: Direction) -> Option<View<'_>> {
        self.source(direction).message()
    }

    /// The bytes of the message of a direction that was received last, or that was refused.
    pub(crate) fn last_received(&self, direction: Direction) -> &[u8] {
        self.source(direction).last_received()
    }

    /// Passes on the message of the last [`Relay::advance`].
    pub(crate) fn send(&mut self, direction: Direction, fate: Fate) -> Result<(), EncodeError> {
        let (from, to) = self.ends(direction);
        let sent = match fate {
            Fate::Hidden => return Ok(()),
            Fate::Clamped(_) => from.take().map_or(Ok(()), |received| to.send(fate.apply(received.message))),
            Fate::Passed => from.forward(to),
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
