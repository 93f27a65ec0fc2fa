//! A server and a client as tasks of async-io, the reactor of smol.
//!
//! `readable()` looks anew whenever it is called, so one turn after each wait is enough.

use std::process::ExitCode;

use async_io::{Async, block_on};
use loops::{ClientApp, Result, ServerApp};
use wayline::{HasClient, HasServer, client, server};

fn main() -> ExitCode {
    loops::main(|app| block_on(serve(app)), |app| block_on(follow(app)))
}

async fn serve(mut app: ServerApp) -> Result {
    let ready = Async::new(app.server().poll_fd()?.try_clone_to_owned()?)?;
    while !app.server().is_stopped() {
        server::turn(&mut app)?;
        ready.readable().await?;
    }
    Ok(())
}

async fn follow(app: &mut ClientApp) -> Result {
    let ready = Async::new(app.client().poll_fd()?.try_clone_to_owned()?)?;
    loop {
        client::turn(app)?;
        app.carry_out()?;
        if app.is_finished() {
            return Ok(());
        }
        app.client().flush();
        ready.readable().await?;
    }
}
