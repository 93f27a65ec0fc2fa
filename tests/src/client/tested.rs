//! A started client, connected: the kit's half of the conversation.
//!
//! Serves what every client needs (sync, the registry) by itself, keeps the other requests and the printed lines for the
//! case, and judges how the client ends. Events are written by hand ([`Message`]); nothing is kept from going out.

use std::collections::VecDeque;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::case::{Stop, Verdict, ensure, fail, skip};
use crate::protocol::{callback, display, driver, registry};
use crate::server::Global;
use crate::socket::{SocketError, Stream, seconds};
use crate::target::{Running, ending};
use crate::wire::{DISPLAY, Message, Received, SERVER_RANGE};

/// How long a process may take from closing its output to its end.
pub(super) const EXIT: Duration = Duration::from_millis(200);

/// A client under test, started and connected.
#[derive(Debug)]
pub struct TestedClient {
    /// The process.
    pub running: Running,
    /// The connection.
    pub stream: Stream,
    /// The driver object the client bound.
    pub driver: u32,
    /// The version it was bound at.
    pub version: u32,
    /// The registry the client made.
    pub registry: u32,
    /// Whether the kit reads the socket while it waits for lines, answering syncs. On, unless a case turns it off.
    pub serving: bool,
    next_id: u32,
    pub(super) patience: Duration,
    requests: VecDeque<Received>,
    printed: Vec<u8>,
    lines: VecDeque<String>,
}

impl TestedClient {
    /// Serves the registry until the driver is bound.
    ///
    /// # Errors
    /// When the client binds nothing, or something else than announced.
    pub(super) fn greet(
        running: Running,
        stream: Stream,
        globals: &[Global],
        patience: Duration,
    ) -> Result<Self, Stop> {
        let mut client = Self {
            running,
            stream,
            driver: 0,
            version: 0,
            registry: 0,
            serving: true,
            next_id: SERVER_RANGE,
            patience,
            requests: VecDeque::new(),
            printed: Vec::new(),
            lines: VecDeque::new(),
        };
        while client.driver == 0 {
            let request = client.request()?;
            match (request.object, request.opcode) {
                (DISPLAY, display::GET_REGISTRY) => {
                    client.registry = request.first();
                    let announce = |global: &Global| {
                        let event = Message::new(request.first(), registry::GLOBAL).uint(global.name);
                        event.string(&global.interface).uint(global.version).bytes()
                    };
                    client.send_bytes(&globals.iter().flat_map(announce).collect::<Vec<u8>>())?;
                }
                (object, registry::BIND) if object == client.registry => {
                    let mut args = request.args();
                    let (name, interface, version) = (args.uint()?, args.string()?, args.uint()?);
                    let offered = globals.iter().any(|global| (global.name, &global.interface) == (name, &interface));
                    ensure(offered, || format!("the client binds {name} as {interface}, which was not announced"))?;
                    if interface == driver::NAME {
                        (client.version, client.driver) = (version, args.uint()?);
                    }
                }
                (object, opcode) => return fail(format!("request {opcode} of object {object} before the driver")),
            }
        }
        Ok(client)
    }

