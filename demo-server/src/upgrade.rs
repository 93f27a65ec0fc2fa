//! Replaces this process by a new one while its clients go on. Starts it, waits in the loop for its first words, and hands
//! over; whatever goes wrong until then, this process goes on.

use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use calloop::generic::Generic;
use calloop::timer::{TimeoutAction, Timer};
use calloop::{Interest, Mode, PostAction};
use wayline::carry;

use crate::app::{App, Failure};
use crate::process::{self, Attempt, Meeting, Phase, SUCCESSOR};
use crate::protocol::control::DemoControl;

/// How long a new process may take until its first words.
const START: Duration = Duration::from_secs(10);

/// How long the two wait for each other after that.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Where a service manager wants to hear of the process (sd_notify(3)).
const NOTIFY: &str = "NOTIFY_SOCKET";

/// Starts a successor: `program`, or the file that this process was started from. `asker` is told what becomes of it.
pub(crate) fn begin(app: &mut App, program: Option<PathBuf>, asker: Option<DemoControl>) {
    if let Err(error) = start(app, program, asker) {
        report(app, asker, &error.to_string());
    }
}

fn start(app: &mut App, program: Option<PathBuf>, asker: Option<DemoControl>) -> Result<(), Failure> {
    if app.process.attempt.is_some() {
        return Err("another upgrade is under way".into());
    }
    let start = app.process.start.as_ref().ok_or("this server has no program to be started again")?;
    let (line, theirs) = UnixStream::pair()?;
    let mut command = Command::new(program.as_ref().unwrap_or(&start.program));
    command.arg(SUCCESSOR).args(&start.arguments).stdin(OwnedFd::from(theirs));
    // The file may be on a disk that takes its time.
    let starter = std::thread::Builder::new().name("successor".into()).spawn(move || command.spawn())?;
    let line = Arc::new(line);
    let heard = |_, _: &mut _, app: &mut App| {
        set_phase(app, Phase::Heard);
        Ok(PostAction::Remove)
    };
    let too_late = |_, (): &mut (), app: &mut App| {
        set_phase(app, Phase::TooLate);
        TimeoutAction::Drop
    };
    let sources = [
        app.events.insert_source(Generic::new(Arc::clone(&line), Interest::READ, Mode::Level), heard)?,
        app.events.insert_source(Timer::from_duration(START), too_late)?,
    ];
    app.process.attempt = Some(Attempt { line, starter, asker, sources, phase: Phase::Starting });
    Ok(())
}

/// The first thing that becomes of a successor counts.
fn set_phase(app: &mut App, phase: Phase) {
    if let Some(attempt) = app.process.attempt.as_mut().filter(|attempt| attempt.phase == Phase::Starting) {
        attempt.phase = phase;
    }
}

/// Goes on with an upgrade, between two turns.
pub(crate) fn proceed(app: &mut App) {
    // One that is told to stop is not replaced.
    if app.server.is_stopped() {
        return;
    }
    let due = app.process.attempt.take_if(|attempt| attempt.phase != Phase::Starting);
    let Some(Attempt { line, starter, asker, sources, phase }) = due else { return };
    sources.into_iter().for_each(|source| app.events.remove(source));
    if phase == Phase::TooLate && !starter.is_finished() {
        // When it is started after all, it finds its socket closed.
        return report(app, asker, "the new process cannot be started in time");
    }
    // It has started or failed to, so this does not wait.
    let started = starter.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()));
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return report(app, asker, &format!("the new process cannot be started: {error}")),
    };
    if phase == Phase::TooLate {
        end(child);
        return report(app, asker, "the new process does not say that it is one");
    }
    app.process.meeting = Some(Meeting { asker, since: process::now(), bytes: 0 });
    let handed_over = carry::hand_over(app, &*line, PATIENCE);
    app.process.meeting = None;
    match handed_over {
        Ok(()) => {
            app.process.serves = false;
            notify(child.id());
        }
        Err(error) => {
            // Why it has ended, if it has, it said itself.
            let status = child.try_wait().ok().flatten().map(|status| format!(" ({status})")).unwrap_or_default();
            end(child);
            report(app, asker, &format!("{error}{status}"));
        }
    }
}

/// The server ends: whoever is about to replace it is not needed.
pub(crate) fn abandon(app: &mut App) {
    let Some(Attempt { starter, .. }) = app.process.attempt.take() else { return };
    if starter.is_finished()
        && let Ok(Ok(child)) = starter.join()
    {
        end(child);
    }
}

/// It serves nobody, so it is of no use. Its end may take longer than anybody here should wait.
fn end(mut child: Child) {
    let _ = child.kill();
    let _ = std::thread::Builder::new().spawn(move || child.wait());
}

/// This server goes on.
fn report(app: &mut App, asker: Option<DemoControl>, reason: &str) {
    tracing::warn!("no upgrade: {reason}");
    if let Some(asker) = asker {
        // Whoever asked may be gone.
        let _ = asker.upgrade_failed(&mut app.server, reason);
    }
}

/// The state of a predecessor is loaded, and this process serves from now on. Tells whoever asked for it.
pub(crate) fn finish(app: &mut App, clients: usize) {
    let Some(Meeting { asker, since, bytes }) = app.process.meeting.take() else { return };
    let waited = Duration::from_nanos(process::now().saturating_sub(since));
    tracing::info!("this process serves now: {clients} clients waited {waited:?}, {bytes} bytes went over");
    if let Some(asker) = asker {
        let short = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let waited = short(waited.as_micros().try_into().unwrap_or(u64::MAX));
        let pid = std::process::id();
        // Whoever asked may be gone.
        let _ = asker.upgraded(&mut app.server, pid, short(clients as u64), waited, short(bytes));
    }
}

/// Tells a service manager which process it has to watch from now on. Said by the one that it watches so far, whose word
/// counts, and before that one ends.
fn notify(pid: u32) {
    let Some(path) = std::env::var_os(NOTIFY) else { return };
    let told = || {
        let address = match path.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(&path)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to_addr(format!("MAINPID={pid}\n").as_bytes(), &address)
    };
    if let Err(error) = told() {
        tracing::warn!("{NOTIFY} hears nothing of process {pid}: {error}");
    }
}
