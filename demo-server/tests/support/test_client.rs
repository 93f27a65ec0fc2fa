//! A Wayland client that says exactly what a test wants, right or wrong: the kit's, with the globals of a compositor, and
//! the opcodes of Wayland by name.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use wayline::io::shm::Memory;
use wayline_conformance::protocol::{callback, display};
use wayline_conformance::server::{Client, Global};
use wayline_conformance::wire::{DISPLAY, Message, Received};

/// How long anything may take. Nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Opcodes of requests.
pub(crate) mod request {
    use wayline_protocols::presentation_time::wp_presentation;
    use wayline_protocols::single_pixel_buffer::wp_single_pixel_buffer_manager_v1;
    use wayline_protocols::viewporter::{wp_viewport, wp_viewporter};
    use wayline_protocols::xdg_decoration::zxdg_decoration_manager_v1;
    use wayline_protocols::xdg_shell::{xdg_popup, xdg_positioner, xdg_surface, xdg_toplevel, xdg_wm_base};
    use wayline_wayland::{
        wl_compositor, wl_data_device, wl_data_device_manager, wl_data_offer, wl_data_source, wl_pointer, wl_region,
        wl_seat, wl_shm, wl_shm_pool, wl_subcompositor, wl_subsurface, wl_surface,
    };

    pub(crate) const CREATE_SURFACE: u16 = wl_compositor::opcode::CREATE_SURFACE;
    pub(crate) const CREATE_REGION: u16 = wl_compositor::opcode::CREATE_REGION;
    pub(crate) const CREATE_POOL: u16 = wl_shm::opcode::CREATE_POOL;
    pub(crate) const CREATE_BUFFER: u16 = wl_shm_pool::opcode::CREATE_BUFFER;
    pub(crate) const POOL_RESIZE: u16 = wl_shm_pool::opcode::RESIZE;
    pub(crate) const SURFACE_DESTROY: u16 = wl_surface::opcode::DESTROY;
    pub(crate) const ATTACH: u16 = wl_surface::opcode::ATTACH;
    pub(crate) const DAMAGE: u16 = wl_surface::opcode::DAMAGE;
    pub(crate) const FRAME: u16 = wl_surface::opcode::FRAME;
    pub(crate) const SET_INPUT_REGION: u16 = wl_surface::opcode::SET_INPUT_REGION;
    pub(crate) const COMMIT: u16 = wl_surface::opcode::COMMIT;
    pub(crate) const SET_TRANSFORM: u16 = wl_surface::opcode::SET_BUFFER_TRANSFORM;
    pub(crate) const SET_SCALE: u16 = wl_surface::opcode::SET_BUFFER_SCALE;
    pub(crate) const REGION_ADD: u16 = wl_region::opcode::ADD;
    pub(crate) const GET_SUBSURFACE: u16 = wl_subcompositor::opcode::GET_SUBSURFACE;
    pub(crate) const SUB_SET_POSITION: u16 = wl_subsurface::opcode::SET_POSITION;
    pub(crate) const SUB_PLACE_ABOVE: u16 = wl_subsurface::opcode::PLACE_ABOVE;
    pub(crate) const SUB_PLACE_BELOW: u16 = wl_subsurface::opcode::PLACE_BELOW;
    pub(crate) const SUB_SET_DESYNC: u16 = wl_subsurface::opcode::SET_DESYNC;
    pub(crate) const GET_POINTER: u16 = wl_seat::opcode::GET_POINTER;
    pub(crate) const GET_KEYBOARD: u16 = wl_seat::opcode::GET_KEYBOARD;
    pub(crate) const GET_TOUCH: u16 = wl_seat::opcode::GET_TOUCH;
    pub(crate) const SET_CURSOR: u16 = wl_pointer::opcode::SET_CURSOR;
    pub(crate) const CREATE_SOURCE: u16 = wl_data_device_manager::opcode::CREATE_DATA_SOURCE;
    pub(crate) const GET_DATA_DEVICE: u16 = wl_data_device_manager::opcode::GET_DATA_DEVICE;
    pub(crate) const START_DRAG: u16 = wl_data_device::opcode::START_DRAG;
    pub(crate) const SET_SELECTION: u16 = wl_data_device::opcode::SET_SELECTION;
    pub(crate) const SOURCE_OFFER: u16 = wl_data_source::opcode::OFFER;
    pub(crate) const SOURCE_ACTIONS: u16 = wl_data_source::opcode::SET_ACTIONS;
    pub(crate) const ACCEPT: u16 = wl_data_offer::opcode::ACCEPT;
    pub(crate) const RECEIVE: u16 = wl_data_offer::opcode::RECEIVE;
    pub(crate) const FINISH: u16 = wl_data_offer::opcode::FINISH;
    pub(crate) const OFFER_ACTIONS: u16 = wl_data_offer::opcode::SET_ACTIONS;
    pub(crate) const BASE_DESTROY: u16 = xdg_wm_base::opcode::DESTROY;
    pub(crate) const CREATE_POSITIONER: u16 = xdg_wm_base::opcode::CREATE_POSITIONER;
    pub(crate) const GET_XDG_SURFACE: u16 = xdg_wm_base::opcode::GET_XDG_SURFACE;
    pub(crate) const POSITIONER_SIZE: u16 = xdg_positioner::opcode::SET_SIZE;
    pub(crate) const POSITIONER_ANCHOR_RECT: u16 = xdg_positioner::opcode::SET_ANCHOR_RECT;
    pub(crate) const XDG_DESTROY: u16 = xdg_surface::opcode::DESTROY;
    pub(crate) const GET_TOPLEVEL: u16 = xdg_surface::opcode::GET_TOPLEVEL;
    pub(crate) const GET_POPUP: u16 = xdg_surface::opcode::GET_POPUP;
    pub(crate) const SET_GEOMETRY: u16 = xdg_surface::opcode::SET_WINDOW_GEOMETRY;
    pub(crate) const ACK: u16 = xdg_surface::opcode::ACK_CONFIGURE;
    pub(crate) const TOPLEVEL_DESTROY: u16 = xdg_toplevel::opcode::DESTROY;
    pub(crate) const SET_PARENT: u16 = xdg_toplevel::opcode::SET_PARENT;
    pub(crate) const MOVE: u16 = xdg_toplevel::opcode::MOVE_;
    pub(crate) const RESIZE: u16 = xdg_toplevel::opcode::RESIZE;
    pub(crate) const SET_MAX_SIZE: u16 = xdg_toplevel::opcode::SET_MAX_SIZE;
    pub(crate) const SET_MIN_SIZE: u16 = xdg_toplevel::opcode::SET_MIN_SIZE;
    pub(crate) const SET_MAXIMIZED: u16 = xdg_toplevel::opcode::SET_MAXIMIZED;
    pub(crate) const UNSET_MAXIMIZED: u16 = xdg_toplevel::opcode::UNSET_MAXIMIZED;
    pub(crate) const SET_FULLSCREEN: u16 = xdg_toplevel::opcode::SET_FULLSCREEN;
    pub(crate) const POPUP_DESTROY: u16 = xdg_popup::opcode::DESTROY;
    pub(crate) const POPUP_GRAB: u16 = xdg_popup::opcode::GRAB;
    pub(crate) const CREATE_PIXEL: u16 = wp_single_pixel_buffer_manager_v1::opcode::CREATE_U32_RGBA_BUFFER;
    pub(crate) const GET_VIEWPORT: u16 = wp_viewporter::opcode::GET_VIEWPORT;
    pub(crate) const VIEWPORT_SOURCE: u16 = wp_viewport::opcode::SET_SOURCE;
    pub(crate) const VIEWPORT_DESTINATION: u16 = wp_viewport::opcode::SET_DESTINATION;
    pub(crate) const GET_DECORATION: u16 = zxdg_decoration_manager_v1::opcode::GET_TOPLEVEL_DECORATION;
    pub(crate) const FEEDBACK: u16 = wp_presentation::opcode::FEEDBACK;
}

