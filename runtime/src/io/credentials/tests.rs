use std::os::unix::net::UnixStream;
use std::process;

use rustix::net::{AddressFamily, SocketType, socket};

use super::*;

#[test]
fn a_socket_pair_shows_its_maker() {
    let (one, _other) = UnixStream::pair().unwrap();
    let peer = Credentials::of_peer(&one).unwrap();
    assert_eq!(peer.pid, Some(process::id()));
    assert_eq!(peer.uid, rustix::process::geteuid().as_raw());
    assert_eq!(peer.gid, rustix::process::getegid().as_raw());
}

#[test]
fn an_unconnected_socket_has_no_peer() {
    let alone = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    assert_eq!(Credentials::of_peer(&alone).unwrap_err().kind(), io::ErrorKind::NotConnected);
}
