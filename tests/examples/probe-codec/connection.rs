//! One connection of the codec: a server in memory that sends, and a buffer that is read.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, fstat, memfd_create};
use wayline::wire::{HEADER, Header, Reader};
use wayline::{
    DecodeError, Draft, GlobalId, HandlerResult, HasServer, Limits, Link, MemoryLink, RequestHandler, Server,
    array_size, optional_string_size, server, string_size,
};

use crate::{hex, number, unhex};

wayline::include_protocol!("counter");

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Word,
    Text { nullable: bool },
    Array,
    Object { nullable: bool },
    Fd,
}

impl Kind {
    /// Reads a signature; `-` is none.
    pub(crate) fn all(signature: &str) -> Result<Vec<Kind>, String> {
        let mut nullable = false;
        let mut kinds = Vec::new();
        for letter in signature.chars().filter(|letter| *letter != '-') {
            let kind = match letter {
                '?' => None,
                'i' | 'f' => Some(Kind::Int),
                'u' => Some(Kind::Word),
                's' => Some(Kind::Text { nullable }),
                'a' => Some(Kind::Array),
                'o' => Some(Kind::Object { nullable }),
                'n' => Some(Kind::Object { nullable: false }),
                'h' => Some(Kind::Fd),
                other => return Err(format!("`{other}` is no type")),
            };
            nullable = kind.is_none();
            kinds.extend(kind);
        }
        Ok(kinds)
    }
}

/// What sends.
struct App {
    server: Server<App>,
    /// The object that every message is sent to; the kit's own id is written over its id.
    target: Option<Counter>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl RequestHandler<Counter> for App {
    type Data = ();

    fn request(&mut self, _: Counter, _: counter::Request) -> HandlerResult {
        Ok(())
    }

    fn bound(&mut self, this: Counter, _: GlobalId) -> HandlerResult {
        self.target = Some(this);
        Ok(())
    }
}

pub(crate) struct Connection {
    app: App,
    target: Counter,
    /// The other end, where the bytes come out.
    end: MemoryLink,
    input: Vec<u8>,
    /// Numbers of the fds that were fed and not claimed.
    fds: VecDeque<usize>,
    fed: usize,
}

impl Connection {
    pub(crate) fn new() -> Connection {
        let (one, mut end) = MemoryLink::pair();
        let mut server = Server::new();
        let global = server.add_global::<Counter>(1).expect("a global of its version");
        let client = server.connect(one);
        let mut app = App { server, target: None };
        let mut hello = Vec::new();
        let mut message = |object: u32, opcode: u16, body: &[u32]| {
            let size = HEADER + body.len() * 4;
            hello.extend([object, Header::word(size, opcode)].iter().chain(body).flat_map(|word| word.to_ne_bytes()));
        };
        let name = [*b"coun", *b"ter\0"].map(u32::from_ne_bytes);
        message(1, 1, &[2]);
        message(2, 0, &[global.name(), 8, name[0], name[1], 1, 3]);
        end.send(&hello, &[]).expect("memory takes everything");
        server::receive(&mut app, client);
        server::finish_turn(&mut app);
        let target = app.target.expect("the global was bound");
        let mut connection = Connection { app, target, end, input: Vec::new(), fds: VecDeque::new(), fed: 0 };
        connection.sent();
        connection
    }

    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.app.server.set_limits(Limits { message_size: bytes, ..Limits::default() });
    }

    /// Sends a message. Returns its bytes, and for each fd which one of the message it is.
    pub(crate) fn encode(
        &mut self,
        object: u32,
        opcode: u16,
        signature: &[Kind],
        values: &[&str],
    ) -> Result<(Vec<u8>, Vec<usize>), String> {
        if signature.len() != values.len() {
            return Err("too few or too many values".to_owned());
        }
        let count = signature.iter().filter(|kind| **kind == Kind::Fd).count();
        let fds: Vec<OwnedFd> = (0..count).map(|_| memory()).collect();
        let inodes: Vec<u64> = fds.iter().map(inode).collect();
        let arguments = signature.iter().zip(values).map(|(kind, word)| Argument::read(*kind, word));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let size = arguments.iter().try_fold(HEADER, |size, argument| Ok::<_, String>(size + argument.size()?))?;
        let sender = self.app.server.send(self.target, opcode, 1).map_err(|error| error.to_string())?;
        finish(sender, size, fds, &arguments)?;
        server::finish_turn(&mut self.app);
        let (mut bytes, fds) = self.sent();
        bytes[..4].copy_from_slice(&object.to_ne_bytes());
        let place = |fd: &OwnedFd| inodes.iter().position(|known| *known == inode(fd));
        let order = fds.iter().map(place).collect::<Option<_>>().ok_or("an fd was exchanged")?;
        Ok((bytes, order))
    }

