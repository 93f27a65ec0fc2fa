//! The life of the server from the command line to its end.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use calloop::generic::{Generic, NoIoDrop};
use calloop::signals::{Signal, Signals};
use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, InsertError, Interest, LoopHandle, Mode, PostAction, RegistrationToken};
use wayline::Server;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::protocol::WlFixes;
use wayline_desktop_wayland::text_input::{self, Text};
use wayline_desktop_wayland::{Host, input};

use crate::app::{App, Failure};
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
    pub(crate) events: EventLoop<'static, App>,
    pub(crate) app: App,
    pub(crate) path: String,
    /// Removed with its contents when the server ends.
    _private: Option<tempfile::TempDir>,
}

/// Runs until the time is over, a signal comes, or the host closes the window.
pub(crate) fn run(options: Options) -> Result<(), Failure> {
    let mut running = start(&options)?;
    println!("ready {}", running.path);
    std::io::stdout().flush()?;
    let display = display(&running.path);
    let children = options.run.iter().map(|command| spawn(command, &display)).collect::<Result<Vec<_>, _>>();
    let mut children = Children(children?);
    let events = running.events.handle();
    match &options.script {
        Some(path) if path.as_os_str() == "-" => listen(&events)?,
        Some(path) => play(&events, path)?,
        None => {}
    }
    match (options.exit_after, &options.screenshot) {
        (Some(limit), _) => stop_after(&events, limit)?,
        (None, Some(_)) if options.run.is_empty() => stop_after(&events, SCREENSHOT_AFTER)?,
        (None, Some(_)) => stop_when_shown(&events)?,
        (None, None) => {}
    }
    serve(&mut running.events, &mut running.app)?;
    if let Some(path) = &options.screenshot {
        running.app.draw();
        png::save(running.app.desktop.frame(), path)?;
    }
    children.stop();
    if options.stats {
        let stats = running.app.server.stats();
        println!("messages {} in {} out", stats.messages_in, stats.messages_out);
        println!("bytes {} in {} out", stats.bytes_in, stats.bytes_out);
        println!("fds {} in {} out", stats.fds_in, stats.fds_out);
        println!("frames {}", running.app.tally.composed);
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
    let mut server = match &options.socket {
        Some(name) => Server::listen_at(name)?,
        None => {
            let mut environment = Environment::of_process();
            let activated = Listener::activated(&mut environment)?;
            // Without a session there is no directory for sockets; one of our own does.
            if environment.xdg_runtime_dir.is_none() {
                let dir = tempfile::Builder::new().prefix("wayline-").tempdir()?;
                environment.xdg_runtime_dir = Some(private.insert(dir).path().into());
            }
            let mut server = Server::new();
            if activated.is_empty() || !options.run.is_empty() {
                server.listen(Listener::at_free_name(&environment)?)?;
            }
            // Those of a service manager, whose names only that knows.
            for listener in activated {
                server.listen(listener)?;
            }
            server
        }
    };
    announce(&mut server, &options.offer)?;
    let path = server.address().map(ToString::to_string).unwrap_or_default();
    let nested = match &screen {
        Screen::Nested(window) => Some(window.poll_fd()?),
        Screen::Headless | Screen::Files { .. } => None,
    };
    let (events, mut app) = assemble(server, options.size, screen)?;
    app.desktop.draw_cursors(options.cursor);
    let handle = events.handle();
    if let Some(fd) = nested {
        let turn = |_, _: &mut _, app: &mut App| {
            host_turn(app);
            Ok(PostAction::Continue)
        };
        handle.insert_source(Generic::new(fd, Interest::READ, Mode::Level), turn).map_err(|e| e.error)?;
    }
    handle.insert_source(signals, |_, (), app: &mut App| app.server.stop()).map_err(|e| e.error)?;
    Ok(Running { events, app, path, _private: private })
}

/// A compositor and its loop, wherever its clients come from.
pub(crate) fn assemble(
    mut server: Server<App>,
    size: (u32, u32),
    screen: Screen,
) -> Result<(EventLoop<'static, App>, App), Failure> {
    native::announce(&mut server)?;
    server.add_global::<WlFixes>(2)?;
    let source = server.source()?;
    let events = EventLoop::try_new()?;
    let handle: LoopHandle<'static, App> = events.handle();
    handle.insert_source(source, |(), (), app: &mut App| wayline::server::turn(app)).map_err(|e| e.error)?;
    let app = App::new(server, size, handle, screen);
    Ok((events, app))
}

/// Runs the loop until the server is stopped.
pub(crate) fn serve(events: &mut EventLoop<'static, App>, app: &mut App) -> Result<(), Failure> {
    app.schedule();
    while !app.server.is_stopped() {
        events.dispatch(None, app)?;
        app.settle();
        native::turned(app);
    }
    Ok(())
}

fn screen(options: &Options) -> Result<Screen, Failure> {
    if let Some(dir) = &options.frames {
        std::fs::create_dir_all(dir)?;
        return Ok(Screen::Files { dir: dir.clone(), count: 0 });
    }
    if options.headless {
        return Ok(Screen::Headless);
    }
    if let Some(host) = &options.host {
        return Ok(Screen::Nested(Box::new(Nested::open(host)?)));
    }
    let Ok(host) = std::env::var(HOST) else { return Ok(Screen::Headless) };
    Ok(match Nested::open(&host) {
        Ok(window) => Screen::Nested(Box::new(window)),
        // Nobody asked for this server in particular.
        Err(error) => {
            tracing::warn!("no window on {host}: {error}");
            Screen::Headless
        }
    })
}

/// Stops the server after a while.
pub(crate) fn stop_after(events: &LoopHandle<'static, App>, limit: Duration) -> Result<(), Failure> {
    let stop = |_, _: &mut (), app: &mut App| {
        app.server.stop();
        TimeoutAction::Drop
    };
    events.insert_source(Timer::from_duration(limit), stop).map_err(|e| e.error)?;
    Ok(())
}

/// Stops the server when windows have been there for as long as it takes to draw them.
fn stop_when_shown(events: &LoopHandle<'static, App>) -> Result<(), Failure> {
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
    events.insert_source(Timer::from_duration(TICK), look).map_err(|e| e.error)?;
    Ok(())
}

/// Plays the input of a script.
fn play(events: &LoopHandle<'static, App>, path: &PathBuf) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let steps = script::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    for step in steps {
        later(events, step).map_err(|e| e.error)?;
    }
    Ok(())
}

