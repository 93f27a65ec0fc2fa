//! wlr-layer-shell: surfaces that belong to the screen and not among its windows:
//! wallpapers, panels, notifications, selections. Served if its XML was there
//! when this program was built.
//!
//! Knows where such surfaces are; which is above which is the scene's.

use std::collections::VecDeque;

use wayline::{Fault, Handled, Interface, RequestHandler};

use super::protocol::zwlr_layer_shell_v1::Layer as Level;
use super::protocol::zwlr_layer_surface_v1::{Anchor, KeyboardInteractivity};
use super::protocol::{WlSurface, ZwlrLayerShellV1, ZwlrLayerSurfaceV1, zwlr_layer_shell_v1, zwlr_layer_surface_v1};
use super::surface::Role;
use super::{commit, tree, xdg};
use crate::app::{App, Target};
use crate::scene::Rect;

/// Configurations kept that were not acknowledged; a client that is slower misses the oldest.
const MAX_SENT: usize = 256;

const ALL_EDGES: u32 = Anchor::TOP.0 | Anchor::BOTTOM.0 | Anchor::LEFT.0 | Anchor::RIGHT.0;

/// Names one of these surfaces.
pub(crate) type Handle = ZwlrLayerSurfaceV1;

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    level: Level,
    size: (u32, u32),
    anchor: Anchor,
    zone: i32,
    /// Top, right, bottom, left.
    margin: [i32; 4],
    keyboard: KeyboardInteractivity,
}

/// State of a `zwlr_layer_surface_v1`.
#[derive(Debug)]
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

impl Default for Layer {
    fn default() -> Self {
        let wish = Wish {
            level: Level::BACKGROUND,
            size: (0, 0),
            anchor: Anchor::empty(),
            zone: 0,
            margin: [0; 4],
            keyboard: KeyboardInteractivity::NONE,
        };
        let (position, sent) = ((0, 0), VecDeque::new());
        Self { surface: None, next: wish, now: wish, position, told: None, sent, configured: false }
    }
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

/// How far above windows a surface is, or below.
fn level(app: &mut App, surface: WlSurface) -> Option<i8> {
    state(app, surface).map(|layer| match layer.now.level {
        Level::BACKGROUND => -2,
        Level::BOTTOM => -1,
        Level::TOP => 1,
        _ => 2,
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
        return Ok(());
    }
    if first || changed {
        arrange(app, first.then_some(surface))?;
    }
    Ok(())
}

/// What follows once it is shown: it may want the keyboard.
pub(super) fn after_show(app: &mut App, surface: WlSurface, appears: bool) {
    let (view, level) = (app.server.data(surface).ok().and_then(|data| data.view), level(app, surface));
    if let (Some(view), Some(level)) = (view, level) {
        app.scene.set_level(view, level);
    }
    let wants = state(app, surface).is_some_and(|layer| layer.now.keyboard == KeyboardInteractivity::EXCLUSIVE);
    if appears && wants && level > Some(0) {
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
        let place = place(&wish, if wish.zone < 0 { screen } else { free });
        free = reserve(&wish, free);
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
    Ok(())
}

/// Where a surface goes within bounds.
fn place(wish: &Wish, bounds: Rect) -> Rect {
    let [top, right, bottom, left] = wish.margin;
    let along = |low: bool, high: bool, from: i32, to: i32, size: u32, before: i32, after: i32| {
        let (from, to) = match (low, high) {
            (true, true) => (from.saturating_add(before), to.saturating_sub(after)),
            (true, false) => (from.saturating_add(before), to),
            (false, true) => (from, to.saturating_sub(after)),
            (false, false) => (from, to),
        };
        let room = to.saturating_sub(from).max(1);
        let size = if size == 0 { room } else { i32::try_from(size).unwrap_or(i32::MAX) };
        let at = match (low, high) {
            (true, false) => from,
            (false, true) => to.saturating_sub(size),
            _ => from.saturating_add(room.saturating_sub(size) / 2),
        };
        (at, size)
    };
    let has = |edge: Anchor| wish.anchor.contains(edge);
    let (x, width) =
        along(has(Anchor::LEFT), has(Anchor::RIGHT), bounds.left(), bounds.right(), wish.size.0, left, right);
    let (y, height) =
        along(has(Anchor::TOP), has(Anchor::BOTTOM), bounds.top(), bounds.bottom(), wish.size.1, top, bottom);
    Rect::new(x, y, width, height)
}

/// What is left for others beside a surface that wants a strip of the screen for itself.
fn reserve(wish: &Wish, free: Rect) -> Rect {
    if wish.zone <= 0 {
        return free;
    }
    let [top, right, bottom, left] = wish.margin;
    let (mut x1, mut y1, mut x2, mut y2) = (free.left(), free.top(), free.right(), free.bottom());
    // The edge is the one it is anchored to without the opposite one.
    let sides = ALL_EDGES & wish.anchor.0;
    let alone = |edge: Anchor, opposite: Anchor| sides & edge.0 != 0 && sides & opposite.0 == 0;
    let vertical = alone(Anchor::TOP, Anchor::BOTTOM) || alone(Anchor::BOTTOM, Anchor::TOP);
    let horizontal = alone(Anchor::LEFT, Anchor::RIGHT) || alone(Anchor::RIGHT, Anchor::LEFT);
    match (vertical, horizontal) {
        (true, false) if sides & Anchor::TOP.0 != 0 => y1 = y1.saturating_add(wish.zone).saturating_add(top),
        (true, false) => y2 = y2.saturating_sub(wish.zone).saturating_sub(bottom),
        (false, true) if sides & Anchor::LEFT.0 != 0 => x1 = x1.saturating_add(wish.zone).saturating_add(left),
        (false, true) => x2 = x2.saturating_sub(wish.zone).saturating_sub(right),
        // A corner, or no edge at all, is no strip.
        _ => return free,
    }
    Rect::from_edges(x1, y1, x2.max(x1), y2.max(y1))
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
