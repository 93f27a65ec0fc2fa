//! Generates the kit's protocol, for each side on its own.

use std::path::PathBuf;
use std::process::Command;

use wayline_codegen::{Builder, Error, Sides};

/// The kit's protocol.
const CONFORMANCE: &str = "../../conformance.xml";

/// Stands in for Wayland's own where that is not installed: the kit's protocol mentions buffers.
const STAND_IN: &str = "../../stand-in.xml";

fn main() -> Result<(), Error> {
    server().compile()?;
    let client = Builder::new().output("probe_client").sides(Sides::Client).protocol(CONFORMANCE);
    client.protocol(STAND_IN).compile()
}

/// The kit's protocol for a server, with Wayland's if its XML is at hand, which `cfg(wayland_xml)` tells.
fn server() -> Builder {
    println!("cargo::rustc-check-cfg=cfg(wayland_xml)");
    let builder = Builder::new().output("probe_server").sides(Sides::Server).protocol(CONFORMANCE);
    let Some(path) = wayland_xml() else { return builder.protocol(STAND_IN) };
    println!("cargo::rustc-cfg=wayland_xml");
    builder.protocol(path).version("wl_compositor", 4).version("wl_surface", 4).version("wl_shm", 1)
}

/// Where the system keeps `wayland.xml`. It is no part of this repository.
fn wayland_xml() -> Option<PathBuf> {
    let found = Command::new("pkg-config").args(["--variable=pkgdatadir", "wayland-scanner"]).output().ok()?;
    let directory = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let path = PathBuf::from(directory).join("wayland.xml");
    (found.status.success() && path.is_file()).then_some(path)
}
