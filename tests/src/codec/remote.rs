//! A codec behind a pipe: a program that answers each line on its standard input with one on its standard output.
//!
//! Words are parted by single spaces. The first one of every line but `new` is the number of a connection.
//!
//! | line | answer |
//! |---|---|
//! | `new` | the number of a fresh connection |
//! | `K drop` | `ok` |
//! | `K limit BYTES` | `ok` |
//! | `K encode OBJECT OPCODE SIGNATURE VALUE...` | `ok BYTES FDS`, or `no WHY` |
//! | `K feed BYTES COUNT` | `ok`; `COUNT` fds came along |
//! | `K next SIGNATURE` | `message OBJECT OPCODE VALUE...`, `more`, or `no WHY` |
//! | `K pending` | a number |
//! | `K fixed-from NUMBER` | the raw `fixed`, or `no` |
//! | `K fixed-int FIXED`, `K fixed-double FIXED` | a number |
//! | `K print KIND VALUE` | `text TEXT`, or `no` |
//!
//! A signature has the letters of libwayland, `-` if there is none. Bytes are hexadecimal behind an `x`. A value is a
//! number, bytes, `null` for a string, or `h` and a number for an fd. Fds stay on their side of the pipe: those to be
//! encoded and those fed are numbered from 0 in the order they come, and `FDS` is such numbers behind an `h`, parted by
//! commas.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use super::{Codec, Decoded, Kind, Refused, Value};
use crate::target::Template;

