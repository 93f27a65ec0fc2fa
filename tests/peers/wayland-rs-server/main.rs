//! A server over wayland-rs, for the kit to judge: the probe, and enough of Wayland's core to hand it surfaces and pools.
//!
//! Usage: `wayland-rs-server [NAME]`; without a name it takes the first free wayland-N. Everything the cases judge is
//! wayland-rs's doing, except `shm`: that library leaves shared memory to its users, so what is in there is this peer's.

mod compositor;
mod probe;
mod shm;

use std::error::Error;
use std::sync::Arc;

use calloop::generic::Generic;
use calloop::signals::{Signal, Signals};
use calloop::{EventLoop, Interest, Mode, PostAction};
use wayland_server::backend::{ClientData, GlobalId};
use wayland_server::protocol::wl_compositor::WlCompositor;
use wayland_server::protocol::wl_shm::WlShm;
use wayland_server::{Display, ListeningSocket};

use api::wlcf_child::WlcfChild;
use api::wlcf_probe::WlcfProbe;

#[allow(missing_docs, non_upper_case_globals, non_camel_case_types, unused, clippy::all, reason = "generated code")]
mod api {
    use wayland_server;
    use wayland_server::protocol::*;

    pub(crate) mod __interfaces {
        use wayland_server::backend as wayland_backend;
        use wayland_server::protocol::__interfaces::*;
        wayland_scanner::generate_interfaces!("conformance.xml");
    }
    use self::__interfaces::*;
    wayland_scanner::generate_server_code!("conformance.xml");
}

/// What the probes of all clients share.
#[derive(Default)]
struct App {
    probes: Vec<WlcfProbe>,
    held: Option<WlcfChild>,
    beacons: Vec<GlobalId>,
}

/// A client of which nothing needs to be known.
struct NoData;

impl ClientData for NoData {}

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1);
    if name.as_deref() == Some("--version") {
        println!("wayland-rs (wayland-server 0.31)");
        return Ok(());
    }
    let socket = match name {
        Some(name) => ListeningSocket::bind(name)?,
        None => ListeningSocket::bind_auto("wayland", 0..33)?,
    };
    let display = Display::<App>::new()?;
    let handle = display.handle();
    handle.create_global::<App, WlCompositor, ()>(4, ());
    handle.create_global::<App, WlShm, ()>(1, ());
    handle.create_global::<App, WlcfProbe, ()>(3, ());
    serve(socket, display)
}

/// What the sources of the loop work on.
struct Loop {
    display: Display<App>,
    app: App,
    leaving: bool,
}

fn serve(socket: ListeningSocket, mut display: Display<App>) -> Result<(), Box<dyn Error>> {
    let mut events = EventLoop::<Loop>::try_new()?;
    let handle = events.handle();
    let clients = Generic::new(display.backend().poll_fd().try_clone_to_owned()?, Interest::READ, Mode::Level);
    handle
        .insert_source(clients, |_, _, state| {
            state.display.dispatch_clients(&mut state.app)?;
            Ok(PostAction::Continue)
        })
        .map_err(|refused| refused.error)?;
    handle
        .insert_source(Generic::new(socket, Interest::READ, Mode::Level), |_, socket, state| {
            // One that cannot be accepted now may be when asked again.
            if let Ok(Some(stream)) = socket.accept() {
                state.display.handle().insert_client(stream, Arc::new(NoData))?;
            }
            Ok(PostAction::Continue)
        })
        .map_err(|refused| refused.error)?;
    handle
        .insert_source(Signals::new(&[Signal::SIGTERM])?, |_, (), state| state.leaving = true)
        .map_err(|refused| refused.error)?;
    let mut state = Loop { display, app: App::default(), leaving: false };
    while !state.leaving {
        events.dispatch(None, &mut state)?;
        state.display.flush_clients()?;
    }
    Ok(())
}
