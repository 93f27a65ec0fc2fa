//! The server that the kit judges.
//!
//! `orders` obeys the kit, `beacons` are the globals it orders. `shm` and `compositor` are Wayland's.

mod beacons;
mod compositor;
mod orders;
mod shm;

use wayline::io::Socket;
use wayline::protocol::WlFixes;
use wayline::server::{Admission, Applicant};
use wayline::testing::{FaultyLink, Plan};
use wayline::{ClientId, Disconnect, GlobalError, GlobalId, HasServer, Link, Server};

use api::{WlcfChild, WlcfProbe};
use beacons::Beacons;

mod api {
    #![allow(missing_docs, unreachable_pub, reason = "generated, and used here only")]

    wayline::include_protocol!("probe_server");
}

/// The server, and what its probes share.
pub struct App {
    server: Server<App>,
    /// All there are, of all clients.
    probes: Vec<WlcfProbe>,
    held: Option<WlcfChild>,
    beacons: Beacons,
    /// The only user that may connect, if not all may.
    only: Option<u32>,
}

impl App {
    /// The application of a server that listens already, to which it adds the globals of the kit. `only` is the one user
    /// that may connect, if not all may.
    ///
    /// # Errors
    /// [`GlobalError`] never, as long as the protocol is that of the kit.
    pub fn new(mut server: Server<App>, only: Option<u32>) -> Result<App, GlobalError> {
        server.add_global::<WlcfProbe>(3)?;
        server.add_global::<WlFixes>(2)?;
        server.add_global::<api::WlCompositor>(4)?;
        server.add_global::<api::WlShm>(1)?;
        Ok(App { server, probes: Vec::new(), held: None, beacons: Beacons::default(), only })
    }
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn admit(&mut self, applicant: &Applicant<'_>) -> Admission {
        self.only.is_none_or(|uid| applicant.credentials().uid == uid).into()
    }

    fn link(&mut self, socket: Socket) -> Box<dyn Link> {
        match Plan::of_environment() {
            Plan::None => Box::new(socket),
            plan => Box::new(FaultyLink::new(socket, plan)),
        }
    }

    fn disconnected(&mut self, client: ClientId, reason: &Disconnect) {
        self.beacons.forget(client);
        if *reason != Disconnect::Closed {
            eprintln!("{client:?}: {reason}");
        }
    }

    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        self.beacons.visible(client, global)
    }
}
