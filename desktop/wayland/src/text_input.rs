//! `zwp_text_input_manager_v3`: text fields of clients, and text for them that no keys say: from a keyboard on the screen, or
//! from a program that composes characters.
//!
//! The compositor writes with [`write()`], and [`field`] says what it writes into. When a text field comes, changes or goes,
//! [`Host::text_field_changed`](crate::Host::text_field_changed) is called.

mod fields;

use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, SendError, Server};
use wayline_desktop::Rect;

use crate::globals::module;
use crate::host::{Wayland, keyboard_focus};
use crate::limits::register;
use crate::protocol::zwp_text_input_v3::ChangeCause;
use crate::protocol::{WlSurface, ZwpTextInputManagerV3, ZwpTextInputV3, zwp_text_input_manager_v3, zwp_text_input_v3};
use crate::stored;
use fields::{Changes, surrounding};
pub use fields::{Field, Surrounding, TextInput};

/// Bytes of text in one message, as the protocol has it.
const MAX_BYTES: usize = 4000;

module! { ($) delegate_text_input; seat_global ZwpTextInputManagerV3 1; ZwpTextInputV3; restore }

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().update_text_inputs = Some(update);
}

/// What becomes of the text of a field: the client deletes, inserts, and shows what is still being composed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text<'a> {
    /// Bytes to delete before the cursor, and behind it.
    pub delete: (u32, u32),
    /// Text to insert. At most 4000 bytes, as with [`Text::composed`].
    pub insert: Option<&'a str>,
    /// Text that is not part of the field yet.
    pub composed: Option<&'a str>,
    /// Where the cursor begins and ends in that, in bytes. Without it none is shown.
    pub cursor: Option<(i32, i32)>,
}

/// The text field that [`write()`] writes into, if there is one: its client has the keyboard.
pub fn field<A: Hosts>(app: &mut A) -> Option<&Field> {
    let input = app.wayland().text_field?;
    app.server().data(input).ok()?.field.as_ref()
}

/// Writes into the text field. What was composed before is gone, unless it is named again. Returns false if there is no
/// field, or there is more text than a message has room for: nothing is written then.
pub fn write<A: Hosts>(app: &mut A, text: &Text<'_>) -> bool {
    let fits = [text.insert, text.composed].into_iter().flatten().all(|text| text.len() <= MAX_BYTES);
    let Some(input) = app.wayland().text_field.filter(|_| fits) else { return false };
    send(app.server(), input, text).is_ok()
}

fn send<A: Hosts>(server: &mut Server<A>, input: ZwpTextInputV3, text: &Text<'_>) -> Result<(), SendError> {
    let commits = server.data(input)?.commits;
    if text.composed.is_some() {
        let (begin, end) = text.cursor.unwrap_or((-1, -1));
        input.preedit_string(server, text.composed, begin, end)?;
    }
    if text.delete != (0, 0) {
        input.delete_surrounding_text(server, text.delete.0, text.delete.1)?;
    }
    if text.insert.is_some() {
        input.commit_string(server, text.insert)?;
    }
    input.done(server, commits)
}

impl<A: Hosts> Module<ZwpTextInputManagerV3, A> for Wayland {
    type Data = ();

    fn request(app: &mut A, _: ZwpTextInputManagerV3, request: zwp_text_input_manager_v3::Request) -> HandlerResult {
        use zwp_text_input_manager_v3::Request;

        match request {
            Request::Destroy => {}
            Request::GetTextInput { id, .. } => {
                register(&mut app.wayland().client(id).text_inputs, id)?;
                app.wayland().update_text_inputs = Some(update);
                if let Some(surface) = keyboard_focus(app).filter(|surface| surface.client() == id.client()) {
                    enter(app, id, surface)?;
                }
            }
        }
        Ok(())
    }
}

impl<A: Hosts> Module<ZwpTextInputV3, A> for Wayland {
    type Data = TextInput;

