//! Other threads have work done on the thread of a server or a client: nothing is lost, each thread's order stays, and the
//! loop comes for it, whichever loop it is. Servers on several threads share a listener.
#![cfg(feature = "calloop")]

mod probe;

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use probe::TestServer;
use probe::protocol::{Probe, probe as api};
use wayline::{Client, Closed, EventHandler, Fixed, HandlerResult, HasClient, Sender, client, server};

const THREADS: u32 = 4;
const EACH: u32 = 10_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Remembers the numbers of the jobs that were done, for each thread.
#[derive(Default)]
struct Done {
    numbers: Vec<Vec<u32>>,
}

impl Done {
    fn note(&mut self, thread: u32, number: u32) {
        self.numbers.resize(THREADS as usize, Vec::new());
        self.numbers[thread as usize].push(number);
    }

    fn is_all(&self) -> bool {
        self.numbers.iter().map(Vec::len).sum::<usize>() == (THREADS * EACH) as usize
    }

    fn check(&self) {
        for numbers in &self.numbers {
            assert!(numbers.iter().copied().eq(0..EACH), "{} of {EACH}, or in another order", numbers.len());
        }
    }
}

/// Threads that send numbered jobs.
fn stress<A: 'static>(sender: &Sender<A>, note: fn(&mut A, u32, u32)) -> Vec<JoinHandle<()>> {
    let thread = |thread| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for number in 0..EACH {
                sender.send(move |app: &mut A| note(app, thread, number)).unwrap();
            }
        })
    };
    (0..THREADS).map(thread).collect()
}

/// A client that is told by other threads.
struct Worker {
    client: Client<Worker>,
    done: Done,
    heard: Vec<i32>,
}

impl HasClient for Worker {
    fn client(&mut self) -> &mut Client<Worker> {
        &mut self.client
    }
}

impl EventHandler<Probe> for Worker {
    type Data = ();

    fn event(&mut self, _: Probe, event: api::Event<'_>) -> HandlerResult {
        if let api::Event::Words { a, .. } = event {
            self.heard.push(a);
        }
        Ok(())
    }
}

impl EventHandler<probe::protocol::ProbeChild> for Worker {
    type Data = ();

    fn event(&mut self, _: probe::protocol::ProbeChild, _: probe::protocol::probe_child::Event) -> HandlerResult {
        Ok(())
    }
}

/// A client, and the socket of its server, who says nothing.
fn worker() -> (Worker, UnixStream) {
    let (one, other) = UnixStream::pair().unwrap();
    (Worker { client: Client::from_socket(one.into()), done: Done::default(), heard: Vec::new() }, other)
}

#[test]
fn four_threads_lose_and_reorder_nothing_on_a_server_that_sleeps_in_its_own_loop() {
    // The host has no field for it.
    static DONE: Mutex<Done> = Mutex::new(Done { numbers: Vec::new() });
    let mut host = TestServer::new();
    let sender = host.server.sender().unwrap();
    let note = |host: &mut TestServer, thread, number| {
        let mut done = DONE.lock().unwrap();
        done.note(thread, number);
        if done.is_all() {
            host.server.stop();
        }
    };
    let threads = stress(&sender, note);
    server::run(host).unwrap();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    DONE.lock().unwrap().check();
}

