//! Lists what a server offers: an async function connects and makes a round trip, within a time limit.
//!
//! `globals [MILLISECONDS]`, to the server of `WAYLAND_DISPLAY`. The time limit is the runtime's own, here tokio's.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use loops::Result;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::UnixStream;
use tokio::time::timeout;
use wayline::io::inherit::Environment;
use wayline::io::path::Address;
use wayline::{Client, Error, HasClient, client};

struct App {
    client: Client<App>,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

fn main() -> Result {
    let limit = std::env::args().nth(1).map_or(Ok(60_000), |limit| limit.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listing = async { timeout(Duration::from_millis(limit), list()).await };
    runtime.block_on(listing).map_err(|_| Error::TimedOut)?
}

async fn list() -> Result {
    let address = Address::of_display(&Environment::of_process())?;
    let socket = UnixStream::connect(address.path().ok_or("the server's name is abstract")?).await?;
    let mut app = App { client: Client::from_socket(socket.into_std()?.into()) };
    let ready = readiness(app.client.poll_fd()?)?;
    roundtrip(&mut app, &ready).await?;
    for global in app.client.globals() {
        println!("{} version {}", global.interface, global.version);
    }
    Ok(())
}

async fn roundtrip(app: &mut App, ready: &AsyncFd<OwnedFd>) -> Result {
    let asked = app.client.begin_roundtrip()?;
    while !app.client.is_done(asked) {
        if !client::turn(app)? {
            ready.readable().await?.clear_ready();
        }
    }
    Ok(())
}

#[allow(
    deprecated,
    reason = "what replaces it is unsafe, for types that may close their descriptor; this one does not"
)]
fn readiness(fd: BorrowedFd<'_>) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd.try_clone_to_owned()?, Interest::READABLE)
}
