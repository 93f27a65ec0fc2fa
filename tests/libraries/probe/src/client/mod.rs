//! The client that the kit judges.
//!
//! Knows how to begin and how to end. `driver` obeys the kit's orders, `children` prints the events of the objects that the
//! orders are about.

mod children;
mod driver;

use std::collections::VecDeque;
use std::fmt::Display;
use std::process::ExitCode;
use std::{env, io};

use wayline::client::Global;
use wayline::io::Socket;
use wayline::io::inherit::Environment;
use wayline::testing::{FaultyLink, Plan};
use wayline::{Client, Disconnect, Error, HasClient, Interface, SendError};

use api::{WlcfChild, WlcfDriver};
use driver::Late;

mod api {
    #![allow(missing_docs, unreachable_pub, reason = "generated, and used here only")]

    wayline::include_protocol!("probe_client");
}

/// The exit code after a fatal error.
const FAILED: u8 = 2;
/// The exit code without a connection.
const NOT_CONNECTED: u8 = 3;

/// The connection and what the kit's orders are about.
pub struct App {
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

/// Connects as the environment says, has `drive` call handlers until the application is finished, and reports how it ended.
pub fn main<E: Display>(drive: impl FnOnce(&mut App) -> Result<(), E>) -> ExitCode {
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
    match drive(&mut app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let ended = app.client.ended().cloned();
            report("", &ended.map_or_else(|| io::Error::other(error.to_string()).into(), Error::from));
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

impl App {
    /// Whether the kit has told it to leave.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Carries out the orders that waited for a handler to return. To be called between turns.
    ///
    /// # Errors
    /// What ends the connection.
    pub fn carry_out(&mut self) -> wayline::Result {
        while let Some(order) = self.late.pop_front() {
            order.carry_out(self)?;
        }
        // One of them may have waited and been told of the end.
        self.client.ended().map_or(Ok(()), |reason| Err(reason.clone().into()))
    }

    /// Makes a request although the connection has ended; returns what comes of it.
    fn go_on(&mut self) -> Error {
        let sent = self.driver.map_or(Err(SendError::Gone), |driver| driver.ready(&mut self.client, 2));
        self.client.flush();
        match (sent, self.client.ended()) {
            (Err(SendError::Gone), Some(reason)) => reason.clone().into(),
            (Err(error), _) => error.into(),
            (Ok(()), _) => io::Error::other("a request was taken after the end").into(),
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
