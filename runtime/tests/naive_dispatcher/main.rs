//! The receive loop, which remembers what it knows of an object until the epoch changes, against a dispatcher that looks
//! everything up for each message. Handlers end objects and clients, their own and others, make some, change limits,
//! post errors and call back into the server, in the middle of batches over several interfaces.

#[path = "../probe/mod.rs"]
mod probe;

mod app;
mod compose;
mod model;
mod script;

use std::io;

use proptest::prelude::*;

use app::{App, Object};
use model::{Event, Message, Model};
use script::Step;
use wayline::{Link, MemoryLink, server};

fn bytes(messages: &[Message]) -> Vec<u8> {
    let words = messages.iter().flat_map(|(id, opcode, words)| {
        let size = 8 + 4 * words.len() as u32;
        [*id, size << 16 | u32::from(*opcode)].into_iter().chain(words.iter().copied())
    });
    words.flat_map(u32::to_ne_bytes).collect()
}

/// The events that have arrived at a client.
fn events(link: &mut MemoryLink) -> Vec<Event> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        match link.receive(&mut buffer, &mut Default::default()) {
            Ok(received) if received.bytes > 0 => bytes.extend_from_slice(&buffer[..received.bytes]),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    let mut rest: Vec<u32> = bytes.chunks(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap())).collect();
    let mut events = Vec::new();
    while let [id, second, ..] = rest[..] {
        let size = (second >> 16) as usize / 4;
        events.push((id, second as u16, if size > 2 { rest[2] } else { 0 }));
        rest.drain(..size);
    }
    events
}

fn check(script: &[Step]) -> Result<(), TestCaseError> {
    let (mut app, mut model) = (App::new(), Model::new());
    let last = [Step::EndTurn];
    for step in [Step::Connect, Step::Connect].iter().chain(script).chain(&last) {
        match step {
            Step::Connect => {
                app.connect();
                model.connect();
            }
            Step::Batch(n, sends) => {
                let client = n % model.clients();
                let messages = model.compose(client, sends);
                app.acts = model.acts.clone();
                app.send(client, &bytes(&messages));
                let id = app.clients[client];
                server::receive(&mut app, id);
                model.offered.append(&mut app.offered);
                model.batch(client, &messages);
            }
            Step::EndTurn => {
                server::finish_turn(&mut app);
                model.offered.append(&mut app.offered);
                model.end_turn();
            }
        }
        prop_assert_eq!(std::mem::take(&mut app.log), std::mem::take(&mut model.log));
        prop_assert!(model.offered.is_empty());
        for (n, object) in app.objects.iter().enumerate() {
            let alive = match *object {
                Object::Probe(probe) => app.server.is_alive(probe),
                Object::Child(child) => app.server.is_alive(child),
            };
            prop_assert_eq!(alive, model.is_alive(n), "{:?}", object);
        }
    }
    for client in 0..model.clients() {
        prop_assert_eq!(events(&mut app.links[client]), model.take_events(client), "what client {} was told", client);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn what_the_loop_remembers_never_outlives_its_truth(script in script::script()) {
        check(&script)?;
    }
}
