//! What goes over to a new process, and what that makes of it.

use wayline::carry::{Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
use wayline::{ClientId, ListenerId, Server};
use wayline_desktop_wayland::State;

use crate::app::{App, serving};
use crate::control;
use crate::host;
use crate::native;
use crate::outputs::Screen;
use crate::process::{Crossed, Process};

/// How all of it is written. Another way gets another number, and the one before can be read.
const FORM: u32 = 2;

/// What crossed the sockets of the clients was not written in this one.
const UNCOUNTED: u32 = 1;

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        control::carry(native::carry(host::carry(Carrier::new())))
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        let traced: Vec<ClientId> = self.server.clients().filter(|client| self.server.is_traced(*client)).collect();
        saver.put(&FORM)?;
        saver.put(&self.control.map(|control| control.listener))?;
        saver.put(&traced)?;
        saver.put(&self.server.clients().map(|client| (client, self.crossed(client))).collect::<Vec<_>>())?;
        saver.put(&self.desktop)?;
        saver.put(&self.native)?;
        self.wayland.save(saver)?;
        saver.put(&self.tally)?;
        let before = self.process.before;
        self.process.before = before.and(&self.server.stats());
        let saved = saver.put(&self.process);
        // This process may go on.
        self.process.before = before;
        saved
    }

    fn load(mut server: Server<App>, loader: &mut Loader<'_>) -> Result<App, CarryError> {
        let failed = |error: &dyn std::error::Error| CarryError::Application(error.to_string());
        let form: u32 = loader.get()?;
        if form != FORM && form != UNCOUNTED {
            return Err(CarryError::Application("the state is of another version of demo-server".into()));
        }
        let listener: Option<ListenerId> = loader.get()?;
        for client in loader.get::<Vec<ClientId>>()? {
            server.set_traced(client, true);
        }
        let crossed: Vec<(ClientId, Crossed)> = if form == UNCOUNTED { Vec::new() } else { loader.get()? };
        let events = serving(&mut server).map_err(|error| failed(&*error))?;
        let (desktop, native) = (loader.get()?, loader.get()?);
        let wayland = State::load(events.handle(), loader)?;
        let (tally, mut process): (_, Process) = (loader.get()?, loader.get()?);
        // Some have ended meanwhile, and are all nobody.
        process.before_of = crossed.into_iter().filter(|(client, _)| client.number() != 0).collect();
        host::announce(&mut server, &process.offer).map_err(|error| failed(&error))?;
        host::announce_always(&mut server)?;
        let control = listener.map(|listener| control::offer(&mut server, listener)).transpose()?;
        Ok(App {
            server,
            desktop,
            native,
            wayland,
            events: events.handle(),
            unstarted: Some(events),
            tally,
            // Each process opens its own.
            screen: Screen::Headless,
            control,
            process,
        })
    }
}

#[cfg(test)]
mod tests;
