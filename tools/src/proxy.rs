//! The loop between clients and the server: accepts, waits, passes on, and shows it all to a [`Watch`].
//!
//! A side that does not read stops the other: nothing is received that could not be passed on, so that memory stays
//! bounded by the limits of the two ends.

pub(crate) mod child;
mod signals;
mod steps;
mod waiting;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use wayline::dynamic::{Direction, ReceiveError};
use wayline::io::Socket;
use wayline::io::connect::connect_to;
use wayline::io::credentials::Credentials;
use wayline::io::listener::{AcceptError, Listener};
use wayline::io::path::Address;

use crate::capture::packet::End;
use crate::facts::Rule;
use crate::process;
use crate::record::{self, Micros, Record};
use crate::relay::{Failure, Fate, Relay};
use crate::show::top::Flow;
use crate::watch::{Watch, end_of};
use child::Child;
pub(crate) use signals::Signals;
use steps::Steps;

/// How long the rest of an ended connection may take to reach the other side.
const LINGER: Duration = Duration::from_secs(5);

/// How often the table is shown.
const REFRESH: Duration = Duration::from_secs(1);

/// When sends are tried again that too many descriptors in flight have stopped.
const CONGESTED: Duration = Duration::from_millis(250);

/// Exit code if something could not be written, whatever that of the program is.
const FAILED: u8 = 125;

pub(crate) struct Proxy {
    listener: Listener,
    upstream: Address,
    /// A connection that was made to see whether the server is there. The first client gets it.
    first: Option<OwnedFd>,
    connections: BTreeMap<u32, Passing>,
    count: u32,
    start: Option<Instant>,
    watch: Watch,
    steps: Option<Steps>,
    /// The message that is held back, if one is; it stays where it was received.
    held: Option<Held>,
    /// Something could not be written.
    failed: bool,
    /// When the next table is due.
    table: Instant,
    woken: Woken,
}

struct Passing {
    relay: Relay,
    /// Whether there may be requests, and events, to be passed on.
    ready: [bool; 2],
    /// Until when what is left may be sent, once one side has ended.
    ending: Option<Instant>,
    behind: [bool; 2],
}

/// What was waited for, and is there.
struct Woken {
    clients: bool,
    signals: bool,
}

struct Held {
    connection: u32,
    direction: Direction,
    fate: Fate,
}

impl Proxy {
    /// Connects to the server once, so that a missing one is known before anything starts.
    pub(crate) fn new(listener: Listener, upstream: Address, watch: Watch, stepping: bool) -> Result<Proxy, String> {
        let first = Some(connect_to(&upstream).map_err(|error| error.to_string())?);
        let steps = stepping.then(Steps::of_stdin);
        let connections = BTreeMap::new();
        Ok(Proxy {
            listener,
            upstream,
            first,
            connections,
            count: 0,
            start: None,
            watch,
            steps,
            held: None,
            failed: false,
            table: Instant::now(),
            woken: Woken { clients: true, signals: true },
        })
    }

    /// Runs until the program and all its connections have ended, or a signal asks for it.
    pub(crate) fn run(mut self, mut child: Option<Child>, signals: &mut Signals) -> Result<ExitCode, String> {
        loop {
            if self.woken.signals {
                for signal in signals.take()? {
                    match &mut child {
                        Some(child) if !child.has_ended() => child.hear(signal),
                        _ if signals::ends(signal) => return Ok(self.finish(signals::code(signal))),
                        _ => {}
                    }
                }
                if let Some(child) = &mut child {
                    child.look()?;
                }
            }
            if let Some(code) = child.as_ref().and_then(Child::code)
                && self.connections.is_empty()
                && !self.accept()
            {
                return Ok(self.finish(code));
            }
            self.serve();
            self.watch.pass_time(self.now());
            self.show_table();
            self.flush();
            let wait_for_child = child.as_ref().is_none_or(|child| !child.has_ended());
            if wait_for_child || !self.connections.is_empty() {
                self.wait(signals)?;
            }
        }
    }

    fn now(&self) -> Micros {
        self.start.map_or(0, |start| Micros::try_from(start.elapsed().as_micros()).unwrap_or(Micros::MAX))
    }

    fn finish(&mut self, code: ExitCode) -> ExitCode {
        for (number, passing) in std::mem::take(&mut self.connections) {
            if passing.ending.is_none() {
                self.watch.ended(self.now(), number, Direction::Request, &End::Here);
            }
        }
        self.flush();
        if self.failed { ExitCode::from(FAILED) } else { code }
    }

    /// Writes what is kept back. What cannot be written is told, and does not stop the programs.
    fn flush(&mut self) {
        if let Err(error) = self.watch.flush() {
            eprintln!("error: {error}");
            self.failed = true;
        }
    }

    /// Takes new clients. Whether there were any.
    fn accept(&mut self) -> bool {
        let before = self.count;
        loop {
            match self.listener.accept() {
                Ok(Some((client, peer))) => self.open(client, peer),
                Ok(None) => return self.count > before,
                Err(AcceptError::Exhausted(_)) => {
                    eprintln!("error: no descriptors are left for another client, which is refused");
                    if !self.listener.refuse().unwrap_or(false) {
                        return self.count > before;
                    }
                }
                Err(error) => {
                    eprintln!("error: a client cannot be accepted: {error}");
                    return self.count > before;
                }
            }
        }
    }

