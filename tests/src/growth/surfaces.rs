//! Surfaces, their trees, regions and callbacks.

use super::Script;
use crate::case::{Case, Stop, Verdict};
use crate::hostile::attacker::Attacker;
use crate::protocol::{compositor, display, registry, shm, sub};
use crate::wire::{DISPLAY, Message};

pub(super) const CASES: &[Case<Script>] = &[
    Case::must("registry", "n registries, and the connection closes.", "get_registry", registries),
    Case::must("bind", "n binds of one global.", "bind", bind),
    Case::must("sync", "n syncs.", "sync", sync),
    Case::must("clients", "n clients, all there at once, with a surface each.", "connect", clients),
    Case::must("surface", "n surfaces, destroyed first to last.", "create_surface, destroy", surface),
    Case::must("surface-back", "n surfaces, destroyed last to first.", "destroy", surface_back),
    Case::must("surface-left", "n surfaces with content pending, and the connection closes.", "the end", surface_left),
    Case::must("frame", "n frame callbacks, each committed.", "frame", frame),
    Case::must("damage", "n rectangles of damage, and a commit.", "damage", damage),
    Case::must("region", "n rectangles added to a region, and n taken away.", "add, subtract", region),
    Case::must("region-commit", "n commits of a surface whose regions have n rectangles.", "commit", region_commit),
    Case::must("region-set", "A region of 64 rectangles is set n times.", "set_opaque_region", region_set),
    Case::must("subsurface", "n subsurfaces of one surface, destroyed first to last.", "get_subsurface", subsurface),
    Case::must(
        "subsurface-parents",
        "n surfaces with a subsurface each, the parents destroyed first.",
        "destroy",
        parents,
    ),
    Case::must("subsurface-commit", "n commits of a surface with n subsurfaces.", "commit", child_commit),
    Case::must(
        "subsurface-state",
        "n subsurfaces committed, each ten times, before their parent.",
        "commit",
        child_state,
    ),
    Case::must(
        "subsurface-restack",
        "n subsurfaces, each placed above another far away, and a commit.",
        "place_above",
        restack,
    ),
    Case::must(
        "subsurface-move",
        "n subsurfaces, each moved and committed with the parent n times in all.",
        "set_position",
        moved,
    ),
    Case::must("pool", "n pools, each destroyed.", "create_pool", pool),
    Case::must("buffer", "n buffers of a pool, destroyed last to first.", "create_buffer", buffer),
    Case::must("pool-resize", "A pool with n buffers is resized n times.", "resize", resize),
];

fn commit(client: &mut Attacker, surface: u32) {
    client.say(Message::new(surface, compositor::COMMIT));
}

fn destroy(client: &mut Attacker, object: u32) {
    client.say(Message::new(object, compositor::DESTROY));
}

/// A client with the compositor bound.
fn client(script: &Script) -> Result<(Attacker, u32), Stop> {
    let mut client = script.client()?;
    let compositor = client.bind("wl_compositor", 4)?;
    Ok((client, compositor))
}

fn surfaces(client: &mut Attacker, compositor: u32, count: u32) -> Vec<u32> {
    (0..count).map(|_| client.create(compositor, compositor::CREATE_SURFACE)).collect()
}

fn done(mut client: Attacker) -> Verdict {
    client.sync();
    Ok(())
}

fn registries(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    for _ in 0..script.n {
        client.create(DISPLAY, display::GET_REGISTRY);
    }
    done(client)
}

fn bind(script: &mut Script) -> Verdict {
    let (mut client, _) = client(script)?;
    let (registry, name) = (client.registry(), client.name("wl_compositor").unwrap_or(0));
    for _ in 0..script.n {
        let id = client.id();
        client.say(Message::new(registry, registry::BIND).uint(name).string("wl_compositor").uint(1).uint(id));
    }
    done(client)
}

fn sync(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    for _ in 0..script.n {
        client.create(DISPLAY, display::SYNC);
    }
    done(client)
}

