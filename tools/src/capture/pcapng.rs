//! The blocks of a pcapng file: a section, one interface of link type USER0, and enhanced packets.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use wayline::dynamic::Direction;

use super::packet::{Body, Packet};

const SECTION: u32 = 0x0a0d_0d0a;
const ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE: u32 = 1;
const ENHANCED: u32 = 6;

/// Link type of private use.
const USER0: u16 = 147;

/// Options.
const END: u16 = 0;
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const APPLICATION: u16 = 4;

/// Largest block that is read: memory is taken before its bytes are there.
const LARGEST: usize = 16 << 20;

/// Bytes that are written at once.
const ENOUGH: usize = 64 << 10;

/// Writes a capture. What is in the file is whole blocks, also when the disk is full.
pub(crate) struct Writer {
    file: File,
    /// Blocks that are to be written.
    pending: Vec<u8>,
    /// Length of the file.
    written: u64,
    /// Microseconds since 1970 of the time 0 of messages.
    start: u64,
    failed: bool,
}

impl Writer {
    /// Begins the file, which is empty.
    pub(crate) fn new(file: File) -> Writer {
        let program = concat!("wayline ", env!("CARGO_PKG_VERSION"));
        let mut section = ORDER.to_ne_bytes().to_vec();
        section.extend(1u16.to_ne_bytes());
        section.extend(0u16.to_ne_bytes());
        section.extend(u64::MAX.to_ne_bytes());
        option(&mut section, APPLICATION, program.as_bytes());
        option(&mut section, END, &[]);
        let mut interface = USER0.to_ne_bytes().to_vec();
        interface.extend([0; 6]);
        let mut pending = Vec::new();
        block(&mut pending, SECTION, &section);
        block(&mut pending, INTERFACE, &interface);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = u64::try_from(now.as_micros()).unwrap_or(0);
        Writer { file, pending, written: 0, start, failed: false }
    }

    /// Adds a packet. Nothing more is taken once writing has failed.
    pub(crate) fn packet(&mut self, packet: &Packet) {
        let bytes = packet.encode();
        let time = self.start + packet.at;
        let Some(length) = u32::try_from(bytes.len()).ok().filter(|_| !self.failed) else { return };
        let mut body = 0u32.to_ne_bytes().to_vec();
        for word in [(time >> 32) as u32, time as u32, length, length] {
            body.extend(word.to_ne_bytes());
        }
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        let direction = match &packet.body {
            Body::Message { direction, .. } | Body::Refused { direction, .. } | Body::Ended { direction, .. } => {
                Some(*direction)
            }
            _ => None,
        };
        if let Some(direction) = direction {
            // Seen from the server: requests come in, events go out.
            let flags: u32 = if direction == Direction::Request { 1 } else { 2 };
            option(&mut body, FLAGS, &flags.to_ne_bytes());
        }
        match &packet.body {
            Body::Connected { program, pid } => {
                let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
                option(&mut body, COMMENT, format!("{program}, process {pid}").as_bytes());
            }
            Body::Fault(fault) => option(&mut body, COMMENT, fault.to_string().as_bytes()),
            _ => {}
        }
        option(&mut body, END, &[]);
        block(&mut self.pending, ENHANCED, &body);
        if self.pending.len() >= ENOUGH {
            // Told by `flush`, which tries again.
            let _ = self.flush();
        }
    }

    /// Writes what is pending.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.failed {
            return Err(io::ErrorKind::WriteZero.into());
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            self.failed = true;
            // As far as this can be done to what the user named.
            let _ = self.file.set_len(self.written);
            return Err(error);
        }
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    body.extend(code.to_ne_bytes());
    body.extend((value.len() as u16).to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (body.len() + 12) as u32;
    out.extend([&kind.to_ne_bytes()[..], &length.to_ne_bytes(), body, &length.to_ne_bytes()].concat());
}

/// Reads a capture of this machine's byte order, which is that of the messages in it.
pub(crate) struct Reader<R> {
    input: R,
    at: u64,
    start: Option<u64>,
    begun: bool,
    links: Vec<u16>,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(input: R) -> Reader<R> {
        Reader { input, at: 0, start: None, begun: false, links: Vec::new() }
    }

