//! The probe and its children and beacons, as conformance.xml describes them.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::MemfdFlags;
use wayland_server::backend::{ClientId, GlobalId};
use wayland_server::protocol::wl_buffer::WlBuffer;
use wayland_server::protocol::wl_shm;
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource};

use crate::App;
use crate::api::wlcf_beacon::{self, WlcfBeacon};
use crate::api::wlcf_child::{self, WlcfChild};
use crate::api::wlcf_probe::{self, WlcfProbe};
use crate::shm::Buffer;

/// What a probe remembers.
#[derive(Default)]
pub(crate) struct Orders {
    error_at_teardown: AtomicBool,
}

/// From whom a beacon is hidden.
struct Beacon {
    hidden_from: Option<ClientId>,
}

impl GlobalDispatch<WlcfProbe, ()> for App {
    fn bind(app: &mut App, _: &DisplayHandle, _: &Client, new: New<WlcfProbe>, (): &(), init: &mut DataInit<'_, App>) {
        app.probes.push(init.init(new, Orders::default()));
    }
}

impl Dispatch<WlcfProbe, Orders> for App {
    fn request(
        app: &mut App,
        client: &Client,
        probe: &WlcfProbe,
        request: wlcf_probe::Request,
        orders: &Orders,
        display: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        use wlcf_probe::Request;
        match request {
            // The fds of the last are closed with it.
            Request::Destroy | Request::SinceTwo | Request::TakeThree { .. } => {}
            Request::PostError { code, length } => {
                let text = "x".repeat(length as usize % 2) + &"é".repeat(length as usize / 2);
                probe.post_error(code, text);
            }
            Request::PostTwoErrors { first, second } => {
                probe.post_error(first, "the first");
                probe.post_error(second, "the second");
            }
            Request::PostErrorAtTeardown => orders.error_at_teardown.store(true, Ordering::Relaxed),
            Request::CreateChild { id } => {
                init.init(id, ());
            }
            Request::SpawnChildren { count } => {
                for _ in 0..count {
                    if let Ok(child) =
                        client.create_resource::<WlcfChild, (), App>(display, Resource::version(probe), ())
                    {
                        probe.child(&child);
                    }
                }
            }
            Request::Hold { child } => app.held = Some(child),
            Request::PokeHeld => {
                let alive = app.held.as_ref().filter(|held| held.is_alive());
                if let Some(held) = alive {
                    held.poked();
                }
                probe.held(u32::from(alive.is_some()));
            }
            Request::SendForeign { child } => {
                let of_others = |other: &&WlcfProbe| other.client().is_some_and(|owner| owner.id() != client.id());
                app.probes.iter().filter(of_others).for_each(|other| other.foreign(&child));
            }
            Request::SendNewer => probe.newer(),
            Request::ReadBuffer { buffer, offset, length } => read_buffer(probe, &buffer, offset, length),
            Request::TellVersion => probe.version(Resource::version(probe)),
            Request::TellCredentials => {
                if let Ok(known) = client.get_credentials(display) {
                    probe.credentials(known.pid.unsigned_abs(), known.uid, known.gid);
                }
            }
            Request::Burst { count } => (0..count).for_each(|index| probe.tick(index, 0, index)),
            Request::Echo { number, positive, fraction, text, no_text, bytes, file, child, no_child } => {
                let (file, nothing) = (file.as_fd(), no_child.as_ref());
                probe.echoed(number, positive, fraction, text, no_text, bytes, file, &child, nothing);
            }
            Request::InspectFd { file } => {
                let inode = rustix::fs::fstat(&file).map_or(0, |status| status.st_ino);
                probe.inspected((inode >> 32) as u32, inode as u32);
            }
            Request::SendFds { count } => send_fds(probe, count),
            order => app.globals(client, probe, display, &order),
        }
    }

    fn destroyed(app: &mut App, _: ClientId, probe: &WlcfProbe, orders: &Orders) {
        if orders.error_at_teardown.load(Ordering::Relaxed) {
            probe.post_error(0u32, "posted too late");
        }
        app.probes.retain(|other| other != probe);
    }
}

impl App {
    /// The orders about beacon globals.
    fn globals(&mut self, client: &Client, probe: &WlcfProbe, display: &DisplayHandle, order: &wlcf_probe::Request) {
        use wlcf_probe::Request;
        let add =
            |version, hidden_from| display.create_global::<App, WlcfBeacon, Beacon>(version, Beacon { hidden_from });
        let find = |app: &App, name| {
            let named = |id: &&GlobalId| client.global_name(display, (*id).clone()) == Some(name);
            app.beacons.iter().find(named).cloned()
        };
        match *order {
            Request::AddGlobal => self.beacons.push(add(3, None)),
            Request::AddHiddenGlobal => self.beacons.push(add(3, Some(client.id()))),
            Request::RemoveGlobal { name } => {
                if let Some(id) = find(self, name) {
                    display.disable_global::<App>(id);
                }
            }
            Request::DestroyGlobal { name } => {
                if let Some(id) = find(self, name) {
                    self.beacons.retain(|beacon| *beacon != id);
                    display.remove_global::<App>(id);
                }
            }
            Request::CycleGlobals { count } => {
                for _ in 0..count {
                    display.remove_global::<App>(add(3, None));
                }
            }
            Request::AddBadGlobals => {
                // There is no way to be told of a refusal but a panic.
                self.beacons.extend([add(0, None), add(4, None)]);
                probe.bad_globals(2);
            }
            _ => {}
        }
    }
}

fn read_buffer(probe: &WlcfProbe, buffer: &WlBuffer, offset: u32, length: u32) {
    let Some(data) = buffer.data::<Buffer>() else { return };
    match data.read(offset, length) {
        None => probe.pixels(1, Vec::new()),
        Some(bytes) if bytes.len() < length as usize => {
            buffer.post_error(wl_shm::Error::InvalidFd, "the file is shorter than its pool");
        }
        Some(bytes) => probe.pixels(0, bytes),
    }
}

fn send_fds(probe: &WlcfProbe, count: u32) {
    for index in 0..count {
        let Ok(fd) = rustix::fs::memfd_create("index", MemfdFlags::CLOEXEC) else { return };
        let mut file = File::from(fd);
        if write!(file, "{index}").and_then(|()| file.rewind()).is_ok() {
            probe.fd(index, file.as_fd());
        }
    }
}

impl Dispatch<WlcfChild, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlcfChild,
        _: wlcf_child::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}

impl GlobalDispatch<WlcfBeacon, Beacon> for App {
    fn bind(
        _: &mut App,
        _: &DisplayHandle,
        _: &Client,
        new: New<WlcfBeacon>,
        _: &Beacon,
        init: &mut DataInit<'_, App>,
    ) {
        init.init(new, ());
    }

    fn can_view(client: Client, beacon: &Beacon) -> bool {
        beacon.hidden_from.as_ref() != Some(&client.id())
    }
}

impl Dispatch<WlcfBeacon, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlcfBeacon,
        _: wlcf_beacon::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}
