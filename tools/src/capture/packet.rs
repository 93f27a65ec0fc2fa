//! A packet: a small header of our own, the descriptors, and the message as it is on the wire. The guide has a table of
//! the bytes (`docs/src/tools.md`).

use wayline::dynamic::Direction;

use crate::facts::{Fault, Rule};
use crate::record::{FdInfo, FdKind, Micros};

const VERSION: u8 = 1;

/// Bytes before the descriptors.
const HEADER: usize = 8;

/// Bytes of a descriptor.
const FD: usize = 16;

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) at: Micros,
    pub(crate) connection: u32,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Message {
        direction: Direction,
        fds: Vec<FdInfo>,
        bytes: Vec<u8>,
    },
    /// What was refused, as far as it had arrived.
    Refused {
        direction: Direction,
        bytes: Vec<u8>,
    },
    Connected {
        program: String,
        pid: Option<u32>,
    },
    Ended {
        direction: Direction,
        end: End,
    },
    Fault(Fault),
    /// A protocol file that is needed to understand what follows.
    Description {
        name: String,
        text: Vec<u8>,
    },
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A side closed it.
    Closed,
    /// This program did.
    Here,
    /// A side sent what is not valid.
    Refused(String),
    /// Anything else.
    Broken(String),
}

impl Packet {
    /// The bytes of the packet.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let code = |direction: Direction| u8::from(direction == Direction::Event);
        let (kind, direction, fds, rest): (u8, u8, &[FdInfo], Vec<u8>) = match &self.body {
            Body::Message { direction, fds, bytes } => (0, code(*direction), fds, bytes.clone()),
            Body::Connected { program, pid } => {
                (1, 0, &[], [&pid.unwrap_or(0).to_le_bytes()[..], program.as_bytes()].concat())
            }
            Body::Ended { direction, end } => {
                let (how, text) = match end {
                    End::Closed => (0, ""),
                    End::Here => (1, ""),
                    End::Refused(text) => (2, text.as_str()),
                    End::Broken(text) => (3, text.as_str()),
                };
                (2, code(*direction), &[], [&[how], text.as_bytes()].concat())
            }
            Body::Fault(fault) => (3, 0, &[], pair(fault.rule.name(), fault.text.as_bytes())),
            Body::Description { name, text } => (4, 0, &[], pair(name, text)),
            Body::Refused { direction, bytes } => (5, code(*direction), &[], bytes.clone()),
        };
        let count = u8::try_from(fds.len()).unwrap_or(u8::MAX);
        let mut bytes = vec![VERSION, kind, direction, count];
        bytes.extend(self.connection.to_le_bytes());
        for info in fds.iter().take(usize::from(count)) {
            bytes.extend([info.kind as u8, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(info.size.to_le_bytes());
        }
        bytes.extend(rest);
        bytes
    }

    /// The packet of these bytes. The error says what is wrong with them.
    pub(crate) fn decode(at: Micros, bytes: &[u8]) -> Result<Packet, &'static str> {
        let (&[version, kind, direction, count, a, b, c, d], rest) =
            bytes.split_first_chunk::<HEADER>().ok_or("a packet is too short")?;
        if version != VERSION {
            return Err("a packet has another version: a newer wayline has written it, or another program");
        }
        let connection = u32::from_le_bytes([a, b, c, d]);
        let direction = match direction {
            0 => Direction::Request,
            1 => Direction::Event,
            _ => return Err("a packet has a direction that does not exist"),
        };
        let (described, rest) =
            rest.split_at_checked(usize::from(count) * FD).ok_or("a packet is shorter than its descriptors")?;
        let fds = described.chunks_exact(FD).map(descriptor).collect::<Result<Vec<_>, _>>()?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "a packet has text that is not UTF-8");
        let body = match kind {
            0 => Body::Message { direction, fds, bytes: rest.to_vec() },
            1 => {
                let (pid, program) = rest.split_first_chunk().ok_or("a packet is too short")?;
                let pid = u32::from_le_bytes(*pid);
                Body::Connected { program: text(program)?, pid: (pid != 0).then_some(pid) }
            }
            2 => {
                let (&how, said) = rest.split_first().ok_or("a packet is too short")?;
                let end = match how {
                    0 => End::Closed,
                    1 => End::Here,
                    2 => End::Refused(text(said)?),
                    3 => End::Broken(text(said)?),
                    _ => return Err("a packet has an end that does not exist"),
                };
                Body::Ended { direction, end }
            }
            3 => {
                let (name, said) = unpair(rest)?;
                let rule = Rule::of_name(&text(name)?).ok_or("a packet has a fault that does not exist")?;
                Body::Fault(rule.fault(text(said)?))
            }
            4 => {
                let (name, described) = unpair(rest)?;
                Body::Description { name: text(name)?, text: described.to_vec() }
            }
            5 => Body::Refused { direction, bytes: rest.to_vec() },
            _ => return Err("a packet has a kind that does not exist"),
        };
        Ok(Packet { at, connection, body })
    }
}

fn descriptor(bytes: &[u8]) -> Result<FdInfo, &'static str> {
    let kind = bytes.first().and_then(|&kind| FdKind::of_number(kind)).ok_or("a descriptor has an unknown kind")?;
    let size = bytes.last_chunk().map_or(0, |size| u64::from_le_bytes(*size));
    Ok(FdInfo { kind, size })
}

fn pair(name: &str, rest: &[u8]) -> Vec<u8> {
    [name.as_bytes(), &[0], rest].concat()
}

fn unpair(bytes: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let end = bytes.iter().position(|&byte| byte == 0).ok_or("a packet has no end of a name")?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets() -> Vec<Packet> {
        let fds = vec![FdInfo { kind: FdKind::Memory, size: 1 << 33 }, FdInfo { kind: FdKind::Pipe, size: 0 }];
        let bodies = [
            Body::Message { direction: Direction::Event, fds, bytes: vec![1, 2, 3, 4, 5, 6, 7, 8] },
            Body::Connected { program: "foot".into(), pid: Some(77) },
            Body::Connected { program: String::new(), pid: None },
            Body::Ended { direction: Direction::Request, end: End::Closed },
            Body::Ended { direction: Direction::Event, end: End::Broken("é".into()) },
            Body::Fault(Rule::PeerBehind.fault("slow")),
            Body::Refused { direction: Direction::Event, bytes: vec![9, 8, 7] },
            Body::Description { name: "a.xml".into(), text: b"<protocol/>".to_vec() },
        ];
        bodies.into_iter().map(|body| Packet { at: 5, connection: 3, body }).collect()
    }

    #[test]
    fn packets_are_read_as_they_were_written() {
        for packet in packets() {
            assert_eq!(Packet::decode(5, &packet.encode()), Ok(packet));
        }
    }

    #[test]
    fn whatever_byte_is_changed_or_missing_nothing_worse_than_an_error_happens() {
        for packet in packets() {
            let bytes = packet.encode();
            for length in 0..bytes.len() {
                let _ = Packet::decode(0, &bytes[..length]);
            }
            for at in 0..bytes.len() {
                for byte in [0, 1, 5, 0x7f, 0xff] {
                    let mut changed = bytes.clone();
                    changed[at] = byte;
                    let _ = Packet::decode(0, &changed);
                }
            }
        }
    }
}
