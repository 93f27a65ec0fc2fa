//! A client of the server under test, as raw as the cases need it.
//!
//! Knows ids, sync, the registry and how a connection dies; every helper checks what it relies on and turns surprises
//! into the text of a failed case. Requests are written by hand ([`Message`]); nothing is kept from going out.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::case::{Stop, Verdict, ensure, fail};
use crate::protocol::{callback, display, registry};
use crate::socket::{End, SocketError, Stream, seconds};
use crate::wire::{DISPLAY, Message, Received};

/// A line of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// Its name, a number.
    pub name: u32,
    /// Its interface.
    pub interface: String,
    /// The highest version on offer.
    pub version: u32,
}

impl Global {
    /// Reads a `wl_registry.global` event.
    ///
    /// # Errors
    /// [`Stop::Fail`] when its arguments are malformed.
    pub fn read(event: &Received) -> Result<Self, Stop> {
        let mut args = event.args();
        let global = Self { name: args.uint()?, interface: args.string()?, version: args.uint()? };
        args.end()?;
        Ok(global)
    }
}

/// A `wl_display.error` event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The object it names.
    pub object: u32,
    /// The code, in the error enum of the object's interface.
    pub code: u32,
    /// Text for people.
    pub text: String,
}

/// One connection to the server under test.
#[derive(Debug)]
pub struct Client {
    /// The socket, for cases that count or time what goes through it.
    pub stream: Stream,
    /// The first registry it made, 0 before that.
    pub first_registry: u32,
    next_id: u32,
    patience: Duration,
}

impl Client {
    /// Connects. `patience` is how long each answer may take.
    ///
    /// # Errors
    /// When connect fails.
    pub fn connect(path: &Path, patience: Duration) -> Result<Self, SocketError> {
        Ok(Self::over(Stream::connect(path)?, patience))
    }

    /// Speaks over a stream that is connected already.
    #[must_use]
    pub fn over(stream: Stream, patience: Duration) -> Self {
        Self { stream, first_registry: 0, next_id: 2, patience }
    }

