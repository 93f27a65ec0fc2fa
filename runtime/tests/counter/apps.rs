// The counter of the front page, for the examples of other pages: `mod app { include!(…); }`.

pub mod protocol {
    include!("generated.rs");
}

pub use protocol::{Counter, counter};
use wayline::{Client, EventHandler, HandlerResult, HasClient, HasServer, RequestHandler, Server};

pub struct ServerApp {
    pub server: Server<ServerApp>,
    pub total: u32,
}

impl ServerApp {
    pub fn new() -> ServerApp {
        let mut server = Server::new();
        server.add_global::<Counter>(1).unwrap();
        ServerApp { server, total: 0 }
    }
}

impl HasServer for ServerApp {
    fn server(&mut self) -> &mut Server<ServerApp> {
        &mut self.server
    }
}

impl RequestHandler<Counter> for ServerApp {
    type Data = ();

    fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
        if let counter::Request::Add { amount } = request {
            self.total = self.total.wrapping_add(amount);
            this.total(&mut self.server, self.total)?;
        }
        Ok(())
    }
}

pub struct ClientApp {
    pub client: Client<ClientApp>,
    pub total: u32,
}

impl HasClient for ClientApp {
    fn client(&mut self) -> &mut Client<ClientApp> {
        &mut self.client
    }
}

impl EventHandler<Counter> for ClientApp {
    type Data = ();

    fn event(&mut self, _: Counter, event: counter::Event) -> HandlerResult {
        let counter::Event::Total { value } = event;
        self.total = value;
        Ok(())
    }
}
