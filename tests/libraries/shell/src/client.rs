//! The client's side.

use desk_protocol::{DeskOffer, DeskShell, DeskWindow, desk_offer, desk_shell, desk_window};
use wayline::client::{Delegate, Module};
use wayline::{BindError, HandlerResult, HasClient, SendError};

/// Takes the events of shells, windows and offers.
pub struct Toolkit;

/// What the library asks of a client.
#[diagnostic::on_unimplemented(
    message = "`{Self}` hands windows to `desk_shell::client::Toolkit`, and does not implement `desk_shell::client::Host`",
    label = "asks `{Self}` for `desk_shell::client::Host`"
)]
pub trait Host:
    HasClient + Delegate<DeskShell, To = Toolkit> + Delegate<DeskWindow, To = Toolkit> + Delegate<DeskOffer, To = Toolkit>
{
    /// The user wants the window closed.
    fn close_requested(&mut self, window: DeskWindow) {
        let _ = window;
    }

    /// There is a text to be had. Returns whether it is wanted.
    fn wants(&mut self, window: DeskWindow, text: &str) -> bool {
        let _ = (window, text);
        false
    }
}

/// The state of a window.
#[derive(Debug, Default)]
pub struct Window {
    /// Texts that were offered so far.
    pub offers: u32,
    /// How often the user wanted it closed.
    pub closes: u32,
}

/// The state of an offer.
#[derive(Debug, Default)]
pub struct Offer {
    /// Whether it was accepted.
    pub accepted: bool,
}

/// Opens a window of the shell that the server offers.
///
/// # Errors
/// [`BindError`] if it offers none.
pub fn open<A: Host>(app: &mut A, title: &str) -> Result<DeskWindow, BindError> {
    let shell: DeskShell = app.client().bind(1)?;
    let window = shell.create_window(app.client())?;
    window.set_title(app.client(), title)?;
    shell.destroy(app.client())?;
    Ok(window)
}

/// Closes a window.
///
/// # Errors
/// [`SendError`] if there is no such window.
pub fn close<A: Host>(app: &mut A, window: DeskWindow) -> Result<(), SendError> {
    window.destroy(app.client())
}

impl<A: Host> Module<DeskShell, A> for Toolkit {
    type Data = ();

    fn event(_: &mut A, _: DeskShell, event: desk_shell::Event) -> HandlerResult {
        match event {}
    }
}

impl<A: Host> Module<DeskWindow, A> for Toolkit {
    type Data = Window;

    fn event(app: &mut A, this: DeskWindow, event: desk_window::Event<'_>) -> HandlerResult {
        match event {
            desk_window::Event::Close => {
                app.client().data(this)?.closes += 1;
                app.close_requested(this);
            }
            desk_window::Event::Offer { id, text } => {
                app.client().data(this)?.offers += 1;
                if app.wants(this, text) {
                    app.client().data(id)?.accepted = true;
                    id.accept(app.client())?;
                }
            }
        }
        Ok(())
    }
}

impl<A: Host> Module<DeskOffer, A> for Toolkit {
    type Data = Offer;

    fn event(_: &mut A, _: DeskOffer, event: desk_offer::Event) -> HandlerResult {
        match event {
            desk_offer::Event::Withdrawn => Ok(()),
        }
    }
}
