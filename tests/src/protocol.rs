//! Opcodes and error codes the cases use, as numbers.
//!
//! Knows the wire positions of the few core requests and events the kit needs, and of its own probe protocol
//! (`conformance.xml`). They are written down by hand, not generated: a wrong generator must not make a wrong kit.

/// `wl_display`.
pub mod display {
    /// Request: a callback that is done when everything before it was handled.
    pub const SYNC: u16 = 0;
    /// Request: a registry.
    pub const GET_REGISTRY: u16 = 1;
    /// Event: the connection is about to end, and why.
    pub const ERROR: u16 = 0;
    /// Event: a client id may be used again.
    pub const DELETE_ID: u16 = 1;
    /// Error code: the object does not exist.
    pub const INVALID_OBJECT: u32 = 0;
    /// Error code: the message is malformed, or its opcode unknown to the object.
    pub const INVALID_METHOD: u32 = 1;
    /// Error code: the server is short of something.
    pub const NO_MEMORY: u32 = 2;
}

/// `wl_registry`.
pub mod registry {
    /// Request: bind a global by name.
    pub const BIND: u16 = 0;
    /// Event: a global is there.
    pub const GLOBAL: u16 = 0;
    /// Event: a global was withdrawn.
    pub const GLOBAL_REMOVE: u16 = 1;
    /// Error code for every refused bind, as in libwayland.
    pub const INVALID_BIND: u32 = 0;
}

/// `wl_callback`.
pub mod callback {
    /// Event: done; ends the callback.
    pub const DONE: u16 = 0;
}

/// `wl_fixes`.
pub mod fixes {
    /// Request: destroy a registry.
    pub const DESTROY_REGISTRY: u16 = 1;
    /// Request, since version 2: a removed global is bound no more through a registry.
    pub const ACK_GLOBAL_REMOVE: u16 = 2;
    /// Error code for an acknowledgement of what is not removed.
    pub const INVALID_ACK_REMOVE: u32 = 0;
}

/// `wl_compositor`, `wl_region` and `wl_surface`.
pub mod compositor {
    /// Request of the compositor: a surface.
    pub const CREATE_SURFACE: u16 = 0;
    /// Request of the compositor: a region.
    pub const CREATE_REGION: u16 = 1;
    /// Destructor request of both region and surface.
    pub const DESTROY: u16 = 0;
    /// Request of the surface: the next content, a buffer or null, and where.
    pub const ATTACH: u16 = 1;
    /// Request of the surface: what has changed.
    pub const DAMAGE: u16 = 2;
    /// Request of the surface: a callback for the next frame.
    pub const FRAME: u16 = 3;
    /// Request of the surface: where nothing shines through; takes a nullable region.
    pub const SET_OPAQUE_REGION: u16 = 4;
    /// Request of the surface: where input goes; takes a nullable region.
    pub const SET_INPUT_REGION: u16 = 5;
    /// Request of the surface: take over what is pending.
    pub const COMMIT: u16 = 6;
    /// Request of the surface, since version 2.
    pub const SET_BUFFER_TRANSFORM: u16 = 7;
    /// Request of the surface, since version 3.
    pub const SET_BUFFER_SCALE: u16 = 8;
    /// Request of the region.
    pub const ADD: u16 = 1;
}

/// `wl_subcompositor` and `wl_subsurface`.
pub mod sub {
    /// Request of the subcompositor: makes a surface a subsurface of another.
    pub const GET_SUBSURFACE: u16 = 1;
    /// Request of the subsurface.
    pub const PLACE_ABOVE: u16 = 2;
    /// Request of the subsurface.
    pub const PLACE_BELOW: u16 = 3;
}

/// `xdg_wm_base` and what it makes.
pub mod xdg {
    /// Interface name.
    pub const BASE: &str = "xdg_wm_base";
    /// Event of the base: the client has to answer.
    pub const PING: u16 = 0;
    /// Request of the base: the answer.
    pub const PONG: u16 = 3;
    /// Request of the base.
    pub const CREATE_POSITIONER: u16 = 1;
    /// Request of the base: makes a surface a window of some kind.
    pub const GET_SURFACE: u16 = 2;
    /// Request of the positioner.
    pub const SET_SIZE: u16 = 1;
    /// Request of the positioner.
    pub const SET_ANCHOR_RECT: u16 = 2;
    /// Request of `xdg_surface`.
    pub const GET_TOPLEVEL: u16 = 1;
    /// Request of `xdg_surface`.
    pub const GET_POPUP: u16 = 2;
    /// Request of `xdg_surface`.
    pub const ACK_CONFIGURE: u16 = 4;
    /// Event of `xdg_surface`.
    pub const CONFIGURE: u16 = 0;
    /// Request of the toplevel: a nullable other.
    pub const SET_PARENT: u16 = 1;
    /// Request of the toplevel.
    pub const SET_TITLE: u16 = 2;
    /// Request of the toplevel.
    pub const SET_APP_ID: u16 = 3;
    /// Request of the toplevel.
    pub const SET_MAXIMIZED: u16 = 9;
    /// Request of the toplevel.
    pub const UNSET_MAXIMIZED: u16 = 10;
}

