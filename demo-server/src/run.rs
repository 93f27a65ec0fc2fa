//! The life of the server from the command line to its end.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::signals::{Signal, Signals};
use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, Interest, Mode, PostAction};
use wayline::Server;
use wayline::carry::{self, CarryError};
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline_desktop::{Action, Desktop};
use wayline_desktop_wayland::{Host, Picture, State, compile_keymap, input};

use crate::app::{App, Failure, Owner, Tally, serving};
use crate::control;
use crate::host::{announce, announce_always, host_turn};
use crate::nested::Nested;
use crate::options::Options;
use crate::outputs::Screen;
use crate::process::{Process, Screenshot, Start};
use crate::{native, player, png, upgrade};

/// How long windows are there before a screenshot is taken, if nobody says until when to run.
const SCREENSHOT_AFTER: Duration = Duration::from_secs(3);

/// The longest wait for the windows of programs that were started, which then show up late or never.
const SCREENSHOT_BY: Duration = Duration::from_secs(60);

/// How often is looked for windows.
const TICK: Duration = Duration::from_millis(100);

/// Names the server to nest in, if `--host` does not.
const HOST: &str = "WAYLAND_DISPLAY";

/// A compositor that clients can connect to.
pub(crate) struct Running {
    events: EventLoop<'static, App>,
    pub(crate) app: App,
    /// Where it listens; empty if it does not.
    pub(crate) path: String,
}

impl Running {
    /// A compositor and its loop, wherever its clients come from.
    pub(crate) fn new(mut server: Server<App>, size: (u32, u32), screen: Screen) -> Result<Running, Failure> {
        announce_always(&mut server)?;
        let events = serving(&mut server)?;
        let mut app = App {
            server,
            desktop: Desktop::new(size),
            native: native::state::State::default(),
            wayland: State::new(events.handle()),
            events: events.handle(),
            unstarted: Some(events),
            tally: Tally::default(),
            screen,
            control: None,
            process: Process::serving(),
        };
        app.schedule();
        Running::of(app)
    }

    /// A compositor and its loop.
    fn of(mut app: App) -> Result<Running, Failure> {
        let path = app.server.address().map(ToString::to_string).unwrap_or_default();
        let events = app.unstarted.take().ok_or("its loop runs already")?;
        Ok(Running { events, app, path })
    }

    /// Runs until the server is stopped.
    pub(crate) fn serve(&mut self) -> Result<(), Failure> {
        while !self.app.server.is_stopped() {
            self.turn(None)?;
        }
        Ok(())
    }

    /// Waits for something to do, not longer than `timeout`, and does it.
    pub(crate) fn turn(&mut self, timeout: Option<Duration>) -> Result<(), Failure> {
        self.events.dispatch(timeout, &mut self.app)?;
        self.app.settle();
        native::turned(&mut self.app);
        upgrade::proceed(&mut self.app);
        Ok(())
    }
}

/// Runs until the time is over, a signal comes, the host closes the window, or a successor has taken over. `arguments` are
/// those of the command, the program first.
pub(crate) fn run(options: &Options, arguments: &[OsString]) -> Result<(), Failure> {
    // Before anything that the default action of the signal would leave behind.
    let hangup = Signals::new(&[Signal::SIGHUP])?;
    let start = Start::of_process(arguments)?;
    let mut running = if options.successor { succeed(options)? } else { first(options)? };
    let app = &mut running.app;
    app.process.start = Some(start);
    let handle = app.events.clone();
    handle.insert_source(hangup, |_, (), app| upgrade::begin(app, None, None))?;
    player::start(app)?;
    if let Some(due) = app.process.exit_at {
        let stop = |_, (): &mut (), app: &mut App| {
            app.server.stop();
            TimeoutAction::Drop
        };
        handle.insert_source(Timer::from_deadline(due), stop)?;
    }
    if app.process.screenshot.is_some() {
        handle.insert_source(Timer::from_duration(TICK), |_, (), app| look(app))?;
    }
    running.serve()?;
    let mut app = running.app;
    upgrade::abandon(&mut app);
    if !app.process.serves {
        return Ok(());
    }
    if let Some(path) = &options.screenshot {
        app.draw();
        png::save(app.desktop.frame(), path)?;
    }
    app.process.end_children();
    if options.stats {
        let crossed = app.process.before.and(&app.server.stats());
        crossed.lines().iter().for_each(|line| println!("{line}"));
        println!("frames {}", app.tally.composed);
    }
    Ok(())
}

/// The first process of a server: listens, and starts what is to be started.
fn first(options: &Options) -> Result<Running, Failure> {
    let mut running = start(options)?;
    println!("ready {}", running.path);
    std::io::stdout().flush()?;
    let display = display(&running.path);
    let app = &mut running.app;
    options.run.iter().try_for_each(|command| app.process.spawn(command, &display))?;
    match &options.script {
        Some(path) if path.as_os_str() == "-" => player::listen(app)?,
        Some(path) => player::load(app, path)?,
        None => {}
    }
    let after = |time| Instant::now().checked_add(time);
    (app.process.exit_at, app.process.screenshot) = match (options.exit_after, &options.screenshot) {
        (Some(limit), _) => (after(limit), None),
        (None, Some(_)) if options.run.is_empty() => (after(SCREENSHOT_AFTER), None),
        (None, Some(_)) => (None, Some(Screenshot { left: SCREENSHOT_AFTER, unseen: SCREENSHOT_BY })),
        (None, None) => (None, None),
    };
    Ok(running)
}

