//! A state that an earlier version of the program wrote, kept as a file.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::time::{Duration, Instant};

use wayline::carry::{self, State};
use wayline::server;

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

/// Of a server with a control socket and two clients. The first one is traced, and has bound wl_compositor as object 3 and
/// made a surface, with four requests. Its clock starts when the system does.
const FORM_1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/1.state");

fn message(object: u32, opcode: u32, body: &[u32]) -> Vec<u8> {
    let size = 8 + 4 * body.len() as u32;
    [object, size << 16 | opcode].iter().chain(body).flat_map(|word| word.to_ne_bytes()).collect()
}

#[test]
fn a_state_without_counts_of_clients_is_read_and_they_count_from_zero() {
    let bytes = std::fs::read(FORM_1).unwrap();
    let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(b"").unwrap()).unwrap();
    let (ours, mut guest) = UnixStream::pair().unwrap();
    let (other, _idle) = UnixStream::pair().unwrap();
    let fds: [OwnedFd; 3] = [listener.into(), ours.into(), other.into()];
    let mut app: App = carry::load(State::from_parts(bytes, fds.into())).unwrap();
    let mut clients: Vec<ClientId> = control::clients(&app).collect();
    clients.sort_unstable_by_key(|client| client.number());
    let counted = |app: &App| clients.iter().map(|client| app.crossed(*client).0).collect::<Vec<_>>();
    assert_eq!(counted(&app), [[0; 6]; 2]);
    // What that form has is there: the counts of all clients together, who is traced, and objects.
    assert_eq!(app.process.before.lines()[0], "messages 4 in 32 out");
    assert!(app.server.is_traced(clients[0]) && !app.server.is_traced(clients[1]) && app.control.is_some());
    let asked = [message(3, 0, &[6]), message(1, 0, &[7])].concat();
    guest.write_all(&asked).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while app.crossed(clients[0]).0[0] < 2 {
        assert!(Instant::now() < deadline, "it is not served");
        server::dispatch(&mut app, Some(PATIENCE)).unwrap();
    }
    let (done, deleted) = (message(7, 0, &[0]), message(1, 1, &[7]));
    let [messages_in, messages_out, bytes_in, bytes_out, ..] = counted(&app)[0];
    assert_eq!([messages_in, messages_out], [2, 2]);
    assert_eq!([bytes_in, bytes_out], [asked.len() as u64, (done.len() + deleted.len()) as u64]);
    assert_eq!(counted(&app)[1], [0; 6]);
    let mut answer = vec![0; done.len() + deleted.len()];
    guest.read_exact(&mut answer).unwrap();
    assert_eq!((&answer[..8], &answer[done.len()..]), (&done[..8], &deleted[..]));
    // What is written again is of the present form, with the counts.
    let state = carry::save(&mut app).unwrap();
    let again: App = carry::load(state).unwrap();
    let first = control::clients(&again).min_by_key(|client| client.number()).unwrap();
    assert_eq!(again.crossed(first).0[..2], [2, 2]);
}
