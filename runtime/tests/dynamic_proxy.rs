//! A proxy of dynamic connections between endpoints of generated code: nobody can tell that it is there.

mod probe;

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Seek, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, Weak};

use probe::protocol::{Probe, ProbeChild, probe as api, probe_child};
use probe::{Seen, TestClient, TestServer, any_fd};
use proptest::prelude::*;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};
use wayline::dynamic::{Connection, Direction, Interface, Message, Protocols, ReceiveError, Relay, Selection, Value};
use wayline::{ClientId, Disconnect, Fixed, Link, MemoryLink, Received, client, server};

/// Those of probe.xml. Every test begins with them.
fn protocols() -> Protocols {
    probe::lines::ready();
    Protocols::new([Interface::from(&api::SPEC), Interface::from(&probe_child::SPEC)]).unwrap()
}

/// A link that notes what is sent.
struct Tee(Arc<Mutex<MemoryLink>>, Arc<Mutex<Vec<u8>>>);

impl Link for Tee {
    fn send(&mut self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let count = self.0.lock().unwrap().send(bytes, fds)?;
        self.1.lock().unwrap().extend(&bytes[..count]);
        Ok(count)
    }

    fn receive(&mut self, buffer: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<Received> {
        self.0.lock().unwrap().receive(buffer, fds)
    }
}

/// A host and a guest with a proxy between them.
struct Proxied {
    host: TestServer,
    guest: TestClient,
    id: ClientId,
    relay: Relay,
    requests: Vec<String>,
    events: Vec<String>,
    /// Messages for objects that had ended.
    late: Vec<String>,
    /// What the guest, the relay to the host, the host, and the relay to the guest have sent.
    sent: [Arc<Mutex<Vec<u8>>>; 4],
    /// The host's link, as long as the host has it.
    mouth: Weak<Mutex<MemoryLink>>,
}

impl Proxied {
    fn new() -> Proxied {
        let protocols = protocols();
        let sent: [Arc<Mutex<Vec<u8>>>; 4] = Default::default();
        let tee = |link, at: usize| Tee(Arc::new(Mutex::new(link)), Arc::clone(&sent[at]));
        let (a, b) = MemoryLink::pair();
        let (c, d) = MemoryLink::pair();
        let mut host = TestServer::new();
        let link = tee(c, 2);
        let mouth = Arc::downgrade(&link.0);
        let id = host.server.connect(link);
        let mut proxied = Proxied {
            host,
            id,
            guest: TestClient::new(tee(a, 0)),
            relay: Relay::new(tee(b, 3), tee(d, 1), &protocols),
            requests: Vec::new(),
            events: Vec::new(),
            late: Vec::new(),
            sent,
            mouth,
        };
        proxied.pump();
        proxied
    }

    fn bound() -> (Proxied, Probe) {
        let mut proxied = Proxied::new();
        let probe = proxied.guest.client.bind(3).unwrap();
        proxied.pump();
        (proxied, probe)
    }

    /// Passes on the messages of one direction. Returns whether there were any.
    fn pass(&mut self, direction: Direction) -> Result<bool, ReceiveError> {
        let Proxied { relay, requests, events, late, .. } = self;
        let lines = if direction == Direction::Request { requests } else { events };
        let before = relay.passed(direction);
        while relay.advance(direction)? {
            let message = relay.message(direction).unwrap();
            lines.push(message.to_string());
            if message.ended {
                late.push(message.to_string());
            }
            relay.forward(direction).unwrap();
        }
        relay.flush(direction).unwrap();
        Ok(relay.passed(direction) != before)
    }

    /// Passes everything on until nobody has anything to say.
    fn pump(&mut self) {
        loop {
            client::finish_turn(&mut self.guest);
            let mut busy = self.pass(Direction::Request).unwrap();
            busy |= server::receive(&mut self.host, self.id);
            server::finish_turn(&mut self.host);
            busy |= self.pass(Direction::Event).unwrap();
            busy |= client::receive(&mut self.guest);
            if !busy {
                return;
            }
        }
    }

