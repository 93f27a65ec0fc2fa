//! `xdg_toplevel`: windows, where they are and what they are told to be.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::{
    WlSurface, XdgSurface, XdgToplevel, ZxdgToplevelDecorationV1, xdg_toplevel, zxdg_toplevel_decoration_v1,
};
use super::super::{grab, tree, window};
use super::{geometry, placing, surface, wm_base};
use crate::app::{App, Target};
use crate::scene::Rect;
use crate::titles;

/// How a window lies on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Floating,
    Maximised,
    Fullscreen,
}

/// State of an `xdg_toplevel`.
#[derive(Debug)]
pub(crate) struct Toplevel {
    pub(super) xdg: Option<XdgSurface>,
    pub(super) surface: Option<WlSurface>,
    pub(super) parent: Option<XdgToplevel>,
    title: String,
    pub(super) min: (i32, i32),
    pub(super) max: (i32, i32),
    /// What it was told to be.
    maximised: bool,
    fullscreen: bool,
    activated: bool,
    pub(super) resizing: bool,
    /// Its size while it does not fill the screen; 0x0 is up to the client.
    pub(super) size: (i32, i32),
    /// What it is.
    pub(super) shape: Shape,
    /// The part of the screen that it fills, unless it floats.
    pub(super) fills: Rect,
    /// Upper left corner of its geometry on the screen.
    pub(super) position: (i32, i32),
    /// Whether it was placed there.
    pub(super) placed: bool,
    /// Where it was before it filled the screen.
    pub(super) floating: Option<(i32, i32)>,
    /// The edges that a resize moves, and the size before.
    pub(super) edges: Option<(xdg_toplevel::ResizeEdge, (u32, u32))>,
    pub(in crate::wayland) decoration: Option<ZxdgToplevelDecorationV1>,
    pub(in crate::wayland) mode: zxdg_toplevel_decoration_v1::Mode,
}

impl Default for Toplevel {
    fn default() -> Self {
        Self {
            xdg: None,
            surface: None,
            parent: None,
            title: String::new(),
            min: (0, 0),
            max: (0, 0),
            maximised: false,
            fullscreen: false,
            activated: false,
            resizing: false,
            size: (0, 0),
            shape: Shape::Floating,
            fills: Rect::EMPTY,
            position: (0, 0),
            placed: false,
            floating: None,
            edges: None,
            decoration: None,
            mode: zxdg_toplevel_decoration_v1::Mode::SERVER_SIDE,
        }
    }
}

impl Toplevel {
    fn wanted(&self) -> Shape {
        match (self.fullscreen, self.maximised) {
            (true, _) => Shape::Fullscreen,
            (false, true) => Shape::Maximised,
            (false, false) => Shape::Floating,
        }
    }
}

/// The toplevel of a surface.
pub(super) fn of(app: &mut App, surface: WlSurface) -> Option<XdgToplevel> {
    let xdg = app.server.data(surface).ok()?.xdg?;
    match app.server.data(xdg).ok()?.role {
        surface::Object::Toplevel(toplevel) => Some(toplevel),
        _ => None,
    }
}

/// Whether a toplevel waits for its first commit, so that nothing may be sent to it.
pub(in crate::wayland) fn is_initial(app: &mut App, this: XdgToplevel) -> bool {
    let xdg = app.server.data(this).ok().and_then(|toplevel| toplevel.xdg);
    xdg.and_then(|xdg| app.server.data(xdg).ok()).is_none_or(|state| !state.initial)
}

/// Answers the first commit.
pub(super) fn first_configure(app: &mut App, this: XdgToplevel) -> Handled {
    if this.version() >= 5 {
        let can = [xdg_toplevel::WmCapabilities::MAXIMIZE, xdg_toplevel::WmCapabilities::FULLSCREEN];
        let can: Vec<u8> = can.iter().flat_map(|capability| capability.0.to_ne_bytes()).collect();
        this.wm_capabilities(&mut app.server, &can)?;
    }
    placing::bounds(app, this)?;
    configure(app, this)
}

/// Tells a window what it is to be.
pub(in crate::wayland) fn configure(app: &mut App, this: XdgToplevel) -> Handled {
    let (free, screen) = (app.scene.free(), app.scene.frame().bounds());
    let toplevel = app.server.data(this)?;
    let Some(xdg) = toplevel.xdg else { return Ok(()) };
    let shape = toplevel.wanted();
    let place = match shape {
        Shape::Floating => Rect::EMPTY,
        Shape::Maximised => free,
        Shape::Fullscreen => screen,
    };
    // A size of 0 would be up to the client.
    let filled = (place.width().max(1) as i32, place.height().max(1) as i32);
    let size = if shape == Shape::Floating { toplevel.size } else { filled };
    let states = [
        (toplevel.maximised, xdg_toplevel::State::MAXIMIZED),
        (toplevel.fullscreen, xdg_toplevel::State::FULLSCREEN),
        (toplevel.resizing, xdg_toplevel::State::RESIZING),
        (toplevel.activated, xdg_toplevel::State::ACTIVATED),
    ];
    let states: Vec<u8> = states.iter().filter(|(is, _)| *is).flat_map(|(_, state)| state.0.to_ne_bytes()).collect();
    let (decoration, mode) = (toplevel.decoration, toplevel.mode);
    if let Some(decoration) = decoration {
        decoration.configure(&mut app.server, mode)?;
    }
    this.configure(&mut app.server, size.0, size.1, &states)?;
    surface::configure(app, xdg, shape, place)
}

