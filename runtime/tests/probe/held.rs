//! A FUSE file system whose daemon opens one file and then answers nothing.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Kinds of requests to a daemon (fuse(4)).
const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const OPEN: u32 = 14;
const RELEASE: u32 = 18;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

/// Bytes of the head of a request.
const HEAD: usize = 40;

/// One at a time: what one test holds open is passed to the programs that another starts.
static ALONE: Mutex<()> = Mutex::new(());

/// A mounted file system with one file, `held`. Its daemon answers what opening that takes and nothing else: neither
/// what `fstat`, `fstatfs` and reading ask, nor `close`. When this is dropped whoever waits gets an error.
pub(crate) struct Mount {
    dir: tempfile::TempDir,
    /// What the daemon was asked and does not answer.
    unanswered: Receiver<u32>,
    daemon: Option<thread::JoinHandle<()>>,
    _alone: MutexGuard<'static, ()>,
}

impl Mount {
    /// `None` where it may not be mounted; says why.
    pub(crate) fn new() -> Option<Mount> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let flags = OFlags::NONBLOCK.bits() as i32;
        let device = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/fuse");
        let device = device.inspect_err(|error| println!("skipped: /dev/fuse: {error}")).ok()?;
        let dir = tempfile::tempdir().unwrap();
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
        let options = CString::new(options).unwrap();
        let mounted = mount("wayline-test", dir.path(), "fuse", MountFlags::NOSUID | MountFlags::NODEV, &*options);
        mounted.inspect_err(|error| println!("skipped: mount of a FUSE file system: {error}")).ok()?;
        let (tell, unanswered) = channel();
        let daemon = Some(thread::spawn(move || serve(&device, &tell)));
        Some(Mount { dir, unanswered, daemon, _alone: alone })
    }

    /// The file, opened.
    pub(crate) fn file(&self) -> Held {
        let path = self.dir.path().join("held");
        in_time("opening", || Held(Some(File::open(path).unwrap().into())))
    }

    /// Waits until somebody waits for the daemon.
    pub(crate) fn is_asked(&self) {
        self.unanswered.recv_timeout(PATIENCE).expect("the daemon is asked");
    }

    /// Descriptors of the file that this process has.
    pub(crate) fn open_here(&self) -> usize {
        let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        links.filter(|link| link.starts_with(self.dir.path())).count()
    }

    /// Waits until there are none.
    pub(crate) fn until_none_is_open_here(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.open_here() > 0 {
            assert!(Instant::now() < deadline, "{} are still open", self.open_here());
            thread::yield_now();
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Forced, it ends what waits; the daemon is told by its next read.
        let unmounted = unmount(self.dir.path(), UnmountFlags::FORCE | UnmountFlags::DETACH);
        // Were it still there, the daemon would wait for ever.
        if unmounted.is_ok()
            && let Some(daemon) = self.daemon.take()
        {
            let _ = daemon.join();
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Attributes of the file, which are good for no time.
fn entry() -> Vec<u8> {
    let mut bytes = Vec::new();
    // Node, generation, for how long name and attributes are good; inode, size, blocks, times.
    [2, 0, 3600, 0, 0, 2, 4096, 8, 0, 0, 0].iter().for_each(|value: &u64| bytes.extend(value.to_ne_bytes()));
    // Parts of times, mode, links, user, group, device, block size.
    [0, 0, 0, 0o100_644, 1, 0, 0, 0, 4096, 0].iter().for_each(|value: &u32| bytes.extend(value.to_ne_bytes()));
    bytes
}

/// Answers until the file system is gone.
fn serve(mut device: &File, tell: &Sender<u32>) {
    let mut request = vec![0; 1 << 17];
    loop {
        let mut waits = [PollFd::new(device, PollFlags::IN)];
        poll(&mut waits, None).unwrap();
        let length = match device.read(&mut request) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        assert!(length >= HEAD);
        let kind = word(&request, 4);
        let mut answer = Vec::new();
        match kind {
            INIT => {
                // Version 7.19: limits follow, which may be short.
                [7, 19, 4096, 0].iter().for_each(|value: &u32| answer.extend(value.to_ne_bytes()));
                [12, 8].iter().for_each(|value: &u16| answer.extend(value.to_ne_bytes()));
                answer.extend(4096_u32.to_ne_bytes());
            }
            LOOKUP => answer = entry(),
            OPEN => answer.extend([0; 16]),
            FORGET | BATCH_FORGET | INTERRUPT | RELEASE => continue,
            held => {
                let _ = tell.send(held);
                continue;
            }
        }
        let mut message = (16 + answer.len() as u32).to_ne_bytes().to_vec();
        message.extend(0_u32.to_ne_bytes());
        message.extend(&request[8..16]);
        message.extend(answer);
        if device.write_all(&message).is_err() {
            return;
        }
    }
}

/// Does something on a thread of its own, and requires that it comes back.
pub(crate) fn in_time<T: Send + 'static>(what: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = channel();
    thread::spawn(move || drop(done.send(act())));
    outcome.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("held: {what}"))
}

/// A descriptor that is closed where that holds nobody, whatever becomes of the test.
pub(crate) struct Held(Option<OwnedFd>);

impl Held {
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().unwrap().as_fd()
    }

    pub(crate) fn into_fd(mut self) -> OwnedFd {
        self.0.take().unwrap()
    }

    pub(crate) fn again(&self) -> Held {
        Held(Some(self.fd().try_clone_to_owned().unwrap()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let fd = self.0.take();
        thread::spawn(move || drop(fd));
    }
}