/// Opcodes of events.
pub(crate) mod event {
    use wayline_conformance::protocol::callback;
    use wayline_protocols::presentation_time::wp_presentation_feedback;
    use wayline_protocols::xdg_shell::{xdg_popup, xdg_surface};
    use wayline_wayland::{wl_buffer, wl_data_device, wl_data_source, wl_keyboard, wl_output, wl_pointer};

    pub(crate) const DONE: u16 = callback::DONE;
    pub(crate) const RELEASE: u16 = wl_buffer::opcode::RELEASE;
    pub(crate) const OUTPUT_DONE: u16 = wl_output::opcode::DONE;
    pub(crate) const DATA_OFFER: u16 = wl_data_device::opcode::DATA_OFFER;
    pub(crate) const DRAG_ENTER: u16 = wl_data_device::opcode::ENTER;
    pub(crate) const DRAG_LEAVE: u16 = wl_data_device::opcode::LEAVE;
    pub(crate) const DROP: u16 = wl_data_device::opcode::DROP;
    pub(crate) const SEND: u16 = wl_data_source::opcode::SEND;
    pub(crate) const CANCELLED: u16 = wl_data_source::opcode::CANCELLED;
    pub(crate) const DROP_PERFORMED: u16 = wl_data_source::opcode::DND_DROP_PERFORMED;
    pub(crate) const FINISHED: u16 = wl_data_source::opcode::DND_FINISHED;
    pub(crate) const ACTION: u16 = wl_data_source::opcode::ACTION;
    pub(crate) const POINTER_ENTER: u16 = wl_pointer::opcode::ENTER;
    pub(crate) const BUTTON: u16 = wl_pointer::opcode::BUTTON;
    pub(crate) const POINTER_LEAVE: u16 = wl_pointer::opcode::LEAVE;
    pub(crate) const KEYMAP: u16 = wl_keyboard::opcode::KEYMAP;
    pub(crate) const KEYBOARD_ENTER: u16 = wl_keyboard::opcode::ENTER;
    pub(crate) const KEYBOARD_LEAVE: u16 = wl_keyboard::opcode::LEAVE;
    pub(crate) const MODIFIERS: u16 = wl_keyboard::opcode::MODIFIERS;
    pub(crate) const CONFIGURE: u16 = xdg_surface::opcode::CONFIGURE;
    pub(crate) const POPUP_DONE: u16 = xdg_popup::opcode::POPUP_DONE;
    pub(crate) const PRESENTED: u16 = wp_presentation_feedback::opcode::PRESENTED;
}

