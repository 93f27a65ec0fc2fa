//! Generates the client's half of the native protocol, and for the tests the server's half.

use wayline_codegen::{Builder, Sides};

fn main() {
    if let Err(error) = generate() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), wayline_codegen::Error> {
    println!("cargo::rerun-if-changed=build.rs");
    for (sides, name) in [(Sides::Client, "protocol"), (Sides::Server, "server")] {
        Builder::new().protocol("../protocol.xml").sides(sides).output(name).compile()?;
    }
    Ok(())
}
