//! A program that is server and client at once, as a nested compositor is, between a server and a client.

use super::protocol::{Probe, ProbeChild, probe as api, probe_child};
use super::{TestClient, TestServer, link, until_quiet};
use wayline::{
    Client, ClientId, Disconnect, EventHandler, HandlerError, HandlerResult, HasClient, HasServer, MemoryLink,
    RequestHandler, Server, client, server,
};

/// Server and client in one application, which blames an object of its choice for the next message.
pub(crate) struct Nested {
    pub(crate) server: Server<Nested>,
    pub(crate) client: Client<Nested>,
    pub(crate) blamed: Option<ProbeChild>,
    /// Objects of its clients, and of its server.
    pub(crate) inner: Vec<ProbeChild>,
    pub(crate) ended: Option<Disconnect>,
}

impl HasServer for Nested {
    fn server(&mut self) -> &mut Server<Nested> {
        &mut self.server
    }

    fn disconnected(&mut self, _: ClientId, reason: &Disconnect) {
        self.ended = Some(reason.clone());
    }
}

impl HasClient for Nested {
    fn client(&mut self) -> &mut Client<Nested> {
        &mut self.client
    }
}

impl RequestHandler<Probe> for Nested {
    type Data = ();

    fn request(&mut self, _: Probe, request: api::Request<'_>) -> HandlerResult {
        match request {
            api::Request::Create { id } => self.inner.push(id),
            api::Request::Offer => return Err(HandlerError::protocol(self.blamed.unwrap(), 7_u32, "blamed")),
            _ => {}
        }
        Ok(())
    }
}

impl RequestHandler<ProbeChild> for Nested {
    type Data = ();

    fn request(&mut self, _: ProbeChild, _: probe_child::Request) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<Probe> for Nested {
    type Data = ();

    fn event(&mut self, _: Probe, event: api::Event<'_>) -> HandlerResult {
        match event {
            api::Event::Words { .. } => Err(HandlerError::protocol(self.blamed.unwrap(), 7_u32, "blamed")),
            _ => Ok(()),
        }
    }
}

impl EventHandler<ProbeChild> for Nested {
    type Data = ();

    fn event(&mut self, _: ProbeChild, _: probe_child::Event) -> HandlerResult {
        Ok(())
    }
}

/// A program between a host and a guest, with a probe on both connections.
pub(crate) struct Between {
    pub(crate) host: TestServer,
    pub(crate) nested: Nested,
    pub(crate) guest: TestClient,
    pub(crate) above: ClientId,
    pub(crate) below: ClientId,
    pub(crate) outer: Probe,
    pub(crate) probe: Probe,
}

impl Between {
    pub(crate) fn new() -> Between {
        let mut host = TestServer::new();
        let (a, b) = MemoryLink::pair();
        let above = host.server.connect(link(a));
        let mut server = Server::new();
        server.add_global::<Probe>(3).unwrap();
        let (c, d) = MemoryLink::pair();
        let below = server.connect(link(c));
        let mut nested = Nested { server, client: Client::new(link(b)), blamed: None, inner: Vec::new(), ended: None };
        let mut guest = TestClient::new(link(d));
        pump_between(&mut host, &mut nested, &mut guest, above, below);
        let probe: Probe = guest.client.bind(3).unwrap();
        let outer: Probe = nested.client.bind(3).unwrap();
        let mut between = Between { host, nested, guest, above, below, outer, probe };
        between.pump();
        between
    }

    pub(crate) fn pump(&mut self) {
        pump_between(&mut self.host, &mut self.nested, &mut self.guest, self.above, self.below);
    }

    /// A child of the guest's.
    pub(crate) fn child(&mut self) -> (ProbeChild, ProbeChild) {
        let theirs = self.probe.create(&mut self.guest.client).unwrap();
        self.pump();
        (*self.nested.inner.last().unwrap(), theirs)
    }

    /// What the guest is told when its next request blames `object`.
    pub(crate) fn blame(&mut self, object: ProbeChild) -> wayline::ProtocolError {
        self.nested.blamed = Some(object);
        self.probe.offer(&mut self.guest.client).unwrap();
        self.pump();
        match self.guest.client.ended() {
            Some(Disconnect::Protocol(error)) => error.clone(),
            ended => panic!("{ended:?}"),
        }
    }
}

fn pump_between(host: &mut TestServer, nested: &mut Nested, guest: &mut TestClient, above: ClientId, below: ClientId) {
    until_quiet(|| {
        client::finish_turn(guest);
        let mut busy = server::receive(nested, below);
        server::finish_turn(nested);
        busy |= client::receive(nested);
        client::finish_turn(nested);
        busy |= server::receive(host, above);
        server::finish_turn(host);
        busy | client::receive(guest)
    });
}
