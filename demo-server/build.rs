//! Generates the message types of the native protocol, both sides: the server
//! speaks one to its clients and the other to the server it is nested in. With
//! the feature `wayland` also those of Wayland, from the XML of the system.

#[cfg(feature = "wayland")]
#[path = "build/wayland.rs"]
mod wayland;

fn main() {
    if let Err(text) = generate() {
        eprintln!("{text}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    wayline_codegen::Builder::new().protocol("../protocol.xml").compile().map_err(|error| error.to_string())?;
    #[cfg(feature = "wayland")]
    wayland::generate()?;
    Ok(())
}
