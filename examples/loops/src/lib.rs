//! What the loops of `examples/` drive: the server and the client of the conformance kit, so that the kit judges each loop.
//!
//! An application of yours takes their place; see the guide for how one is written. Each example has a server and a client:
//!
//! ```sh
//! cargo run -p loops --example tokio server wayland-9
//! WAYLAND_DISPLAY=wayland-9 cargo run -p loops --example tokio client
//! ```
//!
//! | example | the loop |
//! |---|---|
//! | `calloop` | calloop, of which Wayline has event sources |
//! | `poll` | poll(2), for loops written by hand |
//! | `mio` | mio, which tells of each readiness once |
//! | `tokio` | tokio's `AsyncFd`, which does so too |
//! | `async-io` | async-io, smol's reactor |
//! | `threads` | a server on each of several threads, with one listener |
//! | `globals` | an async function that connects and makes a round trip within a time limit |
//! | `load` | no loop for servers: it measures them |

use std::error::Error;
use std::process::ExitCode;

use wayline::Server;

pub use probe::client::App as ClientApp;
pub use probe::server::App as ServerApp;

/// What a loop returns.
pub type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Runs `serve` or `follow`, as the arguments say: `server NAME` listens at a name in `XDG_RUNTIME_DIR` or an absolute
/// path, `client` connects as the environment says.
pub fn main(serve: fn(ServerApp) -> Result, follow: fn(&mut ClientApp) -> Result) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("server"), Some(name)) => match server(&name).and_then(serve) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
        (Some("client"), None) => probe::client::main(follow),
        _ => {
            eprintln!("usage: server NAME | client");
            ExitCode::FAILURE
        }
    }
}

fn server(name: &str) -> Result<ServerApp> {
    Ok(ServerApp::new(Server::listen_at(name)?, None)?)
}