    /// Sends an event, or any message.
    ///
    /// # Errors
    /// As [`TestedClient::send_with`].
    pub fn send(&self, message: &Message) -> Verdict {
        self.send_bytes(&message.bytes())
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// As [`TestedClient::send_with`].
    pub fn send_bytes(&self, bytes: &[u8]) -> Verdict {
        self.send_with(bytes, &[])
    }

    /// Sends bytes with fds attached to the first. That the client is gone is no error here; its lines say why.
    ///
    /// # Errors
    /// When the client takes nothing for as long as the patience lasts.
    pub fn send_with(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Verdict {
        match self.stream.send(bytes, fds, self.patience) {
            Ok(()) | Err(SocketError::Closed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// An order without arguments.
    #[must_use]
    pub fn order(&self, opcode: u16) -> Message {
        Message::new(self.driver, opcode)
    }

    /// A `wl_display.error` event, sent.
    ///
    /// # Errors
    /// As [`TestedClient::send_with`].
    pub fn post(&self, object: u32, code: u32, text: &str) -> Verdict {
        self.send(&Message::new(DISPLAY, display::ERROR).uint(object).uint(code).string(text))
    }

    /// A `wl_display.delete_id` event, sent.
    ///
    /// # Errors
    /// As [`TestedClient::send_with`].
    pub fn delete_id(&self, id: u32) -> Verdict {
        self.send(&Message::new(DISPLAY, display::DELETE_ID).uint(id))
    }

    /// The next unused id of the server's range.
    pub fn server_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The next request that is not a sync; syncs are answered.
    ///
    /// # Errors
    /// When none comes in time, or the client ends the connection.
    pub fn request(&mut self) -> Result<Received, Stop> {
        loop {
            if let Some(request) = self.requests.pop_front() {
                return Ok(request);
            }
            match self.stream.receive(self.patience)? {
                Some(request) => self.serve(request)?,
                None => return fail(self.last_output()?),
            }
        }
    }

    /// Why a connection that the client has closed ended, as far as the client tells.
    fn last_output(&mut self) -> Result<String, Stop> {
        let lines = self.until_exit()?;
        let told = lines.iter().find(|line| line.starts_with("error") || line.starts_with("fatal"));
        Ok(match (told, self.running.wait(EXIT)?) {
            (Some(line), _) => format!("the client gave up: {line}"),
            (None, Some(status)) => format!("the client ended with {}", ending(status)),
            (None, None) => "the client has closed the connection".to_owned(),
        })
    }

    /// The next request, which must be `opcode` of `object`.
    ///
    /// # Errors
    /// As [`TestedClient::request`], and for another request.
    pub fn expect(&mut self, object: u32, opcode: u16) -> Result<Received, Stop> {
        let request = self.request()?;
        ensure((request.object, request.opcode) == (object, opcode), || {
            format!("request {} of object {} came instead", request.opcode, request.object)
        })?;
        Ok(request)
    }

    /// The next line whose first word is `word`; lines before it are dropped.
    ///
    /// # Errors
    /// When none comes in time, when the client reports a fatal error, or ends. A skip when it reports `unsupported`.
    pub fn line(&mut self, word: &str) -> Result<String, Stop> {
        let deadline = Instant::now() + self.patience;
        loop {
            while let Some(line) = self.lines.pop_front() {
                match line.split(' ').next().unwrap_or_default() {
                    first if first == word => return Ok(line),
                    "unsupported" => return skip(format!("the client says: {line}")),
                    "error" | "fatal" | "connect-failed" => return fail(format!("the client gave up: {line}")),
                    _ => {}
                }
            }
            if !self.listen(deadline)? {
                let status = self.running.wait(Duration::ZERO)?;
                let why = status.map_or_else(|| format!("nothing for {}", seconds(self.patience)), ending);
                return fail(format!("no line `{word} ...`: {why}"));
            }
        }
    }

    /// Takes in lines (and, while serving, requests) once. `false` at the deadline or the end of the output.
    fn listen(&mut self, deadline: Instant) -> Result<bool, Stop> {
        let Some(stdout) = &self.running.stdout else { return Ok(false) };
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).expect("a wait is never centuries long");
        let serving = self.serving && self.stream.end.is_none();
        let socket_events = if serving { PollFlags::IN } else { PollFlags::empty() };
        let mut fds = [PollFd::new(stdout, PollFlags::IN), PollFd::new(&self.stream, socket_events)];
        if !serving {
            // A hang-up is reported unasked; it would wake us for ever.
            rustix::event::poll(&mut fds[..1], Some(&timeout))?;
        } else {
            rustix::event::poll(&mut fds, Some(&timeout))?;
        }
        let [printed, socket] = fds.map(|fd| !fd.revents().is_empty());
        if serving && socket {
            while let Some(request) = self.stream.receive_ready()? {
                self.serve(request)?;
            }
        }
        if printed {
            let mut bytes = [0; 4096];
            let Some(stdout) = &self.running.stdout else { return Ok(false) };
            let read = rustix::io::read(stdout, &mut bytes)?;
            self.printed.extend_from_slice(&bytes[..read]);
            while let Some(end) = self.printed.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.printed.drain(..=end).collect();
                self.lines.push_back(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            return Ok(read > 0);
        }
        Ok(socket)
    }

    fn serve(&mut self, request: Received) -> Verdict {
        if (request.object, request.opcode) == (DISPLAY, display::SYNC) {
            let id = request.first();
            self.send(&Message::new(id, callback::DONE).uint(0))?;
            return self.delete_id(id);
        }
        self.requests.push_back(request);
        Ok(())
    }

    /// Orders a child and returns its index and id, as the client printed and requested them.
    ///
    /// # Errors
    /// When the client does not obey, or says something else than it does.
    pub fn make_child(&mut self) -> Result<(u32, u32), Stop> {
        self.send(&self.order(driver::MAKE_CHILD))?;
        let id = self.expect(self.driver, driver::CREATE_CHILD)?.first();
        let line = self.line("child")?;
        let numbers: Vec<u32> = line.split(' ').skip(1).filter_map(|word| word.parse().ok()).collect();
        match numbers.as_slice() {
            [index, printed] if *printed == id => Ok((*index, id)),
            _ => fail(format!("the client requests a child with id {id} and prints: {line}")),
        }
    }

    /// Lets the client wait at a known place, reading nothing. Its `ready(0)` has been sent, not read.
    ///
    /// # Errors
    /// When the client does not get there.
    pub fn pause(&mut self) -> Verdict {
        self.send(&self.order(driver::PAUSE))?;
        let serving = std::mem::replace(&mut self.serving, false);
        let paused = self.line("paused");
        self.serving = serving;
        paused.map(drop)
    }

    /// Lets a paused client go on.
    ///
    /// # Errors
    /// When its input is closed.
    pub fn resume(&mut self) -> Verdict {
        match &mut self.running.stdin {
            Some(stdin) => Ok(stdin.write_all(b"go\n")?),
            None => fail("the client's input is closed"),
        }
    }

    /// Closes the connection, with whatever the client has sent unread, which the client may see as ECONNRESET.
    ///
    /// # Errors
    /// When the kit is out of fds.
    pub fn hang_up(&mut self) -> Verdict {
        // What takes its place is a stream whose other end is closed.
        self.stream = Stream::new(std::os::unix::net::UnixStream::pair()?.0.into());
        Ok(())
    }

    /// Takes in everything until the output ends, or nothing comes for as long as the patience lasts.
    pub(super) fn until_exit(&mut self) -> Result<Vec<String>, Stop> {
        let deadline = Instant::now() + self.patience;
        while self.listen(deadline)? {}
        Ok(self.lines.drain(..).collect())
    }

    /// Everything the client printed that no [`TestedClient::line`] has taken, and will print before it next waits.
    ///
    /// # Errors
    /// When the client does not answer the order that marks the end.
    pub fn printed_so_far(&mut self) -> Result<Vec<String>, Stop> {
        let deadline = Instant::now() + self.patience;
        self.send(&self.order(driver::MAKE_CHILD))?;
        while !self.lines.iter().any(|line| line.starts_with("child")) {
            if !self.listen(deadline)? {
                return fail(format!(
                    "the client does not obey any more: {}",
                    self.lines.make_contiguous().join(" | ")
                ));
            }
        }
        let mut lines: Vec<String> = self.lines.drain(..).collect();
        lines.retain(|line| !line.starts_with("child"));
        self.expect(self.driver, driver::CREATE_CHILD)?;
        Ok(lines)
    }
}

impl AsFd for TestedClient {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
