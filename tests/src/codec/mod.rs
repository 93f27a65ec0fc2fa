//! Cases for a codec: bytes from values, values from bytes, messages from a stream.
//!
//! A codec is judged through [`Codec`]; an adapter of a few dozen lines stands between the trait and an implementation.
//! `reference` is one over the kit's own wire module: it shows that the cases can be passed, and what an adapter is.
//! `remote` is one over a pipe, for codecs in other programs.

mod decoding;
mod encoding;
mod framing;
mod numbers;
mod reference;
pub mod remote;

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

pub(crate) use decoding::Random;
pub use reference::Reference;

use crate::case::{Case, Outcome, Part, Record, Selection, Stop, Verdict, ensure, fail, in_order};
use crate::target::Template;

/// The type of an argument, by the letters of libwayland's signatures. An untyped `new_id` is `sun`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `i`
    Int,
    /// `u`
    Uint,
    /// `f`
    Fixed,
    /// `s`, or `?s`
    Text {
        /// Whether it may be null.
        nullable: bool,
    },
    /// `a`
    Array,
    /// `o`, or `?o`
    Object {
        /// Whether it may be null.
        nullable: bool,
    },
    /// `n`
    NewId,
    /// `h`
    Fd,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `int`
    Int(i32),
    /// `uint`
    Uint(u32),
    /// `fixed`, in its raw 24.8 form
    Fixed(i32),
    /// `string` without its NUL; null is `None`. Bytes, because what arrives need not be UTF-8.
    Text(Option<Vec<u8>>),
    /// `array`
    Array(Vec<u8>),
    /// `object`; null is 0
    Object(u32),
    /// `new_id`
    NewId(u32),
    /// `fd`; the fd itself is beside the values, at the same position among the fds
    Fd,
}

/// A message: header and arguments.
#[derive(Debug)]
pub struct Decoded {
    /// Target or sender.
    pub object: u32,
    /// Opcode.
    pub opcode: u16,
    /// The arguments.
    pub values: Vec<Value>,
    /// The fds of the `fd` arguments, in order.
    pub fds: Vec<OwnedFd>,
}

/// Why a codec refused. The text is for people; the cases judge only that it did.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// What was wrong.
    pub reason: String,
}

/// An encoder and decoder, with the state of one connection.
pub trait Codec {
    /// Encodes a message whose arguments have the types of `signature`.
    ///
    /// # Errors
    /// When the values cannot be sent. The fds are closed then, and nothing is left behind.
    fn encode(
        &mut self,
        object: u32,
        opcode: u16,
        signature: &[Kind],
        values: &[Value],
        fds: Vec<OwnedFd>,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>), Refused>;

    /// Takes in bytes and fds, as one recvmsg delivers them.
    fn feed(&mut self, bytes: &[u8], fds: Vec<OwnedFd>);

    /// Takes the next complete message, which has the arguments of `signature`. `None`: more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are no such message. Nothing is asked of the codec after that.
    fn next(&mut self, signature: &[Kind]) -> Result<Option<Decoded>, Refused>;

    /// Bytes taken in and not yet part of a message that [`Codec::next`] gave.
    fn pending(&self) -> usize;

    /// Allows messages up to this many bytes, both ways. 4096 before the first call.
    fn set_limit(&mut self, bytes: usize);

    /// A `fixed` from a double, or `None` where the codec refuses the number.
    fn fixed_from(&self, number: f64) -> Option<i32>;

    /// The whole part of a `fixed`.
    fn fixed_to_int(&self, fixed: i32) -> i32;

    /// A `fixed` as a double.
    fn fixed_to_double(&self, fixed: i32) -> f64;

    /// How the codec prints an argument in its traces; `None` if it does not.
    fn print(&self, kind: Kind, value: &Value) -> Option<String>;
}

/// A codec to judge.
#[derive(Clone, Debug)]
pub enum Target {
    /// The kit's own.
    Reference,
    /// One in a program that this command starts; see [`remote`].
    Program(Template),
}

impl Target {
    /// Makes it ready for the cases, the random ones of which take this many rounds.
    ///
    /// # Errors
    /// When its program cannot be run.
    pub fn bench(&self, iterations: u32) -> io::Result<Bench> {
        let connect = match self {
            Target::Reference => Box::new(|| Box::new(Reference::default()) as Box<dyn Codec>),
            Target::Program(template) => remote::start(template)?,
        };
        Ok(Bench::new(connect, iterations))
    }
}

