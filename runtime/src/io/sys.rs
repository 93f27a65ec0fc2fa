//! System calls that rustix lacks, each behind a function that is safe to call.
//!
//! The numbers and layouts are those of the kernel's interface.

#![allow(unsafe_code, reason = "raw system calls, and one of the C library")]

pub(crate) mod socket;

use std::ffi::{c_long, c_ulong};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use memmap2::MmapRaw;

/// Signals that one submission holds at most, and room in the ring of results.
const BATCH: usize = 32;

/// How often a full ring is emptied before a signal counts as failed.
const ATTEMPTS: usize = 16;

const IOCB_CMD_PREAD: u16 = 0;
const IOCB_CMD_PREADV: u16 = 7;
const IOCB_FLAG_RESFD: u32 = 1;
const RWF_NOWAIT: u32 = 8;

/// `struct iocb` of linux/aio_abi.h.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Iocb {
    data: u64,
    /// `aio_key` and `aio_rw_flags`; the byte order decides which comes first.
    key_and_flags: [u32; 2],
    opcode: u16,
    priority: i16,
    file: u32,
    buffer: u64,
    length: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    eventfd: u32,
}

impl Iocb {
    /// A read of no bytes from an eventfd, after which that is signalled. The
    /// read fails at once, as one of less than eight bytes does. So it needs no
    /// other file, which would be one descriptor more.
    fn of(eventfd: BorrowedFd<'_>) -> Iocb {
        // Descriptors are never negative.
        let file = eventfd.as_raw_fd().cast_unsigned();
        let key_and_flags = if cfg!(target_endian = "little") { [0, RWF_NOWAIT] } else { [RWF_NOWAIT, 0] };
        let (opcode, flags) = (IOCB_CMD_PREAD, IOCB_FLAG_RESFD);
        Iocb { key_and_flags, opcode, file, flags, eventfd: file, ..Iocb::default() }
    }
}

/// `struct io_event` of linux/aio_abi.h.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Completion([u64; 4]);

/// A context of Linux AIO, used for one thing: the kernel signals an eventfd
/// when a read is done. That adds one to the counter or leaves a full one alone;
/// it never waits, whatever the flags of the eventfd.
#[derive(Debug)]
pub(super) struct Aio {
    context: c_ulong,
}

impl Aio {
    /// # Errors
    /// `ENOSYS` or `EPERM` where AIO is not to be had, `EAGAIN` where others
    /// use up what the system has.
    pub(super) fn new() -> io::Result<Aio> {
        let mut context: c_ulong = 0;
        // SAFETY: the kernel writes the number of the new context to this word.
        check(unsafe { libc::syscall(libc::SYS_io_setup, BATCH as c_long, &raw mut context) })?;
        Ok(Aio { context })
    }

