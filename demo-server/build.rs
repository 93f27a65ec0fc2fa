//! Generates the server's half of the native protocol, and both halves of the one that the control socket speaks.

use wayline_codegen::{Builder, Sides};

fn main() -> Result<(), wayline_codegen::Error> {
    Builder::new().protocol("control.xml").compile()?;
    Builder::new().protocol("../protocol.xml").sides(Sides::Server).compile()
}