/// A connection to a compositor.
pub(crate) struct TestClient {
    /// The kit's client beneath: how a connection ends, and what goes through its socket.
    pub(crate) raw: Client,
    registry: u32,
    pub(crate) globals: Vec<Global>,
    /// Events in order that no test has looked at.
    pub(crate) events: Vec<Received>,
}

/// A window of a client and what it is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) surface: u32,
    pub(crate) xdg: u32,
    pub(crate) toplevel: u32,
}

impl TestClient {
    /// Learns the globals over a connection.
    pub(crate) fn over(mut raw: Client) -> TestClient {
        let (registry, globals) = raw.registry().unwrap();
        TestClient { raw, registry, globals, events: Vec::new() }
    }

    /// A fresh id.
    pub(crate) fn id(&mut self) -> u32 {
        self.raw.fresh()
    }

    /// The id that the next object will get.
    pub(crate) fn next_id(&self) -> u32 {
        self.raw.next_id()
    }

    /// Sends a request. The server may have closed after an error that the test looks for.
    pub(crate) fn send(&mut self, object: u32, opcode: u16, args: impl FnOnce(Message) -> Message) {
        self.send_fds(object, opcode, &[], args);
    }

    /// Sends requests in one piece, so that nothing happens between them.
    pub(crate) fn send_together(&mut self, messages: &[Message]) {
        let bytes: Vec<u8> = messages.iter().flat_map(Message::bytes).collect();
        self.raw.send_bytes(&bytes).unwrap();
    }