    /// Sends bytes as the host, beside what its own program sends.
    fn speak(&mut self, bytes: &[u8]) {
        self.mouth.upgrade().unwrap().lock().unwrap().send(bytes, &[]).unwrap();
    }

    fn sent(&self) -> [Vec<u8>; 4] {
        self.sent.each_ref().map(|sent| sent.lock().unwrap().clone())
    }
}

#[test]
fn a_proxy_sees_and_passes_on_every_message_of_both_directions() {
    let (mut proxied, probe) = Proxied::bound();
    let client = &mut proxied.guest.client;
    probe.ints(client, -1, 2, Fixed::from_f64(0.5), 7).unwrap();
    probe.text(client, Some("a\n"), b"12345").unwrap();
    let child = probe.create(client).unwrap();
    probe.take(client, Some(child)).unwrap();
    probe.offer(client).unwrap();
    probe.recent(client).unwrap();
    child.destroy(client).unwrap();
    proxied.pump();
    let client = &mut proxied.guest.client;
    let again = probe.create(client).unwrap();
    client.begin_roundtrip().unwrap();
    proxied.pump();
    assert_eq!(again.id(), child.id(), "the id was deleted on both sides");
    assert_eq!(
        proxied.requests,
        [
            "wl_display#1.get_registry(new id wl_registry#2)",
            "wl_registry#2.bind(1, new id probe#3 version 3)",
            "probe#3.ints(-1, 2, 0.50000000, 7)",
            "probe#3.text(\"a\\n\", array[5])",
            "probe#3.create(new id probe_child#4)",
            "probe#3.take(probe_child#4)",
            "probe#3.offer()",
            "probe#3.recent()",
            "probe_child#4.destroy()",
            "probe#3.create(new id probe_child#4)",
            "wl_display#1.sync(new id wl_callback#5)",
        ]
    );
    assert_eq!(
        proxied.events,
        [
            "wl_registry#2.global(1, \"probe\", 3)",
            "probe#3.words(-1, 2, 0.50000000, 7)",
            "probe#3.echo(\"a\\n\", array[5])",
            "probe#3.named(probe_child#4)",
            "probe#3.offered(new id probe_child#4278190080)",
            "probe#3.recent()",
            "wl_display#1.delete_id(4)",
            "wl_callback#5.done(0)",
            "wl_display#1.delete_id(5)",
        ]
    );
    assert_eq!(proxied.late, [""; 0]);
    let [guest, above, host, below] = proxied.sent();
    assert!(guest == above && host == below, "the same bytes");
}

#[test]
fn a_proxy_passes_on_fds_and_keeps_none() {
    let (mut proxied, probe) = Proxied::bound();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::NONBLOCK).unwrap();
    proxied.host.file = Some(writer.try_clone().unwrap());
    let child = probe.create(&mut proxied.guest.client).unwrap();
    for serial in 0..100 {
        child.poke(&mut proxied.guest.client, serial).unwrap();
        probe.fd(&mut proxied.guest.client, writer.try_clone().unwrap()).unwrap();
    }
    proxied.pump();
    assert_eq!(proxied.guest.client.stats().fds_in, 200);
    assert_eq!(proxied.host.server.stats().fds_in, 100);
    assert_eq!(proxied.guest.seen.iter().filter(|seen| matches!(seen, Seen::Poked(..))).count(), 100);
    drop((writer, proxied.host.file.take()));
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]), Ok(0), "no copy of the other end is left");
}

#[test]
fn the_fd_that_arrives_behind_a_proxy_is_the_one_that_was_sent() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"through").unwrap();
    let (a, b) = MemoryLink::pair();
    let (c, d) = MemoryLink::pair();
    let mut client = Connection::client(a, &protocols());
    let mut relay = Relay::new(b, c, &protocols());
    let mut server = Connection::server(d, &protocols());
    let bound = Value::AnyNewId { interface: "probe".into(), version: 3, id: 3 };
    client.send(Message { object: 1, opcode: 1, values: vec![Value::NewId(2)] }).unwrap();
    client.send(Message { object: 2, opcode: 0, values: vec![Value::Uint(1), bound] }).unwrap();
    client.send(Message { object: 3, opcode: api::opcode::FD, values: vec![Value::Fd(file.into())] }).unwrap();
    client.flush().unwrap();
    while relay.advance(Direction::Request).unwrap() {
        let received = relay.take(Direction::Request).unwrap();
        relay.send(Direction::Request, received.message).unwrap();
    }
    relay.flush(Direction::Request).unwrap();
    let mut last = None;
    while let Some(received) = server.receive().unwrap() {
        last = Some(received.message);
    }
    let Some(Value::Fd(fd)) = last.unwrap().values.pop() else { panic!("no fd") };
    let (mut file, mut text) = (std::fs::File::from(fd), String::new());
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "through");
}

