//! A server and a client of every_feature.xml, connected in memory: everything the format has crosses once.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use wayline::protocol::WlCallback;
use wayline::{
    Client, ClientId, EventHandler, Fixed, HandlerResult, HasClient, HasServer, MemoryLink, RequestHandler, SendError,
    Server, client, server,
};

include!("../generated/every_feature.rs");

mod foreign {
    include!("../generated/foreign.rs");
}

use bench::{Event, Finish, OwnedRequest, Power, Request};
use foreign::{Depot, depot};

struct TestServer {
    server: Server<TestServer>,
    heard: Vec<String>,
    tools: Vec<Tool>,
    kept: Vec<OwnedRequest>,
}

impl HasServer for TestServer {
    fn server(&mut self) -> &mut Server<TestServer> {
        &mut self.server
    }
}

impl RequestHandler<Bench> for TestServer {
    type Data = ();

    fn request(&mut self, this: Bench, request: Request<'_>) -> HandlerResult {
        let mut words = format!("{request:?}");
        let server = &mut self.server;
        match request {
            Request::MakeTool { tool, name: _ } => self.tools.push(tool),
            Request::Fetch { thing, shelf } => {
                words = format!("fetch {} {} from {shelf}", thing.interface(), thing.version());
                server.bind_new_id::<Depot>(thing)?;
            }
            Request::Plug { input, volts, output } => {
                words = format!("plug {volts} {}", copy(input, output));
            }
            Request::Type { fn_, fd } => {
                let tool = self.tools.first().copied();
                let event = Event::Report { message: fn_, app: b"\0\xff", this: fd, finish: Finish::OILED, tool };
                event.into_owned().send(this, server)?;
                words = format!("type {fn_}");
            }
            Request::Pulse { done } => {
                Event::Pulse { time: 7 }.send(this, server)?;
                done.done(server, 8)?;
                let visitor = this.visitor(server, Some("good day"))?;
                visitor::Event::Left.into_owned().send(visitor, server)?;
                assert_eq!(Event::Visitor { visitor, greeting: None }.send(this, server), Err(SendError::MakesObject));
                this.visitor(server, None)?;
                this.closed(server)?;
                assert_eq!(this.pulse_event(server, 9), Err(SendError::Gone));
            }
            Request::Split { left, right, whole } => words = format!("split {:?}", [left.id(), right.id(), whole.id()]),
            request @ Request::Measure { .. } => self.kept.push(request.into_owned()),
            Request::Destroy | Request::Treat { .. } | Request::Lend { .. } => {}
        }
        self.heard.push(words);
        Ok(())
    }
}

impl RequestHandler<Tool> for TestServer {
    type Data = ();

    fn request(&mut self, _: Tool, request: tool::Request) -> HandlerResult {
        self.heard.push(format!("{request:?}"));
        Ok(())
    }
}

impl RequestHandler<Depot> for TestServer {
    type Data = ();

    fn request(&mut self, _: Depot, depot::Request::Close: depot::Request) -> HandlerResult {
        self.heard.push("close".to_owned());
        Ok(())
    }
}

