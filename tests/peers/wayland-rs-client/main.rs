//! A client over wayland-rs that obeys the kit, as the documentation of the kit's module `client` asks.

mod children;
mod driver;

use std::io::ErrorKind;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, DispatchError, EventQueue, Proxy, QueueHandle};

use api::wlcf_child::WlcfChild;
use api::wlcf_driver::WlcfDriver;

#[allow(missing_docs, non_upper_case_globals, non_camel_case_types, unused, clippy::all, reason = "generated code")]
mod api {
    use wayland_client;
    use wayland_client::protocol::*;

    pub(crate) mod __interfaces {
        use wayland_client::backend as wayland_backend;
        use wayland_client::protocol::__interfaces::*;
        wayland_scanner::generate_interfaces!("conformance.xml");
    }
    use self::__interfaces::*;
    wayland_scanner::generate_client_code!("conformance.xml");
}

/// What orders refer to.
#[derive(Default)]
struct App {
    driver: Option<WlcfDriver>,
    children: Vec<Option<WlcfChild>>,
    other_queue: Option<EventQueue<App>>,
    finished: bool,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("wayland-rs (wayland-client 0.31)");
        return ExitCode::SUCCESS;
    }
    let connection = match Connection::connect_to_env() {
        Ok(connection) => connection,
        Err(error) => {
            println!("connect-failed {error}");
            return ExitCode::from(3);
        }
    };
    println!("env WAYLAND_SOCKET {}", std::env::var("WAYLAND_SOCKET").unwrap_or_else(|_| "unset".to_owned()));
    let mut queue = connection.new_event_queue();
    connection.display().get_registry(&queue.handle(), ());
    let mut app = App::default();
    while !app.finished {
        if let Err(error) = queue.blocking_dispatch(&mut app) {
            if stuck(&error) && await_room(&connection) {
                continue;
            }
            println!("{}", report(&connection, &error));
            if let Some(driver) = &app.driver {
                driver.ready(2);
            }
            if let Err(error) = connection.flush() {
                println!("again {}", report(&connection, &DispatchError::Backend(error)));
            }
            return ExitCode::from(2);
        }
    }
    // What it leaves behind may be stuck; leaving is all that was asked.
    let _ = connection.flush();
    ExitCode::SUCCESS
}

/// Whether it is only that the socket is full, which `blocking_dispatch` leaves to its caller.
fn stuck(error: &DispatchError) -> bool {
    let DispatchError::Backend(WaylandError::Io(error)) = error else { return false };
    error.kind() == ErrorKind::WouldBlock
}

/// Waits until the socket takes more.
fn await_room(connection: &Connection) -> bool {
    let backend = connection.backend();
    let room = PollFd::from_borrowed_fd(backend.poll_fd(), PollFlags::OUT);
    poll(&mut [room], None).is_ok()
}

/// A fatal error as the kit wants to read it.
fn report(connection: &Connection, error: &DispatchError) -> String {
    match connection.protocol_error() {
        // wayland-rs tells of its own findings in the same type, without an interface.
        Some(found) if found.object_interface.is_empty() => return format!("fatal malformed {}", found.message),
        Some(posted) => {
            let interface = posted.object_interface.trim_matches(['<', '>']);
            return format!("error {} {interface} {} {}", posted.object_id, posted.code, posted.message);
        }
        None => {}
    }
    let kind = match error {
        DispatchError::BadMessage { .. } | DispatchError::Backend(WaylandError::Protocol(_)) => "malformed",
        DispatchError::Backend(WaylandError::Io(error)) => match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => "closed",
            ErrorKind::ConnectionReset => "reset",
            _ => "other",
        },
    };
    format!("fatal {kind} {error}")
}

impl Dispatch<WlRegistry, ()> for App {
    fn event(
        app: &mut App,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        queue: &QueueHandle<App>,
    ) {
        match event {
            wl_registry::Event::Global { name, interface, version } => {
                println!("global {name} {interface} {version}");
                if app.driver.is_none() && interface == WlcfDriver::interface().name {
                    let version = version.min(WlcfDriver::interface().version);
                    app.driver = Some(registry.bind(name, version, queue, ()));
                    println!("bound {version}");
                }
            }
            wl_registry::Event::GlobalRemove { name } => println!("global_remove {name}"),
            _ => {}
        }
    }
}
