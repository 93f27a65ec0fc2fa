//! `wl_shell`: the shell from before xdg-shell, offered only on request. A
//! window is placed once; transients and popups lie where their parent is.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use crate::globals::module;
use crate::host::{Parts, Wayland};
use crate::protocol::{WlShell, WlShellSurface, WlSurface, wl_shell, wl_shell_surface};
use crate::stored;
use crate::surface::assign;
use crate::surface::role::{Change, Object, Purpose, Role};
use crate::surface::state::Surface;
use wayline_desktop::{Decoration, Edges, Effect, Keyboard, Rect, Shape, SurfaceId, kept_title};

/// What a surface was made last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing: it is not shown.
    #[default]
    None,
    /// A window of this shape.
    Window(Shape),
    /// Transient or popup; where it is in its parent.
    Child { offset: (i32, i32), popup: bool },
}

wayline::carry!(enum Kind { 0 = None, 1 = Window(shape), 2 = Child { offset, popup } });

/// State of a `wl_shell_surface`.
#[derive(Debug, Default)]
pub struct ShellSurface {
    surface: Option<WlSurface>,
    kind: Kind,
    title: String,
    /// Whether the keyboard stays where it is when the window appears.
    inactive: bool,
    /// The edges that were moved last.
    edges: wl_shell_surface::Resize,
    /// Its size before it filled the screen.
    floating: Option<(i32, i32)>,
    /// Whether it was asked to be something else since its last commit.
    changed: bool,
    /// Serial of the ping that was not answered yet.
    ping: Option<u32>,
}

wayline::carry!(struct ShellSurface { surface, kind, title, inactive, edges, floating, changed, ping });

/// The role of surfaces of this shell.
#[derive(Debug)]
struct ShellRole;

fn of<A: Hosts>(app: &mut A, surface: WlSurface) -> Option<&mut ShellSurface> {
    match app.server().data(surface).ok()?.object {
        Object::Shell(this) => app.server().data(this).ok(),
        _ => None,
    }
}

/// Gives those that another process had their role.
fn restore<A: Hosts>(app: &mut A) {
    assign::restore(app, &ShellRole, |object| matches!(object, Object::Shell(_)));
}

impl<A: Hosts> Role<A> for ShellRole {
    /// The window is where it belongs.
    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let screen = app.desktop().frame().bounds();
        let id = app.server().data(surface)?.id;
        let Some(state) = of(app, surface) else { return Ok(()) };
        let changed = std::mem::take(&mut state.changed);
        match &mut state.kind {
            Kind::None => {}
            Kind::Window(Shape::Floating) => {
                let agreed = changed.then_some((Shape::Floating, Rect::EMPTY));
                app.desktop().settle_window(id, agreed, change.offset);
            }
            Kind::Window(shape) => {
                let agreed = Some((*shape, screen));
                app.desktop().settle_window(id, agreed, (0, 0));
            }
            Kind::Child { offset, .. } => {
                *offset = (offset.0.saturating_add(change.offset.0), offset.1.saturating_add(change.offset.1));
                let offset = *offset;
                app.desktop().set_offset(id, offset);
            }
        }
        Ok(())
    }

    /// A transient that appears gets the keyboard for its window, unless it does not want it.
    fn after_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let id = app.server().data(surface)?.id;
        let Some(state) = of(app, surface) else { return Ok(()) };
        if let (Kind::Child { popup: false, .. }, false, true) = (state.kind, state.inactive, change.appears()) {
            app.desktop().request_focus(id);
        }
        Ok(())
    }

    fn deliver(&self, app: &mut A, surface: WlSurface, effect: Effect) {
        let Ok(&mut Surface { id, object: Object::Shell(this), .. }) = app.server().data(surface) else { return };
        let Parts { server, desktop, .. } = app.parts();
        let Ok(state) = server.data(this) else { return };
        // The client may be gone.
        match effect {
            Effect::Activated(true) if state.ping.is_some() => tracing::warn!("{:?} does not answer", this.client()),
            Effect::Activated(true) => {
                let serial = desktop.next_serial();
                state.ping = Some(serial);
                let _ = this.ping(server, serial);
            }
            Effect::Dismissed if matches!(state.kind, Kind::Child { popup: true, .. }) => {
                let _ = this.popup_done(server);
            }
            Effect::Configure => {
                let (edges, wanted) = (state.edges, desktop.wanted(id));
                if wanted.resizing {
                    let _ = this.configure(server, edges, wanted.size.0, wanted.size.1);
                }
            }
            _ => {}
        }
    }

    /// Its `wl_shell_surface` has no destructor, and goes with it.
    fn destroyed(&self, app: &mut A, _: WlSurface, object: Object, _: SurfaceId) {
        if let Object::Shell(this) = object {
            app.server().destroy(this);
        }
    }
}

module! { ($) delegate_wl_shell; global WlShell 1; WlShellSurface; restore }

impl<A: Hosts> Module<WlShell, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: WlShell, request: wl_shell::Request) -> HandlerResult {
        let wl_shell::Request::GetShellSurface { id, surface } = request;
        let fault = |text| HandlerError::protocol(this, wl_shell::Error::ROLE, text);
        if app.server().data(surface)?.object != Object::None {
            return Err(fault(format!("wl_surface#{} is a window already", surface.id())));
        }
        assign::set_role(app, surface, (Purpose::Shell, &ShellRole), Object::Shell(id), fault)?;
        app.server().data(id)?.surface = Some(surface);
        Ok(())
    }
}

