//! A server and a client in a loop written by hand, on poll(2).
//!
//! Take a turn, then wait: the first turn tells what is known before anything arrives. A descriptor of yours is one more
//! entry of the list.

use std::process::ExitCode;

use loops::{ClientApp, Result, ServerApp};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, retry_on_intr};
use wayline::{HasClient, HasServer, client, server};

fn main() -> ExitCode {
    loops::main(serve, follow)
}

fn serve(mut app: ServerApp) -> Result {
    while !app.server().is_stopped() {
        server::turn(&mut app)?;
        wait(&mut [PollFd::from_borrowed_fd(app.server().poll_fd()?, PollFlags::IN)])?;
    }
    Ok(())
}

fn follow(app: &mut ClientApp) -> Result {
    loop {
        client::turn(app)?;
        app.carry_out()?;
        if app.is_finished() {
            return Ok(());
        }
        // What was asked for between turns is sent before the loop sleeps.
        app.client().flush();
        wait(&mut [PollFd::from_borrowed_fd(app.client().poll_fd()?, PollFlags::IN)])?;
    }
}

fn wait(fds: &mut [PollFd<'_>]) -> std::result::Result<(), Errno> {
    retry_on_intr(|| poll(fds, None)).map(drop)
}
