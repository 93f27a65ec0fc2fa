//! When a server runs out of descriptors it is not the next one who goes, but the one who holds most. Each test has a
//! process of its own, since it takes all descriptors that there are.
#![cfg(feature = "io")]

mod probe;

use std::fs::File;
use std::io::{BufRead, BufReader, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use probe::keeper::Keeper;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::{Resource as Limited, Rlimit, getrlimit, setrlimit};
use wayline::{Disconnect, LimitError, Resource, Scope};

/// Names the test that a process is for.
const CHILD: &str = "WAYLINE_TEST_PROCESS";

/// Runs the body of a test in a process of its own.
fn in_own_process(test: &str, body: fn()) {
    if std::env::var(CHILD).is_ok_and(|name| name == test) {
        return body();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test, "--test-threads=1", "--nocapture"]).env(CHILD, test).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn limit_to(current: u64, maximum: u64) {
    setrlimit(Limited::Nofile, Rlimit { current: Some(current), maximum: Some(maximum) }).unwrap();
}

/// The probe's request with an fd, so many times, and so many fds, all the same.
fn send_fds(peer: &UnixStream, count: usize, fd: BorrowedFd<'_>) -> bool {
    let message: Vec<u8> = [3u32, 8 << 16 | 3].map(u32::to_ne_bytes).concat().repeat(count);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(28))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = vec![fd; count];
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    rustix::net::sendmsg(peer, &[IoSlice::new(&message)], &mut control, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
        .is_ok()
}

/// How many descriptors this process has.
fn open() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count() - 1
}

/// The code of the error event that a client got.
fn told(mut peer: &UnixStream) -> Option<u32> {
    let mut buffer = vec![0; 1 << 16];
    let count = peer.read(&mut buffer).ok()?;
    let words: Vec<u32> =
        buffer[..count].chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect();
    (words.len() > 3 && words[0] == 1 && words[1] & 0xffff == 0).then(|| words[3])
}

/// Has the server take turns until it holds what it was sent.
fn until(keeper: &mut Keeper, what: &str, done: impl Fn(&mut Keeper) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done(keeper) {
        keeper.turn();
        assert!(Instant::now() < deadline, "not {what}; ended: {:?}", keeper.ended);
    }
}

fn kept(keeper: &mut Keeper, client: usize) -> usize {
    let probe = keeper.probes[client];
    keeper.server.data(probe).map_or(0, |fds| fds.len())
}

/// A pipe whose reading end is sent, and what is read from what arrived.
fn arrives_intact(keeper: &mut Keeper, peer: &UnixStream, client: usize) {
    let (receiver, mut sender) = std::io::pipe().unwrap();
    sender.write_all(b"a pool").unwrap();
    drop(sender);
    assert!(send_fds(peer, 1, receiver.as_fd()));
    drop(receiver);
    let before = kept(keeper, client);
    until(keeper, "received", |keeper| kept(keeper, client) > before);
    let probe = keeper.probes[client];
    let arrived: OwnedFd = keeper.server.data(probe).unwrap().pop().unwrap();
    let mut text = String::new();
    File::from(arrived).read_to_string(&mut text).unwrap();
    assert_eq!(text, "a pool");
}

fn out_of_descriptors(limit: u64) -> Disconnect {
    Disconnect::Limit(LimitError { resource: Resource::Fds, scope: Scope::Server, limit })
}

#[test]
fn who_holds_most_descriptors_goes_and_the_pool_of_a_new_client_arrives_intact() {
    in_own_process("who_holds_most_descriptors_goes_and_the_pool_of_a_new_client_arrives_intact", || {
        limit_to(160, 160);
        let mut keeper = Keeper::new();
        let (innocent, hoarder) = (keeper.client(), keeper.client());
        let null = File::open("/dev/null").unwrap();
        assert!(send_fds(&innocent, 10, null.as_fd()));
        until(&mut keeper, "received", |keeper| kept(keeper, 0) == 10);
        let before = open();
        // Far more than there are.
        for _ in 0..100 {
            if !keeper.ended.is_empty() || !send_fds(&hoarder, 7, null.as_fd()) {
                break;
            }
            keeper.turn();
        }
        until(&mut keeper, "dropped", |keeper| !keeper.ended.is_empty());
        assert_eq!((&keeper.ended[..], keeper.gone[0]), (&[out_of_descriptors(160)][..], keeper.probes[1].client()));
        assert_eq!(told(&hoarder), Some(2), "no_memory");
        assert_eq!(open(), before - 1, "all that it held is closed");
        drop(hoarder);
        let new = keeper.client();
        arrives_intact(&mut keeper, &new, 2);
        arrives_intact(&mut keeper, &innocent, 0);
        assert_eq!((keeper.ended.len(), kept(&mut keeper, 0)), (1, 10));
    });
}

