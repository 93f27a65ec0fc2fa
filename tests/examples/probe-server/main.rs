//! The server by which the conformance kit judges this library: `conform server -- probe-server --socket {socket}`.
//!
//! Knows where to listen and when to leave; what it does is in the library `probe`.

use std::error::Error;
use std::path::PathBuf;

use calloop::EventLoop;
use calloop::signals::{Signal, Signals};
use clap::Parser;
use probe::server::App;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline::{HasServer, Server};

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
    let only = arguments.guarded.then(|| rustix::process::geteuid().as_raw());
    let mut app = App::new(server, only)?;

    let mut events: EventLoop<'_, App> = EventLoop::try_new()?;
    let handle = events.handle();
    handle
        .insert_source(app.server().source()?, |(), (), app: &mut App| wayline::server::turn(app))
        .map_err(|e| e.error)?;
    let signals = Signals::new(&[Signal::SIGINT, Signal::SIGTERM])?;
    handle.insert_source(signals, |_, (), app: &mut App| app.server().stop()).map_err(|e| e.error)?;
    while !app.server().is_stopped() {
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
        (Some(path), _) => Listener::at(&Address::at_path(path)?)?,
        (_, Some(name)) => Listener::at(&Address::open_to_everyone(name)?)?,
        (None, None) => Listener::at_free_name(&environment)?,
    };
    Ok(vec![listener])
}
