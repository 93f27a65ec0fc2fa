//! On what kind of file system a received descriptor lies, without asking it.
//!
//! `fstat` and `fstatfs` of a FUSE file are answered by its daemon, when it
//! likes; so is the last part of a `close`. What is asked here, the kernel knows.

use std::fs;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, statx};

/// File systems of this machine, which make nobody wait but for a disk.
const LOCAL: [&str; 7] = ["tmpfs", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"];

/// Type and mount of a file, as far as the kernel knows them by itself.
pub(super) fn look(fd: impl AsFd) -> rustix::io::Result<(FileType, Statx)> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let stat = statx(fd, "", flags, StatxFlags::TYPE | StatxFlags::MNT_ID)?;
    Ok((FileType::from_raw_mode(stat.stx_mode.into()), stat))
}

/// Whether a file lies on a local file system; the name of another one, `unknown`
/// if it is mounted nowhere that this process can see, or before Linux 5.8.
pub(super) fn check_local(stat: &Statx) -> Result<(), String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let known = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::MNT_ID);
    match name(&mounts, stat.stx_mnt_id).filter(|_| known) {
        Some(name) if LOCAL.contains(&name) => Ok(()),
        name => Err(name.unwrap_or("unknown").to_owned()),
    }
}

/// The file system that is mounted with this id, of the lines of proc(5) mountinfo.
fn name(mounts: &str, id: u64) -> Option<&str> {
    let line = mounts.lines().find(|line| line.split(' ').next().is_some_and(|first| first.parse() == Ok(id)))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_file_system_is_found_by_the_id_of_its_mount() {
        let mounts = "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      2 21 0:25 / /dev/shm rw - tmpfs tmpfs rw\n\
                      121 21 0:42 / /mnt/with\\040-\\040blanks rw - fuse.sshfs x:y rw\n";
        assert_eq!([21, 2, 121, 1].map(|id| name(mounts, id)), [Some("ext4"), Some("tmpfs"), Some("fuse.sshfs"), None]);
    }

    #[test]
    fn proc_is_not_local() {
        let (kind, stat) = look(File::open("/proc/self/status").unwrap()).unwrap();
        assert_eq!(kind, FileType::RegularFile);
        assert_eq!(check_local(&stat), Err("proc".to_owned()));
    }
}
