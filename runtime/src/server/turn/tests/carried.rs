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
        host.server.poll_set().unwrap().arm_after(client, task, waited);
    }
    let heard = host.server.last_heard(client).unwrap();
    let mut successor: TestServer = carry::load(carry::save(&mut host).unwrap()).unwrap();
    let client = successor.server.clients().next().unwrap();
    // Milliseconds are rounded twice.
    let rounded = Duration::from_millis(4);
    for (task, waited) in times {
        let counted = successor.server.poll_set().unwrap().waited(client, task).unwrap();
        assert!(counted + rounded >= waited && counted <= waited + began.elapsed() + rounded, "{task:?}: {counted:?}");
    }
    let known = successor.server.last_heard(client).unwrap();
    assert!(known + rounded >= heard && known <= heard + began.elapsed() + rounded);
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
