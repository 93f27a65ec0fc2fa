//! Attacks through the clipboard: many types, many transfers, many sources.

use std::os::fd::AsFd;

use super::Siege;
use super::attacker::{Attacker, ROUNDS};
use super::window::{Tools, Toplevel};
use crate::case::{Case, Stop, Verdict, skip};
use crate::protocol::{data, seat};
use crate::wire::{Message, Received};

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must(
        "selection",
        "A selection of 1 MB of MIME types, and 20 focus changes between two clients and the innocent client.",
        "cost of a focus change",
        selection,
    ),
    Case::must(
        "types",
        "A selection of 200 MIME types of 100 bytes, and 500 focus changes.",
        "cost of a focus change",
        types,
    ),
    Case::must("receive", "5,000 transfers into a pipe that is full and blocks.", "a write that waits", receive),
    Case::must("sources", "20,000 sources with five types each, none of them used.", "memory for texts", sources),
];

/// A client that can have the selection.
#[derive(Debug)]
struct Owner {
    attacker: Attacker,
    manager: u32,
    device: u32,
    window: Toplevel,
    buffer: u32,
    /// Of the focus on its window.
    serial: u32,
}

impl Owner {
    fn new(siege: &Siege) -> Result<Self, Stop> {
        let mut attacker = siege.attacker()?;
        let tools = Tools::new(&mut attacker)?;
        let (seat, manager) = (attacker.bind("wl_seat", 1)?, attacker.bind(data::MANAGER, 3)?);
        let keyboard = attacker.create(seat, seat::GET_KEYBOARD);
        let device = attacker.id();
        attacker.say(Message::new(manager, data::GET_DEVICE).uint(device).uint(seat));
        let (window, buffer) = tools.window(&mut attacker)?;
        let enter = |event: &Received| (event.object, event.opcode) == (keyboard, seat::ENTER);
        let mut rounds = (0..ROUNDS).map(|_| attacker.sync().into_iter().find(enter));
        let Some(serial) = rounds.find_map(|event| event.as_ref().map(Received::first)) else {
            return skip("the server gives a new window no keyboard focus");
        };
        Ok(Self { attacker, manager, device, window, buffer, serial })
    }

    /// Makes a source with `count` types of `size` bytes the selection.
    fn select(&mut self, count: u32, size: usize) {
        let source = self.attacker.create(self.manager, data::CREATE_SOURCE);
        for n in 0..count {
            let name = format!("{n:08}/{}", "x".repeat(size - 9));
            self.attacker.say(Message::new(source, data::OFFER).string(&name));
        }
        self.attacker.say(Message::new(self.device, data::SET_SELECTION).uint(source).uint(self.serial));
    }

    /// Hides its window and shows it again, so that the focus goes to others and comes back.
    fn blink(&mut self) {
        self.window.hide(&mut self.attacker);
        self.window.show(&mut self.attacker, self.buffer);
        self.attacker.sync();
    }
}

fn selection(siege: &mut Siege) -> Verdict {
    let mut owner = Owner::new(siege)?;
    owner.select(siege.scaled(1000), 1000);
    change_focus(siege, owner, 20)
}

fn types(siege: &mut Siege) -> Verdict {
    let mut owner = Owner::new(siege)?;
    owner.select(200, 100);
    change_focus(siege, owner, 500)
}

/// Takes the focus from the owner of the selection and gives it back, and so with the innocent client's window between.
fn change_focus(siege: &mut Siege, mut owner: Owner, times: u32) -> Verdict {
    owner.attacker.sync();
    let mut other = Owner::new(siege)?;
    for _ in 0..siege.scaled(times) {
        other.blink();
        owner.blink();
    }
    siege.keep(owner.attacker);
    siege.keep(other.attacker);
    Ok(())
}

fn receive(siege: &mut Siege) -> Verdict {
    let mut owner = Owner::new(siege)?;
    owner.select(1, 20);
    let events = owner.attacker.sync();
    let device = owner.device;
    let offered = |event: &&Received| (event.object, event.opcode) == (device, data::DATA_OFFER);
    let Some(offer) = events.iter().rfind(offered).map(Received::first) else {
        return skip("the server offers a client no selection of its own");
    };
    let (reader, writer) = rustix::pipe::pipe()?;
    let mut full = vec![0; 65_536];
    full.fill(b'x');
    rustix::io::write(&writer, &full)?;
    for _ in 0..siege.scaled(5000) {
        let name = format!("{:08}/{}", 0, "x".repeat(11));
        owner.attacker.send_with(&Message::new(offer, data::RECEIVE).string(&name).bytes(), &[writer.as_fd()]);
    }
    owner.attacker.sync();
    drop(reader);
    siege.keep(owner.attacker);
    Ok(())
}

fn sources(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let manager = attacker.bind(data::MANAGER, 3)?;
    for n in 0..siege.scaled(20_000) {
        let source = attacker.create(manager, data::CREATE_SOURCE);
        for of in 0..5 {
            attacker.say(Message::new(source, data::OFFER).string(&format!("text/{n}-{of}")));
        }
    }
    siege.keep(attacker);
    Ok(())
}
