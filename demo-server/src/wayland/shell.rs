//! `wl_shell`: the shell from before xdg-shell, offered only on request. A
//! window is placed once; transients and popups lie where their parent is.

use wayline::{Fault, Handled, RequestHandler};

use super::commit;
use super::protocol::xdg_toplevel::ResizeEdge;
use super::protocol::{WlShell, WlShellSurface, WlSurface, wl_shell, wl_shell_surface};
use super::surface::{Role, Surface};
use super::{grab, tree, window};
use crate::app::{App, Target};
use crate::titles;

/// Most transients and popups on top of each other: whatever walks them is recursive.
const MAX_DEPTH: u32 = 32;

/// What a surface was made last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing: it is not shown.
    #[default]
    None,
    Toplevel,
    /// Maximised or fullscreen.
    Full,
    /// Transient or popup; where it is in its parent, `None` if that is gone.
    Child {
        parent: Option<WlSurface>,
        offset: (i32, i32),
    },
}

/// State of a `wl_shell_surface`.
#[derive(Debug, Default)]
pub(crate) struct ShellSurface {
    surface: Option<WlSurface>,
    kind: Kind,
    title: String,
    /// Whether the keyboard stays where it is when the window appears.
    inactive: bool,
    /// Upper left corner on the screen, once it was placed.
    position: Option<(i32, i32)>,
    /// Where it was before it filled the screen, and its size then.
    floating: Option<((i32, i32), (i32, i32))>,
    /// Serial of the ping that was not answered yet.
    ping: Option<u32>,
}

fn of(app: &mut App, surface: WlSurface) -> Option<&mut ShellSurface> {
    let this = app.server.data(surface).ok()?.shell?;
    app.server.data(this).ok()
}

/// Whether the surface is a window of this shell that may be shown.
pub(super) fn is_shown(app: &mut App, surface: WlSurface) -> bool {
    of(app, surface).is_some_and(|state| state.kind != Kind::None)
}

/// What a window is called.
pub(super) fn title(app: &mut App, surface: WlSurface) -> Option<String> {
    of(app, surface).map(|state| state.title.clone())
}

/// Where a window is on the screen.
pub(super) fn position(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    of(app, surface).filter(|state| matches!(state.kind, Kind::Toplevel | Kind::Full))?.position
}

/// Moves a window.
pub(super) fn move_to(app: &mut App, surface: WlSurface, position: (i32, i32)) {
    if let Some(state) = of(app, surface).filter(|state| state.kind == Kind::Toplevel) {
        state.position = Some(position);
    }
}

/// The surface that a transient or a popup lies on.
pub(super) fn parent(app: &mut App, surface: WlSurface) -> Option<WlSurface> {
    match of(app, surface)?.kind {
        Kind::Child { parent, .. } => parent,
        _ => None,
    }
}

/// Where a transient or a popup is in its parent.
pub(super) fn offset(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    match of(app, surface)?.kind {
        Kind::Child { offset, .. } => Some(offset),
        _ => None,
    }
}

/// Suggests a size to a window while the user moves its edges.
pub(super) fn resize(app: &mut App, surface: WlSurface, edges: u32, (width, height): (i32, i32)) {
    let Some(this) = app.server.data(surface).ok().and_then(|state| state.shell) else { return };
    let edges = wl_shell_surface::Resize(edges);
    // Its client may be gone.
    let _ = this.configure(&mut app.server, edges, width.max(1), height.max(1));
}

/// The window has the keyboard: is its client still there?
pub(super) fn activate(app: &mut App, surface: WlSurface) {
    let serial = app.serial();
    let Some(state) = of(app, surface) else { return };
    if state.ping.is_some() {
        tracing::warn!("{:?} does not answer", surface.client());
        return;
    }
    state.ping = Some(serial);
    if let Some(this) = app.server.data(surface).ok().and_then(|state| state.shell) {
        // The client may be gone.
        let _ = this.ping(&mut app.server, serial);
    }
}

