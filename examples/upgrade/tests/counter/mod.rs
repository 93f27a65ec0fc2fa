//! A client of the server.

use std::path::Path;
use std::time::Duration;

use upgrade::{Tally, tally};
use wayline::{Client, EventHandler, HandlerResult, HasClient};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Counter {
    pub(crate) client: Client<Counter>,
    pub(crate) own: u32,
    /// The sum that was told last, and the process that told it.
    pub(crate) sum: u32,
    pub(crate) server: u32,
}

impl HasClient for Counter {
    fn client(&mut self) -> &mut Client<Counter> {
        &mut self.client
    }
}

impl EventHandler<Tally> for Counter {
    type Data = ();

    fn event(&mut self, _: Tally, tally::Event::Sum { of_all, own, server }: tally::Event) -> HandlerResult {
        assert_eq!(own, self.own + 1, "one after the other");
        assert!(of_all > self.sum);
        (self.own, self.sum, self.server) = (own, of_all, server);
        Ok(())
    }
}

impl Counter {
    pub(crate) fn connect(path: &Path) -> Counter {
        let client = Client::connect_to_within(path.to_str().unwrap(), PATIENCE).unwrap();
        Counter { client, own: 0, sum: 0, server: 0 }
    }
}