/// A process that takes over from another one, which serves until then.
fn succeed(options: &Options) -> Result<Running, Failure> {
    let screen = screen(options)?;
    let signals = Signals::new(&[Signal::SIGINT, Signal::SIGTERM])?;
    let prepare = |app: &mut App| {
        app.screen = screen;
        if let Screen::Files { count, .. } = &mut app.screen {
            *count = app.tally.composed as u32;
        }
        finish_start(app, options, signals).map_err(|error| CarryError::Application(error.to_string()))
    };
    // What takes longest is done before, while clients are still served: the keymap, and the background of the screen, which
    // desktops share.
    compile_keymap();
    let desktop: Desktop<Owner, Picture> = Desktop::new(options.size);
    let mut app = carry::take_over_with(std::io::stdin(), upgrade::PATIENCE, prepare)?;
    drop(desktop);
    app.process.serves = true;
    if matches!(app.screen, Screen::Nested(_)) {
        // What is let go while neither window has the host's keyboard, nobody hears of.
        for code in app.desktop.held_keys().to_vec() {
            input(&mut app, Action::Key { code, pressed: false });
        }
    }
    let clients = control::clients(&app).count();
    upgrade::finish(&mut app, clients);
    Running::of(app)
}

/// Everything up to the point where clients can connect.
pub(crate) fn start(options: &Options) -> Result<Running, Failure> {
    // A host may take its time to answer; nothing is to be cleaned up until then.
    let screen = screen(options)?;
    // Before there is a socket file that a signal could leave behind.
    let signals = Signals::new(&[Signal::SIGINT, Signal::SIGTERM])?;
    let mut private = None;
    let mut server = match (&options.socket, options.wayland_fd) {
        (Some(name), None) => Server::listen_at(name)?,
        (Some(name), Some(fd)) => {
            let mut environment = Environment::of_process();
            environment.wayland_socket_fd = Some(fd.to_string().into());
            environment.wayland_socket_name = Some(name.into());
            let mut server = Server::new();
            if let Some(listener) = Listener::passed(&mut environment)? {
                server.listen(listener)?;
            }
            server
        }
        (None, _) => {
            let mut environment = Environment::of_process();
            let mut activated = Listener::activated(&mut environment)?;
            activated.extend(Listener::passed(&mut environment)?);
            // Without a session there is no directory for sockets; one of our own does.
            if environment.xdg_runtime_dir.is_none() {
                let dir = tempfile::Builder::new().prefix("wayline-").tempdir()?;
                environment.xdg_runtime_dir = Some(private.insert(dir).path().into());
            }
            let mut server = Server::new();
            if activated.is_empty() || !options.run.is_empty() {
                server.listen(Listener::at_free_name(&environment)?)?;
            }
            // Those of a service manager, or of whoever starts the server again when it has crashed.
            for listener in activated {
                server.listen(listener)?;
            }
            server
        }
    };
    announce(&mut server, &options.offer)?;
    let mut running = Running::new(server, options.size, screen)?;
    running.app.process.private = private.map(tempfile::TempDir::keep);
    running.app.process.offer.clone_from(&options.offer);
    running.app.control = control::listen(&mut running.app.server);
    finish_start(&mut running.app, options, signals)?;
    Ok(running)
}

/// What the command line asks for, in the first process and in each that takes over.
fn finish_start(app: &mut App, options: &Options, signals: Signals) -> Result<(), Failure> {
    app.desktop.draw_cursors(options.cursor);
    app.events.insert_source(signals, |_, (), app| app.server.stop())?;
    if let Screen::Nested(window) = &app.screen {
        let turn = |_, _: &mut _, app: &mut App| {
            host_turn(app);
            Ok(PostAction::Continue)
        };
        app.events.insert_source(Generic::new(window.poll_fd()?, Interest::READ, Mode::Level), turn)?;
    }
    Ok(())
}

fn screen(options: &Options) -> Result<Screen, Failure> {
    if let Some(dir) = &options.frames {
        std::fs::create_dir_all(dir)?;
        return Ok(Screen::Files { dir: dir.clone(), count: 0 });
    }
    let host = options.host.clone().or_else(|| std::env::var(HOST).ok());
    let Some(host) = host.filter(|_| !options.headless) else { return Ok(Screen::Headless) };
    match Nested::open(&host) {
        Ok(window) => Ok(Screen::Nested(Box::new(window))),
        // Nobody asked for this server in particular.
        Err(error) if options.host.is_none() => {
            tracing::warn!("no window on {host}: {error}");
            Ok(Screen::Headless)
        }
        Err(error) => Err(error.into()),
    }
}

/// Stops the server when windows have been there for as long as it takes to draw them.
fn look(app: &mut App) -> TimeoutAction {
    let seen = app.desktop.has_windows();
    let Some(Screenshot { left, unseen }) = &mut app.process.screenshot else { return TimeoutAction::Drop };
    let clock = if seen { left } else { unseen };
    *clock = clock.saturating_sub(TICK);
    if clock.is_zero() {
        app.server.stop();
        return TimeoutAction::Drop;
    }
    TimeoutAction::ToDuration(TICK)
}

/// What programs are told to connect to: a name where that finds the socket, since some take nothing else.
fn display(path: &str) -> String {
    let (path, dir) = (Path::new(path), std::env::var_os("XDG_RUNTIME_DIR"));
    let name = path.file_name().filter(|_| path.parent().map(Path::as_os_str) == dir.as_deref());
    name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
