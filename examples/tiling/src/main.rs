//! A tiling compositor. The first window has the left column, the others share the right one. What the pointer is over
//! has the keyboard. With Alt held: `j` and `k` go to the next window and the one before, Enter moves a window to the
//! left, `h` and `l` move the border, `q` closes.

mod output;
mod tiles;

use std::error::Error;
use std::path::PathBuf;
use std::process::{Child, Command};

use calloop::generic::Generic;
use calloop::signals::{Signal, Signals};
use calloop::{EventLoop, Interest, Mode, PostAction};
use clap::Parser;
use wayline::io::{inherit::Environment, listener::Listener, path::Address};
use wayline::{ClientId, Disconnect, HasServer, Server};
use wayline_desktop::{Action, Desktop, Effect, SurfaceId};
use wayline_desktop_wayland::{self as wayland, Ask, Host, Offer, Parts, Picture, State, WaylandOwner};
use wayline_desktop_wayland::{layer_shell, viewporter, xdg_output};

use output::Output;
use tiles::Tiles;

/// Shows windows side by side.
#[derive(Parser)]
struct Options {
    /// Write the screen to a PNG file, again with each frame, instead of showing it in a window.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Where to listen: a name in XDG_RUNTIME_DIR, or a path. Without it the first free one of wayland-0 to wayland-32.
    #[arg(long, value_name = "NAME|PATH")]
    socket: Option<String>,
    /// Programs to start.
    commands: Vec<String>,
}

/// Size of the screen in pixels.
const SIZE: (u32, u32) = (1280, 720);

/// Codes of keys, as Linux has them.
const ALT: u32 = 56;
const Q: u32 = 16;
const ENTER: u32 = 28;
const H: u32 = 35;
const J: u32 = 36;
const K: u32 = 37;
const L: u32 = 38;

struct App {
    server: Server<App>,
    desktop: Desktop<WaylandOwner, Picture>,
    wayland: State<App>,
    output: Output,
    tiles: Tiles,
    alt: bool,
}

wayland::delegate!(App);
wayland::delegate_layer_shell!(App);
wayland::delegate_viewporter!(App);
wayland::delegate_xdg_output!(App);

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn caught_up(&mut self, client: ClientId) {
        wayland::caught_up(self, client);
    }

    fn disconnected(&mut self, client: ClientId, _: &Disconnect) {
        wayland::disconnected(self, client);
    }
}

impl Host for App {
    type Owner = WaylandOwner;
    type Picture = Picture;

    fn parts(&mut self) -> Parts<'_, App> {
        Parts { server: &mut self.server, desktop: &mut self.desktop, wayland: &mut self.wayland }
    }

    /// What the pointer enters gets the keyboard.
    fn deliver(&mut self, owner: WaylandOwner, effect: Effect) {
        wayland::deliver(self, owner.0, effect);
        let over = self.desktop.pointer_focus().map(|over| self.desktop.root(over));
        if let (Effect::PointerEnter { .. }, Some(over)) = (effect, over)
            && self.focus() != Some(over)
        {
            self.desktop.request_focus(over);
        }
    }

    fn draw(&mut self) {
        let damage = wayland::draw(self);
        if !damage.is_empty() {
            self.output.show(self.desktop.frame(), &damage);
        }
    }

    /// Dialogs stay where they are put, above the window that they belong to.
    fn window_added(&mut self, window: SurfaceId) {
        if self.desktop.parent(window).is_none() {
            self.tiles.windows.push(window);
            self.arrange();
        }
    }

    fn window_removed(&mut self, window: SurfaceId) {
        self.tiles.windows.retain(|other| *other != window);
        self.arrange();
    }

    /// Where windows are is not up to their clients, unless they want all of the screen, or no tile.
    fn permits(&mut self, window: SurfaceId, ask: Ask) -> bool {
        matches!(ask, Ask::Fullscreen(_)) || !self.tiles.windows.contains(&window)
    }

    /// A panel may have come or gone.
    fn settling(&mut self) {
        self.arrange();
    }
}

impl App {
    /// Gives all windows their places. Those that have them already hear nothing.
    fn arrange(&mut self) {
        for (window, place) in self.tiles.places(self.desktop.usable()) {
            self.desktop.set_tile(window, Some(place));
        }
    }

    /// The window that has the keyboard.
    fn focus(&self) -> Option<SurfaceId> {
        self.desktop.keyboard_focus().map(|focus| self.desktop.root(focus))
    }

    fn input(&mut self, action: Action) {
        match action {
            Action::Key { code: ALT, pressed } => self.alt = pressed,
            Action::Key { code, pressed } if self.alt && [Q, ENTER, H, J, K, L].contains(&code) => {
                return if pressed {
                    self.command(code);
                };
            }
            _ => {}
        }
        wayland::input(self, action);
    }

    fn command(&mut self, code: u32) {
        let focus = self.focus();
        match (code, focus) {
            (Q, _) => self.desktop.input(Action::Close),
            (ENTER, Some(focus)) => self.tiles.promote(focus),
            (H, _) => self.tiles.widen(-5),
            (L, _) => self.tiles.widen(5),
            (J | K, _) => {
                if let Some(next) = self.tiles.neighbour(focus, if code == J { 1 } else { -1 }) {
                    self.desktop.request_focus(next);
                }
            }
            _ => {}
        }
        self.arrange();
        self.settle();
    }
}

fn announce(server: &mut Server<App>) -> Result<(), wayland::OfferError> {
    let mut offer = Offer::default();
    wayland::announce(server, &mut offer)?;
    viewporter::announce(server, &mut offer)?;
    xdg_output::announce(server, &mut offer)?;
    layer_shell::announce(server, &mut offer)?;
    wayland::announce_output(server, &mut offer)
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let output = options.picture.map_or_else(Output::window, |path| Ok(Output::Picture(path)))?;
    let mut events = EventLoop::try_new()?;
    let signals = Signals::new(&[Signal::SIGINT, Signal::SIGTERM])?;
    events.handle().insert_source(signals, |_, (), app: &mut App| app.server.stop())?;
    let mut server = Server::new();
    let environment = Environment::of_process();
    server.listen(match options.socket {
        Some(name) => Listener::at(&Address::named(name, &environment)?)?,
        None => Listener::at_free_name(&environment)?,
    })?;
    announce(&mut server)?;
    let address = server.address().map(ToString::to_string).unwrap_or_default();
    events.handle().insert_source(server.source()?, |(), (), app: &mut App| wayline::server::turn(app))?;
    if let Some(fd) = output.poll_fd() {
        let turn = |_, _: &mut _, app: &mut App| {
            match app.output.turn(app.desktop.frame()) {
                Some(actions) => actions.into_iter().for_each(|action| app.input(action)),
                None => app.server.stop(),
            }
            Ok(PostAction::Continue)
        };
        events.handle().insert_source(Generic::new(fd, Interest::READ, Mode::Level), turn)?;
    }
    let (desktop, wayland) = (Desktop::new(SIZE), State::new(events.handle()));
    let mut app = App { server, desktop, wayland, output, tiles: Tiles::new(), alt: false };
    println!("ready {address}");
    let start = |command: &String| {
        Command::new("sh").arg("-c").arg(format!("exec {command}")).env("WAYLAND_DISPLAY", &address).spawn()
    };
    let mut children: Vec<Child> = options.commands.iter().map(start).collect::<Result<_, _>>()?;
    app.schedule();
    while !app.server.is_stopped() {
        events.dispatch(None, &mut app)?;
        app.settle();
    }
    for child in &mut children {
        // It may have ended by itself.
        let _ = child.kill();
        child.wait()?;
    }
    Ok(())
}