    /// Signals each of these eventfds, in order.
    ///
    /// # Errors
    /// What the kernel says; `EINVAL` if one is no eventfd, and in a forked
    /// process, which has no AIO context. Those before it are signalled.
    pub(super) fn signal(&self, eventfds: &[BorrowedFd<'_>]) -> io::Result<()> {
        for batch in eventfds.chunks(BATCH) {
            let mut blocks = [Iocb::default(); BATCH];
            for (block, eventfd) in blocks.iter_mut().zip(batch) {
                *block = Iocb::of(*eventfd);
            }
            let mut left = &mut blocks[..batch.len()];
            let mut attempts = 0;
            while !left.is_empty() {
                match self.submit(left) {
                    Ok(done) => left = &mut left[done..],
                    // No room for the results; those that are there say nothing new.
                    Err(error) if error.raw_os_error() == Some(libc::EAGAIN) && attempts < ATTEMPTS => {
                        attempts += 1;
                        self.drain()?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Whether a descriptor is an eventfd. Neither reads, writes nor signals it:
    /// the kernel looks at the eventfd before it looks at the read, whose list of
    /// buffers lies nowhere. `false` also if AIO fails.
    pub(super) fn is_eventfd(&self, fd: BorrowedFd<'_>) -> bool {
        let mut block = Iocb { opcode: IOCB_CMD_PREADV, length: 1, ..Iocb::of(fd) };
        self.submit(std::slice::from_mut(&mut block)).is_err_and(|error| error.raw_os_error() == Some(libc::EFAULT))
    }

    /// How many of these reads the kernel took, which is at least one.
    fn submit(&self, blocks: &mut [Iocb]) -> io::Result<usize> {
        let mut list = [ptr::null_mut(); BATCH];
        let count = blocks.len().min(BATCH);
        for (place, block) in list.iter_mut().zip(blocks) {
            *place = ptr::from_mut(block);
        }
        // SAFETY: the list holds `count` pointers to blocks that live until the
        // call returns; the kernel reads them and writes `aio_key`. No block
        // names memory to be filled: their length is zero, or their list of
        // buffers is at address zero, from which the kernel cannot copy.
        check(unsafe { libc::syscall(libc::SYS_io_submit, self.context, count as c_long, list.as_mut_ptr()) })
    }

    /// Makes room in the ring. Does not wait.
    fn drain(&self) -> io::Result<()> {
        let mut events = [Completion::default(); BATCH];
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        loop {
            // SAFETY: the kernel writes at most `BATCH` events to this array.
            let count = check(unsafe {
                let (least, most) = (0 as c_long, BATCH as c_long);
                libc::syscall(libc::SYS_io_getevents, self.context, least, most, events.as_mut_ptr(), &raw const now)
            })?;
            if count < BATCH {
                return Ok(());
            }
        }
    }
}

impl Drop for Aio {
    fn drop(&mut self) {
        // SAFETY: the context is ours, and no read is under way: each was done
        // when its submission returned.
        unsafe { libc::syscall(libc::SYS_io_destroy, self.context) };
    }
}

/// Has the kernel copy bytes out of a mapping, and says how many it could. Bytes
/// that are not there are an error, `EFAULT`, where a load would be a signal.
///
/// # Panics
/// If the bytes are not all inside the mapping.
pub(super) fn read_mapping(mapping: &MmapRaw, at: usize, out: &mut [u8]) -> io::Result<usize> {
    assert!(at.checked_add(out.len()).is_some_and(|end| end <= mapping.len()), "outside of a mapping");
    let ours = libc::iovec { iov_base: out.as_mut_ptr().cast(), iov_len: out.len() };
    let theirs = libc::iovec { iov_base: mapping.as_mut_ptr().wrapping_add(at).cast(), iov_len: out.len() };
    // SAFETY: the kernel fills `out`, which is borrowed. What it reads lies inside
    // of the mapping, as was just checked, and the kernel bears pages that are gone.
    check(unsafe { libc::process_vm_readv(libc::getpid(), &raw const ours, 1, &raw const theirs, 1, 0) } as c_long)
}

/// As [`read_mapping`], in the other direction.
pub(super) fn write_mapping(mapping: &MmapRaw, at: usize, bytes: &[u8]) -> io::Result<usize> {
    assert!(at.checked_add(bytes.len()).is_some_and(|end| end <= mapping.len()), "outside of a mapping");
    let ours = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let theirs = libc::iovec { iov_base: mapping.as_mut_ptr().wrapping_add(at).cast(), iov_len: bytes.len() };
    // SAFETY: the kernel only reads `bytes`. What it writes lies inside of the
    // mapping, as was just checked; nothing in this process makes a reference to
    // it, and a mapping that is read-only or gone is an error.
    check(unsafe { libc::process_vm_writev(libc::getpid(), &raw const ours, 1, &raw const theirs, 1, 0) } as c_long)
}

/// Gives memory that was freed back to the system. The C library keeps what lies between two pieces in use, however
/// much that is; with another allocator, or another C library, this does nothing.
pub(crate) fn trim_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the function takes any number, and memory that is in use stays as it is.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn check(result: c_long) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
