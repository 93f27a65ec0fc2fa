//! Attacks by how a connection behaves: unread, half closed, half sent, many.

use std::time::{Duration, Instant};

use super::Siege;
use super::attacker::Attacker;
use crate::case::{Case, Stop, Verdict};
use crate::protocol::display;
use crate::wire::{DISPLAY, Message};

/// How long a client that reads nothing goes on.
const UNREAD: Duration = Duration::from_secs(2);

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must("unread", "Ten clients ask for registries without end and read nothing.", "unread answers", unread),
    Case::must("half-closed", "200 clients ask, and shut their end down without reading.", "spinning", half_closed),
    Case::must("half-sent", "1,000 clients send half of a message and wait.", "memory for each client", half_sent),
    Case::must("bytes", "100,000 bytes come one at a time.", "cost of a read", bytes),
    Case::must("crowd", "3,000 clients at once.", "a limit on clients", crowd),
    Case::must("churn", "5,000 clients connect and leave at once.", "cost of a connection", churn),
    Case::must(
        "escapes",
        "500 clients end by errors whose text holds escape sequences and line ends.",
        "forged log lines",
        escapes,
    ),
];

fn unread(siege: &mut Siege) -> Verdict {
    let mut attackers = Vec::new();
    for _ in 0..siege.scaled(10) {
        let mut attacker = siege.attacker()?;
        attacker.reads = false;
        attackers.push(attacker);
    }
    let until = Instant::now() + UNREAD.mul_f64(siege.scale.min(1.0));
    let mut full = 0;
    // Full on every socket a hundred times in a row: there is nothing more to be had.
    while full < 100 && Instant::now() < until {
        full += 1;
        for attacker in attackers.iter_mut().filter(|attacker| !attacker.is_gone()) {
            let id = attacker.next_id();
            if attacker.try_send(&Message::new(DISPLAY, display::GET_REGISTRY).uint(id).bytes()) {
                attacker.id();
                full = 0;
            }
        }
        if full > 0 {
            siege.fixture.check_liveness()?;
        }
    }
    attackers.into_iter().for_each(|attacker| siege.keep(attacker));
    Ok(())
}

fn half_closed(siege: &mut Siege) -> Verdict {
    for _ in 0..siege.scaled(200) {
        let mut attacker = siege.attacker()?;
        attacker.reads = false;
        for _ in 0..100 {
            attacker.create(DISPLAY, display::SYNC);
        }
        attacker.shut();
        siege.keep(attacker);
    }
    Ok(())
}

fn half_sent(siege: &mut Siege) -> Verdict {
    for _ in 0..siege.scaled(1000) {
        let mut attacker = Attacker::silent(siege.fixture.path(), &siege.ledger)?;
        attacker.reads = false;
        let message = Message::new(DISPLAY, display::SYNC).raw(&[0; 4000]).bytes();
        attacker.try_send(&message[..2000]);
        siege.keep(attacker);
    }
    Ok(())
}

fn bytes(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    for _ in 0..siege.scaled(100_000 / 12) {
        let id = attacker.id();
        for byte in Message::new(DISPLAY, display::SYNC).uint(id).bytes() {
            attacker.send_with(&[byte], &[]);
        }
    }
    siege.keep(attacker);
    Ok(())
}

fn crowd(siege: &mut Siege) -> Verdict {
    // A server may well refuse one client more of the same user then.
    siege.newcomers = false;
    for _ in 0..siege.scaled(3000) {
        match Attacker::silent(siege.fixture.path(), &siege.ledger) {
            Ok(mut attacker) => {
                attacker.create(DISPLAY, display::GET_REGISTRY);
                attacker.flush();
                siege.keep(attacker);
            }
            Err(Stop::Fail(_)) => break,
            Err(skip) => return Err(skip),
        }
    }
    Ok(())
}

fn churn(siege: &mut Siege) -> Verdict {
    for n in 0..siege.scaled(5000) {
        drop(Attacker::silent(siege.fixture.path(), &siege.ledger)?);
        if n % 100 == 99 {
            siege.fixture.check_liveness()?;
        }
    }
    Ok(())
}

fn escapes(siege: &mut Siege) -> Verdict {
    for _ in 0..siege.scaled(500) {
        let mut attacker = siege.attacker()?;
        let (registry, id) = (attacker.registry(), attacker.id());
        let text = "\u{1b}[2J\u{1b}]0;owned\u{7}\nFORGED: all is well\r\u{202e}";
        attacker.say(crate::server::bind(registry, 1, text, 1, id));
        attacker.sync();
    }
    Ok(())
}
