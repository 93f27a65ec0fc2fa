//! A client in tokio. It binds version 1 as well, as an old program would: no notice comes for it.

use std::error::Error;

use kiosk::Terminal;
use kiosk_protocol::KioskManager;
use tokio::io::{Interest, unix::AsyncFd};
use wayline::client;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut app = Terminal::connect("kiosk-0")?;
    let old: KioskManager = app.client.bind_at_most(1)?;
    println!("{old} has version {}", old.version());
    app.draw(3)?;
    client::turn(&mut app)?; // sends what is queued
    runtime.block_on(async {
        let fd = app.client.poll_fd()?.try_clone_to_owned()?;
        #[expect(deprecated, reason = "its successor is unsafe; this descriptor stays open and the same")]
        let fd = AsyncFd::new(fd)?;
        while app.keys[1] == 0 {
            let mut guard = fd.ready(Interest::READABLE | Interest::WRITABLE).await?;
            while client::turn(&mut app)? {} // tokio tells of new messages only
            guard.clear_ready();
        }
        Ok(())
    })
}
