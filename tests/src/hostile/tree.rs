//! Attacks through trees of surfaces: deep, wide, and stacked anew.

use super::Siege;
use super::attacker::Attacker;
use crate::case::{Case, Stop, Verdict};
use crate::protocol::{compositor, sub};
use crate::wire::Message;

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must(
        "nested",
        "26 nested subsurfaces, each stacked in the committed and in the pending state; 100 commits.",
        "doubling for each level",
        nested,
    ),
    Case::must("deep", "A chain of 500 subsurfaces, and 5,000 commits from the leaf up.", "cost of a commit", deep),
    Case::must("wide", "10,000 subsurfaces of one surface, then 1,000 commits of it.", "cost of a commit", wide),
    Case::must("restack", "10,000 siblings, and each is placed above another, twice.", "cost of one", restack),
    Case::must("orphans", "10,000 subsurfaces whose parents go first, ten at a time.", "quadratic ends", orphans),
];

#[derive(Clone, Copy, Debug)]
struct Tools {
    compositor: u32,
    sub: u32,
}

impl Tools {
    fn new(attacker: &mut Attacker) -> Result<Self, Stop> {
        Ok(Self { compositor: attacker.bind("wl_compositor", 4)?, sub: attacker.bind("wl_subcompositor", 1)? })
    }

    fn surface(self, attacker: &mut Attacker) -> u32 {
        attacker.create(self.compositor, compositor::CREATE_SURFACE)
    }

    /// A subsurface of `parent`: its surface, and its role.
    fn child(self, attacker: &mut Attacker, parent: u32) -> (u32, u32) {
        let surface = self.surface(attacker);
        let role = attacker.id();
        attacker.say(Message::new(self.sub, sub::GET_SUBSURFACE).uint(role).uint(surface).uint(parent));
        (surface, role)
    }
}

fn commit(attacker: &mut Attacker, surface: u32) {
    attacker.say(Message::new(surface, compositor::COMMIT));
}

fn nested(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let root = tools.surface(&mut attacker);
    let mut surfaces = vec![root];
    // The depth is what the attack is about; the scale is in the commits.
    for _ in 0..26 {
        let parent = surfaces[surfaces.len() - 1];
        let (surface, role) = tools.child(&mut attacker, parent);
        commit(&mut attacker, parent);
        attacker.say(Message::new(role, sub::PLACE_BELOW).uint(parent));
        surfaces.push(surface);
    }
    for _ in 0..siege.scaled(100) {
        surfaces.iter().rev().for_each(|surface| commit(&mut attacker, *surface));
    }
    siege.keep(attacker);
    Ok(())
}

fn deep(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let mut surfaces = vec![tools.surface(&mut attacker)];
    for _ in 0..siege.scaled(500) {
        let parent = surfaces[surfaces.len() - 1];
        surfaces.push(tools.child(&mut attacker, parent).0);
    }
    for surface in surfaces.iter().rev().cycle().take(siege.scaled(5000) as usize) {
        commit(&mut attacker, *surface);
    }
    siege.keep(attacker);
    Ok(())
}

fn wide(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let root = tools.surface(&mut attacker);
    for _ in 0..siege.scaled(10_000) {
        let (surface, _) = tools.child(&mut attacker, root);
        commit(&mut attacker, surface);
    }
    (0..siege.scaled(1000)).for_each(|_| commit(&mut attacker, root));
    siege.keep(attacker);
    Ok(())
}

fn restack(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let root = tools.surface(&mut attacker);
    let children: Vec<(u32, u32)> = (0..siege.scaled(10_000)).map(|_| tools.child(&mut attacker, root)).collect();
    commit(&mut attacker, root);
    for opcode in [sub::PLACE_ABOVE, sub::PLACE_BELOW] {
        for (n, (_, role)) in children.iter().enumerate() {
            // Far from each other in the stack.
            let (sibling, _) = children[(n + children.len() / 2) % children.len()];
            attacker.say(Message::new(*role, opcode).uint(if children.len() > 1 { sibling } else { root }));
        }
        commit(&mut attacker, root);
    }
    siege.keep(attacker);
    Ok(())
}

fn orphans(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    for _ in 0..siege.scaled(1000) {
        let root = tools.surface(&mut attacker);
        for _ in 0..10 {
            tools.child(&mut attacker, root);
        }
        commit(&mut attacker, root);
        attacker.say(Message::new(root, compositor::DESTROY));
    }
    siege.keep(attacker);
    Ok(())
}
