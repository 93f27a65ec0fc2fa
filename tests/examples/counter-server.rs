//! The server of the README: one global, one request, one event.

use wayline::{HandlerResult, HasServer, RequestHandler, Server};

wayline::include_protocol!("counter");

struct App {
    server: Server<App>,
    total: u32,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl RequestHandler<Counter> for App {
    type Data = ();

    fn request(&mut self, this: Counter, request: counter::Request) -> HandlerResult {
        match request {
            counter::Request::Add { amount } => {
                self.total = self.total.wrapping_add(amount);
                this.total(&mut self.server, self.total)?;
            }
            counter::Request::Destroy => {}
        }
        Ok(())
    }
}

fn main() -> wayline::Result {
    let mut server = Server::listen_at("counter-0")?;
    server.add_global::<Counter>(1)?;
    wayline::server::run(App { server, total: 0 })?;
    Ok(())
}