/// `wl_seat` and `wl_keyboard`.
pub mod seat {
    /// Request of the seat.
    pub const GET_KEYBOARD: u16 = 1;
    /// Event of the keyboard: a surface has the focus, with a serial.
    pub const ENTER: u16 = 1;
}

/// `wl_data_device_manager` and what it makes.
pub mod data {
    /// Interface name.
    pub const MANAGER: &str = "wl_data_device_manager";
    /// Request of the manager.
    pub const CREATE_SOURCE: u16 = 0;
    /// Request of the manager.
    pub const GET_DEVICE: u16 = 1;
    /// Request of the source: a MIME type.
    pub const OFFER: u16 = 0;
    /// Request of the device: a source and a serial.
    pub const SET_SELECTION: u16 = 1;
    /// Event of the device: an offer that the server has made.
    pub const DATA_OFFER: u16 = 0;
    /// Request of the offer: a MIME type, and a descriptor to write to.
    pub const RECEIVE: u16 = 1;
}

/// `wl_shm` and `wl_shm_pool`.
pub mod shm {
    /// Request of `wl_shm`: a pool over an fd.
    pub const CREATE_POOL: u16 = 0;
    /// Event of `wl_shm`: a pixel format the server reads.
    pub const FORMAT: u16 = 0;
    /// Request of the pool: a buffer.
    pub const CREATE_BUFFER: u16 = 0;
    /// Destructor request of the pool.
    pub const DESTROY_POOL: u16 = 1;
    /// Request of the pool: grow.
    pub const RESIZE: u16 = 2;
    /// Destructor request of `wl_buffer`.
    pub const DESTROY_BUFFER: u16 = 0;
    /// Error code: the format was not advertised.
    pub const INVALID_FORMAT: u32 = 0;
    /// Error code: sizes that cannot be.
    pub const INVALID_STRIDE: u32 = 1;
    /// Error code: the fd cannot be mapped, or the pool would shrink.
    pub const INVALID_FD: u32 = 2;
    /// Format argb8888, which every server reads.
    pub const ARGB8888: u32 = 0;
    /// Format xrgb8888, which every server reads.
    pub const XRGB8888: u32 = 1;
}

/// The native protocol of this workspace, `protocol.xml`: what a window needs.
pub mod native {
    /// Interface name.
    pub const COMPOSITOR: &str = "way_compositor";
    /// Interface name.
    pub const SHM: &str = "way_shm";
    /// Request of the compositor.
    pub const CREATE_SURFACE: u16 = 1;
    /// Request of the compositor.
    pub const CREATE_WINDOW: u16 = 2;
    /// Event of the window.
    pub const CONFIGURE: u16 = 0;
    /// Request of the window.
    pub const ACK_CONFIGURE: u16 = 3;
    /// Request of the surface.
    pub const ATTACH: u16 = 1;
    /// Request of the surface.
    pub const DAMAGE: u16 = 2;
    /// Request of the surface.
    pub const FRAME: u16 = 4;
    /// Request of the surface.
    pub const COMMIT: u16 = 5;
    /// Request of `way_shm`.
    pub const CREATE_POOL: u16 = 1;
    /// Request of the pool.
    pub const CREATE_BUFFER: u16 = 1;
    /// Request of the pool.
    pub const RESIZE: u16 = 2;
}

