//! wlr-layer-shell: surfaces that belong to the screen and not among its windows:
//! wallpapers, panels, notifications, selections.
//!
//! Knows what clients want; where that is, and what is above what, is the desktop's.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, Interface};

use crate::globals::module;
use crate::host::Wayland;
use crate::limits::{MAX_DEVICES, check_number};
use crate::protocol::zwlr_layer_shell_v1::Layer as Level;
use crate::protocol::zwlr_layer_surface_v1::KeyboardInteractivity;
use crate::protocol::{
    WlSurface, ZwlrLayerShellV1, ZwlrLayerSurfaceV1, zwlr_layer_shell_v1 as layer_shell,
    zwlr_layer_surface_v1 as layer_surface,
};
use crate::shell::configures::Configures;
use crate::shell::xdg;
use crate::surface::assign;
use crate::surface::role::{Change, Object, Purpose, Role};
use wayline_desktop::{Dock, Edges, Effect, Keyboard};

/// State of a `zwlr_layer_surface_v1`.
#[derive(Debug, Default)]
pub struct Layer {
    surface: Option<WlSurface>,
    next: Wanted,
    now: Wanted,
    configures: Configures<()>,
}

wayline::carry!(struct Layer { surface, next, now, configures });

/// What a client wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wanted {
    dock: Dock,
    keyboard: Keyboard,
}

wayline::carry!(struct Wanted { dock, keyboard });

