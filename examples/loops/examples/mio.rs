//! A server and a client in a mio loop.
//!
//! mio tells of each readiness once (`EPOLLET`). So a loop takes turns until one finds nothing, and only then waits again:
//! of what comes meanwhile it is told anew. Between turns it can look after other sources.

use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use loops::{ClientApp, Result, ServerApp};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use wayline::{HasClient, HasServer, client, server};

fn main() -> ExitCode {
    loops::main(serve, follow)
}

fn serve(mut app: ServerApp) -> Result {
    let mut waiting = Waiting::on(&app.server().poll_fd()?)?;
    while !app.server().is_stopped() {
        while server::turn(&mut app)? {}
        waiting.wait()?;
    }
    Ok(())
}

fn follow(app: &mut ClientApp) -> Result {
    let mut waiting = Waiting::on(&app.client().poll_fd()?)?;
    loop {
        while client::turn(app)? {
            app.carry_out()?;
        }
        if app.is_finished() {
            return Ok(());
        }
        app.client().flush();
        waiting.wait()?;
    }
}

struct Waiting(Poll, Events);

impl Waiting {
    fn on(fd: &impl AsRawFd) -> std::io::Result<Waiting> {
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&fd.as_raw_fd()), Token(0), Interest::READABLE)?;
        Ok(Waiting(poll, Events::with_capacity(16)))
    }

    fn wait(&mut self) -> std::io::Result<()> {
        match self.0.poll(&mut self.1, None) {
            // A program that was stopped and goes on: there may be something to do.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            done => done,
        }
    }
}
