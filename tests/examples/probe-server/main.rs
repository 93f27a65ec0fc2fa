//! The server by which the conformance kit judges this library: `conform server -- probe-server --socket {socket}`.
//!
//! Knows where to listen and when to leave. What the kit asks of a server is written in conformance.xml; `probe` obeys it,
//! `beacons` are the globals it orders. `shm` and `compositor` are Wayland's, and there if its XML was found at build time.
//! With `WAYLINE_FAULTS=SEED` in the environment its sockets have harmless faults.

mod beacons;
#[cfg(wayland_xml)]
mod compositor;
mod probe;
#[cfg(wayland_xml)]
mod shm;

use std::error::Error;
use std::path::PathBuf;

use calloop::EventLoop;
use calloop::signals::{Signal, Signals};
use clap::Parser;
use wayline::io::Socket;
use wayline::io::credentials::Credentials;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline::protocol::WlFixes;
use wayline::{ClientId, Disconnect, GlobalId, HasServer, Link, ListenerId, Server};

use api::{WlcfChild, WlcfProbe};
use beacons::Beacons;
use wayline::testing::{FaultyLink, Plan};

mod api {
    wayline::include_protocol!("probe_server");
}

/// A server that the conformance kit gives orders.
#[derive(Parser)]
struct Arguments {
    /// Listen here.
    #[arg(long, value_name = "PATH", group = "place")]
    socket: Option<PathBuf>,
    /// Listen at the first free one of wayland-0 to wayland-32; the default.
    #[arg(long, group = "place")]
    auto: bool,
    /// Take the listening sockets that `LISTEN_FDS` announces.
    #[arg(long, group = "place")]
    activated: bool,
    /// Listen in the abstract namespace, where every local user can connect.
    #[arg(long = "abstract", value_name = "NAME", group = "place")]
    abstract_name: Option<String>,
    /// Refuse clients of other users.
    #[arg(long)]
    guarded: bool,
}

/// The server, and what its probes share.
struct App {
    server: Server<App>,
    /// All there are, of all clients.
    probes: Vec<WlcfProbe>,
    held: Option<WlcfChild>,
    beacons: Beacons,
    /// The only user that may connect, if not all may.
    only: Option<u32>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn admit(&mut self, credentials: &Credentials, _: ListenerId) -> bool {
        self.only.is_none_or(|uid| credentials.uid == uid)
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

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut server = Server::new();
    for listener in listeners(&arguments)? {
        match listener.address() {
            Some(address) => println!("ready {address}"),
            None => println!("ready {}", listener.activation_name().unwrap_or("activated".as_ref()).display()),
        }
        server.listen(listener)?;
    }
    server.add_global::<WlcfProbe>(3)?;
    server.add_global::<WlFixes>(2)?;
    #[cfg(wayland_xml)]
    {
        server.add_global::<api::WlCompositor>(4)?;
        server.add_global::<api::WlShm>(1)?;
    }

    let mut events: EventLoop<'_, App> = EventLoop::try_new()?;
    let handle = events.handle();
    handle.insert_source(server.source()?, |(), (), app: &mut App| wayline::server::turn(app)).map_err(|e| e.error)?;
    let signals = Signals::new(&[Signal::SIGINT, Signal::SIGTERM])?;
    handle.insert_source(signals, |_, (), app: &mut App| app.server.stop()).map_err(|e| e.error)?;
    let only = arguments.guarded.then(|| rustix::process::geteuid().as_raw());
    let mut app = App { server, probes: Vec::new(), held: None, beacons: Beacons::default(), only };
    while !app.server.is_stopped() {
        events.dispatch(None, &mut app)?;
    }
    Ok(())
}

fn listeners(arguments: &Arguments) -> Result<Vec<Listener>, Box<dyn Error>> {
    let mut environment = Environment::of_process();
    if arguments.activated {
        let listeners = Listener::activated(&mut environment)?;
        return if listeners.is_empty() { Err("no sockets were passed to this process".into()) } else { Ok(listeners) };
    }
    let listener = match (&arguments.socket, &arguments.abstract_name) {
        (Some(path), _) => Listener::bind(&Address::at_path(path)?)?,
        (_, Some(name)) => Listener::bind(&Address::open_to_everyone(name)?)?,
        (None, None) => Listener::bind_auto(&environment)?,
    };
    Ok(vec![listener])
}
