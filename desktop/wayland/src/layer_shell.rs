//! wlr-layer-shell: surfaces that belong to the screen and not among its windows:
//! wallpapers, panels, notifications, selections.
//!
//! Knows what clients want; where that is, and what is above what, is the desktop's.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, Interface};

use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::zwlr_layer_shell_v1::Layer as Level;
use crate::protocol::zwlr_layer_surface_v1::{Anchor, KeyboardInteractivity};
use crate::protocol::{WlSurface, ZwlrLayerShellV1, ZwlrLayerSurfaceV1, zwlr_layer_shell_v1, zwlr_layer_surface_v1};
use crate::shell::configures::Configures;
use crate::shell::xdg;
use crate::state::MAX_DEVICES;
use crate::surface::assign;
use crate::surface::role::{Change, Object, Role};
use wayline_desktop::{Dock, Edges, Effect, Keyboard, SurfaceId};

const ALL_EDGES: u32 = Anchor::TOP.0 | Anchor::BOTTOM.0 | Anchor::LEFT.0 | Anchor::RIGHT.0;

/// State of a `zwlr_layer_surface_v1`.
#[derive(Debug, Default)]
pub struct Layer {
    surface: Option<WlSurface>,
    id: Option<SurfaceId>,
    next: Wanted,
    now: Wanted,
    configures: Configures<()>,
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    level: Level,
    size: (u32, u32),
    anchor: Anchor,
    zone: i32,
    /// Top, right, bottom, left.
    margin: [i32; 4],
    keyboard: KeyboardInteractivity,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            level: Level::BACKGROUND,
            size: (0, 0),
            anchor: Anchor::empty(),
            zone: 0,
            margin: [0; 4],
            keyboard: KeyboardInteractivity::NONE,
        }
    }
}

impl Wanted {
    fn dock(&self) -> Dock {
        let level = match self.level {
            Level::BACKGROUND => -2,
            Level::BOTTOM => -1,
            Level::TOP => 1,
            _ => 2,
        };
        Dock { level, size: self.size, anchor: Edges(self.anchor.0), zone: self.zone, margin: self.margin }
    }

    fn keyboard(&self) -> Keyboard {
        match self.keyboard {
            KeyboardInteractivity::NONE => Keyboard::Never,
            KeyboardInteractivity::EXCLUSIVE => Keyboard::Exclusive,
            _ => Keyboard::OnDemand,
        }
    }
}

/// The role of surfaces on layers.
#[derive(Debug)]
struct LayerRole;

fn state<A: Hosts>(app: &mut A, surface: WlSurface) -> Option<(ZwlrLayerSurfaceV1, &mut Layer)> {
    match app.server().data(surface).ok()?.object {
        Object::Layer(this) => Some((this, app.server().data(this).ok()?)),
        _ => None,
    }
}

impl<A: Hosts> Role<A> for LayerRole {
    fn check_commit(&self, app: &mut A, surface: WlSurface, content: Option<bool>) -> HandlerResult {
        let early_buffers = app.wayland().early_buffers;
        let Some((this, Layer { next, configures, .. })) = state(app, surface) else { return Ok(()) };
        let spans = |low: Anchor, high: Anchor| next.anchor.contains(low | high);
        if next.size.0 == 0 && !spans(Anchor::LEFT, Anchor::RIGHT)
            || next.size.1 == 0 && !spans(Anchor::TOP, Anchor::BOTTOM)
        {
            let text = "a size of 0 is for surfaces that are anchored to both edges";
            return Err(HandlerError::protocol(this, zwlr_layer_surface_v1::Error::INVALID_SIZE, text));
        }
        if content == Some(true) && !configures.configured && !early_buffers {
            let text = "a buffer before the first ack_configure";
            return Err(HandlerError::protocol(this, zwlr_layer_surface_v1::Error::INVALID_SURFACE_STATE, text));
        }
        Ok(())
    }

    /// The surface is where its client wants it.
    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let Some((_, layer)) = state(app, surface) else { return Ok(()) };
        let first = !std::mem::replace(&mut layer.configures.initial, true);
        let changed = std::mem::replace(&mut layer.now, layer.next) != layer.next;
        let (now, id) = (layer.now, layer.id);
        if let Some(id) = id.filter(|_| (first || changed) && !change.vanishes()) {
            app.desktop().set_dock(id, now.dock());
            app.desktop().set_keyboard(id, now.keyboard());
        }
        Ok(())
    }

    /// Taken away: it starts again with its next commit.
    fn unmap(&self, app: &mut A, surface: WlSurface) {
        if let Some((_, layer)) = state(app, surface) {
            layer.configures.start_again();
        }
    }

    fn deliver(&self, app: &mut A, surface: WlSurface, effect: Effect) {
        if let (Effect::Configure, Some((this, _))) = (effect, state(app, surface)) {
            // The client may be gone.
            let _ = configure(app, this);
        }
    }

    fn destroyed(&self, app: &mut A, _: WlSurface, object: Object) {
        if let Object::Layer(this) = object
            && let Ok(state) = app.server().data(this)
        {
            (state.surface, state.id) = (None, None);
        }
    }
}

