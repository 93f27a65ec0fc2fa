//! The client's side.

use desk_protocol::{DeskEntry, DeskPanel, DeskWindow, desk_entry, desk_panel};
use desk_shell::client as shell;
use wayline::client::{Delegate, Module};
use wayline::{BindError, HandlerResult, SendError};

/// Takes the events of panels and entries.
pub struct Strip;

/// What the library asks of a client.
pub trait Host: shell::Host + Delegate<DeskPanel, To = Strip> + Delegate<DeskEntry, To = Strip> {
    /// The window of an entry is gone, and the entry with it.
    fn entry_gone(&mut self, entry: DeskEntry);
}

/// The state of an entry.
#[derive(Debug, Default)]
pub struct Entry {
    /// What it says.
    pub title: String,
}

/// Makes a panel.
///
/// # Errors
/// [`BindError`] if the server offers none.
pub fn make<A: Host>(app: &mut A) -> Result<DeskPanel, BindError> {
    app.client().bind(1)
}

/// Lists a window.
///
/// # Errors
/// [`SendError`] if panel or window are gone.
pub fn show<A: Host>(app: &mut A, panel: DeskPanel, window: DeskWindow) -> Result<DeskEntry, SendError> {
    panel.show(app.client(), window)
}

impl<A: Host> Module<DeskPanel, A> for Strip {
    type Data = ();

    fn event(_: &mut A, _: DeskPanel, event: desk_panel::Event) -> HandlerResult {
        match event {}
    }
}

impl<A: Host> Module<DeskEntry, A> for Strip {
    type Data = Entry;

    fn event(app: &mut A, this: DeskEntry, event: desk_entry::Event<'_>) -> HandlerResult {
        match event {
            desk_entry::Event::Title { title } => title.clone_into(&mut app.client().data(this)?.title),
            desk_entry::Event::Gone => app.entry_gone(this),
        }
        Ok(())
    }
}