impl<A: Hosts> Module<WlShellSurface, A> for Wayland {
    type Data = ShellSurface;

    fn request(app: &mut A, this: WlShellSurface, request: wl_shell_surface::Request<'_>) -> HandlerResult {
        let Some(surface) = app.server().data(this)?.surface else { return Ok(()) };
        let id = app.server().data(surface)?.id;
        let state = app.server().data(this)?;
        match request {
            wl_shell_surface::Request::Pong { serial } => state.ping = state.ping.filter(|sent| *sent != serial),
            wl_shell_surface::Request::Move { serial, .. } => {
                app.desktop().start_move(id, serial);
            }
            wl_shell_surface::Request::Resize { serial, edges: moved, .. } => {
                state.edges = moved;
                app.desktop().start_resize(id, serial, Edges(moved.0));
            }
            wl_shell_surface::Request::SetToplevel => set_kind(app, this, id, Kind::Window(Shape::Floating))?,
            wl_shell_surface::Request::SetTransient { parent, x, y, flags } => {
                state.inactive = flags.contains(wl_shell_surface::Transient::INACTIVE);
                set_child(app, this, id, parent, Kind::Child { offset: (x, y), popup: false })?;
            }
            wl_shell_surface::Request::SetPopup { parent, x, y, .. } => {
                set_child(app, this, id, parent, Kind::Child { offset: (x, y), popup: true })?;
                // The keyboard stays with the window: only the pointer is grabbed.
                app.desktop().grab_popup(id, false);
            }
            wl_shell_surface::Request::SetFullscreen { .. } => fill(app, this, id, Shape::Fullscreen)?,
            wl_shell_surface::Request::SetMaximized { .. } => fill(app, this, id, Shape::Maximised)?,
            wl_shell_surface::Request::SetTitle { title } => {
                app.desktop().set_title(id, title);
                // It may be no window yet, or for a while.
                let kept = kept_title(title).to_owned();
                let old = std::mem::replace(&mut app.server().data(this)?.title, kept).len();
                let new = app.server().data(this)?.title.len();
                stored::keep(app, this.client(), old as u64, new as u64)?;
            }
            // There are no icons here.
            wl_shell_surface::Request::SetClass { .. } => {}
        }
        app.settle();
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlShellSurface, state: ShellSurface) {
        stored::give_back(app, this.client(), state.title.len() as u64);
        // Its client is gone, and the surface is about to go as well.
        if let Some(surface) = state.surface {
            assign::drop_object(app, surface);
        }
    }
}

/// Makes a surface another kind of window; it is that with its next commit.
fn set_kind<A: Hosts>(app: &mut A, this: WlShellSurface, id: SurfaceId, kind: Kind) -> HandlerResult {
    let size = app.desktop().size(id);
    let state = app.server().data(this)?;
    let before = std::mem::replace(&mut state.kind, kind);
    state.changed = true;
    let (inactive, title) = (state.inactive, state.title.clone());
    let is_window = |kind| matches!(kind, Kind::Window(_));
    let is_full = |kind| matches!(kind, Kind::Window(Shape::Maximised | Shape::Fullscreen));
    match (is_full(before), is_full(kind)) {
        (false, true) => state.floating = Some(size).filter(|size| *size != (0, 0)),
        (true, false) => {
            if let Some((width, height)) = state.floating.take() {
                this.configure(app.server(), wl_shell_surface::Resize::NONE, width, height)?;
            }
        }
        _ => {}
    }
    if is_window(kind) && !is_window(before) {
        app.desktop().make_window(id);
        app.desktop().set_decoration(id, Decoration::Shadow);
        app.desktop().set_title(id, &title);
        app.desktop().set_keyboard(id, if inactive { Keyboard::Passive } else { Keyboard::OnDemand });
    }
    Ok(())
}

/// Makes a surface fill the screen.
fn fill<A: Hosts>(app: &mut A, this: WlShellSurface, id: SurfaceId, shape: Shape) -> HandlerResult {
    set_kind(app, this, id, Kind::Window(shape))?;
    let (width, height) = app.desktop().frame().size();
    this.configure(app.server(), wl_shell_surface::Resize::NONE, width as i32, height as i32)?;
    Ok(())
}

/// Puts a surface on a parent. One that is no window itself cannot be: it
/// might come to lie on its own transient.
fn set_child<A: Hosts>(
    app: &mut A,
    this: WlShellSurface,
    id: SurfaceId,
    parent: WlSurface,
    kind: Kind,
) -> HandlerResult {
    let above = app.server().data(parent)?;
    let is_window = matches!(above.object, Object::Shell(_) | Object::Xdg(_));
    let parent = above.id;
    if !is_window || parent == id {
        return set_kind(app, this, id, Kind::Window(Shape::Floating));
    }
    app.desktop().make_popup(id, parent, true).map_err(|error| HandlerError::internal(error.to_string()))?;
    app.desktop().set_decoration(id, Decoration::None);
    set_kind(app, this, id, kind)?;
    if let Kind::Child { offset, .. } = kind {
        app.desktop().set_offset(id, offset);
    }
    Ok(())
}
