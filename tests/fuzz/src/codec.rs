//! One message of any bytes: is it accepted exactly if a plain reading of its signature says so, and does what was decoded
//! encode to the same bytes again?
//!
//! A server decodes requests and a client events; each passes what it got on through the other's send methods.

use wayline::{
    Arg, ArgKind, Client, Disconnect, EventHandler, Fixed, GlobalId, Handle, HandlerResult, HasClient, HasServer,
    Interface, Message, RequestHandler, Server, client, server,
};

use super::kinds::{Kinds, Part, kinds, part};
use super::link::{Fds, Script, Wire, array, message};

const KINDS: u32 = 3;
const PART: u32 = 4;
/// The ids that the next new object must have.
const NEXT: u32 = 5;
const NEXT_OF_SERVER: u32 = 0xff00_0000;
const LIMIT: usize = 4096;

/// Runs one message through.
///
/// # Panics
/// If it is judged otherwise than by the letter, or does not come through whole.
pub fn run(input: &[u8]) {
    let mut script = Script(input);
    let (which, how) = (script.byte(), script.byte());
    numbers(script);
    let version = 1 + u32::from(which >> 7);
    let mut app = App::new(version);
    let mut fds = Fds::default();
    let (object, opcode) = (if which & 2 == 0 { KINDS } else { PART }, u16::from(which >> 2 & 7));
    let spec = if object == KINDS { Kinds::SPEC } else { Part::SPEC };
    let from_client = which & 1 == 0;
    let known = if from_client { spec.requests } else { spec.events };

    let body = script.0;
    let given = message(object, opcode, &body[..body.len().min(0xfff0)]);
    let count = usize::from(how & 3);
    let version = if object == KINDS { version } else { version.min(1) };
    let expected = known
        .get(usize::from(opcode))
        .filter(|message| message.since <= version)
        .and_then(|message| read(message, &given, count, if from_client { NEXT } else { NEXT_OF_SERVER }));

    let wire = if from_client { &app.to_server } else { &app.to_client };
    let (first, second) = given.split_at(usize::from(how >> 2).min(given.len()));
    wire.take_sent();
    wire.put(first, if first.is_empty() { Vec::new() } else { fds.make_many(count) });
    wire.put(second, if first.is_empty() { fds.make_many(count) } else { Vec::new() });
    let out = if from_client { app.to_client.clone() } else { app.to_server.clone() };
    app.settle();
    assert_eq!(app.is_alive(from_client), expected.is_some(), "{opcode} of {object} with {count} fds: {given:02x?}");
    if let Some(expected) = expected.filter(|_| !app.unnamed) {
        let signature = &known[usize::from(opcode)];
        let mut expected = message(object, opcode, &expected);
        if signature.destructor && !from_client {
            // The server lets go of the id as well.
            expected.extend(message(1, 1, &object.to_ne_bytes()));
        }
        assert_eq!(out.take_sent(), expected, "it comes out otherwise: {given:02x?}");
        assert_eq!(out.state().sent_fds, usize::from(signature.fds), "fds");
    }
    drop((app, out));
    fds.assert_all_closed();
}

/// What a message holds, pad bytes being zero; `None` if it is not what its signature says.
fn read(message: &Message, given: &[u8], fds: usize, next: u32) -> Option<Vec<u8>> {
    if given.len() > LIMIT || !given.len().is_multiple_of(4) {
        return None;
    }
    let (mut rest, mut fds, mut plain) = (&given[8..], fds, Vec::new());
    for Arg { kind, .. } in message.args {
        match *kind {
            ArgKind::Fd => fds = fds.checked_sub(1)?,
            ArgKind::String { nullable } => {
                let text = take_array(&mut rest)?;
                match text.split_last() {
                    None if nullable => {}
                    Some((0, text)) if !text.contains(&0) && std::str::from_utf8(text).is_ok() => {}
                    _ => return None,
                }
                plain.extend(array(text));
            }
            ArgKind::Array => plain.extend(array(take_array(&mut rest)?)),
            ArgKind::Int | ArgKind::Uint | ArgKind::Fixed | ArgKind::Object { .. } | ArgKind::NewId { .. } => {
                let word = take_word(&mut rest)?;
                let fits = match *kind {
                    ArgKind::Object { nullable, interface: Some(_) } => word == PART || (nullable && word == 0),
                    ArgKind::Object { nullable, interface: None } => {
                        (1..NEXT).contains(&word) || (nullable && word == 0)
                    }
                    ArgKind::NewId { .. } => word == next,
                    _ => true,
                };
                if !fits {
                    return None;
                }
                plain.extend(word.to_ne_bytes());
            }
            ArgKind::AnyNewId => unreachable!("kinds.xml has none"),
        }
    }
    rest.is_empty().then_some(plain)
}

fn take_word(rest: &mut &[u8]) -> Option<u32> {
    let (word, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u32::from_ne_bytes(*word))
}

fn take_array<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_word(rest)? as usize;
    let padded = length.checked_next_multiple_of(4)?;
    let field = rest.get(..padded)?;
    *rest = &rest[padded..];
    Some(&field[..length])
}

/// Any number becomes a `fixed`, and any `fixed` comes back.
fn numbers(mut script: Script<'_>) {
    let bits = u64::from(script.word()) << 32 | u64::from(script.word());
    let nearest = Fixed::from_f64(f64::from_bits(bits));
    assert_eq!(Fixed::from_f64(nearest.to_f64()), nearest);
    let fixed = Fixed::from_bits(bits as i32);
    assert_eq!(Fixed::from_f64(fixed.to_f64()), fixed);
    assert!((f64::from(fixed.to_int()) - fixed.to_f64()).abs() < 1.0);
}

