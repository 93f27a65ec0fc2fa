//! A proxy that prints every message: `counter-proxy XML UPSTREAM SOCKET`, with names of sockets such as `counter-0`.
//!
//! It has no generated code; what it understands it reads from the XML file when it starts.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use wayline::dynamic::{Arg, ArgKind, Direction, Interface, Protocols, ReceiveError, Relay, Signature, Verdict};
use wayline::io::Socket;
use wayline::io::connect::connect_to;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline_codegen::{Builder, model};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [xml, upstream, socket] = &arguments[..] else { return Err("usage: counter-proxy XML UPSTREAM SOCKET".into()) };
    let protocols = Builder::new().protocol(xml).model()?;
    let interfaces = protocols.iter().flat_map(|protocol| &protocol.interfaces).map(described);
    let protocols = Protocols::new(interfaces)?;
    let environment = Environment::of_process();
    let upstream = Address::named(OsStr::new(upstream), &environment)?;
    let mut listener = Listener::at(&Address::named(OsStr::new(socket), &environment)?)?;
    loop {
        poll(&mut [PollFd::new(&listener, PollFlags::IN)], None)?;
        while let Some((client, _)) = listener.accept()? {
            let (upstream, protocols) = (upstream.clone(), protocols.clone());
            std::thread::spawn(move || {
                let served =
                    connect_to(&upstream).map_err(Into::into).and_then(|server| serve(client, server, &protocols));
                if let Err(error) = served {
                    eprintln!("{error}");
                }
            });
        }
    }
}

/// What the checked model of an XML file says of the wire.
fn described(interface: &model::Interface) -> Interface {
    let messages = |messages: &[model::Message]| messages.iter().map(signature).collect();
    Interface {
        name: interface.name.clone(),
        version: interface.version,
        requests: messages(&interface.requests),
        events: messages(&interface.events),
    }
}

fn signature(message: &model::Message) -> Signature {
    let args = message.args.iter().map(|arg| Arg { name: arg.name.clone(), kind: kind(&arg.kind) });
    Signature { name: message.name.clone(), since: message.since, destructor: message.destructor, args: args.collect() }
}

fn kind(kind: &model::ArgKind) -> ArgKind {
    match kind {
        model::ArgKind::Int(_) => ArgKind::Int,
        model::ArgKind::Uint(_) => ArgKind::Uint,
        model::ArgKind::Fixed => ArgKind::Fixed,
        model::ArgKind::String { nullable } => ArgKind::String { nullable: *nullable },
        model::ArgKind::Array => ArgKind::Array,
        model::ArgKind::Fd => ArgKind::Fd,
        model::ArgKind::Object { interface, nullable } => {
            ArgKind::Object { nullable: *nullable, interface: interface.as_ref().map(|one| one.name.clone()) }
        }
        model::ArgKind::NewId { interface: Some(interface) } => ArgKind::NewId { interface: interface.name.clone() },
        model::ArgKind::NewId { interface: None } => ArgKind::AnyNewId,
    }
}

/// Passes messages on between a client and the server until one of them ends.
fn serve(client: OwnedFd, server: OwnedFd, protocols: &Protocols) -> Result {
    let mut relay = Relay::new(Socket::new(client), Socket::new(server), protocols);
    let ended = loop {
        let passed = pass(&mut relay, Direction::Request).and_then(|()| pass(&mut relay, Direction::Event));
        if let Err(ended) = passed {
            break ended;
        }
        // Something may be left of what was read while an end was full.
        if ![Direction::Request, Direction::Event].iter().any(|&direction| relay.has_more(direction)) {
            wait(&relay)?;
        }
    };
    // What was passed on before the end still goes out, and a client that is at fault is told.
    if let Some(ReceiveError::Refused(refusal)) = ended.downcast_ref() {
        relay.send(Direction::Event, refusal.to_event())?;
    }
    let _ = (relay.flush(Direction::Request), relay.flush(Direction::Event));
    Err(ended)
}

/// Passes on what has arrived from one side.
fn pass(relay: &mut Relay, direction: Direction) -> Result {
    let arrow = if direction == Direction::Request { "->" } else { "<-" };
    let held = relay.visit(direction, |message| {
        println!("{arrow} {message}");
        Verdict::Pass
    })?;
    if held {
        // It cannot be passed on, and this says why.
        relay.forward(direction)?;
    }
    // A peer that takes nothing any more has perhaps said why; that is received before its end.
    let _ = relay.flush(direction);
    Ok(())
}

/// Waits until one end can go on.
fn wait(relay: &Relay) -> Result {
    let read = if relay.is_behind() { PollFlags::empty() } else { PollFlags::IN };
    let ends = [relay.client(), relay.server()];
    let fds = ends.iter().filter_map(|end| {
        let write = if end.is_blocked() { PollFlags::OUT } else { PollFlags::empty() };
        Some(PollFd::from_borrowed_fd(end.poll_fd()?, read | write))
    });
    let congested = ends.iter().any(|end| end.is_congested());
    let patience = congested.then(|| Duration::from_millis(250).try_into()).transpose()?;
    poll(&mut fds.collect::<Vec<_>>(), patience.as_ref())?;
    Ok(())
}
