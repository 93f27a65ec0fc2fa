//! The control socket: what the server tells about its clients, to whoever may ask.
//!
//! A listener of its own beside the one for clients. Its global is visible to those who came through it, and to nobody
//! else.

use std::path::PathBuf;
use std::time::Instant;

use rustix::process::geteuid;
use wayline::carry::Carrier;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline::{
    ClientId, GlobalError, GlobalId, HandlerResult, Interface, ListenerId, RequestHandler, Resource, SendError, Server,
};

use crate::app::{App, ControlSocket, Failure};
use crate::process::Crossed;
use crate::protocol::control::{DemoControl, demo_control};
use crate::upgrade;

use demo_control::Amount;

/// Clients of one answer. Each takes a look at a file of the process and some system calls.
const ANSWER: usize = 64;

/// Ends the name of the control socket, which otherwise is that of the socket for clients.
pub(crate) const SUFFIX: &str = ".control";

/// Listens beside the server's own socket; `None` if it has none, or that cannot be.
pub(crate) fn listen(server: &mut Server<App>) -> Option<ControlSocket> {
    let path = format!("{}{SUFFIX}", server.address()?.path()?.display());
    let bind = || Ok::<_, Failure>(server.listen(Listener::at_with_mode(&Address::at_path(path)?, 0o600)?)?);
    match bind() {
        Ok(listener) => offer(server, listener).ok(),
        Err(error) => {
            tracing::warn!("no control socket: {error}");
            None
        }
    }
}

/// Offers what is bound at a socket that listens already.
///
/// # Errors
/// None in practice: the version is that of the XML the code was made from.
pub(crate) fn offer(server: &mut Server<App>, listener: ListenerId) -> Result<ControlSocket, GlobalError> {
    Ok(ControlSocket { listener, global: server.add_global::<DemoControl>(2)? })
}

/// The carrier, of what is bound at the control socket as well.
pub(crate) fn carry(carrier: Carrier<App>) -> Carrier<App> {
    carrier.with::<DemoControl>()
}

/// The clients of the server, without those of the control socket.
pub(crate) fn clients(app: &App) -> impl Iterator<Item = ClientId> + '_ {
    app.server.clients().filter(|client| !came_there(app, *client))
}

/// Whether a client may see a global: those of the control socket see its own, all others see the rest.
pub(crate) fn shows(app: &App, client: ClientId, global: GlobalId) -> bool {
    app.control.is_none_or(|control| (global == control.global) == came_there(app, client))
}

/// Whether a client came through the control socket.
fn came_there(app: &App, client: ClientId) -> bool {
    app.control.is_some_and(|control| app.server.listener_of(client) == Some(control.listener))
}

impl RequestHandler<DemoControl> for App {
    type Data = ();

    fn request(&mut self, this: DemoControl, request: demo_control::Request<'_>) -> HandlerResult {
        let clients: Vec<ClientId> = clients(self).collect();
        match request {
            demo_control::Request::Destroy => {}
            demo_control::Request::List { after } => {
                let mut clients: Vec<ClientId> =
                    clients.into_iter().filter(|client| client.number() as u32 > after).collect();
                clients.sort_unstable_by_key(|client| client.number() as u32);
                clients.truncate(ANSWER);
                for &client in &clients {
                    tell(self, this, client)?;
                }
                this.done(&mut self.server, clients.len() as u32)?;
            }
            demo_control::Request::Trace { number, on } => {
                let found = clients.into_iter().find(|client| client.number() as u32 == number);
                if let Some(client) = found {
                    self.server.set_traced(client, on != 0);
                }
                this.done(&mut self.server, found.is_some().into())?;
            }
            demo_control::Request::Upgrade { program } => {
                // The socket is the user's alone, and so is what runs as the user.
                let uid = self.server.credentials(Interface::client(this)).map(|who| who.uid);
                if uid.is_some_and(|uid| uid == geteuid().as_raw() || uid == 0) {
                    upgrade::begin(self, program.map(PathBuf::from), Some(this));
                } else {
                    this.upgrade_failed(&mut self.server, "only the user of the server may replace it")?;
                }
            }
        }
        Ok(())
    }
}

/// Tells all about a client.
fn tell(app: &mut App, this: DemoControl, client: ClientId) -> Result<(), SendError> {
    let Crossed([messages_in, messages_out, bytes_in, bytes_out, fds_in, fds_out]) = app.crossed(client);
    let server = &mut app.server;
    let who = server.credentials(client);
    let (pid, uid) = who.map_or((0, 0), |who| (who.pid.unwrap_or(0), who.uid));
    let traced = server.is_traced(client);
    this.client(server, client.number() as u32, pid, uid, &program(pid), traced.into())?;
    let idle = server.last_heard(client).map_or(0, |then| Instant::now().saturating_duration_since(then).as_millis());
    let held = |resource| server.held(client, resource);
    let amounts = [
        (Amount::MESSAGES_IN, messages_in),
        (Amount::MESSAGES_OUT, messages_out),
        (Amount::BYTES_IN, bytes_in),
        (Amount::BYTES_OUT, bytes_out),
        (Amount::FDS_IN, fds_in),
        (Amount::FDS_OUT, fds_out),
        (Amount::OBJECTS, held(Resource::Objects)),
        (Amount::QUEUED_BYTES, held(Resource::QueuedBytes)),
        (Amount::UNREAD_BYTES, held(Resource::UnreadBytes)),
        (Amount::FDS, held(Resource::Fds)),
        (Amount::MAPPED_BYTES, held(Resource::MappedBytes)),
        (Amount::STORED_BYTES, held(Resource::StoredBytes)),
        (Amount::IDLE_MS, idle.try_into().unwrap_or(u64::MAX)),
    ];
    amounts.into_iter().try_for_each(|(kind, amount)| this.amount(server, kind, (amount >> 32) as u32, amount as u32))
}

impl App {
    /// What has crossed the socket of a client, whichever process served it.
    pub(crate) fn crossed(&self, client: ClientId) -> Crossed {
        let before = self.process.before_of.get(&client).copied().unwrap_or_default();
        before.and(self.server.traffic(client).unwrap_or_default())
    }
}

/// The name of a process (proc(5)).
fn program(pid: u32) -> String {
    let name = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    String::from_utf8_lossy(&name).trim_end().to_owned()
}
