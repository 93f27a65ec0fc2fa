//! Clients that are killed, a server that is stopped, one without fds, crowds, and one client that never reads.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::animator::Animator;
use super::doomed::{FRAMES, Kind};
use super::{Stress, allow_fds};
use crate::case::{Case, Stop, Verdict, ensure, fail, skip};
use crate::protocol::{display, native};
use crate::server::Client;
use crate::socket::wait_fd;
use crate::wire::{DISPLAY, Message};
use std::os::fd::AsFd;

/// Time between two frames at 60 Hz.
const PERIOD: Duration = Duration::from_nanos(16_666_667);
/// Clients that animate beside the one that never reads.
const ANIMATORS: usize = 10;
/// Longer than any server waits for a client that does not read, as far as we know.
const GRACE: Duration = Duration::from_secs(90);

pub(super) const CASES: &[Case<Stress>] = &[
    Case::must(
        "kills",
        "Clients of all kinds are killed in the middle of what they do: handshakes, messages with fds, unread events, half messages, pools, frames.",
        "D11",
        kills,
    ),
    Case::must(
        "stopped",
        "A server is stopped, clients write and are killed meanwhile, and it goes on.",
        "K18",
        stopped,
    ),
    Case::must(
        "fd-limit",
        "A server that may have 64 fds gets 100 clients: nobody is wrongly served, nothing spins, all is well afterwards.",
        "D09, K17",
        fd_limit,
    ),
    Case::must("crowd", "1,000 clients are there at once, come and go ten times.", "P14", crowd),
    Case::must(
        "stuck",
        "One client never reads while ten others animate at 60 Hz: no frame of theirs is later than two periods, and the one is dropped.",
        "P01, P15",
        stuck,
    ),
];

fn kills(stress: &mut Stress) -> Verdict {
    let count = stress.plan.kills;
    // The first clients allocate what the later ones use again.
    stress.kill((count / 10).clamp(20, 500), &Kind::ALL)?;
    let calm = stress.calm()?;
    stress.kill(count, &Kind::ALL)?;
    stress.back(&calm, &format!("{count} kills"))
}

fn stopped(stress: &mut Stress) -> Verdict {
    let rounds = (stress.plan.kills / 100).clamp(3, 100);
    stress.kill(20, &Kind::DEAF)?;
    let calm = stress.calm()?;
    for _ in 0..rounds {
        stress.fixture.process().pause(stress.fixture.patience())?;
        let doomed: Result<Vec<_>, Stop> = (0..8).map(|n| stress.doomed(Kind::DEAF[n % Kind::DEAF.len()])).collect();
        let died = doomed.and_then(|doomed| doomed.into_iter().try_for_each(super::DoomedClient::die));
        stress.fixture.process().resume()?;
        died?;
        stress.check_liveness()?;
    }
    stress.back(&calm, &format!("{rounds} stops, {} kills", rounds * 8))
}

fn fd_limit(stress: &mut Stress) -> Verdict {
    stress.kill(20, &Kind::DEAF)?;
    let calm = stress.calm()?;
    let usual = stress.fixture.process().set_fd_limit(64)?;
    let crowded = crowded(stress);
    stress.fixture.process().restore_fd_limit(usual)?;
    crowded?;
    stress.back(&calm, "100 clients and 20 kills at a limit of 64 fds")
}

/// As many clients as a queue of a listener holds, at a server that can have far fewer.
fn crowded(stress: &mut Stress) -> Verdict {
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = stress.fixture.client()?;
        let callback = client.fresh();
        // One that had to go already says why below.
        let _ = client.send(&Message::new(DISPLAY, display::SYNC).uint(callback));
        clients.push((client, callback));
    }
    stress.check_liveness()?;
    stress.fixture.idle()?;
    // Those who come now find a full queue or wait in it, and die there.
    stress.kill(20, &Kind::DEAF)?;
    // Each that leaves makes room for one that waits, so every one is served at last, unless the server has let the newest
    // of a process with many connections go, and told them so.
    for (mut client, callback) in clients {
        client.done_or_dies(callback, DISPLAY, display::NO_MEMORY)?;
    }
    stress.check_liveness()
}

