//! The client of the README: binds the global, adds, prints the answer.

use wayline::{Client, EventHandler, HandlerResult, HasClient, client};

wayline::include_protocol!("counter");

struct App {
    client: Client<App>,
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

impl EventHandler<Counter> for App {
    type Data = ();

    fn event(&mut self, _: Counter, event: counter::Event) -> HandlerResult {
        match event {
            counter::Event::Total { value } => println!("the total is {value}"),
        }
        Ok(())
    }
}

fn main() -> wayline::Result {
    let mut app = App { client: Client::connect_to("counter-0")? };
    let counter: Counter = app.client.bind(1)?;
    counter.add(&mut app.client, 5)?;
    client::roundtrip(&mut app)
}
