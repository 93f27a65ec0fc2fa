//! What clients make demo-server keep for them is in their accounts, at two sizes, and out of them when it is gone.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use demo_server::embedded::{Compositor, Setup};
use rustix::event::{EventfdFlags, eventfd};
use wayline::{ClientId, Resource};
use wayline_conformance::server::{Client, Global};
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::Message;

const PATIENCE: Duration = Duration::from_secs(30);

/// The destructor of most interfaces.
const DESTROY: u16 = 0;

struct Peer {
    client: Client,
    id: ClientId,
    registry: u32,
    globals: Vec<Global>,
}

impl Peer {
    fn new(compositor: &Compositor) -> Peer {
        let (socket, id) = compositor.connect().unwrap();
        let mut client = Client::over(Stream::new(socket), PATIENCE);
        let (registry, globals) = client.registry().unwrap();
        Peer { client, id, registry, globals }
    }

    fn bind(&mut self, interface: &str) -> u32 {
        let global = self.globals.iter().find(|global| global.interface == interface).unwrap();
        self.client.bind(self.registry, global.name, interface, 1).unwrap()
    }

    fn send(&self, message: Message) {
        self.client.send(&message).unwrap();
    }

    /// Sends a request that makes an object, its id first. Returns the id.
    fn make(&mut self, object: u32, opcode: u16, rest: impl FnOnce(Message) -> Message) -> u32 {
        let id = self.client.fresh();
        self.send(rest(Message::new(object, opcode).uint(id)));
        id
    }

    fn destroy(&self, object: u32) {
        self.send(Message::new(object, DESTROY));
    }

    /// What it holds when everything was handled, and the turn of that is over.
    fn held(&mut self, compositor: &Compositor, resource: Resource) -> u64 {
        for _ in 0..2 {
            self.client.sync().unwrap();
        }
        compositor.held(self.id, resource)
    }

    /// A toplevel: surface, role and window.
    fn toplevel(&mut self, compositor: u32, base: u32) -> [u32; 3] {
        let surface = self.make(compositor, 0, |m| m);
        let shell = self.make(base, 2, |m| m.uint(surface));
        [self.make(shell, 1, |m| m), shell, surface]
    }

    fn pool(&mut self, shm: u32, opcode: u16, bytes: u64) -> u32 {
        let memory = rustix::fs::memfd_create("accounts", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        rustix::fs::ftruncate(&memory, bytes).unwrap();
        let id = self.client.fresh();
        let message = Message::new(shm, opcode).uint(id).int(bytes as i32);
        self.client.send_with(&message.bytes(), &[memory.as_fd()]).unwrap();
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
    const SET_TITLE: u16 = 2;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (surfaces, base, native) = (peer.bind("wl_compositor"), peer.bind("xdg_wm_base"), peer.bind("way_compositor"));
    for n in [10_u64, 40] {
        let windows: Vec<_> = (0..n).map(|_| peer.toplevel(surfaces, base)).collect();
        let ours = (0..n).map(|_| {
            let surface = peer.make(native, 1, |m| m);
            [peer.make(native, 2, |m| m.uint(surface)), surface]
        });
        let ours: Vec<_> = ours.collect();
        for title in [30, 100, 1000] {
            let title = "t".repeat(title);
            windows.iter().for_each(|[top, ..]| peer.send(Message::new(*top, SET_TITLE).string(&title)));
            ours.iter().for_each(|[window, _]| peer.send(Message::new(*window, 1).string(&title)));
            let kept = title.len().min(256) as u64;
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), 2 * n * kept);
        }
        windows.iter().flatten().for_each(|object| peer.destroy(*object));
        ours.iter().flatten().for_each(|object| peer.destroy(*object));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn types_of_what_is_copied_are_charged_until_the_source_goes() {
    const OFFER: u16 = 0;
    const DESTROY_SOURCE: u16 = 1;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let primary = "zwp_primary_selection_device_manager_v1";
    for manager in ["wl_data_device_manager", "zwlr_data_control_manager_v1", primary] {
        let manager = peer.bind(manager);
        let each = (100 + size_of::<String>()) as u64;
        for n in [10_u64, 40] {
            let source = peer.make(manager, 0, |m| m);
            (0..n).for_each(|_| peer.send(Message::new(source, OFFER).string(&"m".repeat(100))));
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), n * each);
            peer.send(Message::new(source, DESTROY_SOURCE));
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
        }
    }
}

