//! One connection: what is passed on between a client and a server, and what of it is hidden.

mod offers;

use wayline::Link;
use wayline::dynamic::{self, Direction, EncodeError, Protocols, ReceiveError, Selection, Verdict, View};

use crate::catalog::Catalog;
use crate::meaning::{Known, Meaning};
pub(crate) use offers::Fate;
use offers::Offers;

/// Why no more messages of a direction are passed on.
pub(crate) enum Failure {
    /// None come.
    Receive(ReceiveError),
    /// The last one cannot be sent.
    Send(EncodeError),
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Failure {
        Failure::Receive(error)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Failure {
        Failure::Send(error)
    }
}

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

    /// Passes on what has arrived of a direction, and shows each message that is selected to `see`, with what becomes of
    /// it. Returns the one that `see` says is to be held back, if it says so.
    pub(crate) fn visit(
        &mut self,
        direction: Direction,
        catalog: &Catalog,
        mut see: impl FnMut(&View<'_>, &Meaning, Fate) -> bool,
    ) -> Result<Option<Fate>, Failure> {
        let Relay { ends, offers } = self;
        loop {
            let mut stopped = None;
            let held = ends.visit(direction, |message| {
                let meaning = catalog.meaning(message);
                let fate = match meaning.known {
                    Some(known @ (Known::Global | Known::GlobalRemove)) => offers.judge(known, message, catalog),
                    _ => Fate::Passed,
                };
                let is_held = see(message, meaning, fate);
                match fate {
                    Fate::Hidden if !is_held => Verdict::Drop,
                    Fate::Passed if !is_held => Verdict::Pass,
                    _ => {
                        stopped = Some((fate, is_held));
                        Verdict::Hold
                    }
                }
            })?;
            match stopped {
                _ if !held => return Ok(None),
                Some((fate, true)) => return Ok(Some(fate)),
                // One that cannot be passed on is held whatever was said.
                stopped => Relay::pass_on(ends, direction, stopped.map_or(Fate::Passed, |(fate, _)| fate))?,
            }
            // Another read would let a peer that always has such a one keep the loop.
            if !ends.has_more(direction) {
                return Ok(None);
            }
        }
    }

    /// Lets a message go that was held back.
    pub(crate) fn resume(&mut self, direction: Direction, fate: Fate) -> Result<(), EncodeError> {
        Relay::pass_on(&mut self.ends, direction, fate)
    }

    fn pass_on(ends: &mut dynamic::Relay, direction: Direction, fate: Fate) -> Result<(), EncodeError> {
        match fate {
            Fate::Passed => ends.forward(direction),
            Fate::Hidden => Ok(()),
            Fate::Clamped(_) => match ends.take(direction) {
                Some(received) => ends.send(direction, fate.apply(received.message)),
                None => Ok(()),
            },
        }
    }

    /// Sends what is queued. Whether all is gone; what is for a side that has ended is gone too.
    pub(crate) fn flush(&mut self) -> bool {
        let requests = self.ends.flush(Direction::Request).unwrap_or(true);
        self.ends.flush(Direction::Event).unwrap_or(true) && requests
    }

    /// Whether something waits that no descriptor tells of.
    pub(crate) fn is_congested(&self) -> bool {
        self.ends.client().is_congested() || self.ends.server().is_congested()
    }

    /// Tells the client why it is disconnected.
    pub(crate) fn refuse(&mut self, error: &ReceiveError) {
        if let ReceiveError::Refused(refusal) = error {
            // One that takes nothing any more is not told.
            let _ = self.ends.send(Direction::Event, refusal.to_event());
        }
    }
}
