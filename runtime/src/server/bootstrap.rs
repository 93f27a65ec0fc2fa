//! Requests on the bootstrap interfaces: decoded as generated code would, and answered.
//!
//! Knows which request asks for what; `globals` knows what there is.

use super::globals::{self, Listing};
use super::{HasServer, Server, ServerRole};
use crate::endpoint::{Dispatch, Incoming};
use crate::error::{Handled, SendError};
use crate::handle::Interface;
use crate::protocol::{WlCallback, WlDisplay, WlFixes, WlRegistry};
use crate::wire::Malformed;

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlDisplay {
    type Data = ();

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = message.target();
        match message.opcode() {
            0 => {
                let [callback] = message.words()?;
                let callback: WlCallback = app.server().create(this, callback)?;
                globals::announce_globals(app);
                callback.done(app.server(), 0)?;
            }
            1 => {
                let [registry] = message.words()?;
                let registry = app.server().create(this, registry)?;
                globals::start(app, registry);
            }
            _ => return Err(Malformed::Short.into()),
        }
        Ok(())
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlRegistry {
    type Data = Listing;

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = WlRegistry::from_handle(message.target());
        match message.opcode() {
            0 => {
                let mut reader = message.reader()?;
                let name = reader.word()?;
                let id = message.new_id(&mut reader)?;
                reader.finish()?;
                globals::bind(app, this, name, id)
            }
            _ => Err(Malformed::Short.into()),
        }
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlFixes {
    type Data = ();

    #[inline]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = message.target();
        match message.opcode() {
            0 => {
                let [] = message.words()?;
                message.is_destructor();
            }
            1 => {
                let [registry] = message.words()?;
                let registry: WlRegistry = app.server().object(this, registry)?;
                app.server().retire(registry);
            }
            _ => return Err(Malformed::Short.into()),
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
        server.send(self, 0, 1)?.words([callback_data])?;
        server.retire(self);
        Ok(())
    }
}

impl<A: HasServer> Dispatch<A, ServerRole<A>> for WlCallback {
    type Data = ();

    fn message(_: &mut A, _: &mut Incoming<'_>) -> Handled {
        Err(Malformed::Short.into())
    }
}
