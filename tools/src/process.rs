//! Names of processes, for people.

/// What the kernel calls a process, if it is there and has a name that can be shown.
pub(crate) fn name_of(pid: Option<u32>) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid?)).ok()?;
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}