/// Copies what one pipe holds into another; gives the text.
fn copy(input: OwnedFd, output: OwnedFd) -> String {
    let mut text = [0; 5];
    File::from(input).read_exact(&mut text).unwrap();
    File::from(output).write_all(&text).unwrap();
    String::from_utf8(text.to_vec()).unwrap()
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

impl EventHandler<Bench> for TestClient {
    type Data = ();

    fn event(&mut self, _: Bench, event: Event<'_>) -> HandlerResult {
        self.seen.push(match event {
            Event::Report { message, app, this: _, finish, tool } => {
                format!("report {message} {app:?} {finish:?} {:?}", tool.map(Tool::id))
            }
            Event::Visitor { visitor: _, greeting } => format!("visitor {greeting:?}"),
            event => format!("{event:?}"),
        });
        Ok(())
    }
}

impl EventHandler<Visitor> for TestClient {
    type Data = ();

    fn event(&mut self, _: Visitor, visitor::Event::Left: visitor::Event) -> HandlerResult {
        self.seen.push("left".to_owned());
        Ok(())
    }
}

impl EventHandler<WlCallback> for TestClient {
    type Data = ();

    fn event(&mut self, _: WlCallback, event: wayline::protocol::wl_callback::Event) -> HandlerResult {
        self.seen.push(format!("{event:?}"));
        Ok(())
    }
}

fn pump(host: &mut TestServer, guest: &mut TestClient, id: ClientId) {
    loop {
        client::finish_turn(guest);
        let up = server::receive(host, id);
        server::finish_turn(host);
        let down = client::receive(guest);
        if !up && !down {
            return;
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (here, there) = MemoryLink::pair();
    let mut host = TestServer { server: Server::new(), heard: Vec::new(), tools: Vec::new(), kept: Vec::new() };
    host.server.add_global::<Bench>(3)?;
    let id = host.server.connect(here);
    let mut guest = TestClient { client: Client::new(there), seen: Vec::new() };
    pump(&mut host, &mut guest, id);

    let bench: Bench = guest.client.bind(3)?;
    let client = &mut guest.client;
    let saw = bench.make_tool(client, "säge")?;
    let depot: Depot = bench.fetch(client, 1, 4)?;
    bench.measure(client, -5, 7, Fixed::from_f64(1.5), &[1, 2, 3], None)?;
    let measure = Request::Measure { x: i32::MIN, count: u32::MAX, scale: Fixed::ZERO, marks: &[], label: Some("") };
    measure.send(bench, client)?;
    bench.treat(client, Finish::_120_GRIT, Finish(77), Power::MAINS | Power(4), depot::Size::LARGE)?;
    bench.lend(client, saw, Some(saw), None, depot.handle(), None)?;
    bench.lend(client, saw, None, Some(depot), saw.handle(), Some(bench.handle()))?;
    let (reader, mut writer) = std::io::pipe()?;
    let (mut copied, copy) = std::io::pipe()?;
    writer.write_all(b"volts")?;
    bench.plug(client, reader.into(), 230, copy.into())?;
    bench.type_(client, "name", writer.into())?;
    #[expect(deprecated, reason = "old clients exist")]
    let (left, right) = bench.split(client, saw)?;
    assert_eq!((left.id(), right.id()), (depot.id() + 1, depot.id() + 2));
    assert_eq!((left.version(), left.client(), left.handle().version()), (3, bench.client(), 3));
    assert_eq!(format!("{left} {}", left.handle()), format!("tool#{0} #{0}", left.id()));
    let sorted: std::collections::BTreeSet<Tool> = [right, left, saw, left].into();
    assert_eq!(sorted.len(), 3);
    saw.position(client, -1, 2, -3, Fixed::from_int(4))?;
    depot.close(client)?;
    saw.release(client)?;
    assert_eq!(saw.position(client, 0, 0, 0, Fixed::ZERO), Err(SendError::Gone));
    assert_eq!(bench.measure(client, 0, 0, Fixed::ZERO, &[], Some("\0")), Err(SendError::InteriorNul));
    bench.pulse(client)?;
    pump(&mut host, &mut guest, id);
    assert_eq!(bench.destroy(&mut guest.client), Err(SendError::Gone), "the server has closed");

    let mut text = String::new();
    copied.read_to_string(&mut text)?;
    assert_eq!(text, "volts");
    let heard = host.heard.join("\n");
    let seen = guest.seen.join("\n");
    println!("{heard}\n--\n{seen}\n--");
    let [OwnedRequest::Measure { marks, label: None, .. }, OwnedRequest::Measure { x: i32::MIN, label: Some(empty), .. }] =
        host.kept.as_slice()
    else {
        panic!("{:?}", host.kept)
    };
    assert_eq!((marks.as_slice(), empty.as_str()), (&[1, 2, 3][..], ""));

    // X43: a bit is known from its version on.
    let known = [1, 2].map(|version| (Power::BATTERY.is_valid(version), Power(8).is_valid(version)));
    assert_eq!(known, [(false, false), (true, false)]);
    assert_eq!([0, 1, 2].map(|version| Finish::OILED.is_valid(version)), [false, false, true]);
    assert!(Power::ANY.contains(Power::MAINS) && !Power::MAINS.contains(Power::ANY) && Power::MAINS.intersects(Power::ANY));
    let bits = [Power::empty(), Power::ANY, Power(7), Power(9), Power(8)];
    println!("{bits:?} {:?} {:?}", Finish(u32::MAX), Finish::WAXED);
    Ok(())
}
