//! The panel of the staff. A second thread decides what it shows.

use kiosk::{Terminal, panel::KioskPanel};

fn main() -> wayline::Result {
    let mut app = Terminal::connect("kiosk-staff-0")?;
    app.client.bind::<KioskPanel>(1)?.place(&mut app.client, app.surface)?;
    let sender = app.client.sender()?;
    std::thread::spawn(move || {
        for shade in 4..7 {
            sender.send(move |app: &mut Terminal| app.draw(shade).unwrap()).unwrap();
        }
    });
    app.wait(|app| app.shown == 3)
}
