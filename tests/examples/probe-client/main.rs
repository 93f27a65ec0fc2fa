//! The client by which the conformance kit judges this library: `conform client -- probe-client`.
//!
//! Knows how to begin and how to end, as the documentation of the kit's module `client` asks. `driver` obeys the kit's
//! orders, `children` prints the events of the objects that the orders are about. With `WAYLINE_FAULTS=SEED` in the
//! environment its socket has harmless faults.

mod children;
mod driver;

use std::collections::VecDeque;
use std::env;
use std::process::ExitCode;

use wayline::client::{self, Global};
use wayline::io::Socket;
use wayline::io::inherit::Environment;
use wayline::{Client, Disconnect, Error, HasClient, Interface, SendError};

use api::{WlcfChild, WlcfDriver};
use driver::Late;
use wayline::testing::{FaultyLink, Plan};

mod api {
    wayline::include_protocol!("probe_client");
}

/// The exit code after a fatal error.
const FAILED: u8 = 2;
/// The exit code without a connection.
const NOT_CONNECTED: u8 = 3;

/// The connection and what the kit's orders are about.
struct App {
    client: Client<App>,
    driver: Option<WlcfDriver>,
    /// By their index, dead ones included.
    children: Vec<WlcfChild>,
    /// Orders that cannot be carried out within a handler.
    late: VecDeque<Late>,
    finished: bool,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }

    fn global(&mut self, global: &Global) {
        let Global { name, interface, version } = global;
        println!("global {name} {interface} {version}");
        if self.driver.is_some() || interface != WlcfDriver::SPEC.name {
            return;
        }
        match self.client.bind::<WlcfDriver>(1) {
            Ok(driver) => {
                println!("bound {}", driver.version());
                self.driver = Some(driver);
            }
            Err(error) => eprintln!("{error}"),
        }
    }

    fn global_removed(&mut self, global: &Global) {
        println!("global_remove {}", global.name);
    }
}

fn main() -> ExitCode {
    let client = match connect() {
        Ok(client) => client,
        Err(Error::Connect(error)) => {
            println!("connect-failed {error}");
            return NOT_CONNECTED.into();
        }
        Err(error) => {
            report("", &error);
            return FAILED.into();
        }
    };
    match env::var_os("WAYLAND_SOCKET") {
        Some(value) => println!("env WAYLAND_SOCKET {}", value.display()),
        None => println!("env WAYLAND_SOCKET unset"),
    }
    let mut app = App { client, driver: None, children: Vec::new(), late: VecDeque::new(), finished: false };
    // Those of the time of connecting; of all others the connection tells.
    for global in app.client.globals().to_vec() {
        app.global(&global);
    }
    match run(&mut app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report("", &error);
            report("again ", &app.go_on());
            FAILED.into()
        }
    }
}

fn connect() -> wayline::Result<Client<App>> {
    match Plan::of_environment() {
        Plan::None => Client::connect(),
        plan => {
            let socket = wayline::io::connect::connect(None, &mut Environment::of_process())?;
            Ok(Client::new(FaultyLink::new(Socket::new(socket), plan)))
        }
    }
}

fn run(app: &mut App) -> wayline::Result {
    while !app.finished {
        match app.late.pop_front() {
            Some(order) => order.carry_out(app)?,
            None => {
                client::dispatch(app, None)?;
            }
        }
    }
    Ok(())
}

impl App {
    /// Makes a request although the connection has ended; returns what comes of it.
    fn go_on(&mut self) -> Error {
        let sent = self.driver.map_or(Err(SendError::Gone), |driver| driver.ready(&mut self.client, 2));
        self.client.flush();
        match (sent, self.client.ended()) {
            (Err(SendError::Gone), Some(reason)) => reason.clone().into(),
            (Err(error), _) => error.into(),
            (Ok(()), _) => std::io::Error::other("a request was taken after the end").into(),
        }
    }
}

/// Prints the line for a fatal error.
fn report(prefix: &str, error: &Error) {
    let kind = match error {
        Error::Disconnected(Disconnect::Protocol(error)) => {
            let interface = error.interface.unwrap_or("unknown");
            println!("{prefix}error {} {interface} {} {}", error.object, error.code, one_line(&error.message));
            return;
        }
        Error::Disconnected(Disconnect::Malformed { .. }) => "malformed",
        Error::Disconnected(Disconnect::Closed | Disconnect::Truncated { .. }) => "closed",
        Error::Disconnected(Disconnect::Reset) => "reset",
        _ => "other",
    };
    println!("{prefix}fatal {kind} {}", one_line(&error.to_string()));
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}
