//! States that are damaged, cut or made up.

use super::*;

/// A state with all kinds of things in it.
fn some_state() -> (Vec<u8>, usize) {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    let (mut other, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest, &mut other]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let children: Vec<ProbeChild> = (0..20).map(|_| probe.create(&mut guest.client).unwrap()).collect();
    for child in &children[3..9] {
        child.destroy(&mut guest.client).unwrap();
    }
    for _ in 0..5 {
        probe.offer(&mut guest.client).unwrap();
    }
    exchange(&mut host, &mut [&mut guest, &mut other]);
    let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
    (bytes, fds.len())
}

fn loaded(bytes: Vec<u8>, fds: usize) -> Result<Host, CarryError> {
    let fds = (0..fds).map(|_| UnixStream::pair().unwrap().0.into()).collect();
    carry::load(State::from_parts(bytes, fds))
}

/// A state of this body.
pub(crate) fn sealed(body: &[u8]) -> Vec<u8> {
    let step = |sum: u64, &byte: &u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let sum = body.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let numbers = [2, body.len() as u64, sum].map(u64::to_le_bytes).concat();
    [b"waylineS".as_slice(), &numbers, body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What loading says to a state with other words in the place of some, which it has once.
fn refused_with<A: Upgrade>(app: &mut A, old: &[u32], new: &[u32]) -> String {
    let (bytes, fds) = carry::save(app).unwrap().into_parts();
    let (mut body, old) = (bytes[32..].to_vec(), words(old));
    let found: Vec<usize> = (0..body.len()).filter(|&at| body[at..].starts_with(&old)).collect();
    let [at] = found[..] else { panic!("found at {found:?}") };
    body.splice(at..at + old.len(), words(new));
    match carry::load::<A>(State::from_parts(sealed(&body), fds)) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_object_that_ended_twice_is_refused() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    probe.offer(&mut guest.client).unwrap();
    probe.offer(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    for child in host.children.clone() {
        child.finished(&mut host.server).unwrap();
    }
    host.children.clear();
    exchange(&mut host, &mut [&mut guest]);
    let first = 0xff00_0000;
    let refused = refused_with(&mut host, &[2, first, first + 1], &[2, first, first]);
    assert_eq!(refused, "a client that there cannot be");
}

#[test]
fn names_of_globals_that_no_server_gives_are_refused() {
    let mut host = Host::new();
    host.server.add_global::<Probe>(2).unwrap();
    let cases = [
        // The last name that was given, how many globals there are, the name of the first, the bytes of its interface's.
        ([2, 2, 1, 5], [u32::MAX, 2, 1, 5]),
        ([2, 2, 1, 5], [2, 2, 3, 5]),
        ([2, 2, 1, 5], [2, 2, 2, 5]),
        ([2, 2, 1, 5], [2, 2, 0, 5]),
    ];
    for (old, new) in cases {
        let refused = refused_with(&mut host, &old, &new);
        assert_eq!(refused, "the state is damaged: a name that no global has", "{new:?}");
    }
}

#[test]
fn objects_of_another_interface_or_version_are_refused() {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let _: ProbeChild = probe.create(&mut guest.client).unwrap();
    let _: ProbeChild = probe.create(&mut guest.client).unwrap();
    exchange(&mut host, &mut [&mut guest]);
    let ids: Vec<u32> = host.children.iter().map(|child| child.id()).collect();
    let other = host.probes[0].id();
    // The application's list of children, each of the first client.
    let refused = refused_with(&mut host, &[2, 0, ids[0], 0, ids[1]], &[2, 0, ids[0], 0, other]);
    assert_eq!(refused, "the state is damaged: a handle of another interface");
    let refused = refused_with(&mut host, &[0, ids[0], 0, ids[1]], &[0, ids[0], 7, ids[1]]);
    assert_eq!(refused, "the state is damaged: it names a client that it does not have");
    for version in [0, 4] {
        let mut host = Host::new();
        host.server.add_global::<Probe>(2).unwrap();
        let (mut guest, _) = connect(&mut host);
        exchange(&mut host, &mut [&mut guest]);
        // The one object of version 2.
        let _: Probe = guest.client.bind_at_most(2).unwrap();
        exchange(&mut host, &mut [&mut guest]);
        let id = host.probes[0].id();
        let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
        let mut body = bytes[32..].to_vec();
        let is_probe =
            |at: &usize| body[*at..].starts_with(&words(&[id, 1])) && body[at + 12..].starts_with(&words(&[2]));
        let at = (0..body.len()).find(is_probe).unwrap();
        body[at + 12..at + 16].copy_from_slice(&words(&[version]));
        let error = carry::load::<Host>(State::from_parts(sealed(&body), fds)).map(drop).unwrap_err();
        assert_eq!(error.to_string(), "the state is damaged: an object of a version that there is not");
    }
}

#[test]
fn a_server_that_has_run_for_longer_than_there_are_numbers_goes_on() {
    let (bytes, fds) = some_state();
    let mut body = bytes[32..].to_vec();
    // The length of a number, and the time that the server has run.
    assert_eq!(body[..4], words(&[8]));
    body[4..12].fill(0xff);
    let mut host = loaded(sealed(&body), fds).unwrap();
    let (mut guest, client) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    assert!(host.server.last_heard(client).is_some());
}

/// Its own state is a list of values that have no bytes.
struct Nothings(Server<Nothings>);

#[derive(Clone)]
struct Nothing(u8);

impl Carry for Nothing {
    fn save(&self, _: &mut Saver) -> Result<(), Refusal> {
        Ok(())
    }

    fn load(_: &mut Loader<'_>) -> Result<Nothing, CarryError> {
        Ok(Nothing(7))
    }
}

impl HasServer for Nothings {
    fn server(&mut self) -> &mut Server<Nothings> {
        &mut self.0
    }
}

impl Upgrade for Nothings {
    fn carrier() -> Carrier<Nothings> {
        Carrier::new()
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&vec![Nothing(7); 77])
    }

    fn load(server: Server<Nothings>, loader: &mut Loader<'_>) -> Result<Nothings, CarryError> {
        let nothings: Vec<Nothing> = loader.get()?;
        assert!(nothings.iter().all(|nothing| nothing.0 == 7));
        Ok(Nothings(server))
    }
}

#[test]
fn a_list_of_values_without_bytes_is_as_long_as_its_number_says_up_to_a_million() {
    let mut app = Nothings(Server::new());
    assert_eq!(refused_with(&mut app, &[77], &[1 << 20]), "nothing");
    assert_eq!(refused_with(&mut app, &[77], &[u32::MAX]), "the state is damaged: a list of nothing");
}

#[test]
fn a_state_that_is_cut_or_has_one_bit_flipped_is_refused() {
    let (bytes, fds) = some_state();
    assert!(loaded(bytes.clone(), fds).is_ok());
    for length in (0..bytes.len()).step_by(7) {
        assert!(loaded(bytes[..length].to_vec(), fds).is_err(), "{length} bytes");
    }
    for bit in (0..8 * bytes.len()).step_by(13) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = loaded(flipped, fds).map(drop).unwrap_err();
        assert!(matches!(error, CarryError::Damaged { .. } | CarryError::Format { .. }), "bit {bit}: {error}");
    }
    assert!(matches!(loaded(bytes, fds - 1), Err(CarryError::Damaged { .. })), "a descriptor is missing");
    let newer = [b"waylineS".as_slice(), &3u64.to_le_bytes(), &[0; 16]].concat();
    let error = loaded(newer, 0).map(drop).unwrap_err().to_string();
    assert_eq!(error, "the state is of format 3, and this program reads 1 and 2");
}

#[test]
fn a_state_that_somebody_made_up_does_no_harm() {
    let (bytes, fds) = some_state();
    let body = &bytes[32..];
    let mut random = 0x1234_5678_9abc_def0_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for _ in 0..3000 {
        let mut body = body.to_vec();
        for _ in 0..1 + next() % 3 {
            let at = next() as usize % body.len();
            body[at] = if next() % 2 == 0 { next() as u8 } else { 0xff };
        }
        // Loaded or refused: it neither panics nor takes memory that the state does not have.
        let Ok(mut host) = loaded(sealed(&body), fds) else { continue };
        server::turn(&mut host).unwrap();
    }
}
