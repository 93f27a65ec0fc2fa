//! A connection as a place for windows: what they are made with, and the event loop that serves them.

use calloop::LoopHandle;
use wayline::{Client, client};

use crate::buffer::Rows;
use crate::error::Error;
use crate::host::Host;
use crate::setup::{Protocol, Setup};
use crate::window::{Role, Window};
use crate::{native, wayland};

/// Most seats that are listened to. A compositor may offer as many as it likes.
const SEATS: usize = 16;

/// The compositor at the other end of a connection, as the place where windows are opened.
pub struct Compositor<A> {
    globals: Globals,
    events: LoopHandle<'static, A>,
    rows: Rows,
}

#[derive(Clone, Copy, Debug)]
enum Globals {
    Native(native::Globals),
    Wayland(wayland::Globals),
}

impl<A: Host> Compositor<A> {
    /// Binds what windows are made with, and has `events` serve the connection from now on: its dispatch sends what is
    /// queued, and ends with an error when the connection has ended. Convert that into an [`Error`] to learn why.
    ///
    /// # Errors
    /// [`Error::Bind`] if the compositor does not offer what a window needs, [`Error::Lost`] if the connection has ended,
    /// [`Error::Io`] and [`Error::Loop`] if the process has no descriptor left.
    pub fn new(
        client: &mut Client<A>,
        events: LoopHandle<'static, A>,
        protocol: Protocol,
    ) -> Result<Compositor<A>, Error> {
        if let Some(reason) = client.ended() {
            return Err(reason.clone().into());
        }
        let globals = if protocol.is_native(client) {
            Globals::Native(native::Globals::bind(client)?)
        } else {
            Globals::Wayland(wayland::Globals::bind(client)?)
        };
        let turn = |(), (): &mut (), app: &mut A| client::turn(app);
        events.insert_source(client.source()?, turn).map_err(|error| error.error)?;
        Ok(Compositor { globals, events, rows: rows(client) })
    }

    /// Listens to pointers, keyboards and touch screens from now on. To be called once; where there are none, nothing
    /// happens.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn listen_to_input(&self, client: &mut Client<A>) -> Result<(), Error> {
        let interface = match self.globals {
            Globals::Native(_) => "way_seat",
            Globals::Wayland(_) => "wl_seat",
        };
        let seats = client.globals().iter().filter(|global| global.interface == interface).take(SEATS);
        for (name, version) in seats.map(|global| (global.name, global.version)).collect::<Vec<_>>() {
            match self.globals {
                Globals::Native(_) => native::Globals::bind_seat(client, name)?,
                Globals::Wayland(_) => wayland::Globals::bind_seat(client, name, version)?,
            }
        }
        Ok(())
    }

    /// Makes a window. It appears with its first picture, which may be presented after the first [`Event::Configure`].
    ///
    /// [`Event::Configure`]: crate::Event::Configure
    ///
    /// # Errors
    /// [`Error::Send`] if requests cannot be sent, [`Error::Io`] if the process has no descriptor left.
    pub fn open(&self, client: &mut Client<A>, setup: &Setup<'_>) -> Result<Window, Error> {
        let role = match self.globals {
            Globals::Native(globals) => Role::Native(native::Role::new(client, globals, &self.events, setup)?),
            Globals::Wayland(globals) => Role::Wayland(wayland::Role::new(client, globals, setup)?),
        };
        Ok(Window::new(role, setup.format, self.rows))
    }

    /// Takes a window off the screen, with the next turn of the loop. What is sent to it after that finds nothing.
    ///
    /// # Errors
    /// [`Error::Send`], for instance if it is gone already.
    pub fn close(&self, client: &mut Client<A>, window: &Window) -> Result<(), Error> {
        match &window.role {
            Role::Native(role) => role.destroy(client, &self.events)?,
            Role::Wayland(role) => role.destroy(client)?,
        }
        Ok(())
    }
}

/// KWin 5 takes the rows of a buffer as packed, whatever their distance is. It is told from KWin 6 by its `wl_compositor`.
fn rows<A: Host>(client: &Client<A>) -> Rows {
    let version = |name| client.globals().iter().find(|global| global.interface == name).map(|global| global.version);
    match (version("org_kde_plasma_shell"), version("wl_compositor")) {
        (Some(_), Some(..6)) => Rows::Packed,
        _ => Rows::Aligned,
    }
}

impl<A> std::fmt::Debug for Compositor<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compositor").field("globals", &self.globals).finish_non_exhaustive()
    }
}
