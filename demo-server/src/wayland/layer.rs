//! wlr-layer-shell: surfaces that belong to the screen and not among its windows:
//! wallpapers, panels, notifications, selections. Served if its XML was there
//! when this program was built.
//!
//! Knows where such surfaces are; which is above which is the scene's.

mod place;

use std::collections::VecDeque;

use wayline::{Fault, Handled, Interface, RequestHandler};

use super::protocol::zwlr_layer_shell_v1::Layer as Level;
use super::protocol::zwlr_layer_surface_v1::{Anchor, KeyboardInteractivity};
use super::protocol::{WlSurface, ZwlrLayerShellV1, ZwlrLayerSurfaceV1, zwlr_layer_shell_v1, zwlr_layer_surface_v1};
use super::surface::Role;
use super::{commit, tree, xdg};
use crate::app::{App, Target};
use place::{ALL_EDGES, Wish};

/// Configurations kept that were not acknowledged; a client that is slower misses the oldest.
const MAX_SENT: usize = 256;

/// How far above windows panels are.
pub(super) const PANELS: i8 = 1;

/// Names one of these surfaces.
pub(crate) type Handle = ZwlrLayerSurfaceV1;

/// State of a `zwlr_layer_surface_v1`.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    surface: Option<WlSurface>,
    next: Wish,
    now: Wish,
    /// Upper left corner on the screen.
    position: (i32, i32),
    /// The size it was told; `None` before its first commit.
    told: Option<(u32, u32)>,
    sent: VecDeque<u32>,
    configured: bool,
}

fn of(app: &mut App, surface: WlSurface) -> Option<ZwlrLayerSurfaceV1> {
    app.server.data(surface).ok()?.layer
}

fn state(app: &mut App, surface: WlSurface) -> Option<&mut Layer> {
    let this = of(app, surface)?;
    app.server.data(this).ok()
}

/// Where a surface is on the screen; `None` if it is none of these.
pub(super) fn position(app: &mut App, surface: WlSurface) -> Option<(i32, i32)> {
    state(app, surface).map(|layer| layer.position)
}

/// Moves a surface, until all of them get their places again.
pub(super) fn move_to(app: &mut App, surface: WlSurface, position: (i32, i32)) {
    if let Some(layer) = state(app, surface) {
        layer.position = position;
    }
}

/// How far above windows a surface is, or below.
fn level(app: &mut App, surface: WlSurface) -> Option<i8> {
    state(app, surface).map(|layer| match layer.now.level {
        Level::BACKGROUND => -2,
        Level::BOTTOM => -1,
        Level::TOP => PANELS,
        _ => PANELS + 1,
    })
}

/// Whether a surface may have the keyboard.
pub(super) fn takes_keyboard(app: &mut App, surface: WlSurface) -> bool {
    state(app, surface).is_none_or(|layer| layer.now.keyboard != KeyboardInteractivity::NONE)
}

/// Whether a commit is allowed; `content` as in `xdg`.
pub(super) fn check_commit(app: &mut App, surface: WlSurface, content: Option<bool>) -> Handled {
    let Some(this) = of(app, surface) else { return Ok(()) };
    let early_buffers = app.wayland.early_buffers;
    let Layer { next, configured, .. } = app.server.data(this)?;
    let spans = |low: Anchor, high: Anchor| next.anchor.contains(low | high);
    if next.size.0 == 0 && !spans(Anchor::LEFT, Anchor::RIGHT)
        || next.size.1 == 0 && !spans(Anchor::TOP, Anchor::BOTTOM)
    {
        let text = "a size of 0 is for surfaces that are anchored to both edges";
        return Err(Fault::protocol(this, zwlr_layer_surface_v1::Error::INVALID_SIZE, text));
    }
    if content == Some(true) && !*configured && !early_buffers {
        let text = "a buffer before the first ack_configure";
        return Err(Fault::protocol(this, zwlr_layer_surface_v1::Error::INVALID_SURFACE_STATE, text));
    }
    Ok(())
}

