//! What a peer wrote reaches people: in errors, in the trace and in the log. It stays one line, and one for each kind.

mod probe;

#[cfg(feature = "io")]
use probe::TestServer;
use probe::lines::{self, Lines};
use probe::protocol::{Probe, ProbeChild, probe as api};
use probe::{Pair, TestClient};
#[cfg(feature = "io")]
use wayline::UserLimits;
use wayline::{Disconnect, HandlerError, Limits, Link, MemoryLink, client};

/// Forged lines, colours, and a text that reads backwards.
const EVIL: &str = "x\nwarning: all is well\x1b[2J\u{9b}1m\u{202e}txt\r";

fn is_fit(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c))
}

#[test]
fn reasons_show_the_text_of_a_peer_on_one_line_and_keep_it_as_it_came() {
    lines::ready();
    let (mut pair, _) = Pair::bound(3);
    let probe = pair.host.probes[0];
    pair.host.server.post_error(probe, api::Error::ASKED, EVIL);
    pair.pump();
    let told = pair.guest.client.ended().unwrap().clone();
    let Disconnect::Protocol(error) = &told else { panic!("{told:?}") };
    assert_eq!(error.message, EVIL, "the wire's text is untouched");
    let malformed = Disconnect::Malformed { object: 1, interface: "probe", opcode: 2, reason: EVIL.into() };
    let internal = Disconnect::Internal(EVIL.into());
    let faults =
        [HandlerError::protocol(probe, api::Error::ASKED, EVIL).to_string(), HandlerError::internal(EVIL).to_string()];
    let shown = [told.to_string(), error.to_string(), malformed.to_string(), internal.to_string(), format!("{told:?}")];
    for text in shown.iter().chain(&faults) {
        assert!(is_fit(text) && text.contains("all is well"), "{text:?}");
    }
}

#[test]
fn the_end_of_a_connection_is_one_line_of_the_log() {
    let lines = Lines::of(|_| {
        let mut pair = Pair::new();
        pair.host.server.disconnect(pair.id);
        pair.pump();
        pair.pump();
    });
    let told = lines.containing("has ended");
    assert_eq!(told.len(), 2, "one for each side: {told:?}");
    assert!(told[0].starts_with("client ") && told[0].contains(&Disconnect::Local.to_string()), "{told:?}");
}

/// `wl_registry.global` with a name and this interface.
fn global(name: u32, interface: &str) -> Vec<u8> {
    let mut text = interface.as_bytes().to_vec();
    text.resize((interface.len() + 1).next_multiple_of(4), 0);
    let size = 8 + 4 + 4 + text.len() as u32 + 4;
    let words = [2, size << 16, name, interface.len() as u32 + 1];
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    bytes.extend(&text);
    bytes.extend(1u32.to_ne_bytes());
    bytes
}

#[test]
fn a_server_that_does_the_same_again_and_again_gets_one_line_of_each_kind_and_nothing_goes_to_the_terminal() {
    let lines = Lines::of(|_| {
        let (mut server, link) = MemoryLink::pair();
        let mut guest = TestClient::new(link);
        guest.client.set_limits(Limits { globals: 1, ..Limits::default() });
        let mut bytes = Vec::new();
        for name in 1..100 {
            bytes.extend(global(name, EVIL));
            // delete_id of an id that nobody has
            bytes.extend([1u32, 12 << 16 | 1, 77 + name].iter().flat_map(|word| word.to_ne_bytes()));
        }
        server.send(&bytes, &[]).unwrap();
        while client::receive(&mut guest) {}
        assert_eq!((guest.client.globals().len(), guest.client.ended()), (1, None));
    });
    assert_eq!(lines.containing("left out").len(), 1, "{:?}", lines.containing("left out"));
    assert_eq!(lines.containing("deleted id").len(), 1);
    let all = lines.containing("");
    assert!(all.iter().all(|line| is_fit(line)), "{all:?}");
    // The messages themselves are traced.
    assert!(all.iter().filter(|line| line.contains("wl_registry#2.global(")).count() >= 99);
}

#[cfg(feature = "io")]
#[test]
fn clients_of_a_user_that_are_refused_get_one_line() {
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("crowded-0");
    let address = wayline::io::path::Address::named(&path, &Default::default()).unwrap();
    let lines = Lines::of(|_| {
        let mut host = TestServer::new();
        let user = UserLimits { clients: 1, ..UserLimits::default() };
        host.server.set_limits(Limits { user, ..Limits::default() });
        host.server.listen(wayline::io::listener::Listener::at(&address).unwrap()).unwrap();
        let peers: Vec<UnixStream> = (0..20).map(|_| UnixStream::connect(&path).unwrap()).collect();
        let deadline = Instant::now() + Duration::from_secs(20);
        while host.refused.len() < 19 {
            wayline::server::dispatch(&mut host, Some(Duration::ZERO)).unwrap();
            assert!(Instant::now() < deadline, "{} of 19", host.refused.len());
        }
        drop(peers);
    });
    assert_eq!(lines.containing("was refused").len(), 1, "{:?}", lines.containing("was refused"));
}

#[test]
fn a_name_that_a_client_binds_is_traced_on_one_line() {
    let lines = Lines::of(|_| {
        let mut pair = Pair::new();
        pair.host.server.add_global::<ProbeChild>(1).unwrap();
        let _: Probe = pair.guest.client.bind(1).unwrap();
        pair.pump();
        assert_eq!(pair.reason(), None);
        // A bind with another name, from a client that knows only bytes.
        let (mut link, other) = MemoryLink::pair();
        let id = pair.host.server.connect(other);
        let mut text = EVIL.as_bytes().to_vec();
        text.resize((EVIL.len() + 1).next_multiple_of(4), 0);
        let size = 8 + 4 + 4 + text.len() as u32 + 8;
        let words = [1, 12 << 16 | 1, 2, 2, size << 16, 1, EVIL.len() as u32 + 1];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend(&text);
        bytes.extend([1u32, 3].iter().flat_map(|word| word.to_ne_bytes()));
        link.send(&bytes, &[]).unwrap();
        wayline::server::receive(&mut pair.host, id);
        wayline::server::finish_turn(&mut pair.host);
        assert_eq!(pair.host.ended.len(), 1);
        assert!(is_fit(&pair.host.ended[0].1.to_string()), "{}", pair.host.ended[0].1);
    });
    let traced = lines.containing("wl_registry#2.bind(");
    assert!(traced.iter().any(|line| line.contains("all is well")), "{traced:?}");
    let all = lines.containing("");
    assert!(all.iter().all(|line| is_fit(line)), "{all:?}");
}
