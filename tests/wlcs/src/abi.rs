//! The C interface of WLCS, as `wlcs/display_server.h`, `pointer.h` and
//! `touch.h` of its version 1.5 declare it, put in terms of [`Instance`]. All that
//! has to be unsafe for it is here.
//!
//! Every function gets pointers that the runner got from here, or from
//! libwayland-client, and has not given back; that is the contract of those
//! headers, and what the SAFETY notes below refer to. Objects are made by
//! `Box::into_raw` and start with the table of functions that C knows of them
//! (`repr(C)`), so a pointer to the table is a pointer to the object.

#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::fd::IntoRawFd;
use std::sync::{Arc, OnceLock};

use crate::instance::{self, Instance};

/// A number with eight bits behind the binary point.
type Fixed = i32;

#[repr(C)]
struct Extension {
    name: *const c_char,
    version: u32,
}

#[repr(C)]
struct Descriptor {
    version: u32,
    num_extensions: usize,
    supported_extensions: *const Extension,
}

#[repr(C)]
struct DisplayServer {
    version: u32,
    start: unsafe extern "C" fn(*mut DisplayServer),
    stop: unsafe extern "C" fn(*mut DisplayServer),
    create_client_socket: unsafe extern "C" fn(*mut DisplayServer) -> c_int,
    position_window_absolute: unsafe extern "C" fn(*mut DisplayServer, *mut c_void, *mut c_void, c_int, c_int),
    create_pointer: unsafe extern "C" fn(*mut DisplayServer) -> *mut Pointer,
    create_touch: unsafe extern "C" fn(*mut DisplayServer) -> *mut Touch,
    get_descriptor: unsafe extern "C" fn(*const DisplayServer) -> *const Descriptor,
    /// Not there: `start` is.
    start_on_this_thread: Option<unsafe extern "C" fn(*mut DisplayServer, *mut c_void)>,
    /// Ours; the runner does not look behind its part.
    instance: Arc<Instance>,
}

#[repr(C)]
struct Pointer {
    version: u32,
    move_absolute: unsafe extern "C" fn(*mut Pointer, Fixed, Fixed),
    move_relative: unsafe extern "C" fn(*mut Pointer, Fixed, Fixed),
    button_up: unsafe extern "C" fn(*mut Pointer, c_int),
    button_down: unsafe extern "C" fn(*mut Pointer, c_int),
    destroy: unsafe extern "C" fn(*mut Pointer),
    instance: Arc<Instance>,
}

#[repr(C)]
struct Touch {
    version: u32,
    touch_down: unsafe extern "C" fn(*mut Touch, Fixed, Fixed),
    touch_move: unsafe extern "C" fn(*mut Touch, Fixed, Fixed),
    touch_up: unsafe extern "C" fn(*mut Touch),
    destroy: unsafe extern "C" fn(*mut Touch),
    instance: Arc<Instance>,
}

/// What the runner looks for.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Integration {
    version: u32,
    create_server: unsafe extern "C" fn(c_int, *const *const c_char) -> *mut c_void,
    destroy_server: unsafe extern "C" fn(*mut c_void),
}

// SAFETY: the name is the one that the suite gives to its entry point; nothing else has it.
#[unsafe(no_mangle)]
/// The entry point.
pub(crate) static wlcs_server_integration: Integration = Integration { version: 1, create_server, destroy_server };

// SAFETY: as wayland-client-core.h declares them; `wl_surface` is a `wl_proxy` to it. The
// runner is linked with that library.
unsafe extern "C" {
    fn wl_display_get_fd(display: *mut c_void) -> c_int;
    fn wl_proxy_get_id(proxy: *mut c_void) -> u32;
}

unsafe extern "C" fn create_server(_: c_int, _: *const *const c_char) -> *mut c_void {
    let server = DisplayServer {
        version: 3,
        start,
        stop,
        create_client_socket,
        position_window_absolute,
        create_pointer,
        create_touch,
        get_descriptor,
        start_on_this_thread: None,
        instance: Arc::default(),
    };
    Box::into_raw(Box::new(server)).cast()
}

unsafe extern "C" fn destroy_server(server: *mut c_void) {
    // SAFETY: made by `create_server`, and not used any more.
    drop(unsafe { Box::from_raw(server.cast::<DisplayServer>()) });
}

unsafe extern "C" fn start(server: *mut DisplayServer) {
    // SAFETY: a server of ours.
    unsafe { &*server }.instance.start();
}

unsafe extern "C" fn stop(server: *mut DisplayServer) {
    // SAFETY: a server of ours.
    unsafe { &*server }.instance.stop();
}

