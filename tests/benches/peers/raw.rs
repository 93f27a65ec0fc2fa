//! Bytes without messages: what a stream socket can carry.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use crate::pair::Failure;
use crate::peer::{Control, cpu_time, inherited};
use crate::rounds::Sample;

/// Bytes in one write and one read.
pub(crate) const CHUNK: usize = 64 << 10;

/// A stream socket with two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// TCP over the loopback device.
    Tcp,
    /// A Unix socket pair.
    Unix,
}

impl Stream {
    pub(crate) fn pair(self) -> Result<(OwnedFd, OwnedFd), Failure> {
        match self {
            Stream::Tcp => tcp().map_err(Failure::io("connecting over the loopback device")),
            Stream::Unix => {
                let (near, far) = UnixStream::pair().map_err(Failure::io("making a socket pair"))?;
                Ok((near.into(), far.into()))
            }
        }
    }
}

fn tcp() -> std::io::Result<(OwnedFd, OwnedFd)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, _) = listener.accept()?;
    for end in [&near, &far] {
        end.set_nodelay(true)?;
    }
    Ok((near.into(), far.into()))
}

/// Sends as many chunks as the control line says.
pub(crate) fn pump() {
    // A file does not care what kind of socket it is.
    let mut socket = std::fs::File::from(inherited(std::io::stdin()));
    let chunk = vec![7; CHUNK];
    Control::inherited().obey(|count| {
        let mut ask = |count: u64| {
            socket.write_all(&count.to_ne_bytes()).expect("the other end reads");
            for _ in 0..count {
                socket.write_all(&chunk).expect("the other end reads");
            }
            let mut time = [0; 8];
            socket.read_exact(&mut time).expect("the other end answers");
            u64::from_ne_bytes(time)
        };
        let server = ask(0);
        let (cpu, start) = (cpu_time(), std::time::Instant::now());
        let server = ask(count.into()) - server;
        Sample { client: cpu_time() - cpu, server, wall: start.elapsed().as_nanos() as u64 }
    });
}

/// Reads chunks and says how much CPU time that has cost.
pub(crate) fn drain() {
    let mut socket = std::fs::File::from(inherited(std::io::stdin()));
    let mut chunk = vec![0; CHUNK];
    let mut count = [0; 8];
    while socket.read_exact(&mut count).is_ok() {
        for _ in 0..u64::from_ne_bytes(count) {
            socket.read_exact(&mut chunk).expect("the other end writes");
        }
        socket.write_all(&cpu_time().to_ne_bytes()).expect("the other end reads");
    }
}
