//! `zwp_virtual_keyboard_manager_v1`: keyboards that are programs. What they type goes where the user's keys go, and
//! nowhere else; [`Host::permits_input`](crate::Host::permits_input) says who may.

use wayline::io::shm::{Access, Pool};
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult};
use wayline_desktop::Action;

use crate::globals::module;
use crate::host::Wayland;
use crate::protocol::{
    ZwpVirtualKeyboardManagerV1, ZwpVirtualKeyboardV1, wl_keyboard, zwp_virtual_keyboard_manager_v1,
    zwp_virtual_keyboard_v1,
};
use crate::seat::keymap::{Brought, Modifiers, Typist};
use crate::seat::{keyboard as seat_keyboard, played};
use crate::stored;

/// Bytes of a keymap, at most. The largest of xkb-data have a fifth of that.
const MAX_KEYMAP: u32 = 1024 * 1024;

/// State of a `zwp_virtual_keyboard_v1`.
#[derive(Debug, Default)]
pub struct Keyboard {
    keymap: Option<Brought>,
    modifiers: Modifiers,
    held: played::Held,
}

wayline::carry!(struct Keyboard { keymap, modifiers, held });

module! { ($) delegate_virtual_keyboard; seat_global ZwpVirtualKeyboardManagerV1 1; ZwpVirtualKeyboardV1 }

impl<A: Hosts> Module<ZwpVirtualKeyboardManagerV1, A> for Wayland {
    type Data = ();

    fn request(
        app: &mut A,
        this: ZwpVirtualKeyboardManagerV1,
        request: zwp_virtual_keyboard_manager_v1::Request,
    ) -> HandlerResult {
        use zwp_virtual_keyboard_manager_v1::{Error, Request};

        match request {
            Request::CreateVirtualKeyboard { .. } => {
                let may_type = app.permits_input(this.client());
                HandlerError::unless(may_type, this, Error::UNAUTHORIZED, || "this client may not type")?;
                played::begin(app, this.client())
            }
        }
    }
}

impl<A: Hosts> Module<ZwpVirtualKeyboardV1, A> for Wayland {
    type Data = Keyboard;

    fn request(app: &mut A, this: ZwpVirtualKeyboardV1, request: zwp_virtual_keyboard_v1::Request) -> HandlerResult {
        use zwp_virtual_keyboard_v1::Request;

        match request {
            Request::Destroy => {}
            Request::Keymap { format, fd, size } => {
                if format != wl_keyboard::KeymapFormat::XKB_V1.0 || size > MAX_KEYMAP {
                    return Err(HandlerError::internal(format!("a keymap of format {format} with {size} bytes")));
                }
                let policy = stored::shm_policy(app, this.client());
                let text = Pool::import(fd, size as i32, Access::ReadOnly, &policy)?.to_vec()?;
                app.wayland().keymaps += 1;
                let number = app.wayland().keymaps;
                let keymap = Brought::new(&text, number).map_err(HandlerError::internal)?;
                let kept = app.server().data(this)?.keymap.as_ref().map_or(0, Brought::size);
                stored::keep(app, this.client(), kept, keymap.size())?;
                app.server().data(this)?.keymap = Some(keymap);
                // It counts from the next key on.
                app.wayland().typist.take_if(|typist| typist.keyboard == this);
            }
            Request::Key { key, state, .. } => {
                take_over(app, this)?;
                if let Some(pressed) = app.server().data(this)?.held.takes(key, state) {
                    played::act(app, Action::Key { code: key, pressed });
                }
            }
            Request::Modifiers { mods_depressed, mods_latched, mods_locked, group } => {
                app.server().data(this)?.modifiers =
                    Modifiers { depressed: mods_depressed, latched: mods_latched, locked: mods_locked, group };
                take_over(app, this)?;
                seat_keyboard::changed(app);
            }
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpVirtualKeyboardV1, keyboard: Keyboard) {
        for code in keyboard.held.codes() {
            played::act(app, Action::Key { code, pressed: false });
        }
        if app.wayland().typist.take_if(|typist| typist.keyboard == this).is_some() {
            seat_keyboard::changed(app);
        }
        stored::give_back(app, this.client(), keyboard.keymap.as_ref().map_or(0, Brought::size));
        played::end(app, this.client());
    }
}

/// The keys that follow are those of this keyboard.
fn take_over<A: Hosts>(app: &mut A, this: ZwpVirtualKeyboardV1) -> HandlerResult {
    let Keyboard { keymap, modifiers, .. } = app.server().data(this)?;
    let (Some(keymap), modifiers) = (keymap.clone(), *modifiers) else {
        let text = "the keymap comes first";
        return Err(HandlerError::protocol(this, zwp_virtual_keyboard_v1::Error::NO_KEYMAP, text));
    };
    app.wayland().typist = Some(Typist { keyboard: this, keymap, modifiers });
    Ok(())
}