/// A commit takes effect: the surface is where its client wants it.
pub(super) fn before_show(app: &mut App, surface: WlSurface, had: bool, has: bool) -> Handled {
    let Some(layer) = state(app, surface) else { return Ok(()) };
    let first = layer.told.is_none();
    let changed = std::mem::replace(&mut layer.now, layer.next) != layer.next;
    if had && !has {
        // Taken away: it starts again with its next commit.
        (layer.told, layer.configured) = (None, false);
        layer.sent.clear();
        return arrange(app, None);
    }
    if first || changed {
        arrange(app, first.then_some(surface))?;
    }
    Ok(())
}

/// The surface above windows that keeps the keyboard from all others, if any.
pub(super) fn keeps_keyboard(app: &mut App) -> Option<WlSurface> {
    let mut topmost: Option<(Level, WlSurface)> = None;
    for this in app.wayland.layers.clone() {
        let Ok(Layer { surface: Some(surface), now, .. }) = app.server.data(this) else { continue };
        let (surface, wish) = (*surface, *now);
        if wish.keyboard == KeyboardInteractivity::EXCLUSIVE
            && wish.level >= topmost.map_or(Level::TOP, |(level, _)| level)
            && app.server.data(surface).is_ok_and(|data| data.view.is_some())
        {
            topmost = Some((wish.level, surface));
        }
    }
    topmost.map(|(_, surface)| surface)
}

/// What follows once it is shown: it may want the keyboard, or not any more. One
/// above windows that may have it gets it when it appears, as a window does.
pub(super) fn after_show(app: &mut App, surface: WlSurface, appears: bool) {
    let Some(level) = level(app, surface) else { return };
    tree::set_level(app, surface, level);
    let has_keyboard = match app.keyboard_focus() {
        Some(Target::Wayland(focus)) => tree::root(app, focus) == surface,
        _ => false,
    };
    if !takes_keyboard(app, surface) {
        if has_keyboard {
            app.focus_latest();
        }
    } else if !has_keyboard && (appears && level > 0 || keeps_keyboard(app) == Some(surface)) {
        app.focus(Some(Target::Wayland(surface)));
    }
}

/// Gives all of them their place: those that keep windows away first, from the
/// top down. `first` is told its size even if that did not change.
fn arrange(app: &mut App, first: Option<WlSurface>) -> Handled {
    let screen = app.scene.frame().bounds();
    let mut free = screen;
    let mut all = Vec::new();
    for this in app.wayland.layers.clone() {
        let layer = app.server.data(this)?;
        if let Some(surface) = layer.surface.filter(|surface| layer.told.is_some() || first == Some(*surface)) {
            all.push((layer.now.zone <= 0, std::cmp::Reverse(layer.now.level), this, surface));
        }
    }
    all.sort_by_key(|(lies, level, ..)| (*lies, *level));
    for (_, _, this, surface) in all {
        let layer = app.server.data(this)?;
        let wish = layer.now;
        let place = wish.place(if wish.zone < 0 { screen } else { free });
        free = wish.reserve(free);
        layer.position = (place.left(), place.top());
        let size = (place.width(), place.height());
        if layer.told.replace(size) != Some(size) || first == Some(surface) {
            let serial = app.serial();
            let layer = app.server.data(this)?;
            if layer.sent.len() == MAX_SENT {
                layer.sent.pop_front();
            }
            layer.sent.push_back(serial);
            // The client may be gone.
            let _ = this.configure(&mut app.server, serial, size.0, size.1);
        }
        tree::arrange(app, surface);
    }
    if app.scene.free() != free {
        app.scene.set_free(free);
        xdg::free_changed(app);
    }
    Ok(())
}

impl RequestHandler<ZwlrLayerShellV1> for App {
    type Data = ();

