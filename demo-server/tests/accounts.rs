//! What clients make demo-server keep for them is in their accounts, at two sizes, and out of them when it is gone.

#[path = "support/test_client.rs"]
mod test_client;

use std::os::fd::{AsFd, OwnedFd};

use demo_server::embedded::{Compositor, Setup};
use rustix::event::{EventfdFlags, eventfd};
use test_client::{PATIENCE, TestClient, request};
use wayline::{ClientId, Resource};
use wayline_conformance::server::Client;
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::Message;
use wayline_protocols::pointer_constraints::{zwp_locked_pointer_v1, zwp_pointer_constraints_v1};
use wayline_protocols::virtual_keyboard::{zwp_virtual_keyboard_manager_v1, zwp_virtual_keyboard_v1};
use wayline_protocols::xdg_shell::xdg_toplevel;
use wayline_toolkit::protocol::native::{
    way_capture_manager, way_compositor, way_pool, way_shm, way_surface, way_window,
};
use wayline_wayland::{wl_data_source, wl_shm_pool, wl_surface};

struct Peer {
    client: TestClient,
    id: ClientId,
}

impl Peer {
    fn new(compositor: &Compositor) -> Peer {
        let (socket, id) = compositor.connect().unwrap();
        Peer { client: TestClient::over(Client::over(Stream::new(socket), PATIENCE)), id }
    }

    fn bind(&mut self, interface: &str) -> u32 {
        self.client.bind(interface, 1)
    }

    fn send(&mut self, object: u32, opcode: u16, args: impl FnOnce(Message) -> Message) {
        self.client.send(object, opcode, args);
    }

    fn make(&mut self, object: u32, opcode: u16, args: impl FnOnce(Message) -> Message) -> u32 {
        self.client.make(object, opcode, args)
    }

    /// Destroys objects of whatever kind has its destructor first.
    fn destroy<'a>(&mut self, objects: impl IntoIterator<Item = &'a u32>) {
        objects.into_iter().for_each(|object| self.send(*object, wl_surface::opcode::DESTROY, |m| m));
    }

    /// What it holds when everything was handled, and the turn of that is over.
    fn held(&mut self, compositor: &Compositor, resource: Resource) -> u64 {
        for _ in 0..2 {
            self.client.sync();
        }
        compositor.held(self.id, resource)
    }

    /// A toplevel: surface, role and window.
    fn toplevel(&mut self, compositor: u32, base: u32) -> [u32; 3] {
        let surface = self.make(compositor, request::CREATE_SURFACE, |m| m);
        let shell = self.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
        [self.make(shell, request::GET_TOPLEVEL, |m| m), shell, surface]
    }

    fn pool(&mut self, shm: u32, opcode: u16, bytes: u64) -> u32 {
        let memory = rustix::fs::memfd_create("accounts", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        rustix::fs::ftruncate(&memory, bytes).unwrap();
        let id = self.client.id();
        self.client.send_fds(shm, opcode, &[memory.as_fd()], |m| m.uint(id).int(bytes as i32));
        id
    }
}

fn compositor() -> Compositor {
    Compositor::start(Setup { size: (64, 64), offer: Vec::new(), early_buffers: false, touch: false }).unwrap()
}

fn fence() -> OwnedFd {
    eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap()
}

#[test]
fn titles_are_charged_once_each_and_given_back_with_their_windows() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (surfaces, base, native) = (peer.bind("wl_compositor"), peer.bind("xdg_wm_base"), peer.bind("way_compositor"));
    for n in [10_u64, 40] {
        let windows: Vec<_> = (0..n).map(|_| peer.toplevel(surfaces, base)).collect();
        let ours = (0..n).map(|_| {
            let surface = peer.make(native, way_compositor::opcode::CREATE_SURFACE, |m| m);
            [peer.make(native, way_compositor::opcode::CREATE_WINDOW, |m| m.uint(surface)), surface]
        });
        let ours: Vec<_> = ours.collect();
        for title in [30, 100, 1000] {
            let title = "t".repeat(title);
            windows.iter().for_each(|[top, ..]| peer.send(*top, xdg_toplevel::opcode::SET_TITLE, |m| m.string(&title)));
            ours.iter().for_each(|[window, _]| peer.send(*window, way_window::opcode::SET_TITLE, |m| m.string(&title)));
            let kept = title.len().min(256) as u64;
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), 2 * n * kept);
        }
        peer.destroy(windows.iter().flatten());
        peer.destroy(ours.iter().flatten());
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn types_of_what_is_copied_are_charged_until_the_source_goes() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let primary = "zwp_primary_selection_device_manager_v1";
    for manager in ["wl_data_device_manager", "zwlr_data_control_manager_v1", primary] {
        let manager = peer.bind(manager);
        let each = (100 + size_of::<String>()) as u64;
        for n in [10_u64, 40] {
            let source = peer.make(manager, request::CREATE_SOURCE, |m| m);
            (0..n).for_each(|_| peer.send(source, request::SOURCE_OFFER, |m| m.string(&"m".repeat(100))));
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), n * each);
            peer.send(source, wl_data_source::opcode::DESTROY, |m| m);
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
        }
    }
}

