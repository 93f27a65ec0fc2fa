//! A server that keeps what clients send, and charges them for it.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::SendFlags;
use wayline::{ClientId, Disconnect, GlobalId, HandlerResult, HasServer, RequestHandler, Resource, Server, server};

use super::protocol::{Probe, ProbeChild, probe, probe_child};

pub(crate) struct Keeper {
    pub(crate) server: Server<Keeper>,
    pub(crate) ended: Vec<Disconnect>,
    /// Clients that have ended.
    pub(crate) gone: Vec<ClientId>,
    /// The probes, in the order in which they were bound.
    pub(crate) probes: Vec<Probe>,
}

impl HasServer for Keeper {
    fn server(&mut self) -> &mut Server<Keeper> {
        &mut self.server
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        self.ended.push(reason.clone());
        self.gone.push(client);
    }
}

impl RequestHandler<Probe> for Keeper {
    /// Closed when the object ends.
    type Data = Vec<OwnedFd>;

    fn bound(&mut self, this: Probe, _: GlobalId) -> HandlerResult {
        self.probes.push(this);
        Ok(())
    }

    fn request(&mut self, this: Probe, request: probe::Request<'_>) -> HandlerResult {
        let client = this.client();
        match request {
            probe::Request::Fd { fd } => {
                self.server.charge(client, Resource::Fds, 1)?;
                self.server.data(this)?.push(fd);
            }
            probe::Request::Text { bytes, .. } => {
                self.server.charge(client, Resource::StoredBytes, bytes.len() as u64)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl RequestHandler<ProbeChild> for Keeper {
    type Data = ();

    fn request(&mut self, _: ProbeChild, _: probe_child::Request) -> HandlerResult {
        Ok(())
    }
}

impl Keeper {
    pub(crate) fn new() -> Keeper {
        let mut server = Server::new();
        server.add_global::<Probe>(3).unwrap();
        Keeper { server, ended: Vec::new(), gone: Vec::new(), probes: Vec::new() }
    }

    pub(crate) fn turn(&mut self) {
        server::dispatch(self, Some(Duration::ZERO)).unwrap();
    }

    /// A client that has bound the probe as object 3.
    pub(crate) fn client(&mut self) -> UnixStream {
        let (mut peer, theirs) = UnixStream::pair().unwrap();
        self.server.add_socket(theirs.into()).unwrap();
        let name = [6, u32::from_ne_bytes(*b"prob"), u32::from_ne_bytes(*b"e\0\0\0")];
        let words = [1, 12 << 16 | 1, 2, 2, 32 << 16, 1, name[0], name[1], name[2], 3, 3];
        rustix::net::send(&peer, &words.map(u32::to_ne_bytes).concat(), SendFlags::DONTWAIT).unwrap();
        peer.set_nonblocking(true).unwrap();
        let bound = self.probes.len();
        for _ in 0..100 {
            self.turn();
            if self.probes.len() > bound {
                break;
            }
        }
        assert_eq!(self.probes.len(), bound + 1, "{:?}", self.ended);
        while peer.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
        peer
    }
}