/// `wlcf_probe`: what a server under test does on request.
pub mod probe {
    /// Interface name.
    pub const NAME: &str = "wlcf_probe";
    /// Request.
    pub const POST_ERROR: u16 = 1;
    /// Request.
    pub const POST_TWO_ERRORS: u16 = 2;
    /// Request.
    pub const POST_ERROR_AT_TEARDOWN: u16 = 3;
    /// Request.
    pub const CREATE_CHILD: u16 = 4;
    /// Request.
    pub const SPAWN_CHILDREN: u16 = 5;
    /// Request.
    pub const HOLD: u16 = 6;
    /// Request.
    pub const POKE_HELD: u16 = 7;
    /// Request.
    pub const SEND_FOREIGN: u16 = 8;
    /// Request.
    pub const SEND_NEWER: u16 = 9;
    /// Request.
    pub const ADD_GLOBAL: u16 = 10;
    /// Request.
    pub const ADD_HIDDEN_GLOBAL: u16 = 11;
    /// Request.
    pub const REMOVE_GLOBAL: u16 = 12;
    /// Request.
    pub const DESTROY_GLOBAL: u16 = 13;
    /// Request.
    pub const CYCLE_GLOBALS: u16 = 14;
    /// Request.
    pub const ADD_BAD_GLOBALS: u16 = 15;
    /// Request.
    pub const ECHO: u16 = 16;
    /// Request.
    pub const INSPECT_FD: u16 = 17;
    /// Request.
    pub const TAKE_THREE: u16 = 18;
    /// Request.
    pub const SEND_FDS: u16 = 19;
    /// Request.
    pub const BURST: u16 = 20;
    /// Request.
    pub const READ_BUFFER: u16 = 21;
    /// Request.
    pub const TELL_VERSION: u16 = 22;
    /// Request.
    pub const TELL_CREDENTIALS: u16 = 23;
    /// Request, since version 2.
    pub const SINCE_TWO: u16 = 24;

    /// Event.
    pub const CHILD: u16 = 0;
    /// Event.
    pub const HELD: u16 = 1;
    /// Event.
    pub const FOREIGN: u16 = 2;
    /// Event.
    pub const BAD_GLOBALS: u16 = 3;
    /// Event.
    pub const ECHOED: u16 = 4;
    /// Event.
    pub const INSPECTED: u16 = 5;
    /// Event.
    pub const FD: u16 = 6;
    /// Event.
    pub const TICK: u16 = 7;
    /// Event.
    pub const PIXELS: u16 = 8;
    /// Event.
    pub const VERSION: u16 = 9;
    /// Event.
    pub const CREDENTIALS: u16 = 10;
    /// Event, since version 3.
    pub const NEWER: u16 = 11;
}

/// `wlcf_beacon`: a global that comes and goes.
pub mod beacon {
    /// Interface name.
    pub const NAME: &str = "wlcf_beacon";
}

/// `wlcf_child`: an object for both roles.
pub mod child {
    /// Interface name.
    pub const NAME: &str = "wlcf_child";
    /// Destructor request.
    pub const DESTROY: u16 = 0;
    /// Request, since version 3.
    pub const SINCE_THREE: u16 = 1;

    /// Event, from a server under test.
    pub const POKED: u16 = 0;
    /// Event.
    pub const NOTE: u16 = 1;
    /// Event.
    pub const FILE: u16 = 2;
    /// Event.
    pub const TWO_FILES: u16 = 3;
    /// Event.
    pub const OBJECT: u16 = 4;
    /// Event.
    pub const BORN: u16 = 5;
}

/// `wlcf_driver`: what a client under test does on request.
pub mod driver {
    /// Interface name.
    pub const NAME: &str = "wlcf_driver";
    /// Its version in `conformance.xml`.
    pub const VERSION: u32 = 2;
    /// Request.
    pub const CREATE_CHILD: u16 = 0;
    /// Request.
    pub const FILE: u16 = 1;
    /// Request.
    pub const DATA: u16 = 2;
    /// Request.
    pub const READY: u16 = 3;

    /// Event.
    pub const MAKE_CHILD: u16 = 0;
    /// Event.
    pub const DESTROY_CHILD: u16 = 1;
    /// Event.
    pub const PAUSE: u16 = 2;
    /// Event.
    pub const ROUNDTRIP: u16 = 3;
    /// Event.
    pub const FILES: u16 = 4;
    /// Event.
    pub const FLOOD: u16 = 5;
    /// Event.
    pub const IDLE_READ: u16 = 6;
    /// Event.
    pub const WAIT_THREADS: u16 = 7;
    /// Event.
    pub const OTHER_QUEUE: u16 = 8;
    /// Event.
    pub const DRAIN_QUEUE: u16 = 9;
    /// Event.
    pub const FINISH: u16 = 10;
    /// Event, since version 2.
    pub const NEWEST: u16 = 11;
}
