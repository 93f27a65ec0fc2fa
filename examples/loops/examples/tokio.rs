//! A server and a client as tasks of tokio.
//!
//! An `AsyncFd` hears of each readiness once (`EPOLLET`) and remembers it until it is cleared. So:
//!
//! 1. Take turns until one finds nothing, and only then wait: of what is left nobody would tell.
//! 2. Clear the readiness when the wait is over, before the next turn. What arrives from then on is told anew.
//! 3. Let other tasks run between turns. They reach the application by its `sender()`, which wakes the loop.
//!
//! No thread is needed: the runtime here has one.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::ExitCode;

use loops::{ClientApp, Result, ServerApp};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::yield_now;
use wayline::{HasClient, HasServer, client, server};

fn main() -> ExitCode {
    loops::main(|app| block_on(serve(app)), |app| block_on(follow(app)))
}

async fn serve(mut app: ServerApp) -> Result {
    let ready = readiness(app.server().poll_fd()?)?;
    while !app.server().is_stopped() {
        if server::turn(&mut app)? {
            yield_now().await;
        } else {
            ready.readable().await?.clear_ready();
        }
    }
    Ok(())
}

async fn follow(app: &mut ClientApp) -> Result {
    let ready = readiness(app.client().poll_fd()?)?;
    loop {
        let found = client::turn(app)?;
        app.carry_out()?;
        if app.is_finished() {
            return Ok(());
        }
        app.client().flush();
        if found {
            yield_now().await;
        } else {
            ready.readable().await?.clear_ready();
        }
    }
}

#[allow(
    deprecated,
    reason = "what replaces it is unsafe, for types that may close their descriptor; this one does not"
)]
fn readiness(fd: BorrowedFd<'_>) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd.try_clone_to_owned()?, Interest::READABLE)
}

fn block_on(task: impl Future<Output = Result>) -> Result {
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(task)
}
