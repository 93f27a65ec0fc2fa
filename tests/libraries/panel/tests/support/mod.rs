//! Connects a compositor and a client in memory.

use wayline::{Client, ClientId, HasClient, HasServer, MemoryLink, client, server};

/// Connects a client that `make` builds to a compositor.
pub(crate) fn connect<H: HasServer, G: HasClient>(host: &mut H, make: impl FnOnce(Client<G>) -> G) -> (G, ClientId) {
    let (one, other) = MemoryLink::pair();
    let id = host.server().connect(one);
    let mut guest = make(Client::new(other));
    settle(host, &mut guest, id);
    (guest, id)
}

/// Passes messages on until nobody has anything to say.
pub(crate) fn settle<H: HasServer, G: HasClient>(host: &mut H, guest: &mut G, id: ClientId) {
    loop {
        client::finish_turn(guest);
        let up = server::receive(host, id);
        server::finish_turn(host);
        let down = client::receive(guest);
        if !up && !down {
            break;
        }
    }
    client::finish_turn(guest);
}
