//! Wayline's codec behind the kit's line protocol (`conform codec -- probe-codec`; see the kit's `codec::remote`).
//!
//! What encodes is the path of every generated send method, from `Server::send` through the queue and a link to the
//! bytes; what decodes is the `Reader` of every generated decoder. Generated types cannot be had for signatures that
//! come at run time, so the arguments are walked here, and a null that a generated type could not even express is
//! refused here.

mod connection;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use connection::{Connection, Kind};
use wayline::Fixed;

fn main() -> io::Result<()> {
    let mut connections: HashMap<String, Connection> = HashMap::new();
    let mut output = io::stdout().lock();
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        let answer = match line.split_once(' ') {
            None => {
                connections.insert(number.to_string(), Connection::new());
                number.to_string()
            }
            Some((name, "drop")) => {
                connections.remove(name);
                "ok".to_owned()
            }
            Some((name, rest)) => match connections.get_mut(name) {
                Some(connection) => answer(connection, rest).unwrap_or_else(|why| format!("no {why}")),
                None => "no such connection".to_owned(),
            },
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

/// Answers one line, without the number of its connection.
fn answer(connection: &mut Connection, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split(' ').collect();
    Ok(match words[..] {
        ["limit", bytes] => {
            connection.set_limit(number(bytes)?);
            "ok".to_owned()
        }
        ["encode", object, opcode, signature, ref values @ ..] => {
            let (bytes, fds) = connection.encode(number(object)?, number(opcode)?, &Kind::all(signature)?, values)?;
            let fds: Vec<String> = fds.iter().map(usize::to_string).collect();
            format!("ok {} h{}", hex(&bytes), fds.join(","))
        }
        ["feed", bytes, fds] => {
            connection.feed(&unhex(bytes)?, number(fds)?);
            "ok".to_owned()
        }
        ["next", signature] => match connection.next(&Kind::all(signature)?)? {
            Some((object, opcode, values)) => {
                let head = format!("message {object} {opcode}");
                values.into_iter().fold(head, |line, value| line + " " + &value)
            }
            None => "more".to_owned(),
        },
        ["pending"] => connection.pending().to_string(),
        ["fixed-from", value] => Fixed::from_f64(number(value)?).to_bits().to_string(),
        ["fixed-int", fixed] => Fixed::from_bits(number(fixed)?).to_int().to_string(),
        ["fixed-double", fixed] => Fixed::from_bits(number(fixed)?).to_f64().to_string(),
        // What traces look like is no part of the public interface.
        ["print", ..] => return Err("printing".to_owned()),
        _ => return Err(format!("`{line}` is not known")),
    })
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(word: &str) -> Result<Vec<u8>, String> {
    let digits = word.strip_prefix('x').ok_or("bytes begin with an x")?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect::<Option<_>>().ok_or_else(|| format!("`{word}` is not hexadecimal"))
}
