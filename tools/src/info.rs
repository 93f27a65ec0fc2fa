//! `wayline info`: asks a compositor for its globals.

use std::ffi::OsString;
use std::fmt::Write;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::json;
use wayline::dynamic::{Connection, Message, Protocols, ReceiveError, Received, Value};
use wayline::io::Socket;
use wayline::io::connect::{connect_to_within, connect_within};
use wayline::io::credentials::Credentials;
use wayline::io::inherit::Environment;
use wayline::io::path::Address;

use crate::output;
use crate::process;
use crate::show::text::quoted;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wayline info
  wayline info --socket wayland-1 --json > weston.json
  wayline doc protocols --output site --support weston.json";

/// More globals than any compositor has.
const MOST: usize = 10_000;

/// The longest name of an interface, in bytes.
const LONGEST: usize = 200;

/// Ids of the objects that are made here.
const REGISTRY: u32 = 2;
const CALLBACK: u32 = 3;

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The compositor. A name lies in `XDG_RUNTIME_DIR`. By default what `WAYLAND_SOCKET` or `WAYLAND_DISPLAY` says.
    #[arg(long, value_name = "NAME|PATH")]
    socket: Option<OsString>,
    /// Print JSON, which `wayline doc --support` reads.
    #[arg(long)]
    json: bool,
    /// How long the compositor may take to answer.
    #[arg(long, value_name = "MILLISECONDS", default_value = "5000", value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
}

struct Global {
    interface: String,
    version: u32,
    name: u32,
}

impl Info {
    pub(crate) fn run(&self) -> ExitCode {
        match self.show() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn show(&self) -> Result<(), String> {
        let patience = Duration::from_millis(self.patience.into());
        let mut environment = Environment::of_process();
        let socket = match &self.socket {
            Some(name) => {
                let address = Address::named(name, &environment).map_err(|error| error.to_string())?;
                connect_to_within(&address, patience)
            }
            None => connect_within(None, &mut environment, patience),
        };
        let socket = socket.map_err(|error| error.to_string())?;
        // Who listens, which need not be who accepts.
        let process = Credentials::of_peer(&socket).ok().and_then(|peer| process::name_of(peer.pid));
        let globals = ask(socket, patience)?;
        let text = if self.json { in_json(process.as_deref(), &globals) } else { table(&globals) };
        output::print(text.as_bytes())
    }
}

/// Asks for all globals, in the order in which they are offered.
fn ask(socket: OwnedFd, patience: Duration) -> Result<Vec<Global>, String> {
    let deadline = Instant::now() + patience;
    // Those of every connection are enough.
    let protocols = Protocols::new([]).map_err(|error| error.to_string())?;
    let mut connection = Connection::client(Socket::new(socket), &protocols);
    for (opcode, id) in [(1, REGISTRY), (0, CALLBACK)] {
        let message = Message { object: 1, opcode, values: vec![Value::NewId(id)] };
        connection.send(message).map_err(|error| error.to_string())?;
    }
    let mut globals = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("the compositor does not answer within {} ms", patience.as_millis()));
        }
        // If it reads no more, it may have said why.
        let _ = connection.flush();
        match connection.receive() {
            Ok(Some(received)) => {
                if hear(received, &mut globals)? {
                    return Ok(globals);
                }
            }
            Ok(None) => wait(&connection, left)?,
            Err(ReceiveError::Refused(refusal)) => {
                return Err(format!("the compositor sends what is not valid: {refusal}"));
            }
            Err(error) => return Err(format!("the compositor does not answer: {error}")),
        }
    }
}

/// Takes an event into account. Whether it is the last that matters.
fn hear(received: Received, globals: &mut Vec<Global>) -> Result<bool, String> {
    let is_answer = received.message.object == CALLBACK;
    let name = received.signature().name.clone();
    match (&*received.interface.name, &*name, &received.message.values[..]) {
        ("wl_registry", "global", [Value::Uint(name), Value::String(Some(interface)), Value::Uint(version)]) => {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if interface.is_empty() || interface.len() > LONGEST || !interface.bytes().all(is_name) || *version == 0 {
                return Err(format!(
                    "the compositor sends what is not valid: a global {} of version {version}",
                    quoted(interface)
                ));
            }
            if globals.len() == MOST {
                return Err(format!("the compositor offers more than {MOST} globals"));
            }
            globals.push(Global { interface: interface.clone(), version: *version, name: *name });
        }
        ("wl_registry", "global_remove", [Value::Uint(name)]) => globals.retain(|global| global.name != *name),
        ("wl_display", "error", [_, Value::Uint(code), Value::String(Some(said))]) => {
            return Err(format!("the compositor ends the connection with error {code}: {}", quoted(said)));
        }
        _ => {}
    }
    Ok(is_answer)
}

fn wait(connection: &Connection, left: Duration) -> Result<(), String> {
    let write = if connection.is_blocked() { PollFlags::OUT } else { PollFlags::empty() };
    let Some(fd) = connection.poll_fd() else { return Ok(()) };
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN | write)];
    match poll(&mut fds, Some(&Timespec::try_from(left).unwrap_or_default())) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(format!("waiting failed: {error}")),
    }
}

fn table(globals: &[Global]) -> String {
    let width = globals.iter().map(|global| global.interface.len()).max().unwrap_or(0).max("interface".len());
    let mut text = format!("{:<width$}  version  name\n", "interface");
    for Global { interface, version, name } in globals {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{interface:<width$}  {version:>7}  {name:>4}");
    }
    text
}

fn in_json(process: Option<&str>, globals: &[Global]) -> String {
    let global = |Global { interface, version, name }: &Global| json!({ "interface": interface, "version": version, "name": name });
    // One that `wayline doc` would refuse, or a terminal obey, is none.
    let process = process.filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
    let list: Vec<_> = globals.iter().map(global).collect();
    format!("{:#}\n", json!({ "format": 1, "compositor": process, "globals": list }))
}