/// A server and a client that are not connected with each other, with the same objects.
struct App {
    server: Server<App>,
    client: Client<App>,
    to_server: Wire,
    to_client: Wire,
    server_ended: bool,
    client_ended: bool,
    /// Whether an object was named for which applications have no handle: the display or the registry.
    unnamed: bool,
    /// The handles by which things are passed on.
    of_server: [Option<Handle>; 2],
    of_client: [Option<Handle>; 2],
}

impl App {
    fn new(version: u32) -> App {
        let (to_server, to_client) = (Wire::default(), Wire::default());
        let mut server = Server::new();
        server.add_global::<Kinds>(2).expect("a known version");
        server.connect(to_server.clone());
        let mut client = Client::new(to_client.clone());
        let kinds: Kinds = client.bind_name(1, version).expect("an object");
        let part = kinds.make(&mut client, 0).expect("an object");
        client.flush();
        let (of_server, of_client) = ([None; 2], [Some(kinds.handle()), Some(part.handle())]);
        let (server_ended, client_ended) = (false, false);
        let unnamed = false;
        let mut app =
            App { server, client, to_server, to_client, server_ended, client_ended, unnamed, of_server, of_client };
        // What the client said to nobody makes the same objects in the server.
        let said = app.to_client.take_sent();
        app.to_server.put(&said, Vec::new());
        app.settle();
        app.to_server.take_sent();
        assert!(app.of_server.iter().all(Option::is_some), "the server lacks an object");
        app
    }

    fn settle(&mut self) {
        let clients: Vec<_> = self.server.clients().collect();
        for _ in 0..2 {
            for client in &clients {
                server::receive(self, *client);
            }
            client::receive(self);
            server::finish_turn(self);
            self.client.flush();
            client::finish_turn(self);
        }
    }

    fn is_alive(&self, server: bool) -> bool {
        if server { !self.server_ended } else { !self.client_ended }
    }

    /// The client's handle of what the server calls `handle`; the server's, the other way.
    fn other(&self, handle: Handle) -> Option<Handle> {
        let place = (handle.id() as usize).checked_sub(KINDS as usize)?;
        let known = if self.of_server.contains(&Some(handle)) { &self.of_client } else { &self.of_server };
        *known.get(place)?
    }

    fn twin<I: Interface>(&self, object: I) -> I {
        I::from_handle(self.other(object.handle()).expect("an object of both"))
    }
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn disconnected(&mut self, _: wayline::ClientId, _: &Disconnect) {
        self.server_ended = true;
    }
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }

    fn disconnected(&mut self, _: &Disconnect) {
        self.client_ended = true;
    }
}

impl RequestHandler<Kinds> for App {
    type Data = ();

    fn bound(&mut self, this: Kinds, _: GlobalId) -> HandlerResult {
        self.of_server[0] = Some(this.handle());
        Ok(())
    }

    fn request(&mut self, this: Kinds, request: kinds::Request<'_>) -> HandlerResult {
        use kinds::Request;
        assert!(!format!("{request:?}").is_empty());
        if let Request::Make { before: _, id } = request
            && self.of_server[1].is_none()
        {
            self.of_server[1] = Some(id.handle());
            return Ok(());
        }
        let to = self.twin(this);
        match request {
            Request::Words { a, b, c, d, e } => to.words(&mut self.client, a, b, c, d, e)?,
            Request::Texts { text, none, bytes } => to.texts(&mut self.client, text, none, bytes)?,
            Request::Objects { part, no_part, any } => {
                let (part, no_part) = (self.twin(part), no_part.map(|part| self.twin(part)));
                match self.other(any) {
                    Some(any) => to.objects(&mut self.client, part, no_part, any)?,
                    None => self.unnamed = true,
                }
            }
            Request::Files { first, text, second } => to.files(&mut self.client, first, text, second)?,
            Request::Make { before, id: _ } => {
                to.make(&mut self.client, before)?;
            }
            Request::Recent => to.recent(&mut self.client)?,
        }
        Ok(())
    }
}

impl RequestHandler<Part> for App {
    type Data = ();

    fn request(&mut self, this: Part, request: part::Request) -> HandlerResult {
        match request {
            part::Request::Destroy => self.twin(this).destroy(&mut self.client)?,
        }
        Ok(())
    }
}

impl EventHandler<Kinds> for App {
    type Data = ();

    fn event(&mut self, this: Kinds, event: kinds::Event<'_>) -> HandlerResult {
        use kinds::Event;
        assert!(!format!("{event:?}").is_empty());
        let to = self.twin(this);
        match event {
            Event::Words { a, b, c, d, e } => to.words_event(&mut self.server, a, b, c, d, e)?,
            Event::Texts { text, none, bytes } => to.texts_event(&mut self.server, text, none, bytes)?,
            Event::Objects { part, no_part, any } => {
                let (part, no_part) = (self.twin(part), no_part.map(|part| self.twin(part)));
                match self.other(any) {
                    Some(any) => to.objects_event(&mut self.server, part, no_part, any)?,
                    None => self.unnamed = true,
                }
            }
            Event::Files { first, text, second } => to.files_event(&mut self.server, first, text, second)?,
            Event::Make { before, id: _ } => {
                to.make_event(&mut self.server, before)?;
            }
            Event::Recent => to.recent_event(&mut self.server)?,
        }
        Ok(())
    }
}

impl EventHandler<Part> for App {
    type Data = ();

    fn event(&mut self, this: Part, event: part::Event) -> HandlerResult {
        match event {
            part::Event::Gone => self.twin(this).gone(&mut self.server)?,
        }
        Ok(())
    }
}