#[test]
fn o19_d16_events_under_way_to_an_object_that_a_client_ends_pass_with_their_fds_and_objects() {
    let (mut proxied, probe) = Proxied::bound();
    let child = probe.create(&mut proxied.guest.client).unwrap();
    child.poke(&mut proxied.guest.client, 1).unwrap();
    probe.offer(&mut proxied.guest.client).unwrap();
    child.destroy(&mut proxied.guest.client).unwrap();
    probe.destroy(&mut proxied.guest.client).unwrap();
    proxied.pump();
    assert_eq!(proxied.late.len(), 2, "poked and offered: {:?}", proxied.late);
    // The object that was announced to a dead one is known, so that what it says is understood.
    proxied.host.children[1].poked(&mut proxied.host.server, 2, any_fd()).unwrap();
    let asked = proxied.guest.client.begin_roundtrip().unwrap();
    proxied.pump();
    assert_eq!((proxied.guest.client.ended(), proxied.guest.client.is_done(asked)), (None, true));
    assert_eq!(proxied.host.ended, []);
    assert_eq!(proxied.guest.seen, []);
}

#[test]
fn requests_under_way_to_an_object_that_the_server_ends_pass() {
    let (mut proxied, probe) = Proxied::bound();
    probe.offer(&mut proxied.guest.client).unwrap();
    proxied.pump();
    let Some(Seen::Offered(child)) = proxied.guest.seen.pop_front() else { panic!("nothing was offered") };
    // The server ends it, and hears of it once more before the client knows.
    proxied.host.children[0].finished(&mut proxied.host.server).unwrap();
    child.poke(&mut proxied.guest.client, 1).unwrap();
    server::finish_turn(&mut proxied.host);
    proxied.pass(Direction::Event).unwrap();
    client::finish_turn(&mut proxied.guest);
    proxied.pump();
    assert_eq!(proxied.late, [format!("probe_child#{}.poke(1)", child.id())]);
    assert_eq!((proxied.guest.client.ended(), proxied.host.ended.len()), (None, 0));
}

#[test]
fn ids_of_both_halves_come_and_go_through_a_proxy_and_its_table_does_not_grow() {
    let counts: Vec<u32> = [3000, 9000]
        .into_iter()
        .map(|rounds| {
            let (mut proxied, probe) = Proxied::bound();
            for _ in 0..rounds {
                let child = probe.create(&mut proxied.guest.client).unwrap();
                child.destroy(&mut proxied.guest.client).unwrap();
                probe.offer(&mut proxied.guest.client).unwrap();
                proxied.pump();
                let Some(Seen::Offered(offered)) = proxied.guest.seen.pop_back() else { panic!("nothing offered") };
                offered.finish(&mut proxied.guest.client).unwrap();
                proxied.pump();
                proxied.guest.seen.clear();
                proxied.events.clear();
                proxied.requests.clear();
            }
            assert_eq!((proxied.guest.client.ended(), proxied.host.ended.len()), (None, 0));
            proxied.relay.objects()
        })
        .collect();
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] < 1100, "the server leaves a thousand ids alone: {counts:?}");
}

