//! The compositor's side.

use desk_protocol::{DeskEntry, DeskPanel, DeskWindow, desk_entry, desk_panel};
use desk_shell::server as shell;
use wayline::server::{Delegate, Module};
use wayline::{GlobalId, HandlerError, HandlerResult};

/// Answers for panels and entries.
pub struct Panel;

/// What the library asks of a compositor: windows that `desk-shell` answers for, and a place for its state.
pub trait Host: shell::Host + Delegate<DeskPanel, To = Panel> + Delegate<DeskEntry, To = Panel> {
    /// Where the compositor keeps the state of this library.
    fn panels(&mut self) -> &mut State;

    /// The user has chosen a window in a panel.
    fn activated(&mut self, window: DeskWindow);
}

/// What the library keeps for a compositor.
#[derive(Debug, Default)]
pub struct State {
    /// All entries of all panels, each with its window.
    entries: Vec<(DeskEntry, DeskWindow)>,
    /// How often panels were bound.
    pub bound: u32,
}

/// The state of a panel.
#[derive(Debug, Default)]
pub struct List {
    windows: Vec<DeskWindow>,
}

/// The state of an entry.
#[derive(Debug, Default)]
pub struct Entry {
    panel: Option<DeskPanel>,
    window: Option<DeskWindow>,
}

/// Shows the title of a window in all panels that list it. To be called from
/// [`titled`](shell::Host::titled).
pub fn titled<A: Host>(app: &mut A, window: DeskWindow) {
    let Ok(title) = shell::title(app, window).map(str::to_owned) else { return };
    for entry in entries_of(app, window) {
        // A client that is gone needs no title.
        let _: Result<_, _> = entry.title(app.server(), &title);
    }
}

/// Takes a window out of all panels. To be called from [`window_destroyed`](shell::Host::window_destroyed).
pub fn window_destroyed<A: Host>(app: &mut A, window: DeskWindow) {
    for entry in entries_of(app, window) {
        let panel = app.server().data(entry).ok().and_then(|entry| entry.panel);
        if let Some(list) = panel.and_then(|panel| app.server().data(panel).ok()) {
            list.windows.retain(|listed| *listed != window);
        }
        // If the client is gone, so is the entry.
        let _: Result<_, _> = entry.gone(app.server());
    }
    app.panels().entries.retain(|(_, listed)| *listed != window);
}

fn entries_of<A: Host>(app: &mut A, window: DeskWindow) -> Vec<DeskEntry> {
    app.panels().entries.iter().filter(|(_, listed)| *listed == window).map(|(entry, _)| *entry).collect()
}

impl<A: Host> Module<DeskPanel, A> for Panel {
    type Data = List;

    fn bound(app: &mut A, _: DeskPanel, _: GlobalId) -> HandlerResult {
        app.panels().bound += 1;
        Ok(())
    }

    fn request(app: &mut A, this: DeskPanel, request: desk_panel::Request) -> HandlerResult {
        match request {
            desk_panel::Request::Show { id, window } => {
                let list = app.server().data(this)?;
                if list.windows.contains(&window) {
                    return Err(HandlerError::protocol(this, desk_panel::Error::SHOWN, "the window is listed already"));
                }
                list.windows.push(window);
                *app.server().data(id)? = Entry { panel: Some(this), window: Some(window) };
                app.panels().entries.push((id, window));
                let title = shell::title(app, window)?.to_owned();
                id.title(app.server(), &title)?;
            }
            // Its handler is the other library's, which answers for it as for all windows.
            desk_panel::Request::Launch { id } => "launched".clone_into(&mut app.server().data(id)?.title),
            desk_panel::Request::Destroy => {}
        }
        Ok(())
    }
}

impl<A: Host> Module<DeskEntry, A> for Panel {
    type Data = Entry;

    fn request(app: &mut A, this: DeskEntry, request: desk_entry::Request) -> HandlerResult {
        match request {
            desk_entry::Request::Activate => {
                if let Some(window) = app.server().data(this)?.window {
                    app.activated(window);
                }
            }
            desk_entry::Request::Destroy => {}
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: DeskEntry, data: Entry) {
        app.panels().entries.retain(|(entry, _)| *entry != this);
        if let Some(list) = data.panel.and_then(|panel| app.server().data(panel).ok()) {
            list.windows.retain(|window| Some(*window) != data.window);
        }
    }
}
