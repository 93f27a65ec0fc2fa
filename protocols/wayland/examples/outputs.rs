//! Prints the name of a screen.

use wayline::{Client, EventHandler, Handled, HasClient, client};
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

    fn event(&mut self, _: WlOutput, event: wl_output::Event<'_>) -> Handled {
        if let wl_output::Event::Name { name } = event {
            println!("{name}");
        }
        Ok(())
    }
}

fn main() -> wayline::Result {
    let mut app = App { client: Client::connect()? };
    let _: WlOutput = app.client.bind(4)?; // version 4 has names
    client::roundtrip(&mut app)
}
