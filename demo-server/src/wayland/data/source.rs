//! `wl_data_source`: what a client has to paste or to drop.

use wayline::{Fault, Handled, RequestHandler};

use super::super::protocol::wl_data_device_manager::DndAction;
use super::super::protocol::{WlDataSource, wl_data_source};
use super::state::{Holder, Types};
use super::{drag, selection};
use crate::app::App;

/// State of a `wl_data_source`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(super) types: Types,
    /// What it may do with the data, if it is for a drag.
    pub(super) actions: Option<DndAction>,
    /// Whether it was used; it cannot be again.
    used: bool,
}

impl RequestHandler<WlDataSource> for App {
    type Data = Source;

    fn request(&mut self, this: WlDataSource, request: wl_data_source::Request<'_>) -> Handled {
        let source = self.server.data(this)?;
        match request {
            wl_data_source::Request::Destroy => {}
            wl_data_source::Request::Offer { mime_type } => {
                source.types.push(mime_type)?;
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

/// Marks a source as used.
pub(super) fn take(app: &mut App, source: WlDataSource) -> Handled {
    if std::mem::replace(&mut app.server.data(source)?.used, true) {
        let text = "the source was used before";
        return Err(Fault::protocol(source, wl_data_source::Error::INVALID_SOURCE, text));
    }
    Ok(())
}
