//! `wl_data_source`: what a client has to paste or to drop.

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};

use super::state::{Holder, Types};
use super::{drag, selection};
use crate::host::{Host, Wayland};
use crate::protocol::wl_data_device_manager::DndAction;
use crate::protocol::{WlDataSource, wl_data_source};
use crate::stored;

/// State of a `wl_data_source`.
#[derive(Debug, Default)]
pub struct Source {
    pub(crate) types: Types,
    /// What it may do with the data, if it is for a drag.
    pub(crate) actions: Option<DndAction>,
    /// Whether it was used; it cannot be again.
    used: bool,
}

wayline::carry!(struct Source { types, actions, used });

impl<A: Host> Module<WlDataSource, A> for Wayland {
    type Data = Source;

    fn request(app: &mut A, this: WlDataSource, request: wl_data_source::Request<'_>) -> HandlerResult {
        let source = app.server().data(this)?;
        match request {
            wl_data_source::Request::Destroy => {}
            wl_data_source::Request::Offer { mime_type } => {
                let (kept, size) = source.types.push(mime_type)?;
                stored::keep(app, this.client(), kept, size)?;
            }
            wl_data_source::Request::SetActions { dnd_actions } => {
                let text = || format!("{:#x} are not all actions", dnd_actions.0);
                let known = dnd_actions.is_valid(this.version());
                HandlerError::unless(known, this, wl_data_source::Error::INVALID_ACTION_MASK, text)?;
                let is_first = !source.used && source.actions.replace(dnd_actions).is_none();
                let text = || "actions are set once, before the drag";
                HandlerError::unless(is_first, this, wl_data_source::Error::INVALID_SOURCE, text)?;
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlDataSource, source: Source) {
        stored::give_back(app, this.client(), source.types.size());
        selection::forget(app, Holder::Source(this));
        drag::source_destroyed(app, this);
    }
}

/// Marks a source as used.
pub(crate) fn take<A: Host>(app: &mut A, source: WlDataSource) -> HandlerResult {
    let used = std::mem::replace(&mut app.server().data(source)?.used, true);
    HandlerError::unless(!used, source, wl_data_source::Error::INVALID_SOURCE, || "the source was used before")
}