/// Plays input as it is written to standard input, until its end.
fn listen(events: &LoopHandle<'static, App>) -> Result<(), Failure> {
    let mut text = Vec::new();
    let inner = events.clone();
    let source = Generic::new(std::io::stdin(), Interest::READ, Mode::Level);
    let read = move |_, stdin: &mut NoIoDrop<std::io::Stdin>, app: &mut App| {
        let mut chunk = [0; 4096];
        let count = rustix::io::read(&**stdin, &mut chunk)?;
        text.extend_from_slice(&chunk[..count]);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&text[..end]).into_owned();
            text.drain(..=end);
            match script::parse(&line) {
                Ok(steps) => steps.into_iter().for_each(|step| act(&inner, app, step)),
                Err(error) => tracing::error!("{line}: {}", error.fault),
            }
        }
        Ok(if count == 0 { PostAction::Remove } else { PostAction::Continue })
    };
    events.insert_source(source, read).map_err(|e| e.error)?;
    Ok(())
}

/// Does one step when its time has come.
fn act(events: &LoopHandle<'static, App>, app: &mut App, step: Step) {
    if step.at.is_zero() {
        perform(app, &step.input);
    } else if let Err(error) = later(events, step) {
        tracing::error!("no timer for the next input: {error}");
    }
}

fn later(events: &LoopHandle<'static, App>, step: Step) -> Result<RegistrationToken, InsertError<Timer>> {
    events.insert_source(Timer::from_duration(step.at), move |_, (), app: &mut App| {
        perform(app, &step.input);
        TimeoutAction::Drop
    })
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

impl Children {
    fn stop(&mut self) {
        for child in &mut self.0 {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.0.clear();
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}
