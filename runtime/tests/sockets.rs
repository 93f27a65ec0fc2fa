//! What only real sockets show: credentials, waking up.
#![cfg(feature = "io")]

mod probe;

use std::os::unix::net::UnixStream;

use probe::{Pair, TestClient, TestServer, link, until_quiet};
use wayline::Disconnect;
use wayline::io::Socket;
use wayline::io::credentials::Credentials;

/// Both halves at the ends of a socket pair.
fn pair() -> Pair {
    let (one, other) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    let id = host.server.add_link(Box::new(link(Socket::new(one.into())))).unwrap();
    let mut pair = Pair { host, guest: TestClient::new(link(Socket::new(other.into()))), id };
    pair.pump();
    pair
}

#[test]
fn k13_the_server_knows_whose_a_client_is_as_long_as_it_lives() {
    let mut pair = pair();
    let credentials = pair.host.server.credentials(pair.id);
    let (own, _other) = UnixStream::pair().unwrap();
    assert_eq!(credentials, Credentials::of_peer(own).ok(), "both ends are this process");
    assert!(credentials.is_some());
    pair.guest.client.disconnect();
    wayline::client::finish_turn(&mut pair.guest);
    until_quiet(|| wayline::server::receive(&mut pair.host, pair.id));
    assert_eq!(pair.host.server.credentials(pair.id), credentials, "known until it has been torn down");
    wayline::server::finish_turn(&mut pair.host);
    assert_eq!(pair.reason(), Some(&Disconnect::Closed));
    assert_eq!(pair.host.server.credentials(pair.id), None);
}

#[test]
fn turns_of_both_sides_say_whether_they_found_anything_so_that_a_loop_that_hears_of_changes_knows_when_to_wait() {
    // Whole messages at once, whatever other tests have in their way.
    let (one, other) = UnixStream::pair().unwrap();
    let (mut host, mut guest) = (TestServer::new(), TestClient::new(Socket::new(other.into())));
    host.server.add_socket(one.into()).unwrap();
    let mut turns = || [wayline::server::turn(&mut host).unwrap(), wayline::client::turn(&mut guest).unwrap()];
    until_quiet(|| turns() != [false, false]);
    guest.client.begin_roundtrip().unwrap();
    guest.client.flush();
    let mut turns = || [wayline::server::turn(&mut host).unwrap(), wayline::client::turn(&mut guest).unwrap()];
    assert_eq!([turns(), turns()], [[true, true], [false, false]]);
}

#[test]
fn a_client_without_a_socket_has_no_credentials() {
    let pair = Pair::new();
    assert_eq!(pair.host.server.credentials(pair.id), None);
}

#[cfg(feature = "calloop")]
#[test]
fn v02_a_global_added_between_turns_is_announced_before_the_loop_sleeps() {
    let mut pair = pair();
    let mut events = calloop::EventLoop::<TestServer>::try_new().unwrap();
    let source = pair.host.server.source().unwrap();
    events.handle().insert_source(source, |(), (), host| wayline::server::turn(host)).unwrap();
    let now = Some(std::time::Duration::ZERO);
    let mut turn = |pair: &mut Pair| {
        until_quiet(|| {
            events.dispatch(now, &mut pair.host).unwrap();
            wayline::client::turn(&mut pair.guest).unwrap()
        });
    };
    turn(&mut pair);
    let known = pair.guest.client.globals().len();
    let id = pair.host.server.add_global::<probe::protocol::ProbeChild>(1).unwrap();
    turn(&mut pair);
    assert_eq!(pair.guest.client.globals().len(), known + 1);
    pair.host.server.remove_global(id);
    turn(&mut pair);
    assert_eq!(pair.guest.client.globals().len(), known);
}

#[test]
fn a_server_that_reads_no_more_and_says_nothing_is_noticed() {
    let (one, other) = UnixStream::pair().unwrap();
    one.shutdown(std::net::Shutdown::Read).unwrap();
    let mut guest = TestClient::new(link(Socket::new(other.into())));
    let result = wayline::client::roundtrip(&mut guest);
    assert!(matches!(result, Err(wayline::Error::Disconnected(Disconnect::Reset))), "{result:?}");
    assert_eq!(guest.client.ended(), Some(&Disconnect::Reset));
}