fn clients(script: &mut Script) -> Verdict {
    let mut clients = Vec::new();
    for _ in 0..script.n {
        let (mut client, compositor) = client(script)?;
        let surface = client.create(compositor, compositor::CREATE_SURFACE);
        commit(&mut client, surface);
        client.sync();
        clients.push(client);
    }
    Ok(())
}

fn surface(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surfaces = surfaces(&mut client, compositor, script.n);
    surfaces.iter().for_each(|surface| destroy(&mut client, *surface));
    done(client)
}

fn surface_back(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surfaces = surfaces(&mut client, compositor, script.n);
    surfaces.iter().rev().for_each(|surface| destroy(&mut client, *surface));
    done(client)
}

fn surface_left(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    for surface in surfaces(&mut client, compositor, script.n) {
        client.create(surface, compositor::FRAME);
        client.say(Message::new(surface, compositor::DAMAGE).int(0).int(0).int(1).int(1));
    }
    done(client)
}

fn frame(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surface = client.create(compositor, compositor::CREATE_SURFACE);
    for _ in 0..script.n {
        client.create(surface, compositor::FRAME);
        commit(&mut client, surface);
    }
    done(client)
}

fn damage(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surface = client.create(compositor, compositor::CREATE_SURFACE);
    for n in 0..script.n.cast_signed() {
        client.say(Message::new(surface, compositor::DAMAGE).int(2 * n).int(2 * n).int(1).int(1));
    }
    commit(&mut client, surface);
    done(client)
}

/// A region of `count` rectangles that do not touch.
fn rectangles(client: &mut Attacker, compositor: u32, count: u32) -> u32 {
    let region = client.create(compositor, compositor::CREATE_REGION);
    for n in 0..count.cast_signed() {
        client.say(Message::new(region, compositor::ADD).int(n % 32 * 3).int(n / 32 * 3).int(1).int(1));
    }
    region
}

fn region(script: &mut Script) -> Verdict {
    const SUBTRACT: u16 = 2;
    let (mut client, compositor) = client(script)?;
    let region = rectangles(&mut client, compositor, script.n);
    for n in 0..script.n.cast_signed() {
        client.say(Message::new(region, SUBTRACT).int(n % 32 * 3).int(n / 32 * 3).int(1).int(1));
    }
    destroy(&mut client, region);
    done(client)
}

fn region_commit(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surface = client.create(compositor, compositor::CREATE_SURFACE);
    let region = rectangles(&mut client, compositor, script.n);
    client.say(Message::new(surface, compositor::SET_OPAQUE_REGION).uint(region));
    client.say(Message::new(surface, compositor::SET_INPUT_REGION).uint(region));
    (0..script.n).for_each(|_| commit(&mut client, surface));
    done(client)
}

fn region_set(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let surface = client.create(compositor, compositor::CREATE_SURFACE);
    let region = rectangles(&mut client, compositor, 64);
    for _ in 0..script.n {
        client.say(Message::new(surface, compositor::SET_OPAQUE_REGION).uint(region));
        client.say(Message::new(surface, compositor::SET_INPUT_REGION).uint(region));
        commit(&mut client, surface);
    }
    done(client)
}

/// A surface with `count` subsurfaces: surface and role of each.
struct Family {
    client: Attacker,
    root: u32,
    children: Vec<(u32, u32)>,
}

fn family(script: &Script, count: u32) -> Result<Family, Stop> {
    let (mut client, compositor) = client(script)?;
    let subs = client.bind("wl_subcompositor", 1)?;
    let root = client.create(compositor, compositor::CREATE_SURFACE);
    let mut children = Vec::new();
    for surface in surfaces(&mut client, compositor, count) {
        children.push((surface, child(&mut client, subs, surface, root)));
    }
    commit(&mut client, root);
    Ok(Family { client, root, children })
}

