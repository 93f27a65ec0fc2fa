//! Prints who made a screen, and which model it is.

use wayline::{Client, EventHandler, HandlerResult, HasClient, client};
use wayline_wayland::{WlOutput, wl_output};

struct App {
    client: Client<App>,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

impl EventHandler<WlOutput> for App {
    type Data = ();

    fn event(&mut self, _: WlOutput, event: wl_output::Event<'_>) -> HandlerResult {
        if let wl_output::Event::Geometry { make, model, .. } = event {
            println!("{make} {model}");
        }
        Ok(())
    }
}

fn main() -> wayline::Result {
    let mut app = App { client: Client::connect()? };
    let _: WlOutput = app.client.bind(1)?;
    client::roundtrip(&mut app)
}