    /// What has come out at the other end.
    fn sent(&mut self) -> (Vec<u8>, Vec<OwnedFd>) {
        let mut buffer = vec![0; 1 << 17];
        let mut fds = VecDeque::new();
        let received = self.end.receive(&mut buffer, &mut fds).map_or(0, |received| received.bytes);
        buffer.truncate(received);
        (buffer, fds.into())
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], fds: usize) {
        self.input.extend_from_slice(bytes);
        self.fds.extend(self.fed..self.fed + fds);
        self.fed += fds;
    }

    pub(crate) fn pending(&self) -> usize {
        self.input.len()
    }

    /// Takes a message out of what was fed. `None`: it is not whole.
    pub(crate) fn next(&mut self, signature: &[Kind]) -> Result<Option<(u32, u16, Vec<String>)>, String> {
        let Some(header) = self.input.first_chunk::<HEADER>() else { return Ok(None) };
        let header = Header::from_bytes(*header);
        let size = header.size as usize;
        if size < HEADER || !size.is_multiple_of(4) || size > self.app.server.limits().message_size {
            return Err(format!("no message has {size} bytes"));
        }
        if size > self.input.len() {
            return Ok(None);
        }
        let body: Vec<u8> = self.input.drain(..size).skip(HEADER).collect();
        let mut reader = Reader::new(&body);
        let mut values = Vec::new();
        for kind in signature {
            values.push(self.value(*kind, &mut reader).map_err(|error| error.to_string())?);
        }
        reader.finish().map_err(|error| error.to_string())?;
        Ok(Some((header.object, header.opcode, values)))
    }

    fn value(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Result<String, DecodeError> {
        Ok(match kind {
            Kind::Int => reader.word()?.cast_signed().to_string(),
            Kind::Word => reader.word()?.to_string(),
            Kind::Text { nullable: false } => hex(reader.string()?.as_bytes()),
            Kind::Text { nullable: true } => {
                reader.optional_string()?.map_or_else(|| "null".to_owned(), |text| hex(text.as_bytes()))
            }
            Kind::Array => hex(reader.array()?),
            Kind::Object { nullable } => match reader.word()? {
                0 if !nullable => return Err(DecodeError::Null),
                id => id.to_string(),
            },
            Kind::Fd => format!("h{}", self.fds.pop_front().ok_or(DecodeError::MissingFd)?),
        })
    }
}

/// An argument to be sent.
enum Argument {
    Word(u32),
    Text(Option<String>),
    Array(Vec<u8>),
    Fd,
}

impl Argument {
    fn read(kind: Kind, word: &str) -> Result<Argument, String> {
        Ok(match kind {
            Kind::Int => Argument::Word(number::<i32>(word)?.cast_unsigned()),
            Kind::Word => Argument::Word(number(word)?),
            Kind::Object { nullable } => match number(word)? {
                0 if !nullable => return Err("null".to_owned()),
                id => Argument::Word(id),
            },
            Kind::Text { nullable: true } if word == "null" => Argument::Text(None),
            Kind::Text { .. } => {
                Argument::Text(Some(String::from_utf8(unhex(word)?).map_err(|error| error.to_string())?))
            }
            Kind::Array => Argument::Array(unhex(word)?),
            Kind::Fd => Argument::Fd,
        })
    }

    fn size(&self) -> Result<usize, String> {
        match self {
            Argument::Word(_) => Ok(4),
            Argument::Text(Some(text)) => string_size(text).map_err(|error| error.to_string()),
            Argument::Text(None) => optional_string_size(None).map_err(|error| error.to_string()),
            Argument::Array(bytes) => Ok(array_size(bytes)),
            Argument::Fd => Ok(0),
        }
    }
}

/// Writes the arguments as a generated send method does, which knows the number of fds when it is compiled.
fn finish(
    sender: Draft<'_, App, Counter>,
    size: usize,
    fds: Vec<OwnedFd>,
    arguments: &[Argument],
) -> Result<(), String> {
    let mut fds = fds.into_iter();
    let mut next = || fds.next().expect("counted");
    let opened = match arguments.iter().filter(|argument| matches!(argument, Argument::Fd)).count() {
        0 => sender.open(size, []),
        1 => sender.open(size, [next()]),
        2 => sender.open(size, [next(), next()]),
        3 => sender.open(size, [next(), next(), next()]),
        count => return Err(format!("{count} fds in one message")),
    };
    let mut message = opened.map_err(|error| error.to_string())?;
    for argument in arguments {
        message = match argument {
            Argument::Word(word) => message.word(*word),
            Argument::Text(text) => message.optional_string(text.as_deref()),
            Argument::Array(bytes) => message.array(bytes),
            Argument::Fd => message,
        };
    }
    message.finish();
    Ok(())
}

fn memory() -> OwnedFd {
    memfd_create("probe-codec", MemfdFlags::CLOEXEC).expect("a descriptor is free")
}

fn inode(fd: impl AsFd) -> u64 {
    fstat(fd).expect("it is open").st_ino
}