    fn request(&mut self, this: ZwlrLayerShellV1, request: zwlr_layer_shell_v1::Request<'_>) -> Handled {
        let zwlr_layer_shell_v1::Request::GetLayerSurface { id, surface, layer, .. } = request else { return Ok(()) };
        check_level(this, layer, this.version())?;
        let data = self.server.data(surface)?;
        if data.attach.is_some_and(|attach| attach.is_some()) || data.current.attached.is_some() || data.layer.is_some()
        {
            let text = format!("wl_surface#{} has content, or is on a layer, already", surface.id());
            return Err(Fault::protocol(this, zwlr_layer_shell_v1::Error::ALREADY_CONSTRUCTED, text));
        }
        commit::give_role(self, surface, Role::Layer, this, zwlr_layer_shell_v1::Error::ROLE)?;
        self.server.data(surface)?.layer = Some(id);
        let state = self.server.data(id)?;
        state.surface = Some(surface);
        (state.now.level, state.next.level) = (layer, layer);
        self.wayland.layers.push(id);
        Ok(())
    }
}

fn check_level(blame: impl Interface, level: Level, version: u32) -> Handled {
    if level.is_valid(version) {
        return Ok(());
    }
    let text = format!("{} is no layer", level.0);
    Err(Fault::protocol(blame, zwlr_layer_shell_v1::Error::INVALID_LAYER, text))
}

impl RequestHandler<ZwlrLayerSurfaceV1> for App {
    type Data = Layer;

    fn request(&mut self, this: ZwlrLayerSurfaceV1, request: zwlr_layer_surface_v1::Request) -> Handled {
        use zwlr_layer_surface_v1::{Error, Request};

        let layer = self.server.data(this)?;
        let fault = |code: Error, text: String| Err(Fault::protocol(this, code, text));
        match request {
            Request::Destroy => {}
            Request::SetSize { width, height } => layer.next.size = (width, height),
            Request::SetAnchor { anchor } => {
                if anchor.0 & !ALL_EDGES != 0 {
                    return fault(Error::INVALID_ANCHOR, format!("{:#x} are not all edges", anchor.0));
                }
                layer.next.anchor = anchor;
            }
            Request::SetExclusiveZone { zone } => layer.next.zone = zone,
            Request::SetMargin { top, right, bottom, left } => layer.next.margin = [top, right, bottom, left],
            Request::SetKeyboardInteractivity { keyboard_interactivity } => {
                if !keyboard_interactivity.is_valid(this.version()) {
                    let text = format!("{} is no way to have the keyboard", keyboard_interactivity.0);
                    return fault(Error::INVALID_KEYBOARD_INTERACTIVITY, text);
                }
                layer.next.keyboard = keyboard_interactivity;
            }
            Request::GetPopup { popup } => {
                if let Some(surface) = layer.surface {
                    xdg::set_popup_parent(self, popup, surface)?;
                }
            }
            Request::AckConfigure { serial } => {
                let Some(at) = layer.sent.iter().position(|sent| *sent == serial) else {
                    return fault(Error::INVALID_SURFACE_STATE, format!("serial {serial} is not one to acknowledge"));
                };
                layer.sent.drain(..=at);
                layer.configured = true;
            }
            Request::SetLayer { layer: level } => {
                // The code is the shell's, but the object is this one.
                check_level(this, level, this.version())?;
                layer.next.level = level;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: ZwlrLayerSurfaceV1, layer: Layer) {
        self.wayland.layers.retain(|other| *other != this);
        let Some(surface) = layer.surface else { return };
        if let Ok(data) = self.server.data(surface) {
            data.layer = None;
            xdg::unmap(self, surface);
        }
        // Its client may be gone by now; the others are told of the room there is.
        let _ = arrange(self, None);
    }
}

/// The surface is gone, before what made it one of these.
pub(super) fn surface_destroyed(app: &mut App, layer: Option<ZwlrLayerSurfaceV1>) {
    if let Some(state) = layer.and_then(|layer| app.server.data(layer).ok()) {
        state.surface = None;
    }
}
