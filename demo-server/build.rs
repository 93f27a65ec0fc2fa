//! Generates the server's half of the native protocol. With the feature `wayland`
//! also that of Wayland, from the XML of the system.

#[cfg(feature = "wayland")]
#[path = "build/wayland.rs"]
mod wayland;

use wayline_codegen::{Builder, Sides};

fn main() {
    if let Err(text) = generate() {
        eprintln!("{text}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(layer_shell, data_control)");
    let native = Builder::new().protocol("../protocol.xml").sides(Sides::Server);
    native.compile().map_err(|error| error.to_string())?;
    #[cfg(feature = "wayland")]
    wayland::generate()?;
    Ok(())
}
