//! Counts for its clients. On SIGHUP it starts the program anew, hands over all clients, and ends: nobody notices.

use std::error::Error;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};
use std::time::Duration;

use calloop::generic::Generic;
use calloop::signals::{Signal, Signals};
use calloop::{EventLoop, Interest, LoopHandle, Mode, PostAction};
use upgrade::{Tally, tally};
use wayline::carry::{self, Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
use wayline::{HandlerResult, HasServer, RequestHandler, Server, server};

/// How long predecessor and successor wait for each other.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells the program that it is a successor: the socket to its predecessor is its standard input.
const SUCCESSOR: &str = "--successor";

struct App {
    server: Server<App>,
    sum: u32,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl RequestHandler<Tally> for App {
    /// What the object has added.
    type Data = u32;

    fn request(&mut self, this: Tally, request: tally::Request) -> HandlerResult {
        if let tally::Request::Add { amount } = request {
            self.sum = self.sum.wrapping_add(amount);
            let own = self.server.data(this)?;
            *own = own.wrapping_add(amount);
            let own = *own;
            this.sum(&mut self.server, self.sum, own, std::process::id())?;
        }
        Ok(())
    }
}

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        Carrier::new().with::<Tally>()
    }

    fn save(&mut self, saver: &mut Saver) -> Result<(), Refusal> {
        saver.put(&self.sum)
    }

    fn load(mut server: Server<App>, loader: &mut Loader<'_>) -> Result<App, CarryError> {
        server.add_global::<Tally>(1)?;
        Ok(App { server, sum: loader.get()? })
    }
}

/// Starts the program anew, and hands over to it as soon as it is ready.
fn upgrade(events: &LoopHandle<'static, App>) -> Result<(), Box<dyn Error>> {
    let (ours, theirs) = UnixStream::pair()?;
    // As this one was started: there may be a new version. What it says in the log goes where ours does.
    let program = std::env::args_os().next().ok_or("this program has no name")?;
    let mut successor = Command::new(program).arg(SUCCESSOR).stdin(OwnedFd::from(theirs)).spawn()?;
    let ready = Generic::new(ours, Interest::READ, Mode::Level);
    events.insert_source(ready, move |_, socket, app| {
        if let Err(error) = carry::hand_over(app, &**socket, PATIENCE) {
            // It serves nobody, so it is of no use.
            eprintln!("this server goes on: {error}");
            let _ = successor.kill();
            let _ = successor.wait();
        }
        Ok(PostAction::Remove)
    })?;
    Ok(())
}

/// Has the loop turn the server, and listen to signals.
fn prepare(app: &mut App, events: &LoopHandle<'static, App>) -> Result<(), Box<dyn Error>> {
    events.insert_source(app.server.source()?, |(), (), app| server::turn(app))?;
    let again = events.clone();
    events.insert_source(Signals::new(&[Signal::SIGHUP, Signal::SIGTERM])?, move |event, (), app: &mut App| {
        if event.signal() == Signal::SIGTERM {
            app.server.stop();
        } else if let Err(error) = upgrade(&again) {
            eprintln!("this server goes on: {error}");
        }
    })?;
    Ok(())
}

fn start() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1).ok_or("where to listen, a name or a path, is wanted")?;
    let mut events: EventLoop<'static, App> = EventLoop::try_new()?;
    let handle = events.handle();
    let mut app = if argument == SUCCESSOR {
        // What fails here, fails before the predecessor lets go.
        carry::take_over_with(std::io::stdin(), PATIENCE, |app| {
            prepare(app, &handle).map_err(|error| CarryError::Application(error.to_string()))
        })?
    } else {
        let mut server = Server::listen_at(&argument)?;
        server.add_global::<Tally>(1)?;
        let mut app = App { server, sum: 0 };
        prepare(&mut app, &handle)?;
        // At the first start, and not at the first upgrade.
        App::carrier().check(&app.server)?;
        app
    };
    println!("serving {}", std::process::id());
    // Stopped by SIGTERM, and when the successor serves.
    while !app.server.is_stopped() {
        events.dispatch(None, &mut app)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("upgrade: {error}");
            ExitCode::FAILURE
        }
    }
}