#[test]
fn a_client_that_makes_the_compositor_keep_too_many_types_goes_alone() {
    let compositor = compositor();
    let (mut peer, mut other) = (Peer::new(&compositor), Peer::new(&compositor));
    let manager = peer.bind("wl_data_device_manager");
    let name = "m".repeat(1000);
    // 4 MiB are 128 sources with all that one may have.
    for _ in 0..150 {
        let source = peer.make(manager, request::CREATE_SOURCE, |m| m);
        // The connection may be over.
        (0..32).for_each(|_| peer.send(source, request::SOURCE_OFFER, |m| m.string(&name)));
    }
    let (death, _) = peer.client.raw.death().unwrap();
    assert_eq!((death.object, death.code), (1, 2), "{}", death.text);
    other.client.raw.lives().unwrap();
    assert_eq!(compositor.held(peer.id, Resource::StoredBytes), 0);
}

#[test]
fn regions_are_charged_where_they_are_made_and_where_they_are_kept() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let surfaces = peer.bind("wl_compositor");
    let mut each = Vec::new();
    for n in [10_u64, 40] {
        let region = peer.make(surfaces, request::CREATE_REGION, |m| m);
        for at in 0..n as i32 {
            peer.send(region, request::REGION_ADD, |m| m.int(2 * at).int(0).int(1).int(1));
        }
        let alone = peer.held(&compositor, Resource::StoredBytes);
        each.push(alone / n);
        let made: Vec<u32> = (0..n).map(|_| peer.make(surfaces, request::CREATE_SURFACE, |m| m)).collect();
        made.iter().for_each(|surface| peer.send(*surface, request::SET_INPUT_REGION, |m| m.uint(region)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1), "pending");
        made.iter().for_each(|surface| peer.send(*surface, request::COMMIT, |m| m));
        peer.destroy(&[region]);
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * n, "committed");
        for surface in &made {
            peer.send(*surface, request::SET_INPUT_REGION, |m| m.uint(0));
            peer.send(*surface, request::COMMIT, |m| m);
        }
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0, "replaced");
        peer.destroy(&made);
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
    assert!(each[0] > 0 && each[0] == each[1], "{each:?}");
}

