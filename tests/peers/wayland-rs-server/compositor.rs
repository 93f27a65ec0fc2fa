//! `wl_compositor` with surfaces and regions that accept everything and show nothing.

use wayland_server::protocol::wl_callback::{self, WlCallback};
use wayland_server::protocol::wl_compositor::{self, WlCompositor};
use wayland_server::protocol::wl_region::{self, WlRegion};
use wayland_server::protocol::wl_surface::{self, WlSurface};
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New};

use crate::App;

impl GlobalDispatch<WlCompositor, ()> for App {
    fn bind(_: &mut App, _: &DisplayHandle, _: &Client, new: New<WlCompositor>, (): &(), init: &mut DataInit<'_, App>) {
        init.init(new, ());
    }
}

impl Dispatch<WlCompositor, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlCompositor,
        request: wl_compositor::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        match request {
            wl_compositor::Request::CreateSurface { id } => {
                init.init(id, ());
            }
            wl_compositor::Request::CreateRegion { id } => {
                init.init(id, ());
            }
            _ => {}
        }
    }
}

impl Dispatch<WlSurface, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlSurface,
        request: wl_surface::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, App>,
    ) {
        if let wl_surface::Request::Frame { callback } = request {
            init.init(callback, ());
        }
    }
}

impl Dispatch<WlRegion, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlRegion,
        _: wl_region::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}

impl Dispatch<WlCallback, ()> for App {
    fn request(
        _: &mut App,
        _: &Client,
        _: &WlCallback,
        _: wl_callback::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, App>,
    ) {
    }
}
