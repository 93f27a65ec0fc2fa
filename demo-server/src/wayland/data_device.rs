//! `wl_data_device_manager`: what one client offers to another, to paste or to
//! drop. The data goes from client to client; the compositor only passes the
//! descriptor on. How a drag goes is in `drag`.

use wayline::{ClientId, Fault, Handled, RequestHandler};

use super::drag;
use super::protocol::wl_data_device_manager::DndAction;
use super::protocol::{
    WlDataDevice, WlDataDeviceManager, WlDataOffer, WlDataSource, wl_data_device, wl_data_device_manager,
    wl_data_offer, wl_data_source,
};
use super::selection::{self, Holder};
use crate::app::App;

/// Types one source may offer. Office programs offer some dozen.
pub(super) const MAX_TYPES: usize = 256;

/// State of a `wl_data_source`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(super) types: Vec<String>,
    /// What it may do with the data, if it is for a drag.
    actions: Option<DndAction>,
    /// Whether it was used; it cannot be again.
    used: bool,
}

/// What an offer is part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    #[default]
    Selection,
    Drag,
}

/// State of a `wl_data_offer`.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Where the data comes from; `None` when it is not to be had any more.
    pub(super) source: Option<Holder>,
    origin: Origin,
    accepted: bool,
    pub(super) dropped: bool,
    finished: bool,
    pub(super) actions: DndAction,
    pub(super) preferred: DndAction,
    /// What was agreed on.
    action: DndAction,
    /// The source, if actions are agreed on with it: both sides know how.
    negotiates: Option<WlDataSource>,
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            source: None,
            origin: Origin::Selection,
            accepted: false,
            dropped: false,
            finished: false,
            actions: DndAction::NONE,
            preferred: DndAction::NONE,
            action: DndAction::NONE,
            negotiates: None,
        }
    }
}

impl Offer {
    /// Whether the data can be dropped.
    pub(super) fn is_accepted(&self) -> bool {
        self.accepted && (self.negotiates.is_none() || self.action != DndAction::NONE)
    }
}

/// Tells a client that gets the keyboard what it could paste.
pub(super) fn focus(app: &mut App, client: ClientId) {
    let devices: Vec<_> = app.wayland.devices.iter().copied().filter(|device| device.client() == client).collect();
    for device in devices {
        let source = app.wayland.selection.holder();
        let offer = source.and_then(|source| make_offer(app, device, source, Origin::Selection));
        // The client may be gone.
        let _ = device.selection(&mut app.server, offer);
    }
}

/// Makes an offer of what somebody has; `None` if one of the two is gone.
fn make_offer(app: &mut App, device: WlDataDevice, source: Holder, origin: Origin) -> Option<WlDataOffer> {
    let types = source.types(app)?;
    let offer = device.data_offer(&mut app.server).ok()?;
    *app.server.data(offer).ok()? = Offer { source: Some(source), origin, ..Offer::default() };
    for kind in types {
        offer.offer(&mut app.server, &kind).ok()?;
    }
    Some(offer)
}

/// Makes an offer of what is dragged; `None` if one of the two is gone.
pub(super) fn offer_dragged(app: &mut App, device: WlDataDevice, source: WlDataSource) -> Option<WlDataOffer> {
    let actions = app.server.data(source).ok()?.actions.unwrap_or(DndAction::COPY);
    let offer = make_offer(app, device, Holder::Source(source), Origin::Drag)?;
    if source.version() >= 3 && offer.version() >= 3 {
        app.server.data(offer).ok()?.negotiates = Some(source);
        offer.source_actions(&mut app.server, actions).ok()?;
    }
    Some(offer)
}

impl RequestHandler<WlDataDeviceManager> for App {
    type Data = ();

    fn request(&mut self, _: WlDataDeviceManager, request: wl_data_device_manager::Request) -> Handled {
        match request {
            wl_data_device_manager::Request::CreateDataSource { .. } => Ok(()),
            wl_data_device_manager::Request::GetDataDevice { id, .. } => {
                self.wayland.devices.push(id);
                if self.keyboard_focus().is_some_and(|target| target.client() == id.client()) {
                    focus(self, id.client());
                }
                Ok(())
            }
        }
    }
}

impl RequestHandler<WlDataDevice> for App {
    type Data = ();

