//! A server and a client in a calloop loop.
//!
//! `source()` is an event source: inserted once, it calls back when there is something to do, and what other callbacks of
//! the loop queue is sent before the loop sleeps. `wayline` has it with its feature `calloop`.

use std::process::ExitCode;

use calloop::EventLoop;
use loops::{ClientApp, Result, ServerApp};
use wayline::{HasClient, HasServer, client, server};

fn main() -> ExitCode {
    loops::main(serve, follow)
}

fn serve(mut app: ServerApp) -> Result {
    let mut events: EventLoop<'_, ServerApp> = EventLoop::try_new()?;
    events.handle().insert_source(app.server().source()?, |(), (), app| server::turn(app))?;
    // Timers, signals and other sources of yours are inserted here as well.
    events.run(None, &mut app, |_| {})?;
    Ok(())
}

fn follow(app: &mut ClientApp) -> Result {
    let mut events: EventLoop<'_, ClientApp> = EventLoop::try_new()?;
    events.handle().insert_source(app.client().source()?, |(), (), app| client::turn(app))?;
    while !app.is_finished() {
        events.dispatch(None, app)?;
        app.carry_out()?;
    }
    Ok(())
}