/// The program, and the pipes to it.
#[derive(Debug)]
struct Talk {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Talk {
    /// Asks one line. A program that does not answer as agreed cannot be judged any further: the case panics.
    fn ask(&mut self, line: &str) -> String {
        let mut answer = String::new();
        let asked = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        let answered = asked.and_then(|()| self.output.read_line(&mut answer));
        assert!(answered.is_ok_and(|bytes| bytes > 0), "the codec has no answer to `{line}`");
        answer.trim_end_matches('\n').to_owned()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection of a codec behind a pipe.
#[derive(Debug)]
pub struct Remote {
    talk: Rc<RefCell<Talk>>,
    number: String,
    /// Fds that were fed, by their numbers, until they come out.
    fds: VecDeque<Option<OwnedFd>>,
}

/// Starts the program and gives what makes connections to it.
///
/// # Errors
/// When it cannot be run.
pub fn start(template: &Template) -> io::Result<Box<dyn Fn() -> Box<dyn Codec>>> {
    let words = template.fill(&[]);
    let mut command = Command::new(&words[0]);
    let mut child = command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let talk = Rc::new(RefCell::new(Talk { child, input, output: BufReader::new(output) }));
    Ok(Box::new(move || {
        let number = talk.borrow_mut().ask("new");
        Box::new(Remote { talk: Rc::clone(&talk), number, fds: VecDeque::new() })
    }))
}

impl Remote {
    fn ask(&self, line: &str) -> String {
        self.talk.borrow_mut().ask(&format!("{} {line}", self.number))
    }

    fn number<T: std::str::FromStr>(&self, line: &str) -> T {
        let answer = self.ask(line);
        answer.parse().unwrap_or_else(|_| panic!("the codec answers `{answer}` to `{line}`"))
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // In a panic the program may be the reason.
        if !std::thread::panicking() {
            self.ask("drop");
        }
    }
}

impl Codec for Remote {
    fn encode(
        &mut self,
        object: u32,
        opcode: u16,
        signature: &[Kind],
        values: &[Value],
        fds: Vec<OwnedFd>,
    ) -> Result<(Vec<u8>, Vec<OwnedFd>), Refused> {
        let mut line = format!("encode {object} {opcode} {}", letters(signature));
        let mut fd = 0;
        for value in values {
            line.push(' ');
            line.push_str(&written(value, fd));
            fd += usize::from(*value == Value::Fd);
        }
        let answer = self.ask(&line);
        let words = accepted(&answer)?;
        let [_, bytes, order] = words[..] else { panic!("the codec answers `{answer}`") };
        let mut fds: Vec<Option<OwnedFd>> = fds.into_iter().map(Some).collect();
        let order = order.trim_start_matches('h').split(',').filter(|number| !number.is_empty());
        let take = |number: &str| number.parse().ok().and_then(|number: usize| fds.get_mut(number)?.take());
        let ordered: Option<Vec<OwnedFd>> = order.map(take).collect();
        Ok((unhex(bytes), ordered.expect("the codec gives fds it was not given")))
    }

    fn feed(&mut self, bytes: &[u8], fds: Vec<OwnedFd>) {
        self.ask(&format!("feed {} {}", hex(bytes), fds.len()));
        self.fds.extend(fds.into_iter().map(Some));
    }

    fn next(&mut self, signature: &[Kind]) -> Result<Option<Decoded>, Refused> {
        let answer = self.ask(&format!("next {}", letters(signature)));
        if answer == "more" {
            return Ok(None);
        }
        let words = accepted(&answer)?;
        let [_, object, opcode, ref rest @ ..] = words[..] else { panic!("the codec answers `{answer}`") };
        let mut fds = Vec::new();
        let mut values = Vec::new();
        for (kind, word) in signature.iter().zip(rest) {
            values.push(read(*kind, word).unwrap_or_else(|| panic!("the codec answers `{answer}`")));
            if *kind == Kind::Fd {
                let number = word.trim_start_matches('h').parse().unwrap_or(usize::MAX);
                let fd = self.fds.get_mut(number).and_then(Option::take);
                fds.push(fd.expect("the codec gives fds it was not given"));
            }
        }
        let (object, opcode) = (object.parse().unwrap_or(0), opcode.parse().unwrap_or(0));
        Ok(Some(Decoded { object, opcode, values, fds }))
    }

    fn pending(&self) -> usize {
        self.number("pending")
    }

    fn set_limit(&mut self, bytes: usize) {
        self.ask(&format!("limit {bytes}"));
    }

    fn fixed_from(&self, number: f64) -> Option<i32> {
        self.ask(&format!("fixed-from {number}")).parse().ok()
    }

    fn fixed_to_int(&self, fixed: i32) -> i32 {
        self.number(&format!("fixed-int {fixed}"))
    }

    fn fixed_to_double(&self, fixed: i32) -> f64 {
        self.number(&format!("fixed-double {fixed}"))
    }

    fn print(&self, kind: Kind, value: &Value) -> Option<String> {
        let answer = self.ask(&format!("print {} {}", letters(&[kind]), written(value, 0)));
        answer.strip_prefix("text ").map(str::to_owned)
    }
}

/// The words of an answer that is no refusal.
fn accepted(answer: &str) -> Result<Vec<&str>, Refused> {
    match answer.strip_prefix("no") {
        Some(reason) => Err(Refused { reason: reason.trim_start().to_owned() }),
        None => Ok(answer.split(' ').collect()),
    }
}

fn letters(signature: &[Kind]) -> String {
    let letter = |kind: &Kind| match kind {
        Kind::Int => "i",
        Kind::Uint => "u",
        Kind::Fixed => "f",
        Kind::Text { nullable: true } => "?s",
        Kind::Text { nullable: false } => "s",
        Kind::Array => "a",
        Kind::Object { nullable: true } => "?o",
        Kind::Object { nullable: false } => "o",
        Kind::NewId => "n",
        Kind::Fd => "h",
    };
    if signature.is_empty() { "-".to_owned() } else { signature.iter().map(letter).collect() }
}

fn written(value: &Value, fd: usize) -> String {
    match value {
        Value::Int(number) | Value::Fixed(number) => number.to_string(),
        Value::Uint(number) | Value::Object(number) | Value::NewId(number) => number.to_string(),
        Value::Text(None) => "null".to_owned(),
        Value::Text(Some(bytes)) | Value::Array(bytes) => hex(bytes),
        Value::Fd => format!("h{fd}"),
    }
}

fn read(kind: Kind, word: &str) -> Option<Value> {
    Some(match kind {
        Kind::Int => Value::Int(word.parse().ok()?),
        Kind::Uint => Value::Uint(word.parse().ok()?),
        Kind::Fixed => Value::Fixed(word.parse().ok()?),
        Kind::Text { .. } => Value::Text((word != "null").then(|| unhex(word))),
        Kind::Array => Value::Array(unhex(word)),
        Kind::Object { .. } => Value::Object(word.parse().ok()?),
        Kind::NewId => Value::NewId(word.parse().ok()?),
        Kind::Fd => Value::Fd,
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = "x".to_owned();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(word: &str) -> Vec<u8> {
    let digits = word.strip_prefix('x').expect("bytes begin with an x");
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte in `{word}`");
    let byte = |pair: &[u8; 2]| str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    pairs.iter().map(|pair| byte(pair).expect("hexadecimal digits")).collect()
}
