//! A client that asks and waits. At the end it makes a mistake, to show what comes of it.

use kiosk::{Terminal, panel::KioskPanel};
use kiosk_protocol::kiosk_manager;
use wayline::{Disconnect, Error, client};

fn main() -> wayline::Result {
    let mut app = Terminal::connect("kiosk-0")?;
    println!("panel: {:?}", app.client.bind::<KioskPanel>(1)); // this socket does not offer it
    app.wait(|app| app.keys[0] > 0)?;
    app.draw(1)?;
    app.wait(|app| app.keys[1] > 0)?;
    app.surface.attach(&mut app.client, None)?; // hides it
    app.manager.watch(&mut app.client, kiosk_manager::Capability::empty())?; // removes the inputs
    app.manager.watch(&mut app.client, kiosk_manager::Capability(8))?; // there is no such kind
    match client::roundtrip(&mut app) {
        Err(Error::Disconnected(Disconnect::Protocol(error))) if error.code == kiosk_manager::Error::UNKNOWN_KIND.0 => {
            println!("refused: {error}");
            Ok(())
        }
        other => other,
    }
}
