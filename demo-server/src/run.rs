//! The life of the server from the command line to its end.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use calloop::generic::{Generic, NoIoDrop};
use calloop::signals::{Signal, Signals};
use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, Interest, Mode, PostAction};
use wayline::Server;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::protocol::WlFixes;
use wayline_desktop::Desktop;
use wayline_desktop_wayland::text_input::{self, Text};
use wayline_desktop_wayland::{Host, State, input};

use crate::app::{App, Failure, Tally};
use crate::control;
use crate::host::{announce, host_turn};
use crate::nested::Nested;
use crate::options::Options;
use crate::outputs::Screen;
use crate::script::{Input, Step};
use crate::{native, png, script};

/// How long windows are there before a screenshot is taken, if nobody says until when to run.
const SCREENSHOT_AFTER: Duration = Duration::from_secs(3);

/// The longest wait for the windows of programs that were started, which then show up late or never.
const SCREENSHOT_BY: Duration = Duration::from_secs(60);

/// Names the server to nest in, if `--host` does not.
const HOST: &str = "WAYLAND_DISPLAY";

/// A compositor that clients can connect to.
pub(crate) struct Running {
    events: EventLoop<'static, App>,
    pub(crate) app: App,
    /// Where it listens; empty if it does not.
    pub(crate) path: String,
    /// Removed with its contents when the server ends.
    private: Option<tempfile::TempDir>,
}

impl Running {
    /// A compositor and its loop, wherever its clients come from.
    pub(crate) fn new(mut server: Server<App>, size: (u32, u32), screen: Screen) -> Result<Running, Failure> {
        native::announce(&mut server)?;
        server.add_global::<WlFixes>(2)?;
        let path = server.address().map(ToString::to_string).unwrap_or_default();
        let source = server.source()?;
        let events = EventLoop::try_new()?;
        events.handle().insert_source(source, |(), (), app: &mut App| wayline::server::turn(app))?;
        let mut app = App {
            server,
            desktop: Desktop::new(size),
            native: native::state::State::default(),
            wayland: State::new(events.handle()),
            events: events.handle(),
            tally: Tally::default(),
            screen,
            control: None,
        };
        app.schedule();
        Ok(Running { events, app, path, private: None })
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
        Ok(())
    }
}

/// Runs until the time is over, a signal comes, or the host closes the window.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut running = start(options)?;
    println!("ready {}", running.path);
    std::io::stdout().flush()?;
    let display = display(&running.path);
    let children = options.run.iter().map(|command| spawn(command, &display)).collect::<Result<Vec<_>, _>>();
    let children = Children(children?);
    let app = &mut running.app;
    match &options.script {
        Some(path) if path.as_os_str() == "-" => listen(app)?,
        Some(path) => play(app, path)?,
        None => {}
    }
    match (options.exit_after, &options.screenshot) {
        (Some(limit), _) => after(app, limit, |app| app.server.stop())?,
        (None, Some(_)) if options.run.is_empty() => {
            after(app, SCREENSHOT_AFTER, |app| app.server.stop())?;
        }
        (None, Some(_)) => stop_when_shown(app)?,
        (None, None) => {}
    }
    running.serve()?;
    let mut app = running.app;
    if let Some(path) = &options.screenshot {
        app.draw();
        png::save(app.desktop.frame(), path)?;
    }
    drop(children);
    if options.stats {
        let stats = app.server.stats();
        println!("messages {} in {} out", stats.messages_in, stats.messages_out);
        println!("bytes {} in {} out", stats.bytes_in, stats.bytes_out);
        println!("fds {} in {} out", stats.fds_in, stats.fds_out);
        println!("frames {}", app.tally.composed);
    }
    Ok(())
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
    running.private = private;
    running.app.control = control::listen(&mut running.app.server);
    running.app.desktop.draw_cursors(options.cursor);
    let events = running.events.handle();
    events.insert_source(signals, |_, (), app| app.server.stop())?;
    if let Screen::Nested(window) = &running.app.screen {
        let turn = |_, _: &mut _, app: &mut App| {
            host_turn(app);
            Ok(PostAction::Continue)
        };
        events.insert_source(Generic::new(window.poll_fd()?, Interest::READ, Mode::Level), turn)?;
    }
    Ok(running)
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

/// Does something when its time has come.
fn after(app: &App, time: Duration, mut what: impl FnMut(&mut App) + 'static) -> Result<(), String> {
    let due = move |_, _: &mut (), app: &mut App| {
        what(app);
        TimeoutAction::Drop
    };
    let timer = app.events.insert_source(Timer::from_duration(time), due);
    timer.map(drop).map_err(|error| format!("no timer: {error}"))
}

/// Stops the server when windows have been there for as long as it takes to draw them.
fn stop_when_shown(app: &App) -> Result<(), Failure> {
    const TICK: Duration = Duration::from_millis(100);
    let (mut left, mut unseen) = (SCREENSHOT_AFTER, SCREENSHOT_BY);
    let look = move |_, _: &mut (), app: &mut App| {
        let clock = if !app.desktop.has_windows() { &mut unseen } else { &mut left };
        *clock = clock.saturating_sub(TICK);
        if clock.is_zero() {
            app.server.stop();
            return TimeoutAction::Drop;
        }
        TimeoutAction::ToDuration(TICK)
    };
    app.events.insert_source(Timer::from_duration(TICK), look)?;
    Ok(())
}

/// Plays the input of a script.
fn play(app: &mut App, path: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let steps = script::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    steps.into_iter().try_for_each(|step| Ok(play_step(app, step)?))
}

/// Plays input as it is written to standard input, until its end.
fn listen(app: &App) -> Result<(), Failure> {
    let mut text = Vec::new();
    let read = move |_, stdin: &mut NoIoDrop<std::io::Stdin>, app: &mut App| {
        let mut chunk = [0; 4096];
        let count = rustix::io::read(&**stdin, &mut chunk)?;
        text.extend_from_slice(&chunk[..count]);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&text[..end]).into_owned();
            text.drain(..=end);
            let played = script::parse_line(&line).and_then(|step| step.map_or(Ok(()), |step| play_step(app, step)));
            if let Err(error) = played {
                tracing::error!("{line}: {error}");
            }
        }
        Ok(if count == 0 { PostAction::Remove } else { PostAction::Continue })
    };
    app.events.insert_source(Generic::new(std::io::stdin(), Interest::READ, Mode::Level), read)?;
    Ok(())
}

fn play_step(app: &mut App, step: Step) -> Result<(), String> {
    if step.at.is_zero() {
        perform(app, &step.input);
        return Ok(());
    }
    after(app, step.at, move |app| perform(app, &step.input))
}

fn perform(app: &mut App, what: &Input) {
    match what {
        Input::Device(action) => input(app, *action),
        Input::Text(text) => {
            let text = Text { insert: Some(text), ..Text::default() };
            if !text_input::write(app, &text) {
                tracing::warn!("no text field takes {text:?}");
            }
        }
    }
}

/// What programs are told to connect to: a name where that finds the socket, since some take nothing else.
fn display(path: &str) -> String {
    let (path, dir) = (Path::new(path), std::env::var_os("XDG_RUNTIME_DIR"));
    let name = path.file_name().filter(|_| path.parent().map(Path::as_os_str) == dir.as_deref());
    name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn spawn(command: &str, socket: &str) -> std::io::Result<Child> {
    Command::new("sh").arg("-c").arg(format!("exec {command}")).env("WAYLAND_DISPLAY", socket).spawn()
}

/// The programs started by `--run`; they end with the server.
#[derive(Debug)]
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
