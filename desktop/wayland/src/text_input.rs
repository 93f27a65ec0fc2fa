//! `zwp_text_input_manager_v3`: text fields of clients, and text for them that no keys say: from a keyboard on the screen, or
//! from a program that composes characters.
//!
//! The compositor writes with [`write()`], and [`field`] says what it writes into. When a text field comes, changes or goes,
//! [`Host::text_field_changed`](crate::Host::text_field_changed) is called.

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline::server::Module;
use wayline::{HandlerError, HandlerResult, SendError, Server};
use wayline_desktop::Rect;

use crate::globals::module;
use crate::host::{Wayland, keyboard_focus};
use crate::limits::register;
use crate::protocol::zwp_text_input_v3::{ChangeCause, ContentHint, ContentPurpose};
use crate::protocol::{WlSurface, ZwpTextInputManagerV3, ZwpTextInputV3, zwp_text_input_manager_v3, zwp_text_input_v3};
use crate::stored;

/// Bytes of text in one message, as the protocol has it.
const MAX_BYTES: usize = 4000;

module! { ($) delegate_text_input; seat_global ZwpTextInputManagerV3 1; ZwpTextInputV3; restore }

/// What has to be there again in another process.
fn restore<A: Hosts>(app: &mut A) {
    app.wayland().update_text_inputs = Some(update);
}

/// What a client says about its text field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The text around the cursor, if the client tells it.
    pub surrounding: Option<Surrounding>,
    /// Whether something else than [`write()`] has changed that, such as the user moving the cursor.
    pub changed_by_others: bool,
    /// How text should be treated.
    pub hint: ContentHint,
    /// What the field is for.
    pub purpose: ContentPurpose,
    /// Where the cursor is, on the surface.
    pub cursor: Rect,
}

wayline::carry!(struct Field { surrounding, changed_by_others, hint, purpose, cursor });

impl Default for Field {
    fn default() -> Field {
        Field {
            surrounding: None,
            changed_by_others: false,
            hint: ContentHint::NONE,
            purpose: ContentPurpose::NORMAL,
            cursor: Rect::EMPTY,
        }
    }
}

/// The text around the cursor of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surrounding {
    /// The text, or a part of it.
    pub text: String,
    /// The byte of it that the cursor is before; between two characters.
    pub cursor: usize,
    /// The other end of what is selected, in the same way.
    pub anchor: usize,
}

impl Carry for Surrounding {
    fn save(&self, saver: &mut Saver) -> Result<(), Refusal> {
        let Surrounding { text, cursor, anchor } = self;
        saver.put(text)?;
        saver.put(&(*cursor, *anchor))
    }

    fn load(loader: &mut Loader<'_>) -> Result<Surrounding, CarryError> {
        let (text, (cursor, anchor)): (String, _) = loader.get()?;
        let is_between = |at| text.is_char_boundary(at);
        if !is_between(cursor) || !is_between(anchor) {
            return Err(CarryError::Damaged { what: "a cursor outside of its text" });
        }
        Ok(Surrounding { text, cursor, anchor })
    }
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

/// What a client has asked for since its last commit.
#[derive(Debug, Default)]
struct Changes {
    /// Whether a field gets the text, and all that was said about another one is forgotten.
    enabled: Option<bool>,
    surrounding: Option<Option<Surrounding>>,
    changed_by_others: bool,
    content: Option<(ContentHint, ContentPurpose)>,
    cursor: Option<Rect>,
}

wayline::carry!(struct Changes { enabled, surrounding, changed_by_others, content, cursor });

/// State of a `zwp_text_input_v3`.
#[derive(Debug, Default)]
pub struct TextInput {
    /// The surface that it was told has the keyboard.
    surface: Option<WlSurface>,
    commits: u32,
    pending: Changes,
    /// The field that gets the text.
    field: Option<Field>,
    /// What is charged for the text around its cursor.
    kept: u64,
}

wayline::carry!(struct TextInput { surface, commits, pending, field, kept });

impl TextInput {
    /// What the text around its cursor takes.
    fn bytes(&self) -> u64 {
        let pending = self.pending.surrounding.as_ref().and_then(Option::as_ref);
        let current = self.field.as_ref().and_then(|field| field.surrounding.as_ref());
        pending.into_iter().chain(current).map(|surrounding| surrounding.text.len() as u64).sum()
    }

    fn apply(&mut self) {
        let Changes { enabled, surrounding, changed_by_others, content, cursor } = std::mem::take(&mut self.pending);
        if let Some(enabled) = enabled {
            self.field = enabled.then(Field::default);
        }
        let Some(field) = &mut self.field else { return };
        field.changed_by_others = changed_by_others;
        if let Some(surrounding) = surrounding {
            field.surrounding = surrounding;
        }
        if let Some(content) = content {
            (field.hint, field.purpose) = content;
        }
        field.cursor = cursor.unwrap_or(field.cursor);
    }
}

/// The text around a cursor; `None` if that or the anchor is in the middle of a character, or not in the text.
fn surrounding(text: &str, cursor: i32, anchor: i32) -> Option<Surrounding> {
    let place = |at: i32| usize::try_from(at).ok().filter(|at| text.is_char_boundary(*at));
    Some(Surrounding { text: text.to_owned(), cursor: place(cursor)?, anchor: place(anchor)? })
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

#[cfg(test)]
mod tests {
    use super::{Changes, ContentHint, ContentPurpose, Field, Rect, Surrounding, TextInput, surrounding};

    #[test]
    fn cursors_are_between_characters_of_the_text() {
        let around = |cursor, anchor| surrounding("aß", cursor, anchor).map(|around| (around.cursor, around.anchor));
        assert_eq!([around(0, 3), around(1, 1)], [Some((0, 3)), Some((1, 1))]);
        assert_eq!([around(2, 0), around(0, 2), around(4, 0), around(0, -1)], [None; 4]);
    }

    #[test]
    fn what_was_said_stays_until_another_field_is_enabled() {
        let mut input = TextInput::default();
        let around = Surrounding { text: "word".to_owned(), cursor: 4, anchor: 4 };
        input.pending.surrounding = Some(Some(around.clone()));
        input.apply();
        assert_eq!((input.field.as_ref(), input.bytes()), (None, 0), "nothing is enabled");
        let changes = || Changes {
            enabled: Some(true),
            surrounding: Some(Some(around.clone())),
            content: Some((ContentHint::MULTILINE, ContentPurpose::TERMINAL)),
            ..Changes::default()
        };
        input.pending = changes();
        assert_eq!(input.bytes(), 4, "what waits is kept as well");
        input.apply();
        input.pending = Changes { cursor: Some(Rect::new(1, 2, 3, 4)), ..Changes::default() };
        input.apply();
        let field = input.field.clone().unwrap();
        assert_eq!((field.surrounding, field.purpose), (Some(around.clone()), ContentPurpose::TERMINAL));
        assert_eq!(field.cursor, Rect::new(1, 2, 3, 4));
        input.pending = changes();
        assert_eq!(input.bytes(), 8);
        input.pending = Changes { enabled: Some(true), ..Changes::default() };
        input.apply();
        assert_eq!((input.field.as_ref(), input.bytes()), (Some(&Field::default()), 0));
    }
}
