//! `xdg_toplevel`: what clients ask for their windows.

use wayline::{Fault, Handled, RequestHandler};

use super::super::super::protocol::{XdgToplevel, xdg_toplevel, zxdg_toplevel_decoration_v1};
use super::super::super::surface::assign::unmap;
use super::super::edges;
use super::configure;
use super::state::{Toplevel, forget_role};
use crate::app::App;
use wayline_desktop::Effect;

/// Tells a client what has become of its window.
pub(super) fn deliver(app: &mut App, this: XdgToplevel, effect: Effect) {
    // The client may be gone.
    match effect {
        Effect::Configure => drop(configure::toplevel(app, this)),
        Effect::Close => drop(this.close(&mut app.server)),
        Effect::Activated(true) => {
            let xdg = app.server.data(this).ok().and_then(|toplevel| toplevel.xdg);
            if let Some(base) = xdg.and_then(|xdg| app.server.data(xdg).ok()).and_then(|state| state.base) {
                configure::ping(app, base);
            }
        }
        _ => {}
    }
}

impl RequestHandler<XdgToplevel> for App {
    type Data = Toplevel;

    fn request(&mut self, this: XdgToplevel, request: xdg_toplevel::Request<'_>) -> Handled {
        let toplevel = self.server.data(this)?;
        let id = toplevel.id;
        let size = |width: i32, height: i32| {
            if width < 0 || height < 0 {
                let text = format!("{width}x{height} is no size");
                return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_SIZE, text));
            }
            Ok((width, height))
        };
        match request {
            xdg_toplevel::Request::Destroy => {
                if let Some(decoration) = toplevel.decoration {
                    let text = "its toplevel was destroyed first";
                    return Err(Fault::protocol(decoration, zxdg_toplevel_decoration_v1::Error::ORPHANED, text));
                }
            }
            xdg_toplevel::Request::SetTitle { title } => {
                if let Some(id) = id {
                    self.desktop.set_title(id, title);
                    self.settle();
                }
            }
            // There are no title bars, menus and icons here.
            xdg_toplevel::Request::SetAppId { .. }
            | xdg_toplevel::Request::ShowWindowMenu { .. }
            | xdg_toplevel::Request::SetMinimized => {}
            xdg_toplevel::Request::SetParent { parent } => self.set_parent(this, parent)?,
            xdg_toplevel::Request::Move { serial, .. } => {
                if let Some(id) = id {
                    self.desktop.start_move(id, serial);
                    self.settle();
                }
            }
            xdg_toplevel::Request::Resize { edges, serial, .. } => {
                if !edges.is_valid(this.version()) {
                    let text = format!("{} names no edges", edges.0);
                    return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_RESIZE_EDGE, text));
                }
                if let Some(id) = id {
                    self.desktop.start_resize(id, serial, edges::edges(edges.0));
                    self.settle();
                }
            }
            xdg_toplevel::Request::SetMaxSize { width, height } => toplevel.max = size(width, height)?,
            xdg_toplevel::Request::SetMinSize { width, height } => toplevel.min = size(width, height)?,
            xdg_toplevel::Request::SetMaximized => self.reshape(this, Some(true), None)?,
            xdg_toplevel::Request::UnsetMaximized => self.reshape(this, Some(false), None)?,
            xdg_toplevel::Request::SetFullscreen { .. } => self.reshape(this, None, Some(true))?,
            xdg_toplevel::Request::UnsetFullscreen => self.reshape(this, None, Some(false))?,
        }
        Ok(())
    }

    fn destroyed(&mut self, _: XdgToplevel, toplevel: Toplevel) {
        if let Some(surface) = forget_role(self, toplevel.xdg) {
            unmap(self, surface);
        }
    }
}

impl App {
    fn set_parent(&mut self, this: XdgToplevel, parent: Option<XdgToplevel>) -> Handled {
        let parent = match parent {
            Some(parent) => self.server.data(parent)?.id,
            None => None,
        };
        let Some(id) = self.server.data(this)?.id else { return Ok(()) };
        if !self.desktop.set_parent(id, parent) {
            let text = "a window cannot be above itself";
            return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_PARENT, text));
        }
        Ok(())
    }

    /// Changes what a window is to be and tells it.
    fn reshape(&mut self, this: XdgToplevel, maximised: Option<bool>, fullscreen: Option<bool>) -> Handled {
        if let Some(id) = self.server.data(this)?.id {
            self.desktop.want_shape(id, maximised, fullscreen);
            self.settle();
        }
        Ok(())
    }
}
