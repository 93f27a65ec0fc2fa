//! How long clients wait while their server is handed over: from the last moment of the old one until all of them have
//! an answer from the new one. Both are threads of one process, so that no start of a program is counted.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use upgrade::{Tally, tally};
use wayline::carry::{self, Carrier, CarryError, Loader, Refusal, Saver, Upgrade};
use wayline::{Client, EventHandler, HandlerResult, HasClient, HasServer, RequestHandler, Server, client, server};

const PATIENCE: Duration = Duration::from_secs(60);
const RUNS: usize = 100;

struct App {
    server: Server<App>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }
}

impl RequestHandler<Tally> for App {
    type Data = u32;

    fn request(&mut self, this: Tally, request: tally::Request) -> HandlerResult {
        if let tally::Request::Add { amount } = request {
            *self.server.data(this)? += amount;
            let own = *self.server.data(this)?;
            this.sum(&mut self.server, 0, own, 0)?;
        }
        Ok(())
    }
}

impl Upgrade for App {
    fn carrier() -> Carrier<App> {
        Carrier::new().with::<Tally>()
    }

    fn save(&mut self, _: &mut Saver) -> Result<(), Refusal> {
        Ok(())
    }

    fn load(mut server: Server<App>, _: &mut Loader<'_>) -> Result<App, CarryError> {
        server.add_global::<Tally>(1)?;
        Ok(App { server })
    }
}

struct Peer {
    client: Client<Peer>,
    own: u32,
}

impl HasClient for Peer {
    fn client(&mut self) -> &mut Client<Peer> {
        &mut self.client
    }
}

impl EventHandler<Tally> for Peer {
    type Data = ();

    fn event(&mut self, _: Tally, tally::Event::Sum { own, .. }: tally::Event) -> HandlerResult {
        self.own = own;
        Ok(())
    }
}

fn main() {
    println!("{:>8} {:>12} {:>12} {:>12} {:>16}", "clients", "median ms", "p99 ms", "hand-over ms", "bytes per client");
    for count in [1, 10, 100, 1000] {
        let mut server = Server::new();
        server.add_global::<Tally>(1).unwrap();
        let mut app = App { server };
        let mut peers: Vec<(Peer, Tally)> = (0..count).map(|_| connect(&mut app)).collect();
        let (bytes, _) = carry::save(&mut app).unwrap().into_parts();
        let mut times: Vec<(Duration, Duration)> = (0..RUNS)
            .map(|_| {
                let (next, times) = measure(std::mem::replace(&mut app, App { server: Server::new() }), &mut peers);
                app = next;
                times
            })
            .collect();
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let (median, p99) = (times[RUNS / 2], times[RUNS * 99 / 100]);
        println!(
            "{count:>8} {:>12.2} {:>12.2} {:>12.2} {:>16}",
            ms(median.0),
            ms(p99.0),
            ms(median.1),
            bytes.len() / count
        );
    }
}

/// A client with a tally of its own.
fn connect(app: &mut App) -> (Peer, Tally) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    app.server.add_socket(ours.into()).unwrap();
    let mut peer = Peer { client: Client::from_socket(theirs.into()), own: 0 };
    let asked = peer.client.begin_roundtrip().unwrap();
    while !peer.client.is_done(asked) {
        client::turn(&mut peer).unwrap();
        server::turn(app).unwrap();
    }
    let tally = peer.client.bind(1).unwrap();
    peer.client.flush();
    server::turn(app).unwrap();
    (peer, tally)
}

/// Hands over to a thread that serves until told otherwise. Returns the application, how long all clients together waited,
/// and how much of that the hand-over was.
fn measure(mut app: App, peers: &mut [(Peer, Tally)]) -> (App, (Duration, Duration)) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (stop, stopped) = channel();
    let successor = std::thread::spawn(move || {
        let mut app: App = carry::take_over(&theirs, PATIENCE).unwrap();
        stop.send(app.server.sender().unwrap()).unwrap();
        while !app.server.is_stopped() {
            server::dispatch(&mut app, None).unwrap();
        }
        app
    });
    for (peer, tally) in peers.iter_mut() {
        tally.add(&mut peer.client, 1).unwrap();
        peer.client.flush();
    }
    let start = Instant::now();
    carry::hand_over(&mut app, &ours, PATIENCE).unwrap();
    let handed = start.elapsed();
    for (peer, _) in peers.iter_mut() {
        let wanted = peer.own + 1;
        while peer.own < wanted {
            client::dispatch(peer, Some(PATIENCE)).unwrap();
        }
    }
    let answered = start.elapsed();
    stopped.recv().unwrap().send(|app: &mut App| app.server.stop()).unwrap();
    let mut app = successor.join().unwrap();
    // It is the predecessor of the next one.
    app = App { server: app.server };
    (app, (answered, handed))
}