    fn request(&mut self, this: WlDataDevice, request: wl_data_device::Request) -> Handled {
        match request {
            wl_data_device::Request::Release => {}
            wl_data_device::Request::SetSelection { source, serial } => {
                if let Some(source) = source {
                    self.take_source(source)?;
                    if self.server.data(source)?.actions.is_some() {
                        let text = "a source for drags cannot be the selection";
                        return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
                    }
                }
                let is_late = self.wayland.selection.is_after(serial);
                let answers = self.wayland.serials.was_given(serial, this.client()) && !is_late;
                // Programs that have the keyboard may say 0 if they copy for another reason than input.
                let has_focus = self.keyboard_focus().is_some_and(|target| target.client() == this.client());
                if !answers && !has_focus {
                    if let Some(source) = source {
                        source.cancelled(&mut self.server)?;
                    }
                    return Ok(());
                }
                selection::set(self, source.map(Holder::Source), answers.then_some(serial));
            }
            wl_data_device::Request::StartDrag { source, origin, icon, serial } => {
                if let Some(source) = source {
                    self.take_source(source)?;
                }
                drag::start(self, this, serial, source, origin, icon)?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlDataDevice, (): ()) {
        self.wayland.devices.retain(|device| *device != this);
    }
}

impl RequestHandler<WlDataSource> for App {
    type Data = Source;

    fn request(&mut self, this: WlDataSource, request: wl_data_source::Request<'_>) -> Handled {
        let source = self.server.data(this)?;
        match request {
            wl_data_source::Request::Destroy => {}
            wl_data_source::Request::Offer { mime_type } => {
                if source.types.len() == MAX_TYPES {
                    return Err(Fault::internal(format!("more than {MAX_TYPES} types in one source")));
                }
                source.types.push(mime_type.to_owned());
            }
            wl_data_source::Request::SetActions { dnd_actions } => {
                let known = DndAction::COPY | DndAction::MOVE | DndAction::ASK;
                if dnd_actions.0 & !known.0 != 0 {
                    let text = format!("{:#x} are not all actions", dnd_actions.0);
                    return Err(Fault::protocol(this, wl_data_source::Error::INVALID_ACTION_MASK, text));
                }
                if source.used || source.actions.replace(dnd_actions).is_some() {
                    let text = "actions are set once, before the drag";
                    return Err(Fault::protocol(this, wl_data_source::Error::INVALID_SOURCE, text));
                }
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, this: WlDataSource, _: Source) {
        selection::forget(self, Holder::Source(this));
        drag::source_destroyed(self, this);
    }
}

impl App {
    /// Marks a source as used.
    fn take_source(&mut self, source: WlDataSource) -> Handled {
        if std::mem::replace(&mut self.server.data(source)?.used, true) {
            let text = "the source was used before";
            return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
        }
        Ok(())
    }

    /// Finds out what both sides want done, and tells them if that is new.
    fn negotiate(&mut self, this: WlDataOffer) -> Handled {
        let offer = self.server.data(this)?;
        let Some(source) = offer.negotiates.filter(|_| offer.source.is_some()) else { return Ok(()) };
        let actions = self.server.data(source).ok().and_then(|source| source.actions).unwrap_or(DndAction::NONE);
        let offer = self.server.data(this)?;
        let action = drag::negotiate(actions, offer);
        if std::mem::replace(&mut offer.action, action) != action {
            this.action(&mut self.server, action)?;
            // The source's client may be gone.
            let _ = source.action(&mut self.server, action);
        }
        Ok(())
    }
}

impl RequestHandler<WlDataOffer> for App {
    type Data = Offer;

    fn request(&mut self, this: WlDataOffer, request: wl_data_offer::Request<'_>) -> Handled {
        let offer = self.server.data(this)?;
        let (source, origin) = (offer.source, offer.origin);
        match request {
            wl_data_offer::Request::Destroy => {}
            wl_data_offer::Request::Accept { mime_type, .. } => {
                offer.accepted = mime_type.is_some();
                if let (Some(Holder::Source(source)), Origin::Drag) = (source, origin) {
                    // Its client may be gone.
                    let _ = source.target(&mut self.server, mime_type);
                }
            }
            wl_data_offer::Request::Receive { mime_type, fd } => {
                // Without a source the descriptor is closed: the reader sees an end.
                if let Some(source) = source {
                    source.send(self, mime_type, fd);
                }
            }
            wl_data_offer::Request::Finish => {
                if origin == Origin::Selection || !offer.dropped || offer.finished || !offer.is_accepted() {
                    let text = "only what was dropped and accepted can be finished, once";
                    return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_FINISH, text));
                }
                offer.finished = true;
                if let Some(Holder::Source(source)) = source
                    && source.version() >= 3
                {
                    let _ = source.dnd_finished(&mut self.server);
                }
            }
            wl_data_offer::Request::SetActions { dnd_actions, preferred_action } => {
                if origin == Origin::Selection {
                    let text = "an offer of the clipboard has no actions";
                    return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_OFFER, text));
                }
                let known = DndAction::COPY | DndAction::MOVE | DndAction::ASK;
                if dnd_actions.0 & !known.0 != 0 {
                    let text = format!("{:#x} are not all actions", dnd_actions.0);
                    return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_ACTION_MASK, text));
                }
                let preferred = preferred_action.0;
                if preferred != 0 && (!preferred.is_power_of_two() || preferred & dnd_actions.0 == 0) {
                    let text = format!("{preferred:#x} is not one of the actions");
                    return Err(Fault::protocol(this, wl_data_offer::Error::INVALID_ACTION, text));
                }
                (offer.actions, offer.preferred) = (dnd_actions, preferred_action);
                self.negotiate(this)?;
            }
        }
        Ok(())
    }

    fn destroyed(&mut self, _: WlDataOffer, offer: Offer) {
        // What was dropped and never finished was not wanted after all.
        let unwanted = offer.source.is_some() && offer.dropped && !offer.finished;
        if let Some(source) = offer.negotiates.filter(|_| unwanted) {
            // Its client may be gone.
            let _ = source.cancelled(&mut self.server);
        }
    }
}
