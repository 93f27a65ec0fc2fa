//! Generates the server's half of the native protocol for the tests.

use wayline_codegen::{Builder, Sides};

fn main() -> Result<(), wayline_codegen::Error> {
    Builder::new().protocol("../protocol.xml").sides(Sides::Server).output("server").compile()
}
