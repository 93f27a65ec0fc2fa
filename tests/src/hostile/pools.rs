//! Attacks by shared memory: huge, sparse, appended to, cut.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::OFlags;

use super::Siege;
use super::attacker::Attacker;
use super::window::{BYTES, Tools, memory};
use crate::case::{Case, Verdict, ensure};
use crate::protocol::{compositor, shm};
use crate::server::Client;
use crate::wire::Message;

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must(
        "pool-sizes",
        "300 pools that claim 2,147,483,647 bytes, of memory that has as many.",
        "address space",
        sizes,
    ),
    Case::must(
        "pool-lies",
        "500 clients make pools of more bytes than there are, or of none, or less.",
        "SIGBUS",
        lies,
    ),
    Case::must("pool-buffers", "60,000 buffers of one pool.", "memory for each object", buffers),
    Case::must("pool-resizes", "20,000 resizes of a pool, each by a page.", "cost of a resize", resizes),
    Case::must("sparse", "A window shows 1 GiB of holes from sealed memory, three times.", "memory of others", sparse),
    Case::must(
        "append",
        "A pool of a descriptor that appends, shown a hundred times: the file does not grow.",
        "memory of others",
        append,
    ),
    Case::must(
        "cut",
        "3,000 windows are shown, and their memory is cut; then each is shown again.",
        "SIGBUS, cost of one",
        cut,
    ),
];

/// One pool of a page, for whoever needs one to be served.
pub(super) fn small_pool(client: &Client, shm: u32, id: u32) -> Verdict {
    let fd = memory(4096, true)?;
    client.send_with(&Message::new(shm, shm::CREATE_POOL).uint(id).int(4096).bytes(), &[fd.as_fd()])
}

fn pool(attacker: &mut Attacker, shm: u32, fd: &OwnedFd, size: i32) -> u32 {
    let pool = attacker.id();
    attacker.send_with(&Message::new(shm, shm::CREATE_POOL).uint(pool).int(size).bytes(), &[fd.as_fd()]);
    pool
}

fn sizes(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let shm = attacker.bind("wl_shm", 1)?;
    let fd = memory(i32::MAX as u64, true)?;
    for _ in 0..siege.scaled(300) {
        let pool = pool(&mut attacker, shm, &fd, i32::MAX);
        let buffer = attacker.id();
        let message = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(0).int(16_384).int(32_767).int(65_536);
        attacker.say(message.uint(shm::XRGB8888));
    }
    siege.keep(attacker);
    Ok(())
}

fn lies(siege: &mut Siege) -> Verdict {
    let fd = memory(4096, false)?;
    let sizes = [i32::MAX, 0, -1, i32::MIN, 1 << 30];
    for n in 0..siege.scaled(500) {
        let mut attacker = siege.attacker()?;
        let shm = attacker.bind("wl_shm", 1)?;
        let pool = pool(&mut attacker, shm, &fd, sizes[n as usize % sizes.len()]);
        let buffer = attacker.id();
        let message = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(4096).int(16).int(16).int(64);
        attacker.say(message.uint(shm::XRGB8888));
        attacker.sync();
    }
    Ok(())
}

fn buffers(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let shm = attacker.bind("wl_shm", 1)?;
    let pool = pool(&mut attacker, shm, &memory(BYTES as u64, true)?, BYTES);
    for _ in 0..siege.scaled(60_000) {
        super::window::buffer(&mut attacker, pool, 0);
    }
    siege.keep(attacker);
    Ok(())
}

fn resizes(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let shm = attacker.bind("wl_shm", 1)?;
    let count = siege.scaled(20_000).cast_signed();
    let pool = pool(&mut attacker, shm, &memory(4096 * (count as u64 + 1), true)?, 4096);
    for n in 1..=count {
        attacker.say(Message::new(pool, shm::RESIZE).int(4096 * (n + 1)));
    }
    siege.keep(attacker);
    Ok(())
}

fn sparse(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let height = siege.scaled(16_384).cast_signed();
    let size = height * 16_384 * 4 - 1;
    let pool = tools.pool(&mut attacker, &memory(size as u64 + 1, true)?, size);
    let buffer = attacker.id();
    let message = Message::new(pool, shm::CREATE_BUFFER).uint(buffer).int(0).int(16_384).int(height - 1).int(65_536);
    attacker.say(message.uint(shm::XRGB8888));
    let toplevel = tools.toplevel(&mut attacker);
    toplevel.show(&mut attacker, buffer);
    for _ in 0..3 {
        attacker.say(Message::new(toplevel.surface, compositor::DAMAGE).int(0).int(0).int(i32::MAX).int(i32::MAX));
        toplevel.attach(&mut attacker, buffer);
        attacker.sync();
    }
    siege.keep(attacker);
    Ok(())
}

fn append(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let fd = memory(BYTES as u64, true)?;
    rustix::fs::fcntl_setfl(&fd, OFlags::APPEND)?;
    let pool = tools.pool(&mut attacker, &fd, BYTES);
    let buffer = super::window::buffer(&mut attacker, pool, 0);
    let toplevel = tools.toplevel(&mut attacker);
    toplevel.show(&mut attacker, buffer);
    (0..siege.scaled(100)).for_each(|_| toplevel.attach(&mut attacker, buffer));
    attacker.sync();
    let size = rustix::fs::fstat(&fd)?.st_size;
    siege.keep(attacker);
    ensure(size == i64::from(BYTES), || format!("the file has {size} bytes now"))
}

fn cut(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let fd = memory(BYTES as u64, false)?;
    let pool = tools.pool(&mut attacker, &fd, BYTES);
    let mut windows = Vec::new();
    for _ in 0..siege.scaled(3000).div_ceil(100) {
        let some: Vec<_> = (0..100.min(siege.scaled(3000))).map(|_| tools.toplevel(&mut attacker)).collect();
        for toplevel in some {
            let buffer = super::window::buffer(&mut attacker, pool, 0);
            toplevel.show(&mut attacker, buffer);
            windows.push((toplevel, buffer));
        }
    }
    attacker.sync();
    rustix::fs::ftruncate(&fd, 0)?;
    for (toplevel, buffer) in windows {
        toplevel.attach(&mut attacker, buffer);
    }
    siege.keep(attacker);
    Ok(())
}
