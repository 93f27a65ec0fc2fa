//! Prints where a screen is on the desktop, and how large.

use wayline::{Client, EventHandler, HandlerResult, HasClient, client};
use wayline_protocols::xdg_output::{ZxdgOutputManagerV1, ZxdgOutputV1, zxdg_output_v1};
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

    fn event(&mut self, _: WlOutput, _: wl_output::Event<'_>) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<ZxdgOutputV1> for App {
    type Data = ();

    fn event(&mut self, _: ZxdgOutputV1, event: zxdg_output_v1::Event<'_>) -> HandlerResult {
        match event {
            zxdg_output_v1::Event::LogicalPosition { x, y } => println!("at {x}, {y}"),
            zxdg_output_v1::Event::LogicalSize { width, height } => println!("{width} by {height}"),
            _ => {}
        }
        Ok(())
    }
}

fn main() -> wayline::Result {
    let mut app = App { client: Client::connect()? };
    let output: WlOutput = app.client.bind(1)?;
    let manager: ZxdgOutputManagerV1 = app.client.bind(1)?;
    manager.get_xdg_output(&mut app.client, output)?;
    client::roundtrip(&mut app)
}