    fn request(app: &mut A, this: ZwpTextInputV3, request: zwp_text_input_v3::Request<'_>) -> HandlerResult {
        use zwp_text_input_v3::Request;

        let input = app.server().data(this)?;
        if matches!(request, Request::Commit) {
            input.commits = input.commits.wrapping_add(1);
        }
        if input.surface.is_none() {
            // Without the keyboard there is no field.
            return Ok(());
        }
        let pending = &mut input.pending;
        match request {
            Request::Enable => *pending = Changes { enabled: Some(true), ..Changes::default() },
            Request::Disable => *pending = Changes { enabled: Some(false), ..Changes::default() },
            Request::SetSurroundingText { text, .. } if text.len() > MAX_BYTES => {
                return Err(HandlerError::internal(format!("more than {MAX_BYTES} bytes around a cursor")));
            }
            Request::SetSurroundingText { text, cursor, anchor } => {
                pending.surrounding = Some(surrounding(text, cursor, anchor));
                charge(app, this)?;
            }
            Request::SetTextChangeCause { cause } => pending.changed_by_others = cause == ChangeCause::OTHER,
            Request::SetContentType { hint, purpose } => pending.content = Some((hint, purpose)),
            Request::SetCursorRectangle { x, y, width, height } => {
                pending.cursor = Some(Rect::new(x, y, width, height));
            }
            Request::Commit => commit(app, this)?,
            // All but the first are of a version that is not offered.
            Request::Destroy
            | Request::SetAvailableActions { .. }
            | Request::ShowInputPanel
            | Request::HideInputPanel => {}
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: ZwpTextInputV3, input: TextInput) {
        stored::give_back(app, this.client(), input.kept);
        app.wayland().client(this).text_inputs.retain(|other| *other != this);
        end(app, this);
    }
}

/// Charges for the text that is kept.
fn charge<A: Hosts>(app: &mut A, this: ZwpTextInputV3) -> HandlerResult {
    let input = app.server().data(this)?;
    let (kept, bytes) = (input.kept, input.bytes());
    stored::keep(app, this.client(), kept, bytes)?;
    app.server().data(this)?.kept = bytes;
    Ok(())
}

/// What was asked for takes effect, unless the client writes by another of its text inputs already.
fn commit<A: Hosts>(app: &mut A, this: ZwpTextInputV3) -> HandlerResult {
    let another = app.wayland().text_field.is_some_and(|field| field != this);
    let input = app.server().data(this)?;
    if another {
        input.pending = Changes::default();
        return charge(app, this);
    }
    let had = input.field.clone();
    input.apply();
    let (has, is_new) = (input.field.is_some(), input.field != had);
    charge(app, this)?;
    app.wayland().text_field = has.then_some(this);
    if is_new {
        app.text_field_changed();
    }
    Ok(())
}

/// A surface has got the keyboard, or lost it: the text inputs of its client are told.
fn update<A: Hosts>(app: &mut A, surface: WlSurface, has: bool) {
    for this in app.wayland().client(surface).text_inputs.clone() {
        // The client may be gone.
        let _ = if has { enter(app, this, surface) } else { leave(app, this, surface) };
    }
}

fn enter<A: Hosts>(app: &mut A, this: ZwpTextInputV3, surface: WlSurface) -> HandlerResult {
    app.server().data(this)?.surface = Some(surface);
    Ok(this.enter(app.server(), surface)?)
}

/// What was said about a field is forgotten.
fn leave<A: Hosts>(app: &mut A, this: ZwpTextInputV3, surface: WlSurface) -> HandlerResult {
    let input = app.server().data(this)?;
    (input.surface, input.pending, input.field) = (None, Changes::default(), None);
    charge(app, this)?;
    end(app, this);
    Ok(this.leave(app.server(), surface)?)
}

/// This text input has no field any more.
fn end<A: Hosts>(app: &mut A, this: ZwpTextInputV3) {
    if app.wayland().text_field.take_if(|field| *field == this).is_some() {
        app.text_field_changed();
    }
}
