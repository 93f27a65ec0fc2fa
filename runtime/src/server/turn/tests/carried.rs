//! Times of clients whose server is taken over.

use super::*;
use crate::Server;
use crate::carry::{self, Carrier, CarryError, HandOverError, Loader, Refusal, Saver, Upgrade};
use probe::protocol::{Probe, ProbeChild};

impl Upgrade for TestServer {
    fn carrier() -> Carrier<TestServer> {
        Carrier::new().with::<Probe>().with::<ProbeChild>()
    }

    fn save(&mut self, _: &mut Saver) -> Result<(), Refusal> {
        Ok(())
    }

    fn load(mut server: Server<TestServer>, _: &mut Loader<'_>) -> Result<TestServer, CarryError> {
        let global = server.add_global::<Probe>(3)?;
        Ok(TestServer { server, global, ..TestServer::new() })
    }
}

/// A server with a client that has sent a descriptor and no message for it.
fn host() -> (TestServer, UnixStream) {
    let (peer, theirs) = UnixStream::pair().unwrap();
    let mut host = TestServer::new();
    host.server.add_socket(theirs.into()).unwrap();
    send(&mut host, &peer, &[1], 1);
    assert!(armed_since(&mut host).is_some());
    (host, peer)
}

#[test]
fn a_successor_goes_on_counting_where_its_predecessor_was() {
    let (mut host, _peer) = host();
    let client = host.server.clients().next().unwrap();
    let times = [(Task::Read, 5), (Task::ConsumeFds, 7)].map(|(task, seconds)| (task, Duration::from_secs(seconds)));
    let began = Instant::now();
    for (task, waited) in times {
        host.server.poll_set().unwrap().arm_since(client, task, began - waited);
    }
    let (started, heard) = (host.server.role.started, host.server.last_heard(client).unwrap());
    let mut successor: TestServer = carry::load(carry::save(&mut host).unwrap()).unwrap();
    let client = successor.server.clients().next().unwrap();
    // What passes while the state is under way is nobody's time; no other is lost, nor is any counted twice.
    let passed = began.elapsed();
    let since = times.map(|(task, _)| successor.server.poll_set().unwrap().armed_since(client, task).unwrap());
    for ((task, waited), since) in times.into_iter().zip(since) {
        assert!(since >= began - waited && since <= began - waited + passed, "{task:?}");
    }
    assert_eq!(since[0] - since[1], Duration::from_secs(2));
    assert_eq!(successor.server.last_heard(client).unwrap() - successor.server.role.started, heard - started);
}

#[test]
fn times_of_a_state_that_is_written_again_are_all_later_by_the_same() {
    let (mut host, _peer) = host();
    let client = host.server.clients().next().unwrap();
    // Fractions of a millisecond, all of them different.
    for (task, waited) in Task::OF_CLIENTS.into_iter().zip([5_000_000, 6_400_000, 7_800_000]) {
        let since = Instant::now() - Duration::from_nanos(waited);
        host.server.poll_set().unwrap().arm_since(client, task, since);
    }
    let times = |host: &TestServer, now| {
        let client = host.server.clients().next().unwrap();
        let (heard, waited) = host.server.times(client, now);
        let mut times = vec![host.server.uptime(now), heard.unwrap()];
        times.extend(waited.map(Option::unwrap));
        times
    };
    let host: TestServer = carry::load(carry::save(&mut host).unwrap()).unwrap();
    let began = Instant::now();
    let first = times(&host, began);
    // Looked at in each tenth of a millisecond.
    for tenths in 0..50 {
        let now = began + Duration::from_micros(100 * tenths);
        let passed: Vec<u64> = times(&host, now).iter().zip(&first).map(|(later, one)| later - one).collect();
        assert!(passed.iter().all(|&one| one == passed[0]), "{passed:?}");
    }
}

#[test]
fn nobody_is_later_for_an_upgrade_that_failed() {
    let (mut host, _peer) = host();
    let since = armed_since(&mut host).unwrap();
    let (ours, _silent) = UnixStream::pair().unwrap();
    let patience = Duration::from_millis(50);
    assert!(matches!(carry::hand_over(&mut host, &ours, patience), Err(HandOverError::TimedOut)));
    assert!(armed_since(&mut host).unwrap() >= since + patience);
}