/// A commit takes effect: the window is where it belongs.
pub(super) fn before_show(app: &mut App, surface: WlSurface, offset: (i32, i32)) {
    let Ok(size) = app.server.data(surface).map(|state| state.current.size) else { return };
    let place = app.scene.place((size.0.unsigned_abs(), size.1.unsigned_abs()));
    let Some(state) = of(app, surface) else { return };
    let (x, y) = state.position.unwrap_or(place);
    match &mut state.kind {
        Kind::None => {}
        Kind::Toplevel => state.position = Some((x.saturating_add(offset.0), y.saturating_add(offset.1))),
        Kind::Full => state.position = Some((0, 0)),
        Kind::Child { offset: at, .. } => {
            *at = (at.0.saturating_add(offset.0), at.1.saturating_add(offset.1));
        }
    }
}

/// A window that appears gets the keyboard, unless it does not want it.
pub(super) fn after_show(app: &mut App, surface: WlSurface, appears: bool) {
    let wants = of(app, surface).is_some_and(|state| state.kind != Kind::None && !state.inactive);
    if appears && wants {
        window::dismiss_popups(app, None);
        app.focus(Some(Target::Wayland(surface)));
    }
}

/// A button was pressed over something: popups of other clients end.
pub(super) fn dismiss_popups(app: &mut App, over: Option<Target>) {
    let client = over.map(Target::client);
    if app.wayland.shell_popups.first().is_none_or(|popup| Some(popup.client()) == client) {
        return;
    }
    while let Some(popup) = app.wayland.shell_popups.pop() {
        // The client may be gone.
        let _ = popup.popup_done(&mut app.server);
        let surface = app.server.data(popup).ok().and_then(|state| state.surface);
        if let Some(surface) = surface {
            hide(app, surface);
        }
    }
}

fn hide(app: &mut App, surface: WlSurface) {
    if let Some(view) = app.server.data(surface).ok().and_then(|state| state.view.take()) {
        tree::remove(app, surface, view);
    }
}

/// A surface is gone, and with it its `wl_shell_surface`, which has no destructor.
pub(super) fn surface_destroyed(app: &mut App, this: WlSurface, data: &Surface) {
    for child in data.popups.iter().copied() {
        if let Some(ShellSurface { kind: Kind::Child { parent, .. }, .. }) = of(app, child) {
            *parent = None;
            hide(app, child);
        }
    }
    let Some(shell) = data.shell else { return };
    let kind = app.server.data(shell).map(|state| state.kind);
    if let Ok(Kind::Child { parent: Some(parent), .. }) = kind {
        leave(app, parent, this);
    }
    app.wayland.shell_popups.retain(|popup| *popup != shell);
    app.server.retire(shell);
}

fn leave(app: &mut App, parent: WlSurface, child: WlSurface) {
    if let Ok(data) = app.server.data(parent) {
        data.popups.retain(|popup| *popup != child);
    }
}

impl RequestHandler<WlShell> for App {
    type Data = ();

    fn request(&mut self, this: WlShell, request: wl_shell::Request) -> Handled {
        let wl_shell::Request::GetShellSurface { id, surface } = request;
        let state = self.server.data(surface)?;
        if state.shell.is_some() || state.xdg.is_some() {
            let text = format!("wl_surface#{} is a window already", surface.id());
            return Err(Fault::protocol(this, wl_shell::Error::ROLE, text));
        }
        commit::give_role(self, surface, Role::Shell, this, wl_shell::Error::ROLE)?;
        self.server.data(surface)?.shell = Some(id);
        self.server.data(id)?.surface = Some(surface);
        Ok(())
    }
}

impl RequestHandler<WlShellSurface> for App {
    type Data = ShellSurface;

