//! `wl_data_offer`: what a client could paste, or is about to drop.

use std::os::fd::OwnedFd;

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, SendError, Server};

use super::state::{Holder, Types};
use crate::host::{Host, Wayland};
use crate::protocol::wl_data_device_manager::DndAction;
use crate::protocol::{WlDataDevice, WlDataOffer, WlDataSource, wl_data_offer};

/// State of a `wl_data_offer`.
#[derive(Debug, Default)]
pub struct Offer {
    /// Where the data comes from; `None` when it is not to be had any more.
    pub(crate) source: Option<Holder>,
    /// Whether it is part of a drag, or else of the clipboard.
    is_dragged: bool,
    accepted: bool,
    pub(crate) dropped: bool,
    finished: bool,
    actions: DndAction,
    preferred: DndAction,
    /// What was agreed on.
    action: DndAction,
    /// The source, if actions are agreed on with it: both sides know how.
    negotiates: Option<WlDataSource>,
}

wayline::carry! {
    struct Offer { source, is_dragged, accepted, dropped, finished, actions, preferred, action, negotiates }
}

impl Offer {
    /// Whether the data can be dropped.
    pub(crate) fn is_accepted(&self) -> bool {
        self.accepted && (self.negotiates.is_none() || self.action != DndAction::NONE)
    }
}

/// What somebody's data can be had as; `None` if the source is gone.
pub(crate) fn types<A: Host>(app: &mut A, holder: Holder) -> Option<Types> {
    Some(match holder {
        Holder::Source(source) => app.server().data(source).ok()?.types.clone(),
        Holder::Primary(_) | Holder::Control(_) => app.wayland().held_by(holder)?.types.clone(),
    })
}

/// Asks for the data. If nobody has it any more the descriptor is closed: the reader sees an end.
pub(crate) fn ask<A: Host>(app: &mut A, holder: Option<Holder>, kind: &str, fd: OwnedFd) {
    let Some(holder) = holder else { return };
    let _ = match holder {
        Holder::Source(source) => source.send(app.server(), kind, fd),
        Holder::Primary(source) => source.send(app.server(), kind, fd),
        Holder::Control(source) => source.send(app.server(), kind, fd),
    };
}

/// Makes an offer of what somebody has, by two ways to do so: one to make the object, and one to tell it a type. `None`
/// if one of the two clients is gone.
pub(crate) fn make<A: Host, O: Copy>(
    app: &mut A,
    holder: Holder,
    make: impl FnOnce(&mut Server<A>) -> Result<O, SendError>,
    tell: impl Fn(O, &mut Server<A>, &str) -> Result<(), SendError>,
) -> Option<O> {
    let types = types(app, holder)?;
    let offer = make(app.server()).ok()?;
    for kind in types.names() {
        tell(offer, app.server(), kind).ok()?;
    }
    Some(offer)
}

/// Makes an offer for a `wl_data_device`; returns as [`make`].
pub(crate) fn make_plain<A: Host>(
    app: &mut A,
    device: WlDataDevice,
    holder: Holder,
    is_dragged: bool,
) -> Option<WlDataOffer> {
    let new = |server: &mut Server<A>| {
        let offer = device.data_offer(server)?;
        *server.data(offer)? = Offer { source: Some(holder), is_dragged, ..Offer::default() };
        Ok(offer)
    };
    make(app, holder, new, WlDataOffer::offer)
}

/// Makes an offer of what is dragged; `None` if one of the two is gone.
pub(crate) fn make_dragged<A: Host>(app: &mut A, device: WlDataDevice, source: WlDataSource) -> Option<WlDataOffer> {
    let actions = app.server().data(source).ok()?.actions.unwrap_or(DndAction::COPY);
    let offer = make_plain(app, device, Holder::Source(source), true)?;
    if source.version() >= 3 && offer.version() >= 3 {
        app.server().data(offer).ok()?.negotiates = Some(source);
        offer.source_actions(app.server(), actions).ok()?;
    }
    Some(offer)
}

impl<A: Host> Module<WlDataOffer, A> for Wayland {
    type Data = Offer;

    fn request(app: &mut A, this: WlDataOffer, request: wl_data_offer::Request<'_>) -> HandlerResult {
        let offer = app.server().data(this)?;
        let (source, is_dragged) = (offer.source, offer.is_dragged);
        match request {
            wl_data_offer::Request::Destroy => {}
            wl_data_offer::Request::Accept { mime_type, .. } => {
                offer.accepted = mime_type.is_some();
                if let (Some(Holder::Source(source)), true) = (source, is_dragged) {
                    // Its client may be gone.
                    let _ = source.target(app.server(), mime_type);
                }
            }
            wl_data_offer::Request::Receive { mime_type, fd } => ask(app, source, mime_type, fd),
            wl_data_offer::Request::Finish => {
                let is_taken = is_dragged && offer.dropped && offer.is_accepted();
                let is_first = !std::mem::replace(&mut offer.finished, true);
                let text = || "only what was dropped and accepted can be finished, once";
                HandlerError::unless(is_taken && is_first, this, wl_data_offer::Error::INVALID_FINISH, text)?;
                if let Some(Holder::Source(source)) = source
                    && source.version() >= 3
                {
                    let _ = source.dnd_finished(app.server());
                }
            }
            wl_data_offer::Request::SetActions { dnd_actions, preferred_action } => {
                use wl_data_offer::Error;

                let text = || "an offer of the clipboard has no actions";
                HandlerError::unless(is_dragged, this, Error::INVALID_OFFER, text)?;
                let text = || format!("{:#x} are not all actions", dnd_actions.0);
                HandlerError::unless(dnd_actions.is_valid(this.version()), this, Error::INVALID_ACTION_MASK, text)?;
                let preferred = preferred_action.0;
                let is_one =
                    preferred == 0 || (preferred.is_power_of_two() && dnd_actions.intersects(preferred_action));
                let text = || format!("{preferred:#x} is not one of the actions");
                HandlerError::unless(is_one, this, Error::INVALID_ACTION, text)?;
                (offer.actions, offer.preferred) = (dnd_actions, preferred_action);
                negotiate(app, this)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, _: WlDataOffer, offer: Offer) {
        // What was dropped and never finished was not wanted after all.
        let unwanted = offer.source.is_some() && offer.dropped && !offer.finished;
        if let Some(source) = offer.negotiates.filter(|_| unwanted) {
            // Its client may be gone.
            let _ = source.cancelled(app.server());
        }
    }
}

/// Finds out what both sides want done, and tells them if that is new.
fn negotiate<A: Host>(app: &mut A, this: WlDataOffer) -> HandlerResult {
    let offer = app.server().data(this)?;
    let Some(source) = offer.negotiates.filter(|_| offer.source.is_some()) else { return Ok(()) };
    let actions = app.server().data(source).ok().and_then(|source| source.actions).unwrap_or(DndAction::NONE);
    let offer = app.server().data(this)?;
    let action = agree(actions, offer);
    if std::mem::replace(&mut offer.action, action) != action {
        this.action(app.server(), action)?;
        // The source's client may be gone.
        let _ = source.action(app.server(), action);
    }
    Ok(())
}

/// What is to be done with the data, as far as both sides agree.
fn agree(source: DndAction, offer: &Offer) -> DndAction {
    let both = source & offer.actions;
    let order = [offer.preferred, DndAction::COPY, DndAction::MOVE, DndAction::ASK];
    order.into_iter().find(|action| both.intersects(*action)).unwrap_or(DndAction::NONE)
}
