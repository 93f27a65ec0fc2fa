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

use wayline::{ClientId, Resource, Sender, Server};

use crate::app::{App, Failure, Owner};
use crate::host::announce;
use crate::outputs::Screen;
use crate::run::Running;
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
    orders: Sender<App>,
    /// `None` once it was joined.
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Compositor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compositor").field("thread", &self.thread).finish_non_exhaustive()
    }
}

impl Compositor {
    /// Starts a compositor; when this returns, clients can connect.
    ///
    /// # Errors
    /// If the process has no descriptors or threads left, or the offer names
    /// what there is not.
    pub fn start(setup: Setup) -> Result<Compositor, Box<dyn Error + Send + Sync>> {
        let mut server = Server::new();
        announce(&mut server, &setup.offer)?;
        let orders = server.sender()?;
        let serve = move || {
            if let Err(error) = run(server, &setup) {
                tracing::error!("the compositor stopped: {error}");
            }
        };
        let thread = std::thread::Builder::new().name("compositor".into()).spawn(serve)?;
        let compositor = Compositor { orders, thread: Some(thread) };
        compositor.order(|_| ()).ok_or("the compositor does not start")?;
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
        let is_meant =
            move |owner| matches!(owner, Owner::Wayland(named) if named.client() == client && named.id() == surface);
        let place = move |app: &mut App| {
            let window = app.desktop.root(app.desktop.find(is_meant)?);
            app.desktop.move_window(window, (x, y));
            app.desktop.refresh();
            app.settle();
            Some(())
        };
        self.order(place).flatten().is_some()
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
        self.orders.send(move |app| drop(sender.send(what(app)))).ok()?;
        answer.recv().ok()
    }
}

impl Drop for Compositor {
    fn drop(&mut self) {
        let _ = self.orders.send(|app| app.server.stop());
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

fn run(server: Server<App>, setup: &Setup) -> Result<(), Failure> {
    let mut running = Running::new(server, setup.size, Screen::Headless)?;
    running.app.wayland.early_buffers = setup.early_buffers;
    if setup.touch {
        input(&mut running.app, Action::Touch(Touch::Plug));
    }
    running.serve()
}
