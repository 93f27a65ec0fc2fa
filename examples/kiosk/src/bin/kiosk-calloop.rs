//! A client in a loop of calloop: it draws when a timer says so.

use std::{error::Error, time::Duration};

use calloop::{EventLoop, timer};
use kiosk::Terminal;
use wayline::client;

fn main() -> Result<(), Box<dyn Error>> {
    let mut app = Terminal::connect("kiosk-0")?;
    let mut events = EventLoop::try_new()?;
    events.handle().insert_source(app.client.source()?, |(), (), app| client::turn(app))?;
    events.handle().insert_source(timer::Timer::immediate(), |_, (), app: &mut Terminal| match app.draw(2) {
        Ok(()) => timer::TimeoutAction::ToDuration(Duration::from_millis(10)),
        Err(_) => timer::TimeoutAction::Drop, // the connection has ended; the other source says why
    })?;
    while app.shown < 3 {
        events.dispatch(None, &mut app)?;
    }
    Ok(())
}
