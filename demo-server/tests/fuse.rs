//! A client whose pool is a file of a FUSE daemon that never answers is refused, and the others are served.

#[path = "../../runtime/tests/probe/held.rs"]
mod held;

use std::time::Duration;

use demo_server::embedded::{Compositor, Setup};
use held::{Mount, in_time};
use wayline_conformance::server::Client;
use wayline_conformance::socket::Stream;
use wayline_conformance::wire::Message;
use wayline_toolkit::protocol::native::way_shm;
use wayline_wayland::wl_shm;

const PATIENCE: Duration = Duration::from_secs(30);

/// A manager of pools: its interface, the opcode of `create_pool`, whose first argument is the new id and whose last
/// one the size, and the code of `invalid_fd`.
const MANAGERS: [(&str, u16, u32); 2] = [
    ("wl_shm", wl_shm::opcode::CREATE_POOL, wl_shm::Error::INVALID_FD.0),
    ("way_shm", way_shm::opcode::CREATE_POOL, way_shm::Error::INVALID_FD.0),
];

#[test]
fn a_pool_in_a_file_whose_daemon_never_answers_is_invalid_fd_and_another_client_is_served() {
    let Some(mount) = Mount::new() else { return };
    let setup = Setup { size: (64, 64), offer: Vec::new(), early_buffers: false, touch: true };
    let compositor = Compositor::start(setup).unwrap();
    let connect = || Client::over(Stream::new(compositor.connect().unwrap().0), PATIENCE);
    let (mut guilty, mut other) = ([connect(), connect()], connect());
    for (client, (interface, create_pool, code)) in guilty.iter_mut().zip(MANAGERS) {
        let (registry, globals) = client.registry().unwrap();
        let name = globals.iter().find(|global| global.interface == interface).unwrap().name;
        let manager = client.bind(registry, name, interface, 1).unwrap();
        let pool = client.fresh();
        let file = mount.file();
        let message = Message::new(manager, create_pool).uint(pool).int(4096);
        client.send_with(&message.bytes(), &[file.fd()]).unwrap();
        drop(file);
        let (text, _) = client.dies(manager, code).unwrap();
        assert!(text.contains("memfd"), "{text}");
        other.sync().unwrap();
    }
    // Ours, and what the compositor was sent.
    (0..4).for_each(|_| mount.is_asked());
    other.sync().unwrap();
    in_time("the end", move || compositor.stop());
}
