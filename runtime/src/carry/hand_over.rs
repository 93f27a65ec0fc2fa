//! From one process to the next: the old one serves until the new one does.
//!
//! ```text
//! successor                              predecessor
//! HELLO (formats that it reads)   →
//!                                        no turn is taken from here on
//!                                 ←      STATE (memory, token, descriptors in batches)
//! LOADED, or NOT LOADED (why)     →
//!                                 ←      COMMIT, when the token is let go
//! takes the token: DONE           →
//! ```
//!
//! The token is a lock (flock(2)) that one description of a file holds at a time. Whoever holds it serves. If no DONE
//! comes, the predecessor tries to take it back: if it can, the successor will not, and it goes on; if it cannot, the
//! successor serves. A predecessor that goes on says so in the file, before anybody else can have the lock. So a successor
//! that has loaded and finds the lock free and the file empty knows that its predecessor is dead, and serves. At each moment
//! there is at most one, whoever is killed when, and there is one from the moment on at which the successor has loaded; if
//! the predecessor is killed before, its clients are lost with it, as without an upgrade.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, MemfdFlags, Mode, OFlags, flock, fstat, ftruncate, memfd_create, open};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use rustix::process::geteuid;

use super::state::{FORMAT, State};
use super::{CarryError, HandOverError, Upgrade, load_beside, save};
use crate::io::credentials::Credentials;

const HELLO: u32 = 1;
const STATE: u32 = 2;
const FDS: u32 = 3;
const LOADED: u32 = 4;
const NOT_LOADED: u32 = 5;
const COMMIT: u32 = 6;
const DONE: u32 = 7;

/// Begins each frame.
const MAGIC: u32 = 0x5761_794c;

/// Magic, kind, a number, bytes of text behind it.
const FRAME: usize = 16;

/// Descriptors of a frame. Sent and received here and not by [`Socket`](crate::io::Socket), which exchanges descriptors that
/// could hold this process: those of a predecessor are our own, and all of them are wanted.
const BATCH: usize = 128;

/// Bytes of the longest text.
const TEXT: usize = 1024;

/// Bytes of the token's file if the predecessor goes on.
const GIVEN_UP: u64 = 1;

/// Most descriptors that a state may have.
const MOST: u32 = 1 << 20;

/// Hands an application over to its successor, the process at the other end of `socket`, which calls [`take_over`].
/// Called between two turns, when the successor's first words are there, for which a loop can wait. Waits for the
/// successor, up to `patience` each time; nobody is served meanwhile.
///
/// When this returns well, the successor serves all clients: end this process, or at least this application. Dropping it
/// closes nothing and removes no file.
///
/// # Errors
/// [`HandOverError`] says why it was not handed over. The application goes on then, and nobody has noticed.
pub fn hand_over<A: Upgrade>(app: &mut A, socket: impl AsFd, patience: Duration) -> Result<(), HandOverError> {
    let start = Instant::now();
    let result = try_hand_over(app, socket.as_fd(), patience);
    if result.is_err() {
        // Clients could do nothing meanwhile, so none is later for it.
        app.server().forgive(start.elapsed());
    }
    result
}

fn try_hand_over<A: Upgrade>(app: &mut A, socket: BorrowedFd<'_>, patience: Duration) -> Result<(), HandOverError> {
    let mut line = Line { socket, patience };
    line.check_user()?;
    let (hello, _) = line.expect(HELLO)?;
    if hello.number < FORMAT {
        return Err(HandOverError::Unexpected);
    }
    let state = save(app)?;
    let memory = state.to_memory()?;
    let token = memfd_create("wayline-token", MemfdFlags::CLOEXEC)?;
    flock(&token, FlockOperation::NonBlockingLockExclusive)?;
    let result = pass(&mut line, state, memory, &token);
    if result.is_err() && ftruncate(&token, GIVEN_UP).is_err() {
        // Nobody gets it as long as this process lives.
        app.server().keep(token);
    }
    result?;
    app.server().leave();
    Ok(())
}

