//! What goes over to a new process, and what that makes of it.

use wayline::carry::{Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
use wayline::{ClientId, ListenerId, Server};
use wayline_desktop_wayland::State;

use crate::app::{App, serving};
use crate::control;
use crate::host;
use crate::native;
use crate::outputs::Screen;
use crate::process::Process;

/// How all of it is written. Another way gets another number.
const FORM: u32 = 1;

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        control::carry(native::carry(host::carry(Carrier::new())))
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        let traced: Vec<ClientId> = self.server.clients().filter(|client| self.server.is_traced(*client)).collect();
        saver.put(&FORM)?;
        saver.put(&self.control.map(|control| control.listener))?;
        saver.put(&traced)?;
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
        if loader.get::<u32>()? != FORM {
            return Err(CarryError::Application("the state is of another version of demo-server".into()));
        }
        let listener: Option<ListenerId> = loader.get()?;
        for client in loader.get::<Vec<ClientId>>()? {
            server.set_traced(client, true);
        }
        let events = serving(&mut server).map_err(|error| failed(&*error))?;
        let (desktop, native) = (loader.get()?, loader.get()?);
        let wayland = State::load(events.handle(), loader)?;
        let (tally, process): (_, Process) = (loader.get()?, loader.get()?);
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
