//! wlr-output-management: the screen, its one mode, and what a settings program can do about it: find out that it cannot be
//! another one. An arrangement succeeds if it is the one that there is.

use wayline::server::Module;
use wayline::{Fixed, GlobalId, HandlerError, HandlerResult};

use crate::clock::REFRESH_MILLIHERTZ;
use crate::globals::module;
use crate::host::Wayland;
use crate::output::{DESCRIPTION, MAKE, MODEL, NAME};
use crate::protocol::zwlr_output_head_v1::AdaptiveSyncState;
use crate::protocol::{
    ZwlrOutputConfigurationHeadV1, ZwlrOutputConfigurationV1, ZwlrOutputHeadV1, ZwlrOutputManagerV1, ZwlrOutputModeV1,
    wl_output, zwlr_output_configuration_head_v1, zwlr_output_configuration_v1, zwlr_output_head_v1,
    zwlr_output_manager_v1, zwlr_output_mode_v1,
};

/// The serial of the arrangement, which never changes.
const SERIAL: u32 = 1;

/// State of a `zwlr_output_configuration_v1`.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Whether it is for another arrangement than there is.
    outdated: bool,
    used: bool,
    head: Option<Wanted>,
}

wayline::carry!(struct Configuration { outdated, used, head });

/// What a client wants of the screen.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Enabled(ZwlrOutputConfigurationHeadV1),
    Disabled,
}

wayline::carry!(enum Wanted { 1 = Enabled(this), 2 = Disabled });

/// State of a `zwlr_output_configuration_head_v1`: what was set, and whether that is what there is.
#[derive(Debug, Default)]
pub struct Properties {
    mode: Option<bool>,
    position: Option<bool>,
    transform: Option<bool>,
    scale: Option<bool>,
    adaptive_sync: Option<bool>,
}

wayline::carry!(struct Properties { mode, position, transform, scale, adaptive_sync });

impl Properties {
    fn are_those_there_are(&self) -> bool {
        let Properties { mode, position, transform, scale, adaptive_sync } = self;
        [mode, position, transform, scale, adaptive_sync].into_iter().all(|property| property.unwrap_or(true))
    }
}

module! {
    ($) delegate_output_management;
    global ZwlrOutputManagerV1 4;
    ZwlrOutputHeadV1, ZwlrOutputModeV1, ZwlrOutputConfigurationV1, ZwlrOutputConfigurationHeadV1
}

impl<A: Hosts> Module<ZwlrOutputManagerV1, A> for Wayland {
    type Data = ();

    fn bound(app: &mut A, this: ZwlrOutputManagerV1, _: GlobalId) -> HandlerResult {
        let (width, height) = app.desktop().frame().size();
        let server = app.server();
        let head = this.head(server)?;
        head.name(server, NAME)?;
        head.description(server, DESCRIPTION)?;
        let mode = head.mode(server)?;
        mode.size(server, width as i32, height as i32)?;
        mode.refresh(server, REFRESH_MILLIHERTZ)?;
        mode.preferred(server)?;
        if head.version() >= 2 {
            head.make(server, MAKE)?;
            head.model(server, MODEL)?;
        }
        head.enabled(server, 1)?;
        head.current_mode(server, mode)?;
        head.position(server, 0, 0)?;
        head.transform(server, wl_output::Transform::NORMAL)?;
        head.scale(server, Fixed::from_int(1))?;
        if head.version() >= 4 {
            head.adaptive_sync(server, AdaptiveSyncState::DISABLED)?;
        }
        this.done(server, SERIAL)?;
        Ok(())
    }

    fn request(app: &mut A, this: ZwlrOutputManagerV1, request: zwlr_output_manager_v1::Request) -> HandlerResult {
        use zwlr_output_manager_v1::Request;

        match request {
            Request::CreateConfiguration { id, serial } => app.server().data(id)?.outdated = serial != SERIAL,
            Request::Stop => this.finished(app.server())?,
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwlrOutputHeadV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZwlrOutputHeadV1, request: zwlr_output_head_v1::Request) -> HandlerResult {
        match request {
            zwlr_output_head_v1::Request::Release => Ok(()),
        }
    }
}

impl<A: Hosts> Module<ZwlrOutputModeV1, A> for Wayland {
    type Data = ();

    fn request(_: &mut A, _: ZwlrOutputModeV1, request: zwlr_output_mode_v1::Request) -> HandlerResult {
        match request {
            zwlr_output_mode_v1::Request::Release => Ok(()),
        }
    }
}

impl<A: Hosts> Module<ZwlrOutputConfigurationV1, A> for Wayland {
    type Data = Configuration;