    /// Sends a request with descriptors.
    pub(crate) fn send_fds(
        &mut self,
        object: u32,
        opcode: u16,
        fds: &[BorrowedFd<'_>],
        args: impl FnOnce(Message) -> Message,
    ) {
        self.raw.send_with(&args(Message::new(object, opcode)).bytes(), fds).unwrap();
    }

    /// Sends a request whose first argument is a new id; returns it.
    pub(crate) fn make(&mut self, object: u32, opcode: u16, args: impl FnOnce(Message) -> Message) -> u32 {
        let id = self.id();
        self.send(object, opcode, |message| args(message.uint(id)));
        id
    }

    /// Binds a global.
    pub(crate) fn bind(&mut self, interface: &str, version: u32) -> u32 {
        let global = self.globals.iter().find(|global| global.interface == interface);
        let name = global.unwrap_or_else(|| panic!("no {interface}")).name;
        self.raw.bind(self.registry, name, interface, version).unwrap()
    }

    /// Waits until the server has handled everything sent so far.
    pub(crate) fn sync(&mut self) {
        let callback = self.make(DISPLAY, display::SYNC, |m| m);
        self.until(callback, callback::DONE);
    }

    /// Collects events up to and including this one, which is returned.
    pub(crate) fn until(&mut self, object: u32, opcode: u16) -> Received {
        loop {
            let event = self.raw.event().unwrap();
            if (event.object, event.opcode) == (object, opcode) {
                return event;
            }
            assert!((event.object, event.opcode) != (DISPLAY, display::ERROR), "an error: {event:?}");
            self.events.push(event);
        }
    }

    /// Whether this event is among those collected.
    pub(crate) fn has(&self, object: u32, opcode: u16) -> bool {
        self.events.iter().any(|event| (event.object, event.opcode) == (object, opcode))
    }

    /// Waits for the error that ends this connection, and for nothing to come after it. Returns its text.
    pub(crate) fn expect_error(mut self, object: u32, code: u32) -> String {
        self.make(DISPLAY, display::SYNC, |m| m);
        self.raw.dies(object, code).unwrap().0
    }

    /// A pool of shared memory.
    pub(crate) fn pool(&mut self, memory: &Memory, size: i32) -> u32 {
        self.pool_of(memory.try_clone_fd().unwrap(), size)
    }

    /// A pool of any descriptor.
    pub(crate) fn pool_of(&mut self, fd: OwnedFd, size: i32) -> u32 {
        let shm = self.bind("wl_shm", 1);
        let id = self.id();
        self.send_fds(shm, request::CREATE_POOL, &[fd.as_fd()], |m| m.uint(id).int(size));
        id
    }

    /// A buffer of one colour, `0xRRGGBB`, and a pool of its own.
    pub(crate) fn buffer(&mut self, width: i32, height: i32, colour: u32) -> u32 {
        let pixels: Vec<u8> = (0..width * height).flat_map(|_| colour.to_le_bytes()).collect();
        let mut memory = Memory::create("picture", pixels.len()).unwrap();
        memory.write(0, &pixels).unwrap();
        let pool = self.pool(&memory, pixels.len() as i32);
        self.make(pool, request::CREATE_BUFFER, |m| m.int(0).int(width).int(height).int(width * 4).uint(1))
    }

    /// A surface, with the newest compositor.
    pub(crate) fn surface(&mut self) -> u32 {
        let compositor = self.bind("wl_compositor", 5);
        self.make(compositor, request::CREATE_SURFACE, |m| m)
    }

    /// Shows a buffer on a surface.
    pub(crate) fn show(&mut self, surface: u32, buffer: u32) {
        self.send(surface, request::ATTACH, |m| m.uint(buffer).int(0).int(0));
        self.send(surface, request::DAMAGE, |m| m.int(0).int(0).int(i32::MAX).int(i32::MAX));
        self.send(surface, request::COMMIT, |m| m);
    }

    /// The seat, and a pointer of it that the server knows of.
    pub(crate) fn pointer(&mut self) -> (u32, u32) {
        let seat = self.bind("wl_seat", 8);
        let pointer = self.make(seat, request::GET_POINTER, |m| m);
        self.sync();
        (seat, pointer)
    }

    /// A toplevel before its first commit.
    pub(crate) fn toplevel(&mut self) -> Window {
        let surface = self.surface();
        let base = self.bind("xdg_wm_base", 5);
        let xdg = self.make(base, request::GET_XDG_SURFACE, |m| m.uint(surface));
        let toplevel = self.make(xdg, request::GET_TOPLEVEL, |m| m);
        Window { surface, xdg, toplevel }
    }

    /// A toplevel that is shown in one colour.
    pub(crate) fn window(&mut self, width: i32, height: i32, colour: u32) -> Window {
        let window = self.toplevel();
        self.configure(window.surface, window.xdg);
        let buffer = self.buffer(width, height, colour);
        self.show(window.surface, buffer);
        self.sync();
        window
    }

    /// Makes the first commit of an xdg_surface and acknowledges the answer.
    pub(crate) fn configure(&mut self, surface: u32, xdg: u32) {
        self.send(surface, request::COMMIT, |m| m);
        let serial = self.until(xdg, event::CONFIGURE).first();
        self.send(xdg, request::ACK, |m| m.uint(serial));
    }
}
