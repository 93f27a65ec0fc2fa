//! An application of small.xml that hands watchers to a library, on both sides. Its siblings lack one thing each.

use wayline::{Client, EventHandler, HandlerResult, HasClient, HasServer, RequestHandler, Server, client, server};

include!("../generated/small.rs");

/// The library; in a crate of its own it would be the same.
mod library {
    use super::{Watcher, watcher};
    use wayline::{HandlerResult, HasClient, HasServer, client, server};

    pub(crate) struct Watching;

    pub(crate) trait WatchServer: HasServer + server::Delegate<Watcher, To = Watching> {
        fn stopped(&mut self);
    }

    impl<A: WatchServer> server::Module<Watcher, A> for Watching {
        type Data = ();

        fn request(app: &mut A, this: Watcher, request: watcher::Request) -> HandlerResult {
            match request {
                watcher::Request::Destroy => {
                    this.changed(app.server())?;
                    app.stopped();
                }
            }
            Ok(())
        }
    }

    pub(crate) trait WatchClient: HasClient + client::Delegate<Watcher, To = Watching> {
        fn changed(&mut self);
    }

    impl<A: WatchClient> client::Module<Watcher, A> for Watching {
        type Data = ();

        fn event(app: &mut A, _: Watcher, event: watcher::Event) -> HandlerResult {
            match event {
                watcher::Event::Changed => app.changed(),
            }
            Ok(())
        }
    }
}

struct App {
    server: Server<App>,
    client: Client<App>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl HasClient for App {
    fn client(&mut self) -> &mut Client<App> {
        &mut self.client
    }
}

impl RequestHandler<Counter> for App {
    type Data = ();

    fn request(&mut self, _: Counter, _: counter::Request) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<Counter> for App {
    type Data = ();

    fn event(&mut self, _: Counter, _: counter::Event) -> HandlerResult {
        Ok(())
    }
}

// begin delegate of requests
impl server::Delegate<Watcher> for App {
    type To = library::Watching;
}
// end delegate of requests

// begin delegate of events
impl client::Delegate<Watcher> for App {
    type To = library::Watching;
}
// end delegate of events

impl library::WatchServer for App {
    fn stopped(&mut self) {}
}

impl library::WatchClient for App {
    fn changed(&mut self) {}
}

fn main() {
    let (one, _) = wayline::MemoryLink::pair();
    let mut app = App { server: Server::new(), client: Client::new(one) };
    app.server.add_global::<Counter>(2).unwrap();
    let counter: Result<Counter, _> = app.client.bind(1);
    println!("{}", counter.and_then(|counter| Ok(counter.watch(&mut app.client)?)).is_ok());
}
