//! Decodes and answers the requests of the bootstrap interfaces, as generated code and a handler would.
//!
//! The list of globals itself is in `globals`.

use super::globals::{self, Listing};
use super::{HasServer, Server, ServerRole};
use crate::endpoint::{Dispatch, Incoming};
use crate::error::SendError;
use crate::handle::Interface;
use crate::handler_error::HandlerResult;
use crate::protocol::{WlCallback, WlDisplay, WlFixes, WlRegistry, wl_callback, wl_display, wl_fixes, wl_registry};
use crate::wire::DecodeError;

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlDisplay {
    type Data = ();
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        let this = message.target();
        match message.opcode() {
            wl_display::opcode::SYNC => {
                let [callback] = message.words()?;
                let callback: WlCallback = app.server().create(this, callback)?;
                globals::announce_globals(app);
                callback.done(app.server(), 0)?;
            }
            wl_display::opcode::GET_REGISTRY => {
                let [registry] = message.words()?;
                let registry = app.server().create(this, registry)?;
                globals::start(app, registry);
            }
            unknown => return Err(DecodeError::UnknownOpcode(unknown).into()),
        }
        Ok(())
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlRegistry {
    type Data = Listing;
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        let this = WlRegistry::from_handle(message.target());
        match message.opcode() {
            wl_registry::opcode::BIND => {
                let mut reader = message.reader()?;
                let name = reader.word()?;
                let id = message.new_id(&mut reader)?;
                reader.finish()?;
                globals::bind(app, this, name, id)
            }
            unknown => Err(DecodeError::UnknownOpcode(unknown).into()),
        }
    }

    fn destroyed(app: &mut A, this: WlRegistry, _: Listing) {
        app.server().role.globals.registry_ended(this);
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlFixes {
    type Data = ();
    type Child = Self;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        let this = message.target();
        match message.opcode() {
            wl_fixes::opcode::DESTROY => {
                let [] = message.words()?;
                message.is_destructor();
            }
            wl_fixes::opcode::DESTROY_REGISTRY => {
                let [registry] = message.words()?;
                let registry: WlRegistry = app.server().object(this, registry)?;
                app.server().destroy(registry);
                app.server().role.globals.registry_ended(registry);
            }
            wl_fixes::opcode::ACK_GLOBAL_REMOVE => {
                message.since(wl_fixes::since::ACK_GLOBAL_REMOVE)?;
                let [registry, name] = message.words()?;
                let registry = app.server().object(this, registry)?;
                globals::acknowledge(app, WlFixes::from_handle(this), registry, name)?;
            }
            unknown => return Err(DecodeError::UnknownOpcode(unknown).into()),
        }
        Ok(())
    }
}

impl WlCallback {
    /// Sends `done` and ends the callback.
    ///
    /// # Errors
    /// [`SendError`] if nothing was queued.
    pub fn done<A: HasServer>(self, server: &mut Server<A>, callback_data: u32) -> Result<(), SendError> {
        let (opcode, since) = (wl_callback::opcode::DONE, wl_callback::since::DONE);
        server.send_destructor(self, opcode, since, [callback_data])
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlCallback {
    type Data = ();
    type Child = Self;

    fn message(_: &mut A, message: &mut Incoming<'_>) -> HandlerResult {
        Err(DecodeError::UnknownOpcode(message.opcode()).into())
    }
}
