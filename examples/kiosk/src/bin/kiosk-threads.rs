//! The panel of the staff. A second thread decides what it shows.

use std::{thread, time::Duration};

use kiosk::{Terminal, panel::KioskPanel};
use wayline::client;

fn main() -> wayline::Result {
    let mut app = Terminal::connect("kiosk-staff-0")?;
    app.client.bind::<KioskPanel>(1)?.place(&mut app.client, app.surface)?;
    let sender = app.client.sender()?;
    thread::spawn(move || {
        for shade in 4..7 {
            sender.send(move |app: &mut Terminal| app.draw(shade).unwrap()).unwrap();
        }
    });
    client::dispatch_until(&mut app, Duration::from_secs(10), |app| app.shown == 3)
}