    fn request(&mut self, this: WlShellSurface, request: wl_shell_surface::Request<'_>) -> Handled {
        let state = self.server.data(this)?;
        let Some(surface) = state.surface else { return Ok(()) };
        match request {
            wl_shell_surface::Request::Pong { serial } => state.ping = state.ping.filter(|sent| *sent != serial),
            wl_shell_surface::Request::Move { serial, .. } => grab::start_move(self, surface, serial),
            wl_shell_surface::Request::Resize { serial, edges, .. } => {
                // The same edges as those of xdg-shell, by the same numbers.
                grab::start_resize(self, surface, serial, ResizeEdge(edges.0));
            }
            wl_shell_surface::Request::SetToplevel => self.set_kind(this, surface, Kind::Toplevel)?,
            wl_shell_surface::Request::SetTransient { parent, x, y, flags } => {
                state.inactive = flags.0 & wl_shell_surface::Transient::INACTIVE.0 != 0;
                self.set_child(this, surface, parent, (x, y))?;
            }
            wl_shell_surface::Request::SetPopup { parent, x, y, .. } => {
                // The keyboard stays with the window: only the pointer is grabbed.
                state.inactive = true;
                self.set_child(this, surface, parent, (x, y))?;
                if self.wayland.shell_popups.last().is_some_and(|popup| popup.client() != this.client()) {
                    dismiss_popups(self, None);
                }
                self.wayland.shell_popups.push(this);
            }
            wl_shell_surface::Request::SetFullscreen { .. } | wl_shell_surface::Request::SetMaximized { .. } => {
                self.set_kind(this, surface, Kind::Full)?;
                let (width, height) = self.scene.frame().size();
                this.configure(&mut self.server, wl_shell_surface::Resize::NONE, width as i32, height as i32)?;
            }
            wl_shell_surface::Request::SetTitle { title } => {
                state.title = titles::kept(title);
                self.name_screen();
            }
            // There are no icons here.
            wl_shell_surface::Request::SetClass { .. } => {}
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlShellSurface, state: ShellSurface) {
        // Its client is gone, and the surface is about to go as well.
        self.wayland.shell_popups.retain(|popup| *popup != this);
        let Some(surface) = state.surface else { return };
        if let Kind::Child { parent: Some(parent), .. } = state.kind {
            leave(self, parent, surface);
        }
        if let Ok(data) = self.server.data(surface) {
            data.shell = None;
        }
    }
}

impl App {
    /// Makes a surface another kind of window; it is that with its next commit.
    fn set_kind(&mut self, this: WlShellSurface, surface: WlSurface, kind: Kind) -> Handled {
        self.wayland.shell_popups.retain(|popup| *popup != this);
        if let Some(parent) = parent(self, surface) {
            leave(self, parent, surface);
        }
        let size = self.server.data(surface)?.current.size;
        let state = self.server.data(this)?;
        let before = std::mem::replace(&mut state.kind, kind);
        match (before == Kind::Full, kind == Kind::Full) {
            (false, true) => state.floating = state.position.map(|at| (at, size)),
            (true, false) => {
                let floating = state.floating.take();
                state.position = floating.map(|(at, _)| at);
                if let Some((_, (width, height))) = floating {
                    this.configure(&mut self.server, wl_shell_surface::Resize::NONE, width, height)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a surface on a parent. One that is no window itself cannot be: it
    /// might come to lie on its own transient.
    fn set_child(
        &mut self,
        this: WlShellSurface,
        surface: WlSurface,
        parent: WlSurface,
        offset: (i32, i32),
    ) -> Handled {
        let is_window = matches!(self.server.data(parent)?.role, Some(Role::Shell | Role::Toplevel | Role::Popup));
        if !is_window || parent == surface {
            return self.set_kind(this, surface, Kind::Toplevel);
        }
        if !self.server.data(surface)?.popups.is_empty() {
            return Err(Fault::internal("a surface that is a parent already cannot get one"));
        }
        let mut depth = 1;
        let mut above = Some(parent);
        while let Some(at) = above {
            depth += 1;
            above = window::parent(self, at);
        }
        if depth > MAX_DEPTH {
            return Err(Fault::internal(format!("more than {MAX_DEPTH} transients on top of each other")));
        }
        self.set_kind(this, surface, Kind::Child { parent: Some(parent), offset })?;
        self.server.data(parent)?.popups.push(surface);
        Ok(())
    }
}
