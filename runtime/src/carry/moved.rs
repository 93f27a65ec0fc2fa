//! From one server to another: one client, between two of its messages.

use std::fmt;

use super::{CarryError, Loader, Refusal, Saver, State, Upgrade, clients, globals, state};
use crate::endpoint::Baggage;
use crate::handle::ClientId;
use crate::server::Server;

/// Takes a client out of a server, with its objects, what was received and not handled, and what was not sent. For the
/// server it is as if it had never been there: neither [`disconnected`](crate::HasServer::disconnected) nor `destroyed` is
/// called; what the application has of it, it gives to [`Upgrade::save_client`]. The client notices nothing. Its requests
/// wait until another server [attaches](attach) it; if the state is dropped, its connection ends.
///
/// Called between two turns, so also from a [`Sender`](crate::Sender). Handles of objects of other clients that go along
/// find nothing afterwards.
///
/// ```
/// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
/// # use app::{ClientApp, Counter, counter};
/// # use wayline::carry::{Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
/// # use wayline::{Client, HandlerResult, HasServer, RequestHandler, Server, client, server};
/// # struct App { server: Server<App>, total: u32 }
/// # impl App {
/// #     fn of(mut server: Server<App>) -> App {
/// #         server.add_global::<Counter>(1).unwrap();
/// #         App { server, total: 0 }
/// #     }
/// # }
/// # impl HasServer for App { fn server(&mut self) -> &mut Server<App> { &mut self.server } }
/// # impl RequestHandler<Counter> for App {
/// #     type Data = ();
/// #     fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
/// #         if let counter::Request::Add { amount } = request {
/// #             self.total += amount;
/// #             this.total(&mut self.server, self.total)?;
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # impl Upgrade for App {
/// #     fn carrier() -> Carrier<App> { Carrier::new().with::<Counter>() }
/// #     fn save(&mut self, _: &mut Saver) -> Result<(), Refusal> { Ok(()) }
/// #     fn load(server: Server<App>, _: &mut Loader<'_>) -> Result<App, CarryError> { Ok(App::of(server)) }
/// # }
/// # fn exchange(one: &mut App, guest: &mut ClientApp) {
/// #     for _ in 0..4 {
/// #         client::turn(guest).unwrap();
/// #         server::turn(one).unwrap();
/// #     }
/// #     client::turn(guest).unwrap();
/// # }
/// use wayline::carry;
///
/// let (mut one, mut other) = (App::of(Server::new()), App::of(Server::new()));
/// # let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
/// let client = one.server.add_socket(ours.into())?;
/// # let mut guest = ClientApp { client: Client::from_socket(theirs.into()), total: 0 };
/// # exchange(&mut one, &mut guest);
/// # let counter: Counter = guest.client.bind(1)?;
/// # counter.add(&mut guest.client, 3)?;
/// # exchange(&mut one, &mut guest);
/// # assert_eq!(guest.total, 3);
/// // The client has counted to 3 here, and goes on from 0 there.
/// let state = carry::detach(&mut one, client)?;
/// carry::attach(&mut other, state)?;
/// # counter.add(&mut guest.client, 4)?;
/// # exchange(&mut other, &mut guest);
/// # assert_eq!(guest.total, 4);
/// assert_eq!((one.server.clients().count(), other.server.clients().count()), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Refusal`] says why it cannot go: for instance since it may still bind a global that was removed. It stays then.
pub fn detach<A: Upgrade>(app: &mut A, client: ClientId) -> Result<State, Refusal> {
    if app.server().core.is_dispatching() {
        return Err("a message is being handled".into());
    }
    crate::server::finish_turn(app);
    let server = app.server();
    if !server.core.is_served(client) {
        return Err(Refusal::new(format!("{client} has ended, or is about to")));
    }
    let last = server.heard_of(client);
    let last = last.map_err(|id| Refusal::new(format!("{client} may still bind the removed global {}", id.name())))?;
    let mut saver = Saver::new();
    saver.clients.insert(client, 0);
    globals::save_known(last.unwrap_or(0), &server.global_names().1, &mut saver)?;
    clients::save(server, &A::carrier(), &[client], &mut saver)?;
    app.save_client(client, &mut saver)?;
    app.server().forget(client);
    Ok(saver.finish(state::CLIENT))
}

/// Has a server go on with a client that another one [detached](detach), in this process or another (by
/// [`State::into_parts`]). [`connected`](crate::HasServer::connected) is not called; [`Upgrade::load_client`] is. It came
/// through no listener of this server. The limits of this server hold from now on.
///
/// Both servers must have the same globals under the names that the client has heard of, as servers have that add the same
/// ones in the same order. A client without a registry has heard of none.
///
/// # Errors
/// [`CarryError::Limit`] if this server has as many clients already as its [`Limits`](crate::Limits) allow, in all or of this
/// user. [`NotAttached`] says why not, and has the state: the server that it came from can have it back.
pub fn attach<A: Upgrade>(app: &mut A, state: State) -> Result<ClientId, NotAttached> {
    let attached = state.try_clone().map_err(CarryError::from).and_then(|state| try_attach(app, state));
    attached.map_err(|error| NotAttached { state, error })
}

fn try_attach<A: Upgrade>(app: &mut A, state: State) -> Result<ClientId, CarryError> {
    let State { bytes, fds } = state;
    let (format, body) = state::body(state::CLIENT, &bytes)?;
    let mut loader = Loader::new(format, body, fds);
    globals::check_known(app.server(), &mut loader)?;
    let loaded = load(app, &mut loader);
    if loaded.is_err() {
        loader.clients.iter().for_each(|(client, _)| app.server().forget(*client));
    }
    loaded
}

fn load<A: Upgrade>(app: &mut A, loader: &mut Loader<'_>) -> Result<ClientId, CarryError> {
    let admit = |server: &Server<A>, baggage: &Baggage| Ok(server.has_room_for_another(baggage)?);
    clients::load(app.server(), &A::carrier(), loader, admit)?;
    let [(client, _)] = &loader.clients[..] else { return Err(CarryError::Damaged { what: "not one client" }) };
    let client = *client;
    if let Some(peer) = app.server().core.peer_mut(client) {
        peer.listener = None;
    }
    app.load_client(client, loader)?;
    loader.finish()?;
    // Globals with higher names than it has heard of.
    app.server().globals_changed();
    Ok(client)
}

/// Why a server did not take a client, and the client.
#[derive(Debug)]
pub struct NotAttached {
    /// What was to be attached.
    pub state: State,
    /// Why it was not.
    pub error: CarryError,
}

impl fmt::Display for NotAttached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client is not taken: {}", self.error)
    }
}

impl std::error::Error for NotAttached {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