    fn open(&mut self, client: OwnedFd, peer: Credentials) {
        let server = match self.first.take().map_or_else(|| connect_to(&self.upstream), Ok) {
            Ok(server) => server,
            Err(error) => return eprintln!("error: a client is turned away: {error}"),
        };
        self.start.get_or_insert_with(Instant::now);
        self.count += 1;
        let program = process::name_of(peer.pid).unwrap_or_else(|| "client".to_owned());
        self.watch.opened(self.now(), self.count, program, peer.pid);
        let selection = self.watch.selection(self.count);
        let (client, server) = (Socket::new(client), Socket::new(server));
        let relay = Relay::new(client, server, self.watch.catalog().protocols(), selection);
        self.connections.insert(self.count, Passing { relay, ready: [true; 2], ending: None, behind: [false; 2] });
    }

    /// Passes on what is there.
    fn serve(&mut self) {
        if self.woken.clients {
            self.accept();
        }
        if self.held.is_some() {
            return;
        }
        let numbers: Vec<u32> = self.connections.keys().copied().collect();
        for number in numbers {
            if self.held.is_none() {
                self.turn(number);
            }
        }
    }

    fn turn(&mut self, number: u32) {
        let Some(passing) = self.connections.get_mut(&number) else { return };
        if let Some(until) = passing.ending {
            if passing.relay.flush() || Instant::now() >= until {
                self.connections.remove(&number);
            }
            return;
        }
        if passing.relay.is_congested() {
            passing.ready = [true; 2];
        }
        let ready = std::mem::take(&mut passing.ready);
        for (direction, is_ready) in [Direction::Request, Direction::Event].into_iter().zip(ready) {
            if !is_ready {
                continue;
            }
            if let Err(error) = self.pass(number, direction) {
                let now = self.now();
                if let (ReceiveError::Refused(_), Some(passing)) = (&error, self.connections.get(&number)) {
                    self.watch.refused(now, number, direction, passing.relay.ends.last_received(direction));
                }
                self.watch.ended(now, number, direction, &end_of(&error));
                let Some(passing) = self.connections.get_mut(&number) else { return };
                passing.relay.refuse(&error);
                passing.ending = Some(Instant::now() + LINGER);
                if passing.relay.flush() {
                    self.connections.remove(&number);
                }
                return;
            }
            if self.held.is_some() {
                break;
            }
        }
        if let Some(passing) = self.connections.get_mut(&number) {
            for (direction, ready) in [Direction::Request, Direction::Event].into_iter().zip(&mut passing.ready) {
                *ready |= passing.relay.ends.has_more(direction);
            }
        }
        if ready.contains(&true) {
            self.note_backlog(number);
        }
    }

    /// Passes on what one read brings of one direction.
    fn pass(&mut self, number: u32, direction: Direction) -> Result<(), ReceiveError> {
        // What one read brings has arrived together.
        let at = self.now();
        let Some(passing) = self.connections.get_mut(&number) else { return Ok(()) };
        let (catalog, steps) = (self.watch.catalog(), &mut self.steps);
        let Some(mut look) = self.watch.look(at, number) else { return Ok(()) };
        let passed = passing.relay.visit(direction, &catalog, |message, meaning, fate| {
            let fds = record::descriptors(message.fds);
            let record = Record { at, connection: number, message, meaning, fds: &fds };
            let matches = look.message(&record, fate);
            steps.as_mut().is_some_and(|steps| steps.stops(matches))
        });
        look.done();
        passing.relay.flush();
        match passed {
            Ok(held) => {
                self.held = held.map(|fate| Held { connection: number, direction, fate });
                Ok(())
            }
            Err(Failure::Receive(error)) => Err(error),
            Err(Failure::Send(error)) => {
                let text = format!("a message cannot be passed on: {error}");
                self.watch.fault(at, number, &Rule::Broken.fault(text));
                Err(ReceiveError::Ended(wayline::Disconnect::Local))
            }
        }
    }

    /// Says once when a side begins to lag.
    fn note_backlog(&mut self, number: u32) {
        let now = self.now();
        let Some(passing) = self.connections.get_mut(&number) else { return };
        let ends = [("client", passing.relay.ends.client()), ("server", passing.relay.ends.server())];
        let mut lags = Vec::new();
        for ((side, end), behind) in ends.into_iter().zip(&mut passing.behind) {
            let lagged = std::mem::replace(behind, end.is_behind());
            if *behind && !lagged {
                let (bytes, fds) = end.queued();
                lags.push(format!("the {side} does not read: {bytes} bytes and {fds} descriptors wait for it"));
            }
        }
        for text in lags {
            self.watch.fault(now, number, &Rule::PeerBehind.fault(text));
        }
    }

    /// Shows the table, if there is one and it is time.
    fn show_table(&mut self) {
        if self.watch.is_top() && Instant::now() >= self.table {
            self.table = Instant::now() + REFRESH;
            let flows = self.connections.iter().map(|(&number, passing)| (number, Flow::of(&passing.relay.ends)));
            self.watch.table(self.now(), &flows.collect());
        }
    }
}
