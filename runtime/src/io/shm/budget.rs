//! What received memory may cost this process, all peers together.
//!
//! A page of a peer's memfd belongs to whoever touches it first. A peer can send
//! one that is all holes, and what is read there through a mapping, or written
//! there in any way, is then charged to us.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::{Resource, getrlimit};

use super::error::ShmError;

/// Bytes that may be mapped or written to. Clones share the account.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    bytes: usize,
    used: Mutex<usize>,
}

impl Budget {
    /// The part of the memory limit in force that is the budget of a process,
    /// and of the budget that is one peer's share: a quarter.
    pub const PART: usize = 4;

    /// A budget with nothing in use. With zero bytes, all memory is read by
    /// system calls, and none is written.
    #[must_use]
    pub fn new(bytes: usize) -> Budget {
        Budget(Arc::new(Account { bytes, used: Mutex::new(0) }))
    }

    /// The one budget of this process: a quarter of the smallest of the memory
    /// of the machine, `RLIMIT_AS` and the limits of its control groups, as they
    /// were when it was first asked for.
    #[must_use]
    pub fn of_process() -> Budget {
        static BUDGET: OnceLock<Budget> = OnceLock::new();
        BUDGET.get_or_init(|| Budget::new(memory_limit() / Budget::PART)).clone()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// Bytes in use.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        self.used(|used| *used)
    }

    pub(super) fn take(&self, bytes: usize) -> Result<Share, ShmError> {
        self.used(|used| {
            if bytes > self.0.bytes - *used {
                return Err(ShmError::Budget { requested: bytes, bytes: self.0.bytes });
            }
            *used += bytes;
            Ok(Share { budget: self.clone(), bytes })
        })
    }

    fn used<T>(&self, act: impl FnOnce(&mut usize) -> T) -> T {
        act(&mut self.0.used.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one pool uses of a budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used(|used| *used -= self.bytes);
    }
}

/// How much memory this process can have, in bytes.
fn memory_limit() -> usize {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let total = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    });
    let limits = [total, getrlimit(Resource::As).current, group_limit(&groups, Path::new("/sys/fs/cgroup"))];
    // Without any, what a small machine has.
    let limit = limits.into_iter().flatten().min().unwrap_or(1 << 30);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The smallest limit of the control groups in the lines of cgroups(7)
/// `/proc/pid/cgroup` and of those above them, whose tree is mounted at `root`.
fn group_limit(groups: &str, root: &Path) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (tree, file) = match fields.next() {
            Some("") => (root.to_owned(), "memory.max"),
            Some("memory") => (root.join("memory"), "memory.limit_in_bytes"),
            _ => return Vec::new(),
        };
        let path = Path::new(fields.next().unwrap_or_default());
        let levels = path.ancestors().map(|level| tree.join(level.strip_prefix("/").unwrap_or(level)).join(file));
        levels.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok()).collect()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_of_all_groups_above_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let limit = |groups| group_limit(groups, root.path());
        assert_eq!(limit("0::/user/app\n"), None);
        write("user/app/memory.max", "max\n");
        assert_eq!(limit("0::/user/app\n"), None);
        write("user/memory.max", "4096\n");
        assert_eq!(limit("0::/user/app\n"), Some(4096));
        write("user/app/memory.max", "1024\n");
        assert_eq!(limit("0::/user/app\n"), Some(1024));
        assert_eq!(limit("0::/\n"), None);
        write("memory/x/memory.limit_in_bytes", "512\n");
        assert_eq!(limit("9:cpu:/x\n4:memory:/x\n0::/user/app\n"), Some(512));
    }

    #[test]
    fn the_budget_of_the_process_is_a_quarter_of_what_it_can_have() {
        let total = memory_limit();
        assert!(total > 0);
        assert_eq!(Budget::of_process().bytes(), total / 4);
    }
}