/// Tells a window whether it is the active one.
pub(in crate::wayland) fn activate(app: &mut App, surface: WlSurface, activated: bool) {
    let Some(this) = of(app, surface) else { return };
    if let Ok(toplevel) = app.server.data(this) {
        toplevel.activated = activated;
    }
    reconfigure(app, this);
    let xdg = app.server.data(this).ok().and_then(|toplevel| toplevel.xdg);
    let base = xdg.and_then(|xdg| app.server.data(xdg).ok()).and_then(|state| state.base);
    if let Some(base) = base.filter(|_| activated) {
        wm_base::ping(app, base);
    }
}

/// What the window of a surface is called.
pub(in crate::wayland) fn title(app: &mut App, surface: WlSurface) -> Option<String> {
    let this = of(app, surface)?;
    Some(app.server.data(this).ok()?.title.clone())
}

/// Asks the client of a window to close it.
pub(crate) fn close(app: &mut App, surface: WlSurface) {
    let root = tree::root(app, surface);
    if let Some(this) = of(app, root) {
        // Its client may be gone.
        let _ = this.close(&mut app.server);
    }
}

/// Configures a window again if it was before.
pub(super) fn reconfigure(app: &mut App, this: XdgToplevel) {
    if !is_initial(app, this) {
        // Its client may be gone.
        let _ = configure(app, this);
    }
}

pub(super) fn check_commit(app: &mut App, this: XdgToplevel) -> Handled {
    let Toplevel { min, max, .. } = *app.server.data(this)?;
    if (max.0 > 0 && min.0 > max.0) || (max.1 > 0 && min.1 > max.1) {
        let text = format!("the smallest size {min:?} is above the largest {max:?}");
        return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_SIZE, text));
    }
    Ok(())
}

/// A new window gets the keyboard, also from popups that grab it.
pub(super) fn after_show(app: &mut App, surface: WlSurface, this: XdgToplevel, appears: bool) -> Handled {
    let covers = app.wayland.covers_panels == Some(surface);
    let toplevel = app.server.data(this)?;
    let is_fullscreen = toplevel.shape == Shape::Fullscreen;
    if covers != is_fullscreen && (covers || toplevel.activated) {
        tree::raise(app, surface);
    }
    if appears {
        // The room may be another one than when it was told, before it was on the screen.
        let free = app.scene.free();
        let toplevel = app.server.data(this)?;
        if toplevel.shape == Shape::Maximised && toplevel.fills != free {
            placing::bounds(app, this)?;
            configure(app, this)?;
        }
        window::dismiss_popups(app, None);
        app.focus(Some(Target::Wayland(surface)));
    }
    Ok(())
}

impl RequestHandler<XdgToplevel> for App {
    type Data = Toplevel;

    fn request(&mut self, this: XdgToplevel, request: xdg_toplevel::Request<'_>) -> Handled {
        let toplevel = self.server.data(this)?;
        let surface = toplevel.surface;
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
                toplevel.title = titles::kept(title);
                self.name_screen();
            }
            // There are no title bars, menus and icons here.
            xdg_toplevel::Request::SetAppId { .. }
            | xdg_toplevel::Request::ShowWindowMenu { .. }
            | xdg_toplevel::Request::SetMinimized => {}
            xdg_toplevel::Request::SetParent { parent } => self.set_parent(this, parent)?,
            xdg_toplevel::Request::Move { serial, .. } => {
                if let Some(surface) = surface {
                    grab::start_move(self, surface, serial);
                }
            }
            xdg_toplevel::Request::Resize { edges, serial, .. } => {
                if !edges.is_valid(this.version()) {
                    let text = format!("{} names no edges", edges.0);
                    return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_RESIZE_EDGE, text));
                }
                if let Some(surface) = surface {
                    grab::start_resize(self, surface, serial, edges);
                }
            }
            xdg_toplevel::Request::SetMaxSize { width, height } => toplevel.max = size(width, height)?,
            xdg_toplevel::Request::SetMinSize { width, height } => toplevel.min = size(width, height)?,
            xdg_toplevel::Request::SetMaximized => self.reshape(this, |toplevel| toplevel.maximised = true)?,
            xdg_toplevel::Request::UnsetMaximized => self.reshape(this, |toplevel| toplevel.maximised = false)?,
            xdg_toplevel::Request::SetFullscreen { .. } => self.reshape(this, |toplevel| toplevel.fullscreen = true)?,
            xdg_toplevel::Request::UnsetFullscreen => self.reshape(this, |toplevel| toplevel.fullscreen = false)?,
        }
        Ok(())
    }

    fn destroyed(&mut self, _: XdgToplevel, toplevel: Toplevel) {
        surface::forget_role(self, toplevel.xdg);
    }
}

impl App {
    fn set_parent(&mut self, this: XdgToplevel, parent: Option<XdgToplevel>) -> Handled {
        let mut above = parent;
        while let Some(at) = above {
            if at == this {
                let text = "a window cannot be above itself";
                return Err(Fault::protocol(this, xdg_toplevel::Error::INVALID_PARENT, text));
            }
            above = self.server.data(at).ok().and_then(|toplevel| toplevel.parent);
        }
        self.server.data(this)?.parent = parent;
        Ok(())
    }

    /// Changes what a window is to be and tells it.
    fn reshape(&mut self, this: XdgToplevel, change: impl FnOnce(&mut Toplevel)) -> Handled {
        let toplevel = self.server.data(this)?;
        let surface = toplevel.surface;
        let before = toplevel.wanted();
        change(toplevel);
        let wanted = toplevel.wanted();
        if before == Shape::Floating
            && wanted != before
            && let Some(surface) = surface
        {
            let size = geometry(self, surface);
            self.server.data(this)?.size = (size.width() as i32, size.height() as i32);
        }
        if is_initial(self, this) { Ok(()) } else { configure(self, this) }
    }
}