#[test]
fn a_client_that_makes_the_compositor_keep_too_many_types_goes_alone() {
    const OFFER: u16 = 0;
    let compositor = compositor();
    let (mut peer, mut other) = (Peer::new(&compositor), Peer::new(&compositor));
    let manager = peer.bind("wl_data_device_manager");
    let name = "m".repeat(1000);
    // 4 MiB are 128 sources with all that one may have.
    for _ in 0..150 {
        let source = peer.make(manager, 0, |m| m);
        // The connection may be over.
        (0..32).for_each(|_| drop(peer.client.send(&Message::new(source, OFFER).string(&name))));
    }
    let (death, _) = peer.client.death().unwrap();
    assert_eq!((death.object, death.code), (1, 2), "{}", death.text);
    other.client.lives().unwrap();
    assert_eq!(compositor.held(peer.id, Resource::StoredBytes), 0);
}

#[test]
fn regions_are_charged_where_they_are_made_and_where_they_are_kept() {
    const CREATE_REGION: u16 = 1;
    const ADD: u16 = 1;
    const SET_INPUT_REGION: u16 = 5;
    const COMMIT: u16 = 6;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let surfaces = peer.bind("wl_compositor");
    let mut each = Vec::new();
    for n in [10_u64, 40] {
        let region = peer.make(surfaces, CREATE_REGION, |m| m);
        for at in 0..n as i32 {
            peer.send(Message::new(region, ADD).int(2 * at).int(0).int(1).int(1));
        }
        let alone = peer.held(&compositor, Resource::StoredBytes);
        each.push(alone / n);
        let made: Vec<u32> = (0..n).map(|_| peer.make(surfaces, 0, |m| m)).collect();
        made.iter().for_each(|surface| peer.send(Message::new(*surface, SET_INPUT_REGION).uint(region)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1), "pending");
        made.iter().for_each(|surface| peer.send(Message::new(*surface, COMMIT)));
        peer.destroy(region);
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * n, "committed");
        for surface in &made {
            peer.send(Message::new(*surface, SET_INPUT_REGION).uint(0));
            peer.send(Message::new(*surface, COMMIT));
        }
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0, "replaced");
        made.iter().for_each(|surface| peer.destroy(*surface));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
    assert!(each[0] > 0 && each[0] == each[1], "{each:?}");
}