    /// Bytes that were read.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// The next packet. `None` at the end of the file. The error says what is wrong and where.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, String> {
        let mut at = self.at;
        let next = loop {
            match self.block() {
                Ok(None) => break Ok(None),
                Ok(Some((kind, body))) => match self.take(kind, &body) {
                    Ok(None) => at = self.at,
                    other => break other,
                },
                Err(error) => break Err(error),
            }
        };
        next.map_err(|what| format!("not a capture of wayline from byte {at} on: {what}"))
    }

    fn take(&mut self, kind: u32, body: &[u8]) -> Result<Option<Packet>, String> {
        let word = |at: usize| body.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_ne_bytes);
        match kind {
            SECTION => self.links.clear(),
            INTERFACE => {
                let link = body.first_chunk().ok_or("a block is too short")?;
                self.links.push(u16::from_ne_bytes(*link));
            }
            ENHANCED => {
                let (Some(interface), Some(high), Some(low), Some(length)) = (word(0), word(4), word(8), word(12))
                else {
                    return Err("a block is too short".to_owned());
                };
                if self.links.get(interface as usize) != Some(&USER0) {
                    return Err("packets of another link type than USER0".to_owned());
                }
                let bytes = body.get(20..20 + length as usize).ok_or("a packet is longer than its block")?;
                let time = u64::from(high) << 32 | u64::from(low);
                let start = *self.start.get_or_insert(time);
                return Ok(Some(Packet::decode(time.saturating_sub(start), bytes)?));
            }
            _ => {}
        }
        Ok(None)
    }

    /// The next block, without its lengths.
    fn block(&mut self) -> Result<Option<(u32, Vec<u8>)>, String> {
        let mut head = [0; 8];
        let read = self.fill(&mut head)?;
        if read == 0 && self.begun {
            return Ok(None);
        }
        if read < head.len() {
            return Err("the file ends within a block".to_owned());
        }
        let [kind, length] = [0, 4].map(|at| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        if !self.begun && kind != SECTION {
            return Err("it does not begin as pcapng files do".to_owned());
        }
        let length = length as usize;
        if kind == SECTION && length > LARGEST && (length as u32).swap_bytes() as usize <= LARGEST {
            return Err("it is from a machine with another byte order".to_owned());
        }
        if !(12..=LARGEST).contains(&length) || !length.is_multiple_of(4) {
            return Err("a block has a length that cannot be".to_owned());
        }
        let mut body = vec![0; length - 8];
        if self.fill(&mut body)? < body.len() {
            return Err("the file ends within a block".to_owned());
        }
        let end = body.split_off(length - 12);
        if end != (length as u32).to_ne_bytes() {
            return Err("a block ends with another length than it begins with".to_owned());
        }
        if kind == SECTION && body.first_chunk() != Some(&ORDER.to_ne_bytes()) {
            return Err("it is from a machine with another byte order".to_owned());
        }
        self.begun = true;
        Ok(Some((kind, body)))
    }

    /// Reads as much as there is, up to all. Returns how much.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;
    use crate::capture::packet::End;

    fn packets() -> Vec<Packet> {
        let bodies = [
            Body::Connected { program: "foot".into(), pid: Some(7) },
            Body::Message { direction: Direction::Request, fds: Vec::new(), bytes: vec![1; 12] },
            Body::Ended { direction: Direction::Event, end: End::Closed },
        ];
        bodies.into_iter().enumerate().map(|(at, body)| Packet { at: at as u64, connection: 1, body }).collect()
    }

    fn written() -> Vec<u8> {
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = Writer::new(file.try_clone().unwrap());
        packets().iter().for_each(|packet| writer.packet(packet));
        writer.flush().unwrap();
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<Packet>, String> {
        let mut reader = Reader::new(bytes);
        std::iter::from_fn(|| reader.next().transpose()).collect()
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        assert_eq!(read(&written()), Ok(packets()));
    }

    #[test]
    fn a_file_that_ends_early_is_an_error_but_between_packets() {
        let bytes = written();
        let whole = (0..bytes.len()).filter(|&length| read(&bytes[..length]).is_ok()).count();
        // After the section, the interface, and each packet but the last.
        assert_eq!(whole, 4);
        assert!(read(&bytes[..1]).unwrap_err().contains("the file ends within a block"));
        assert!(read(b"").is_err());
    }

    #[test]
    fn a_changed_byte_is_never_more_than_an_error() {
        let bytes = written();
        for at in 0..bytes.len() {
            for byte in [0, 0xff, bytes[at] ^ 1] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                let _ = read(&changed);
            }
        }
        assert!(read(b"#!/bin/sh\nexit 0\n").unwrap_err().contains("does not begin as pcapng files do"));
    }

    #[test]
    fn a_length_takes_no_memory_before_it_is_judged() {
        let mut bytes = written();
        bytes[4..8].copy_from_slice(&0x7fff_fffcu32.to_ne_bytes());
        assert!(read(&bytes).is_err());
    }
}
