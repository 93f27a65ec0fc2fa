//! The compositor's side.

use desk_protocol::{DeskOffer, DeskShell, DeskWindow, desk_offer, desk_shell, desk_window};
use wayline::server::{Delegate, Module};
use wayline::{HandlerResult, HasServer, ObjectError, SendError};

/// Answers for shells, windows and offers.
pub struct Shell;

/// What the library asks of a compositor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hands windows to `desk_shell::server::Shell`, and does not implement `desk_shell::server::Host`",
    label = "asks `{Self}` for `desk_shell::server::Host`"
)]
pub trait Host:
    HasServer + Delegate<DeskShell, To = Shell> + Delegate<DeskWindow, To = Shell> + Delegate<DeskOffer, To = Shell>
{
    /// The title of a window has changed; [`title`] has it.
    fn titled(&mut self, window: DeskWindow);

    /// The client wants a text that it was offered.
    fn accepted(&mut self, window: DeskWindow, text: &str) {
        let _ = (window, text);
    }

    /// A window is gone.
    fn window_destroyed(&mut self, window: DeskWindow, last: Window) {
        let _ = (window, last);
    }
}

/// The state of a shell.
#[derive(Debug, Default)]
pub struct Manager {
    /// The windows that it made and that still exist.
    pub windows: Vec<DeskWindow>,
}

/// The state of a window.
#[derive(Debug, Default)]
pub struct Window {
    /// What the client calls it.
    pub title: String,
    /// The window that it belongs to.
    pub parent: Option<DeskWindow>,
    shell: Option<DeskShell>,
}

/// The state of an offer.
#[derive(Debug, Default)]
pub struct Offer {
    text: String,
    window: Option<DeskWindow>,
}

/// The title of a window.
///
/// # Errors
/// [`ObjectError`] if there is no such window.
pub fn title<A: Host>(app: &mut A, window: DeskWindow) -> Result<&str, ObjectError> {
    Ok(&app.server().data(window)?.title)
}

/// Asks the client to close a window.
///
/// # Errors
/// [`SendError`] if there is no such window.
pub fn close<A: Host>(app: &mut A, window: DeskWindow) -> Result<(), SendError> {
    window.close(app.server())
}

/// Offers a text to the client of a window, until [`withdraw`].
///
/// # Errors
/// [`SendError`] if there is no such window.
pub fn offer<A: Host>(app: &mut A, window: DeskWindow, text: &str) -> Result<DeskOffer, SendError> {
    let offer = window.offer(app.server(), text)?;
    *app.server().data(offer)? = Offer { text: text.to_owned(), window: Some(window) };
    Ok(offer)
}

/// Takes an offer back.
///
/// # Errors
/// [`SendError`] if there is no such offer.
pub fn withdraw<A: Host>(app: &mut A, offer: DeskOffer) -> Result<(), SendError> {
    offer.withdrawn(app.server())
}

impl<A: Host> Module<DeskShell, A> for Shell {
    type Data = Manager;

    fn request(app: &mut A, this: DeskShell, request: desk_shell::Request) -> HandlerResult {
        match request {
            desk_shell::Request::CreateWindow { id } => {
                app.server().data(id)?.shell = Some(this);
                app.server().data(this)?.windows.push(id);
            }
            desk_shell::Request::Destroy => {}
        }
        Ok(())
    }
}

impl<A: Host> Module<DeskWindow, A> for Shell {
    type Data = Window;

    fn request(app: &mut A, this: DeskWindow, request: desk_window::Request<'_>) -> HandlerResult {
        match request {
            desk_window::Request::SetTitle { title } => {
                title.clone_into(&mut app.server().data(this)?.title);
                app.titled(this);
            }
            desk_window::Request::CreateChild { id } => app.server().data(id)?.parent = Some(this),
            desk_window::Request::Destroy => {}
        }
        Ok(())
    }

    fn destroyed(app: &mut A, this: DeskWindow, data: Window) {
        // The shell may be gone already.
        if let Some(manager) = data.shell.and_then(|shell| app.server().data(shell).ok()) {
            manager.windows.retain(|window| *window != this);
        }
        app.window_destroyed(this, data);
    }
}

impl<A: Host> Module<DeskOffer, A> for Shell {
    type Data = Offer;

    fn request(app: &mut A, this: DeskOffer, request: desk_offer::Request) -> HandlerResult {
        match request {
            desk_offer::Request::Accept => {
                let Offer { text, window } = std::mem::take(app.server().data(this)?);
                if let Some(window) = window {
                    app.accepted(window, &text);
                }
                withdraw(app, this)?;
            }
        }
        Ok(())
    }
}