/// What a codec case gets: as many connections as it wants.
pub struct Bench {
    connect: Box<dyn Fn() -> Box<dyn Codec>>,
    /// Rounds of the random cases.
    iterations: u32,
}

impl Bench {
    /// A bench whose codecs come from `connect`; the random cases do `iterations` rounds.
    #[must_use]
    pub fn new(connect: Box<dyn Fn() -> Box<dyn Codec>>, iterations: u32) -> Self {
        Self { connect, iterations }
    }

    fn codec(&self) -> Box<dyn Codec> {
        (self.connect)()
    }

    /// Encodes one message without fds on a fresh connection.
    fn encode(&self, object: u32, opcode: u16, signature: &str, values: &[Value]) -> Result<Vec<u8>, Stop> {
        match self.codec().encode(object, opcode, &kinds(signature), values, Vec::new()) {
            Ok((bytes, _)) => Ok(bytes),
            Err(refused) => fail(format!("encoding is refused: {refused}")),
        }
    }

    /// Requires that encoding is refused, and that the connection encodes on as before.
    fn refuses_to_encode(&self, signature: &str, values: &[Value]) -> Verdict {
        let mut codec = self.codec();
        let refused = codec.encode(3, 0, &kinds(signature), values, Vec::new());
        ensure(refused.is_err(), || "it is encoded".to_owned())?;
        let after = codec.encode(1, 0, &kinds("n"), &[Value::NewId(2)], Vec::new());
        let (bytes, _) = after.map_err(|refused| Stop::Fail(format!("after that nothing is encoded: {refused}")))?;
        ensure(bytes.len() == 12, || "something of the refused message was left behind".to_owned())
    }

    /// Decodes one message on a fresh connection; all of `bytes` must be it.
    fn decode(&self, signature: &str, bytes: &[u8]) -> Result<Result<Vec<Value>, Refused>, Stop> {
        let mut codec = self.codec();
        codec.feed(bytes, Vec::new());
        match codec.next(&kinds(signature)) {
            Ok(Some(decoded)) => Ok(Ok(decoded.values)),
            Ok(None) => fail("the decoder waits for more bytes"),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// Requires that `bytes` decode to `values`.
    fn decodes(&self, signature: &str, bytes: &[u8], values: &[Value]) -> Verdict {
        match self.decode(signature, bytes)? {
            Ok(decoded) => ensure(decoded == values, || format!("it decodes to {decoded:?}")),
            Err(refused) => fail(format!("it is refused: {refused}")),
        }
    }

    /// Requires that `bytes` are refused, now and not after more bytes.
    fn refuses(&self, signature: &str, bytes: &[u8]) -> Verdict {
        match self.decode(signature, bytes)? {
            Ok(decoded) => fail(format!("it decodes to {decoded:?}")),
            Err(_) => Ok(()),
        }
    }
}

/// Reads a signature of libwayland's letters.
fn kinds(signature: &str) -> Vec<Kind> {
    let mut nullable = false;
    let mut kinds = Vec::new();
    for letter in signature.chars() {
        kinds.push(match letter {
            '?' => {
                nullable = true;
                continue;
            }
            'i' => Kind::Int,
            'u' => Kind::Uint,
            'f' => Kind::Fixed,
            's' => Kind::Text { nullable },
            'a' => Kind::Array,
            'o' => Kind::Object { nullable },
            'n' => Kind::NewId,
            'h' => Kind::Fd,
            other => unreachable!("{other} in a signature of the kit"),
        });
        nullable = false;
    }
    kinds
}

/// A string value.
fn text(text: &str) -> Value {
    Value::Text(Some(text.as_bytes().to_vec()))
}

/// All codec cases in the order of reports.
#[must_use]
pub fn cases() -> Vec<&'static Case<Bench>> {
    in_order(&[encoding::CASES, numbers::CASES, decoding::CASES, framing::CASES])
}

/// Runs the selected cases, telling `report` of each as it is over.
pub fn run(bench: &mut Bench, selection: &Selection, report: &mut dyn FnMut(&Record)) -> Vec<Record> {
    let selected = cases().into_iter().filter(|case| selection.includes(&case.row));
    let judge = |case: &'static Case<Bench>| {
        let began = Instant::now();
        let run = std::panic::AssertUnwindSafe(|| (case.run)(bench));
        let verdict = std::panic::catch_unwind(run).unwrap_or_else(|_| fail("it panics"));
        let record =
            Record { row: case.row, part: Part::Codec, outcome: Outcome::from(verdict), took: began.elapsed() };
        report(&record);
        record
    };
    selected.map(judge).collect()
}