fn child(client: &mut Attacker, subs: u32, surface: u32, parent: u32) -> u32 {
    let role = client.id();
    client.say(Message::new(subs, sub::GET_SUBSURFACE).uint(role).uint(surface).uint(parent));
    role
}

fn subsurface(script: &mut Script) -> Verdict {
    let Family { mut client, children, .. } = family(script, script.n)?;
    for (surface, role) in children {
        destroy(&mut client, role);
        destroy(&mut client, surface);
    }
    done(client)
}

fn parents(script: &mut Script) -> Verdict {
    let (mut client, compositor) = client(script)?;
    let subs = client.bind("wl_subcompositor", 1)?;
    let roots = surfaces(&mut client, compositor, script.n);
    for root in &roots {
        let surface = client.create(compositor, compositor::CREATE_SURFACE);
        child(&mut client, subs, surface, *root);
        commit(&mut client, *root);
    }
    roots.iter().for_each(|root| destroy(&mut client, *root));
    done(client)
}

fn child_commit(script: &mut Script) -> Verdict {
    let Family { mut client, root, .. } = family(script, script.n)?;
    (0..script.n).for_each(|_| commit(&mut client, root));
    done(client)
}

fn child_state(script: &mut Script) -> Verdict {
    let Family { mut client, root, children } = family(script, script.n)?;
    for _ in 0..10 {
        for (surface, _) in &children {
            client.say(Message::new(*surface, compositor::DAMAGE).int(0).int(0).int(1).int(1));
            commit(&mut client, *surface);
        }
    }
    commit(&mut client, root);
    done(client)
}

fn restack(script: &mut Script) -> Verdict {
    let Family { mut client, root, children } = family(script, script.n)?;
    for (n, (_, role)) in children.iter().enumerate() {
        let (sibling, _) = children[(n + children.len() / 2) % children.len()];
        client.say(Message::new(*role, sub::PLACE_ABOVE).uint(sibling));
    }
    commit(&mut client, root);
    done(client)
}

fn moved(script: &mut Script) -> Verdict {
    const SET_POSITION: u16 = 1;
    let Family { mut client, root, children } = family(script, script.n)?;
    for (n, (_, role)) in children.iter().enumerate() {
        client.say(Message::new(*role, SET_POSITION).int(n as i32).int(1));
        commit(&mut client, root);
    }
    done(client)
}

fn pool(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let shm = client.bind("wl_shm", 1)?;
    let fd = crate::hostile::window::memory(4096, true)?;
    for _ in 0..script.n {
        let pool = create_pool(&mut client, shm, &fd, 4096);
        client.say(Message::new(pool, shm::DESTROY_POOL));
    }
    done(client)
}

fn create_pool(client: &mut Attacker, shm: u32, fd: &std::os::fd::OwnedFd, size: i32) -> u32 {
    let pool = client.id();
    let fd = std::os::fd::AsFd::as_fd(fd);
    client.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(size).bytes(), &[fd]);
    pool
}

fn buffers(client: &mut Attacker, size: i32, count: u32) -> Result<(u32, Vec<u32>), Stop> {
    let shm = client.bind("wl_shm", 1)?;
    let fd = crate::hostile::window::memory(size as u64, true)?;
    let pool = create_pool(client, shm, &fd, 4096);
    let buffers = (0..count).map(|_| crate::hostile::window::buffer(client, pool, 0)).collect();
    Ok((pool, buffers))
}

fn buffer(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let (_, buffers) = buffers(&mut client, 4096, script.n)?;
    buffers.iter().rev().for_each(|buffer| destroy(&mut client, *buffer));
    done(client)
}

fn resize(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let count = script.n.cast_signed();
    let (pool, _) = buffers(&mut client, 4096 * (count + 1), script.n)?;
    for n in 1..=count {
        client.say(Message::new(pool, shm::RESIZE).int(4096 * (n + 1)));
    }
    done(client)
}
