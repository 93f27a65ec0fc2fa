//! wl-proxy as a server. It knows only the protocols it was built with, so the
//! messages are those of core Wayland and xdg-shell that have the same shape as
//! ours; `floor::Core` speaks them.

use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::rc::Rc;

use wl_proxy::baseline::Baseline;
use wl_proxy::client::ClientHandler;
use wl_proxy::fixed::Fixed;
use wl_proxy::object::{Object, ObjectCoreApi, ObjectRcUtils};
use wl_proxy::protocols::ObjectInterface;
use wl_proxy::protocols::wayland::wl_callback::WlCallback;
use wl_proxy::protocols::wayland::wl_compositor::{WlCompositor, WlCompositorHandler};
use wl_proxy::protocols::wayland::wl_data_device_manager::{WlDataDeviceManager, WlDataDeviceManagerHandler};
use wl_proxy::protocols::wayland::wl_data_source::{WlDataSource, WlDataSourceHandler};
use wl_proxy::protocols::wayland::wl_display::{WlDisplay, WlDisplayHandler};
use wl_proxy::protocols::wayland::wl_keyboard::WlKeyboard;
use wl_proxy::protocols::wayland::wl_pointer::WlPointer;
use wl_proxy::protocols::wayland::wl_region::{WlRegion, WlRegionHandler};
use wl_proxy::protocols::wayland::wl_registry::{WlRegistry, WlRegistryHandler};
use wl_proxy::protocols::wayland::wl_seat::{WlSeat, WlSeatHandler};
use wl_proxy::protocols::wayland::wl_shm::{WlShm, WlShmHandler};
use wl_proxy::protocols::wayland::wl_shm_pool::{WlShmPool, WlShmPoolHandler};
use wl_proxy::protocols::wayland::wl_surface::{WlSurface, WlSurfaceHandler};
use wl_proxy::protocols::xdg_shell::xdg_wm_base::{XdgWmBase, XdgWmBaseHandler};
use wl_proxy::state::State;

use crate::peer::{Seen, mark, position};

/// Serves one client and ends with it.
pub(crate) fn serve(socket: OwnedFd) {
    let state = State::builder(Baseline::ALL_OF_THEM).without_server().build().expect("a descriptor is free");
    let client = state.add_client(&Rc::new(socket)).expect("epoll takes a socket");
    let gone = Rc::new(Cell::new(false));
    client.set_handler(Leaving(Rc::clone(&gone)));
    client.display().set_handler(Display(Rc::default()));
    while !gone.get() {
        state.dispatch_blocking().expect("epoll works");
    }
}

/// Passes on messages between a client, which connects to the first path, and the server at the second.
pub(crate) fn forward(listen: &Path, upstream: &Path) {
    let listener = UnixListener::bind(listen).expect("the directory is ours");
    let (client, _) = listener.accept().expect("a client comes");
    let server = UnixStream::connect(upstream).expect("the server listens");
    let server = Rc::new(server.into());
    let state = State::builder(Baseline::ALL_OF_THEM).with_server_fd(&server).build().expect("a descriptor is free");
    let client = state.add_client(&Rc::new(client.into())).expect("epoll takes a socket");
    let gone = Rc::new(Cell::new(false));
    client.set_handler(Leaving(Rc::clone(&gone)));
    while !gone.get() {
        state.dispatch_blocking().expect("epoll works");
    }
}

/// What the handlers of all objects share.
#[derive(Default)]
struct Shared {
    seen: Cell<Seen>,
    pointer: Cell<Option<Rc<WlPointer>>>,
    keyboard: Cell<Option<Rc<WlKeyboard>>>,
}

impl Shared {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.get();
        note(&mut seen);
        self.seen.set(seen);
    }
}

/// Notes that the client has gone.
struct Leaving(Rc<Cell<bool>>);

impl ClientHandler for Leaving {
    fn disconnected(self: Box<Self>) {
        self.0.set(true);
    }
}

struct Display(Rc<Shared>);

/// The globals, in the order of the names that `floor::Core` binds.
const GLOBALS: [(ObjectInterface, u32); 5] = [
    (ObjectInterface::WlCompositor, 4),
    (ObjectInterface::WlShm, 1),
    (ObjectInterface::WlDataDeviceManager, 3),
    (ObjectInterface::WlSeat, 5),
    (ObjectInterface::XdgWmBase, 1),
];

impl WlDisplayHandler for Display {
    fn handle_sync(&mut self, _: &Rc<WlDisplay>, callback: &Rc<WlCallback>) {
        callback.send_done(0);
        callback.delete_id();
    }

