//! The generated code of both sides against each other, in memory.

use wayline::{
    Client, EventHandler, GlobalId, HandlerResult, HasClient, HasServer, Interface, MemoryLink, RequestHandler, Server,
    client, server,
};
use wayline_wayland::{WlOutput, wl_output};

struct TestServer {
    server: Server<TestServer>,
    released: u32,
}

impl HasServer for TestServer {
    fn server(&mut self) -> &mut Server<TestServer> {
        &mut self.server
    }
}

impl RequestHandler<WlOutput> for TestServer {
    type Data = ();

    fn bound(&mut self, output: WlOutput, _: GlobalId) -> HandlerResult {
        let turned = wl_output::Transform::FLIPPED_90;
        output.geometry(&mut self.server, 0, 0, 340, 190, wl_output::Subpixel::NONE, "maker", "model", turned)?;
        output.mode(&mut self.server, wl_output::Mode::CURRENT, 1920, 1080, 60_000)?;
        output.name(&mut self.server, "TEST-1")?;
        output.done(&mut self.server)?;
        Ok(())
    }

    fn request(&mut self, _: WlOutput, request: wl_output::Request) -> HandlerResult {
        match request {
            wl_output::Request::Release => self.released += 1,
        }
        Ok(())
    }
}

struct TestClient {
    client: Client<TestClient>,
    seen: Vec<String>,
}

impl HasClient for TestClient {
    fn client(&mut self) -> &mut Client<TestClient> {
        &mut self.client
    }
}

impl EventHandler<WlOutput> for TestClient {
    type Data = ();

    fn event(&mut self, _: WlOutput, event: wl_output::Event<'_>) -> HandlerResult {
        self.seen.push(match event {
            wl_output::Event::Geometry { make, transform, .. } => format!("{make} {transform:?}"),
            wl_output::Event::Mode { width, height, refresh, .. } => format!("{width}x{height}@{refresh}"),
            wl_output::Event::Done => "done".to_owned(),
            wl_output::Event::Scale { factor } => format!("scale {factor}"),
            wl_output::Event::Name { name } => name.to_owned(),
            wl_output::Event::Description { description } => description.to_owned(),
        });
        Ok(())
    }
}

#[test]
fn an_output_describes_itself_and_is_released() {
    let (near, far) = MemoryLink::pair();
    let mut host = TestServer { server: Server::new(), released: 0 };
    let global = host.server.add_global::<WlOutput>(WlOutput::SPEC.version).unwrap();
    let id = host.server.connect(near);
    let mut guest = TestClient { client: Client::new(far), seen: Vec::new() };

    let output: WlOutput = guest.client.bind_name(global.name(), 4).unwrap();
    output.release(&mut guest.client).unwrap();
    client::finish_turn(&mut guest);
    server::receive(&mut host, id);
    server::finish_turn(&mut host);
    assert_eq!(host.released, 1);
    assert!(guest.seen.is_empty(), "events for a dead object are not delivered");

    let _: WlOutput = guest.client.bind_name(global.name(), 4).unwrap();
    client::finish_turn(&mut guest);
    server::receive(&mut host, id);
    server::finish_turn(&mut host);
    client::receive(&mut guest);
    assert_eq!(guest.seen, ["maker flipped_90", "1920x1080@60000", "TEST-1", "done"]);
}
