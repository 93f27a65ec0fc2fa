//! Generates the server's half of the native protocol.

use wayline_codegen::{Builder, Sides};

fn main() {
    if let Err(error) = generate() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), wayline_codegen::Error> {
    println!("cargo::rerun-if-changed=build.rs");
    Builder::new().protocol("../protocol.xml").sides(Sides::Server).compile()
}
