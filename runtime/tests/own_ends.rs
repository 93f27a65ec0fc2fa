//! `destroyed` is called for objects that the application itself ends, where its handler asks for that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wayline::{
    Client, EventHandler, HandlerResult, HasClient, HasServer, MemoryLink, RequestHandler, Server, client, server,
};

#[rustfmt::skip]
#[path = "probe/generated.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "what `wayline generate` prints")]
mod protocol;

use protocol::{Probe, ProbeChild, probe, probe_child};

/// Both sides in one: state of children is a number, and the ends that were told.
struct App {
    server: Server<App>,
    client: Client<App>,
    ends: Vec<(&'static str, u32)>,
    panics: bool,
    child: Option<ProbeChild>,
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

impl RequestHandler<Probe> for App {
    type Data = ();

    fn request(&mut self, _: Probe, request: probe::Request<'_>) -> HandlerResult {
        if let probe::Request::Create { id } = request {
            *self.server.data(id)? = 1;
            self.child = Some(id);
        }
        Ok(())
    }
}

impl RequestHandler<ProbeChild> for App {
    type Data = u32;

    const OWN_ENDS: bool = true;

    fn request(&mut self, this: ProbeChild, request: probe_child::Request) -> HandlerResult {
        if let probe_child::Request::Finish = request {
            this.finished(&mut self.server)?;
            assert!(self.ends.is_empty(), "called within the method that ends the object");
        }
        Ok(())
    }

    fn destroyed(&mut self, this: ProbeChild, data: u32) {
        assert!(!self.server.is_alive(this));
        self.ends.push(("server", data));
        assert!(!std::mem::take(&mut self.panics), "as planned");
    }
}

impl EventHandler<Probe> for App {
    type Data = ();

    fn event(&mut self, _: Probe, _: probe::Event<'_>) -> HandlerResult {
        Ok(())
    }
}

impl EventHandler<ProbeChild> for App {
    type Data = u32;

    const OWN_ENDS: bool = true;

    fn event(&mut self, _: ProbeChild, _: probe_child::Event) -> HandlerResult {
        Ok(())
    }

    fn destroyed(&mut self, _: ProbeChild, data: u32) {
        self.ends.push(("client", data));
    }
}

/// An application that is its own peer, with a child that both sides know.
fn app() -> (App, ProbeChild) {
    let mut server = Server::new();
    server.add_global::<Probe>(3).unwrap();
    let (one, other) = MemoryLink::pair();
    server.connect(one);
    let mut app = App { server, client: Client::new(other), ends: Vec::new(), panics: false, child: None };
    pump(&mut app);
    let probe: Probe = app.client.bind(3).unwrap();
    let child = probe.create(&mut app.client).unwrap();
    *app.client.data(child).unwrap() = 2;
    pump(&mut app);
    (app, child)
}

fn pump(app: &mut App) {
    for _ in 0..8 {
        client::receive(app);
        client::finish_turn(app);
        let clients: Vec<_> = app.server.clients().collect();
        for id in clients {
            server::receive(app, id);
        }
        server::finish_turn(app);
    }
}

#[test]
fn an_object_that_a_client_ends_by_a_request_is_told_to_both_sides_with_its_data() {
    let (mut app, child) = app();
    child.destroy(&mut app.client).unwrap();
    assert_eq!(app.ends, [], "not before the turn ends");
    client::finish_turn(&mut app);
    assert_eq!(app.ends, [("client", 2)]);
    pump(&mut app);
    assert_eq!(app.ends, [("client", 2), ("server", 1)]);
}

#[test]
fn an_object_that_a_server_ends_by_an_event_is_told_to_both_sides_with_its_data() {
    let (mut app, child) = app();
    child.finish(&mut app.client).unwrap();
    pump(&mut app);
    assert_eq!(app.ends, [("server", 1), ("client", 2)]);
}

#[test]
fn an_object_that_is_ended_without_a_message_is_told_once() {
    let (mut app, _) = app();
    let child = app.child.unwrap();
    app.server.destroy(child);
    app.server.destroy(child);
    server::finish_turn(&mut app);
    assert_eq!(app.ends, [("server", 1)]);
}

#[test]
fn an_object_that_ends_with_its_connection_is_told_once_on_each_side() {
    let (mut app, child) = app();
    child.destroy(&mut app.client).unwrap();
    let id = app.server.clients().next().unwrap();
    app.server.disconnect(id);
    pump(&mut app);
    app.ends.sort_unstable();
    assert_eq!(app.ends, [("client", 2), ("server", 1)]);
}

#[test]
fn a_panic_of_destroyed_loses_no_other_end() {
    let (mut app, _) = app();
    let first = app.child.take().unwrap();
    let probe: Probe = app.client.bind(3).unwrap();
    probe.create(&mut app.client).unwrap();
    pump(&mut app);
    app.server.destroy(first);
    app.server.destroy(app.child.unwrap());
    app.panics = true;
    assert!(catch_unwind(AssertUnwindSafe(|| server::finish_turn(&mut app))).is_err());
    assert_eq!(app.ends.len(), 1);
    server::finish_turn(&mut app);
    assert_eq!(app.ends, [("server", 1), ("server", 1)]);
}