/// Passes all to the successor. If that fails, the token is ours.
fn pass(line: &mut Line<'_>, state: State, memory: OwnedFd, token: &OwnedFd) -> Result<(), HandOverError> {
    line.say(STATE, state.fds.len() as u32, "", &[memory.as_fd(), token.as_fd()])?;
    for batch in state.fds.chunks(BATCH) {
        let fds: Vec<BorrowedFd<'_>> = batch.iter().map(AsFd::as_fd).collect();
        line.say(FDS, fds.len() as u32, "", &fds)?;
    }
    drop(state);
    let (answer, _) = line.hear()?;
    match answer.kind {
        LOADED => {}
        NOT_LOADED => return Err(HandOverError::NotLoaded(answer.text)),
        _ => return Err(HandOverError::Unexpected),
    }
    flock(token, FlockOperation::NonBlockingUnlock)?;
    let done = line.say(COMMIT, 0, "", &[]).and_then(|()| line.expect(DONE));
    match done {
        Err(error) if takes(token) => Err(error),
        // It has the token, whether it could say so or not.
        _ => Ok(()),
    }
}

/// Takes the token, if nobody has it.
fn takes(token: &OwnedFd) -> bool {
    retry_on_intr(|| flock(token, FlockOperation::NonBlockingLockExclusive)).is_ok()
}

/// Takes over from the process at the other end of `socket`, which calls [`hand_over`]. Waits for it, up to `patience`
/// each time.
///
/// When this returns well, there is no way back: what can still fail, such as making an event loop, is better done before,
/// by [`take_over_with`].
///
/// # Errors
/// [`HandOverError`] says why nothing was taken over. The predecessor serves then.
pub fn take_over<A: Upgrade>(socket: impl AsFd, patience: Duration) -> Result<A, HandOverError> {
    take_over_with(socket, patience, |_| Ok(()))
}

/// As [`take_over`]. `prepare` gets the application when it is loaded and the predecessor can still go on: for all that can
/// fail before it serves. It must send nothing, and take no turn.
///
/// # Errors
/// As [`take_over`]; what `prepare` returns, as [`HandOverError::Carry`].
pub fn take_over_with<A: Upgrade>(
    socket: impl AsFd,
    patience: Duration,
    prepare: impl FnOnce(&mut A) -> Result<(), CarryError>,
) -> Result<A, HandOverError> {
    let mut line = Line { socket: socket.as_fd(), patience };
    line.check_user()?;
    line.say(HELLO, FORMAT, "", &[])?;
    let (frame, fds) = line.expect(STATE)?;
    let Ok([memory, theirs]) = <[OwnedFd; 2]>::try_from(fds) else { return Err(HandOverError::Unexpected) };
    if frame.number > MOST {
        return Err(HandOverError::Unexpected);
    }
    // A description of our own, which can hold the lock. Theirs holds it as long as it is open anywhere.
    let token = open(format!("/proc/self/fd/{}", theirs.as_raw_fd()), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    drop(theirs);
    let mut fds = Vec::new();
    while (fds.len() as u32) < frame.number {
        let (batch, more) = line.expect(FDS)?;
        if more.is_empty() || batch.number as usize != more.len() {
            return Err(HandOverError::Unexpected);
        }
        fds.extend(more);
    }
    let loaded = State::read(memory, fds).map_err(Into::into).and_then(load_beside::<A>);
    let loaded = loaded.and_then(|mut app| prepare(&mut app).map(|()| app));
    let mut app = match loaded {
        Ok(app) => app,
        Err(error) => {
            line.say(NOT_LOADED, 0, &error.to_string(), &[])?;
            return Err(error.into());
        }
    };
    let told = line.say(LOADED, 0, "", &[]).and_then(|()| line.expect(COMMIT));
    // Not to be had if the predecessor goes on; if it is dead, nobody else has it.
    if !takes(&token) || fstat(&token)?.st_size as u64 == GIVEN_UP {
        return Err(told.err().unwrap_or(HandOverError::TimedOut));
    }
    app.server().own_files(true);
    app.server().keep(token);
    // Whether it hears this or not, the token is ours.
    let _ = line.say(DONE, 0, "", &[]);
    Ok(app)
}

/// The socket between the two.
struct Line<'a> {
    socket: BorrowedFd<'a>,
    patience: Duration,
}

