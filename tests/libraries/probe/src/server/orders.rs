//! The orders of `wlcf_probe`, each carried out before the handler returns.

use std::fmt::Display;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;

use rustix::fs::MemfdFlags;
use wayline::{GlobalId, HandlerError, HandlerResult, Interface, RequestHandler};

use super::App;
use super::api::{WlcfChild, WlcfProbe, wlcf_child, wlcf_probe};

/// What is kept for each probe.
#[derive(Default)]
pub struct Probe {
    error_at_teardown: bool,
}

impl RequestHandler<WlcfProbe> for App {
    type Data = Probe;

    fn bound(&mut self, this: WlcfProbe, _: GlobalId) -> HandlerResult {
        self.probes.push(this);
        Ok(())
    }

    fn request(&mut self, this: WlcfProbe, request: wlcf_probe::Request<'_>) -> HandlerResult {
        use wlcf_probe::Request;
        let App { server, beacons, .. } = self;
        match request {
            Request::Destroy | Request::SinceTwo | Request::CreateChild { id: _ } => {}
            Request::PostError { code, length } => return Err(HandlerError::protocol(this, code, accents(length))),
            Request::PostTwoErrors { first, second } => {
                server.post_error(this, first, "the first");
                server.post_error(this, second, "the second");
            }
            Request::PostErrorAtTeardown => server.data(this)?.error_at_teardown = true,
            Request::SpawnChildren { count } => {
                for _ in 0..count {
                    this.child(server)?;
                }
            }
            Request::Hold { child } => self.held = Some(child),
            Request::PokeHeld => {
                let alive = self.held.is_some_and(|child| child.poked(server).is_ok());
                this.held(server, alive.into())?;
            }
            Request::SendForeign { child } => {
                for other in self.probes.iter().filter(|probe| probe.client() != this.client()) {
                    if other.foreign(server, child).is_ok() {
                        return Err(HandlerError::internal("an object of one client was sent to another"));
                    }
                }
            }
            Request::SendNewer => {
                // To be refused below version 3; the kit sees whether it arrives.
                if let Err(error) = this.newer(server) {
                    eprintln!("{this:?}: {error}");
                }
            }
            Request::AddGlobal => beacons.add(server, None)?,
            Request::AddHiddenGlobal => beacons.add(server, Some(this.client()))?,
            Request::RemoveGlobal { name } => beacons.withdraw(server, name),
            Request::DestroyGlobal { name } => beacons.end(server, name),
            Request::CycleGlobals { count } => return self.cycle_beacons(count),
            Request::AddBadGlobals => {
                let accepted = beacons.add_bad(server);
                this.bad_globals(server, accepted)?;
            }
            Request::Echo { number, positive, fraction, text, no_text, bytes, file, child, no_child } => {
                this.echoed(server, number, positive, fraction, text, no_text, bytes, file, child, no_child)?;
            }
            Request::InspectFd { file } => {
                let inode = rustix::fs::fstat(&file).map_err(internal)?.st_ino;
                this.inspected(server, (inode >> 32) as u32, inode as u32)?;
            }
            Request::TakeThree { first, second, text: _ } => drop((first, second)),
            Request::SendFds { count } => {
                for index in 0..count {
                    this.fd(server, index, numbered_file(index).map_err(internal)?)?;
                }
            }
            Request::Burst { count } => {
                for index in 0..count {
                    this.tick(server, index, 0, index)?;
                }
            }
            Request::ReadBuffer { buffer, offset, length } => return self.read_buffer(this, buffer, offset, length),
            Request::TellVersion => this.version(server, Interface::version(this))?,
            Request::TellCredentials => {
                let known =
                    server.credentials(this.client()).ok_or_else(|| internal("a client without credentials"))?;
                this.credentials(server, known.pid.unwrap_or(0), known.uid, known.gid)?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlcfProbe, data: Probe) {
        self.probes.retain(|probe| *probe != this);
        if data.error_at_teardown {
            self.server.post_error(this, 0u32, "posted too late");
        }
    }
}

impl RequestHandler<WlcfChild> for App {
    type Data = ();

    fn request(&mut self, _: WlcfChild, request: wlcf_child::Request) -> HandlerResult {
        match request {
            wlcf_child::Request::Destroy | wlcf_child::Request::SinceThree => Ok(()),
        }
    }
}

/// The server's own failure.
pub(crate) fn internal(reason: impl Display) -> HandlerError {
    HandlerError::internal(reason.to_string())
}

/// A text of so many bytes that are two to a character, but for the first if their number is odd.
fn accents(length: u32) -> String {
    let odd = if length.is_multiple_of(2) { "" } else { "x" };
    odd.to_owned() + &"é".repeat(length as usize / 2)
}

/// A file that holds the number as text.
fn numbered_file(number: u32) -> std::io::Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create("index", MemfdFlags::CLOEXEC)?);
    write!(file, "{number}")?;
    file.rewind()?;
    Ok(file.into())
}
