//! Signals that a write to a closed connection raises, where nobody asks for them not to be.
#![cfg(feature = "calloop")]

mod probe;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use calloop::EventLoop;
use calloop::signals::{Signal, Signals};
use probe::{TestClient, TestServer, any_fd};
use rustix::io::Errno;
use wayline::io::Socket;
use wayline::{client, server};

#[test]
fn a_peer_that_closes_while_it_is_written_to_raises_no_sigpipe() {
    let mut events: EventLoop<'_, u32> = EventLoop::try_new().unwrap();
    // Blocked in this thread: if one is raised, it waits to be read, even if it is ignored.
    let signals = Signals::new(&[Signal::SIGPIPE]).unwrap();
    events.handle().insert_source(signals, |_, (), raised: &mut u32| *raised += 1).unwrap();
    let mut raised = 0;

    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.add_socket(ours.into()).unwrap();
    let mut guest = TestClient::new(Socket::new(theirs.into()));
    for _ in 0..4 {
        client::turn(&mut guest).unwrap();
        server::turn(&mut host).unwrap();
    }
    let _: probe::protocol::Probe = guest.client.bind(3).unwrap();
    client::turn(&mut guest).unwrap();
    server::turn(&mut host).unwrap();
    drop(guest);
    let probe = host.probes[0];
    probe.echo(&mut host.server, None, &[1; 1000]).unwrap();
    probe.fd_event(&mut host.server, any_fd()).unwrap();
    server::finish_turn(&mut host);
    while host.ended.is_empty() {
        server::dispatch(&mut host, Some(Duration::from_secs(60))).unwrap();
    }
    // A client whose server has gone.
    let (gone, theirs) = UnixStream::pair().unwrap();
    drop(gone);
    let mut guest = TestClient::new(Socket::new(theirs.into()));
    client::finish_turn(&mut guest);
    let _ = client::turn(&mut guest);
    assert!(guest.client.ended().is_some());
    events.dispatch(Some(Duration::ZERO), &mut raised).unwrap();
    assert_eq!(raised, 0);

    // A plain write does raise it, so it would have been seen.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(rustix::io::write(&writer, b"x"), Err(Errno::PIPE));
    events.dispatch(Some(Duration::ZERO), &mut raised).unwrap();
    assert_eq!(raised, 1);
}
