//! What clients say about their text fields.

use wayline::carry::{Carry, CarryError, Loader, Refusal, Saver};
use wayline_desktop::Rect;

use crate::protocol::WlSurface;
use crate::protocol::zwp_text_input_v3::{ContentHint, ContentPurpose};

/// What a client says about its text field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The text around the cursor, if the client tells it.
    pub surrounding: Option<Surrounding>,
    /// Whether something else than [`write()`](super::write) has changed that, such as the user moving the cursor.
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

/// What a client has asked for since its last commit.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Whether a field gets the text, and all that was said about another one is forgotten.
    pub(super) enabled: Option<bool>,
    pub(super) surrounding: Option<Option<Surrounding>>,
    pub(super) changed_by_others: bool,
    pub(super) content: Option<(ContentHint, ContentPurpose)>,
    pub(super) cursor: Option<Rect>,
}

wayline::carry!(struct Changes { enabled, surrounding, changed_by_others, content, cursor });

/// State of a `zwp_text_input_v3`.
#[derive(Debug, Default)]
pub struct TextInput {
    /// The surface that it was told has the keyboard.
    pub(super) surface: Option<WlSurface>,
    pub(super) commits: u32,
    pub(super) pending: Changes,
    /// The field that gets the text.
    pub(super) field: Option<Field>,
    /// What is charged for the text around its cursor.
    pub(super) kept: u64,
}

wayline::carry!(struct TextInput { surface, commits, pending, field, kept });

impl TextInput {
    /// What the text around its cursor takes.
    pub(super) fn bytes(&self) -> u64 {
        let pending = self.pending.surrounding.as_ref().and_then(Option::as_ref);
        let current = self.field.as_ref().and_then(|field| field.surrounding.as_ref());
        pending.into_iter().chain(current).map(|surrounding| surrounding.text.len() as u64).sum()
    }

    pub(super) fn apply(&mut self) {
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
pub(super) fn surrounding(text: &str, cursor: i32, anchor: i32) -> Option<Surrounding> {
    let place = |at: i32| usize::try_from(at).ok().filter(|at| text.is_char_boundary(*at));
    Some(Surrounding { text: text.to_owned(), cursor: place(cursor)?, anchor: place(anchor)? })
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
