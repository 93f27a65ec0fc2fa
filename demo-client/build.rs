//! Generates the client's half of the native protocol, and for the tests the server's half.

use wayline_codegen::{Builder, Sides};

fn main() {
    for (sides, name) in [(Sides::Client, "protocol"), (Sides::Server, "server")] {
        if let Err(error) = Builder::new().protocol("../protocol.xml").sides(sides).output(name).compile() {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
