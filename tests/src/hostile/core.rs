//! Attacks through `wl_display`, the registry, surfaces and regions.

use super::Siege;
use crate::case::{Case, Verdict};
use crate::protocol::{compositor, display, registry};
use crate::wire::{DISPLAY, Message};

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must("registries", "65,000 registries, and the connection closes.", "quadratic ends", registries),
    Case::must("syncs", "500,000 syncs whose ids are used again and again.", "delete_id churn", syncs),
    Case::must("ids", "60,000 surfaces are made and destroyed, five times over.", "delete_id churn", ids),
    Case::must("binds", "60,000 binds of one global.", "memory for each object", binds),
    Case::must("frames", "60,000 frame callbacks of one surface, a commit behind each hundred.", "memory", frames),
    Case::must(
        "regions",
        "A region of 4,096 rectangles is set, then 10,000 empty commits.",
        "cost of a commit",
        regions,
    ),
    Case::must("damage", "200,000 rectangles of damage, a commit behind each thousand.", "cost of a commit", damage),
];

fn registries(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    for _ in 0..siege.scaled(65_000) {
        attacker.create(DISPLAY, display::GET_REGISTRY);
    }
    attacker.sync();
    // Closed here: its end is the attack.
    Ok(())
}

fn syncs(siege: &mut Siege) -> Verdict {
    const TOGETHER: u32 = 1000;
    let mut attacker = siege.attacker()?;
    let first = attacker.next_id();
    for _ in 0..TOGETHER {
        attacker.create(DISPLAY, display::SYNC);
    }
    attacker.sync();
    for _ in 0..siege.scaled(500_000 / TOGETHER) {
        (first..first + TOGETHER).for_each(|id| attacker.say(Message::new(DISPLAY, display::SYNC).uint(id)));
        attacker.sync();
    }
    siege.keep(attacker);
    Ok(())
}

fn ids(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let compositor = attacker.bind("wl_compositor", 4)?;
    let count = siege.scaled(60_000);
    let first = attacker.next_id();
    let make = |id: u32| Message::new(compositor, compositor::CREATE_SURFACE).uint(id);
    for round in 0..5 {
        for n in 0..count {
            let id = if round == 0 { attacker.id() } else { first + n };
            attacker.say(make(id));
        }
        (first..first + count).rev().for_each(|id| attacker.say(Message::new(id, compositor::DESTROY)));
        attacker.sync();
    }
    siege.keep(attacker);
    Ok(())
}

fn binds(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    attacker.bind("wl_compositor", 1)?;
    let (registry, name) = (attacker.registry(), attacker.name("wl_compositor").unwrap_or(0));
    for _ in 0..siege.scaled(60_000) {
        let id = attacker.id();
        attacker.say(Message::new(registry, registry::BIND).uint(name).string("wl_compositor").uint(1).uint(id));
    }
    siege.keep(attacker);
    Ok(())
}

fn frames(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let compositor = attacker.bind("wl_compositor", 4)?;
    let surface = attacker.create(compositor, compositor::CREATE_SURFACE);
    for n in 0..siege.scaled(60_000) {
        attacker.create(surface, compositor::FRAME);
        if n % 100 == 99 {
            attacker.say(Message::new(surface, compositor::COMMIT));
        }
    }
    siege.keep(attacker);
    Ok(())
}

fn regions(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let compositor = attacker.bind("wl_compositor", 4)?;
    let surface = attacker.create(compositor, compositor::CREATE_SURFACE);
    let region = attacker.create(compositor, compositor::CREATE_REGION);
    let count = siege.scaled(4096).cast_signed();
    for n in 0..count {
        // Apart from each other, so that no two become one.
        let (x, y) = (n % 64 * 3, n / 64 * 3);
        attacker.say(Message::new(region, compositor::ADD).int(x).int(y).int(1).int(1));
    }
    attacker.say(Message::new(surface, compositor::SET_OPAQUE_REGION).uint(region));
    attacker.say(Message::new(surface, compositor::SET_INPUT_REGION).uint(region));
    for _ in 0..siege.scaled(10_000) {
        attacker.say(Message::new(surface, compositor::COMMIT));
    }
    siege.keep(attacker);
    Ok(())
}

fn damage(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let compositor = attacker.bind("wl_compositor", 4)?;
    let surface = attacker.create(compositor, compositor::CREATE_SURFACE);
    for n in 0..siege.scaled(200_000).cast_signed() {
        attacker.say(Message::new(surface, compositor::DAMAGE).int(n % 1000 * 2).int(n / 1000 * 2).int(1).int(1));
        if n % 1000 == 999 {
            attacker.say(Message::new(surface, compositor::COMMIT));
        }
    }
    siege.keep(attacker);
    Ok(())
}
