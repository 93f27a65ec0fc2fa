//! A server whose handlers do what the messages say.

use std::collections::VecDeque;

use super::probe::protocol::{Probe, ProbeChild, probe as api, probe_child};
use super::script::Act;
use wayline::{
    ClientId, Disconnect, GlobalId, HandlerError, HandlerResult, HasServer, Limits, Link, MemoryLink, RequestHandler,
    SendError, Server, server,
};

/// The limits that [`Act::Limit`] chooses from.
pub(crate) const SIZES: [usize; 4] = [4096, 4096, 24, 20];

/// Something that happened, in an order that matters. Objects are told by the number that their data holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    Bound {
        serial: u64,
    },
    Request {
        client: usize,
        id: u32,
        serial: u64,
        opcode: u16,
    },
    Destroyed {
        serial: u64,
    },
    /// What a call of the server came to: whether it was accepted, or found the object gone.
    Called(Result<(), SendError>),
    /// Object and code of the error event, if there was one.
    Disconnected {
        client: usize,
        error: Option<(u32, u32)>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Object {
    Probe(Probe),
    Child(ProbeChild),
}

pub(crate) struct App {
    pub(crate) server: Server<App>,
    pub(crate) log: Vec<Entry>,
    /// The acts of messages, by the number that they carry.
    pub(crate) acts: Vec<Vec<Act>>,
    pub(crate) clients: Vec<ClientId>,
    pub(crate) links: Vec<MemoryLink>,
    pub(crate) objects: Vec<Object>,
    /// Ids that the server gave to objects of its own.
    pub(crate) offered: VecDeque<u32>,
    on_destroy: Vec<Act>,
    on_end: Vec<Act>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        let error = match reason {
            Disconnect::Protocol(error) => Some((error.object, error.code)),
            // What the client was told: implementation, of the display.
            Disconnect::Internal(_) => Some((1, 3)),
            Disconnect::Local => None,
            reason => panic!("{reason}"),
        };
        let client = self.index(client);
        self.log.push(Entry::Disconnected { client, error });
    }
}

impl App {
    pub(crate) fn new() -> App {
        let mut server = Server::new();
        server.add_global::<Probe>(3).unwrap();
        App {
            server,
            log: Vec::new(),
            acts: Vec::new(),
            clients: Vec::new(),
            links: Vec::new(),
            objects: Vec::new(),
            offered: VecDeque::new(),
            on_destroy: Vec::new(),
            on_end: Vec::new(),
        }
    }

    fn index(&self, client: ClientId) -> usize {
        self.clients.iter().position(|&other| other == client).unwrap()
    }

    /// A client that asks for a registry, a probe and a child.
    pub(crate) fn connect(&mut self) {
        let (link, other) = MemoryLink::pair();
        self.clients.push(self.server.connect(other));
        self.links.push(link);
    }

    pub(crate) fn send(&mut self, client: usize, bytes: &[u8]) {
        // It may be closed at the other end.
        let _: std::io::Result<usize> = self.links[client].send(bytes, &[]);
    }

    fn note(&mut self, object: Object, data: u64) -> Option<()> {
        match object {
            Object::Probe(probe) => *self.server.data(probe).ok()? = data,
            Object::Child(child) => *self.server.data(child).ok()? = data,
        }
        self.objects.push(object);
        Some(())
    }

    fn serial(&self) -> u64 {
        self.objects.len() as u64 + 1
    }

    fn act(&mut self, acts: Vec<Act>) -> HandlerResult {
        for act in acts {
            let object = |n: usize| self.objects.get(n % self.objects.len().max(1)).copied();
            let server = &mut self.server;
            match act {
                Act::Finish(n) => {
                    if let Some(Object::Child(child)) = object(n) {
                        let called = child.finished(server);
                        self.log.push(Entry::Called(called));
                    }
                }
                Act::Retire(n) => match object(n) {
                    Some(Object::Probe(probe)) => server.destroy(probe),
                    Some(Object::Child(child)) => server.destroy(child),
                    None => {}
                },
                Act::Disconnect(n) => server.disconnect(self.clients[n % self.clients.len()]),
                Act::Post(n) => match object(n) {
                    Some(Object::Probe(probe)) => server.post_error(probe, 9_u32, "posted"),
                    Some(Object::Child(child)) => server.post_error(child, 9_u32, "posted"),
                    None => {}
                },
                Act::Offer(n) => {
                    if let Some(Object::Probe(probe)) = object(n) {
                        let made = probe.offered(server);
                        self.log.push(Entry::Called(made.map(|_| ())));
                        if let Ok(child) = made {
                            self.offered.push_back(child.id());
                            let serial = self.serial();
                            self.note(Object::Child(child), serial);
                        }
                    }
                }
                Act::Words(n) => {
                    if let Some(Object::Probe(probe)) = object(n) {
                        let called = probe.words(server, 5, 0, wayline::Fixed::ZERO, 0);
                        let called = called.map_err(|error| match error {
                            SendError::TooLarge { .. } => SendError::InteriorNul,
                            error => error,
                        });
                        self.log.push(Entry::Called(called));
                    }
                }
                Act::Receive(n) => {
                    let client = self.clients[n % self.clients.len()];
                    assert!(!server::receive(self, client), "within a handler, or there is nothing");
                }
                Act::Limit(n) => {
                    server.set_limits(Limits { message_size: SIZES[n % SIZES.len()], ..Limits::default() });
                }
                Act::Connect => self.connect(),
                Act::OnDestroy(acts) => self.on_destroy = acts,
                Act::OnEnd(acts) => self.on_end = acts,
                Act::Blame(n) => match object(n) {
                    Some(Object::Probe(probe)) => return Err(HandlerError::protocol(probe, 7_u32, "blamed")),
                    Some(Object::Child(child)) => return Err(HandlerError::protocol(child, 7_u32, "blamed")),
                    None => {}
                },
            }
        }
        Ok(())
    }

