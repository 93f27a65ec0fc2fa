//! A server on each of several threads, which share a listener: `threads NAME [COUNT]`.
//!
//! The kernel wakes one of the threads that wait for a client, so whichever is free accepts it and serves it to its end.
//! Each thread has an application of its own: clients of one do not see those of another. What all have to know goes from
//! thread to thread by their `sender()`.

use std::num::NonZero;
use std::thread;

use loops::ServerApp;
use wayline::io::inherit::Environment;
use wayline::io::listener::Listener;
use wayline::io::path::Address;
use wayline::{Server, server};

fn main() -> loops::Result {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("usage: threads NAME [COUNT]")?;
    let count = arguments
        .next()
        .map_or_else(|| Ok(thread::available_parallelism().map_or(1, NonZero::get)), |count| count.parse())?;

    // This one has the socket's file, and lives longest.
    let listener = Listener::at(&Address::named(name, &Environment::of_process())?)?;
    let clones: Vec<Listener> = (0..count).map(|_| listener.try_clone()).collect::<Result<_, _>>()?;
    thread::scope(|scope| {
        let threads: Vec<_> = clones.into_iter().map(|clone| scope.spawn(|| serve(clone))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a server does not panic"))
    })?;
    Ok(())
}

fn serve(listener: Listener) -> wayline::Result {
    let mut server = Server::new();
    server.listen(listener)?;
    server::run(ServerApp::new(server, None)?)?;
    Ok(())
}