fn crowd(stress: &mut Stress) -> Verdict {
    const ROUNDS: usize = 10;
    let count = stress.plan.clients;
    allow_fds(u64::from(count) + 256)?;
    let usual = stress.fixture.process().set_fd_limit(u64::from(count) + 256)?;
    let mut calm = stress.calm()?;
    for round in 0..ROUNDS {
        let mut clients: Vec<Client> = Vec::new();
        for _ in 0..count {
            let mut client = stress.fixture.client()?;
            client.registry()?;
            clients.push(client);
        }
        stress.check_liveness()?;
        // They leave all at once.
        drop(clients);
        stress.check_liveness()?;
        stress.fixture.until(|| "a crowd has left".to_owned(), |fixture| Ok(fixture.fds()? <= calm.fds))?;
        if round == 1 {
            calm = stress.calm()?;
        }
    }
    stress.fixture.process().restore_fd_limit(usual)?;
    stress.back(&calm, &format!("{count} clients at once, {ROUNDS} times"))
}

fn stuck(stress: &mut Stress) -> Verdict {
    if !stress.fixture.offered().iter().any(|global| global.interface == native::COMPOSITOR) {
        return skip("the server offers no way_compositor, whose frames are watched");
    }
    if !stress.plan.timed {
        return skip("times are not judged");
    }
    // What the first window costs stays.
    drop(Animator::open(stress.fixture.path(), stress.fixture.patience())?);
    stress.check_liveness()?;
    let calm = stress.calm()?;
    let mut stuck = Animator::open(stress.fixture.path(), stress.fixture.patience())?;
    let mut animators = Vec::new();
    for _ in 0..ANIMATORS {
        let mut command = Command::new(&stress.plan.conform);
        command.args(super::doomed::Orders::new(stress.fixture.path(), Kind::Animate, &[]).words()).arg(FRAMES);
        animators.push(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
    }
    let ended = never_read(stress, &mut stuck);
    let mut worst = Duration::ZERO;
    let mut frames = 0;
    let mut fewest = u64::MAX;
    for mut animator in animators {
        drop(animator.stdin.take());
        let mut told = String::new();
        if let Some(mut output) = animator.stdout.take() {
            output.read_to_string(&mut told)?;
        }
        animator.wait()?;
        let mut figures = told.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(count)), Some(Ok(longest))) = (figures.next(), figures.next()) else {
            return fail(format!("an animation ended with `{told}`"));
        };
        frames += count;
        fewest = fewest.min(count);
        worst = worst.max(Duration::from_micros(longest));
    }
    let lasted = ended?;
    let late = worst.saturating_sub(PERIOD);
    let log = stress.fixture.server.running.as_ref().map(crate::target::Running::log).unwrap_or_default();
    let reason = log.lines().rev().find(|line| line.contains("has ended")).unwrap_or("(it does not say why)");
    let reason = reason.split_once("has ended: ").map_or(reason, |(_, reason)| reason);
    let what = format!(
        "dropped after {:.1} s as `{reason}`; {frames} frames of ten clients, the latest {:.1} ms late",
        lasted.as_secs_f64(),
        late.as_secs_f64() * 1e3,
    );
    drop(stuck);
    stress.back(&calm, &what)?;
    ensure(fewest > 60, || format!("one client had {fewest} frames only"))?;
    ensure(late <= 2 * PERIOD, || format!("a frame was {:.1} ms late", late.as_secs_f64() * 1e3))
}

/// Asks and never reads an answer, until the server has had enough. Returns how long that took.
fn never_read(stress: &mut Stress, stuck: &mut Animator) -> Result<Duration, Stop> {
    let began = Instant::now();
    let stream = &stuck.client.stream;
    let asks = |client: u32| -> Vec<u8> {
        (client..client + 100).flat_map(|id| Message::new(DISPLAY, display::SYNC).uint(id).bytes()).collect()
    };
    let mut next = stuck.client.next_id();
    let mut rest = Vec::new();
    while began.elapsed() < GRACE {
        if rest.is_empty() {
            rest = asks(next);
            next += 100;
        }
        match stream.send_some(&rest, &[]) {
            Ok(0) => {}
            Ok(taken) => drop(rest.drain(..taken)),
            Err(_) => return Ok(began.elapsed()),
        }
        stress.worst = stress.worst.max(stress.fixture.check_liveness()?);
        // Full: until there is room, or the end.
        wait_fd(stream.as_fd(), PollFlags::OUT, Instant::now() + Duration::from_millis(100))?;
    }
    fail("a client that never reads is neither served nor dropped")
}