#[test]
fn o21_an_id_that_is_deleted_while_its_object_lives_can_be_destroyed_or_used_again() {
    let (mut proxied, probe) = Proxied::bound();
    let first = probe.create(&mut proxied.guest.client).unwrap();
    let second = probe.create(&mut proxied.guest.client).unwrap();
    proxied.pump();
    let deleted = [first, second].map(|child| [1, 12 << 16 | 1, child.id()].map(u32::to_ne_bytes).concat());
    proxied.speak(&deleted.concat());
    proxied.pass(Direction::Event).unwrap();
    client::receive(&mut proxied.guest);
    // What the client does not know yet is passed on, for the server to judge.
    first.destroy(&mut proxied.guest.client).unwrap();
    client::finish_turn(&mut proxied.guest);
    assert!(proxied.pass(Direction::Request).unwrap());
    assert_eq!(proxied.late, [format!("probe_child#{}.destroy()", first.id())]);
    let again = probe.create(&mut proxied.guest.client).unwrap();
    assert_eq!(again.id(), first.id());
    proxied.pump();
    assert_eq!((proxied.guest.client.ended(), proxied.host.ended.len()), (None, 0));
}

#[test]
fn p05_what_ends_a_connection_passes_before_the_end() {
    let (mut proxied, probe) = Proxied::bound();
    probe.fail(&mut proxied.guest.client, api::Error::ASKED).unwrap();
    client::finish_turn(&mut proxied.guest);
    proxied.pass(Direction::Request).unwrap();
    server::receive(&mut proxied.host, proxied.id);
    server::finish_turn(&mut proxied.host);
    let sync = Message { object: 1, opcode: 0, values: vec![Value::NewId(4)] };
    proxied.relay.send(Direction::Request, sync).unwrap();
    assert_eq!(proxied.relay.flush(Direction::Request), Err(Disconnect::Reset), "nobody reads it");
    let end = proxied.pass(Direction::Event).unwrap_err();
    assert!(matches!(end, ReceiveError::Ended(Disconnect::Closed)), "{end:?}");
    assert_eq!(proxied.events.last().unwrap(), "wl_display#1.error(#3, 7, \"as you wish\")");
    proxied.relay.flush(Direction::Event).unwrap();
    client::receive(&mut proxied.guest);
    let Some(Disconnect::Protocol(error)) = proxied.guest.client.ended() else { panic!("not told") };
    assert_eq!((error.object, error.code, error.interface), (3, 7, Some("probe")));
}

/// Keeps what is traced, by connection.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<HashMap<String, Vec<String>>>>);

impl Subscriber for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "wayline::wire"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        #[derive(Default)]
        struct Fields(HashMap<&'static str, String>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields(mut fields) = fields;
        let (client, text) = (fields.remove("client").unwrap(), fields.remove("message").unwrap());
        self.0.lock().unwrap().entry(client).or_default().push(text);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// One request of the guest; the host answers with the event that belongs to it.
#[derive(Clone, Debug)]
enum Step {
    Ints(i32, u32, i32, i32),
    Text(Option<String>, Vec<u8>),
    Fd,
    Create,
    Take(Option<prop::sample::Index>),
    Offer,
    Recent,
    Poke(prop::sample::Index, u32),
    Finish(prop::sample::Index),
    Spawn(prop::sample::Index),
    Destroy(prop::sample::Index),
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        any::<(i32, u32, i32, i32)>().prop_map(|(a, b, c, d)| Step::Ints(a, b, c, d)),
        (proptest::option::of("[^\0]{0,12}"), proptest::collection::vec(any::<u8>(), 0..12))
            .prop_map(|(text, bytes)| Step::Text(text, bytes)),
        Just(Step::Fd),
        Just(Step::Create),
        proptest::option::of(index()).prop_map(Step::Take),
        Just(Step::Offer),
        Just(Step::Recent),
        (index(), any::<u32>()).prop_map(|(at, serial)| Step::Poke(at, serial)),
        index().prop_map(Step::Finish),
        index().prop_map(Step::Spawn),
        index().prop_map(Step::Destroy),
        Just(Step::Settle),
    ]
}