/// Tells a surface its size, once it has made its first commit.
fn configure<A: Hosts>(app: &mut A, this: ZwlrLayerSurfaceV1) -> HandlerResult {
    let layer = app.server().data(this)?;
    let Some(id) = layer.id.filter(|_| layer.configures.may_send()) else { return Ok(()) };
    let (size, serial) = (app.desktop().wanted(id).size, app.desktop().next_serial());
    app.server().data(this)?.configures.push(serial, ());
    this.configure(app.server(), serial, size.0.unsigned_abs(), size.1.unsigned_abs())?;
    Ok(())
}

module! { ($) delegate_layer_shell; global ZwlrLayerShellV1 4; ZwlrLayerSurfaceV1 }

impl<A: Hosts> Module<ZwlrLayerShellV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: ZwlrLayerShellV1, request: zwlr_layer_shell_v1::Request<'_>) -> HandlerResult {
        let zwlr_layer_shell_v1::Request::GetLayerSurface { id, surface, layer, .. } = request else { return Ok(()) };
        check_level(this, layer, this.version())?;
        let data = app.server().data(surface)?;
        if data.has_buffer() || matches!(data.object, Object::Layer(_)) {
            let text = format!("wl_surface#{} has content, or is on a layer, already", surface.id());
            return Err(HandlerError::protocol(this, zwlr_layer_shell_v1::Error::ALREADY_CONSTRUCTED, text));
        }
        let layers = &mut app.wayland().client(this).layers;
        if *layers == MAX_DEVICES {
            return Err(HandlerError::internal(format!("more than {MAX_DEVICES} surfaces on layers")));
        }
        *layers += 1;
        let of = ("surface on a layer", &LayerRole as &dyn Role<A>);
        let name = assign::set_role(app, surface, of, Object::Layer(id), this, zwlr_layer_shell_v1::Error::ROLE)?;
        app.desktop().make_window(name);
        app.desktop().set_keyboard(name, Keyboard::Never);
        let state = app.server().data(id)?;
        (state.surface, state.id) = (Some(surface), Some(name));
        (state.now.level, state.next.level) = (layer, layer);
        Ok(())
    }
}

fn check_level(blame: impl Interface, level: Level, version: u32) -> HandlerResult {
    if level.is_valid(version) {
        return Ok(());
    }
    let text = format!("{} is no layer", level.0);
    Err(HandlerError::protocol(blame, zwlr_layer_shell_v1::Error::INVALID_LAYER, text))
}

impl<A: Hosts> Module<ZwlrLayerSurfaceV1, A> for Wayland {
    type Data = Layer;

    fn request(app: &mut A, this: ZwlrLayerSurfaceV1, request: zwlr_layer_surface_v1::Request) -> HandlerResult {
        use zwlr_layer_surface_v1::{Error, Request};

        let layer = app.server().data(this)?;
        let fault = |code: Error, text: String| Err(HandlerError::protocol(this, code, text));
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
            // Of a version that is not offered.
            Request::SetExclusiveEdge { .. } => return Err(HandlerError::internal("set_exclusive_edge is not served")),
            Request::GetPopup { popup } => {
                if let Some(surface) = layer.surface {
                    xdg::set_popup_parent(app, popup, surface)?;
                }
            }
            Request::AckConfigure { serial } => {
                let Some(is_owed) = layer.configures.acknowledge(serial) else {
                    return fault(Error::INVALID_SURFACE_STATE, format!("serial {serial} is not one to acknowledge"));
                };
                if is_owed {
                    configure(app, this)?;
                }
            }
            Request::SetLayer { layer: level } => {
                // The code is the shell's, but the object is this one.
                check_level(this, level, this.version())?;
                layer.next.level = level;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwlrLayerSurfaceV1, layer: Layer) {
        let layers = &mut app.wayland().client(this).layers;
        *layers = layers.saturating_sub(1);
        if let Some(surface) = layer.surface {
            assign::unmap(app, surface);
            assign::drop_object(app, surface);
        }
    }
}