    fn handle_get_registry(&mut self, _: &Rc<WlDisplay>, registry: &Rc<WlRegistry>) {
        registry.set_handler(Registry(Rc::clone(&self.0)));
        for (name, (interface, version)) in (1..).zip(GLOBALS) {
            registry.send_global(name, interface, version);
        }
    }
}

struct Registry(Rc<Shared>);

impl WlRegistryHandler for Registry {
    fn handle_bind(&mut self, _: &Rc<WlRegistry>, name: u32, id: Rc<dyn Object>) {
        let shared = Rc::clone(&self.0);
        match name {
            1 => id.downcast::<WlCompositor>().set_handler(Compositor(shared)),
            2 => id.downcast::<WlShm>().set_handler(Shm),
            3 => id.downcast::<WlDataDeviceManager>().set_handler(Manager(shared)),
            4 => id.downcast::<WlSeat>().set_handler(Seat(shared)),
            _ => id.downcast::<XdgWmBase>().set_handler(WmBase),
        }
    }
}

struct Compositor(Rc<Shared>);

impl WlCompositorHandler for Compositor {
    fn handle_create_surface(&mut self, _: &Rc<WlCompositor>, id: &Rc<WlSurface>) {
        id.set_handler(Surface(Rc::clone(&self.0)));
    }

    fn handle_create_region(&mut self, _: &Rc<WlCompositor>, id: &Rc<WlRegion>) {
        id.set_handler(Region);
    }
}

struct Region;

impl WlRegionHandler for Region {
    fn handle_destroy(&mut self, region: &Rc<WlRegion>) {
        region.delete_id();
    }
}

struct Surface(Rc<Shared>);

impl WlSurfaceHandler for Surface {
    /// As `calc`.
    fn handle_damage(&mut self, _: &Rc<WlSurface>, x: i32, y: i32, width: i32, height: i32) {
        self.0.note(|seen| seen.calc(x, y, width, height));
    }

    /// As `mark`.
    fn handle_commit(&mut self, _: &Rc<WlSurface>) {
        let (high, low) = mark();
        if let Some(keyboard) = self.0.keyboard.take() {
            keyboard.send_repeat_info(high as i32, low as i32);
            self.0.keyboard.set(Some(keyboard));
        }
    }

    /// As `burst`.
    fn handle_set_buffer_scale(&mut self, _: &Rc<WlSurface>, count: i32) {
        let (x, y) = position();
        let (x, y) = (Fixed::from_wire(x), Fixed::from_wire(y));
        if let Some(pointer) = self.0.pointer.take() {
            for time in 0..count as u32 {
                pointer.send_motion(time, x, y);
            }
            self.0.pointer.set(Some(pointer));
        }
    }
}

struct Shm;

impl WlShmHandler for Shm {
    /// As `open`.
    fn handle_create_pool(&mut self, _: &Rc<WlShm>, id: &Rc<WlShmPool>, _: &Rc<OwnedFd>, _: i32) {
        id.set_handler(Pool);
    }
}

struct Pool;

impl WlShmPoolHandler for Pool {
    fn handle_destroy(&mut self, pool: &Rc<WlShmPool>) {
        pool.delete_id();
    }
}

struct Manager(Rc<Shared>);

impl WlDataDeviceManagerHandler for Manager {
    fn handle_create_data_source(&mut self, _: &Rc<WlDataDeviceManager>, id: &Rc<WlDataSource>) {
        id.set_handler(Source(Rc::clone(&self.0)));
    }
}

struct Source(Rc<Shared>);

impl WlDataSourceHandler for Source {
    /// As `text`.
    fn handle_offer(&mut self, _: &Rc<WlDataSource>, text: &str) {
        self.0.note(|seen| seen.length(text.len()));
    }
}

struct Seat(Rc<Shared>);

impl WlSeatHandler for Seat {
    fn handle_get_pointer(&mut self, _: &Rc<WlSeat>, id: &Rc<WlPointer>) {
        self.0.pointer.set(Some(Rc::clone(id)));
    }

    fn handle_get_keyboard(&mut self, _: &Rc<WlSeat>, id: &Rc<WlKeyboard>) {
        self.0.keyboard.set(Some(Rc::clone(id)));
    }
}

struct WmBase;

impl XdgWmBaseHandler for WmBase {
    /// As `ping`, which is an event here.
    fn handle_pong(&mut self, base: &Rc<XdgWmBase>, serial: u32) {
        base.send_ping(serial);
    }
}