/// Opens files until so many descriptors are left.
fn leave(free: usize) -> Vec<File> {
    let mut files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.truncate(files.len() - free);
    files
}

#[test]
fn fds_that_find_no_room_wait_until_who_holds_more_is_gone() {
    in_own_process("fds_that_find_no_room_wait_until_who_holds_more_is_gone", || {
        limit_to(160, 160);
        let mut keeper = Keeper::new();
        let null = File::open("/dev/null").unwrap();
        // The application's own files. Ten fds are not many, so nobody goes for them before it has to be.
        let mut files = leave(30);
        let (some, none) = (keeper.client(), keeper.client());
        assert!(send_fds(&some, 10, null.as_fd()));
        until(&mut keeper, "received", |keeper| kept(keeper, 0) == 10);
        files.extend(leave(2));
        assert!(send_fds(&none, 5, null.as_fd()));
        until(&mut keeper, "received", |keeper| kept(keeper, 1) == 5);
        assert_eq!((&keeper.ended[..], keeper.gone[0]), (&[out_of_descriptors(160)][..], keeper.probes[0].client()));
        drop(files);
        arrives_intact(&mut keeper, &none, 1);
    });
}

#[test]
fn d09_msg_ctrunc_drops_the_client_when_nobody_holds_more_fds() {
    in_own_process("d09_msg_ctrunc_drops_the_client_when_nobody_holds_more_fds", || {
        limit_to(160, 160);
        let mut keeper = Keeper::new();
        let null = File::open("/dev/null").unwrap();
        let mut files = leave(30);
        let (greedy, other) = (keeper.client(), keeper.client());
        assert!(send_fds(&greedy, 3, null.as_fd()) && send_fds(&other, 1, null.as_fd()));
        until(&mut keeper, "received", |keeper| kept(keeper, 0) == 3 && kept(keeper, 1) == 1);
        files.extend(leave(1));
        // One fits, as it is, and nobody goes for it.
        arrives_intact_without_pipe(&mut keeper, &other, 1, &null);
        assert!(send_fds(&greedy, 2, null.as_fd()));
        until(&mut keeper, "dropped", |keeper| !keeper.ended.is_empty());
        assert_eq!((&keeper.ended[..], keeper.gone[0]), (&[Disconnect::FdsLost][..], keeper.probes[0].client()));
        assert_eq!(told(&greedy), Some(2), "no_memory");
        drop(files);
        arrives_intact(&mut keeper, &other, 1);
        assert_eq!(keeper.ended.len(), 1);
    });
}

/// Sends one fd where there is room for no pipe, and closes it again.
fn arrives_intact_without_pipe(keeper: &mut Keeper, peer: &UnixStream, client: usize, file: &File) {
    let before = kept(keeper, client);
    assert!(send_fds(peer, 1, file.as_fd()));
    until(keeper, "received", |keeper| kept(keeper, client) == before + 1);
    let probe = keeper.probes[client];
    keeper.server.data(probe).unwrap().pop();
    assert!(keeper.ended.is_empty());
}

#[test]
fn k17_a_connection_that_finds_no_descriptor_is_accepted_when_who_holds_many_is_gone() {
    in_own_process("k17_a_connection_that_finds_no_descriptor_is_accepted_when_who_holds_many_is_gone", || {
        limit_to(160, 160);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tight-0");
        let address = wayline::io::path::Address::named(&path, &Default::default()).unwrap();
        let mut keeper = Keeper::new();
        keeper.server.listen(wayline::io::listener::Listener::at(&address).unwrap()).unwrap();
        let holder = keeper.client();
        let null = File::open("/dev/null").unwrap();
        assert!(send_fds(&holder, 20, null.as_fd()));
        until(&mut keeper, "received", |keeper| kept(keeper, 0) == 20);
        let files = leave(1);
        let new = UnixStream::connect(&path).unwrap();
        until(&mut keeper, "accepted", |keeper| keeper.ended.len() + keeper.server.clients().count() == 2);
        assert_eq!(keeper.ended, [out_of_descriptors(160)]);
        drop((files, new));
    });
}