#[test]
fn four_threads_lose_and_reorder_nothing_on_a_client_that_waits_for_its_server() {
    let (mut worker, _server) = worker();
    let sender = worker.client.sender().unwrap();
    let threads = stress(&sender, |worker: &mut Worker, thread, number| worker.done.note(thread, number));
    let deadline = Instant::now() + PATIENCE;
    while !worker.done.is_all() {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(left > Duration::ZERO && !client::dispatch(&mut worker, Some(left)).unwrap());
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    worker.done.check();
}

#[test]
fn four_threads_lose_and_reorder_nothing_in_calloop() {
    let (mut worker, _server) = worker();
    let sender = worker.client.sender().unwrap();
    let mut events = calloop::EventLoop::<Worker>::try_new().unwrap();
    let source = worker.client.source().unwrap();
    events.handle().insert_source(source, |(), (), worker| client::turn(worker)).unwrap();
    let threads = stress(&sender, |worker: &mut Worker, thread, number| worker.done.note(thread, number));
    let deadline = Instant::now() + PATIENCE;
    while !worker.done.is_all() {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(left > Duration::ZERO);
        events.dispatch(left, &mut worker).unwrap();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    worker.done.check();
}

#[test]
fn what_a_thread_sends_by_a_job_reaches_the_other_end_without_anything_else_to_wake_the_loop() {
    let mut host = TestServer::new();
    let (one, other) = UnixStream::pair().unwrap();
    host.server.add_socket(one.into()).unwrap();
    let to_server = host.server.sender().unwrap();
    let serving = std::thread::spawn(move || server::run(host).unwrap().probes.len());

    let mut worker = Worker { client: Client::from_socket(other.into()), done: Done::default(), heard: Vec::new() };
    client::roundtrip_within(&mut worker, PATIENCE).unwrap();
    let to_client = worker.client.sender().unwrap();
    // One thread asks the server by the client, and another has the server send by itself.
    let asking = std::thread::spawn(move || {
        let bind = |worker: &mut Worker| {
            let _: Probe = worker.client.bind(1).unwrap();
        };
        to_client.send(bind).unwrap();
    });
    asking.join().unwrap();
    client::roundtrip_within(&mut worker, PATIENCE).unwrap();
    to_server
        .send(|host: &mut TestServer| {
            let probe = host.probes[0];
            probe.words(&mut host.server, 7, 0, Fixed::from_int(0), 0).unwrap();
        })
        .unwrap();
    client::dispatch_until(&mut worker, PATIENCE, |worker| !worker.heard.is_empty()).unwrap();
    assert_eq!(worker.heard, [7]);
    to_server.send(|host: &mut TestServer| host.server.stop()).unwrap();
    assert_eq!(serving.join().unwrap(), 1);
}

#[test]
fn a_job_that_was_not_done_is_dropped_with_the_endpoint_and_no_more_are_taken() {
    let (mut worker, _server) = worker();
    let sender = worker.client.sender().unwrap();
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    sender.send(move |_: &mut Worker| drop(inside)).unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    drop(worker);
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(sender.send(|_| {}), Err(Closed));
}

#[test]
fn servers_clients_and_senders_may_move_to_another_thread() {
    fn moves<T: Send>() {}
    moves::<wayline::Server<TestServer>>();
    moves::<Client<Worker>>();
    moves::<Sender<TestServer>>();
}

#[test]
fn a_loop_that_was_woken_sleeps_again_when_all_is_done() {
    let (mut worker, _server) = worker();
    let sender = worker.client.sender().unwrap();
    client::dispatch(&mut worker, Some(Duration::ZERO)).unwrap();
    let is_readable = |worker: &mut Worker| {
        let fd = worker.client.poll_fd().unwrap();
        let mut fds = [rustix::event::PollFd::from_borrowed_fd(fd, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() > 0
    };
    assert!(!is_readable(&mut worker));
    sender.send(|worker: &mut Worker| worker.done.note(0, 0)).unwrap();
    assert!(is_readable(&mut worker), "any loop that polls the descriptor comes");
    client::turn(&mut worker).unwrap();
    assert!(!is_readable(&mut worker) && worker.done.numbers[0] == [0]);
}

#[test]
fn a_loop_that_finds_work_before_it_sleeps_comes_back_to_its_caller() {
    let (mut worker, _server) = worker();
    let sender = worker.client.sender().unwrap();
    let deadline = Instant::now() + PATIENCE;
    sender.send(|worker: &mut Worker| worker.done.note(0, 0)).unwrap();
    client::dispatch(&mut worker, Some(PATIENCE)).unwrap();
    let mut host = TestServer::new();
    let sender = host.server.sender().unwrap();
    sender.send(|host: &mut TestServer| host.server.stop()).unwrap();
    server::dispatch(&mut host, Some(PATIENCE)).unwrap();
    assert!(host.server.is_stopped() && Instant::now() < deadline, "it slept although all was done");
}

#[test]
fn servers_on_several_threads_share_a_listener_and_each_client_has_one_of_them() {
    const SERVERS: usize = 4;
    const CLIENTS: usize = 60;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shared-0");
    let address = wayline::io::path::Address::named(&path, &Default::default()).unwrap();
    let listener = wayline::io::listener::Listener::at(&address).unwrap();
    let servers: Vec<(Sender<TestServer>, JoinHandle<usize>)> = (0..SERVERS)
        .map(|_| {
            let mut host = TestServer::new();
            host.server.listen(listener.try_clone().unwrap()).unwrap();
            let sender = host.server.sender().unwrap();
            (sender, std::thread::spawn(move || server::run(host).unwrap().connected.len()))
        })
        .collect();
    let mut guests: Vec<Worker> = (0..CLIENTS)
        .map(|_| {
            let client = Client::connect_to_within(path.to_str().unwrap(), PATIENCE).unwrap();
            Worker { client, done: Done::default(), heard: Vec::new() }
        })
        .collect();
    for guest in &mut guests {
        let probe: Probe = guest.client.bind(1).unwrap();
        probe.ints(&mut guest.client, 5, 0, Fixed::from_int(0), 0).unwrap();
        client::roundtrip_within(guest, PATIENCE).unwrap();
        assert_eq!(guest.heard, [5]);
    }
    let counts: Vec<usize> = servers
        .into_iter()
        .map(|(sender, thread)| {
            sender.send(|host: &mut TestServer| host.server.stop()).unwrap();
            thread.join().unwrap()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), CLIENTS, "{counts:?}");
}
