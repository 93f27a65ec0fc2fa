//! Generates the client's half of the native protocol.

use wayline_codegen::{Builder, Sides};

fn main() -> Result<(), wayline_codegen::Error> {
    Builder::new().protocol("protocol.xml").sides(Sides::Client).output("native").compile()
}
