//! Generates the kit's protocol, for each side on its own.

use wayline_codegen::{Builder, Error, Sides};

/// The kit's protocol.
const CONFORMANCE: &str = "../../conformance.xml";

/// The kit's protocol mentions buffers, and the client makes none.
const STAND_IN: &str = "../../stand-in.xml";

const WAYLAND: &str = "../../../protocols/wayland/wayland.xml";

fn main() -> Result<(), Error> {
    let server = Builder::new().output("probe_server").sides(Sides::Server).protocol(CONFORMANCE).protocol(WAYLAND);
    server.version("wl_compositor", 4).version("wl_surface", 4).version("wl_shm", 1).compile()?;
    let client = Builder::new().output("probe_client").sides(Sides::Client).protocol(CONFORMANCE);
    client.protocol(STAND_IN).compile()
}