    fn ended(&mut self, serial: u64) {
        self.log.push(Entry::Destroyed { serial });
        let acts = std::mem::take(&mut self.on_end);
        let _: HandlerResult = self.act(acts);
    }
}

impl RequestHandler<Probe> for App {
    type Data = u64;

    fn bound(&mut self, this: Probe, _: GlobalId) -> HandlerResult {
        let serial = self.serial();
        self.note(Object::Probe(this), serial).unwrap();
        self.log.push(Entry::Bound { serial });
        Ok(())
    }

    fn request(&mut self, this: Probe, request: api::Request<'_>) -> HandlerResult {
        use api::opcode;
        let opcode = match &request {
            api::Request::Destroy => opcode::DESTROY,
            api::Request::Ints { .. } => opcode::INTS,
            api::Request::Text { .. } => opcode::TEXT,
            api::Request::Fd { .. } => opcode::FD,
            api::Request::Create { .. } => opcode::CREATE,
            api::Request::Take { .. } => opcode::TAKE,
            api::Request::Fail { .. } => opcode::FAIL,
            api::Request::Offer => opcode::OFFER,
            api::Request::Recent => opcode::RECENT,
        };
        let serial = *self.server.data(this).expect("the object is live when its handler is called");
        self.log.push(Entry::Request { client: self.index(this.client()), id: this.id(), serial, opcode });
        match request {
            api::Request::Destroy => {
                let acts = std::mem::take(&mut self.on_destroy);
                return self.act(acts);
            }
            api::Request::Ints { b, .. } => return self.act(self.acts[b as usize].clone()),
            api::Request::Create { id } => {
                let serial = self.serial();
                self.note(Object::Child(id), serial).unwrap();
            }
            api::Request::Take { child } => this.named(&mut self.server, child)?,
            api::Request::Fail { code } => return Err(HandlerError::protocol(this, code, "as you wish")),
            api::Request::Offer => {
                let child = this.offered(&mut self.server)?;
                self.offered.push_back(child.id());
                let serial = self.serial();
                self.note(Object::Child(child), serial).unwrap();
            }
            api::Request::Recent | api::Request::Text { .. } | api::Request::Fd { .. } => {}
        }
        Ok(())
    }

    fn destroyed(&mut self, _: Probe, data: u64) {
        self.ended(data);
    }
}

impl RequestHandler<ProbeChild> for App {
    type Data = u64;

    fn request(&mut self, this: ProbeChild, request: probe_child::Request) -> HandlerResult {
        use probe_child::opcode;
        let opcode = match &request {
            probe_child::Request::Destroy => opcode::DESTROY,
            probe_child::Request::Poke { .. } => opcode::POKE,
            probe_child::Request::Finish => opcode::FINISH,
            probe_child::Request::Spawn { .. } => opcode::SPAWN,
        };
        let serial = *self.server.data(this).expect("the object is live when its handler is called");
        self.log.push(Entry::Request { client: self.index(this.client()), id: this.id(), serial, opcode });
        match request {
            probe_child::Request::Destroy => {
                let acts = std::mem::take(&mut self.on_destroy);
                self.act(acts)
            }
            probe_child::Request::Poke { serial } => self.act(self.acts[serial as usize].clone()),
            probe_child::Request::Finish => Ok(this.finished(&mut self.server)?),
            probe_child::Request::Spawn { .. } => Ok(()),
        }
    }

    fn destroyed(&mut self, _: ProbeChild, data: u64) {
        self.ended(data);
    }
}
