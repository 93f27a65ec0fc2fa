//! Options of Unix sockets that rustix lacks (unix(7), and the kernel's `net/core/sock.c`).

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::check;

/// Since Linux 6.16; the same number on every machine that libc does not list by itself.
const SO_PASSRIGHTS: c_int = 83;

/// Most bytes that an option is asked for. 65,536 groups, or a label, have less.
const MOST: usize = 512 << 10;

/// A descriptor of the process at the other end, with close-on-exec.
pub(crate) fn peer_pidfd(socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut word = [0; size_of::<c_int>()];
    let size = get(socket, libc::SO_PEERPIDFD, &mut word)?.map_err(|_| io::ErrorKind::InvalidData)?;
    if size != word.len() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: the kernel has made this descriptor for us in the call above, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(c_int::from_ne_bytes(word)) })
}

/// The supplementary groups of the process at the other end, from when it connected.
pub(crate) fn peer_groups(socket: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let bytes = get_all(socket, libc::SO_PEERGROUPS, 256)?;
    Ok(bytes.chunks_exact(4).filter_map(|word| Some(u32::from_ne_bytes(*word.first_chunk()?))).collect())
}

/// The label that a security module has for the process at the other end, without the NUL at its end.
pub(crate) fn peer_label(socket: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let mut label = get_all(socket, libc::SO_PEERSEC, 256)?;
    if label.last() == Some(&0) {
        label.pop();
    }
    Ok(label)
}

/// Whether the peer may send descriptors; without, its `sendmsg` fails with `EPERM` if it tries.
pub(crate) fn set_pass_rights(socket: BorrowedFd<'_>, pass: bool) -> io::Result<()> {
    let value = c_int::from(pass);
    let size = size_of::<c_int>() as libc::socklen_t;
    let place: *const c_void = (&raw const value).cast();
    // SAFETY: the kernel reads `size` bytes at `place`, which are those of `value`.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, SO_PASSRIGHTS, place, size) };
    check(result.into()).map(drop)
}

/// All of an option whose size the kernel tells.
fn get_all(socket: BorrowedFd<'_>, option: c_int, guess: usize) -> io::Result<Vec<u8>> {
    let mut value = vec![0; guess];
    // What it is does not change, so the second try has room enough.
    for _ in 0..2 {
        match get(socket, option, &mut value)? {
            Ok(size) => {
                value.truncate(size);
                return Ok(value);
            }
            Err(needed) => value.resize(needed.min(MOST), 0),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Reads an option. Returns how many bytes it has, or else how many there must be room for.
fn get(socket: BorrowedFd<'_>, option: c_int, value: &mut [u8]) -> io::Result<Result<usize, usize>> {
    let mut size = value.len() as libc::socklen_t;
    let place: *mut c_void = value.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `size` bytes to `place`, which are those of `value`, and the size to `size`.
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, place, &raw mut size) };
    match check(result.into()) {
        Ok(_) => Ok(Ok(size as usize)),
        Err(error) if error.raw_os_error() == Some(libc::ERANGE) && size as usize > value.len() => {
            Ok(Err(size as usize))
        }
        Err(error) => Err(error),
    }
}
