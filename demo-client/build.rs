//! Generates the client's half of the native protocol, and for the tests the server's half. With the feature `wayland`
//! also the client's half of Wayland, from the XML of the system.

use wayline_codegen::{Builder, Sides};

fn main() {
    if let Err(error) = generate() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(screencopy)");
    for (sides, name) in [(Sides::Client, "protocol"), (Sides::Server, "server")] {
        Builder::new().protocol("../protocol.xml").sides(sides).output(name).compile()?;
    }
    #[cfg(feature = "wayland")]
    wayland()?;
    Ok(())
}

/// The versions that are spoken; what came later is of use to others.
#[cfg(feature = "wayland")]
const VERSIONS: [(&str, u32); 13] = [
    ("wl_compositor", 1),
    ("wl_surface", 1),
    ("wl_shm", 1),
    ("wl_shm_pool", 1),
    ("wl_buffer", 1),
    ("wl_output", 4),
    ("wl_seat", 3),
    ("wl_pointer", 3),
    ("wl_keyboard", 3),
    ("xdg_wm_base", 1),
    ("xdg_surface", 1),
    ("xdg_toplevel", 1),
    ("zxdg_toplevel_decoration_v1", 1),
];

/// The file that `capture` goes by, which few systems have; without it, the rest works.
#[cfg(feature = "wayland")]
const SCREENCOPY: &str = "unstable/wlr-screencopy-unstable-v1.xml";

#[cfg(feature = "wayland")]
fn wayland() -> Result<(), Box<dyn std::error::Error>> {
    use wayline_codegen::Package;

    let protocols = Package::WAYLAND_PROTOCOLS.dir()?;
    let mut builder = Builder::new()
        .output("wayland")
        .sides(Sides::Client)
        .protocol(Package::WAYLAND.dir()?.join("wayland.xml"))
        .protocol(protocols.join("stable/xdg-shell/xdg-shell.xml"))
        .protocol(protocols.join("unstable/xdg-decoration/xdg-decoration-unstable-v1.xml"));
    for (interface, version) in VERSIONS {
        builder = builder.version(interface, version);
    }
    let screencopy = Package::WLR_PROTOCOLS.dir().ok().map(|dir| dir.join(SCREENCOPY)).filter(|file| file.exists());
    if let Some(file) = screencopy {
        println!("cargo::rustc-cfg=screencopy");
        builder = builder.protocol(file);
        for interface in ["zwlr_screencopy_manager_v1", "zwlr_screencopy_frame_v1"] {
            builder = builder.version(interface, 1);
        }
    }
    Ok(builder.compile()?)
}