/// What a program that does nothing but connect is told: the socket.
const CROWD: &str = "WAYLINE_TEST_CROWD";

#[test]
fn a_process_with_most_connections_loses_its_newest_ones_and_a_newcomer_is_served() {
    if let Ok(path) = std::env::var(CROWD) {
        let _crowd: Vec<UnixStream> = (0..300).map(|_| UnixStream::connect(&path).unwrap()).collect();
        println!("connected");
        // Until nobody needs it any more.
        std::io::stdin().read_to_string(&mut String::new()).unwrap();
        return;
    }
    in_own_process("a_process_with_most_connections_loses_its_newest_ones_and_a_newcomer_is_served", || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("crowd-0");
        let address = wayline::io::path::Address::named(&path, &Default::default()).unwrap();
        let mut keeper = Keeper::new();
        keeper.server.listen(wayline::io::listener::Listener::at(&address).unwrap()).unwrap();
        let test = "a_process_with_most_connections_loses_its_newest_ones_and_a_newcomer_is_served";
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--nocapture"]).env(CROWD, &path).env_remove(CHILD);
        let mut crowd = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Of this process only.
        limit_to(160, 160);
        let first = keeper.client();
        let lines = BufReader::new(crowd.stdout.take().unwrap()).lines();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let connected = lines.map_while(Result::ok).any(|line| line.ends_with("connected"));
            let _ = tell.send(connected);
        });
        until(&mut keeper, "connected", |_| told.try_recv() == Ok(true));
        // It waits behind all of them.
        let mut new = UnixStream::connect(&path).unwrap();
        new.write_all(&[1u32, 12 << 16, 2].map(u32::to_ne_bytes).concat()).unwrap();
        new.set_nonblocking(true).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut answer = [0; 24];
        while new.read(&mut answer).is_err() {
            keeper.turn();
            assert!(Instant::now() < deadline, "not served; {} have ended", keeper.ended.len());
        }
        assert_eq!(answer[..8], [2u32, 12 << 16].map(u32::to_ne_bytes).concat(), "done");
        // Of 302 there is room for no more than these.
        let (ended, here) = (keeper.ended.len(), keeper.server.clients().count());
        println!("{ended} have ended, {here} are here");
        assert!(ended + here == 302 && here < 160 && keeper.ended.iter().all(|end| *end == out_of_descriptors(160)));
        assert!(!keeper.gone.contains(&keeper.probes[0].client()));
        arrives_intact(&mut keeper, &first, 0);
        crowd.kill().unwrap();
        crowd.wait().unwrap();
    });
}

#[test]
fn the_soft_limit_on_descriptors_is_raised_for_the_first_client_unless_it_is_to_stay() {
    in_own_process("the_soft_limit_on_descriptors_is_raised_for_the_first_client_unless_it_is_to_stay", || {
        limit_to(100, 200);
        let soft = || getrlimit(Limited::Nofile).current;
        let mut keeper = Keeper::new();
        keeper.server.keep_descriptor_limit();
        let _first = keeper.client();
        assert_eq!(soft(), Some(100));
        let mut keeper = Keeper::new();
        keeper.server.poll_fd().unwrap();
        assert_eq!(soft(), Some(100), "a server without clients leaves it alone");
        let _first = keeper.client();
        assert_eq!(soft(), Some(200));
    });
}

#[test]
fn a_look_at_the_fds_that_wait_leaves_them_where_they_are() {
    use std::collections::VecDeque;
    use wayline::Link;
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut link = wayline::io::Socket::new(theirs.into());
    assert!(link.fits(), "nothing waits");
    let null = File::open("/dev/null").unwrap();
    assert!(send_fds(&peer, 3, null.as_fd()));
    assert!((0..50).all(|_| link.fits()));
    let mut fds = VecDeque::new();
    let received = link.receive(&mut [0; 4096], &mut fds).unwrap();
    assert_eq!((received.bytes, received.fds_lost, fds.len()), (24, false, 3));
}
