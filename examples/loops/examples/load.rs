//! Round trips a second of a server with many clients: `load CLIENTS HERTZ SECONDS COMMAND…`.
//!
//! Starts `COMMAND`, of which `{socket}` becomes a path, and is all its clients. Each wants to make a round trip so many
//! times a second, one after the other all through the second, and leaves out those that come before its last was answered.
//! Prints how many were made a second, and the CPU time that each thread of the server took.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use loops::Result;
use mio::net::UnixStream as Stream;
use mio::{Events, Interest, Poll, Token};

/// `wl_display.sync` as native words: for the display, with the callback's id.
const SYNC: [u32; 3] = [1, 12 << 16, 2];

/// `wl_callback.done` and `wl_display.delete_id`.
const ANSWER: usize = 24;

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [clients, hertz, seconds, program, rest @ ..] = arguments.as_slice() else {
        return Err("usage: load CLIENTS HERTZ SECONDS COMMAND…".into());
    };
    let (clients, hertz, time): (u32, u32, u64) = (clients.parse()?, hertz.parse()?, seconds.parse()?);
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("load-0");
    let words = rest.iter().map(|word| word.replace("{socket}", &path.to_string_lossy()));
    let mut server = Server(Command::new(program).args(words).spawn()?);

    let mut poll = Poll::new()?;
    let mut peers = Vec::new();
    for index in 0..clients {
        let mut peer = Stream::from_std(connect(&path)?);
        poll.registry().register(&mut peer, Token(index as usize), Interest::READABLE)?;
        peers.push(Peer { stream: peer, waits: false });
    }
    let before = server.threads()?;
    let trips = load(&mut poll, &mut peers, Duration::from_secs(1) / (clients * hertz), Duration::from_secs(time))?;
    println!("{} trips/s of {} wanted", trips / time, clients * hertz);
    for (thread, ticks) in server.threads()? {
        println!("thread {thread}: {} ms of CPU", (ticks - before.get(&thread).unwrap_or(&0)) * 10);
    }
    Ok(())
}

struct Peer {
    stream: Stream,
    waits: bool,
}

fn load(poll: &mut Poll, peers: &mut [Peer], pace: Duration, time: Duration) -> Result<u64> {
    let sync: Vec<u8> = SYNC.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let (mut events, mut answer) = (Events::with_capacity(256), [0; ANSWER]);
    let (began, mut next, mut trips) = (Instant::now(), 0u32, 0);
    while began.elapsed() < time {
        while began.elapsed() >= pace * next {
            let index = next as usize % peers.len();
            let peer = &mut peers[index];
            if !std::mem::replace(&mut peer.waits, true) {
                peer.stream.write_all(&sync)?;
            }
            next += 1;
        }
        poll.poll(&mut events, Some(Duration::ZERO))?;
        for event in &events {
            let peer = &mut peers[event.token().0];
            // The server sends both events at once.
            peer.stream.read_exact(&mut answer)?;
            peer.waits = false;
            trips += 1;
        }
    }
    Ok(trips)
}

fn connect(path: &std::path::Path) -> Result<UnixStream> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => {
                stream.set_nonblocking(true)?;
                return Ok(stream);
            }
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => std::thread::yield_now(),
        }
    }
}

struct Server(Child);

impl Server {
    /// The threads, each with its CPU time in hundredths of a second (proc_pid_stat(5)).
    fn threads(&mut self) -> Result<HashMap<String, u64>> {
        let mut threads = HashMap::new();
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let task = task?;
            let mut stat = String::new();
            std::fs::File::open(task.path().join("stat"))?.read_to_string(&mut stat)?;
            let behind = stat.rsplit(')').next().ok_or("no name in stat")?;
            let fields: Vec<&str> = behind.split_whitespace().collect();
            let ticks =
                fields.get(11).ok_or("no utime")?.parse::<u64>()? + fields.get(12).ok_or("no stime")?.parse::<u64>()?;
            threads.insert(task.file_name().to_string_lossy().into_owned(), ticks);
        }
        Ok(threads)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
