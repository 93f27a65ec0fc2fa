//! A server for small.xml with everything it needs. Its siblings lack one thing each.

use wayline::{HandlerResult, HasServer, RequestHandler, Server};

include!("../generated/small.rs");

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
                self.total += amount;
                this.total(&mut self.server, self.total)?;
            }
            counter::Request::Watch { watcher } => watcher.changed(&mut self.server)?,
        }
        Ok(())
    }
}

// begin watcher
impl RequestHandler<Watcher> for App {
    type Data = ();

    // begin request
    fn request(&mut self, _: Watcher, request: watcher::Request) -> HandlerResult {
        match request {
            // begin arm
            watcher::Request::Destroy => Ok(()),
            // end arm
        }
    }
    // end request
}
// end watcher

fn main() {
    let mut app = App { server: Server::new(), total: 0 };
    let global = app.server().add_global::<Counter>(2).unwrap();
    println!("{}", global.name());
}
