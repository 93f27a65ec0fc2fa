//! Requests on the bootstrap interfaces: decoded as generated code would, and answered.
//!
//! Knows which request asks for what; `globals` knows what there is.

use super::{Dispatch, GlobalId, HasServer, Server, globals};
use crate::core::Incoming;
use crate::error::{Handled, SendError};
use crate::interface::Interface;
use crate::protocol::{WlCallback, WlDisplay, WlFixes, WlRegistry};
use crate::wire::Malformed;

impl<A: HasServer> Dispatch<A> for WlDisplay {
    type Data = ();

    #[inline]
    fn request(app: &mut A, message: &mut Incoming<'_>) -> Handled {
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

    fn bound(_: &mut A, _: WlDisplay, _: GlobalId) -> Handled {
        Ok(())
    }

    fn destroyed(_: &mut A, _: WlDisplay, (): ()) {}
}

impl<A: HasServer> Dispatch<A> for WlRegistry {
    type Data = ();

    #[inline]
    fn request(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = WlRegistry::from_handle(message.target());
        match message.opcode() {
            0 => {
                let mut reader = message.reader();
                let name = reader.word()?;
                let id = message.new_id(&mut reader)?;
                reader.finish()?;
                globals::bind(app, this, name, id)
            }
            _ => Err(Malformed::Short.into()),
        }
    }

    fn bound(_: &mut A, _: WlRegistry, _: GlobalId) -> Handled {
        Ok(())
    }

    fn destroyed(app: &mut A, this: WlRegistry, (): ()) {
        app.server().forget_registry(this);
    }
}

impl<A: HasServer> Dispatch<A> for WlFixes {
    type Data = ();

    #[inline]
    fn request(app: &mut A, message: &mut Incoming<'_>) -> Handled {
        let this = message.target();
        match message.opcode() {
            0 => {
                let [] = message.words()?;
            }
            1 => {
                let [registry] = message.words()?;
                let registry: WlRegistry = app.server().object(this, registry)?;
                app.server().forget_registry(registry);
                app.server().retire(registry);
            }
            _ => return Err(Malformed::Short.into()),
        }
        Ok(())
    }

    fn bound(_: &mut A, _: WlFixes, _: GlobalId) -> Handled {
        Ok(())
    }

    fn destroyed(_: &mut A, _: WlFixes, (): ()) {}
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

impl<A: HasServer> Dispatch<A> for WlCallback {
    type Data = ();

    fn request(_: &mut A, _: &mut Incoming<'_>) -> Handled {
        Err(Malformed::Short.into())
    }

    fn bound(_: &mut A, _: WlCallback, _: GlobalId) -> Handled {
        Ok(())
    }

    fn destroyed(_: &mut A, _: WlCallback, (): ()) {}
}
