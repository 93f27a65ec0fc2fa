//! How many descriptors this process may have, and how many it has.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit on descriptors (`RLIMIT_NOFILE`) to the hard one. Returns the limit in force then.
///
/// A server does so when it gets its first client, unless it [is told not to](crate::Server::keep_descriptor_limit).
/// Processes that are started later inherit the limit; programs among them that use `select` may want the old one, which
/// a shell sets by `ulimit -S -n 1024`.
///
/// # Errors
/// If the kernel refuses, as it does when a security policy is in the way; the limit is as before then.
pub fn raise_limit() -> io::Result<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    Ok(limit())
}

/// The soft limit.
pub(crate) fn limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many more descriptors can be opened; `None` if there is no telling, as without `/proc`.
pub(crate) fn free() -> Option<u64> {
    const OPEN: &str = "/proc/self/fd";
    // Since Linux 6.2 the size says it; before that it is 0, and the list has to be read.
    let size = rustix::fs::stat(OPEN).ok()?.st_size;
    let open = match u64::try_from(size).ok().filter(|&size| size > 0) {
        Some(open) => open,
        None => match std::fs::read_dir(OPEN) {
            // The list holds one itself.
            Ok(list) => (list.count() as u64).saturating_sub(1),
            Err(_) => limit(),
        },
    };
    Some(limit().saturating_sub(open))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    #[test]
    fn free_descriptors_are_counted() {
        // Other tests of this process open and close some meanwhile.
        let files: Vec<File> = (0..300).map(|_| File::open("/dev/null").unwrap()).collect();
        let before = super::free().unwrap();
        drop(files);
        assert!(super::free().unwrap() > before + 100);
    }
}