#[test]
fn regions_where_the_pointer_is_held_are_charged_until_they_are_replaced_or_it_is_freed() {
    const PERSISTENT: u32 = 2;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (surfaces, seat) = (peer.bind("wl_compositor"), peer.bind("wl_seat"));
    let (constraints, pointer) =
        (peer.bind("zwp_pointer_constraints_v1"), peer.make(seat, request::GET_POINTER, |m| m));
    for n in [10_u64, 40] {
        let region = peer.make(surfaces, request::CREATE_REGION, |m| m);
        (0..n as i32).for_each(|at| peer.send(region, request::REGION_ADD, |m| m.int(2 * at).int(0).int(1).int(1)));
        let alone = peer.held(&compositor, Resource::StoredBytes);
        let made: Vec<[u32; 2]> = (0..n)
            .map(|_| {
                let surface = peer.make(surfaces, request::CREATE_SURFACE, |m| m);
                let lock = |m: Message| m.uint(surface).uint(pointer).uint(region).uint(PERSISTENT);
                [peer.make(constraints, zwp_pointer_constraints_v1::opcode::LOCK_POINTER, lock), surface]
            })
            .collect();
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1));
        made.iter()
            .for_each(|[lock, _]| peer.send(*lock, zwp_locked_pointer_v1::opcode::SET_REGION, |m| m.uint(region)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (2 * n + 1), "pending beside it");
        made.iter().for_each(|[_, surface]| peer.send(*surface, request::COMMIT, |m| m));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1), "replaced");
        peer.destroy(&[region]);
        peer.destroy(made.iter().flatten());
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn keymaps_that_programs_bring_are_charged_while_their_keyboards_live() {
    const XKB_V1: u32 = 1;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (manager, seat) = (peer.bind("zwp_virtual_keyboard_manager_v1"), peer.bind("wl_seat"));
    for n in [2_u64, 8] {
        let keyboards: Vec<u32> = (0..n)
            .map(|_| {
                let id = peer.client.id();
                peer.send(manager, zwp_virtual_keyboard_manager_v1::opcode::CREATE_VIRTUAL_KEYBOARD, |m| {
                    m.uint(seat).uint(id)
                });
                id
            })
            .collect();
        for size in [1000, 5000] {
            let text = format!("{:1$}\0", "xkb_keymap {};", size - 1);
            let memory = wayline::io::shm::Memory::immutable("keymap", text.as_bytes()).unwrap();
            for keyboard in &keyboards {
                let fd = memory.try_clone_fd().unwrap();
                let keymap = zwp_virtual_keyboard_v1::opcode::KEYMAP;
                peer.client.send_fds(*keyboard, keymap, &[fd.as_fd()], |m| m.uint(XKB_V1).uint(size as u32));
            }
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), n * size as u64);
        }
        for keyboard in keyboards {
            peer.send(keyboard, zwp_virtual_keyboard_v1::opcode::DESTROY, |m| m);
        }
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn pools_are_charged_as_long_as_a_buffer_of_them_lives() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let ours = way_pool::opcode::CREATE_BUFFER;
    for (shm, create, create_buffer, destroy_pool) in [
        ("wl_shm", request::CREATE_POOL, request::CREATE_BUFFER, wl_shm_pool::opcode::DESTROY),
        ("way_shm", way_shm::opcode::CREATE_POOL, ours, way_pool::opcode::DESTROY),
    ] {
        let shm = peer.bind(shm);
        for n in [10_u64, 40] {
            let pools: Vec<u32> = (0..n).map(|_| peer.pool(shm, create, 8192)).collect();
            assert_eq!(peer.held(&compositor, Resource::Fds), n);
            assert_eq!(peer.held(&compositor, Resource::MappedBytes), n * 8192);
            let mut buffers = Vec::new();
            for pool in &pools {
                buffers.push(peer.make(*pool, create_buffer, |m| m.int(0).int(4).int(4).int(16).uint(1)));
                peer.send(*pool, destroy_pool, |m| m);
            }
            assert_eq!(peer.held(&compositor, Resource::Fds), n);
            peer.destroy(&buffers);
            assert_eq!(peer.held(&compositor, Resource::Fds), 0);
            assert_eq!(peer.held(&compositor, Resource::MappedBytes), 0);
        }
    }
}

#[test]
fn fences_of_commits_and_captures_are_charged_until_they_are_signalled() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (native, shm) = (peer.bind("way_compositor"), peer.bind("way_shm"));
    let (manager, output) = (peer.bind("way_capture_manager"), peer.bind("way_output"));
    let pool = peer.pool(shm, way_shm::opcode::CREATE_POOL, 8192);
    let buffer = peer.make(pool, way_pool::opcode::CREATE_BUFFER, |m| m.int(0).int(4).int(4).int(16).uint(1));
    let before = peer.held(&compositor, Resource::Fds);
    for n in [10_u64, 40] {
        let (ready, free) = (fence(), fence());
        let surfaces: Vec<u32> =
            (0..n).map(|_| peer.make(native, way_compositor::opcode::CREATE_SURFACE, |m| m)).collect();
        for surface in &surfaces {
            peer.send(*surface, way_surface::opcode::ATTACH, |m| m.uint(buffer));
            let fences = [ready.as_fd(), free.as_fd()];
            peer.client.send_fds(*surface, way_surface::opcode::COMMIT_FENCED, &fences, |m| m);
        }
        assert_eq!(peer.held(&compositor, Resource::Fds) - before, 2 * n);
        // Half of them are destroyed while they wait.
        let (gone, shown) = surfaces.split_at(surfaces.len() / 2);
        peer.destroy(gone);
        assert_eq!(peer.held(&compositor, Resource::Fds) - before, n);
        // One signal is for one wait.
        for _ in shown {
            rustix::io::write(&ready, &1_u64.to_ne_bytes()).unwrap();
            peer.client.sync();
        }
        peer.destroy(shown);
        assert_eq!(peer.held(&compositor, Resource::Fds), before);
        let mut count = [0; 8];
        assert_eq!(rustix::io::read(&free, &mut count).unwrap(), 8);
        assert_eq!(u64::from_ne_bytes(count), n, "each is free");

        let captures: Vec<u32> = (0..n)
            .map(|_| {
                let id = peer.client.id();
                let capture = way_capture_manager::opcode::CAPTURE_OUTPUT;
                let args = |m: Message| m.uint(id).uint(output).int(0).int(0).uint(buffer);
                peer.client.send_fds(manager, capture, &[free.as_fd()], args);
                id
            })
            .collect();
        let mut waiting = captures.len();
        while waiting > 0 {
            let event = peer.client.raw.event().unwrap();
            waiting -= usize::from(captures.contains(&event.object));
        }
        assert_eq!(peer.held(&compositor, Resource::Fds), before);
    }
}