    fn request(
        app: &mut A,
        this: ZwlrOutputConfigurationV1,
        request: zwlr_output_configuration_v1::Request,
    ) -> HandlerResult {
        use zwlr_output_configuration_v1::{Error, Request};

        let configuration = app.server().data(this)?;
        let is_new = !configuration.used || matches!(request, Request::Destroy);
        let text = || "the configuration was applied or tested before";
        HandlerError::unless(is_new, this, Error::ALREADY_USED, text)?;
        let mut name = |wanted: Wanted| match configuration.head.replace(wanted) {
            Some(_) => Err(HandlerError::protocol(this, Error::ALREADY_CONFIGURED_HEAD, "the screen was named before")),
            None => Ok(()),
        };
        match request {
            Request::Destroy => Ok(()),
            // Heads of all managers of a client are the one screen.
            Request::EnableHead { id, .. } => name(Wanted::Enabled(id)),
            Request::DisableHead { .. } => name(Wanted::Disabled),
            // What succeeds is what there is, so there is nothing to do.
            Request::Apply | Request::Test => answer(app, this),
        }
    }

    fn destroyed(app: &mut A, _: ZwlrOutputConfigurationV1, configuration: Configuration) {
        if let Some(Wanted::Enabled(head)) = configuration.head {
            // No request of its own ends it.
            app.server().destroy(head);
        }
    }
}

/// Tells a client whether the screen can be as it wants it to be.
fn answer<A: Hosts>(app: &mut A, this: ZwlrOutputConfigurationV1) -> HandlerResult {
    use zwlr_output_configuration_v1::Error;

    let configuration = app.server().data(this)?;
    configuration.used = true;
    let (outdated, head) = (configuration.outdated, configuration.head);
    let Some(wanted) = head else {
        return Err(HandlerError::protocol(this, Error::UNCONFIGURED_HEAD, "the screen was not named"));
    };
    let can_be = match wanted {
        // It is there as long as the configuration.
        Wanted::Enabled(head) => app.server().data(head).is_ok_and(|head| head.are_those_there_are()),
        Wanted::Disabled => false,
    };
    match (outdated, can_be) {
        (true, _) => this.cancelled(app.server())?,
        (false, true) => this.succeeded(app.server())?,
        (false, false) => this.failed(app.server())?,
    }
    Ok(())
}

impl<A: Hosts> Module<ZwlrOutputConfigurationHeadV1, A> for Wayland {
    type Data = Properties;

    fn request(
        app: &mut A,
        this: ZwlrOutputConfigurationHeadV1,
        request: zwlr_output_configuration_head_v1::Request,
    ) -> HandlerResult {
        use zwlr_output_configuration_head_v1::{Error, Request};

        let (screen_width, screen_height) = app.desktop().frame().size();
        let properties = app.server().data(this)?;
        let fault = |code: Error, text: String| Err(HandlerError::protocol(this, code, text));
        let (property, is_there) = match request {
            Request::SetMode { .. } => (&mut properties.mode, true),
            Request::SetCustomMode { width, height, refresh } => {
                if width <= 0 || height <= 0 || refresh < 0 {
                    return fault(Error::INVALID_CUSTOM_MODE, format!("{width}x{height} at {refresh} mHz is no mode"));
                }
                let same = (width.unsigned_abs(), height.unsigned_abs()) == (screen_width, screen_height);
                (&mut properties.mode, same && (refresh == 0 || refresh == REFRESH_MILLIHERTZ))
            }
            Request::SetPosition { x, y } => (&mut properties.position, (x, y) == (0, 0)),
            Request::SetTransform { transform } => {
                if !transform.is_valid(this.version()) {
                    return fault(Error::INVALID_TRANSFORM, format!("{} is no transform", transform.0));
                }
                (&mut properties.transform, transform == wl_output::Transform::NORMAL)
            }
            Request::SetScale { scale } => {
                if scale <= Fixed::from_int(0) {
                    return fault(Error::INVALID_SCALE, format!("{} is no scale", scale.to_f64()));
                }
                (&mut properties.scale, scale == Fixed::from_int(1))
            }
            Request::SetAdaptiveSync { state } => {
                if !state.is_valid(this.version()) {
                    return fault(Error::INVALID_ADAPTIVE_SYNC_STATE, format!("{} is no state", state.0));
                }
                (&mut properties.adaptive_sync, state == AdaptiveSyncState::DISABLED)
            }
        };
        if property.replace(is_there).is_some() {
            return fault(Error::ALREADY_SET, "the property was set before".to_owned());
        }
        Ok(())
    }
}
