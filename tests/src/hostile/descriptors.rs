//! Attacks by descriptors: ones that no message takes, and as many as there are.

use std::os::fd::AsFd;

use super::Siege;
use super::attacker::Attacker;
use super::window::memory;
use crate::case::{Case, Verdict};
use crate::protocol::{display, shm};
use crate::wire::{DISPLAY, Message};

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must("stray-fds", "100 clients send 200 descriptors each that no message takes.", "unconsumed fds", strays),
    Case::must(
        "early-fds",
        "200 clients send 28 descriptors with the first byte of a message.",
        "unconsumed fds",
        early,
    ),
    Case::must("pools", "Five clients keep 2,000 pools each, with a descriptor of its own.", "fds run out", pools),
];

fn strays(siege: &mut Siege) -> Verdict {
    let fd = memory(4096, false)?;
    for _ in 0..siege.scaled(100) {
        let mut attacker = siege.attacker()?;
        for _ in 0..10 {
            let id = attacker.id();
            let message = Message::new(DISPLAY, display::SYNC).uint(id).bytes();
            attacker.send_with(&message, &[fd.as_fd(); 20]);
        }
        attacker.sync();
        siege.keep(attacker);
    }
    Ok(())
}

fn early(siege: &mut Siege) -> Verdict {
    let fd = memory(4096, false)?;
    for _ in 0..siege.scaled(200) {
        let mut attacker = Attacker::silent(siege.fixture.path(), &siege.ledger)?;
        attacker.reads = false;
        attacker.send_with(&[1], &[fd.as_fd(); 28]);
        siege.keep(attacker);
    }
    Ok(())
}

fn pools(siege: &mut Siege) -> Verdict {
    for _ in 0..5 {
        let mut attacker = siege.attacker()?;
        let shm = attacker.bind("wl_shm", 1)?;
        let fd = memory(4096, true)?;
        for _ in 0..siege.scaled(2000) {
            let pool = attacker.id();
            attacker.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(4096).bytes(), &[fd.as_fd()]);
        }
        attacker.sync();
        siege.keep(attacker);
    }
    Ok(())
}
