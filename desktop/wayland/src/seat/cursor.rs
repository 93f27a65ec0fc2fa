//! The picture that the client under the pointer set for it. Drawn only on
//! request: a nested screen has the pointer of its host, and what scripts move
//! has none.

use wayline::{ClientId, HandlerError, HandlerResult};

use crate::host::Host;
use crate::protocol::{WlPointer, WlSurface, wl_pointer};
use crate::surface::assign;
use crate::surface::role::{Change, Object, Purpose, Role};
use wayline_desktop::SurfaceId;

/// The role of pictures of the pointer.
#[derive(Debug)]
struct Cursor;

impl<A: Host> Role<A> for Cursor {
    /// The content is shifted: what points stays where it is.
    fn before_apply(&self, app: &mut A, surface: WlSurface, change: Change) -> HandlerResult {
        let id = app.server().data(surface)?.id;
        if let Some((cursor, (x, y))) = app.desktop().cursor()
            && cursor == id
        {
            let hotspot = (x.saturating_sub(change.offset.0), y.saturating_sub(change.offset.1));
            app.desktop().set_cursor(Some(id), hotspot);
        }
        Ok(())
    }
}

/// Gives those that another process had their role.
pub(crate) fn restore<A: Host>(app: &mut A) {
    assign::restore(app, &Cursor, |object| object == Object::Cursor);
}

/// The pointer is over a surface of this client, or of none: it has no picture until the client sets one.
pub(crate) fn entered<A: Host>(app: &mut A, entered: Option<(u32, ClientId)>) {
    app.wayland().entered = entered;
    app.desktop().set_cursor(None, (0, 0));
}

/// Makes a surface one for pictures of the pointer.
pub(crate) fn name<A: Host>(app: &mut A, surface: WlSurface, pointer: WlPointer) -> Result<SurfaceId, HandlerError> {
    let state = app.server().data(surface)?;
    if state.object == Object::Cursor {
        return Ok(state.id);
    }
    let fault = |text| HandlerError::protocol(pointer, wl_pointer::Error::ROLE, text);
    assign::set_role(app, surface, (Purpose::Cursor, &Cursor), Object::Cursor, fault)
}

/// Sets the picture, if the client speaks of the latest time that the pointer came to it.
pub(crate) fn set<A: Host>(app: &mut A, client: ClientId, serial: u32, cursor: Option<SurfaceId>, hotspot: (i32, i32)) {
    if app.wayland().entered == Some((serial, client)) {
        app.desktop().set_cursor(cursor, hotspot);
    }
}
