//! One connection: what is passed on between a client and a server, and what of it is hidden.

mod offers;

use wayline::Link;
use wayline::dynamic::{self, Direction, EncodeError, Protocols, ReceiveError, Selection, View};

use crate::meaning::{Known, Meaning};
pub(crate) use offers::Fate;
use offers::Offers;

pub(crate) struct Relay {
    pub(crate) ends: dynamic::Relay,
    offers: Offers,
}

impl Relay {
    /// Messages that are not selected are passed on unseen.
    pub(crate) fn new(
        client: impl Link + 'static,
        server: impl Link + 'static,
        protocols: &Protocols,
        selection: Option<Selection>,
    ) -> Relay {
        let mut ends = dynamic::Relay::new(client, server, protocols);
        if let Some(selection) = selection {
            ends.select(selection);
        }
        Relay { ends, offers: Offers::default() }
    }

    /// Takes the next message of a direction that is to be seen. Whether there is one.
    pub(crate) fn advance(&mut self, direction: Direction) -> Result<bool, ReceiveError> {
        self.ends.advance(direction)
    }

    /// Whether all that was read of a direction has been passed on, so that what follows arrives later.
    pub(crate) fn is_drained(&self, direction: Direction) -> bool {
        let end = if direction == Direction::Request { self.ends.client() } else { self.ends.server() };
        end.unread().0 == 0
    }

    /// The message of the last [`Relay::advance`].
    pub(crate) fn message(&self, direction: Direction) -> Option<View<'_>> {
        self.ends.message(direction)
    }

    /// What becomes of it.
    #[inline]
    pub(crate) fn fate(&mut self, direction: Direction, meaning: Meaning) -> Fate {
        let Some(known @ (Known::Global | Known::GlobalRemove)) = meaning.known else { return Fate::Passed };
        let Relay { ends, offers } = self;
        ends.message(direction).map_or(Fate::Passed, |message| offers.judge(known, message, ends.protocols()))
    }

    /// The opcode of the last request to the object that a message says something was wrong with.
    pub(crate) fn asked(&self, message: &View<'_>, meaning: Meaning) -> Option<u16> {
        if meaning.known != Some(Known::Error) {
            return None;
        }
        let (_, id) = message.args().next()?;
        if let dynamic::ValueRef::Object(id) = id { self.ends.last_request(id) } else { None }
    }

    /// Passes on the message of the last [`Relay::advance`].
    pub(crate) fn send(&mut self, direction: Direction, fate: Fate) -> Result<(), EncodeError> {
        match fate {
            Fate::Passed => self.ends.forward(direction),
            Fate::Hidden => Ok(()),
            Fate::Clamped(_) => match self.ends.take(direction) {
                Some(received) => self.ends.send(direction, fate.apply(received.message)),
                None => Ok(()),
            },
        }
    }

    /// Sends what is queued. Whether all is gone; what is for a side that has ended is gone too.
    pub(crate) fn flush(&mut self) -> bool {
        let requests = self.ends.flush(Direction::Request).unwrap_or(true);
        self.ends.flush(Direction::Event).unwrap_or(true) && requests
    }

    /// Tells the client why it is disconnected.
    pub(crate) fn refuse(&mut self, error: &ReceiveError) {
        if let ReceiveError::Refused(refusal) = error {
            // One that takes nothing any more is not told.
            let _ = self.ends.send(Direction::Event, refusal.to_event());
        }
    }
}
