//! Globals that come and go by order, some of them hidden from the client that gave it.

use wayline::server::announce_globals;
use wayline::{ClientId, GlobalId, HandlerResult, RequestHandler, Server};

use super::App;
use super::api::{WlcfBeacon, wlcf_beacon};
use super::orders::internal;

/// The version they are announced in.
const VERSION: u32 = 3;

/// The beacons that are not over yet.
#[derive(Default)]
pub(crate) struct Beacons {
    alive: Vec<GlobalId>,
    /// Kept as long as the client: what it must not see, it must not see leave either.
    hidden: Vec<(GlobalId, ClientId)>,
}

impl Beacons {
    pub(crate) fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        !self.hidden.contains(&(global, client))
    }

    pub(crate) fn forget(&mut self, client: ClientId) {
        self.hidden.retain(|(_, from)| *from != client);
    }

    pub(crate) fn add(&mut self, server: &mut Server<App>, hidden_from: Option<ClientId>) -> HandlerResult {
        let id = server.add_global::<WlcfBeacon>(VERSION).map_err(internal)?;
        self.alive.push(id);
        self.hidden.extend(hidden_from.map(|client| (id, client)));
        Ok(())
    }

    /// How many of versions 0 and one too high the server accepts.
    pub(crate) fn add_bad(&mut self, server: &mut Server<App>) -> u32 {
        let accepted = [0, VERSION + 1].map(|version| server.add_global::<WlcfBeacon>(version));
        self.alive.extend(accepted.iter().flatten());
        accepted.iter().flatten().count() as u32
    }

    pub(crate) fn withdraw(&self, server: &mut Server<App>, name: u32) {
        if let Some(id) = self.named(name) {
            server.remove_global(id);
        }
    }

    pub(crate) fn end(&mut self, server: &mut Server<App>, name: u32) {
        if let Some(id) = self.named(name) {
            server.destroy_global(id);
            self.alive.retain(|alive| *alive != id);
        }
    }

    fn named(&self, name: u32) -> Option<GlobalId> {
        self.alive.iter().find(|id| id.name() == name).copied()
    }
}

impl App {
    /// Announces, withdraws and ends a beacon so many times.
    pub(crate) fn cycle_beacons(&mut self, count: u32) -> HandlerResult {
        for _ in 0..count {
            let id = self.server.add_global::<WlcfBeacon>(VERSION).map_err(internal)?;
            announce_globals(self);
            self.server.remove_global(id);
            announce_globals(self);
            self.server.destroy_global(id);
        }
        Ok(())
    }
}

impl RequestHandler<WlcfBeacon> for App {
    type Data = ();

    fn request(&mut self, _: WlcfBeacon, request: wlcf_beacon::Request) -> HandlerResult {
        match request {
            wlcf_beacon::Request::Destroy => Ok(()),
        }
    }
}