impl Proxied {
    /// What was done is refused where the object has ended meanwhile.
    fn step(&mut self, probe: Probe, children: &mut Vec<ProbeChild>, step: Step) {
        let client = &mut self.guest.client;
        let pick = |at: prop::sample::Index| *at.get(children);
        let _ = match step {
            Step::Ints(a, b, c, d) => probe.ints(client, a, b, Fixed::from_bits(c), d),
            Step::Text(text, bytes) => probe.text(client, text.as_deref(), &bytes),
            Step::Fd => probe.fd(client, any_fd()),
            Step::Create => probe.create(client).map(|child| children.push(child)),
            Step::Take(at) => probe.take(client, at.map(pick)),
            Step::Offer => probe.offer(client),
            Step::Recent => probe.recent(client),
            Step::Poke(at, serial) => pick(at).poke(client, serial),
            Step::Finish(at) => {
                let finished = pick(at).finish(client);
                // A request that crosses with the end of an object is an error.
                self.pump();
                finished
            }
            Step::Spawn(at) => pick(at).spawn(client, any_fd()).map(|child| children.push(child)),
            Step::Destroy(at) => pick(at).destroy(client),
            Step::Settle => {
                self.pump();
                let offered = |seen| if let Seen::Offered(child) = seen { Some(child) } else { None };
                children.extend(self.guest.seen.drain(..).filter_map(offered));
                Ok(())
            }
        };
    }
}

/// A text without the numbers of fds, which belong to one connection.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split("fd ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "fd" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn w23_what_generated_code_sends_is_decoded_to_what_it_traces_and_encoded_to_the_same_bytes(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let trace = Trace::default();
        let (proxied, guest) = tracing::subscriber::with_default(trace.clone(), || {
            let (mut proxied, probe) = Proxied::bound();
            let mut children = vec![probe.create(&mut proxied.guest.client).unwrap()];
            for step in steps {
                proxied.step(probe, &mut children, step);
            }
            proxied.pump();
            (proxied, probe.client())
        });
        prop_assert_eq!(proxied.guest.client.ended(), None);
        prop_assert_eq!(&proxied.host.ended, &[]);
        let [guest_bytes, above, host_bytes, below] = proxied.sent();
        prop_assert!(guest_bytes == above, "requests");
        prop_assert!(host_bytes == below, "events");
        let traced = trace.0.lock().unwrap();
        for (connection, lines) in [(guest, &proxied.requests), (proxied.id, &proxied.events)] {
            let sent = traced[&connection.to_string()].iter().filter_map(|line| line.strip_prefix(" -> "));
            let shown: Vec<String> = lines.iter().map(|line| without_numbers(line)).collect();
            prop_assert_eq!(sent.collect::<Vec<_>>(), shown);
        }
        // The proxy traces as well: requests as what it receives, events as what it sends.
        let all: Vec<&String> = traced.values().flatten().collect();
        for line in &proxied.requests {
            prop_assert!(all.contains(&line), "{line}");
        }
        for line in &proxied.events {
            prop_assert!(all.contains(&&format!(" -> {line}")), "{line}");
        }
    }
}

/// The messages whose bit is set.
fn some(bits: u32) -> Selection {
    Selection::new(&protocols(), |interface, direction, signature| {
        let opcode = interface.opcode(direction, &signature.name).unwrap();
        bits >> ((opcode + 16 * u16::from(direction == Direction::Event)) % 32) & 1 == 1
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_selected_is_passed_on_as_it_was_and_in_order(
        bits in any::<u32>(), steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut proxied = Proxied::new();
        proxied.relay.select(some(bits));
        let probe: Probe = proxied.guest.client.bind(3).unwrap();
        proxied.pump();
        let mut children = vec![probe.create(&mut proxied.guest.client).unwrap()];
        for step in steps {
            proxied.step(probe, &mut children, step);
        }
        proxied.pump();
        prop_assert_eq!(proxied.guest.client.ended(), None);
        prop_assert_eq!(&proxied.host.ended, &[]);
        let [guest_bytes, above, host_bytes, below] = proxied.sent();
        prop_assert!(guest_bytes == above, "requests");
        prop_assert!(host_bytes == below, "events");
        for (direction, bytes) in [(Direction::Request, above), (Direction::Event, below)] {
            prop_assert_eq!(proxied.relay.passed(direction).bytes, bytes.len() as u64);
        }
        if bits == 0 {
            prop_assert_eq!(&[&proxied.requests[..], &proxied.events].concat(), &proxied.late);
        }
    }
}