unsafe extern "C" fn create_client_socket(server: *mut DisplayServer) -> c_int {
    // SAFETY: a server of ours.
    match unsafe { &*server }.instance.connect() {
        Ok(socket) => socket.into_raw_fd(),
        Err(error) => {
            eprintln!("no socket for a client: {error}");
            -1
        }
    }
}

unsafe extern "C" fn position_window_absolute(
    server: *mut DisplayServer,
    client: *mut c_void,
    surface: *mut c_void,
    x: c_int,
    y: c_int,
) {
    // SAFETY: a server of ours; a display and a surface of the runner's.
    let (server, socket, surface) = unsafe { (&*server, wl_display_get_fd(client), wl_proxy_get_id(surface)) };
    server.instance.place(socket, surface, (x, y));
}

unsafe extern "C" fn create_pointer(server: *mut DisplayServer) -> *mut Pointer {
    // SAFETY: a server of ours.
    let instance = Arc::clone(&unsafe { &*server }.instance);
    let destroy = destroy_pointer;
    Box::into_raw(Box::new(Pointer {
        version: 1,
        move_absolute,
        move_relative,
        button_up,
        button_down,
        destroy,
        instance,
    }))
}

unsafe extern "C" fn create_touch(server: *mut DisplayServer) -> *mut Touch {
    // SAFETY: a server of ours.
    let instance = Arc::clone(&unsafe { &*server }.instance);
    let destroy = destroy_touch;
    Box::into_raw(Box::new(Touch { version: 1, touch_down, touch_move, touch_up, destroy, instance }))
}

unsafe extern "C" fn get_descriptor(_: *const DisplayServer) -> *const Descriptor {
    &raw const catalogue().descriptor
}

unsafe extern "C" fn move_absolute(pointer: *mut Pointer, x: Fixed, y: Fixed) {
    // SAFETY: a pointer of ours.
    unsafe { &*pointer }.instance.point(pixels(x), pixels(y));
}

unsafe extern "C" fn move_relative(pointer: *mut Pointer, dx: Fixed, dy: Fixed) {
    // SAFETY: a pointer of ours.
    unsafe { &*pointer }.instance.point_by(pixels(dx), pixels(dy));
}

unsafe extern "C" fn button_up(pointer: *mut Pointer, button: c_int) {
    // SAFETY: a pointer of ours.
    unsafe { &*pointer }.instance.button(button.cast_unsigned(), false);
}

unsafe extern "C" fn button_down(pointer: *mut Pointer, button: c_int) {
    // SAFETY: a pointer of ours.
    unsafe { &*pointer }.instance.button(button.cast_unsigned(), true);
}

unsafe extern "C" fn destroy_pointer(pointer: *mut Pointer) {
    // SAFETY: made by `create_pointer`, and not used any more.
    drop(unsafe { Box::from_raw(pointer) });
}

/// Its header says that these are fixed, but the suite passes whole pixels.
unsafe extern "C" fn touch_down(touch: *mut Touch, x: Fixed, y: Fixed) {
    // SAFETY: a touch screen of ours.
    unsafe { &*touch }.instance.touch_down(x.into(), y.into());
}

/// In whole pixels, as for [`touch_down`].
unsafe extern "C" fn touch_move(touch: *mut Touch, x: Fixed, y: Fixed) {
    // SAFETY: a touch screen of ours.
    unsafe { &*touch }.instance.touch_move(x.into(), y.into());
}

unsafe extern "C" fn touch_up(touch: *mut Touch) {
    // SAFETY: a touch screen of ours.
    unsafe { &*touch }.instance.touch_up();
}

unsafe extern "C" fn destroy_touch(touch: *mut Touch) {
    // SAFETY: made by `create_touch`, and not used any more.
    drop(unsafe { Box::from_raw(touch) });
}

fn pixels(number: Fixed) -> f64 {
    f64::from(number) / 256.0
}

/// The descriptor and what it points to.
struct Catalogue {
    descriptor: Descriptor,
    _extensions: Vec<Extension>,
    _names: Vec<CString>,
}

// SAFETY: its pointers lead to heap memory of its own that nobody changes.
unsafe impl Send for Catalogue {}
// SAFETY: as above.
unsafe impl Sync for Catalogue {}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let offered = instance::offered();
        let names: Vec<_> = offered.iter().map(|(name, _)| CString::new(*name).unwrap_or_default()).collect();
        let extension =
            |(name, (_, version)): (&CString, &(_, u32))| Extension { name: name.as_ptr(), version: *version };
        let extensions: Vec<_> = names.iter().zip(&offered).map(extension).collect();
        let descriptor =
            Descriptor { version: 1, num_extensions: extensions.len(), supported_extensions: extensions.as_ptr() };
        Catalogue { descriptor, _extensions: extensions, _names: names }
    })
}