struct Frame {
    kind: u32,
    number: u32,
    text: String,
}

impl Line<'_> {
    /// Only this user, and root, hand over to us or take over from us.
    fn check_user(&self) -> Result<(), HandOverError> {
        let uid = Credentials::of_peer(self.socket)?.uid;
        if uid == geteuid().as_raw() || uid == 0 { Ok(()) } else { Err(HandOverError::Unexpected) }
    }

    fn say(&mut self, kind: u32, number: u32, text: &str, fds: &[BorrowedFd<'_>]) -> Result<(), HandOverError> {
        let text = crate::escape::shortened(text, TEXT);
        let mut bytes = Vec::with_capacity(FRAME + text.len());
        for word in [MAGIC, kind, number, text.len() as u32] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(text.as_bytes());
        let deadline = Instant::now() + self.patience;
        let (mut sent, mut fds) = (0, fds);
        while sent < bytes.len() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
                return Err(HandOverError::Unexpected);
            }
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match sendmsg(self.socket, &[IoSlice::new(&bytes[sent..])], &mut control, flags) {
                Ok(count) => (sent, fds) = (sent + count, &[]),
                Err(Errno::AGAIN | Errno::TOOMANYREFS) => self.wait(PollFlags::OUT, deadline)?,
                Err(Errno::INTR) => {}
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(HandOverError::Gone),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<(Frame, Vec<OwnedFd>), HandOverError> {
        let deadline = Instant::now() + self.patience;
        let mut fds = Vec::new();
        let mut header = [0; FRAME];
        self.fill(&mut header, &mut fds, deadline)?;
        let mut words = header.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
        let mut word = || words.next().unwrap_or(0);
        let [magic, kind, number, length] = [word(), word(), word(), word()];
        if magic != MAGIC || length as usize > TEXT {
            return Err(HandOverError::Unexpected);
        }
        let mut text = vec![0; length as usize];
        self.fill(&mut text, &mut fds, deadline)?;
        Ok((Frame { kind, number, text: String::from_utf8_lossy(&text).into_owned() }, fds))
    }

    fn expect(&mut self, kind: u32) -> Result<(Frame, Vec<OwnedFd>), HandOverError> {
        let (frame, fds) = self.hear()?;
        if frame.kind == kind { Ok((frame, fds)) } else { Err(HandOverError::Unexpected) }
    }

    fn fill(&self, place: &mut [u8], fds: &mut Vec<OwnedFd>, deadline: Instant) -> Result<(), HandOverError> {
        let mut filled = 0;
        while filled < place.len() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253), ScmCredentials(1))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
            match recvmsg(self.socket, &mut [IoSliceMut::new(&mut place[filled..])], &mut control, flags) {
                Ok(received) if received.bytes == 0 => return Err(HandOverError::Gone),
                Ok(received) => {
                    filled += received.bytes;
                    for message in control.drain() {
                        if let RecvAncillaryMessage::ScmRights(more) = message {
                            fds.extend(more);
                        }
                    }
                }
                Err(Errno::AGAIN) => self.wait(PollFlags::IN, deadline)?,
                Err(Errno::INTR) => {}
                Err(Errno::CONNRESET) => return Err(HandOverError::Gone),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wait(&self, events: PollFlags, deadline: Instant) -> Result<(), HandOverError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(HandOverError::TimedOut);
        }
        let timeout =
            Timespec { tv_sec: left.as_secs().min(i64::MAX as u64) as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::from_borrowed_fd(self.socket, events)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
