//! The compositor on a thread of another program, which hands out its clients'
//! sockets, acts as its user and says where windows are.
//!
//! Knows how to reach the compositor's thread; what it is asked to do there is
//! the business of the seat and of the front ends. Listens nowhere, takes no
//! signal and reads no environment.

use std::error::Error;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread::JoinHandle;

use calloop::channel::{self, Channel, Event, Sender};
use wayline::{ClientId, Resource, Server};

use crate::app::{App, Failure, Owner};
use crate::host::announce;
use crate::outputs::Screen;
use crate::run;
use wayline_desktop_wayland::{Host, input};

pub use wayline_desktop::{Action, Touch};

/// What a compositor is to be like.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Size of the screen in pixels, 16 to 16384 on each side.
    pub size: (u32, u32),
    /// Interfaces of Wayland to offer in another version than the newest one
    /// known, or with 0 not at all. Obsolete ones are offered only if named.
    pub offer: Vec<(String, u32)>,
    /// Whether windows of Wayland clients may show a buffer before their first
    /// configuration, which is an error otherwise.
    pub early_buffers: bool,
    /// Whether there is a touch screen from the start.
    pub touch: bool,
}

/// A compositor that runs. Dropping it stops it.
pub struct Compositor {
    orders: Sender<Order>,
    /// `None` once it was joined.
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Compositor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compositor").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// Something to do on the compositor's thread.
type Order = Box<dyn FnOnce(&mut App) + Send>;

impl Compositor {
    /// Starts a compositor; when this returns, clients can connect.
    ///
    /// # Errors
    /// If the process has no descriptors or threads left, or the offer names
    /// what there is not.
    pub fn start(setup: Setup) -> Result<Compositor, Box<dyn Error + Send + Sync>> {
        let (orders, inbox) = channel::channel();
        let (started, outcome) = mpsc::sync_channel(1);
        let serve = move || {
            let mut compositor = match assemble(&setup, inbox) {
                Ok(compositor) => compositor,
                Err(error) => return drop(started.send(Err(error.to_string()))),
            };
            drop(started.send(Ok(())));
            if let Err(error) = run::serve(&mut compositor.0, &mut compositor.1) {
                tracing::error!("the compositor stopped: {error}");
            }
        };
        let thread = std::thread::Builder::new().name("compositor".into()).spawn(serve)?;
        let compositor = Compositor { orders, thread: Some(thread) };
        outcome.recv()??;
        Ok(compositor)
    }

    /// Adds a client; returns its end of the connection, close-on-exec, and its name
    /// for other methods.
    ///
    /// # Errors
    /// If the process has no descriptors left, or the compositor has stopped.
    pub fn connect(&self) -> io::Result<(OwnedFd, ClientId)> {
        let (ours, theirs) = UnixStream::pair()?;
        let added = self.order(|app| app.server.add_socket(ours.into()));
        Ok((theirs.into(), added.ok_or(io::ErrorKind::NotConnected)??))
    }

    /// Lets a device of the user act. When this returns, clients are about to be
    /// told, ahead of any answer to what they ask from now on.
    pub fn act(&self, action: Action) {
        self.order(move |app| input(app, action));
    }

    /// Moves a window: the upper left corner of its geometry, in pixels of the
    /// screen. Returns whether the surface belongs to a window on the screen.
    pub fn place(&self, client: ClientId, surface: u32, (x, y): (i32, i32)) -> bool {
        self.order(move |app| place_window(app, client, surface, (x, y))).unwrap_or(false)
    }

    /// What a client makes this process hold; 0 once it, or the compositor, has ended.
    pub fn held(&self, client: ClientId, resource: Resource) -> u64 {
        self.order(move |app| app.server.held(client, resource)).unwrap_or(0)
    }

    /// Stops the compositor: its clients are disconnected, its thread has ended
    /// when this returns.
    pub fn stop(self) {
        drop(self);
    }

    /// Does something on the compositor's thread and waits for the answer; `None`
    /// if it has stopped.
    fn order<T: Send + 'static>(&self, what: impl FnOnce(&mut App) -> T + Send + 'static) -> Option<T> {
        let (sender, answer) = mpsc::sync_channel(1);
        // Without a compositor the order is dropped, and the sender with it.
        let _ = self.orders.send(Box::new(move |app| drop(sender.send(what(app)))));
        answer.recv().ok()
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        let _ = self.orders.send(Box::new(|app| app.server.stop()));
        if let Some(thread) = self.thread.take() {
            // It reported what went wrong before.
            let _ = thread.join();
        }
    }
}

/// The interfaces of Wayland that a compositor like this offers, and their versions.
///
/// # Errors
/// If the offer names what there is not.
pub fn offered(setup: &Setup) -> Result<Vec<(&'static str, u32)>, Box<dyn Error>> {
    Ok(announce(&mut Server::new(), &setup.offer)?)
}

/// Moves the window that the surface of this client and this id is part of.
/// Returns whether it is on the screen.
fn place_window(app: &mut App, client: ClientId, id: u32, position: (i32, i32)) -> bool {
    let is_meant = |owner| matches!(owner, Owner::Wayland(surface) if surface.client() == client && surface.id() == id);
    let Some(found) = app.desktop.find(is_meant) else { return false };
    let window = app.desktop.root(found);
    app.desktop.move_window(window, position);
    app.desktop.refresh();
    app.settle();
    true
}

fn assemble(setup: &Setup, inbox: Channel<Order>) -> Result<(calloop::EventLoop<'static, App>, App), Failure> {
    let mut server = Server::new();
    announce(&mut server, &setup.offer)?;
    let (events, mut app) = run::assemble(server, setup.size, Screen::Headless)?;
    let obey = |event: Event<Order>, (): &mut (), app: &mut App| match event {
        Event::Msg(order) => order(app),
        // Nobody can stop the compositor any more.
        Event::Closed => app.server.stop(),
    };
    events.handle().insert_source(inbox, obey).map_err(|e| e.error)?;
    app.wayland.early_buffers = setup.early_buffers;
    if setup.touch {
        input(&mut app, Action::Touch(Touch::Plug));
    }
    Ok((events, app))
}