/// The level of a layer: windows are between the second and the third.
fn level_of(layer: Level) -> i8 {
    match layer {
        Level::BACKGROUND => -2,
        Level::BOTTOM => -1,
        Level::TOP => 1,
        _ => 2,
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

/// Gives those that another process had their role.
fn restore<A: Hosts>(app: &mut A) {
    assign::restore(app, &LayerRole, |object| matches!(object, Object::Layer(_)));
}

impl<A: Hosts> Role<A> for LayerRole {
    fn check_commit(&self, app: &mut A, surface: WlSurface, content: Option<bool>) -> HandlerResult {
        let early_buffers = app.wayland().early_buffers;
        let Some((this, Layer { next, configures, .. })) = state(app, surface) else { return Ok(()) };
        let Dock { size, anchor, .. } = next.dock;
        let is_wide = size.0 > 0 || (anchor.contains(Edges::LEFT) && anchor.contains(Edges::RIGHT));
        let is_high = size.1 > 0 || (anchor.contains(Edges::TOP) && anchor.contains(Edges::BOTTOM));
        let text = || "a size of 0 is for surfaces that are anchored to both edges";
        HandlerError::unless(is_wide && is_high, this, layer_surface::Error::INVALID_SIZE, text)?;
        let is_ready = content != Some(true) || configures.configured || early_buffers;
        let text = || "a buffer before the first ack_configure";
        HandlerError::unless(is_ready, this, layer_surface::Error::INVALID_SURFACE_STATE, text)
    }

    /// The surface is where its client wants it.
    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let id = app.server().data(surface)?.id;
        let Some((_, layer)) = state(app, surface) else { return Ok(()) };
        let first = !std::mem::replace(&mut layer.configures.initial, true);
        let changed = std::mem::replace(&mut layer.now, layer.next) != layer.next;
        let Wanted { dock, keyboard } = layer.now;
        if (first || changed) && !change.vanishes() {
            app.desktop().set_dock(id, dock);
            app.desktop().set_keyboard(id, keyboard);
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
}

/// Tells a surface its size, once it has made its first commit.
fn configure<A: Hosts>(app: &mut A, this: ZwlrLayerSurfaceV1) -> HandlerResult {
    let layer = app.server().data(this)?;
    let Some(surface) = layer.surface.filter(|_| layer.configures.may_send()) else { return Ok(()) };
    let id = app.server().data(surface)?.id;
    let (size, serial) = (app.desktop().wanted(id).size, app.desktop().next_serial());
    app.server().data(this)?.configures.push(serial, ());
    this.configure(app.server(), serial, size.0.unsigned_abs(), size.1.unsigned_abs())?;
    Ok(())
}

module! { ($) delegate_layer_shell; global ZwlrLayerShellV1 4; ZwlrLayerSurfaceV1; restore }

impl<A: Hosts> Module<ZwlrLayerShellV1, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, this: ZwlrLayerShellV1, request: layer_shell::Request<'_>) -> HandlerResult {
        use layer_shell::{Error, Request};

        let Request::GetLayerSurface { id, surface, layer, .. } = request else { return Ok(()) };
        check_level(this, layer, this.version())?;
        let data = app.server().data(surface)?;
        let is_new = !data.has_buffer() && !matches!(data.object, Object::Layer(_));
        let text = || format!("wl_surface#{} has content, or is on a layer, already", surface.id());
        HandlerError::unless(is_new, this, Error::ALREADY_CONSTRUCTED, text)?;
        let layers = &mut app.wayland().client(this).layers;
        check_number(*layers, MAX_DEVICES, "surfaces on layers")?;
        *layers += 1;
        let fault = |text| HandlerError::protocol(this, Error::ROLE, text);
        let name = assign::set_role(app, surface, (Purpose::Layer, &LayerRole), Object::Layer(id), fault)?;
        app.desktop().make_window(name);
        app.desktop().set_keyboard(name, Keyboard::Never);
        let dock = Dock { level: level_of(layer), ..Dock::default() };
        let wanted = Wanted { dock, keyboard: Keyboard::Never };
        *app.server().data(id)? = Layer { surface: Some(surface), next: wanted, now: wanted, ..Layer::default() };
        Ok(())
    }
}

fn check_level(blame: impl Interface, level: Level, version: u32) -> HandlerResult {
    let text = || format!("{} is no layer", level.0);
    HandlerError::unless(level.is_valid(version), blame, layer_shell::Error::INVALID_LAYER, text)
}

impl<A: Hosts> Module<ZwlrLayerSurfaceV1, A> for Wayland {
    type Data = Layer;

    fn request(app: &mut A, this: ZwlrLayerSurfaceV1, request: layer_surface::Request) -> HandlerResult {
        use layer_surface::{Error, Request};

        let layer = app.server().data(this)?;
        let dock = &mut layer.next.dock;
        match request {
            Request::Destroy => {}
            Request::SetSize { width, height } => dock.size = (width, height),
            Request::SetAnchor { anchor } => {
                let text = || format!("{:#x} are not all edges", anchor.0);
                HandlerError::unless(anchor.is_valid(this.version()), this, Error::INVALID_ANCHOR, text)?;
                // The numbers of edges are the same.
                dock.anchor = Edges(anchor.0);
            }
            Request::SetExclusiveZone { zone } => dock.zone = zone,
            Request::SetMargin { top, right, bottom, left } => dock.margin = [top, right, bottom, left],
            Request::SetKeyboardInteractivity { keyboard_interactivity } => {
                let text = || format!("{} is no way to have the keyboard", keyboard_interactivity.0);
                let known = keyboard_interactivity.is_valid(this.version());
                HandlerError::unless(known, this, Error::INVALID_KEYBOARD_INTERACTIVITY, text)?;
                layer.next.keyboard = match keyboard_interactivity {
                    KeyboardInteractivity::NONE => Keyboard::Never,
                    KeyboardInteractivity::EXCLUSIVE => Keyboard::Exclusive,
                    _ => Keyboard::OnDemand,
                };
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
                    let text = format!("serial {serial} is not one to acknowledge");
                    return Err(HandlerError::protocol(this, Error::INVALID_SURFACE_STATE, text));
                };
                if is_owed {
                    configure(app, this)?;
                }
            }
            Request::SetLayer { layer } => {
                // The code is the shell's, but the object is this one.
                check_level(this, layer, this.version())?;
                dock.level = level_of(layer);
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
