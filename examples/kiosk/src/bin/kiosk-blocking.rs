//! A client that asks and waits. At the end it makes a mistake, to show what comes of it.

use std::time::Duration;

use kiosk::{Terminal, panel::KioskPanel};
use kiosk_protocol::{KioskManager, kiosk_manager};
use wayline::client;

const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> wayline::Result {
    let mut app = Terminal::connect("kiosk-0")?;
    println!("panel: {:?}", app.client.bind::<KioskPanel>(1)); // this socket does not offer it
    client::dispatch_until(&mut app, PATIENCE, |app| app.keys[0] > 0)?;
    app.draw(1)?;
    client::dispatch_until(&mut app, PATIENCE, |app| app.keys[1] > 0)?;
    app.surface.attach(&mut app.client, None)?; // hides it
    app.manager.watch(&mut app.client, kiosk_manager::Capability::empty())?; // removes the inputs
    app.manager.watch(&mut app.client, kiosk_manager::Capability(8))?; // there is no such kind
    let error = client::roundtrip(&mut app).expect_err("the server refuses that");
    match error.protocol_error() {
        Some(error) if error.is::<KioskManager>(kiosk_manager::Error::UNKNOWN_KIND) => println!("refused: {error}"),
        _ => return Err(error),
    }
    Ok(())
}