    /// The next never-used id, which is thereby used; ids may have no gaps.
    pub fn fresh(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The id that [`Client::fresh`] gives next.
    #[must_use]
    pub fn next_id(&self) -> u32 {
        self.next_id
    }

    /// Sends one message.
    ///
    /// # Errors
    /// As [`Client::send_bytes`].
    pub fn send(&self, message: &Message) -> Verdict {
        self.send_bytes(&message.bytes())
    }

    /// Sends bytes. That the server is gone is no error here: what can still be read tells why it went.
    ///
    /// # Errors
    /// When the server takes nothing for as long as the patience lasts.
    pub fn send_bytes(&self, bytes: &[u8]) -> Verdict {
        self.send_with(bytes, &[])
    }

    /// Sends bytes with fds attached to the first of them, in one sendmsg as far as the kernel takes it.
    ///
    /// # Errors
    /// As [`Client::send_bytes`].
    pub fn send_with(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Verdict {
        match self.stream.send(bytes, fds, self.patience) {
            Ok(()) | Err(SocketError::Closed) => Ok(()),
            Err(SocketError::Timeout { after }) => fail(format!("the server reads nothing for {}", seconds(after))),
            Err(error) => Err(error.into()),
        }
    }

    /// The next event, whatever it is.
    ///
    /// # Errors
    /// When none comes in time or the connection ends.
    pub fn event(&mut self) -> Result<Received, Stop> {
        match self.stream.receive(self.patience)? {
            Some(event) => Ok(event),
            None => fail(self.ended()),
        }
    }

    /// The next event, which must be `opcode` of `object`; `wl_display.delete_id` events before it are skipped.
    ///
    /// # Errors
    /// When another event comes, or none.
    pub fn expect(&mut self, object: u32, opcode: u16) -> Result<Received, Stop> {
        loop {
            let event = self.event()?;
            if (event.object, event.opcode) == (object, opcode) {
                return Ok(event);
            }
            if let Some(death) = death(&event)? {
                return fail(death.describe());
            }
            if (event.object, event.opcode) != (DISPLAY, display::DELETE_ID) {
                return fail(format!("event {} of object {} came instead", event.opcode, event.object));
            }
        }
    }

    /// Sends `wl_display.sync` and returns all events up to its done, which is left out. This is what "ok" means.
    ///
    /// # Errors
    /// When the answer does not come in time, or the connection ends first; the text says how.
    pub fn sync(&mut self) -> Result<Vec<Received>, Stop> {
        let id = self.fresh();
        self.send(&Message::new(DISPLAY, display::SYNC).uint(id))?;
        self.until_done(id)
    }

    /// Reads up to the done of callback `id`.
    ///
    /// # Errors
    /// As [`Client::sync`].
    pub fn until_done(&mut self, id: u32) -> Result<Vec<Received>, Stop> {
        let mut events = Vec::new();
        loop {
            let event = match self.stream.receive(self.patience) {
                Ok(Some(event)) => event,
                Ok(None) => return fail(self.ended()),
                Err(SocketError::Timeout { after }) => return fail(format!("sync not answered in {}", seconds(after))),
                Err(error) => return Err(error.into()),
            };
            if (event.object, event.opcode) == (id, callback::DONE) {
                return Ok(events);
            }
            if let Some(death) = death(&event)? {
                return fail(death.describe());
            }
            events.push(event);
        }
    }

    /// Requires the answer to the sync of callback `id`, or the end with just this error.
    ///
    /// # Errors
    /// As [`Client::sync`], and for another error.
    pub fn done_or_dies(&mut self, id: u32, object: u32, code: u32) -> Verdict {
        while let Some(event) = self.stream.receive(self.patience)? {
            if (event.object, event.opcode) == (id, callback::DONE) {
                return Ok(());
            }
            match death(&event)? {
                Some(death) if (death.object, death.code) == (object, code) => return Ok(()),
                Some(death) => return fail(death.describe()),
                None => {}
            }
        }
        fail(self.ended())
    }

    /// Makes a registry and reads what it lists. Returns its id and the globals in the order they came.
    ///
    /// # Errors
    /// As [`Client::sync`].
    pub fn registry(&mut self) -> Result<(u32, Vec<Global>), Stop> {
        let id = self.fresh();
        self.send(&Message::new(DISPLAY, display::GET_REGISTRY).uint(id))?;
        if self.first_registry == 0 {
            self.first_registry = id;
        }
        let events = self.sync()?;
        Ok((id, globals_of(&events, id)?))
    }

    /// Binds the global `name` of `registry` and returns the new object's id. Nothing is waited for.
    ///
    /// # Errors
    /// As [`Client::send_bytes`].
    pub fn bind(&mut self, registry: u32, name: u32, interface: &str, version: u32) -> Result<u32, Stop> {
        let id = self.fresh();
        self.send(&bind(registry, name, interface, version, id))?;
        Ok(id)
    }

    /// Reads on until the connection dies as `object`, `code`: the error event with these, then the end. Returns the text
    /// and the events before the error.
    ///
    /// # Errors
    /// When the connection dies otherwise, or does not.
    pub fn dies(&mut self, object: u32, code: u32) -> Result<(String, Vec<Received>), Stop> {
        let (death, before) = self.death()?;
        ensure((death.object, death.code) == (object, code), || {
            format!("{} instead of object {object}, code {code}", death.describe())
        })?;
        Ok((death.text, before))
    }

    /// Reads on until the connection dies with any error event. Returns it and the events before.
    ///
    /// # Errors
    /// When the connection ends without an error event, or does not end.
    pub fn death(&mut self) -> Result<(Death, Vec<Received>), Stop> {
        let mut before = Vec::new();
        let deadline = Instant::now() + self.patience;
        let found = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.stream.receive(left) {
                Ok(Some(event)) => match death(&event)? {
                    Some(death) => break death,
                    None => before.push(event),
                },
                Ok(None) => return fail(self.ended()),
                Err(SocketError::Timeout { .. }) => return fail(self.survived(&before)),
                Err(error) => return Err(error.into()),
            }
        };
        match self.stream.receive(self.patience) {
            Ok(None) => Ok((found, before)),
            Ok(Some(event)) => fail(format!("{}, then event {} of {}", found.describe(), event.opcode, event.object)),
            Err(SocketError::Timeout { .. }) => fail(format!("{}, but the connection stays open", found.describe())),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads on until the connection ends, with or without an error event. Returns the error event, if there was one.
    ///
    /// # Errors
    /// When the connection does not end in time.
    pub fn ends(&mut self) -> Result<Option<Death>, Stop> {
        let mut found = None;
        let deadline = Instant::now() + self.patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.stream.receive(left) {
                Ok(None) => return Ok(found),
                Ok(Some(event)) => found = found.or(death(&event)?),
                Err(SocketError::Timeout { .. }) => return fail(self.survived(&[])),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends `wl_display.sync` and tells how the server took what was sent before: `None` if it answers, the error event
    /// if it ends the connection with one.
    ///
    /// # Errors
    /// When the sync is not answered in time, or the connection ends without an error event.
    pub fn answer(&mut self) -> Result<Option<Death>, Stop> {
        let id = self.fresh();
        self.send(&sync(id))?;
        loop {
            match self.event()? {
                event if (event.object, event.opcode) == (id, callback::DONE) => return Ok(None),
                event => {
                    if let Some(death) = death(&event)? {
                        return self.ends().map(|_| Some(death));
                    }
                }
            }
        }
    }

    /// Requires an answer to sync, or the end with just this error.
    ///
    /// # Errors
    /// As [`Client::answer`], and for another error.
    pub fn lives_or_dies(&mut self, object: u32, code: u32) -> Verdict {
        match self.answer()? {
            Some(death) if (death.object, death.code) != (object, code) => fail(death.describe()),
            _ => Ok(()),
        }
    }

    /// Asserts that the server still answers this client: an input was tolerated that ought to be.
    ///
    /// # Errors
    /// As [`Client::sync`].
    pub fn lives(&mut self) -> Verdict {
        self.sync().map(drop)
    }

    fn ended(&self) -> String {
        match self.stream.end {
            Some(End::Reset) => "the connection was reset without an error event".to_owned(),
            _ => "the connection was closed without an error event".to_owned(),
        }
    }

    fn survived(&self, before: &[Received]) -> String {
        let answers = before.iter().filter(|event| event.object != DISPLAY).count();
        let answers = if answers == 0 { String::new() } else { format!(" ({answers} other events came)") };
        format!("no error event within {}, the connection stays open{answers}", seconds(self.patience))
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Death {
    /// For people.
    #[must_use]
    pub fn describe(&self) -> String {
        let text: String = self.text.chars().take(90).collect();
        format!("error on object {} with code {}, \"{text}\"", self.object, self.code)
    }
}

/// A `wl_registry.bind` request.
#[must_use]
pub(crate) fn bind(registry: u32, name: u32, interface: &str, version: u32, id: u32) -> Message {
    Message::new(registry, registry::BIND).uint(name).string(interface).uint(version).uint(id)
}

/// A `wl_display.sync` request.
#[must_use]
pub(super) fn sync(id: u32) -> Message {
    Message::new(DISPLAY, display::SYNC).uint(id)
}

/// The globals among `events` of the registry `id`.
///
/// # Errors
/// When one is malformed.
pub(super) fn globals_of(events: &[Received], id: u32) -> Result<Vec<Global>, Stop> {
    events.iter().filter(|event| (event.object, event.opcode) == (id, registry::GLOBAL)).map(Global::read).collect()
}

/// Reads `event` if it is `wl_display.error`.
fn death(event: &Received) -> Result<Option<Death>, Stop> {
    if (event.object, event.opcode) != (DISPLAY, display::ERROR) {
        return Ok(None);
    }
    let mut args = event.args();
    let death = Death { object: args.uint()?, code: args.uint()?, text: args.string()? };
    args.end()?;
    Ok(Some(death))
}

/// Borrows each fd, for [`Client::send_with`].
#[must_use]
pub(super) fn borrow(fds: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    fds.iter().map(OwnedFd::as_fd).collect()
}