#[test]
fn regions_where_the_pointer_is_held_are_charged_until_they_are_replaced_or_it_is_freed() {
    const CREATE_REGION: u16 = 1;
    const ADD: u16 = 1;
    const COMMIT: u16 = 6;
    const LOCK: u16 = 1;
    const SET_REGION: u16 = 2;
    const PERSISTENT: u32 = 2;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (surfaces, seat) = (peer.bind("wl_compositor"), peer.bind("wl_seat"));
    let (constraints, pointer) = (peer.bind("zwp_pointer_constraints_v1"), peer.make(seat, 0, |m| m));
    for n in [10_u64, 40] {
        let region = peer.make(surfaces, CREATE_REGION, |m| m);
        (0..n as i32).for_each(|at| peer.send(Message::new(region, ADD).int(2 * at).int(0).int(1).int(1)));
        let alone = peer.held(&compositor, Resource::StoredBytes);
        let made: Vec<[u32; 2]> = (0..n)
            .map(|_| {
                let surface = peer.make(surfaces, 0, |m| m);
                let lock = |m: Message| m.uint(surface).uint(pointer).uint(region).uint(PERSISTENT);
                [peer.make(constraints, LOCK, lock), surface]
            })
            .collect();
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1));
        made.iter().for_each(|[lock, _]| peer.send(Message::new(*lock, SET_REGION).uint(region)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (2 * n + 1), "pending beside it");
        made.iter().for_each(|[_, surface]| peer.send(Message::new(*surface, COMMIT)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), alone * (n + 1), "replaced");
        peer.destroy(region);
        made.iter().flatten().for_each(|object| peer.destroy(*object));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn keymaps_that_programs_bring_are_charged_while_their_keyboards_live() {
    const KEYMAP: u16 = 0;
    const DESTROY_KEYBOARD: u16 = 3;
    const XKB_V1: u32 = 1;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (manager, seat) = (peer.bind("zwp_virtual_keyboard_manager_v1"), peer.bind("wl_seat"));
    for n in [2_u64, 8] {
        let keyboards: Vec<u32> = (0..n)
            .map(|_| {
                let id = peer.client.fresh();
                peer.send(Message::new(manager, 0).uint(seat).uint(id));
                id
            })
            .collect();
        for size in [1000, 5000] {
            let text = format!("{:1$}\0", "xkb_keymap {};", size - 1);
            let memory = wayline::io::shm::Memory::immutable("keymap", text.as_bytes()).unwrap();
            for keyboard in &keyboards {
                let message = Message::new(*keyboard, KEYMAP).uint(XKB_V1).uint(size as u32);
                let fd = memory.try_clone_fd().unwrap();
                peer.client.send_with(&message.bytes(), &[fd.as_fd()]).unwrap();
            }
            assert_eq!(peer.held(&compositor, Resource::StoredBytes), n * size as u64);
        }
        keyboards.iter().for_each(|keyboard| peer.send(Message::new(*keyboard, DESTROY_KEYBOARD)));
        assert_eq!(peer.held(&compositor, Resource::StoredBytes), 0);
    }
}

#[test]
fn pools_are_charged_as_long_as_a_buffer_of_them_lives() {
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    // Interface, create_pool, create_buffer, and the destructor of the pool.
    for (shm, create, destroy_pool) in [("wl_shm", 0, 1), ("way_shm", 1, 0)] {
        let shm = peer.bind(shm);
        let create_buffer = 1 - destroy_pool;
        for n in [10_u64, 40] {
            let pools: Vec<u32> = (0..n).map(|_| peer.pool(shm, create, 8192)).collect();
            assert_eq!(peer.held(&compositor, Resource::Fds), n);
            assert_eq!(peer.held(&compositor, Resource::MappedBytes), n * 8192);
            let mut buffers = Vec::new();
            for pool in &pools {
                buffers.push(peer.make(*pool, create_buffer, |m| m.int(0).int(4).int(4).int(16).uint(1)));
                peer.send(Message::new(*pool, destroy_pool));
            }
            assert_eq!(peer.held(&compositor, Resource::Fds), n);
            buffers.iter().for_each(|buffer| peer.destroy(*buffer));
            assert_eq!(peer.held(&compositor, Resource::Fds), 0);
            assert_eq!(peer.held(&compositor, Resource::MappedBytes), 0);
        }
    }
}

#[test]
fn fences_of_commits_and_captures_are_charged_until_they_are_signalled() {
    const ATTACH: u16 = 1;
    const COMMIT_FENCED: u16 = 6;
    const CAPTURE_OUTPUT: u16 = 1;
    let compositor = compositor();
    let mut peer = Peer::new(&compositor);
    let (native, shm) = (peer.bind("way_compositor"), peer.bind("way_shm"));
    let (manager, output) = (peer.bind("way_capture_manager"), peer.bind("way_output"));
    let pool = peer.pool(shm, 1, 8192);
    let buffer = peer.make(pool, 1, |m| m.int(0).int(4).int(4).int(16).uint(1));
    let before = peer.held(&compositor, Resource::Fds);
    for n in [10_u64, 40] {
        let (ready, free) = (fence(), fence());
        let surfaces: Vec<u32> = (0..n).map(|_| peer.make(native, 1, |m| m)).collect();
        for surface in &surfaces {
            peer.send(Message::new(*surface, ATTACH).uint(buffer));
            let fences = [ready.as_fd(), free.as_fd()];
            peer.client.send_with(&Message::new(*surface, COMMIT_FENCED).bytes(), &fences).unwrap();
        }
        assert_eq!(peer.held(&compositor, Resource::Fds) - before, 2 * n);
        // Half of them are destroyed while they wait.
        let (gone, shown) = surfaces.split_at(surfaces.len() / 2);
        gone.iter().for_each(|surface| peer.destroy(*surface));
        assert_eq!(peer.held(&compositor, Resource::Fds) - before, n);
        // One signal is for one wait.
        for _ in shown {
            rustix::io::write(&ready, &1_u64.to_ne_bytes()).unwrap();
            peer.client.sync().unwrap();
        }
        shown.iter().for_each(|surface| peer.destroy(*surface));
        assert_eq!(peer.held(&compositor, Resource::Fds), before);
        let mut count = [0; 8];
        assert_eq!(rustix::io::read(&free, &mut count).unwrap(), 8);
        assert_eq!(u64::from_ne_bytes(count), n, "each is free");

        let captures: Vec<u32> = (0..n)
            .map(|_| {
                let id = peer.client.fresh();
                let message = Message::new(manager, CAPTURE_OUTPUT).uint(id).uint(output).int(0).int(0).uint(buffer);
                peer.client.send_with(&message.bytes(), &[free.as_fd()]).unwrap();
                id
            })
            .collect();
        let mut waiting = captures.len();
        while waiting > 0 {
            let event = peer.client.event().unwrap();
            waiting -= usize::from(captures.contains(&event.object));
        }
        assert_eq!(peer.held(&compositor, Resource::Fds), before);
    }
}
