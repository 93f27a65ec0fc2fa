//! `xdg_toplevel`: what clients ask for their windows.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::configure;
use super::state::{self, Toplevel, forget_role};
use crate::host::{Ask, Host, Wayland};
use crate::protocol::{XdgToplevel, xdg_toplevel, zxdg_toplevel_decoration_v1};
use crate::stored;
use wayline_desktop::{Edges, Effect, kept_title};

/// Tells a client what has become of its window.
pub(super) fn deliver<A: Host>(app: &mut A, this: XdgToplevel, effect: Effect) {
    // The client may be gone.
    match effect {
        Effect::Configure => drop(configure::toplevel(app, this)),
        Effect::Close => drop(this.close(app.server())),
        Effect::Activated(true) => {
            let xdg = app.server().data(this).ok().and_then(|toplevel| toplevel.xdg);
            if let Ok((base, _)) = state::made(app, xdg) {
                configure::ping(app, base);
            }
        }
        _ => {}
    }
}

impl<A: Host> Module<XdgToplevel, A> for Wayland {
    type Data = Toplevel;

    fn request(app: &mut A, this: XdgToplevel, request: xdg_toplevel::Request<'_>) -> HandlerResult {
        let toplevel = app.server().data(this)?;
        let xdg = toplevel.xdg;
        let size = |width: i32, height: i32| {
            let text = || format!("{width}x{height} is no size");
            HandlerError::unless(width >= 0 && height >= 0, this, xdg_toplevel::Error::INVALID_SIZE, text)?;
            Ok::<_, HandlerError>((width, height))
        };
        match request {
            xdg_toplevel::Request::Destroy => {
                if let Some(decoration) = toplevel.decoration {
                    let text = "its toplevel was destroyed first";
                    return Err(HandlerError::protocol(decoration, zxdg_toplevel_decoration_v1::Error::ORPHANED, text));
                }
            }
            xdg_toplevel::Request::SetTitle { title } => {
                let bytes = kept_title(title).len() as u64;
                let kept = std::mem::replace(&mut toplevel.title, bytes);
                stored::keep(app, this.client(), kept, bytes)?;
                let id = state::id(app, xdg)?;
                app.desktop().set_title(id, title);
                app.settle();
            }
            // There are no title bars, menus and icons here.
            xdg_toplevel::Request::SetAppId { .. }
            | xdg_toplevel::Request::ShowWindowMenu { .. }
            | xdg_toplevel::Request::SetMinimized => {}
            xdg_toplevel::Request::SetParent { parent } => {
                let id = state::id(app, xdg)?;
                let parent = parent.and_then(|parent| app.server().data(parent).ok()?.xdg);
                let parent = parent.and_then(|parent| state::id(app, Some(parent)).ok());
                let (is_set, code) = (app.desktop().set_parent(id, parent), xdg_toplevel::Error::INVALID_PARENT);
                HandlerError::unless(is_set, this, code, || "a window cannot be above itself")?;
            }
            xdg_toplevel::Request::Move { serial, .. } => {
                let id = state::id(app, xdg)?;
                if app.permits(id, Ask::Move) {
                    app.desktop().start_move(id, serial);
                    app.settle();
                }
            }
            xdg_toplevel::Request::Resize { edges, serial, .. } => {
                let (known, code) = (edges.is_valid(this.version()), xdg_toplevel::Error::INVALID_RESIZE_EDGE);
                HandlerError::unless(known, this, code, || format!("{} names no edges", edges.0))?;
                let id = state::id(app, xdg)?;
                if app.permits(id, Ask::Resize) {
                    app.desktop().start_resize(id, serial, Edges(edges.0));
                    app.settle();
                }
            }
            xdg_toplevel::Request::SetMaxSize { width, height } => toplevel.max = size(width, height)?,
            xdg_toplevel::Request::SetMinSize { width, height } => toplevel.min = size(width, height)?,
            xdg_toplevel::Request::SetMaximized => reshape(app, this, Ask::Maximise(true))?,
            xdg_toplevel::Request::UnsetMaximized => reshape(app, this, Ask::Maximise(false))?,
            xdg_toplevel::Request::SetFullscreen { .. } => reshape(app, this, Ask::Fullscreen(true))?,
            xdg_toplevel::Request::UnsetFullscreen => reshape(app, this, Ask::Fullscreen(false))?,
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: XdgToplevel, toplevel: Toplevel) {
        stored::give_back(app, this.client(), toplevel.title);
        forget_role(app, toplevel.xdg);
    }
}

/// Changes what a window is to be, if it may, and tells it.
fn reshape<A: Host>(app: &mut A, this: XdgToplevel, ask: Ask) -> HandlerResult {
    let xdg = app.server().data(this)?.xdg;
    let id = state::id(app, xdg)?;
    let (maximised, fullscreen) = match ask {
        _ if !app.permits(id, ask) => (None, None),
        Ask::Maximise(is) => (Some(is), None),
        Ask::Fullscreen(is) => (None, Some(is)),
        Ask::Move | Ask::Resize => (None, None),
    };
    app.desktop().want_shape(id, maximised, fullscreen);
    app.settle();
    Ok(())
}
