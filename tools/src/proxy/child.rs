//! The program that is looked at.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use calloop::signals::Signal;
use rustix::process::{Pid, kill_process};

pub(crate) struct Child {
    child: std::process::Child,
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts a program whose display is this socket. Its standard input is this program's, unless that is needed here.
    pub(crate) fn start(words: &[OsString], socket: &Path, keeps_stdin: bool) -> Result<Child, String> {
        let [program, arguments @ ..] = words else { return Err("no program is named".to_owned()) };
        let mut command = Command::new(program);
        command.args(arguments).env("WAYLAND_DISPLAY", socket).env_remove("WAYLAND_SOCKET");
        if keeps_stdin {
            command.stdin(Stdio::null());
        }
        let child =
            command.spawn().map_err(|error| format!("{} cannot be started: {error}", program.to_string_lossy()))?;
        Ok(Child { child, status: None })
    }

    /// Sees whether it has ended.
    pub(super) fn look(&mut self) -> Result<(), String> {
        if self.status.is_none() {
            self.status = self.child.try_wait().map_err(|error| format!("the program is lost: {error}"))?;
        }
        Ok(())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.status.is_some()
    }

    /// Its exit code, once it has ended.
    pub(super) fn code(&self) -> Option<ExitCode> {
        let status = self.status?;
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Some(ExitCode::from(u8::try_from(code).unwrap_or(1)))
    }

    /// Passes on a signal. The terminal sends those of the keyboard to both.
    pub(super) fn hear(&self, signal: Signal) {
        let signal = match signal {
            Signal::SIGTERM => rustix::process::Signal::TERM,
            Signal::SIGHUP => rustix::process::Signal::HUP,
            _ => return,
        };
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // One that has just ended is seen next.
            let _ = kill_process(pid, signal);
        }
    }
}
